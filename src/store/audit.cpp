#include "store/audit.hpp"

#include <array>
#include <utility>
#include <vector>

#include "store/erase.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace baton::store {

namespace {

/// Rows in one read transaction: while it is open the write-ahead log grows, and who takes the rows
/// may be a pager.
constexpr std::size_t kReadAtOnce = 1000;

}  // namespace

std::optional<std::size_t> erase_number_from_audit(Database& database, const IsNumber& is_number) {
  // All that a caller fills: an id may be of his own making as well.
  static constexpr std::array kFilled{"target", "request_id", "agent", "contact_id", "transfer_id"};
  struct Named {
    std::int64_t id = 0;
    std::array<std::string, kFilled.size()> texts;
  };
  std::string columns;
  std::string changes;
  for (std::size_t i = 0; i < kFilled.size(); ++i) {
    columns += std::string(", ") + kFilled[i];
    changes += (i == 0 ? "" : ", ") + std::string(kFilled[i]) + " = ?" + std::to_string(i + 2);
  }
  std::vector<Named> rows;
  Statement select = database.prepare("SELECT id" + columns + " FROM audit");
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    Named row{.id = select.integer(0), .texts = {}};
    bool changed = false;
    for (std::size_t i = 0; i < kFilled.size(); ++i) {
      const std::string text = select.text(static_cast<int>(i) + 1);
      row.texts[i] = without_number(text, is_number);
      changed = changed || row.texts[i] != text;
    }
    if (changed) rows.push_back(std::move(row));
  }
  if (step == Statement::Step::failed) return std::nullopt;
  select.reset();
  Statement update = database.prepare("UPDATE audit SET " + changes + " WHERE id = ?1");
  for (const Named& row : rows) {
    update.bind(1, row.id);
    for (std::size_t i = 0; i < kFilled.size(); ++i) {
      update.bind(static_cast<int>(i) + 2, row.texts[i]);
    }
    if (!update.run()) return std::nullopt;
  }
  return rows.size();
}

std::optional<std::size_t> prune_audit(Database& database, std::size_t limit,
                                       AuditPruning& pruning) {
  const std::int64_t after = std::exchange(pruning.after, kBeforeAllRows);
  pruning.more = false;
  // Not the whole table: it is nearly in the order of time, and the engine waits.
  Statement seen = database.prepare(
      "SELECT count(*), coalesce(sum(at < ?1), 0), coalesce(sum(at > ?2), 0), coalesce(max(id), 0) "
      "FROM (SELECT id, at FROM audit WHERE id > ?3 ORDER BY id LIMIT ?4)");
  const auto most = static_cast<std::int64_t>(limit);
  seen.bind(1, pruning.before).bind(2, pruning.now).bind(3, after).bind(4, most);
  if (seen.step() != Statement::Step::row) return std::nullopt;
  const std::int64_t rows = seen.integer(0);
  const std::int64_t old = seen.integer(1);
  const std::int64_t to_come = seen.integer(2);
  const std::int64_t last = seen.integer(3);
  seen.reset();
  if (old == 0) {
    // Written by a clock that was ahead: they say nothing of those behind them.
    pruning.more = rows == most && to_come == rows;
    if (pruning.more) pruning.after = last;
    return 0;
  }
  // The schema lets go of what is older than this row says, and of nothing else.
  Statement allow = database.prepare(
      "INSERT INTO meta(key, value) VALUES('audit_kept_from', ?1) "
      "ON CONFLICT(key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(?1 AS INTEGER))");
  const std::string text = std::to_string(pruning.before);
  if (!allow.bind(1, text).run()) return std::nullopt;
  Statement prune = database.prepare("DELETE FROM audit WHERE id > ?2 AND id <= ?3 AND at < ?1");
  if (!prune.bind(1, pruning.before).bind(2, after).bind(3, last).run()) return std::nullopt;
  pruning.after = after;
  pruning.more = true;
  return static_cast<std::size_t>(database.changes());
}

void read_audit(const std::string& path, const AuditFilter& filter,
                const std::function<bool(const AuditRow&)>& take) {
  Database database(path, Database::Mode::read_only);
  check_schema(database);
  // What is written from now on may never end.
  const std::int64_t last = database.query_integer("SELECT coalesce(max(id), 0) FROM audit");
  std::string conditions = "WHERE id > ?4 AND id <= ?5";
  if (filter.from) conditions += " AND at >= ?1";
  if (filter.to) conditions += " AND at < ?2";
  if (filter.login) conditions += " AND (caller = ?3 OR agent = ?3)";
  Statement select = database.prepare(
      "SELECT id, coalesce(key, ''), at, event, caller, role, address, agent, request, request_id, "
      "contact_id, transfer_id, target, result, reason FROM audit " +
      conditions + " ORDER BY id LIMIT " + std::to_string(kReadAtOnce));
  std::vector<AuditRow> rows;
  std::int64_t id = kBeforeAllRows;
  do {
    rows.clear();
    if (filter.from) select.bind(1, *filter.from);
    if (filter.to) select.bind(2, *filter.to);
    if (filter.login) select.bind(3, *filter.login);
    select.bind(4, id).bind(5, last);
    Statement::Step step = Statement::Step::row;
    while ((step = select.step()) == Statement::Step::row) {
      id = select.integer(0);
      AuditRow& row = rows.emplace_back();
      row.key = select.text(1);
      row.at = select.integer(2);
      int column = 3;
      for (std::string* field : {&row.event, &row.caller, &row.role, &row.address, &row.agent,
                                 &row.request, &row.request_id, &row.contact_id, &row.transfer_id,
                                 &row.target, &row.result, &row.reason}) {
        *field = select.text(column++);
      }
    }
    if (step == Statement::Step::failed) throw StoreError(select.error());
    select.reset();
    for (const AuditRow& row : rows) {
      if (!take(row)) return;
    }
  } while (rows.size() == kReadAtOnce);
}

}  // namespace baton::store
