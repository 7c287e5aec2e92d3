#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "journal/codec.hpp"
#include "journal/journal.hpp"
#include "store/sqlite.hpp"

namespace baton::journal {

/// The tables of snapshots and of the events that come with them (docs/journal-format.md,
/// "Snapshots"). What writes runs inside a transaction of the caller. Same thread as the database,
/// which must outlive it.
class SnapshotTables {
 public:
  /// Throws store::StoreError where the tables cannot be read.
  explicit SnapshotTables(store::Database& database);

  /// Part 0 begins another snapshot, and forgets what was put of one that was never finished.
  Status put_part(std::uint64_t next_index, std::uint64_t part, std::string_view body);
  Status finish(const SnapshotMark& mark);
  [[nodiscard]] LoadedSnapshot load();
  /// The first input that the newest snapshot does not hold; 0: there is none.
  [[nodiscard]] std::uint64_t next_index() const { return next_index_; }

  Status put_events(const KeptEventsRow& row);
  Status forget_events_to_come();
  [[nodiscard]] std::vector<KeptEventsRow> load_events(std::int64_t since);
  /// Whether an event kept is older than `before` (Unix ms), or more than `max_bytes` are.
  [[nodiscard]] bool too_many_events(std::int64_t before, std::size_t max_bytes) const;
  /// Forgets at most `rows` of those, the oldest first.
  Forgotten forget_events(std::int64_t before, std::size_t max_bytes, std::size_t rows);
  /// Forgets at most `rows` parts of snapshots that are not the newest.
  Forgotten forget_parts(std::size_t rows);
  /// All of them, and the events.
  Status forget_all();

 private:
  /// What is known of a row of events without reading it.
  struct KeptRow {
    std::int64_t newest_at = 0;
    std::size_t bytes = 0;
  };
  using KeptKey = std::pair<std::uint64_t, std::uint64_t>;  ///< Next index and part.

  void look_up_kept();

  store::Database& database_;
  std::uint64_t next_index_ = 0;
  store::Statement put_events_;
  store::Statement forget_row_;
  /// All that are on the disk, so that what is to be forgotten is found without reading them there.
  std::map<KeptKey, KeptRow> kept_;
  std::size_t kept_bytes_ = 0;
  // Of the snapshot that is being written.
  std::uint64_t writing_ = 0;
  std::uint64_t parts_ = 0;
  std::uint64_t bytes_ = 0;
  Crc32c crc_;
};

}  // namespace baton::journal
