#include "store/erase.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace baton::store {

namespace {

namespace json = boost::json;

// E.164 has 15 digits at most; international prefixes add some. Fewer than five are nobody's.
constexpr std::size_t kFewestDigits = 5;
constexpr std::size_t kMostDigits = 20;
// Between two groups of digits: ") - " and the like.
constexpr std::size_t kLongestGap = 5;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What stands beside a letter is part of something longer, as an identifier.
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/// The length of what may stand between the digits of a number at the beginning of the text, or 0:
/// the ASCII ones, the no-break spaces, and the dashes of Unicode.
std::size_t separator(std::string_view text) {
  constexpr std::array<std::string_view, 9> kUnicode{
      "\u00a0", "\u2009", "\u202f", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212"};
  if (text.empty()) return 0;
  if (std::string_view(" -./()").find(text.front()) != std::string_view::npos) return 1;
  for (const std::string_view each : kUnicode) {
    if (text.starts_with(each)) return each.size();
  }
  return 0;
}

struct Group {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// The plus before a position, as it is or as a URI escapes it: how many bytes it takes.
std::size_t plus_before(std::string_view text, std::size_t at) {
  if (at >= 1 && text[at - 1] == '+') return 1;
  if (at >= 3 && (text.substr(at - 3, 3) == "%2B" || text.substr(at - 3, 3) == "%2b")) return 3;
  return 0;
}

/// The groups of digits from `at` on that only separators divide.
std::vector<Group> groups_at(std::string_view text, std::size_t at) {
  std::vector<Group> groups;
  for (;;) {
    Group group{.begin = at, .end = at};
    while (group.end < text.size() && is_digit(text[group.end])) ++group.end;
    groups.push_back(group);
    at = group.end;
    while (const std::size_t length = separator(text.substr(at))) {
      at += length;
      if (at - group.end > kLongestGap) break;
    }
    if (at == group.end || at - group.end > kLongestGap || at >= text.size() || !is_digit(text[at]))
      return groups;
  }
}

bool begins_word(std::string_view text, std::size_t at) {
  return plus_before(text, at) == 0 && at > 0 && is_letter(text[at - 1]);
}

bool ends_word(std::string_view text, std::size_t at) {
  return at < text.size() && is_letter(text[at]) &&
         // "x12", an extension.
         !(text[at] == 'x' && at + 1 < text.size() && is_digit(text[at + 1]));
}

/// The longest run of groups, from the first of them on, that is the number: its last group's index
/// and one, or 0.
std::size_t match(std::string_view text, const std::vector<Group>& groups, std::size_t first,
                  const IsNumber& is_number) {
  if (begins_word(text, groups[first].begin)) return 0;
  const bool plus = plus_before(text, groups[first].begin) > 0;
  std::string digits;
  std::size_t found = 0;
  for (std::size_t i = first; i < groups.size(); ++i) {
    digits += text.substr(groups[i].begin, groups[i].end - groups[i].begin);
    if (digits.size() > kMostDigits) break;
    if (digits.size() >= kFewestDigits && !ends_word(text, groups[i].end) &&
        is_number(digits, plus)) {
      found = i + 1;
    }
  }
  return found;
}

struct Found {
  std::string id;
  std::string json;
  std::string other;  // The timeline of a transfer, the customer of a contact.
};

using Without = std::string (*)(std::string_view, const IsNumber&);

/// Rewrites the rows of one table that have the number in either of two columns. `other_without` is
/// for the form of the second.
Status erase_from(Database& database, const std::string& table, const std::string& other,
                  Without other_without, const IsNumber& is_number, std::size_t& count) {
  std::vector<Found> rows;
  Statement select = database.prepare("SELECT id, json, " + other + " FROM " + table);
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    Found row{.id = select.text(0),
              .json = json_without_number(select.text(1), is_number),
              .other = other_without(select.text(2), is_number)};
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

/// A JSON string with its quotes, whose escapes may stand in the number's way.
std::string literal_without_number(std::string_view literal, const IsNumber& is_number) {
  if (literal.find('\\') == std::string_view::npos) {
    return '"' + without_number(literal.substr(1, literal.size() - 2), is_number) + '"';
  }
  boost::system::error_code error;
  const json::value value = json::parse(literal, error);
  if (error || !value.is_string()) return std::string(literal);
  const std::string_view text = value.get_string();
  std::string changed = without_number(text, is_number);
  return changed == text ? std::string(literal) : json::serialize(json::value(changed));
}

}  // namespace

std::string without_number(std::string_view text, const IsNumber& is_number) {
  std::string out;
  std::size_t from = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    const std::vector<Group> groups = groups_at(text, at);
    for (std::size_t first = 0; first < groups.size();) {
      const std::size_t end = match(text, groups, first, is_number);
      if (end == 0) {
        ++first;
        continue;
      }
      std::size_t begin = groups[first].begin - plus_before(text, groups[first].begin);
      const std::size_t last = groups[end - 1].end;
      // "(208) 209-7345": the bracket that is closed within goes, too.
      if (begin > from && text[begin - 1] == '(' &&
          text.substr(begin, last - begin).find(')') != std::string_view::npos) {
        --begin;
      }
      out += text.substr(from, begin - from);
      out += "erased";
      from = last;
      first = end;
    }
    at = groups.back().end;
  }
  out += text.substr(from);
  return out;
}

std::string json_without_number(std::string_view json, const IsNumber& is_number) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const std::size_t begin = json.find('"', from);
    if (begin == std::string_view::npos) break;
    std::size_t end = begin + 1;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    if (end >= json.size()) break;
    out += json.substr(from, begin - from);
    out += literal_without_number(json.substr(begin, end + 1 - begin), is_number);
    from = end + 1;
  }
  out += json.substr(from);
  return out;
}

