#include "store/store.hpp"

#include <algorithm>
#include <boost/algorithm/hex.hpp>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <set>
#include <system_error>
#include <unordered_set>
#include <utility>

#include <fcntl.h>
#include <openssl/rand.h>
#include <unistd.h>

#include "store/file_lock.hpp"
#include "store/leg_log.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace baton::store {

namespace {

/// Directories kept, the current one included, for people who look for what changed.
constexpr std::int64_t kKeptDirectories = 20;

std::int64_t now_ms() {
  using std::chrono::milliseconds;
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<milliseconds>(since).count();
}

/// A random UUID, version 4 (RFC 9562).
std::string random_uuid() {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) throw StoreError("the system's random source failed");
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += "0123456789abcdef"[bytes[i] >> 4U];
    text += "0123456789abcdef"[bytes[i] & 15U];
  }
  return text;
}

/// The bytes of hex digits, or nothing at all where it is not that.
std::string from_hex(std::string_view text) {
  std::string bytes;
  try {
    boost::algorithm::unhex(text, std::back_inserter(bytes));
  } catch (const boost::algorithm::hex_decode_error&) {
    return {};
  }
  return bytes;
}

std::string random_hex(std::size_t bytes) {
  std::string drawn(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(drawn.data()), static_cast<int>(bytes)) != 1)
    throw StoreError("the system's random source failed");
  return boost::algorithm::hex_lower(drawn);
}

/// The absolute path, one for all names of a file, so that the lock beside it is one too. Makes the
/// file's own folder where it is missing, but none above it.
std::string prepare_path(const std::string& path) {
  if (path.empty()) throw StoreError("store.path is empty; give a file, such as \"baton.db\"");
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::weakly_canonical(path, error);
  if (error) throw StoreError("store \"" + path + "\": " + error.message());
  const std::filesystem::path folder = absolute.parent_path();
  if (!std::filesystem::is_directory(folder) && !std::filesystem::create_directory(folder, error)) {
    throw StoreError("store \"" + path + "\": cannot make its folder \"" + folder.string() +
                     "\": " + error.message() + "; make it, writable by this user");
  }
  return absolute.string();
}

/// The file holds password hashes, so that nobody else may read it. SQLite gives its side files the
/// same mode.
void make_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    throw StoreError("store \"" + path + "\": " + std::generic_category().message(errno) +
                     "; check that its folder can be written by this user");
  }
  ::close(file);
}

void require(const Status& status) {
  if (!status) throw StoreError(status.error);
}

/// A store's directory was checked before it was stored; time zones may have vanished from the
/// system since.
std::variant<directory::ImportedDirectory, directory::Faults> parse_stored(
    const std::string& text) {
  directory::ParseOptions options;
  options.time_zone_known = [](std::string_view) { return true; };
  return directory::parse_directory(text, options);
}

/// Who may register a phone.
std::set<std::string, std::less<>> with_phone(const directory::Directory& directory) {
  std::set<std::string, std::less<>> logins;
  for (const directory::Agent& agent : directory.agents) {
    if (agent.enabled && agent.role != directory::Role::service) logins.insert(agent.login);
  }
  return logins;
}

std::vector<Secret> secrets_of(std::vector<Credential> credentials,
                               const directory::Directory& directory, std::string_view realm) {
  const auto phones = with_phone(directory);
  std::vector<Secret> result;
  for (Credential& credential : credentials) {
    if (credential.realm == realm && phones.contains(credential.login)) {
      result.push_back({std::move(credential.login), std::move(credential.ha1)});
    }
  }
  return result;
}

}  // namespace

