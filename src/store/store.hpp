#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.hpp"
#include "directory/directory_json.hpp"
#include "store/credentials.hpp"
#include "store/records.hpp"
#include "store/status.hpp"
#include "store/store_error.hpp"

namespace baton::store {

class Database;

/// What a commit outlives (`journal.durability`).
enum class Durability : std::uint8_t {
  power,    ///< The machine, too: each commit waits for the disk (SQLite's synchronous=FULL).
  process,  ///< The process. A machine that dies may lose the last commits, and nothing else
            ///< (synchronous=NORMAL).
};

/// Digest secret of one account.
struct Secret {
  std::string login;
  std::string ha1;

  friend bool operator==(const Secret&, const Secret&) = default;
};

/// What a put_directory did.
struct PutResult {
  Status status;
  bool outdated = false;        ///< Refused since it may not replace the version that is in force.
  std::uint64_t version = 0;    ///< The version the directory got.
  directory::Directory stored;  ///< As load_directory() reads it from then on.
  std::vector<Secret> secrets;  ///< As secrets() reads them from then on.
  std::vector<std::string> without_password;  ///< Accounts that have none, neither new nor stored.
  /// Logins whose password is another one now, or which are gone: their sessions are forgotten.
  std::vector<std::string> sessions_forgotten;
  /// Those sessions. Where no server runs, nobody else tells the audit of their end.
  std::vector<SessionRow> ended_sessions;
  /// A phone of a login whose password is another one now, or which may have none any more:
  /// forgotten with its registration.
  struct Phone {
    std::string login;
    std::string via_route;        ///< As Registration::via_route.
    std::int64_t expires_at = 0;  ///< Unix seconds.

    friend bool operator==(const Phone&, const Phone&) = default;
  };
  std::vector<Phone> ended_phones;  ///< Likewise.
};

/// The store's one writer: directory, credentials and records in one SQLite file (WAL). A lock on
/// `<path>.lock` keeps a second writer out. Not thread-safe: it belongs to one thread, the engine's
/// once that runs; other threads and processes read with a StoreReader (store/reader.hpp). Writes
/// tell errors as values; reads throw StoreError where the file cannot be read.
class Store {
 public:
  /// Opens or makes (mode 0600, also the file's own folder) the store and migrates its schema.
  /// `realm` is that of the SIP digest. Throws StoreError.
  [[nodiscard]] static Store open(std::string path, std::string realm,
                                  Durability durability = Durability::power);

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  [[nodiscard]] const std::string& path() const;
  [[nodiscard]] const std::string& realm() const;
  /// A random UUID, the events' `epoch`: drawn when the store was new, and anew when a backup of it
  /// (VACUUM INTO) is opened.
  [[nodiscard]] const std::string& epoch() const;
  /// 32 random bytes drawn when the store was new, and never shown: whatever a restarted process
  /// must make again just as it was (nonces, tags, Call-IDs) is derived from it.
  [[nodiscard]] const std::string& sip_key() const;

  /// The current directory; version 0 and empty where none was ever put. Throws StoreError where
  /// the stored one cannot be read.
  [[nodiscard]] directory::Directory load_directory() const;

  /// Stores a whole directory as the next version, sets the passwords given, keeps the stored ones
  /// of the other accounts, and forgets those of accounts that are gone. One with a version
  /// replaces only that one. Throws StoreError only before anything is written; nothing is read
  /// once it is in. Hashes here: for offline use and tests.
  PutResult put_directory(const directory::ImportedDirectory& imported);
  /// The same with passwords hashed elsewhere (hash_passwords), so that the engine's thread does
  /// not wait.
  PutResult put_directory(const directory::Directory& directory,
                          const std::vector<Credential>& credentials);

  [[nodiscard]] std::vector<Credential> credentials() const;
  /// Digest secrets of the enabled agents and supervisors of the current directory. A secret made
  /// for another realm is left out: see stale_secrets().
  [[nodiscard]] std::vector<Secret> secrets() const;
  /// Of the same accounts those whose secret was made for another realm: their phones cannot
  /// register until their passwords are imported again.
  [[nodiscard]] std::vector<std::string> stale_secrets() const;
  /// Accounts whose password is still the shipped example's "demo-<login>".
  [[nodiscard]] std::vector<std::string> demo_accounts() const;
  [[nodiscard]] bool verify_password(std::string_view login, std::string_view password) const;

  /// Registrations survive a restart.
  Status put_registration(const Registration& registration);
  Status remove_registration(std::string_view login, std::string_view contact);
  [[nodiscard]] std::vector<Registration> registrations() const;

  /// Keeps a JSON object for the login, in place of the one before. A commit of its own: not inside
  /// transact().
  Status put_preferences(std::string_view login, std::string_view json);

  /// Sessions outlive the process. Each a commit of its own: not inside transact(). An import that
  /// changes a login's password, or leaves the login out, forgets its sessions.
  Status put_session(const SessionRow& session);
  Status remove_sessions(const std::vector<std::string>& digests);

  /// The legs that were up when the last process ended, by id. Throws StoreError.
  [[nodiscard]] std::vector<LegRow> saved_legs() const;
  /// Forgets them, since they name both parties. For a store that no server uses.
  [[nodiscard]] Status forget_legs();

  /// Takes `count` numbers of a named counter that never gives one twice, and returns the first
  /// (from 1). Nothing on a write error.
  [[nodiscard]] std::optional<std::uint64_t> take_ids(std::string_view counter,
                                                      std::uint64_t count);

  /// Deletes at most `limit` transfers and as many contacts that were last updated before `before`
  /// (Unix ms). Returns how many rows went, or nothing on a write error.
  [[nodiscard]] std::optional<std::size_t> prune_records(std::int64_t before, std::size_t limit);

  /// Runs `body` in one transaction and commits it; a failure of either rolls back.
  Status transact(const std::function<Status()>& body);
  /// Upserts records by key. Inside transact() only: the journal's batch and its records are one
  /// commit.
  Status upsert(const Records& records);

  /// The writer's connection, for the journal, which lives in the same file and the same
  /// transactions (docs/journal-format.md says why).
  [[nodiscard]] Database& database();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::store
