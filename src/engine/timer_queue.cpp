#include "engine/timer_queue.hpp"

namespace baton::engine {

void TimerQueue::arm(core::TimerId timer, core::TimeMs at) {
  live_[timer] = at;
  heap_.emplace(at, timer);
}

void TimerQueue::cancel(core::TimerId timer) {
  live_.erase(timer);
  if (heap_.size() > 1024 && heap_.size() > 2 * live_.size()) compact();
}

std::optional<core::TimeMs> TimerQueue::next() {
  drop_dead();
  if (heap_.empty()) return {};
  return heap_.top().first;
}

std::vector<core::TimerId> TimerQueue::take_due(core::TimeMs now, std::size_t limit) {
  std::vector<core::TimerId> due;
  while (due.size() < limit) {
    drop_dead();
    if (heap_.empty() || heap_.top().first > now) break;
    due.push_back(heap_.top().second);
    live_.erase(heap_.top().second);
    heap_.pop();
  }
  return due;
}

void TimerQueue::drop_dead() {
  while (!heap_.empty()) {
    const auto found = live_.find(heap_.top().second);
    if (found != live_.end() && found->second == heap_.top().first) return;
    heap_.pop();
  }
}

void TimerQueue::compact() {
  std::vector<Entry> entries;
  entries.reserve(live_.size());
  for (const auto& [timer, at] : live_) entries.emplace_back(at, timer);
  heap_ = decltype(heap_)(std::greater<>{}, std::move(entries));
}

}  // namespace baton::engine