struct Store::Impl {
  Impl(const std::string& given_path, std::string given_realm, Durability durability)
      : path(prepare_path(given_path)), realm(std::move(given_realm)), lock(path + ".lock", path) {
    make_private(path);
    database.emplace(path, Database::Mode::read_write);
    // Before the mode below, which would stay with a file of another program's.
    check_ours(*database);
    renew_epoch_of_a_copy();
    // WAL lets readers read beside the writer. FULL syncs each commit, which "acknowledged" depends
    // on; NORMAL syncs before a checkpoint only, so that the file stays whole all the same.
    require(
        database->execute(std::string("PRAGMA journal_mode = WAL; PRAGMA synchronous = ") +
                          (durability == Durability::power ? "FULL" : "NORMAL") +
                          "; PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -16384"));
    migrate(*database);
    prepare();
    take_over_legs();
    epoch = drawn_once("epoch", random_uuid());
    sip_key = from_hex(drawn_once("sip_key", random_hex(32)));
    if (sip_key.size() != 32)
      throw StoreError("store \"" + path + "\": its sip_key is damaged; restore a backup");
  }

  void prepare() {
    begin = database->prepare("BEGIN IMMEDIATE");
    commit = database->prepare("COMMIT");
    rollback = database->prepare("ROLLBACK");
    upsert_transfer = database->prepare(
        "INSERT INTO transfers(id, contact_id, agent, state, accepted_at, updated_at, json, "
        "timeline) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO UPDATE SET "
        "contact_id = excluded.contact_id, agent = excluded.agent, state = excluded.state, "
        "accepted_at = excluded.accepted_at, updated_at = excluded.updated_at, "
        "json = excluded.json, timeline = excluded.timeline");
    upsert_contact = database->prepare(
        "INSERT INTO contacts(id, direction, customer, queue_name, state, started_at, updated_at, "
        "json) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(id) DO UPDATE SET "
        "direction = excluded.direction, customer = excluded.customer, "
        "queue_name = excluded.queue_name, state = excluded.state, "
        "started_at = excluded.started_at, updated_at = excluded.updated_at, json = excluded.json");
    put_registration = database->prepare(
        "INSERT OR REPLACE INTO registrations"
        "(login, contact, via_route, call_id, cseq, expires_at, user_agent, instance) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    leg_log.emplace(*database);
    add_audit = database->prepare(
        "INSERT OR IGNORE INTO audit(key, at, event, caller, role, address, agent, request, "
        "request_id, contact_id, transfer_id, target, result, reason) "
        "VALUES(nullif(?1, ''), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
    remove_registration =
        database->prepare("DELETE FROM registrations WHERE login = ?1 AND contact = ?2");
    take_ids = database->prepare(
        "INSERT INTO counters(name, next) VALUES(?1, 1 + ?2) "
        "ON CONFLICT(name) DO UPDATE SET next = next + ?2 RETURNING next - ?2");
    find_credential = database->prepare("SELECT argon2id FROM credentials WHERE login = ?1");
  }

  /// A store is in WAL mode from its first start, and what VACUUM INTO makes of it is not: a backup
  /// that was put back. What was told since it was made comes again under the same sequences.
  void renew_epoch_of_a_copy() {
    Statement mode = database->prepare("PRAGMA journal_mode");
    if (mode.step() != Statement::Step::row) throw StoreError(mode.error());
    if (mode.text(0) == "wal" || database->query_integer("PRAGMA user_version") == 0) return;
    require(database->execute("DELETE FROM meta WHERE key = 'epoch'"));
  }

  /// Baton 0.1.0 had a row a leg.
  void take_over_legs() {
    std::vector<LegRow> legs;
    Statement select = database->prepare("SELECT leg, state FROM legs");
    Statement::Step step = Statement::Step::row;
    while ((step = select.step()) == Statement::Step::row) {
      legs.push_back({select.text(0), std::string(select.blob(1))});
    }
    if (step == Statement::Step::failed) throw StoreError(select.error());
    select.reset();
    if (legs.empty()) return;
    require(begin.run());
    require(leg_log->write(legs));
    require(database->execute("DELETE FROM legs"));
    require(commit.run());
  }

  /// The value kept under `key`, which is `drawn` where there was none before.
  std::string drawn_once(std::string_view key, const std::string& drawn) {
    Statement insert = database->prepare("INSERT OR IGNORE INTO meta(key, value) VALUES(?1, ?2)");
    require(insert.bind(1, key).bind(2, drawn).run());
    Statement select = database->prepare("SELECT value FROM meta WHERE key = ?1");
    if (select.bind(1, key).step() != Statement::Step::row) throw StoreError(select.error());
    return select.text(0);
  }

  [[nodiscard]] std::uint64_t version_in_force() {
    return static_cast<std::uint64_t>(
        database->query_integer("SELECT coalesce(max(version), 0) FROM directory"));
  }

  /// Writes it as the next version, and forgets the logins that are gone, and the phones of those
  /// that may have none any more.
  Status write_directory(const directory::Directory& directory, const std::string& json,
                         PutResult& result) {
    result.version = version_in_force() + 1;
    const auto version = static_cast<std::int64_t>(result.version);
    Statement insert =
        database->prepare("INSERT INTO directory(version, stored_at, json) VALUES(?1, ?2, ?3)");
    Status status = insert.bind(1, version).bind(2, now_ms()).bind(3, json).run();
    if (!status) return status;
    Statement forget = database->prepare("DELETE FROM directory WHERE version <= ?1");
    status = forget.bind(1, version - kKeptDirectories).run();
    if (!status) return status;

    std::set<std::string, std::less<>> logins;
    for (const directory::Agent& agent : directory.agents) logins.insert(agent.login);
    const auto phones = with_phone(directory);
    Statement remove = database->prepare("DELETE FROM credentials WHERE login = ?1");
    for (const std::string& login : stored_logins()) {
      if (!phones.contains(login)) status = forget_phones(login, result);
      if (status && !logins.contains(login)) {
        status = remove.bind(1, login).run();
        if (status) status = forget_sessions(login, result);
      }
      if (!status) return status;
    }
    return {};
  }

  Status forget_sessions(const std::string& login, PutResult& result) {
    Statement forget = database->prepare(
        "DELETE FROM sessions WHERE login = ?1 RETURNING digest, role, expires_at");
    forget.bind(1, login);
    Statement::Step step = Statement::Step::row;
    while ((step = forget.step()) == Statement::Step::row) {
      result.ended_sessions.push_back({.digest = std::string(forget.blob(0)),
                                       .login = login,
                                       .role = forget.text(1),
                                       .expires_at = forget.integer(2)});
    }
    if (step == Statement::Step::failed) return Status::failure(forget.error());
    result.sessions_forgotten.push_back(login);
    return {};
  }

  Status forget_phones(const std::string& login, PutResult& result) {
    Statement forget = database->prepare(
        "DELETE FROM registrations WHERE login = ?1 RETURNING via_route, expires_at");
    forget.bind(1, login);
    Statement::Step step = Statement::Step::row;
    while ((step = forget.step()) == Statement::Step::row) {
      result.ended_phones.push_back(
          {.login = login, .via_route = forget.text(0), .expires_at = forget.integer(1)});
    }
    return step == Statement::Step::failed ? Status::failure(forget.error()) : Status{};
  }

  /// Writes them, and forgets the sessions and phones of logins whose password is another one now.
  Status write_credentials(const std::vector<Credential>& credentials, PutResult& result) {
    Statement put = database->prepare(
        "INSERT OR REPLACE INTO credentials(login, realm, ha1, argon2id) VALUES(?1, ?2, ?3, ?4)");
    Statement changes =
        database->prepare("SELECT 1 FROM credentials WHERE login = ?1 AND ha1 <> ?2");
    for (const Credential& credential : credentials) {
      const bool changed =
          changes.bind(1, credential.login).bind(2, credential.ha1).step() == Statement::Step::row;
      changes.reset();
      // Who knew the old password, or has a cookie that it got or a phone that it let in, is not to
      // stay in.
      if (changed) {
        if (const Status status = forget_sessions(credential.login, result); !status) return status;
        if (const Status status = forget_phones(credential.login, result); !status) return status;
      }
      put.bind(1, credential.login).bind(2, credential.realm);
      const Status status = put.bind(3, credential.ha1).bind(4, credential.encoded).run();
      if (!status) return status;
    }
    return {};
  }

  std::vector<std::string> stored_logins() {
    std::vector<std::string> logins;
    Statement select = database->prepare("SELECT login FROM credentials ORDER BY login");
    Statement::Step step = Statement::Step::row;
    while ((step = select.step()) == Statement::Step::row) logins.push_back(select.text(0));
    if (step == Statement::Step::failed) throw StoreError(select.error());
    return logins;
  }

  // Passed in.
  std::string path;
  std::string realm;
  // Owned; the database before its statements, so that it is closed after them.
  FileLock lock;
  std::optional<Database> database;
  Statement begin;
  Statement commit;
  Statement rollback;
  Statement upsert_transfer;
  Statement upsert_contact;
  std::optional<LegLog> leg_log;
  Statement add_audit;
  Statement put_registration;
  Statement remove_registration;
  Statement take_ids;
  Statement find_credential;
  // State.
  std::string epoch;
  std::string sip_key;
};

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;
Store::~Store() = default;

Store Store::open(std::string path, std::string realm, Durability durability) {
  return Store(std::make_unique<Impl>(path, std::move(realm), durability));
}

const std::string& Store::path() const { return impl_->path; }
const std::string& Store::realm() const { return impl_->realm; }
const std::string& Store::epoch() const { return impl_->epoch; }
const std::string& Store::sip_key() const { return impl_->sip_key; }
Database& Store::database() { return *impl_->database; }

Status Store::transact(const std::function<Status()>& body) {
  Status status = impl_->begin.run();
  if (!status) return status;
  try {
    status = body();
  } catch (const StoreError& error) {
    status = Status::failure(error.what());
  }
  if (status) status = impl_->commit.run();
  // Some errors have rolled back already; what the second attempt says of that is of no interest.
  if (!status) [[maybe_unused]]
    const Status undone = impl_->rollback.run();
  return status;
}

Status Store::upsert(const Records& records) {
  // Where a key comes twice only its last row is written: of a busy batch that saves most of the
  // work.
  std::unordered_set<std::string_view> written;
  for (auto at = records.transfers.rbegin(); at != records.transfers.rend(); ++at) {
    const TransferRow& row = *at;
    if (!written.insert(row.id).second) continue;
    Statement& put = impl_->upsert_transfer;
    put.bind(1, row.id).bind(2, row.contact_id).bind(3, row.agent).bind(4, row.state);
    put.bind(5, row.accepted_at).bind(6, row.updated_at).bind(7, row.json).bind(8, row.timeline);
    const Status status = put.run();
    if (!status) return status;
  }
  written.clear();
  for (auto at = records.contacts.rbegin(); at != records.contacts.rend(); ++at) {
    const ContactRow& row = *at;
    if (!written.insert(row.id).second) continue;
    Statement& put = impl_->upsert_contact;
    put.bind(1, row.id).bind(2, row.direction).bind(3, row.customer).bind(4, row.queue_name);
    put.bind(5, row.state).bind(6, row.started_at).bind(7, row.updated_at).bind(8, row.json);
    const Status status = put.run();
    if (!status) return status;
  }
  if (const Status status = impl_->leg_log->write(records.legs); !status) return status;
  // Few, and their order counts: a phone may go and come back in one batch.
  for (const RegistrationChange& change : records.registrations) {
    const Status status =
        change.removed ? remove_registration(change.registration.login, change.registration.contact)
                       : put_registration(change.registration);
    if (!status) return status;
  }
  for (const AuditRow& row : records.audit) {
    Statement& add = impl_->add_audit;
    add.bind(1, row.key).bind(2, row.at);
    int parameter = 3;
    for (const std::string* field : {&row.event, &row.caller, &row.role, &row.address, &row.agent,
                                     &row.request, &row.request_id, &row.contact_id,
                                     &row.transfer_id, &row.target, &row.result, &row.reason}) {
      add.bind(parameter++, *field);
    }
    const Status status = add.run();
    if (!status) return status;
  }
  return {};
}

std::vector<LegRow> Store::saved_legs() const { return impl_->leg_log->legs(); }

Status Store::forget_legs() {
  return transact([this] { return impl_->leg_log->forget_all(); });
}

directory::Directory Store::load_directory() const {
  Statement select =
      impl_->database->prepare("SELECT version, json FROM directory ORDER BY version DESC LIMIT 1");
  switch (select.step()) {
    case Statement::Step::failed:
      throw StoreError(select.error());
    case Statement::Step::done:
      return {};
    case Statement::Step::row:
      break;
  }
  auto parsed = parse_stored(select.text(1));
  if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
    throw StoreError("store \"" + impl_->path + "\": its directory cannot be read: " +
                     directory::print_faults(*faults) + "; import a corrected one");
  }
  directory::Directory directory =
      std::move(std::get<directory::ImportedDirectory>(parsed).directory);
  directory.version = static_cast<std::uint64_t>(select.integer(0));
  return directory;
}

PutResult Store::put_directory(const directory::ImportedDirectory& imported) {
  return put_directory(imported.directory,
                       hash_passwords(imported.passwords, impl_->realm, credentials()));
}

PutResult Store::put_directory(const directory::Directory& directory,
                               const std::vector<Credential>& credentials) {
  PutResult result;
  if (const std::uint64_t in_force = impl_->version_in_force();
      directory.version != 0 && directory.version != in_force) {
    result.outdated = true;
    result.status = Status::failure(
        "replacesVersion is " + std::to_string(directory.version) + ", and version " +
        std::to_string(in_force) +
        " is in force: the directory was changed meanwhile; make the change again in that one");
    return result;
  }
  // What is stored must come back the same, whoever made it.
  const std::string json = directory::print_directory(directory, false);
  auto parsed = parse_stored(json);
  if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
    result.status =
        Status::failure("the directory is not valid: " + directory::print_faults(*faults));
    return result;
  }
  result.stored = std::move(std::get<directory::ImportedDirectory>(parsed).directory);
  result.status = transact([&] {
    Status status = impl_->write_directory(directory, json, result);
    if (status) status = impl_->write_credentials(credentials, result);
    if (!status) return status;
    // Inside: a read that fails once it is committed would hide that it is.
    result.secrets = secrets_of(this->credentials(), result.stored, impl_->realm);
    const std::vector<std::string> stored = impl_->stored_logins();
    for (const directory::Agent& agent : directory.agents) {
      if (!std::binary_search(stored.begin(), stored.end(), agent.login)) {
        result.without_password.push_back(agent.login);
      }
    }
    return status;
  });
  if (!result.status) {
    PutResult failed;
    failed.status = std::move(result.status);
    return failed;
  }
  result.stored.version = result.version;
  return result;
}

