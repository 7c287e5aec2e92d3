#include "journal/snapshot_tables.hpp"

#include <utility>

namespace baton::journal {

namespace {

using store::Statement;

std::int64_t to_column(std::uint64_t number) { return static_cast<std::int64_t>(number); }
std::uint64_t from_column(std::int64_t column) { return static_cast<std::uint64_t>(column); }

}  // namespace

SnapshotTables::SnapshotTables(store::Database& database)
    : database_(database),
      next_index_(from_column(
          database.query_integer("SELECT coalesce(max(next_index), 0) FROM snapshots"))),
      put_events_(
          database.prepare("INSERT OR REPLACE INTO kept_events(next_index, part, newest_at, crc, "
                           "body) VALUES(?1, ?2, ?3, ?4, ?5)")),
      forget_row_(database.prepare("DELETE FROM kept_events WHERE next_index = ?1 AND part = ?2")) {
  look_up_kept();
}

void SnapshotTables::look_up_kept() {
  kept_.clear();
  kept_bytes_ = 0;
  Statement rows =
      database_.prepare("SELECT next_index, part, newest_at, length(body) FROM kept_events");
  Statement::Step step = Statement::Step::row;
  while ((step = rows.step()) == Statement::Step::row) {
    const auto bytes = static_cast<std::size_t>(rows.integer(3));
    kept_[{from_column(rows.integer(0)), from_column(rows.integer(1))}] = {
        .newest_at = rows.integer(2), .bytes = bytes};
    kept_bytes_ += bytes;
  }
  if (step == Statement::Step::failed) throw store::StoreError(rows.error());
}

Status SnapshotTables::put_part(std::uint64_t next_index, std::uint64_t part,
                                std::string_view body) {
  if (part == 0) {
    writing_ = next_index;
    parts_ = 0;
    bytes_ = 0;
    crc_.reset();
    Statement forget = database_.prepare(
        "DELETE FROM snapshot_parts WHERE next_index NOT IN (SELECT next_index FROM snapshots)");
    if (Status status = forget.run(); !status) return status;
  }
  if (next_index != writing_ || part != parts_) {
    return Status::failure("the parts of a snapshot were not put in their order");
  }
  Statement put = database_.prepare(
      "INSERT OR REPLACE INTO snapshot_parts(next_index, part, body) VALUES(?1, ?2, ?3)");
  if (Status status =
          put.bind(1, to_column(next_index)).bind(2, to_column(part)).bind_blob(3, body).run();
      !status) {
    return status;
  }
  ++parts_;
  bytes_ += body.size();
  crc_.process_bytes(body);
  return {};
}

Status SnapshotTables::finish(const SnapshotMark& mark) {
  if (mark.next_index != writing_ || parts_ == 0) {
    return Status::failure("the snapshot that is to be finished was not put");
  }
  Statement forget = database_.prepare("DELETE FROM snapshots");
  if (Status status = forget.run(); !status) return status;
  Statement put = database_.prepare(
      "INSERT INTO snapshots(next_index, format, version, parts, size, crc) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  put.bind(1, to_column(mark.next_index)).bind(2, std::int64_t{mark.format}).bind(3, mark.version);
  put.bind(4, to_column(parts_)).bind(5, to_column(bytes_)).bind(6, std::int64_t{crc_.checksum()});
  Status status = put.run();
  if (status) next_index_ = mark.next_index;
  return status;
}

LoadedSnapshot SnapshotTables::load() {
  LoadedSnapshot result;
  const auto wrong = [&](LoadedSnapshot::Kind kind, const std::string& why) {
    result.kind = kind;
    result.parts.clear();
    result.error = "store \"" + database_.path() + "\": the snapshot " + why;
    return result;
  };
  const auto unreadable = [&](const Statement& statement) {
    return wrong(database_.damaged() ? LoadedSnapshot::Kind::corrupt : LoadedSnapshot::Kind::io,
                 "cannot be read: " + statement.error());
  };
  Statement head = database_.prepare(
      "SELECT next_index, format, version, parts, size, crc FROM snapshots "
      "ORDER BY next_index DESC LIMIT 1");
  switch (head.step()) {
    case Statement::Step::done:
      return result;
    case Statement::Step::failed:
      return unreadable(head);
    case Statement::Step::row:
      break;
  }
  result.mark = {.next_index = from_column(head.integer(0)),
                 .format = static_cast<std::uint16_t>(head.integer(1)),
                 .version = head.text(2)};
  Statement parts = database_.prepare(
      "SELECT part, body FROM snapshot_parts WHERE next_index = ?1 ORDER BY part");
  parts.bind(1, head.integer(0));
  Crc32c crc;
  std::int64_t size = 0;
  bool in_order = true;
  Statement::Step step = Statement::Step::row;
  while ((step = parts.step()) == Statement::Step::row) {
    const std::string_view body = parts.blob(1);
    in_order = in_order && parts.integer(0) == to_column(result.parts.size());
    crc.process_bytes(body);
    size += static_cast<std::int64_t>(body.size());
    result.parts.emplace_back(body);
  }
  if (step == Statement::Step::failed) return unreadable(parts);
  if (!in_order || to_column(result.parts.size()) != head.integer(3) || size != head.integer(4) ||
      std::int64_t{crc.checksum()} != head.integer(5)) {
    return wrong(LoadedSnapshot::Kind::corrupt,
                 "before index " + std::to_string(result.mark.next_index) +
                     " is damaged; restore a backup, or begin anew with another store.path "
                     "(docs/operations.md, \"A damaged store\")");
  }
  result.kind = LoadedSnapshot::Kind::whole;
  return result;
}

Status SnapshotTables::put_events(const KeptEventsRow& row) {
  put_events_.bind(1, to_column(row.next_index)).bind(2, to_column(row.part));
  put_events_.bind(3, row.newest_at).bind(4, std::int64_t{crc32c(row.body)});
  const Status status = put_events_.bind_blob(5, row.body).run();
  if (!status) return status;
  KeptRow& kept = kept_[{row.next_index, row.part}];
  kept_bytes_ += row.body.size() - kept.bytes;
  kept = {.newest_at = row.newest_at, .bytes = row.body.size()};
  return status;
}

Status SnapshotTables::forget_events_to_come() {
  Statement forget = database_.prepare("DELETE FROM kept_events WHERE next_index > ?1");
  const Status status = forget.bind(1, to_column(next_index_)).run();
  if (status) look_up_kept();
  return status;
}

std::vector<KeptEventsRow> SnapshotTables::load_events(std::int64_t since) {
  std::vector<KeptEventsRow> result;
  Statement rows = database_.prepare(
      "SELECT next_index, part, newest_at, crc, body FROM kept_events "
      "WHERE newest_at >= ?1 AND next_index <= ?2 ORDER BY next_index, part");
  rows.bind(1, since).bind(2, to_column(next_index_));
  while (rows.step() == Statement::Step::row) {
    const std::string_view body = rows.blob(4);
    if (std::int64_t{crc32c(body)} != rows.integer(3)) continue;
    result.push_back({.next_index = from_column(rows.integer(0)),
                      .part = from_column(rows.integer(1)),
                      .newest_at = rows.integer(2),
                      .body = std::string(body)});
  }
  return result;
}

bool SnapshotTables::too_many_events(std::int64_t before, std::size_t max_bytes) const {
  if (kept_.empty()) return false;
  const KeptRow& oldest = kept_.begin()->second;
  // The newest stay until there are enough of them without the oldest.
  return oldest.newest_at < before || kept_bytes_ - oldest.bytes >= max_bytes;
}

Forgotten SnapshotTables::forget_events(std::int64_t before, std::size_t max_bytes,
                                        std::size_t rows) {
  Forgotten result;
  for (; rows > 0 && too_many_events(before, max_bytes); --rows) {
    const auto oldest = kept_.begin();
    const auto [next_index, part] = oldest->first;
    result.status = forget_row_.bind(1, to_column(next_index)).bind(2, to_column(part)).run();
    if (!result.status) return result;
    kept_bytes_ -= oldest->second.bytes;
    kept_.erase(oldest);
  }
  result.more = too_many_events(before, max_bytes);
  return result;
}

Forgotten SnapshotTables::forget_parts(std::size_t rows) {
  Statement forget = database_.prepare(
      "DELETE FROM snapshot_parts WHERE rowid IN (SELECT rowid FROM snapshot_parts "
      "WHERE next_index < ?1 LIMIT ?2)");
  Forgotten result;
  result.status = forget.bind(1, to_column(next_index_)).bind(2, to_column(rows)).run();
  result.more = database_.changes() == to_column(rows);
  return result;
}

Status SnapshotTables::forget_all() {
  next_index_ = 0;
  writing_ = 0;
  kept_.clear();
  kept_bytes_ = 0;
  return database_.execute(
      "DELETE FROM snapshots; DELETE FROM snapshot_parts; DELETE FROM kept_events");
}

}  // namespace baton::journal
