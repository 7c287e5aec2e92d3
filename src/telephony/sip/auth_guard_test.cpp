#include "telephony/sip/auth_guard.hpp"

#include <gtest/gtest.h>

namespace baton::telephony::sip {
namespace {

constexpr std::int64_t kStart = 1'700'000'000;

AuthGuard guard_of(int failures, int max_delay) {
  SipConfig config;
  config.auth_failures = failures;
  config.auth_max_delay_seconds = max_delay;
  return AuthGuard(config);
}

TEST(AuthGuard, RefusesANetworkForAGrowingTime) {
  AuthGuard guard = guard_of(3, 8);
  std::int64_t now = kStart;
  for (const std::int64_t wait : {0, 0, 1, 2, 4, 8, 8}) {
    guard.failed("192.0.2.7", "agent1", now);
    EXPECT_EQ(guard.wait("192.0.2.7", "agent1", now), wait);
    EXPECT_EQ(guard.wait("192.0.2.7", "agent2", now), wait) << "whichever login it tries";
    EXPECT_EQ(guard.wait("192.0.2.8", "agent1", now), 0) << "only where the failures came from";
    now += wait;
  }
}

TEST(AuthGuard, TheRightPasswordClearsItsOwnLoginAndNoOther) {
  AuthGuard guard = guard_of(3, 60);
  for (int i = 0; i < 3; ++i) guard.failed("192.0.2.7", "agent1", kStart);
  guard.succeeded("192.0.2.7", "agent2");
  EXPECT_EQ(guard.wait("192.0.2.7", "agent3", kStart), 0) << "the office goes on";
  EXPECT_EQ(guard.wait("192.0.2.7", "agent1", kStart), 1) << "the guessing does not";
  guard.succeeded("192.0.2.7", "agent1");
  EXPECT_EQ(guard.wait("192.0.2.7", "agent1", kStart), 0);
}

TEST(AuthGuard, ANetworkIsWhatOneSubscriberHas) {
  EXPECT_EQ(network_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
  EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
  EXPECT_EQ(network_of("::ffff:192.0.2.7"), "::ffff:192.0.2.7");
  EXPECT_EQ(network_of("nonsense"), "nonsense");
}

TEST(AuthGuard, AVeryLongLoginIsNotRemembered) {
  AuthGuard guard = guard_of(1, 60);
  guard.failed("192.0.2.7", std::string(60'000, 'a'), kStart);
  guard.succeeded("192.0.2.7", "agent1");
  EXPECT_GT(guard.wait("192.0.2.7", std::string(200, 'a'), kStart), 0);
}

}  // namespace
}  // namespace baton::telephony::sip
