#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <utility>

namespace baton::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// What is to be done later, on one thread. Nothing is taken back: what a timer does must first
/// look whether it still applies.
class Timers {
 public:
  void after(double seconds, std::function<void()> what) {
    waiting_.emplace(Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds)),
                     std::move(what));
  }

  /// Does what is due.
  void run() {
    while (!waiting_.empty() && waiting_.begin()->first <= Clock::now()) {
      waiting_.extract(waiting_.begin()).mapped()();
    }
  }

  /// How long until the next is due, `most` at the longest.
  [[nodiscard]] std::chrono::milliseconds next(std::chrono::milliseconds most) const {
    if (waiting_.empty()) return most;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(waiting_.begin()->first - Clock::now());
    return std::clamp(left, std::chrono::milliseconds(0), most);
  }

 private:
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
};

}  // namespace baton::bench
