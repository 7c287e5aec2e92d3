#pragma once

#include <string_view>

#include "message/request.hpp"

namespace baton::message {

/// The only channel of this API; it is also what the desktops of the family send.
inline constexpr std::string_view kChannel = "Amazon";

/// The errorType of what cannot be matched to any request.
inline constexpr std::string_view kInvalidMessage = "INVALID_MESSAGE";
/// The errorType of requests that have none of their own.
inline constexpr std::string_view kNotPermitted = "NOT_PERMITTED";

/// A request as it is published: its names in the canonical spelling, and what its refusal is
/// called.
struct RequestRow {
  RequestKind kind;
  std::string_view topic;
  std::string_view subtopic;
  std::string_view alias;  ///< Another published spelling of the subtopic, or empty.
  std::string_view error_type;
};

/// The canonical spelling of a topic, or empty.
[[nodiscard]] std::string_view find_topic(std::string_view topic);
/// The row of a request, whatever case or alias its names came in; nullptr for none.
[[nodiscard]] const RequestRow* find_row(std::string_view topic, std::string_view subtopic);

}  // namespace baton::message
