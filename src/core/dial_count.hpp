#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include "core/leg.hpp"

namespace baton::core {

/// How long a dial must wait for a limit, and for which.
struct DialWait {
  int seconds = 0;  ///< 0: it need not.
  bool of_day = false;
};

/// How many outside numbers were dialled in one minute and one day of UTC: windows that begin when
/// the clock's do, so that two numbers are all that must be kept.
struct DialCount {
  std::int64_t minute = 0;  ///< Which one `in_minute` counts: Unix time in minutes.
  int in_minute = 0;
  std::int64_t day = 0;  ///< Likewise, in days.
  int in_day = 0;

  /// Until one more fits in. Of the limits 0 is off.
  [[nodiscard]] DialWait wait(TimeMs now, int per_minute, int per_day) const;
  void add(TimeMs now);

  friend bool operator==(const DialCount&, const DialCount&) = default;
};
BOOST_DESCRIBE_STRUCT(DialCount, (), (minute, in_minute, day, in_day))

/// A number's count, as it is saved.
struct NumberDials {
  std::string number;
  DialCount count;

  friend bool operator==(const NumberDials&, const NumberDials&) = default;
};
BOOST_DESCRIBE_STRUCT(NumberDials, (), (number, count))

/// The counts of the numbers that were dialled last, in bounded space, and of one day only: the
/// first number of the next day (of UTC), or forget(), makes all of them nothing. One thread.
class DialledNumbers {
 public:
  /// What is known of the number; zero when it is not remembered.
  [[nodiscard]] DialCount of(std::string_view number) const;
  /// Counts one more. Beyond `bound` numbers (1 or more) the least recently dialled are forgotten.
  void add(std::string_view number, TimeMs now, std::size_t bound);
  /// Forgets all of them where the last was dialled on another day.
  void forget(TimeMs now);
  [[nodiscard]] std::size_t size() const { return by_number_.size(); }

  /// All of them, the least recently dialled first.
  [[nodiscard]] std::vector<NumberDials> save() const;
  void load(const std::vector<NumberDials>& saved);

 private:
  struct Entry {
    DialCount count;
    std::uint64_t used = 0;  // Its key in by_use_.
  };
  std::map<std::string, Entry, std::less<>> by_number_;
  std::map<std::uint64_t, std::string> by_use_;
  std::uint64_t next_use_ = 0;
};

}  // namespace baton::core
