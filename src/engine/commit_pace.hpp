#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace baton::engine {

/// How long commits are held apart, from the flow of inputs. A commit costs about the same for one
/// input as for a hundred. While the machine has CPU time to spare, each batch is committed as soon
/// as the one before is: a transfer waits for three commits one after another. Where inputs come
/// faster, commits take the time that the calls need, and are held apart. The engine's thread only.
class CommitPace {
 public:
  using Clock = std::chrono::steady_clock;

  /// `longest` from `fast` inputs a second on, none up to `slow`, and in between in proportion.
  CommitPace(std::chrono::microseconds longest, double slow, double fast)
      : longest_(longest), slow_(slow), fast_(fast) {}

  /// A batch of that many inputs begins.
  void batch(Clock::time_point now, std::size_t inputs) {
    const std::chrono::duration<double> span = now - since_;
    if (span >= kSpan) {
      const double flow = static_cast<double>(inputs_) / span.count();
      share_ = std::clamp((flow - slow_) / (fast_ - slow_), 0.0, 1.0);
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

  std::chrono::microseconds longest_;
  double slow_;
  double fast_;
  // State.
  Clock::time_point since_{};
  Clock::time_point last_{};
  std::size_t inputs_ = 0;
  double share_ = 0;
};

}  // namespace baton::engine
