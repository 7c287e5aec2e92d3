#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/kept_events.hpp"
#include "journal/journal.hpp"

namespace baton::engine {

/// Number of the form of a snapshot's first part and of how the others follow it.
inline constexpr std::uint16_t kSnapshotParts = 1;

/// What the engine itself goes on with: a snapshot's first part.
struct SavedEngine {
  std::string epoch;
  std::int64_t last_at = 0;  ///< Of the newest input, Unix ms.
};
[[nodiscard]] std::string encode(const SavedEngine& saved);
/// Empty, or what is wrong.
[[nodiscard]] std::string decode(std::string_view bytes, SavedEngine& saved);

/// A snapshot on its way to the disk, a slice at a time, so that inputs wait for one slice at most:
/// first the events, then the state, then what it makes superfluous is forgotten. Engine's thread
/// only.
class SnapshotJob {
 public:
  /// About a millisecond's writing.
  static constexpr std::size_t kSliceBytes = std::size_t{256} * 1024;
  static constexpr std::size_t kSliceRows = 200;
  static constexpr std::size_t kSliceEvents = 16;  ///< Rows of events that are forgotten at once.

  struct Limits {
    core::TimeMs events_since = 0;  ///< Older events are forgotten.
    std::size_t event_bytes = 0;    ///< Kept in all.
  };

  SnapshotJob(journal::SnapshotMark mark, std::string head, std::string state, KeptEvents events,
              Limits limits);

  /// Writes the next slice.
  [[nodiscard]] journal::Status step(journal::Journal& journal);
  /// All of it is on the disk; the next step makes it count.
  [[nodiscard]] bool written() const { return stage_ == Stage::finish; }
  /// The snapshot counts from now on.
  [[nodiscard]] bool finished() const { return stage_ > Stage::finish; }
  [[nodiscard]] bool over() const { return stage_ == Stage::over; }
  [[nodiscard]] std::uint64_t next_index() const { return mark_.next_index; }
  [[nodiscard]] std::size_t bytes() const { return head_.size() + state_.size(); }

 private:
  enum class Stage : std::uint8_t { events, state, finish, forget_events, forget, over };

  // Passed in.
  journal::SnapshotMark mark_;
  std::string head_;
  std::string state_;
  KeptEvents events_;
  Limits limits_;
  // State.
  Stage stage_ = Stage::events;
  std::uint64_t part_ = 0;
  std::size_t at_ = 0;
};

}  // namespace baton::engine
