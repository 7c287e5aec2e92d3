#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "directory/dial_policy.hpp"

namespace baton::numbers {

/// Which library and which of its data decide, for people: "libphonenumber 8.12.57".
[[nodiscard]] std::string metadata_version();

/// What Google's libphonenumber knows of a number in E.164, without a cache (20 to 40 µs; the first
/// of a country some 300 µs). A text that is no E.164 number is not possible. Any thread.
[[nodiscard]] directory::NumberFacts look_up(const std::string& number);

/// Looks numbers up and remembers the answers, in bounded space. Any thread.
class NumberBook {
 public:
  /// Loads the library's data (12 ms, once in a process). Remembers `capacity` numbers (2 or more)
  /// at most.
  explicit NumberBook(std::size_t capacity = 32768);
  NumberBook(const NumberBook&) = delete;
  NumberBook& operator=(const NumberBook&) = delete;

  [[nodiscard]] directory::NumberFacts of(const std::string& number);
  [[nodiscard]] std::size_t remembered() const;

 private:
  using Facts = std::unordered_map<std::string, directory::NumberFacts>;

  const std::size_t half_;
  mutable std::mutex mutex_;
  // Two halves: when the new one is full it becomes the old one, whose entries were not asked for
  // since. Those that are asked for again move over.
  Facts new_;
  Facts old_;
};

}  // namespace baton::numbers
