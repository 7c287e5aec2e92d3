#include "engine/commit_pace.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace baton::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// What the pace is after ten seconds of that many inputs each millisecond.
CommitPace::Clock::duration pace_at(CommitPace& pace, CommitPace::Clock::time_point& now,
                                    std::size_t inputs_each_ms) {
  for (int i = 0; i < 10'000; ++i) {
    now += milliseconds(1);
    pace.batch(now, inputs_each_ms);
  }
  return pace.next() - now;
}

constexpr PaceRange kFlow{.calm = 7000, .rush = 10000};
constexpr PaceRange kWait{.calm = 0.1, .rush = 0.2};

/// The flow alone decides.
CommitPace pace_of_flow() {
  return {microseconds(3000), kFlow, kWait, [] { return std::nullopt; }};
}

TEST(CommitPaceTest, HoldsCommitsApartOnlyInARush) {
  CommitPace pace = pace_of_flow();
  CommitPace::Clock::time_point now{std::chrono::hours(1)};
  EXPECT_EQ(pace_at(pace, now, 1), microseconds(0));
  EXPECT_EQ(pace_at(pace, now, 7), microseconds(0));
  EXPECT_EQ(pace_at(pace, now, 20), microseconds(3000));
  const auto between = pace_at(pace, now, 8);
  EXPECT_GT(between, microseconds(900));
  EXPECT_LT(between, microseconds(1100));
  EXPECT_EQ(pace_at(pace, now, 1), microseconds(0));
}

TEST(CommitPaceTest, ForgetsARushThatIsLongOver) {
  CommitPace pace = pace_of_flow();
  CommitPace::Clock::time_point now{std::chrono::hours(1)};
  EXPECT_EQ(pace_at(pace, now, 20), microseconds(3000));
  now += std::chrono::seconds(5);
  pace.batch(now, 1);
  EXPECT_EQ(pace.next(), now);
}

TEST(CommitPaceTest, HoldsNothingApartWhileNobodyWaitsForACore) {
  CommitPace::Clock::time_point now{std::chrono::hours(1)};
  double wait = 0;  // Share of the time.
  CommitPace pace(
      microseconds(3000), kFlow, kWait,
      [&, last = now, waited = std::chrono::duration<double>(0)]() mutable {
        waited += wait * (now - std::exchange(last, now));
        return std::optional(std::chrono::duration_cast<std::chrono::nanoseconds>(waited));
      });
  EXPECT_EQ(pace_at(pace, now, 20), microseconds(0));
  wait = 0.1;
  EXPECT_LT(pace_at(pace, now, 20), microseconds(1));
  wait = 0.15;
  const auto between = pace_at(pace, now, 20);
  EXPECT_GT(between, microseconds(1400));
  EXPECT_LT(between, microseconds(1600));
  wait = 0.5;
  EXPECT_EQ(pace_at(pace, now, 20), microseconds(3000));
  EXPECT_EQ(pace_at(pace, now, 1), microseconds(0)) << "few inputs are no rush, whoever waits";
}

}  // namespace
}  // namespace baton::engine
