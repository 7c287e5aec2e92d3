#include "telephony/sip/once_per_network.hpp"

#include <gtest/gtest.h>

namespace baton::telephony::sip {
namespace {

TEST(OncePerNetwork, IsToldOnceInItsTimeAndThenAgain) {
  OncePerNetwork once(10);
  EXPECT_TRUE(once.tell("192.0.2.1", 100, 160));
  EXPECT_FALSE(once.tell("192.0.2.1", 100, 160));
  EXPECT_FALSE(once.tell("192.0.2.1", 159, 219));
  EXPECT_TRUE(once.tell("192.0.2.2", 159, 219)) << "another network";
  EXPECT_TRUE(once.tell("192.0.2.1", 160, 220)) << "its time is over";
  EXPECT_FALSE(once.tell("192.0.2.1", 219, 279));
}

TEST(OncePerNetwork, AClockThatWasSetBackSilencesNobody) {
  OncePerNetwork once(1);
  EXPECT_TRUE(once.tell("192.0.2.1", 100'000, 103'600));
  EXPECT_TRUE(once.tell("192.0.2.1", 1'000, 4'600)) << "told by a clock that was ahead";
  EXPECT_FALSE(once.tell("192.0.2.1", 4'599, 8'199));
  EXPECT_TRUE(once.tell("192.0.2.1", 100'000, 103'600));
  EXPECT_TRUE(once.tell("192.0.2.2", 5'000, 8'600)) << "there is room for another";
}

TEST(OncePerNetwork, NothingIsToldOfMoreNetworksThanTheBoundAtATime) {
  OncePerNetwork once(2);
  EXPECT_TRUE(once.tell("192.0.2.1", 100, 160));
  EXPECT_TRUE(once.tell("192.0.2.2", 130, 190));
  EXPECT_FALSE(once.tell("192.0.2.3", 159, 219));
  EXPECT_TRUE(once.tell("192.0.2.3", 160, 220)) << "there is room again";
  EXPECT_FALSE(once.tell("192.0.2.1", 161, 221));
}

}  // namespace
}  // namespace baton::telephony::sip
