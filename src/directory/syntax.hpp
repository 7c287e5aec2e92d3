#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace baton::directory {

// The forms of the directory's fields (docs/directory.md). All of them: any thread, no allocation
// but the result's.

/// ^\+[1-9][0-9]{1,14}$ (ITU-T E.164).
[[nodiscard]] bool is_e164(std::string_view text);

/// A UUID in the 8-4-4-4-12 form, in either case (RFC 9562).
[[nodiscard]] bool is_uuid(std::string_view text);

/// A login: what goes into a SIP address's user part without escapes (RFC 3261, section 25.1), and
/// never has the colon that separates a digest's parts. Length is not checked.
[[nodiscard]] bool is_login(std::string_view text);

/// An extension as it is shown to people; empty is one.
[[nodiscard]] bool is_extension(std::string_view text);

/// arn:<partition>:connect:<region>:<12 digits>:instance/<UUID>/<kind>/<UUID>, as Amazon Connect
/// writes them; the partitions of China and of the US government are allowed.
[[nodiscard]] bool is_arn(std::string_view text, std::string_view kind);

/// The longest name that people are shown, in bytes.
inline constexpr std::size_t kMaxName = 128;

/// What is wrong with a text of 1 to `max` bytes without control characters or blanks at its ends,
/// as it follows the field's name ("has 130 bytes; ..."); empty where nothing is.
[[nodiscard]] std::string text_fault(std::string_view text, std::size_t max);

/// ASCII letters in lower case.
[[nodiscard]] std::string lower(std::string_view text);

/// An agent's identifier where the file gives none: a version 8 UUID (RFC 9562) made of the login,
/// so that it stays the same from import to import.
[[nodiscard]] std::string id_of_login(std::string_view login);

/// "08:30" as minutes of the day, 0 to 1440; "24:00" is the day's end. Nothing where it is not a
/// time.
[[nodiscard]] std::optional<int> minutes_of(std::string_view text);

}  // namespace baton::directory
