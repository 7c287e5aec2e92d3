#include "engine/engine_clock.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace baton::engine {
namespace {

using std::chrono::milliseconds;

constexpr core::TimeMs kWall = 1'700'000'000'000;
constexpr core::TimeMs kHour = 3'600'000;
constexpr EngineClock::Steady::time_point kSteady{std::chrono::hours(100)};

TEST(EngineClockTest, IsTheWallClocksAlsoWhereThatIsSetForward) {
  EngineClock clock;
  EXPECT_EQ(clock.now(kWall, kSteady), kWall);
  EXPECT_EQ(clock.now(kWall + 20'000, kSteady + milliseconds(20'000)), kWall + 20'000);
  EXPECT_EQ(clock.now(kWall + kHour, kSteady + milliseconds(20'001)), kWall + kHour);
  EXPECT_EQ(clock.ahead(), 0);
}

TEST(EngineClockTest, GoesOnWhereTheWallClockIsSetBackUntilThatHasCaughtUp) {
  EngineClock clock;
  core::TimeMs last = clock.now(kWall, kSteady);
  core::TimeMs passed = 0;
  while (clock.now(kWall - kHour + passed, kSteady + milliseconds(passed)) >
         kWall - kHour + passed) {
    const core::TimeMs now = clock.now(kWall - kHour + passed, kSteady + milliseconds(passed));
    ASSERT_GE(now, last) << "never back";
    ASSERT_EQ(now, kWall + passed - passed / EngineClock::kLeaveOut);
    ASSERT_EQ(clock.ahead(), now - (kWall - kHour + passed));
    last = now;
    passed += 1700;
  }
  EXPECT_GE(passed, 32 * kHour);
  EXPECT_LT(passed, 33 * kHour);
  EXPECT_GE(clock.now(kWall - kHour + passed, kSteady + milliseconds(passed)), last);
  EXPECT_EQ(clock.ahead(), 0);
}

TEST(EngineClockTest, LosesLittleOfAPauseInWhichTheWallClockIsSetBackByLess) {
  EngineClock clock;
  EXPECT_EQ(clock.now(kWall, kSteady), kWall);
  EXPECT_EQ(clock.now(kWall + 10'000, kSteady + milliseconds(32'000)), kWall + 31'000);
}

TEST(EngineClockTest, GoesOnFromWhatTheJournalSays) {
  EngineClock clock;
  clock.not_before(kWall + kHour, kSteady);
  EXPECT_EQ(clock.now(kWall, kSteady), kWall + kHour);
  EXPECT_EQ(clock.now(kWall + 5, kSteady + milliseconds(5)), kWall + kHour + 5);
}

}  // namespace
}  // namespace baton::engine
