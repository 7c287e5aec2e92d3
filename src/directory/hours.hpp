#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "directory/directory.hpp"
#include "directory/time_zone.hpp"

namespace baton::directory {

/// Whether a queue is open, and when that changes.
struct HoursState {
  bool open = true;
  std::optional<std::int64_t> changes_at;  ///< Unix seconds; nothing where it never changes.

  friend bool operator==(const HoursState&, const HoursState&) = default;
};

/// True if one of the openings holds at a moment (Unix seconds), by the clock on the zone's walls.
/// Any thread.
[[nodiscard]] bool is_open(const std::vector<Opening>& hours, const TimeZone& zone,
                           std::int64_t at);

/// The state of weekly openings at a moment (Unix seconds). No openings: always open. A change is
/// looked for within the next eight days, since openings repeat weekly. Any thread.
[[nodiscard]] HoursState hours_at(const std::vector<Opening>& hours, const TimeZone& zone,
                                  std::int64_t now);

/// The same for queues, with the time zones read once. For the edge only: it reads the system's
/// zoneinfo, which the core must never depend on. One thread at a time.
class QueueClock {
 public:
  /// A queue whose zone is unknown to the system is judged in UTC.
  [[nodiscard]] HoursState at(const Queue& queue, std::int64_t now);

 private:
  std::map<std::string, TimeZone, std::less<>> zones_;
};

}  // namespace baton::directory
