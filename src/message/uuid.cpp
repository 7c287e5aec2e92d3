#include "message/uuid.hpp"

#include <array>

namespace baton::message {
namespace {

constexpr std::string_view kNibbles = "0123456789abcdef";
constexpr std::size_t kTextLength = 36;

constexpr bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_string(const Uuid& id) {
  std::string text(kTextLength, '-');
  unsigned nibble = 0;
  for (std::size_t i = 0; i < kTextLength; ++i) {
    if (is_dash_position(i)) continue;
    const std::uint64_t half = nibble < 16 ? id.high : id.low;
    text[i] = kNibbles[(half >> (60U - 4U * (nibble % 16))) & 0xFU];
    ++nibble;
  }
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kTextLength) return std::nullopt;
  Uuid id;
  unsigned nibble = 0;
  for (std::size_t i = 0; i < kTextLength; ++i) {
    if (is_dash_position(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    std::uint64_t& half = nibble < 16 ? id.high : id.low;
    half = (half << 4U) | static_cast<std::uint64_t>(value);
    ++nibble;
  }
  return id;
}

}  // namespace baton::message
