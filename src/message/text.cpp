#include "message/text.hpp"

#include <algorithm>
#include <array>

namespace baton::message::text {
namespace {

constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
constexpr std::size_t kShownBytes = 64;
constexpr std::size_t kAccountDigits = 12;

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
constexpr char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

constexpr bool is_id_character(char c) {
  return is_digit(c) || is_lower(fold(c)) || c == '-' || c == '_';
}
constexpr bool is_region_character(char c) { return is_digit(c) || is_lower(c) || c == '-'; }

// Takes the part before the next separator off the text; false where there is none.
bool take(std::string_view& text, char separator, std::string_view& part) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return false;
  part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

}  // namespace

std::string_view trim(std::string_view text) {
  for (;;) {
    if (!text.empty() && is_space(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with(kNoBreakSpace)) {
      text.remove_prefix(kNoBreakSpace.size());
    } else {
      break;
    }
  }
  for (;;) {
    if (!text.empty() && is_space(text.back())) {
      text.remove_suffix(1);
    } else if (text.ends_with(kNoBreakSpace)) {
      text.remove_suffix(kNoBreakSpace.size());
    } else {
      break;
    }
  }
  return text;
}

bool equals_folded(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return fold(x) == fold(y); });
}

std::size_t count_code_points(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return !is_continuation(c); }));
}

std::string shown(std::string_view utf8) {
  std::string_view piece = utf8.substr(0, kShownBytes);
  if (piece.size() < utf8.size()) {
    while (!piece.empty() && is_continuation(utf8[piece.size()])) piece.remove_suffix(1);
  }
  std::string result = "\"";
  for (const char c : piece) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7F ? '?' : c;
  }
  result += piece.size() < utf8.size() ? "...\"" : "\"";
  return result;
}

std::string without_numbers(std::string phrase) {
  constexpr std::ptrdiff_t kShortestNumber = 5;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::count_if(phrase.begin(), phrase.end(), digit) >= kShortestNumber)
    std::replace_if(phrase.begin(), phrase.end(), digit, 'x');
  return phrase;
}

bool is_connect_arn(std::string_view text, std::string_view resource) {
  constexpr std::array<std::string_view, 3> kPartitions{"aws", "aws-cn", "aws-us-gov"};
  std::string_view part;
  if (!take(text, ':', part) || part != "arn") return false;
  if (!take(text, ':', part) || std::ranges::find(kPartitions, part) == kPartitions.end())
    return false;
  if (!take(text, ':', part) || part != "connect") return false;
  if (!take(text, ':', part) || part.empty() || !std::ranges::all_of(part, is_region_character))
    return false;
  if (!take(text, ':', part) || part.size() != kAccountDigits ||
      !std::ranges::all_of(part, is_digit))
    return false;
  if (!take(text, '/', part) || part != "instance") return false;
  if (!take(text, '/', part) || part.empty() || !std::ranges::all_of(part, is_id_character))
    return false;
  if (!take(text, '/', part) || part != resource) return false;
  return !text.empty() && std::ranges::all_of(text, is_id_character);
}

}  // namespace baton::message::text
