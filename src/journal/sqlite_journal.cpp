#include "journal/sqlite_journal.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "journal/codec.hpp"
#include "journal/snapshot_tables.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace baton::journal {

namespace {

using store::Statement;

std::int64_t column(std::uint64_t number) { return static_cast<std::int64_t>(number); }

/// The counter that keeps the next index when every row was truncated.
constexpr std::string_view kNextIndex = "journal.next";

/// Segments that no row is in any more go with the rows, but for the newest.
constexpr const char* kForgetSegments =
    "DELETE FROM journal_segments WHERE id < coalesce("
    "(SELECT segment FROM journal ORDER BY first_index LIMIT 1),"
    "(SELECT max(id) FROM journal_segments))";

/// A part of a snapshot takes as long to forget as this many batches.
constexpr std::size_t kRowsOfAPart = 50;

/// What to do where inputs in the middle are lost.
constexpr std::string_view kRemedy =
    "; good inputs follow, so that no crash did this: check the disk, then restore a backup, or "
    "begin anew with another store.path (docs/operations.md, \"A damaged store\")";

}  // namespace

struct SqliteJournal::Impl {
  Impl(store::Store& the_store, std::string_view core_version)
      : store(the_store), database(store.database()), snapshots(database) {
    header.fingerprint = input_fingerprint();
    header.core_version = core_version;
    insert_row = database.prepare(
        "INSERT INTO journal(first_index, count, segment, crc, body) VALUES(?1, ?2, ?3, ?4, ?5)");
    insert_segment = database.prepare(
        "INSERT INTO journal_segments(first_index, header) VALUES(?1, ?2) RETURNING id");
    find_segment = database.prepare("SELECT header FROM journal_segments WHERE id = ?1");
    select_rows = database.prepare(
        "SELECT first_index, count, segment, crc, body FROM journal WHERE first_index >= "
        "coalesce((SELECT max(first_index) FROM journal WHERE first_index <= ?1), ?1) "
        "ORDER BY first_index");
    read_bounds();
    read_last_segment();
  }

  void read_bounds() {
    first = static_cast<std::uint64_t>(
        database.query_integer("SELECT coalesce(min(first_index), 0) FROM journal"));
    const std::int64_t next = std::max(
        // A count that cannot be is that of a damaged row, which replay() will find.
        database.query_integer(
            "SELECT coalesce((SELECT first_index + iif(count BETWEEN 1 AND 1000000, count, 1) "
            "FROM journal ORDER BY first_index DESC LIMIT 1), 1)"),
        database.query_integer("SELECT coalesce((SELECT next FROM counters WHERE name = '" +
                               std::string(kNextIndex) + "'), 1)"));
    last = static_cast<std::uint64_t>(std::max(next, std::int64_t{1})) - 1;
    if (first == 0) first = last + 1;
  }

  /// Goes on with the newest segment if this program wrote it.
  void read_last_segment() {
    Statement select =
        database.prepare("SELECT id, header FROM journal_segments ORDER BY id DESC LIMIT 1");
    if (select.step() != Statement::Step::row) return;
    SegmentHeader newest;
    if (decode_header(select.blob(1), newest) && newest == header) segment = select.integer(0);
  }

  Status begin_segment(std::int64_t& id) {
    const std::string bytes = encode_header(header);
    const store::ResetAtExit reset(insert_segment);
    insert_segment.bind(1, column(last + 1)).bind_blob(2, bytes);
    if (insert_segment.step() != Statement::Step::row)
      return Status::failure(insert_segment.error());
    id = insert_segment.integer(0);
    // A statement that returns rows is finished only by the step after the last one.
    if (insert_segment.step() == Statement::Step::failed) {
      return Status::failure(insert_segment.error());
    }
    return {};
  }

