#pragma once

#include <boost/json/value.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "app/session.hpp"

namespace baton::app {

/// The quick connect cannot be had: none of that name, or the server does not tell.
class QuickConnectError : public std::runtime_error {
 public:
  explicit QuickConnectError(const std::string& why, bool kept_out = false)
      : std::runtime_error(why), kept_out_(kept_out) {}

  /// The server cannot be reached, or does not let us in: it may well have the quick connect.
  [[nodiscard]] bool kept_out() const { return kept_out_; }

 private:
  bool kept_out_;
};

/// The quick connect of that name as BlindTransfer's `data`, asked of the server for `agent`, who
/// must be allowed to use it. Throws QuickConnectError. Blocks for the reply.
[[nodiscard]] boost::json::value find_quick_connect(const Session& session,
                                                    const std::string& agent,
                                                    std::string_view name);

}  // namespace baton::app
