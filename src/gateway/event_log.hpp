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
  std::size_t bytes = 262144;  ///< Of the texts as they were sent.
};

/// The last events of one agent, for a client that comes back (docs/message-api.md: "gets what it
/// missed"). Most never ask, so what has lain for a while is packed when the owner has time for it:
/// the events of one call say much the same again and again. A plain value without a clock; one
/// thread at a time.
class EventLog {
 public:
  using Text = std::shared_ptr<const std::string>;

  /// Who comes back after a moment's loss is served without unpacking.
  static constexpr std::int64_t kPackAfterMs = 15'000;
  /// Fewer bytes wait for more, up to kPackAllAfterMs: the more a pack holds, the smaller each
  /// event gets.
  static constexpr std::size_t kLeastPack = 4096;
  /// Nothing lies unpacked for longer: an event that stays alone holds on to a page.
  static constexpr std::int64_t kPackAllAfterMs = 45'000;
  /// Bounds what is unpacked for a few events, and what one call of pack() takes: some 50 µs. Only
  /// an event that is larger by itself exceeds it, with fewer than kLeastPack bytes before it.
  static constexpr std::size_t kMostPack = 65536;

  explicit EventLog(EventLogLimits limits) : limits_(limits) {}

  /// Keeps an event that happened at `at` (Unix milliseconds). A sequence that does not follow the
  /// last one means that events are missing in between, or that counting began anew: what was kept
  /// cannot be told without a gap any more and goes.
  void append(std::uint64_t sequence, std::int64_t at, Text text);

  /// Drops what is older than the limit at `now` (Unix milliseconds).
  void expire(std::int64_t now);

  /// Packs the oldest events that are not packed and have lain for kPackAfterMs at `now`, if there
  /// are enough of them or they have lain for kPackAllAfterMs. Returns the bytes of their texts; 0:
  /// there was nothing to do.
  std::size_t pack(std::int64_t now);
  /// Whether pack() may have something to do.
  [[nodiscard]] bool may_pack(std::int64_t now) const {
    return !entries_.empty() && now - entries_.front().at >= kPackAfterMs;
  }

  /// Every event after `sequence` up to the newest, oldest first; nothing where that cannot be told
  /// without a gap: too old, from the future, or no event was ever seen. An empty list means that
  /// nothing was missed.
  [[nodiscard]] std::optional<std::vector<Text>> after(std::uint64_t sequence) const;

  void clear();

  [[nodiscard]] std::size_t size() const { return packed_events_ + entries_.size(); }
  /// Of the texts as they were sent.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Of the events that are packed: what they take now.
  [[nodiscard]] std::size_t packed_bytes() const;
  /// The newest sequence seen, even when the event itself has gone.
  [[nodiscard]] std::optional<std::uint64_t> last_sequence() const { return last_; }

 private:
  struct Entry {
    std::int64_t at;
    Text text;
  };
  struct Part {
    std::int64_t at;
    std::uint32_t size;
  };
  /// Events one after another as one LZ4 block.
  struct Pack {
    std::vector<char> block;
    std::vector<Part> parts;
    std::size_t first = 0;  ///< Of the parts; those before it were dropped.
  };

  static std::string unpacked(const Pack& pack);
  static void unpack(const Pack& pack, std::size_t from, std::vector<Text>& texts);
  /// Puts the events of the last pack before `texts`, if they are few, too: many small packs take
  /// more than one.
  void take_last_pack(std::string& texts, std::vector<Part>& parts);
  [[nodiscard]] std::int64_t oldest_at() const;
  void drop_oldest();

  EventLogLimits limits_;
  // Contiguous: the last entry has sequence `last_`, the packs hold those before.
  std::vector<Pack> packs_;
  std::deque<Entry> entries_;
  std::optional<std::uint64_t> last_;
  std::size_t packed_events_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace baton::gateway
