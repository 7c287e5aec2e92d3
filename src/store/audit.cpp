#include "store/audit.hpp"

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
  struct Named {
    std::int64_t id;
    std::string target;
    std::string request_id;
  };
  std::vector<Named> rows;
  Statement select = database.prepare("SELECT id, target, request_id FROM audit");
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    Named row{.id = select.integer(0),
              .target = without_number(select.text(1), is_number),
              .request_id = without_number(select.text(2), is_number)};
    if (row.target != select.text(1) || row.request_id != select.text(2)) {
      rows.push_back(std::move(row));
    }
  }
  if (step == Statement::Step::failed) return std::nullopt;
  select.reset();
  Statement update =
      database.prepare("UPDATE audit SET target = ?2, request_id = ?3 WHERE id = ?1");
  for (const Named& row : rows) {
    if (!update.bind(1, row.id).bind(2, row.target).bind(3, row.request_id).run()) {
      return std::nullopt;
    }
  }
  return rows.size();
}

std::optional<std::size_t> prune_audit(Database& database, std::int64_t before, std::size_t limit) {
  // The schema lets go of what is older than this row says, and of nothing else.
  Statement allow = database.prepare(
      "INSERT INTO meta(key, value) VALUES('audit_kept_from', ?1) "
      "ON CONFLICT(key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(?1 AS INTEGER))");
  const std::string text = std::to_string(before);
  // Not the whole table: it is nearly in the order of time, and the engine waits.
  Statement old = database.prepare(
      "SELECT 1 FROM (SELECT at FROM audit ORDER BY id LIMIT ?2) WHERE at < ?1 LIMIT 1");
  const auto most = static_cast<std::int64_t>(limit);
  const Statement::Step step = old.bind(1, before).bind(2, most).step();
  if (step == Statement::Step::failed) return std::nullopt;
  old.reset();
  if (step == Statement::Step::done) return 0;
  if (!allow.bind(1, text).run()) return std::nullopt;
  Statement prune = database.prepare(
      "DELETE FROM audit WHERE id IN (SELECT id FROM (SELECT id, at FROM audit ORDER BY id LIMIT "
      "?2) WHERE at < ?1)");
  if (!prune.bind(1, before).bind(2, most).run()) return std::nullopt;
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
  std::int64_t id = 0;
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
