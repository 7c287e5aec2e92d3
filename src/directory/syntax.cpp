#include "directory/syntax.hpp"

#include <algorithm>
#include <cstdint>

namespace baton::directory {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool is_e164(std::string_view text) {
  return text.size() >= 3 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         std::all_of(text.begin() + 1, text.end(), is_digit);
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool is_login(std::string_view text) {
  return !text.empty() && (is_letter(text[0]) || is_digit(text[0])) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_extension(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter(c) || is_digit(c) ||
           std::string_view("+*#._-").find(c) != std::string_view::npos;
  });
}

bool is_arn(std::string_view text, std::string_view kind) {
  const auto take_until = [&text](char end) {
    const std::size_t at = text.find(end);
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    return part;
  };
  const auto lower_dash_digit = [](std::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
    });
  };
  if (take_until(':') != "arn") return false;
  const std::string_view partition = take_until(':');
  if (!partition.starts_with("aws") || !lower_dash_digit(partition)) return false;
  if (take_until(':') != "connect" || !lower_dash_digit(take_until(':'))) return false;
  const std::string_view account = take_until(':');
  if (account.size() != 12 || !std::all_of(account.begin(), account.end(), is_digit)) return false;
  return take_until('/') == "instance" && is_uuid(take_until('/')) && take_until('/') == kind &&
         is_uuid(text);
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string id_of_login(std::string_view login) {
  std::uint64_t halves[2] = {0xcbf29ce484222325ULL, 0x84222325cbf29ce4ULL};
  for (std::uint64_t& half : halves) {
    for (const char c : login) {
      half = (half ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
      half ^= half >> 29U;
    }
  }
  halves[0] = (halves[0] & ~0xf000ULL) | 0x8000ULL;
  halves[1] = (halves[1] & ~(3ULL << 62U)) | (2ULL << 62U);
  std::string id;
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) id += '-';
    id += "0123456789abcdef"[halves[i / 16] >> (60 - 4 * (i % 16)) & 15U];
  }
  return id;
}

std::optional<int> minutes_of(std::string_view text) {
  const bool form = text.size() == 5 && text[2] == ':' && is_digit(text[0]) && is_digit(text[1]) &&
                    is_digit(text[3]) && is_digit(text[4]);
  if (!form) return std::nullopt;
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  const int minutes = hour * 60 + minute;
  if (minute > 59 || minutes > 24 * 60) return std::nullopt;
  return minutes;
}

}  // namespace baton::directory