  Status write_row(std::span<const core::Input> inputs, std::int64_t in_segment) {
    body.clear();
    encode_batch(inputs, body);
    const std::uint32_t crc =
        row_crc(last + 1, inputs.size(), static_cast<std::uint64_t>(in_segment), body);
    insert_row.bind(1, column(last + 1)).bind(2, column(inputs.size())).bind(3, in_segment);
    return insert_row.bind(4, std::int64_t{crc}).bind_blob(5, body).run();
  }

  /// Empty where the segment may be replayed by this program, else why not.
  std::string why_foreign(std::int64_t id, bool& damaged) {
    const store::ResetAtExit reset(find_segment);
    SegmentHeader found;
    if (find_segment.bind(1, id).step() != Statement::Step::row ||
        !decode_header(find_segment.blob(0), found)) {
      damaged = true;
      return "its segment " + std::to_string(id) + " has no readable header";
    }
    if (found == header) return {};
    std::string text = "was written by Baton " + found.core_version + " (journal format " +
                       std::to_string(found.format) + "), this is " + header.core_version +
                       " (format " + std::to_string(header.format) + ")";
    if (found.core_version == header.core_version) text += " with other inputs";
    return text +
           "; only the program that wrote it may replay it: run that one, or begin with "
           "another store.path";
  }

  /// Like append(), any failed write is the last.
  Status write(const std::function<Status()>& rows) {
    if (!failed.empty()) return Status::failure(failed);
    const Status status = store.transact(rows);
    return status ? status : fail(status);
  }
  Status fail(const Status& status) {
    failed =
        "the journal cannot be written and takes nothing more until a restart: " + status.error;
    return Status::failure(failed);
  }

  /// True if a whole row follows the one with this first index: what is wrong with that one is then
  /// no torn end.
  bool good_row_after(std::int64_t index) {
    Statement rows = database.prepare(
        "SELECT first_index, count, segment, crc, body FROM journal WHERE first_index > ?1 "
        "ORDER BY first_index");
    rows.bind(1, index);
    while (rows.step() == Statement::Step::row) {
      if (std::int64_t{row_crc(static_cast<std::uint64_t>(rows.integer(0)),
                               static_cast<std::uint64_t>(rows.integer(1)),
                               static_cast<std::uint64_t>(rows.integer(2)), rows.blob(4))} ==
          rows.integer(3)) {
        return true;
      }
    }
    return false;
  }

  // Passed in.
  store::Store& store;
  store::Database& database;
  // Owned.
  SnapshotTables snapshots;
  SegmentHeader header;
  Statement insert_row;
  Statement insert_segment;
  Statement find_segment;
  Statement select_rows;
  std::string body;  ///< Kept, so that its memory is reused.
  // State.
  std::uint64_t first = 1;
  std::uint64_t last = 0;
  std::optional<std::int64_t> segment;
  std::string failed;
};

SqliteJournal::SqliteJournal(store::Store& store, std::string_view core_version)
    : impl_(std::make_unique<Impl>(store, core_version)) {}
SqliteJournal::~SqliteJournal() = default;

std::uint64_t SqliteJournal::first_index() const { return impl_->first; }
std::uint64_t SqliteJournal::last_index() const { return impl_->last; }
const std::string& SqliteJournal::failed() const { return impl_->failed; }

Appended SqliteJournal::append(std::span<const core::Input> inputs, const Records& records,
                               const KeptEventsRow* events) {
  using Clock = std::chrono::steady_clock;
  Impl& self = *impl_;
  Appended result;
  result.first_index = self.last + 1;
  if (!self.failed.empty()) {
    result.status = Status::failure(self.failed);
    return result;
  }
  if (inputs.empty() && records.empty() && events == nullptr) return result;

  std::int64_t segment = self.segment.value_or(0);
  Clock::time_point written = Clock::now();
  Status status = self.store.transact([&] {
    Status step;
    if (!inputs.empty() && !self.segment) step = self.begin_segment(segment);
    if (step && !inputs.empty()) step = self.write_row(inputs, segment);
    if (step) step = self.store.upsert(records);
    if (step && events != nullptr) step = self.snapshots.put_events(*events);
    written = Clock::now();
    return step;
  });
  result.commit_time = Clock::now() - written;
  if (!status) {
    result.status = self.fail(status);
    return result;
  }
  if (!inputs.empty()) {
    self.segment = segment;
    self.last += inputs.size();
    result.bytes = self.body.size();
  }
  return result;
}

