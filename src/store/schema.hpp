#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/sqlite.hpp"

namespace baton::store {

/// "BATN": tells a Baton store from any other SQLite file (PRAGMA application_id).
inline constexpr std::int64_t kApplicationId = 0x4241544E;

/// The steps that make the schema, oldest first; PRAGMA user_version counts those that a file has
/// had. A step that was released is never changed: a change of the schema is a further step.
[[nodiscard]] const std::vector<std::string>& schema_steps();

/// The condition of the index transfers_open, word for word: SQLite takes a partial index only for
/// a query that says what the index says.
inline constexpr const char* kOpenTransfers =
    "state NOT IN ('connected', 'completed', 'returned', 'canceled', 'failed', 'abandoned', "
    "'handedOver')";

/// The version that this program reads and writes.
[[nodiscard]] std::int64_t schema_version();

/// Throws StoreError where the file is not a Baton store, nor empty, or was written by a newer
/// program. Changes nothing.
void check_ours(Database& database);

/// Makes or migrates the schema, each step in a transaction of its own. Throws StoreError where the
/// file is not a Baton store or was written by a newer program.
void migrate(Database& database);

/// Throws StoreError unless the file is a Baton store of exactly this version (for readers, which
/// change nothing).
void check_schema(Database& database);

}  // namespace baton::store
