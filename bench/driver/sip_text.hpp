#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::bench {

/// What a load generator needs of a SIP message (RFC 3261), read from its text without parsing the
/// whole: what it spends is taken from the server that it shares the machine with. Baton writes
/// long header names in their usual spelling and does not fold, so neither is looked for.

/// All lines of a header, each with its line end, as a response copies them; empty: none.
[[nodiscard]] std::string header_lines(std::string_view message, std::string_view name);

/// The value of a header's first line, without blanks around; empty: none.
[[nodiscard]] std::string_view header_value(std::string_view message, std::string_view name);

/// What comes after the empty line.
[[nodiscard]] std::string_view body_of(std::string_view message);

/// "sip:user@host;x" of "Name <sip:user@host;x>;tag=y".
[[nodiscard]] std::string_view uri_of(std::string_view address);

/// "user" of "sip:user@host", with anything around.
[[nodiscard]] std::string_view user_of(std::string_view address);

/// A header's parameter, as "y" of ";tag=y"; empty: none.
[[nodiscard]] std::string_view parameter_of(std::string_view value, std::string_view name);

/// 7 of "7 INVITE".
[[nodiscard]] std::uint32_t number_of(std::string_view cseq);

}  // namespace baton::bench
