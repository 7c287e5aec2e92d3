#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/hub.hpp"

namespace baton::gateway {

/// A request target (RFC 9112, 3.2.1), decoded.
struct Target {
  std::vector<std::string> segments;  ///< "v1", "transfers", "...".
  std::map<std::string, std::string> query;
};

/// Path and query without their percent-encoding ("+" in the query is a space), or what is wrong
/// with them: not an absolute path (RFC 3986, 3.3), broken encoding, a NUL, or a key given twice.
/// Any thread.
[[nodiscard]] std::variant<Target, std::string> parse_target(std::string_view target);

/// Whom a WebSocket follows, by `agents`, `epoch` and `after` of its query; or what is wrong with
/// them. Without `agents` it is `self`. `after` is one number where one agent is followed; where it
/// is several, "login:number" pairs separated by commas. Any thread.
[[nodiscard]] std::variant<Following, std::string> parse_following(
    const std::map<std::string, std::string>& query, const std::string& self);

}  // namespace baton::gateway
