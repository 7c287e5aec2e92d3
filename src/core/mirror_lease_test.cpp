// Of an agent's pages one acts: it closes, is loaded again, and another one takes over.

#include "core/mirror.hpp"

#include <gtest/gtest.h>

#include "core/test_mirror.hpp"

namespace baton::core {
namespace {

using message::BridgeAction;
using message::Custody;
using message::TransferState;
using testing::kOutside;
using testing::Mirrored;
using testing::to_number;

TEST_F(Mirrored, APageThatIsLoadedAgainBetweenAddAndLeaveGoesOnWithoutASecondAdd) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connected");  // Nobody has told it yet.
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  hello(2, "tab-1");
  report();
  EXPECT_EQ(take(BridgeAction::leaveContact).bridge, 2U);
  EXPECT_TRUE(t.commands.empty());
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, ATabThatClosesLeavesTheOutcomeUnknownUntilTheNextSnapshot) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  t.pass(10'100);
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/unknown");
  hello(2, "tab-2");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::agent);
}

TEST(MirrorStart, WhoWasSignedInWithTheBackEndBeforeIsSignedOut) {
  testing::TestCenter t;
  t.sign_in("agent1");
  t.call_in();
  t.answer("agent1");
  t.put(Started{.version = "test", .adopted_legs = {}, .reachable_phones = {}});
  ASSERT_EQ(t.state_of("agent1"), "AfterCallWork");
  t.events.clear();
  Policy policy;
  policy.mirror.enabled = true;
  t.put(PolicyChanged{policy});
  EXPECT_EQ(t.state_of("agent1"), "LoggedOut");
  ASSERT_EQ(t.events.size(), 1U) << "agent2 was not signed in";
  EXPECT_TRUE(std::holds_alternative<message::LogoutSuccess>(t.events.front().body));
  t.put(PolicyChanged{policy});
  EXPECT_EQ(t.events.size(), 1U);
}

// Their registrations were kept, and a phone that only refreshes its own tells the core nothing.
TEST_F(Mirrored, PhonesAreReachableWhereCallsAreNoLongerAtAmazonConnect) {
  t.put(Started{.version = "test", .adopted_legs = {}, .reachable_phones = {"agent1", "agent2"}});
  t.put(PolicyChanged{Policy{}});
  EXPECT_EQ(t.state_of("agent1"), "LoggedOut");
  for (const AgentStatus& each : t.center.agents()) {
    EXPECT_EQ(each.phone_reachable, each.login == "agent1" || each.login == "agent2") << each.login;
  }
}

TEST_F(Mirrored, OfTwoTabsOneActs) {
  hello(2, "tab-2");
  EXPECT_TRUE(t.commands.empty()) << "the second stays silent";
  t.put(BridgeReport{.agent = "agent1", .bridge = 2, .snapshot = session.snapshot(epoch)});
  EXPECT_TRUE(t.events.empty());
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  EXPECT_EQ(take(BridgeAction::addConnection).bridge, 1U);
  t.put(BridgeClosed{.agent = "agent1", .bridge = 1});
  const BridgeCommand lease = take(BridgeAction::lease);
  EXPECT_EQ(lease.bridge, 2U);
  EXPECT_EQ(lease.order.epoch, epoch + 1);
  bridge = 2;
  epoch = lease.order.epoch;
  session.third_party("connected");
  report();
  EXPECT_EQ(take(BridgeAction::leaveContact).bridge, 2U);
}

/// agent1's second tab takes over while a third party is dialled whom only the first has seen.
struct SecondTab : Mirrored {
  testing::Session before;  ///< What the second tab shows still.

  void SetUp() override {
    Mirrored::SetUp();
    hello(2, "tab-2");
    ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
    take(BridgeAction::addConnection);
    session.taken_at = 1000;
    report();
    before = session;
    session.taken_at = 2000;
    session.third_party("connecting");
    report();
    t.put(BridgeClosed{.agent = "agent1", .bridge = 1});
    epoch = take(BridgeAction::lease).order.epoch;
    bridge = 2;
  }
  void report_from_before() {
    t.put(BridgeReport{.agent = "agent1", .bridge = bridge, .snapshot = before.snapshot(epoch)});
  }
};

TEST_F(SecondTab, ThatIsBehindDecidesNothingUntilItHasCaughtUp) {
  report_from_before();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  EXPECT_TRUE(t.errors("agent1").empty());
  session.third_party("connected");
  session.taken_at = 3000;
  report();
  EXPECT_EQ(take(BridgeAction::leaveContact).bridge, 2U);
}

TEST_F(SecondTab, ThatHasCaughtUpIsBelievedWhateverItsClock) {
  report();  // The same picture as the first tab's.
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  report_from_before();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent failed/agent");
}

TEST_F(SecondTab, ThatStaysBehindIsBelievedAfterAWhile) {
  t.pass(kCatchUpMs);
  report_from_before();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent failed/agent");
}

TEST_F(SecondTab, ThatTellsNoTimeIsBelieved) {
  before.taken_at = 0;
  report_from_before();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent failed/agent");
}

}  // namespace
}  // namespace baton::core
