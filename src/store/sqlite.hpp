#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "store/status.hpp"
#include "store/store_error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace baton::store {

class Database;

/// A prepared statement, kept and used again and again. Parameters count from 1, columns from 0.
/// Same thread as its Database, which must outlive it.
class Statement {
 public:
  enum class Step : std::uint8_t { row, done, failed };

  Statement() = default;
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  /// Binds a parameter. Texts and blobs are not copied: they must live until the statement is
  /// reset.
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind_blob(int parameter, std::string_view bytes);

  /// Goes on to the next row. After a failure error() says why.
  Step step();
  /// Runs a statement that gives no rows of interest, and resets it.
  Status run();
  void reset();

  /// The current row's columns. Views are valid until the next step or reset.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::string_view blob(int column) const;

  [[nodiscard]] std::string error() const;

 private:
  friend class Database;
  Statement(const Database& database, sqlite3_stmt* statement)
      : database_(&database), statement_(statement) {}

  const Database* database_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

/// Resets a statement at the end of a scope, so that it holds no read transaction open.
class ResetAtExit {
 public:
  explicit ResetAtExit(Statement& statement) : statement_(statement) {}
  ResetAtExit(const ResetAtExit&) = delete;
  ResetAtExit& operator=(const ResetAtExit&) = delete;
  ~ResetAtExit() { statement_.reset(); }

 private:
  Statement& statement_;
};

/// A connection to one SQLite file. One thread at a time. Errors are exceptions while it is opened
/// and statements are prepared, and values afterwards.
class Database {
 public:
  enum class Mode : std::uint8_t { read_write, read_only };

  /// Throws StoreError.
  Database(std::string path, Mode mode);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Throws StoreError where the SQL does not fit the schema.
  [[nodiscard]] Statement prepare(std::string_view sql);
  /// Runs one or more statements without results.
  Status execute(const std::string& sql);
  /// The first column of the first row as an integer; throws StoreError where there is none.
  [[nodiscard]] std::int64_t query_integer(std::string_view sql);

  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] const std::string& path() const { return path_; }
  /// What went wrong last, for people: file, SQLite's text and code, and the remedy where there is
  /// one.
  [[nodiscard]] std::string error_text() const;
  /// True if that was a damaged file (SQLITE_CORRUPT, SQLITE_NOTADB).
  [[nodiscard]] bool damaged() const;

  /// Called after each commit of this connection with the pages that its write-ahead log holds, on
  /// the same thread; the commits no longer make checkpoints by themselves.
  void on_commit(std::function<void(int pages)> told);
  /// Copies what the write-ahead log holds into the file, as far as no reader needs the file as it
  /// is, and waits for nobody (SQLITE_CHECKPOINT_PASSIVE). If `busy` is true afterwards, another
  /// connection is at it.
  Status copy_log(bool& busy);

 private:
  std::string path_;
  sqlite3* handle_ = nullptr;
  std::function<void(int)> on_commit_;
};

}  // namespace baton::store
