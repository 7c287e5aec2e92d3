#include "gateway/rate_limiter.hpp"

#include <gtest/gtest.h>

namespace baton::gateway {
namespace {

using namespace std::chrono_literals;

class RateLimiterTest : public testing::Test {
 protected:
  RateLimiter::Clock::time_point now_ = RateLimiter::Clock::now();
};

TEST_F(RateLimiterTest, TakesABurstAndThenSoManyASecond) {
  RateLimiter limiter(10, 2, 100);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limiter.take("agent1", now_), 0ms) << i;
  EXPECT_EQ(limiter.take("agent1", now_), 100ms);
  EXPECT_EQ(limiter.take("agent1", now_ + 99ms), 1ms);
  EXPECT_EQ(limiter.take("agent1", now_ + 100ms), 0ms);
  EXPECT_GT(limiter.take("agent1", now_ + 100ms), 0ms);
}

TEST_F(RateLimiterTest, CountsEachCallerByItself) {
  RateLimiter limiter(1, 1, 100);
  EXPECT_EQ(limiter.take("agent1", now_), 0ms);
  EXPECT_GT(limiter.take("agent1", now_), 0ms);
  EXPECT_EQ(limiter.take("agent2", now_), 0ms);
}

TEST_F(RateLimiterTest, SavesNoMoreThanABurst) {
  RateLimiter limiter(2, 1, 100);
  EXPECT_EQ(limiter.take("agent1", now_), 0ms);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(limiter.take("agent1", now_ + 1h), 0ms);
  EXPECT_EQ(limiter.take("agent1", now_ + 1h), 500ms);
}

TEST_F(RateLimiterTest, LetsOneThroughThoughTheRateIsBelowOneASecond) {
  RateLimiter limiter(0.5, 1, 100);
  EXPECT_EQ(limiter.take("agent1", now_), 0ms);
  EXPECT_EQ(limiter.take("agent1", now_), 2000ms);
}

TEST_F(RateLimiterTest, RemembersSoManyCallersAndNotOneMore) {
  RateLimiter limiter(1, 1, 2);
  EXPECT_EQ(limiter.take("a", now_), 0ms);
  EXPECT_EQ(limiter.take("b", now_), 0ms);
  EXPECT_GT(limiter.take("a", now_), 0ms);
  EXPECT_EQ(limiter.take("c", now_), 0ms);  // "b" asked longest ago.
  EXPECT_EQ(limiter.size(), 2U);
  EXPECT_GT(limiter.take("a", now_), 0ms);
  EXPECT_EQ(limiter.take("b", now_), 0ms);
}

}  // namespace
}  // namespace baton::gateway