Replayed SqliteJournal::replay(
    std::uint64_t from_index, const std::function<void(std::uint64_t, const core::Input&)>& apply) {
  Impl& self = *impl_;
  Replayed result;
  const std::uint64_t from = std::max(from_index, self.first);
  result.next_index = from;
  if (from > self.last) return result;
  const auto stop = [&](Replayed::Kind kind, const std::string& why) {
    result.kind = kind;
    result.error = "store \"" + self.store.path() + "\": the journal at index " +
                   std::to_string(result.next_index) + ' ' + why;
    return result;
  };

  std::map<std::int64_t, bool> good_segments;
  Statement& rows = self.select_rows;
  const store::ResetAtExit reset(rows);
  rows.bind(1, column(from));
  Statement::Step step = Statement::Step::row;
  while ((step = rows.step()) == Statement::Step::row) {
    const auto first = static_cast<std::uint64_t>(rows.integer(0));
    const auto count = static_cast<std::uint64_t>(rows.integer(1));
    const std::int64_t segment = rows.integer(2);
    const std::string_view body = rows.blob(4);
    // The first row may begin before the index asked for; from then on each follows the one before.
    const bool begins = result.count == 0 ? first <= from : first == result.next_index;
    const bool whole = std::int64_t{row_crc(first, count, static_cast<std::uint64_t>(segment),
                                            body)} == rows.integer(3);
    if (!whole && !self.good_row_after(rows.integer(0))) {
      return stop(Replayed::Kind::torn, "is damaged, and nothing good follows");
    }
    if (!begins) return stop(Replayed::Kind::corrupt, "is missing" + std::string(kRemedy));
    if (!whole) {
      return stop(Replayed::Kind::corrupt,
                  "is damaged (its check sum is wrong)" + std::string(kRemedy));
    }
    result.bytes += body.size();
    if (!good_segments[segment]) {
      bool damaged = false;
      const std::string why = self.why_foreign(segment, damaged);
      if (!why.empty()) {
        return stop(damaged ? Replayed::Kind::corrupt : Replayed::Kind::foreign, why);
      }
      good_segments[segment] = true;
    }
    std::string error;
    const bool read = decode_batch(body, count, from > first ? from - first : 0, error,
                                   [&](std::uint64_t place, const core::Input& input) {
                                     apply(first + place, input);
                                     result.next_index = first + place + 1;
                                     ++result.count;
                                   });
    if (!read) {
      return stop(Replayed::Kind::corrupt, "cannot be read (" + error + ")" + std::string(kRemedy));
    }
  }
  if (step == Statement::Step::failed) {
    return stop(self.database.damaged() ? Replayed::Kind::corrupt : Replayed::Kind::io,
                "cannot be read: " + rows.error());
  }
  if (result.next_index != self.last + 1) {
    return stop(Replayed::Kind::corrupt, "is missing; restore a backup");
  }
  return result;
}

Status SqliteJournal::truncate_before(std::uint64_t index) {
  Impl& self = *impl_;
  const std::uint64_t until = std::min(index, self.last + 1);
  if (until <= self.first) return {};
  std::uint64_t first = self.last + 1;
  Status status = self.store.transact([&] {
    // The row that holds `until` stays whole; beyond the last index none does, and all rows go.
    if (until <= self.last) {
      Statement find =
          self.database.prepare("SELECT max(first_index) FROM journal WHERE first_index <= ?1");
      if (find.bind(1, column(until)).step() != Statement::Step::row)
        return Status::failure(find.error());
      first = static_cast<std::uint64_t>(find.integer(0));
    }
    Statement forget = self.database.prepare("DELETE FROM journal WHERE first_index < ?1");
    Status step = forget.bind(1, column(first)).run();
    if (!step) return step;
    Statement keep_next =
        self.database.prepare("INSERT OR REPLACE INTO counters(name, next) VALUES(?1, ?2)");
    step = keep_next.bind(1, kNextIndex).bind(2, column(self.last + 1)).run();
    if (!step) return step;
    return self.database.execute(kForgetSegments);
  });
  if (status) self.first = first;
  return status;
}

