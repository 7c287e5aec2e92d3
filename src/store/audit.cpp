#include "store/audit.hpp"

#include <utility>
#include <vector>

#include "store/erase.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace baton::store {

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
  std::string conditions = "WHERE 1";
  if (filter.from) conditions += " AND at >= ?1";
  if (filter.to) conditions += " AND at < ?2";
  if (filter.login) conditions += " AND (caller = ?3 OR agent = ?3)";
  Statement rows = database.prepare(
      "SELECT coalesce(key, ''), at, event, caller, role, address, agent, request, request_id, "
      "contact_id, transfer_id, target, result, reason FROM audit " +
      conditions + " ORDER BY id");
  if (filter.from) rows.bind(1, *filter.from);
  if (filter.to) rows.bind(2, *filter.to);
  if (filter.login) rows.bind(3, *filter.login);
  Statement::Step step = Statement::Step::row;
  while ((step = rows.step()) == Statement::Step::row) {
    AuditRow row;
    row.key = rows.text(0);
    row.at = rows.integer(1);
    int column = 2;
    for (std::string* field : {&row.event, &row.caller, &row.role, &row.address, &row.agent,
                               &row.request, &row.request_id, &row.contact_id, &row.transfer_id,
                               &row.target, &row.result, &row.reason}) {
      *field = rows.text(column++);
    }
    if (!take(row)) return;
  }
  if (step == Statement::Step::failed) throw StoreError(rows.error());
}

}  // namespace baton::store
