#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/container/small_vector.hpp>

#include "message/event.hpp"

namespace baton::message {

/// Writes JSON text into one string, on one line, with the commas in their places. Whatever the
/// strings hold, the result is valid UTF-8: what is none becomes U+FFFD, since names and reason
/// phrases come from the phones of strangers. The caller keeps keys and values in turn. One thread.
class JsonWriter {
 public:
  explicit JsonWriter(std::size_t expected_size) { make_room(expected_size); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// A member's name that needs no escaping.
  JsonWriter& key(std::string_view name) {
    char* at = room(name.size() + 4);
    at = put_comma(at);
    *at++ = '"';
    at += name.copy(at, name.size());
    *at++ = '"';
    *at++ = ':';
    separated_ = true;
    return written_to(at);
  }
  /// A member's name that may hold anything.
  JsonWriter& escaped_key(std::string_view name) {
    append_quoted(name);
    char* at = room(1);
    *at++ = ':';
    separated_ = true;
    return written_to(at);
  }

  JsonWriter& string(std::string_view value) {
    append_quoted(value);
    return *this;
  }
  JsonWriter& id(const Uuid& value);
  JsonWriter& time(TimeMs value);
  JsonWriter& number(std::int64_t value);
  JsonWriter& number(std::uint64_t value);
  JsonWriter& number(int value) { return number(std::int64_t{value}); }
  JsonWriter& boolean(bool value) { return literal(value ? "true" : "false"); }
  JsonWriter& null() { return literal("null"); }
  /// The string, or null.
  JsonWriter& string_or_null(const std::optional<std::string>& value) {
    return value ? string(*value) : null();
  }
  /// The string, or null where it is empty.
  JsonWriter& string_or_null(std::string_view value) {
    return value.empty() ? null() : string(value);
  }
  JsonWriter& time_or_null(const std::optional<TimeMs>& value) {
    return value ? time(*value) : null();
  }

  /// The text, in no more memory than it needs: thousands of events are kept for a while. Once.
  [[nodiscard]] std::string take() const { return {out_.data(), used_}; }

 private:
  /// Where to write next, with place for that many bytes.
  char* room(std::size_t bytes) {
    if (out_.size() - used_ < bytes) grow(bytes);
    return out_.data() + used_;
  }
  void grow(std::size_t bytes);
  JsonWriter& written_to(const char* end) {
    used_ = static_cast<std::size_t>(end - out_.data());
    return *this;
  }
  char* put_comma(char* at) {
    if (!separated_) *at++ = ',';
    separated_ = false;
    return at;
  }
  JsonWriter& open(char bracket) {
    char* at = put_comma(room(2));
    *at++ = bracket;
    separated_ = true;
    return written_to(at);
  }
  JsonWriter& close(char bracket) {
    char* at = room(1);
    *at++ = bracket;
    separated_ = false;
    return written_to(at);
  }
  JsonWriter& literal(std::string_view text) {
    char* at = put_comma(room(text.size() + 1));
    return written_to(at + text.copy(at, text.size()));
  }
  void append_quoted(std::string_view value);
  void append_escaping(std::string_view value);

  void make_room(std::size_t size) {
    out_.resize(std::max(size, kUsual), boost::container::default_init);
  }

  /// A text of the usual size is put together where the processor has it at hand already.
  static constexpr std::size_t kUsual = 2'048;

  // Longer than what is written: appending checks no terminator, byte by byte.
  boost::container::small_vector<char, kUsual> out_;
  std::size_t used_ = 0;
  bool separated_ = true;  // Nothing stands before the next value that a comma must part it from.
};

}  // namespace baton::message
