#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/records.hpp"
#include "store/statistics.hpp"
#include "store/status.hpp"
#include "store/store_error.hpp"

namespace baton::store {

/// Which transfers a list asks for; what is absent does not filter.
struct TransferFilter {
  std::optional<std::string> agent;
  std::optional<std::string> contact_id;
  std::optional<std::string> state;  ///< A TransferState's name, or "open": without an outcome.
  std::optional<std::int64_t> from;  ///< accepted_at >= from, Unix ms.
  std::optional<std::int64_t> to;    ///< accepted_at < to, Unix ms.
  std::string cursor;                ///< `next_cursor` of the page before; empty: the first page.
  std::size_t limit = 50;            ///< 1 to 1,000.
};

/// One page, newest first.
struct TransferPage {
  Status status;  ///< Not ok: an invalid cursor (`bad_cursor`) or a read error.
  bool bad_cursor = false;
  std::vector<TransferRow> items;
  std::optional<std::string> next_cursor;
};

/// Reads what the writer has committed. One connection each, one thread at a time; make one per
/// thread. Works beside a running writer, of this process or another. Read errors are told as "not
/// found" with `last_error()` set.
class StoreReader {
 public:
  /// Throws StoreError where the file is missing or is not a store of this version.
  explicit StoreReader(const std::string& path);
  StoreReader(StoreReader&&) noexcept;
  StoreReader& operator=(StoreReader&&) noexcept;
  ~StoreReader();

  [[nodiscard]] std::optional<TransferRow> transfer(std::string_view id);
  [[nodiscard]] std::optional<ContactRow> contact(std::string_view id);
  [[nodiscard]] TransferPage transfers(const TransferFilter& filter);
  /// How many fit from the filter's cursor on, whatever its limit. Nothing where the cursor is not
  /// valid or they cannot be read.
  [[nodiscard]] std::optional<std::size_t> count_transfers(const TransferFilter& filter);
  /// Takes as long as `query` allows at most.
  [[nodiscard]] TransferStatistics statistics(const StatisticsQuery& query);
  /// The object that Store::put_preferences kept for the login, as it was given.
  [[nodiscard]] std::optional<std::string> preferences(std::string_view login);

  /// Those that were not removed, expired ones too; none where they cannot be read.
  [[nodiscard]] std::vector<SessionRow> sessions();

  /// True if the account has that password. Slow on purpose (argon2id); an unknown login takes the
  /// same time, and so does one that cannot be read (`last_error()`).
  [[nodiscard]] bool verify_password(std::string_view login, std::string_view password);

  /// The current directory's export text and version, for `baton directory export`; nothing where
  /// none was put.
  [[nodiscard]] std::optional<std::string> directory_json();
  [[nodiscard]] std::uint64_t directory_version();
  [[nodiscard]] std::string epoch();

  [[nodiscard]] const std::string& last_error() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::store
