#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "message/event.hpp"

namespace baton::message {

/// Writes JSON text into one string, on one line, with the commas in their places. Whatever the
/// strings hold, the result is valid UTF-8: what is none becomes U+FFFD, since names and reason
/// phrases come from the phones of strangers. The caller keeps keys and values in turn. One thread.
class JsonWriter {
 public:
  explicit JsonWriter(std::size_t expected_size) { out_.reserve(expected_size); }

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }

  /// A member's name that needs no escaping.
  JsonWriter& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    separated_ = true;
    return *this;
  }
  /// A member's name that may hold anything.
  JsonWriter& escaped_key(std::string_view name) {
    separate();
    append_quoted(name);
    out_ += ':';
    separated_ = true;
    return *this;
  }

  JsonWriter& string(std::string_view value) {
    separate();
    append_quoted(value);
    return *this;
  }
  JsonWriter& id(const Uuid& value) { return string(to_string(value)); }
  JsonWriter& time(TimeMs value) { return string(format_time(value)); }
  JsonWriter& number(std::int64_t value) { return literal(std::to_string(value)); }
  JsonWriter& number(std::uint64_t value) { return literal(std::to_string(value)); }
  JsonWriter& number(int value) { return literal(std::to_string(value)); }
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

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (!separated_) out_ += ',';
    separated_ = false;
  }
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    separated_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    separated_ = false;
    return *this;
  }
  JsonWriter& literal(std::string_view text) {
    separate();
    out_ += text;
    return *this;
  }
  void append_quoted(std::string_view value);

  std::string out_;
  bool separated_ = true;  // Nothing stands before the next value that a comma must part it from.
};

}  // namespace baton::message
