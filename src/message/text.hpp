#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace baton::message::text {

/// The text without white space (ASCII's, and the no-break space of the published samples) at both
/// ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// Equal without regard to the case of ASCII letters, which is all that the published names
/// contain.
[[nodiscard]] bool equals_folded(std::string_view a, std::string_view b);

/// The number of code points in valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view utf8);

/// How a received text is shown in an error: quoted, control characters as '?', and cut to 64 bytes
/// at a character's border.
[[nodiscard]] std::string shown(std::string_view utf8);

/// A phrase of somebody else's for the log: with five digits or more, which may be a number
/// dialled, each digit as 'x'.
[[nodiscard]] std::string without_numbers(std::string phrase);

/// True if the text is `arn:<aws|aws-cn|aws-us-gov>:connect:<region>:<12
/// digits>:instance/<id>/<resource>/<id>`. White space anywhere makes it false: it stands in some
/// published samples, where a line was wrapped.
[[nodiscard]] bool is_connect_arn(std::string_view text, std::string_view resource);

}  // namespace baton::message::text
