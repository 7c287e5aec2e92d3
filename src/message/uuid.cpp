#include "message/uuid.hpp"

#include <array>

namespace baton::message {
namespace {

constexpr std::string_view kNibbles = "0123456789abcdef";

constexpr bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

void print_to(const Uuid& id, char* text) {
  const auto put = [&text](std::uint64_t half, int from, int to) {
    for (int shift = from; shift >= to; shift -= 4) *text++ = kNibbles[(half >> shift) & 0xFU];
  };
  put(id.high, 60, 32);
  *text++ = '-';
  put(id.high, 28, 16);
  *text++ = '-';
  put(id.high, 12, 0);
  *text++ = '-';
  put(id.low, 60, 48);
  *text++ = '-';
  put(id.low, 44, 0);
}

std::string to_string(const Uuid& id) {
  std::string text(kUuidTextLength, '-');
  print_to(id, text.data());
  return text;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
  if (text.size() != kUuidTextLength) return std::nullopt;
  Uuid id;
  unsigned nibble = 0;
  for (std::size_t i = 0; i < kUuidTextLength; ++i) {
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
