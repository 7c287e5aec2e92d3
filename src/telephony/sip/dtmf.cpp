#include "telephony/sip/dtmf.hpp"

namespace baton::telephony::sip {

std::string dtmf_relay_body(char digit, int milliseconds) {
  const char upper = digit >= 'a' && digit <= 'd' ? static_cast<char>(digit - 'a' + 'A') : digit;
  return std::string("Signal=") + upper + "\r\nDuration=" + std::to_string(milliseconds) + "\r\n";
}

bool is_dtmf_digit(char digit) {
  return (digit >= '0' && digit <= '9') || (digit >= 'A' && digit <= 'D') ||
         (digit >= 'a' && digit <= 'd') || digit == '*' || digit == '#';
}

std::optional<char> first_bad_digit(std::string_view digits) {
  for (const char digit : digits) {
    if (!is_dtmf_digit(digit)) return digit;
  }
  return std::nullopt;
}

}  // namespace baton::telephony::sip
