#pragma once

#include <chrono>
#include <mutex>

#include "core/input.hpp"
#include "engine/wall_clock.hpp"

namespace baton::engine {

/// The one time of the engine: inputs are stamped with it, and what is due is due by it. It is the
/// wall clock's, but where that was set back: replay needs times that never go back, and a deadline
/// must come all the same, so that it goes on from where it was by the steady clock, a little
/// slower, until the wall clock has caught up. Any thread: who tells a time that did not come by an
/// input asks here, too, since an engine without work looks at no clock for minutes.
class EngineClock {
 public:
  using Steady = std::chrono::steady_clock;

  /// Of so many milliseconds one is left out meanwhile. Deadlines come three percent late then,
  /// which leaves 170 s of ringing within the 180 s of a carrier's timer C (RFC 3261, section
  /// 16.6); an hour is made up for in 32.
  static constexpr core::TimeMs kLeaveOut = 32;

  /// What was stamped with `at` came before: now() is never less.
  void not_before(core::TimeMs at, Steady::time_point steady = Steady::now()) {
    const std::lock_guard lock(mutex_);
    from_ = at;
    since_ = steady;
  }
  /// Unix milliseconds, never less than the last time, whichever thread that was for.
  core::TimeMs now() {
    // Both clocks are read within, or a thread that read them earlier would take the time back.
    const std::lock_guard lock(mutex_);
    return next(wall_clock(), Steady::now());
  }
  core::TimeMs now(core::TimeMs wall, Steady::time_point steady) {
    const std::lock_guard lock(mutex_);
    return next(wall, steady);
  }
  /// By how much the last now() was later than the wall clock, in milliseconds.
  [[nodiscard]] core::TimeMs ahead() const {
    const std::lock_guard lock(mutex_);
    return ahead_;
  }

 private:
  core::TimeMs next(core::TimeMs wall, Steady::time_point steady) {
    const core::TimeMs passed =
        std::chrono::duration_cast<std::chrono::milliseconds>(steady - since_).count();
    const core::TimeMs onward = from_ + passed - passed / kLeaveOut;
    ahead_ = onward - wall;
    if (ahead_ > 0) return onward;
    ahead_ = 0;
    from_ = wall;
    since_ = steady;
    return wall;
  }

  mutable std::mutex mutex_;
  // The newest time that was the wall clock's or the journal's, and when that was.
  core::TimeMs from_ = 0;
  Steady::time_point since_;
  core::TimeMs ahead_ = 0;
};

}  // namespace baton::engine
