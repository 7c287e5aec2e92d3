#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton::telephony::sip {

/// How long a digit sent by INFO sounds at the far end, in milliseconds.
inline constexpr int kDtmfMilliseconds = 160;

/// The content type of a digit in an INFO.
inline constexpr const char* kDtmfRelayType = "application/dtmf-relay";

/// "Signal=5\r\nDuration=160\r\n", as phones and carriers have it (there is no RFC).
[[nodiscard]] std::string dtmf_relay_body(char digit, int milliseconds = kDtmfMilliseconds);

/// 0 to 9, A to D (either case), * and #.
[[nodiscard]] bool is_dtmf_digit(char digit);

/// The first digit of the text that is none, or nothing when all are.
[[nodiscard]] std::optional<char> first_bad_digit(std::string_view digits);

}  // namespace baton::telephony::sip
