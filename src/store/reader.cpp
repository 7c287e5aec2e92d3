#include "store/reader.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "store/credentials.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace baton::store {

namespace {

constexpr std::size_t kMaxPage = 1000;
constexpr const char* kTransferColumns =
    "SELECT id, contact_id, agent, state, accepted_at, updated_at, json, timeline FROM transfers ";

TransferRow read_transfer(const Statement& row) {
  return {row.text(0),    row.text(1),    row.text(2), row.text(3),
          row.integer(4), row.integer(5), row.text(6), row.text(7)};
}

/// Where a page ended: the last row's place in the order of the list.
struct Place {
  std::int64_t accepted_at = 0;
  std::string id;
};

/// Opaque to clients: 16 hex digits of the time, a dot, the id.
std::string print_cursor(const Place& place) {
  std::string text;
  const auto bits = static_cast<std::uint64_t>(place.accepted_at);
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[bits >> shift & 15U];
  return text + '.' + place.id;
}

std::optional<Place> parse_cursor(std::string_view text) {
  constexpr std::size_t kDigits = 16;
  if (text.size() < kDigits + 2 || text.size() > 128 || text[kDigits] != '.') return std::nullopt;
  std::uint64_t bits = 0;
  const char* end = text.data() + kDigits;
  const auto [at, error] = std::from_chars(text.data(), end, bits, 16);
  if (error != std::errc() || at != end) return std::nullopt;
  return Place{static_cast<std::int64_t>(bits), std::string(text.substr(kDigits + 1))};
}

bool wants_open(const TransferFilter& filter) { return filter.state == "open"; }

/// What the filter asks for, with the parameters that fill_in() fills in.
std::string conditions_of(const TransferFilter& filter, bool after) {
  std::string conditions;
  const auto condition = [&](bool wanted, const char* sql) {
    if (wanted) conditions += (conditions.empty() ? "WHERE " : "AND ") + std::string(sql) + ' ';
  };
  condition(filter.agent.has_value(), "agent = ?1");
  condition(filter.contact_id.has_value(), "contact_id = ?2");
  condition(wants_open(filter), kOpenTransfers);
  condition(filter.state.has_value() && !wants_open(filter), "state = ?3");
  condition(filter.from.has_value(), "accepted_at >= ?4");
  condition(filter.to.has_value(), "accepted_at < ?5");
  condition(after, "(accepted_at, id) < (?6, ?7)");
  return conditions;
}

void fill_in(Statement& list, const TransferFilter& filter, const std::optional<Place>& after) {
  if (filter.agent) list.bind(1, *filter.agent);
  if (filter.contact_id) list.bind(2, *filter.contact_id);
  if (filter.state && !wants_open(filter)) list.bind(3, *filter.state);
  if (filter.from) list.bind(4, *filter.from);
  if (filter.to) list.bind(5, *filter.to);
  if (after) list.bind(6, after->accepted_at).bind(7, after->id);
}

}  // namespace

struct StoreReader::Impl {
  explicit Impl(const std::string& path) : database(path, Database::Mode::read_only) {
    check_schema(database);
    find_transfer = database.prepare(std::string(kTransferColumns) + "WHERE id = ?1");
    find_contact = database.prepare(
        "SELECT id, direction, customer, queue_name, state, started_at, updated_at, json "
        "FROM contacts WHERE id = ?1");
    find_credential = database.prepare("SELECT argon2id FROM credentials WHERE login = ?1");
    find_directory =
        database.prepare("SELECT version, json FROM directory ORDER BY version DESC LIMIT 1");
    find_preferences = database.prepare("SELECT json FROM preferences WHERE login = ?1");
    find_epoch = database.prepare("SELECT value FROM meta WHERE key = 'epoch'");
  }

  /// One statement for each combination of filters, prepared when it is first asked for.
  Statement& list(const std::string& conditions) {
    return prepared(kTransferColumns + conditions + "ORDER BY accepted_at DESC, id DESC LIMIT ?8");
  }
  Statement& count(const std::string& conditions) {
    return prepared("SELECT count(*) FROM transfers " + conditions);
  }
  Statement& prepared(const std::string& sql) {
    const auto found = lists.find(sql);
    if (found != lists.end()) return found->second;
    return lists.emplace(sql, database.prepare(sql)).first->second;
  }

  bool row_of(Statement& statement) {
    const Statement::Step step = statement.step();
    last_error = step == Statement::Step::failed ? statement.error() : std::string();
    return step == Statement::Step::row;
  }

