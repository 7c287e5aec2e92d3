#include "engine/commit_pace.hpp"

#include <gtest/gtest.h>

namespace baton::engine {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// What the pace is after half a second of that many inputs each millisecond.
CommitPace::Clock::duration pace_at(CommitPace& pace, CommitPace::Clock::time_point& now,
                                    std::size_t inputs_each_ms) {
  for (int i = 0; i < 500; ++i) {
    now += milliseconds(1);
    pace.batch(now, inputs_each_ms);
  }
  return pace.next() - now;
}

TEST(CommitPaceTest, HoldsCommitsApartOnlyInARush) {
  CommitPace pace(microseconds(3000), 7000, 10000);
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
  CommitPace pace(microseconds(3000), 7000, 10000);
  CommitPace::Clock::time_point now{std::chrono::hours(1)};
  EXPECT_EQ(pace_at(pace, now, 20), microseconds(3000));
  now += std::chrono::seconds(5);
  pace.batch(now, 1);
  EXPECT_EQ(pace.next(), now);
}

}  // namespace
}  // namespace baton::engine
