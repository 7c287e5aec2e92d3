#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "engine/published.hpp"
#include "journal/journal.hpp"

namespace baton::engine {

/// The events published that are neither on the disk yet nor, for a start, made again by the core
/// once a snapshot was written: they are put on the disk a slice at a time, each with a commit that
/// is made anyway. They share their texts with the gateway's. Engine's thread only.
class KeptEvents {
 public:
  /// Beyond `max_bytes` of texts the oldest go, and those that are `max_age_ms` older than the
  /// newest.
  KeptEvents(std::size_t max_bytes, core::TimeMs max_age_ms)
      : max_bytes_(max_bytes), max_age_ms_(max_age_ms) {}

  void add(const Published& event);
  /// All of them; nothing is kept here then.
  [[nodiscard]] KeptEvents take();
  void forget_before(core::TimeMs since);
  /// Takes events off the front until their texts are `bytes` or more, as a row that a newer
  /// program can read. All of them must come from inputs before `next_index`.
  [[nodiscard]] journal::KeptEventsRow take_slice(std::size_t bytes, std::uint64_t next_index);
  [[nodiscard]] bool empty() const { return events_.empty(); }
  /// Of the texts.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  void drop_front();

  std::size_t max_bytes_;
  core::TimeMs max_age_ms_;
  std::size_t bytes_ = 0;
  std::deque<Published> events_;
  // The row that was made last.
  std::uint64_t next_index_ = 0;
  std::uint64_t next_part_ = 0;
  // Room for the next row, which has about the size of the last.
  std::string plain_;
  std::string packed_;
};

/// Appends the events of a row; false where the bytes are not that.
[[nodiscard]] bool decode_events(std::string_view bytes, std::vector<Published>& events);

}  // namespace baton::engine
