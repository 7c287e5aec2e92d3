#include "directory/attempt_throttle.hpp"

#include <gtest/gtest.h>

#include <string>

namespace baton::directory {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

TEST(AttemptThrottle, LetsTheFirstFailuresGoAndThenDoublesTheWait) {
  AttemptThrottle throttle({.free = 3, .max_delay = 10, .entries = 100});
  std::int64_t now = kNow;
  for (const std::int64_t wait : {0, 0, 1, 2, 4, 8, 10, 10}) {
    EXPECT_EQ(throttle.wait("agent1", now), 0);
    throttle.begin("agent1", now);
    EXPECT_EQ(throttle.wait("agent1", now), wait);
    EXPECT_EQ(throttle.wait("agent2", now), 0);
    now += wait;
  }
}

TEST(AttemptThrottle, ForgetsWhoSucceeds) {
  AttemptThrottle throttle({.free = 1, .max_delay = 10, .entries = 100});
  throttle.begin("agent1", kNow);
  EXPECT_EQ(throttle.wait("agent1", kNow), 1);
  throttle.forget("agent1");
  EXPECT_EQ(throttle.wait("agent1", kNow), 0);
  EXPECT_EQ(throttle.size(), 0U);
}

TEST(AttemptThrottle, TakesBackWhatWasNoFailure) {
  AttemptThrottle throttle({.free = 2, .max_delay = 10, .entries = 100});
  throttle.begin("10.0.0.1", kNow);
  throttle.begin("10.0.0.1", kNow);
  EXPECT_EQ(throttle.wait("10.0.0.1", kNow), 1);
  throttle.take_back("10.0.0.1");
  EXPECT_EQ(throttle.wait("10.0.0.1", kNow), 0);
  throttle.take_back("10.0.0.1");
  throttle.take_back("10.0.0.1");
  EXPECT_EQ(throttle.size(), 0U);
}

TEST(AttemptThrottle, StartsOverAfterALongTime) {
  AttemptThrottle throttle({.free = 1, .max_delay = 10, .entries = 100});
  for (int i = 0; i < 20; ++i) throttle.begin("agent1", kNow);
  EXPECT_EQ(throttle.wait("agent1", kNow), 10);
  throttle.begin("agent1", kNow + 20);
  EXPECT_EQ(throttle.wait("agent1", kNow + 20), 10);
  throttle.begin("agent1", kNow + 41);
  EXPECT_EQ(throttle.wait("agent1", kNow + 41), 1);
}

TEST(AttemptThrottle, RemembersSoManyKeysAndNotOneMore) {
  AttemptThrottle throttle({.free = 1, .max_delay = 900, .entries = 3});
  for (const char* key : {"a", "b", "c"}) throttle.begin(key, kNow);
  throttle.begin("a", kNow);  // Now "b" failed longest ago.
  throttle.begin("d", kNow);
  EXPECT_EQ(throttle.size(), 3U);
  EXPECT_EQ(throttle.wait("b", kNow), 0);
  EXPECT_GT(throttle.wait("a", kNow), 0);
}

TEST(AttemptThrottle, OutlivesAClockThatIsSetBack) {
  AttemptThrottle throttle({.free = 1, .max_delay = 10, .entries = 3});
  throttle.begin("a", kNow);
  std::int64_t now = kNow - 100'000;
  EXPECT_EQ(throttle.wait("a", now), 1);
  EXPECT_EQ(throttle.wait("a", now + 1), 0) << "nor again and again until it is that late again";
  for (int i = 0; i < 5; ++i) throttle.begin("a", now);
  EXPECT_EQ(throttle.wait("a", now), 10);
  now -= 100'000;
  EXPECT_EQ(throttle.wait("a", now), 10);
  EXPECT_EQ(throttle.wait("a", now + 9), 1);
  EXPECT_EQ(throttle.wait("a", now + 10), 0);
}

}  // namespace
}  // namespace baton::directory
