#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/input.hpp"
#include "store/records.hpp"
#include "store/status.hpp"

namespace baton::journal {

using store::Records;
using store::Status;

/// What became of an append.
struct [[nodiscard]] Appended {
  Status status;  ///< Not ok: nothing of the batch may be acknowledged or applied.
  std::uint64_t first_index =
      0;  ///< Index of the batch's first input; the others follow without a gap.
  std::chrono::nanoseconds commit_time{};  ///< How long the commit took, the disk's sync included.
  std::size_t bytes = 0;                   ///< What the inputs take on the disk.
};

/// What became of a replay.
struct [[nodiscard]] Replayed {
  enum class Kind : std::uint8_t {
    complete,  ///< All that is there was handed over.
    foreign,   ///< A segment of another format or core version, which must not be replayed by this
               ///< one.
    torn,      ///< The last row or rows are damaged, and no good one follows: what a write leaves
               ///< behind that was cut off. They may be given up.
    corrupt,   ///< A row is torn, changed or missing, and good ones follow.
    io,        ///< The file could not be read.
  };
  Kind kind = Kind::complete;
  std::uint64_t next_index = 0;  ///< The first index that was not handed over.
  std::uint64_t count = 0;       ///< How many were.
  std::size_t bytes = 0;         ///< What they take on the disk.
  std::string error;             ///< For people; empty when complete.

  [[nodiscard]] bool ok() const { return kind == Kind::complete; }
};

/// Whose and what a snapshot is. Its bytes are the engine's business.
struct SnapshotMark {
  std::uint64_t next_index = 0;  ///< The first input that is not in it.
  std::uint16_t format = 0;
  std::string version;  ///< Of the program that wrote it.
};

/// The newest whole snapshot.
struct LoadedSnapshot {
  enum class Kind : std::uint8_t {
    none,     ///< There is none.
    whole,    ///< Every byte is as it was written.
    corrupt,  ///< There is one that is damaged.
    io,       ///< The file could not be read.
  };
  Kind kind = Kind::none;
  SnapshotMark mark{};
  std::vector<std::string> parts{};  ///< In the order in which they were put.
  std::string error{};               ///< For people; empty when whole or none.
};

/// Events, in the engine's own form, of inputs that the next snapshot will hold.
struct KeptEventsRow {
  std::uint64_t next_index = 0;  ///< All inputs that they come from are before this one.
  std::uint64_t part = 0;        ///< Where several rows have the same index: their order, from 0.
  std::int64_t newest_at = 0;    ///< Unix ms.
  std::string body{};
};

/// What became of one step of forgetting.
struct [[nodiscard]] Forgotten {
  Status status;
  bool more = false;  ///< There is more to forget.
};

/// The journal: an ordered, durable list of inputs, each with an index counted from 1 without a
/// gap. Journal before effect: an input is applied only once its append is ok. One thread, the
/// engine's.
class Journal {
 public:
  Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  virtual ~Journal() = default;

  /// Appends a batch of inputs, upserts records, and puts events (null: none), with one commit.
  /// Each may be empty; all empty does nothing. After a failure every later append fails too
  /// (failed()): what the disk holds is unknown from then on.
  virtual Appended append(std::span<const core::Input> inputs, const Records& records,
                          const KeptEventsRow* events) = 0;
  Appended append(std::span<const core::Input> inputs, const Records& records) {
    return append(inputs, records, nullptr);
  }

  /// Hands over every input from `from_index` (or the oldest kept, if that is later) on, in order.
  virtual Replayed replay(
      std::uint64_t from_index,
      const std::function<void(std::uint64_t index, const core::Input& input)>& apply) = 0;

  /// Forgets inputs before `index` (rounded down to a whole batch). Indices are never given again.
  virtual Status truncate_before(std::uint64_t index) = 0;

  // Snapshots. They are written a part at a time, each with a commit of its own, so that a large
  // one holds no batch up for long; a snapshot counts from finish_snapshot() on, and the one before
  // it until then. A failure of any of these is one of append(), too.

  /// Writes the part with this number (from 0) of the snapshot that is to go before `next_index`.
  virtual Status put_snapshot_part(std::uint64_t next_index, std::uint64_t part,
                                   std::string_view body) = 0;
  /// Makes the parts that were put the snapshot to start from, in the place of any before.
  virtual Status finish_snapshot(const SnapshotMark& mark) = 0;
  [[nodiscard]] virtual LoadedSnapshot load_snapshot() = 0;
  virtual Status put_events(const KeptEventsRow& row) = 0;
  /// Forgets the events of inputs that the newest snapshot does not hold: a replay makes them
  /// again.
  virtual Status forget_events_to_come() = 0;
  /// What was put of inputs before the newest snapshot, and holds an event of `since` or later,
  /// oldest first. Damaged rows are left out: a desktop that misses an event gets the state
  /// instead.
  [[nodiscard]] virtual std::vector<KeptEventsRow> load_events(std::int64_t since) = 0;
  /// Forgets events older than `before` (Unix ms), and the oldest where more than `max_bytes` are
  /// kept; at most `rows` rows of them.
  virtual Forgotten forget_events(std::int64_t before, std::size_t max_bytes, std::size_t rows) = 0;
  /// Forgets what the snapshot made superfluous, at most `rows` rows of it: batches that are all
  /// before it, and parts of older snapshots.
  virtual Forgotten forget_superseded(std::size_t rows) = 0;

  /// Index of the oldest input kept; last_index() + 1 when none is.
  [[nodiscard]] virtual std::uint64_t first_index() const = 0;
  /// Index of the newest input; 0 before the first.
  [[nodiscard]] virtual std::uint64_t last_index() const = 0;

  /// Why nothing can be appended any more; empty while all is well. Sticky until the process starts
  /// anew.
  [[nodiscard]] virtual const std::string& failed() const = 0;
};

}  // namespace baton::journal
