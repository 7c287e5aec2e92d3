#include "message/uuid.hpp"

#include <array>

namespace baton::message {
namespace {

/// The two digits of each byte.
constexpr auto kHexOfByte = [] {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<std::array<char, 2>, 256> all{};
  for (std::size_t byte = 0; byte < all.size(); ++byte)
    all[byte] = {kDigits[byte >> 4U], kDigits[byte & 0xfU]};
  return all;
}();

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
    for (int shift = from; shift >= to; shift -= 8) {
      for (const char digit : kHexOfByte[(half >> shift) & 0xffU]) *text++ = digit;
    }
  };
  put(id.high, 56, 32);
  *text++ = '-';
  put(id.high, 24, 16);
  *text++ = '-';
  put(id.high, 8, 0);
  *text++ = '-';
  put(id.low, 56, 48);
  *text++ = '-';
  put(id.low, 40, 0);
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
