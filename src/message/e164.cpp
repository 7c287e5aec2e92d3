#include <algorithm>

#include "message/request.hpp"

namespace baton::message {
namespace {

constexpr std::size_t kMaxDigits = 15;
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

constexpr bool is_separator(char c) {
  return c == ' ' || c == '.' || c == '-' || c == '(' || c == ')' || c == '[' || c == ']';
}

}  // namespace

std::optional<std::string> normalize_e164(std::string_view text) {
  std::string number;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_separator(c)) continue;
    if (text.substr(i).starts_with(kNoBreakSpace)) {
      i += kNoBreakSpace.size() - 1;
      continue;
    }
    const bool plus = c == '+' && number.empty();
    const bool digit = c >= '0' && c <= '9' && !number.empty() && number.size() <= kMaxDigits &&
                       (number.size() > 1 || c != '0');
    if (!plus && !digit) return std::nullopt;
    number += c;
  }
  // A plus, a country code's first digit, and at least one more.
  if (number.size() < 3) return std::nullopt;
  return number;
}

}  // namespace baton::message
