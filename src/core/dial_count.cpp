#include "core/dial_count.hpp"

#include <algorithm>

namespace baton::core {

namespace {

constexpr TimeMs kMinuteMs = 60'000;
constexpr TimeMs kDayMs = 86'400'000;

/// Seconds to the end of the window that `now` is in, rounded up.
int seconds_left(TimeMs now, TimeMs window) {
  return static_cast<int>((window - now % window + 999) / 1000);
}

}  // namespace

DialWait DialCount::wait(TimeMs now, int per_minute, int per_day) const {
  if (per_day > 0 && day == now / kDayMs && in_day >= per_day)
    return {.seconds = seconds_left(now, kDayMs), .of_day = true};
  if (per_minute > 0 && minute == now / kMinuteMs && in_minute >= per_minute)
    return {.seconds = seconds_left(now, kMinuteMs), .of_day = false};
  return {};
}

void DialCount::add(TimeMs now) {
  if (minute != now / kMinuteMs) {
    minute = now / kMinuteMs;
    in_minute = 0;
  }
  if (day != now / kDayMs) {
    day = now / kDayMs;
    in_day = 0;
  }
  ++in_minute;
  ++in_day;
}

DialCount DialledNumbers::of(std::string_view number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? DialCount{} : found->second.count;
}

void DialledNumbers::forget(TimeMs now) {
  // Who was called on another day says nothing any more, and is nobody's to keep.
  if (by_use_.empty() || of(by_use_.rbegin()->second).day >= now / kDayMs) return;
  by_number_.clear();
  by_use_.clear();
}

void DialledNumbers::add(std::string_view number, TimeMs now, std::size_t bound) {
  forget(now);
  auto found = by_number_.find(number);
  if (found == by_number_.end()) {
    found = by_number_.emplace(std::string(number), Entry{}).first;
  } else {
    by_use_.erase(found->second.used);
  }
  found->second.count.add(now);
  found->second.used = next_use_++;
  by_use_.emplace(found->second.used, found->first);
  while (by_number_.size() > std::max<std::size_t>(bound, 1)) {
    by_number_.erase(by_use_.begin()->second);
    by_use_.erase(by_use_.begin());
  }
}

std::vector<NumberDials> DialledNumbers::save() const {
  std::vector<NumberDials> saved;
  saved.reserve(by_use_.size());
  for (const auto& [use, number] : by_use_)
    saved.push_back({.number = number, .count = by_number_.at(number).count});
  return saved;
}

void DialledNumbers::load(const std::vector<NumberDials>& saved) {
  by_number_.clear();
  by_use_.clear();
  next_use_ = 0;
  for (const NumberDials& each : saved) {
    if (!by_number_.emplace(each.number, Entry{.count = each.count, .used = next_use_}).second)
      continue;
    by_use_.emplace(next_use_++, each.number);
  }
}

}  // namespace baton::core
