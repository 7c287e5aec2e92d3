#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::gateway {

/// How much of an agent's past is kept; whichever limit is met first ends it.
struct EventLogLimits {
  std::size_t events = 1000;
  std::int64_t milliseconds = 600'000;
  std::size_t bytes = 262144;
};

/// The last events of one agent, for a client that comes back (docs/message-api.md: "gets what it
/// missed"). A plain value without a clock; one thread at a time.
class EventLog {
 public:
  using Text = std::shared_ptr<const std::string>;

  explicit EventLog(EventLogLimits limits) : limits_(limits) {}

  /// Keeps an event that happened at `at` (Unix milliseconds). A sequence that does not follow the
  /// last one means that events are missing in between, or that counting began anew: what was kept
  /// cannot be told without a gap any more and goes.
  void append(std::uint64_t sequence, std::int64_t at, Text text);

  /// Drops what is older than the limit at `now` (Unix milliseconds).
  void expire(std::int64_t now);

  /// Every event after `sequence` up to the newest, oldest first; nothing where that cannot be told
  /// without a gap: too old, from the future, or no event was ever seen. An empty list means that
  /// nothing was missed.
  [[nodiscard]] std::optional<std::vector<Text>> after(std::uint64_t sequence) const;

  void clear();

  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// The newest sequence seen, even when the event itself has gone.
  [[nodiscard]] std::optional<std::uint64_t> last_sequence() const { return last_; }

 private:
  struct Entry {
    std::int64_t at;
    Text text;
  };

  void drop_oldest();

  EventLogLimits limits_;
  std::deque<Entry> entries_;  ///< Contiguous: the last one has sequence `last_`.
  std::optional<std::uint64_t> last_;
  std::size_t bytes_ = 0;
};

}  // namespace baton::gateway