std::vector<Credential> Store::credentials() const {
  std::vector<Credential> result;
  Statement select = impl_->database->prepare(
      "SELECT login, realm, ha1, argon2id FROM credentials ORDER BY login");
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    result.push_back({select.text(0), select.text(1), select.text(2), select.text(3)});
  }
  if (step == Statement::Step::failed) throw StoreError(select.error());
  return result;
}

std::vector<Secret> Store::secrets() const {
  return secrets_of(credentials(), load_directory(), impl_->realm);
}

std::vector<std::string> Store::stale_secrets() const {
  const auto phones = with_phone(load_directory());
  std::vector<std::string> result;
  for (Credential& credential : credentials()) {
    if (credential.realm != impl_->realm && phones.contains(credential.login))
      result.push_back(std::move(credential.login));
  }
  return result;
}

std::vector<std::string> Store::demo_accounts() const {
  std::vector<std::string> result;
  for (Credential& credential : credentials()) {
    // The HA1 tells it without the slow hash.
    const std::string& login = credential.login;
    if (credential.ha1 == make_ha1(login, credential.realm, demo_password(login))) {
      result.push_back(std::move(credential.login));
    }
  }
  return result;
}

bool Store::verify_password(std::string_view login, std::string_view password) const {
  Statement& find = impl_->find_credential;
  const ResetAtExit reset(find);
  const bool found = find.bind(1, login).step() == Statement::Step::row;
  return verify_encoded(found ? find.blob(0) : std::string_view(), password);
}