  Database database;
  Statement find_transfer;
  Statement find_contact;
  Statement find_credential;
  Statement find_directory;
  Statement find_preferences;
  Statement find_epoch;
  std::map<std::string, Statement> lists;
  std::string last_error;
};

StoreReader::StoreReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
StoreReader::StoreReader(StoreReader&&) noexcept = default;
StoreReader& StoreReader::operator=(StoreReader&&) noexcept = default;
StoreReader::~StoreReader() = default;

const std::string& StoreReader::last_error() const { return impl_->last_error; }

std::optional<TransferRow> StoreReader::transfer(std::string_view id) {
  Statement& find = impl_->find_transfer;
  const ResetAtExit reset(find);
  find.bind(1, id);
  if (!impl_->row_of(find)) return std::nullopt;
  return read_transfer(find);
}

std::optional<ContactRow> StoreReader::contact(std::string_view id) {
  Statement& find = impl_->find_contact;
  const ResetAtExit reset(find);
  find.bind(1, id);
  if (!impl_->row_of(find)) return std::nullopt;
  return ContactRow{find.text(0), find.text(1),    find.text(2),    find.text(3),
                    find.text(4), find.integer(5), find.integer(6), find.text(7)};
}

TransferPage StoreReader::transfers(const TransferFilter& filter) {
  TransferPage page;
  std::optional<Place> after;
  if (!filter.cursor.empty()) {
    after = parse_cursor(filter.cursor);
    if (!after) {
      page.bad_cursor = true;
      page.status =
          Status::failure("cursor is not one that this server gave; leave it out to begin anew");
      return page;
    }
  }
  Statement& list = impl_->list(conditions_of(filter, after.has_value()));
  const ResetAtExit reset(list);
  fill_in(list, filter, after);
  // One row more than asked for tells whether there is a next page.
  const std::size_t limit = std::clamp<std::size_t>(filter.limit, 1, kMaxPage);
  list.bind(8, static_cast<std::int64_t>(limit + 1));
  while (impl_->row_of(list)) {
    if (page.items.size() == limit) {
      const TransferRow& last = page.items.back();
      page.next_cursor = print_cursor({last.accepted_at, last.id});
      break;
    }
    page.items.push_back(read_transfer(list));
  }
  page.status = Status{impl_->last_error};
  return page;
}

std::optional<std::size_t> StoreReader::count_transfers(const TransferFilter& filter) {
  std::optional<Place> after;
  if (!filter.cursor.empty()) {
    after = parse_cursor(filter.cursor);
    if (!after) return std::nullopt;
  }
  Statement& count = impl_->count(conditions_of(filter, after.has_value()));
  const ResetAtExit reset(count);
  fill_in(count, filter, after);
  if (!impl_->row_of(count)) return std::nullopt;
  return static_cast<std::size_t>(count.integer(0));
}

TransferStatistics StoreReader::statistics(const StatisticsQuery& query) {
  TransferStatistics found = transfer_statistics(impl_->database, query);
  impl_->last_error = found.status.error;
  return found;
}

std::optional<std::string> StoreReader::preferences(std::string_view login) {
  Statement& find = impl_->find_preferences;
  const ResetAtExit reset(find);
  find.bind(1, login);
  if (!impl_->row_of(find)) return std::nullopt;
  return find.text(0);
}

std::vector<SessionRow> StoreReader::sessions() {
  std::vector<SessionRow> found;
  Statement select =
      impl_->database.prepare("SELECT digest, login, role, expires_at FROM sessions");
  while (impl_->row_of(select)) {
    found.push_back(
        {std::string(select.blob(0)), select.text(1), select.text(2), select.integer(3)});
  }
  return found;
}

bool StoreReader::verify_password(std::string_view login, std::string_view password) {
  std::string encoded;
  {
    Statement& find = impl_->find_credential;
    const ResetAtExit reset(find);
    find.bind(1, login);
    if (impl_->row_of(find)) encoded = find.text(0);
  }
  // The slow part holds no read transaction open.
  return verify_encoded(encoded, password);
}

std::optional<std::string> StoreReader::directory_json() {
  Statement& find = impl_->find_directory;
  const ResetAtExit reset(find);
  if (!impl_->row_of(find)) return std::nullopt;
  return find.text(1);
}

std::uint64_t StoreReader::directory_version() {
  Statement& find = impl_->find_directory;
  const ResetAtExit reset(find);
  return impl_->row_of(find) ? static_cast<std::uint64_t>(find.integer(0)) : 0;
}

std::string StoreReader::epoch() {
  Statement& find = impl_->find_epoch;
  const ResetAtExit reset(find);
  return impl_->row_of(find) ? find.text(0) : std::string();
}

}  // namespace baton::store
