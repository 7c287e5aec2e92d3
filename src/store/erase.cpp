#include "store/erase.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace baton::store {

namespace {

std::string_view digits_of(std::string_view number) {
  return number.starts_with('+') ? number.substr(1) : number;
}

/// A letter or digit: what it stands beside is part of something longer, as an identifier.
bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct Found {
  std::string id;
  std::string json;
  std::string other;  // The timeline of a transfer, the customer of a contact.
};

/// Rewrites the rows of one table that have the number in either of two columns.
Status erase_from(Database& database, const std::string& table, const std::string& other,
                  std::string_view number, std::size_t& count) {
  std::vector<Found> rows;
  Statement select = database.prepare("SELECT id, json, " + other + " FROM " + table +
                                      " WHERE instr(json, ?1) > 0 OR instr(" + other + ", ?1) > 0");
  select.bind(1, digits_of(number));
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    Found row{.id = select.text(0),
              .json = without_number(select.text(1), number),
              .other = without_number(select.text(2), number)};
    if (row.json != select.text(1) || row.other != select.text(2)) rows.push_back(std::move(row));
  }
  if (step == Statement::Step::failed) return Status::failure(select.error());
  select.reset();
  Statement update =
      database.prepare("UPDATE " + table + " SET json = ?2, " + other + " = ?3 WHERE id = ?1");
  for (const Found& row : rows) {
    Status status = update.bind(1, row.id).bind(2, row.json).bind(3, row.other).run();
    if (!status) return status;
  }
  count += rows.size();
  return {};
}

}  // namespace

std::string without_number(std::string_view text, std::string_view number) {
  const std::string_view digits = digits_of(number);
  std::string out;
  std::size_t from = 0;
  for (std::size_t at = text.find(digits); at != std::string_view::npos && !digits.empty();
       at = text.find(digits, at + 1)) {
    const std::size_t end = at + digits.size();
    const bool plus = at > from && text[at - 1] == '+';
    if (at < from || (at > 0 && is_word(text[at - 1])) ||
        (end < text.size() && is_word(text[end]))) {
      continue;
    }
    out += text.substr(from, at - from - (plus ? 1 : 0));
    out += "erased";
    from = end;
  }
  out += text.substr(from);
  return out;
}

std::optional<std::size_t> erase_number_from_records(Store& store, std::string_view number) {
  std::size_t count = 0;
  const Status status = store.transact([&] {
    Status step = erase_from(store.database(), "transfers", "timeline", number, count);
    if (step) step = erase_from(store.database(), "contacts", "customer", number, count);
    return step;
  });
  return status ? std::optional(count) : std::nullopt;
}

Status forget_legs(Store& store) {
  return store.transact([&store] { return store.database().execute("DELETE FROM legs"); });
}

Status scrub(Store& store) {
  Status status = store.database().execute("VACUUM");
  if (status) status = store.database().execute("PRAGMA wal_checkpoint(TRUNCATE)");
  return status;
}

}  // namespace baton::store
