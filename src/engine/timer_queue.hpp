#pragma once

#include <cstddef>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/input.hpp"

namespace baton::engine {

/// The timers that the core has armed, by time. A cancelled one stays in the heap until it comes
/// up, or until more than half of the heap is dead. Engine's thread only.
class TimerQueue {
 public:
  void arm(core::TimerId timer, core::TimeMs at);
  void cancel(core::TimerId timer);
  /// When the next one runs out (Unix ms), or nothing.
  [[nodiscard]] std::optional<core::TimeMs> next();
  /// Takes the timers that have run out by `now`, earliest first, at most `limit`.
  std::vector<core::TimerId> take_due(core::TimeMs now, std::size_t limit);
  [[nodiscard]] std::size_t size() const { return live_.size(); }

 private:
  using Entry = std::pair<core::TimeMs, core::TimerId>;

  void drop_dead();
  void compact();

  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> heap_;
  std::unordered_map<core::TimerId, core::TimeMs> live_;
};

}  // namespace baton::engine