Status Store::put_registration(const Registration& registration) {
  Statement& put = impl_->put_registration;
  put.bind(1, registration.login).bind(2, registration.contact).bind(3, registration.via_route);
  put.bind(4, registration.call_id).bind(5, static_cast<std::int64_t>(registration.cseq));
  put.bind(6, registration.expires_at).bind(7, registration.user_agent);
  return put.bind(8, registration.instance).run();
}

Status Store::remove_registration(std::string_view login, std::string_view contact) {
  return impl_->remove_registration.bind(1, login).bind(2, contact).run();
}

std::vector<Registration> Store::registrations() const {
  std::vector<Registration> result;
  Statement select = impl_->database->prepare(
      "SELECT login, contact, via_route, call_id, cseq, expires_at, user_agent, instance "
      "FROM registrations ORDER BY login, contact");
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    result.push_back({select.text(0), select.text(1), select.text(2), select.text(3),
                      static_cast<std::uint32_t>(select.integer(4)), select.integer(5),
                      select.text(6), select.text(7)});
  }
  if (step == Statement::Step::failed) throw StoreError(select.error());
  return result;
}

Status Store::put_preferences(std::string_view login, std::string_view json) {
  Statement put = impl_->database->prepare(
      "INSERT OR REPLACE INTO preferences(login, updated_at, json) VALUES(?1, ?2, ?3)");
  return put.bind(1, login).bind(2, now_ms()).bind(3, json).run();
}