std::optional<std::size_t> erase_number_from_records(Store& store, const IsNumber& is_number) {
  std::size_t count = 0;
  const Status status = store.transact([&] {
    Status step = erase_from(store.database(), "transfers", "timeline", &json_without_number,
                             is_number, count);
    if (step) {
      step =
          erase_from(store.database(), "contacts", "customer", &without_number, is_number, count);
    }
    return step;
  });
  return status ? std::optional(count) : std::nullopt;
}

std::optional<std::size_t> erase_number_from_preferences(Store& store, const IsNumber& is_number) {
  std::vector<std::string> logins;
  const Status status = store.transact([&] {
    Statement select = store.database().prepare("SELECT login, json FROM preferences");
    Statement::Step step = Statement::Step::row;
    while ((step = select.step()) == Statement::Step::row) {
      const std::string json = select.text(1);
      // As a text of its own and with the escapes of its strings undone: it may be a JSON number,
      // or a key.
      if (without_number(json, is_number) != json || json_without_number(json, is_number) != json)
        logins.push_back(select.text(0));
    }
    if (step == Statement::Step::failed) return Status::failure(select.error());
    select.reset();
    Statement remove = store.database().prepare("DELETE FROM preferences WHERE login = ?1");
    for (const std::string& login : logins) {
      if (Status removed = remove.bind(1, login).run(); !removed) return removed;
    }
    return Status{};
  });
  return status ? std::optional(logins.size()) : std::nullopt;
}

Status scrub(Store& store) {
  if (Status status = store.database().execute("VACUUM"); !status) return status;
  // Beside a reader it does not fail, but says so in its row.
  Statement copied = store.database().prepare("PRAGMA wal_checkpoint(TRUNCATE)");
  if (copied.step() != Statement::Step::row) return Status::failure(copied.error());
  if (copied.integer(0) == 0) return {};
  return Status::failure("store \"" + store.database().path() +
                         "\": another program reads it (sqlite3, a backup), so that "
                         "what was deleted is still in the file; close that and do the same again");
}

}  // namespace baton::store
