#include "store/schema.hpp"

namespace baton::store {

const std::vector<std::string>& schema_steps() {
  static const std::vector<std::string> steps{
      // 1: who is who.
      R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE counters(
  name TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE directory(
  version INTEGER PRIMARY KEY,
  stored_at INTEGER NOT NULL,  -- Unix ms
  json TEXT NOT NULL           -- docs/directory.md, without passwords
) STRICT;
CREATE TABLE credentials(
  login TEXT PRIMARY KEY,
  realm TEXT NOT NULL,
  ha1 TEXT NOT NULL,           -- MD5(login:realm:password), for SIP digest
  argon2id TEXT NOT NULL       -- encoded, for the desktop
) STRICT, WITHOUT ROWID;
)sql",
      // 2: what happened.
      R"sql(
CREATE TABLE transfers(
  id TEXT PRIMARY KEY,
  contact_id TEXT NOT NULL,
  agent TEXT NOT NULL,
  state TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,  -- Unix ms
  updated_at INTEGER NOT NULL,   -- Unix ms
  json TEXT NOT NULL,
  timeline TEXT NOT NULL
) STRICT;
CREATE INDEX transfers_by_time ON transfers(accepted_at, id);
CREATE INDEX transfers_by_agent ON transfers(agent, accepted_at, id);
CREATE INDEX transfers_by_contact ON transfers(contact_id, accepted_at, id);
CREATE TABLE contacts(
  id TEXT PRIMARY KEY,
  direction TEXT NOT NULL,
  customer TEXT NOT NULL,
  queue_name TEXT NOT NULL,
  state TEXT NOT NULL,
  started_at INTEGER NOT NULL,   -- Unix ms
  updated_at INTEGER NOT NULL,   -- Unix ms
  json TEXT NOT NULL
) STRICT;
CREATE INDEX contacts_by_time ON contacts(started_at);
)sql",
      // 3: the journal (docs/journal-format.md) and the phones' registrations.
      R"sql(
CREATE TABLE journal_segments(
  id INTEGER PRIMARY KEY,
  first_index INTEGER NOT NULL,
  header BLOB NOT NULL
) STRICT;
CREATE TABLE journal(
  first_index INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  segment INTEGER NOT NULL,
  crc INTEGER NOT NULL,
  body BLOB NOT NULL
) STRICT;
CREATE TABLE registrations(
  login TEXT NOT NULL,
  contact TEXT NOT NULL,
  via_route TEXT NOT NULL,
  call_id TEXT NOT NULL,
  cseq INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,   -- Unix seconds
  user_agent TEXT NOT NULL,
  PRIMARY KEY(login, contact)
) STRICT, WITHOUT ROWID;
)sql",
      // 4: what a restarted process goes on with: the legs, and snapshots of the core's state
      // (docs/journal-format.md). A snapshot counts once its row is there, which is written with
      // its last part.
      R"sql(
ALTER TABLE registrations ADD COLUMN instance TEXT NOT NULL DEFAULT '';
CREATE TABLE legs(
  leg TEXT PRIMARY KEY,
  state BLOB NOT NULL
) STRICT;
CREATE TABLE snapshots(
  next_index INTEGER PRIMARY KEY,  -- the first input that is not in it
  format INTEGER NOT NULL,
  version TEXT NOT NULL,           -- of the program that wrote it
  parts INTEGER NOT NULL,
  size INTEGER NOT NULL,           -- bytes of all parts
  crc INTEGER NOT NULL             -- CRC-32C of all parts
) STRICT;
CREATE TABLE snapshot_parts(
  next_index INTEGER NOT NULL,
  part INTEGER NOT NULL,           -- from 0
  body BLOB NOT NULL,
  PRIMARY KEY(next_index, part)
) STRICT;
)sql",
      // 5: events that a desktop may still ask for, of the inputs before a snapshot
      // (docs/journal-format.md).
      R"sql(
CREATE TABLE kept_events(
  next_index INTEGER NOT NULL,     -- of the snapshot that they came with
  part INTEGER NOT NULL,           -- from 0
  newest_at INTEGER NOT NULL,      -- Unix ms, of the newest in it
  crc INTEGER NOT NULL,            -- CRC-32C of the body
  body BLOB NOT NULL,
  PRIMARY KEY(next_index, part)
) STRICT;
)sql",
      // 6: the audit (docs/audit.md). It only grows: a number may be erased from what callers fill,
      // and rows that are older than meta's audit_kept_from may go.
      R"sql(
