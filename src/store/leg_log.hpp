#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "store/records.hpp"
#include "store/sqlite.hpp"
#include "store/status.hpp"

namespace baton::store {

/// What a restarted process needs of the legs that are up, as a log (docs/journal-format.md,
/// "Legs"): all changes of a commit are one row at the table's end, which costs a page or two
/// wherever the legs began. A leg's last change counts. Rows are dropped from the beginning, and
/// what still counts of them is written anew: so that the log takes at most about twice what its
/// legs take, and `slack`; and all of them once in each `longest`, since they name people.
///
/// The thread of the database, which must outlive it. What writes runs inside a transaction of the
/// caller; where that fails nothing more may be written.
class LegLog {
 public:
  /// Bytes of changes that no longer count, beside as many as those that do.
  static constexpr std::size_t kSlack = std::size_t{4} * 1024 * 1024;
  using Clock = std::chrono::steady_clock;

  /// Reads which leg is where. Throws StoreError.
  explicit LegLog(Database& database, std::size_t slack = kSlack,
                  Clock::duration longest = std::chrono::hours(24));

  /// Where a leg comes twice its last row is taken. One that ended and was not known is no change.
  /// To be called with each commit, also without legs: what is due is taken out then.
  Status write(const std::vector<LegRow>& legs);
  Status forget_all();

  /// All that are up, by id. Throws StoreError.
  [[nodiscard]] std::vector<LegRow> legs() const;
  /// Of all rows. For tests.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  /// Where a leg's last state is.
  struct Place {
    std::int64_t row = 0;
    std::size_t at = 0;  ///< Of the change, in the row.
    std::size_t size = 0;
  };

  /// By the leg's id, which is looked up where it stands in a row.
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Places = boost::unordered_flat_map<std::string, Place, Hash, std::equal_to<>>;

  void note(std::int64_t row, std::size_t at, std::string_view leg, std::size_t size, bool up);
  [[nodiscard]] bool is_last(std::int64_t row, std::size_t at, std::string_view leg) const;
  void append(std::string_view leg, std::string_view state);
  /// Takes the oldest rows out where they are due.
  Status clean();

  // Passed in.
  Database& database_;
  std::size_t slack_;
  Clock::duration longest_;
  // Owned.
  Statement insert_;
  Statement select_;
  Statement remove_before_;
  // State.
  Places places_;
  std::int64_t first_row_ = 1;
  std::int64_t next_row_ = 1;
  Clock::time_point pass_due_;
  std::int64_t pass_end_ = 0;  ///< All rows before it are to be taken out.
  std::size_t bytes_ = 0;
  std::size_t live_bytes_ = 0;
  std::string body_;  ///< Of the row that is being made.
};

}  // namespace baton::store
