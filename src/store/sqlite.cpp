#include "store/sqlite.hpp"

#include <utility>

#include <sqlite3.h>

namespace baton::store {

namespace {

/// What to do about an error, by its primary code; empty where there is nothing to say.
std::string_view remedy(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "; free space on its file system, then restart";
    case SQLITE_IOERR:
      return "; check the disk and its file system, then restart";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return "; check that the file and its folder exist and can be written by this user";
    case SQLITE_NOTADB:
      return "; it is no SQLite file: give another store.path, or move it away";
    case SQLITE_CORRUPT:
      return "; restore a backup of it, or move it away to begin with an empty store";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "; another program holds it locked: close that";
    default:
      return "";
  }
}

}  // namespace

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(database_, other.database_);
  std::swap(statement_, other.statement_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(statement_); }

// A bind can fail only for a wrong parameter number or a text above SQLite's limit of 1 GB; the
// step after it then fails or sees NULL where NOT NULL is declared, so that its result is not
// checked here.

Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_, parameter, value);
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // An empty view may have no address, which SQLite would take for NULL.
  const char* data = text.empty() ? "" : text.data();
  sqlite3_bind_text64(statement_, parameter, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind_blob(int parameter, std::string_view bytes) {
  const char* data = bytes.empty() ? "" : bytes.data();
  sqlite3_bind_blob64(statement_, parameter, data, bytes.size(), SQLITE_STATIC);
  return *this;
}

Statement::Step Statement::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_DONE:
      return Step::done;
    default:
      return Step::failed;
  }
}

Status Statement::run() {
  Step result = step();
  while (result == Step::row) result = step();
  // The text is taken before the reset, which would overwrite it.
  Status status = result == Step::done ? Status{} : Status::failure(error());
  reset();
  return status;
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const { return std::string(blob(column)); }

std::string_view Statement::blob(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data == nullptr ? std::string_view() : std::string_view(data, size);
}

std::string Statement::error() const { return database_->error_text(); }

Database::Database(std::string path, Mode mode) : path_(std::move(path)) {
  // Each connection belongs to one thread at a time, so that SQLite's own mutexes would only cost.
  const int access =
      mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code = sqlite3_open_v2(path_.c_str(), &handle_,
                                   access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    StoreError error(error_text());
    sqlite3_close(std::exchange(handle_, nullptr));
    throw error;
  }
  // Readers and the writer do not wait for each other in WAL mode; only recovery and check-points
  // may take a moment.
  sqlite3_busy_timeout(handle_, 5000);
}

Database::~Database() { sqlite3_close(handle_); }

Statement Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) throw StoreError(error_text());
  return {*this, statement};
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return Status::failure(error_text());
}

std::int64_t Database::query_integer(std::string_view sql) {
  Statement statement = prepare(sql);
  if (statement.step() != Statement::Step::row) throw StoreError(error_text());
  return statement.integer(0);
}

std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

std::string Database::error_text() const {
  const int code = handle_ == nullptr ? SQLITE_NOMEM : sqlite3_extended_errcode(handle_);
  const char* text = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  return "store \"" + path_ + "\": " + text + " (SQLite code " + std::to_string(code) + ")" +
         std::string(remedy(code));
}

void Database::on_commit(std::function<void(int pages)> told) {
  on_commit_ = std::move(told);
  sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Database*>(self)->on_commit_(pages);
        return SQLITE_OK;
      },
      this);
}

Status Database::copy_log(bool& busy) {
  const int code =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  busy = (code & 0xff) == SQLITE_BUSY;
  if (code == SQLITE_OK || busy) return {};
  return Status::failure(error_text());
}

bool Database::damaged() const {
  const int code = sqlite3_errcode(handle_) & 0xff;
  return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace baton::store
