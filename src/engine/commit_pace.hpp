#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace baton::engine {

/// Between what commits are held apart in proportion: not at all up to `calm`, as long as allowed
/// from `rush` on.
struct PaceRange {
  double calm = 0;
  double rush = 0;

  [[nodiscard]] double share(double now) const {
    return std::clamp((now - calm) / (rush - calm), 0.0, 1.0);
  }
};

/// How long commits are held apart. A commit costs about the same for one input as for a hundred.
/// While the machine has CPU time to spare, each batch is committed as soon as the one before is: a
/// transfer waits for three commits one after another. Where inputs come fast and threads wait for
/// a core, commits take the time that the calls need, and are held apart. A fast machine bears a
/// flow that is a rush for a slow one, so both must be. The engine's thread only.
class CommitPace {
 public:
  using Clock = std::chrono::steady_clock;
  /// How long the thread has waited for a core so far; nothing: nobody knows, and the flow decides.
  using Waited = std::function<std::optional<std::chrono::nanoseconds>()>;

  /// `flow` is of inputs a second, `wait` the share of the time in which the thread waits for a
  /// core.
  CommitPace(std::chrono::microseconds longest, PaceRange flow, PaceRange wait, Waited waited)
      : longest_(longest), flow_(flow), wait_(wait), waited_(std::move(waited)) {}

  /// A batch of that many inputs begins.
  void batch(Clock::time_point now, std::size_t inputs) {
    const std::chrono::duration<double> span = now - since_;
    if (span >= kSpan) {
      share_ = flow_.share(static_cast<double>(inputs_) / span.count());
      const auto waited = waited_();
      if (waited && waited_before_) {
        const std::chrono::duration<double> wait = *waited - *waited_before_;
        wait_share_ += kOfNew * (wait / span - wait_share_);
        share_ = std::min(share_, wait_.share(wait_share_));
      }
      waited_before_ = waited;
      since_ = now;
      inputs_ = 0;
    }
    inputs_ += inputs;
    last_ = now;
  }

  /// When the next commit may begin.
  [[nodiscard]] Clock::time_point next() const {
    return last_ + std::chrono::duration_cast<Clock::duration>(share_ * longest_);
  }

 private:
  /// Long enough to even out bursts, short enough to follow a rush.
  static constexpr std::chrono::milliseconds kSpan{100};
  /// Weight of the newest span: the wait is one of some seconds. A burst makes threads wait, too,
  /// and is no reason to let transfers wait longer.
  static constexpr double kOfNew = 0.05;

  std::chrono::microseconds longest_;
  PaceRange flow_;
  PaceRange wait_;
  Waited waited_;
  // State.
  Clock::time_point since_{};
  Clock::time_point last_{};
  std::size_t inputs_ = 0;
  std::optional<std::chrono::nanoseconds> waited_before_;
  double wait_share_ = 0;
  double share_ = 0;
};

}  // namespace baton::engine
