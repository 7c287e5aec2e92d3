#include "directory/hours.hpp"

#include <algorithm>
#include <vector>

namespace baton::directory {

namespace {

constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kMinute = 60;

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// ISO weekday (1 Monday) of a day counted from 1970-01-01, a Thursday.
constexpr int iso_weekday(std::int64_t day) { return static_cast<int>((day % 7 + 10) % 7) + 1; }

/// The first moment after `from`, up to `to`, at which the zone's offset is another one, to the
/// second.
std::int64_t first_offset_change(const TimeZone& zone, std::int64_t from, std::int64_t to) {
  const int offset = zone.offset_at(from);
  while (to - from > 1) {
    const std::int64_t middle = from + (to - from) / 2;
    (zone.offset_at(middle) == offset ? from : to) = middle;
  }
  return to;
}

}  // namespace

bool is_open(const std::vector<Opening>& hours, const TimeZone& zone, std::int64_t at) {
  const std::int64_t local = at + zone.offset_at(at);
  const std::int64_t day = floor_div(local, kDay);
  const auto minute = static_cast<int>((local - day * kDay) / kMinute);
  const int weekday = iso_weekday(day);
  return std::any_of(hours.begin(), hours.end(), [&](const Opening& opening) {
    return opening.weekday == weekday && minute >= opening.from_minute &&
           minute < opening.to_minute;
  });
}

HoursState hours_at(const std::vector<Opening>& hours, const TimeZone& zone, std::int64_t now) {
  if (hours.empty()) return {};
  HoursState state;
  state.open = is_open(hours, zone, now);

  // The state can change only where an opening begins or ends in local time, or where the clock
  // jumps. A local time is tried with the offsets of the hours around it, because a jump makes some
  // local times come twice or never.
  std::vector<std::int64_t> moments;
  const std::int64_t today = floor_div(now + zone.offset_at(now), kDay);
  for (std::int64_t day = today - 1; day <= today + 8; ++day) {
    for (const Opening& opening : hours) {
      if (opening.weekday != iso_weekday(day)) continue;
      for (const int minute : {opening.from_minute, opening.to_minute}) {
        const std::int64_t local = day * kDay + minute * kMinute;
        moments.push_back(local - zone.offset_at(local - kDay));
        moments.push_back(local - zone.offset_at(local + kDay));
      }
    }
  }
  for (std::int64_t hour = now; hour < now + 8 * kDay; hour += 3600) {
    if (zone.offset_at(hour) != zone.offset_at(hour + 3600)) {
      moments.push_back(first_offset_change(zone, hour, hour + 3600));
    }
  }
  std::sort(moments.begin(), moments.end());
  for (const std::int64_t moment : moments) {
    if (moment > now && is_open(hours, zone, moment) != state.open) {
      state.changes_at = moment;
      break;
    }
  }
  return state;
}

HoursState QueueClock::at(const Queue& queue, std::int64_t now) {
  if (queue.hours.empty()) return {};
  auto found = zones_.find(queue.time_zone);
  if (found == zones_.end()) {
    found =
        zones_.emplace(queue.time_zone, TimeZone::load(queue.time_zone).value_or(TimeZone())).first;
  }
  return hours_at(queue.hours, found->second, now);
}

}  // namespace baton::directory