Status SqliteJournal::put_snapshot_part(std::uint64_t next_index, std::uint64_t part,
                                        std::string_view body) {
  return impl_->write([&] { return impl_->snapshots.put_part(next_index, part, body); });
}

Status SqliteJournal::finish_snapshot(const SnapshotMark& mark) {
  Impl& self = *impl_;
  return self.write([&] {
    // All batches may be forgotten later: the next index must be known all the same.
    Statement keep_next =
        self.database.prepare("INSERT OR REPLACE INTO counters(name, next) VALUES(?1, ?2)");
    Status step = keep_next.bind(1, kNextIndex).bind(2, column(self.last + 1)).run();
    return step ? self.snapshots.finish(mark) : step;
  });
}

LoadedSnapshot SqliteJournal::load_snapshot() { return impl_->snapshots.load(); }

Status SqliteJournal::put_events(const KeptEventsRow& row) {
  return impl_->write([&] { return impl_->snapshots.put_events(row); });
}

Status SqliteJournal::forget_events_to_come() {
  return impl_->write([&] { return impl_->snapshots.forget_events_to_come(); });
}

std::vector<KeptEventsRow> SqliteJournal::load_events(std::int64_t since) {
  return impl_->snapshots.load_events(since);
}

Forgotten SqliteJournal::forget_events(std::int64_t before, std::size_t max_bytes,
                                       std::size_t rows) {
  Forgotten result;
  if (!impl_->snapshots.too_many_events(before, max_bytes)) return result;
  result.status = impl_->write([&] {
    result = impl_->snapshots.forget_events(before, max_bytes, rows);
    return result.status;
  });
  return result;
}

Forgotten SqliteJournal::forget_superseded(std::size_t rows) {
  Impl& self = *impl_;
  Forgotten result;
  std::uint64_t first = self.first;
  result.status = self.write([&] {
    result = self.snapshots.forget_parts(1 + rows / kRowsOfAPart);
    if (!result.status) return result.status;
    // A batch goes when the one after it begins at the snapshot or before it.
    Statement forget = self.database.prepare(
        "DELETE FROM journal WHERE first_index IN (SELECT first_index FROM journal "
        "WHERE first_index < ?1 AND first_index + count <= ?1 ORDER BY first_index LIMIT ?2)");
    Status step = forget.bind(1, column(self.snapshots.next_index())).bind(2, column(rows)).run();
    if (!step) return step;
    result.more = result.more || self.database.changes() == column(rows);
    first = static_cast<std::uint64_t>(
        self.database.query_integer("SELECT coalesce(min(first_index), 0) FROM journal"));
    return self.database.execute(kForgetSegments);
  });
  if (result.status) self.first = first == 0 ? self.last + 1 : first;
  return result;
}

Status SqliteJournal::forget_all() {
  Impl& self = *impl_;
  const Status status = self.store.transact([&] {
    Statement keep_next =
        self.database.prepare("INSERT OR REPLACE INTO counters(name, next) VALUES(?1, ?2)");
    Status step = keep_next.bind(1, kNextIndex).bind(2, column(self.last + 1)).run();
    if (step) step = self.database.execute("DELETE FROM journal");
    if (step) step = self.database.execute(kForgetSegments);
    return step ? self.snapshots.forget_all() : step;
  });
  if (status) self.first = self.last + 1;
  return status;
}

}  // namespace baton::journal
