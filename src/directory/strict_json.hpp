#pragma once

#include <string_view>
#include <variant>

#include <boost/json/value.hpp>

#include "directory/directory_json.hpp"

namespace baton::directory {

/// Parses JSON as RFC 8259 has it, UTF-8 only, at most 32 levels deep, and refuses an object that
/// has a key twice (Boost.JSON's own tree silently keeps the last one). A syntax error is told with
/// line and column. Of keys that are given twice `max_faults` are listed, and the rest is counted.
/// Any thread.
[[nodiscard]] std::variant<boost::json::value, Faults> parse_strict_json(std::string_view text,
                                                                         std::size_t max_faults);

/// A JSON pointer (RFC 6901) one step longer.
[[nodiscard]] std::string pointer_to(std::string_view place, std::string_view key);
[[nodiscard]] std::string pointer_to(std::string_view place, std::size_t index);

}  // namespace baton::directory