CREATE TABLE audit(
  id INTEGER PRIMARY KEY,
  key TEXT UNIQUE,               -- of what can be told twice
  at INTEGER NOT NULL,           -- Unix ms
  event TEXT NOT NULL,
  caller TEXT NOT NULL,
  role TEXT NOT NULL,
  address TEXT NOT NULL,
  agent TEXT NOT NULL,
  request TEXT NOT NULL,
  request_id TEXT NOT NULL,
  contact_id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  target TEXT NOT NULL,
  result TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
WHEN (NEW.target <> OLD.target AND instr(NEW.target, 'erased') = 0)
  OR (NEW.request_id <> OLD.request_id AND instr(NEW.request_id, 'erased') = 0)
  OR NEW.id <> OLD.id OR NEW.key IS NOT OLD.key OR NEW.at <> OLD.at OR NEW.event <> OLD.event
  OR NEW.caller <> OLD.caller OR NEW.role <> OLD.role OR NEW.address <> OLD.address
  OR NEW.agent <> OLD.agent OR NEW.request <> OLD.request OR NEW.contact_id <> OLD.contact_id
  OR NEW.transfer_id <> OLD.transfer_id OR NEW.result <> OLD.result OR NEW.reason <> OLD.reason
BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit
WHEN OLD.at >= coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'audit_kept_from'), 0)
BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
)sql",
      // 7: the legs as a log (docs/journal-format.md, "Legs"). What stands in `legs` is taken over
      // when the store is opened.
      R"sql(
CREATE TABLE leg_log(
  id INTEGER PRIMARY KEY,
  body BLOB NOT NULL
) STRICT;
)sql",
      // 8: what people's pages keep for them.
      R"sql(
CREATE TABLE preferences(
  login TEXT PRIMARY KEY,
  updated_at INTEGER NOT NULL,   -- Unix ms
  json TEXT NOT NULL
) STRICT;
)sql",
      // 9: who is signed in.
      R"sql(
CREATE TABLE sessions(
  digest BLOB PRIMARY KEY,       -- SHA-256 of what the client holds
  login TEXT NOT NULL,
  role TEXT NOT NULL,
  expires_at INTEGER NOT NULL    -- Unix seconds
) STRICT, WITHOUT ROWID;
)sql",
      // 10: a number may be erased from all that callers fill.
      R"sql(
DROP TRIGGER audit_is_not_changed;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
WHEN (NEW.target <> OLD.target AND instr(NEW.target, 'erased') = 0)
  OR (NEW.request_id <> OLD.request_id AND instr(NEW.request_id, 'erased') = 0)
  OR (NEW.agent <> OLD.agent AND instr(NEW.agent, 'erased') = 0)
  OR (NEW.contact_id <> OLD.contact_id AND instr(NEW.contact_id, 'erased') = 0)
  OR (NEW.transfer_id <> OLD.transfer_id AND instr(NEW.transfer_id, 'erased') = 0)
  OR NEW.id <> OLD.id OR NEW.key IS NOT OLD.key OR NEW.at <> OLD.at OR NEW.event <> OLD.event
  OR NEW.caller <> OLD.caller OR NEW.role <> OLD.role OR NEW.address <> OLD.address
  OR NEW.request <> OLD.request OR NEW.result <> OLD.result OR NEW.reason <> OLD.reason
BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
)sql",
      // 11: those without an outcome, which are asked for twice a minute, are few among many.
      R"sql(
CREATE INDEX transfers_open ON transfers(accepted_at, id)
WHERE state NOT IN ('connected', 'completed', 'returned', 'canceled', 'failed', 'abandoned',
                    'handedOver');
)sql"};
  return steps;
}

std::int64_t schema_version() { return static_cast<std::int64_t>(schema_steps().size()); }

namespace {

[[noreturn]] void refuse(const Database& database, const std::string& why) {
  throw StoreError("store \"" + database.path() + "\": " + why);
}

void check_not_newer(const Database& database, std::int64_t version) {
  if (version <= schema_version()) return;
  refuse(database, "was written by a newer Baton (schema " + std::to_string(version) +
                       ", this program knows up to " + std::to_string(schema_version()) +
                       "); run the newer program, or give another store.path");
}

constexpr const char* kNoStore =
    "is an SQLite file, but not a Baton store; give another store.path, or move it away";

}  // namespace

void check_ours(Database& database) {
  const std::int64_t version = database.query_integer("PRAGMA user_version");
  const std::int64_t application = database.query_integer("PRAGMA application_id");
  const bool empty = database.query_integer("SELECT count(*) FROM sqlite_master") == 0;
  const bool fresh = empty && version == 0 && application == 0;
  if (!fresh && application != kApplicationId) {
    refuse(database, kNoStore);
  }
  check_not_newer(database, version);
}

void migrate(Database& database) {
  check_ours(database);
  const std::int64_t version = database.query_integer("PRAGMA user_version");
  for (std::int64_t next = version; next < schema_version(); ++next) {
    const std::string& step = schema_steps()[static_cast<std::size_t>(next)];
    const Status status = database.execute(
        "BEGIN IMMEDIATE;" + step + "PRAGMA application_id = " + std::to_string(kApplicationId) +
        "; PRAGMA user_version = " + std::to_string(next + 1) + "; COMMIT;");
    if (!status) throw StoreError(status.error);
  }
}

void check_schema(Database& database) {
  const std::int64_t version = database.query_integer("PRAGMA user_version");
  if (database.query_integer("PRAGMA application_id") != kApplicationId) refuse(database, kNoStore);
  check_not_newer(database, version);
  if (version < schema_version()) {
    refuse(database, "was written by an older Baton (schema " + std::to_string(version) +
                         "); start the server once, which brings it up to date");
  }
}

}  // namespace baton::store
