// What an agent finds who signs in again.

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::RequestKind;
using testing::TestCenter;

TEST(SigningInAgain, FindsTheStateThatWasChosenBefore) {
  TestCenter t;
  t.sign_in("agent1");
  for (const std::string state : {"Break", "Available"}) {
    ASSERT_TRUE(t.choose("agent1", state).accepted);
    ASSERT_TRUE(t.request("agent1", RequestKind::logout).accepted);
    EXPECT_EQ(t.state_of("agent1"), "LoggedOut");
    ASSERT_TRUE(t.request("agent1", RequestKind::login).accepted);
    EXPECT_EQ(t.state_of("agent1"), state);
  }
}

TEST(SigningInAgain, OffersAnAvailableAgentTheCallThatWaits) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::logout).accepted);
  t.call_in();
  ASSERT_TRUE(t.request("agent1", RequestKind::login).accepted);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

}  // namespace
}  // namespace baton::core
