#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "store/erase.hpp"

namespace baton::store {

class Database;

/// One line of the audit (docs/audit.md): who asked what, from where, the verdict, the outcome. No
/// password, token or DTMF digit is in any. What does not apply is empty.
struct AuditRow {
  /// Of what can be told twice: after a crash the journal's young inputs tell it again, and the
  /// first row of a key stays. Empty: a row of its own.
  std::string key;
  std::int64_t at = 0;  ///< Unix milliseconds.
  std::string event;    ///< request, outcome, refused, login, logout, directory.
  std::string caller;   ///< Login of who asked.
  std::string role;
  std::string address;  ///< Where from, numeric.
  std::string agent;    ///< For whom.
  std::string request;  ///< "InboundCall/BlindTransfer", "PUT /v1/directory".
  std::string request_id;
  std::string contact_id;
  std::string transfer_id;
  std::string target;  ///< The number dialled, else the destination's name.
  std::string result;  ///< accepted, refused; of an outcome the state.
  std::string reason;

  friend bool operator==(const AuditRow&, const AuditRow&) = default;
};

/// Which rows are wanted; what is absent does not filter.
struct AuditFilter {
  std::optional<std::int64_t> from{};  ///< at >= from, Unix milliseconds.
  std::optional<std::int64_t> to{};    ///< at < to, Unix milliseconds.
  std::optional<std::string> login{};  ///< The caller's, or whom it was for.
};

// The table only grows: the schema refuses to change or delete a row, but for the first two
// functions, which the law asks for. They are for the writer's connection and thread.

/// Puts "erased" in place of a telephone number in `target`, `agent` and the three ids, which a
/// caller fills; the rows stay. Reads the whole table. Returns how many rows had it, or nothing
/// on a write error. Inside a transaction of the caller's, or by itself.
[[nodiscard]] std::optional<std::size_t> erase_number_from_audit(Database& database,
                                                                 const IsNumber& is_number);

/// Less than any row's id.
inline constexpr std::int64_t kBeforeAllRows = std::numeric_limits<std::int64_t>::min();

/// One pass over the old rows. Times are in Unix milliseconds.
struct AuditPruning {
  std::int64_t before = 0;  ///< Older rows go.
  std::int64_t now = 0;     ///< Rows of a later time are of a clock that was ahead.
  /// Where the pass is: an id, which prune_audit() changes.
  std::int64_t after = kBeforeAllRows;
  bool more = false;  ///< Whether it is to be called again in this pass.
};

/// Of the next `limit` rows of the pass, deletes the old ones. Returns how many went, or nothing on
/// a write error. By itself a transaction.
[[nodiscard]] std::optional<std::size_t> prune_audit(Database& database, std::size_t limit,
                                                     AuditPruning& pruning);

/// Hands every wanted row that is there now to `take`, in the order of writing, until it returns
/// false. Any process, beside a running writer, which `take` holds up in nothing however long it
/// takes; opens the file for reading. Throws StoreError where it cannot be read.
void read_audit(const std::string& path, const AuditFilter& filter,
                const std::function<bool(const AuditRow&)>& take);

}  // namespace baton::store