Status Store::put_session(const SessionRow& session) {
  Statement put = impl_->database->prepare(
      "INSERT OR REPLACE INTO sessions(digest, login, role, expires_at) VALUES(?1, ?2, ?3, ?4)");
  put.bind_blob(1, session.digest).bind(2, session.login).bind(3, session.role);
  return put.bind(4, session.expires_at).run();
}

Status Store::remove_sessions(const std::vector<std::string>& digests) {
  return transact([&] {
    Statement remove = impl_->database->prepare("DELETE FROM sessions WHERE digest = ?1");
    for (const std::string& digest : digests) {
      if (Status removed = remove.bind_blob(1, digest).run(); !removed) return removed;
    }
    return Status{};
  });
}

std::optional<std::uint64_t> Store::take_ids(std::string_view counter, std::uint64_t count) {
  Statement& take = impl_->take_ids;
  std::uint64_t first = 0;
  const Status status = transact([&] {
    const ResetAtExit reset(take);
    if (take.bind(1, counter).bind(2, static_cast<std::int64_t>(count)).step() !=
        Statement::Step::row) {
      return Status::failure(take.error());
    }
    first = static_cast<std::uint64_t>(take.integer(0));
    return Status{};
  });
  return status ? std::optional(first) : std::nullopt;
}

std::optional<std::size_t> Store::prune_records(std::int64_t before, std::size_t limit) {
  std::int64_t deleted = 0;
  const Status status = transact([&] {
    // What was updated before a moment began before it, so that the index by time narrows the
    // search.
    for (const char* sql : {"DELETE FROM transfers WHERE rowid IN (SELECT rowid FROM transfers "
                            "WHERE accepted_at < ?1 AND updated_at < ?1 LIMIT ?2)",
                            "DELETE FROM contacts WHERE rowid IN (SELECT rowid FROM contacts "
                            "WHERE started_at < ?1 AND updated_at < ?1 LIMIT ?2)"}) {
      Statement prune = impl_->database->prepare(sql);
      Status pruned = prune.bind(1, before).bind(2, static_cast<std::int64_t>(limit)).run();
      if (!pruned) return pruned;
      deleted += impl_->database->changes();
    }
    return Status{};
  });
  return status ? std::optional(static_cast<std::size_t>(deleted)) : std::nullopt;
}

}  // namespace baton::store
