#include "directory/attempt_throttle.hpp"

#include <algorithm>
#include <iterator>

namespace baton::directory {

std::int64_t AttemptThrottle::delay(int failures) const {
  if (failures < limits_.free) return 0;
  const int doublings = std::min(failures - limits_.free, 30);
  return std::min(std::int64_t{1} << doublings, limits_.max_delay);
}

std::int64_t AttemptThrottle::wait(std::string_view key, std::int64_t now) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return 0;
  Entry& entry = found->second;
  // A clock that was set back must not lock anybody out for longer than the wait is. When the last
  // failure was is not to be known then; that it was is.
  entry.last = std::min(entry.last, now);
  return std::max<std::int64_t>(entry.last + delay(entry.failures) - now, 0);
}

void AttemptThrottle::begin(std::string_view key, std::int64_t now) {
  auto found = entries_.find(key);
  if (found != entries_.end() && found->second.last + 2 * limits_.max_delay < now) {
    erase(found);
    found = entries_.end();
  }
  if (found == entries_.end()) {
    while (entries_.size() >= limits_.entries) erase(entries_.find(order_.front()));
    order_.emplace_back(key);
    found = entries_.emplace(std::string(key), Entry{0, now, std::prev(order_.end())}).first;
  }
  Entry& entry = found->second;
  ++entry.failures;
  entry.last = now;
  order_.splice(order_.end(), order_, entry.age);
}

void AttemptThrottle::take_back(std::string_view key) {
  const auto found = entries_.find(key);
  if (found != entries_.end() && --found->second.failures <= 0) erase(found);
}

void AttemptThrottle::forget(std::string_view key) {
  const auto found = entries_.find(key);
  if (found != entries_.end()) erase(found);
}

void AttemptThrottle::erase(Entries::iterator entry) {
  order_.erase(entry->second.age);
  entries_.erase(entry);
}

}  // namespace baton::directory
