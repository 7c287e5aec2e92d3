#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>

namespace baton::telephony::sip {

/// Unix seconds, as this machine's clock is set now.
inline std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Unix seconds as they were at the start, and going on evenly from there: a lifetime that somebody
/// was granted is a duration, and neither ends nor grows when the machine's clock is set. Any
/// thread.
class LifetimeClock {
 public:
  using Wall = std::function<std::int64_t()>;

  /// `wall` gives Unix seconds by the machine's clock.
  explicit LifetimeClock(Wall wall = unix_now) : wall_(std::move(wall)), began_(wall_()) {}

  [[nodiscard]] std::int64_t now() const {
    using std::chrono::seconds;
    const auto passed = std::chrono::steady_clock::now() - steady_;
    return began_ + std::chrono::duration_cast<seconds>(passed).count();
  }
  /// A time of this clock by the machine's as it is set now, for what outlives the process.
  [[nodiscard]] std::int64_t by_the_wall(std::int64_t at) const { return at - now() + wall_(); }

 private:
  Wall wall_;
  std::int64_t began_;
  std::chrono::steady_clock::time_point steady_ = std::chrono::steady_clock::now();
};

}  // namespace baton::telephony::sip
