#include "message/json_writer.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace baton::message {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

constexpr bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

// The length of the well-formed UTF-8 sequence of two bytes or more that the text begins with, or 0
// (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto at = [&text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto continues = [&at](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned lead = at(0);
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const unsigned least = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned most = lead == 0xED ? 0x9F : 0xBF;
    return at(1) >= least && at(1) <= most && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const unsigned least = lead == 0xF0 ? 0x90 : 0x80;
    const unsigned most = lead == 0xF4 ? 0x8F : 0xBF;
    return at(1) >= least && at(1) <= most && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// The longest form of a byte: "\u0000".
constexpr std::size_t kLongestEscape = 6;

char* put(char* at, std::string_view text) { return at + text.copy(at, text.size()); }

char* put_escaped(char* at, unsigned char c) {
  switch (c) {
    case '"':
      return put(at, "\\\"");
    case '\\':
      return put(at, "\\\\");
    case '\n':
      return put(at, "\\n");
    case '\r':
      return put(at, "\\r");
    case '\t':
      return put(at, "\\t");
    default:
      at = put(at, "\\u00");
      *at++ = kHexDigits[c >> 4U];
      *at++ = kHexDigits[c & 0xFU];
      return at;
  }
}

// Whether no byte needs a closer look, eight at a time: nearly all strings of ours are like that.
bool all_plain(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const auto has_zero = [](std::uint64_t word) { return (word - kOnes) & ~word & kHigh; };
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof word);
    // A byte of 0x80 or more, below 0x20, 0x7F, a quote or a backslash. A borrow may mark a byte
    // that is plain, which costs a second look and nothing else.
    const std::uint64_t suspect = (word & kHigh) | ((word - kOnes * 0x20U) & kHigh) |
                                  has_zero(word ^ kOnes * 0x7FU) | has_zero(word ^ kOnes * '"') |
                                  has_zero(word ^ kOnes * '\\');
    if (suspect != 0) return false;
  }
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i), text.end(),
                     [](char c) { return is_plain(static_cast<unsigned char>(c)); });
}

}  // namespace

void JsonWriter::grow(std::size_t bytes) {
  make_room(std::max(2 * out_.size(), used_ + bytes + 256));
}

JsonWriter& JsonWriter::id(const Uuid& value) {
  char* at = put_comma(room(kUuidTextLength + 3));
  *at++ = '"';
  print_to(value, at);
  at += kUuidTextLength;
  *at++ = '"';
  return written_to(at);
}

JsonWriter& JsonWriter::time(TimeMs value) {
  char* at = put_comma(room(kTimeTextLength + 3));
  *at++ = '"';
  print_time_to(value, at);
  at += kTimeTextLength;
  *at++ = '"';
  return written_to(at);
}

JsonWriter& JsonWriter::number(std::int64_t value) {
  constexpr std::size_t kLongest = 21;
  char* at = put_comma(room(kLongest));
  return written_to(std::to_chars(at, at + kLongest, value).ptr);
}

JsonWriter& JsonWriter::number(std::uint64_t value) {
  constexpr std::size_t kLongest = 21;
  char* at = put_comma(room(kLongest));
  return written_to(std::to_chars(at, at + kLongest, value).ptr);
}

void JsonWriter::append_quoted(std::string_view value) {
  if (!all_plain(value)) {
    append_escaping(value);
    return;
  }
  char* at = put_comma(room(value.size() + 3));
  *at++ = '"';
  at = put(at, value);
  *at++ = '"';
  written_to(at);
}

void JsonWriter::append_escaping(std::string_view value) {
  char* at = put_comma(room(kLongestEscape * value.size() + 3));
  *at++ = '"';
  std::size_t i = 0;
  while (i < value.size()) {
    const auto c = static_cast<unsigned char>(value[i]);
    if (is_plain(c)) {
      *at++ = value[i++];
    } else if (c < 0x80) {
      at = put_escaped(at, c);
      ++i;
    } else if (const std::size_t length = sequence_length(value.substr(i)); length > 0) {
      at = put(at, value.substr(i, length));
      i += length;
    } else {
      at = put(at, kReplacement);
      ++i;
    }
  }
  *at++ = '"';
  written_to(at);
}

}  // namespace baton::message
