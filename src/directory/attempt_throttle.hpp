#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

namespace baton::directory {

struct ThrottleLimits {
  int free = 5;                  ///< Failures that cost no time.
  std::int64_t max_delay = 900;  ///< Seconds. What the wait grows to.
  std::size_t entries =
      10'000;  ///< Keys remembered; of more, the one that failed longest ago goes.
};

/// Makes guessing slow, of passwords: after `free` failures of a key, each
/// further one doubles the wait before the next attempt (1, 2, 4 ... seconds). A key whose last
/// failure is longer ago than twice `max_delay` starts over. Time is passed in, and may go back: a
/// wait then begins anew. One thread.
class AttemptThrottle {
 public:
  explicit AttemptThrottle(ThrottleLimits limits) : limits_(limits) {}

  /// Seconds until an attempt by `key` may be made; 0: now.
  [[nodiscard]] std::int64_t wait(std::string_view key, std::int64_t now);

  /// An attempt begins, and counts as a failure until it turns out otherwise: many at once must not
  /// slip through before the first has failed.
  void begin(std::string_view key, std::int64_t now);
  /// An attempt was none: takes its failure back.
  void take_back(std::string_view key);
  /// Forgets the key's failures.
  void forget(std::string_view key);

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    int failures = 0;
    std::int64_t last = 0;
    std::list<std::string>::iterator age;  ///< Its place in the order of last failures.
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  void erase(Entries::iterator entry);
  [[nodiscard]] std::int64_t delay(int failures) const;

  const ThrottleLimits limits_;
  Entries entries_;
  std::list<std::string> order_;  ///< Longest ago first.
};

}  // namespace baton::directory
