// An agent who hangs up by message during a transfer: his release waits for the park, but he has
// let go (docs/message-api.md, "In order").

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using message::TransferState;
using testing::kOutside;
using testing::to_number;
using testing::to_quick_connect;

struct LeftAgent : testing::Talking {
  LegId target;

  /// The target is dialled, and the customer does not answer his park yet.
  void hangs_up() {
    ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
    target = t.confirm<DialLeg>().leg;
    disconnect();
  }
  void disconnect() {
    message::Request request;
    request.id = "hang up";
    ASSERT_TRUE(t.request("agent1", RequestKind::disconnect, std::move(request)).accepted);
    ASSERT_EQ(t.state_of("agent1"), "Busy") << "the park comes first";
  }
  void refuses() {
    t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  }
  /// The chain's `return`: he is offered the customer, once it is known that that one is there.
  void is_offered_him_again() {
    EXPECT_EQ(last().state, TransferState::returning);
    EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
    t.confirm<ParkLeg>();
    EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
    EXPECT_TRUE(std::ranges::any_of(t.commands, [&](const Command& each) {
      const auto* end = std::get_if<EndLeg>(&each.body);
      return end != nullptr && end->leg == agent_leg;
    }));
    t.finish_ends();
    t.answer("agent1");
    EXPECT_EQ(last().state, TransferState::returned);
  }
  Reply canceled_by(const std::string& caller, directory::Role role) {
    message::Request request;
    request.kind = RequestKind::cancel_transfer;
    request.transfer_id = to_string(last().transfer_id);
    t.put(RequestInput{.reply = 1,
                       .caller = caller,
                       .role = role,
                       .agent = "agent1",
                       .request = std::move(request)});
    return t.replies.back();
  }
  message::TransferStateChange last() { return t.transfer_states("agent1").back(); }
};

TEST_F(LeftAgent, HasNotGotTheCustomerBackWhereTheDestinationFails) {
  hangs_up();
  refuses();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent dialing/server returning/server");
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
  is_offered_him_again();
  EXPECT_EQ(t.errors("agent1").back().reason, Reason::busy);
}

TEST_F(LeftAgent, IsToldWithTheIdOfHisHangUp) {
  hangs_up();
  t.events.clear();
  refuses();
  int told = 0;
  for (const message::Event& each : t.events) {
    if (!std::holds_alternative<message::CallEvent>(each.body)) continue;
    EXPECT_EQ(each.request_id, "hang up");
    ++told;
  }
  EXPECT_EQ(told, 2);
}

TEST_F(LeftAgent, WhoIsNotThereAnyMoreLeavesHimToTheQueue) {
  hangs_up();
  t.put(PhoneReachable{.login = "agent1", .reachable = false});
  refuses();
  EXPECT_EQ(last().state, TransferState::requeued);
}

TEST_F(LeftAgent, HasNotGotHimBackWhereTheAgentWhoIsOfferedHimRefuses) {
  t.sign_in("agent2");
  auto request = to_quick_connect(QuickConnectType::agent, "agent2");
  request.options.release_on = message::ReleaseOn::answered;
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  disconnect();
  ASSERT_TRUE(t.request("agent2", RequestKind::reject).accepted);
  EXPECT_EQ(last().state, TransferState::returning);
}

TEST_F(LeftAgent, HasNotGotHimBackWhereTheOneWhoAnsweredHangsUpBeforeThePark) {
  hangs_up();
  t.put(LegAnswered{target});
  t.put(LegEnded{.leg = target, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_FALSE(t.take<BridgeLegs>()) << "there is nobody to join him with";
  EXPECT_EQ(last().state, TransferState::returning);
}

TEST_F(LeftAgent, HasNotGotHimBackWhereASupervisorCallsItOff) {
  hangs_up();
  ASSERT_TRUE(canceled_by("boss", directory::Role::supervisor).accepted);
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent dialing/server returning/server");
  is_offered_him_again();
}

TEST_F(LeftAgent, HasNotGotHimBackWhereAnImportTakesTheQueueAway) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  disconnect();
  t.put(DirectoryChanged{testing::without_queue(testing::kOtherQueueArn)});
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.way("agent1"), "accepted/agent accepted/server returning/server");
  EXPECT_EQ(last().reason, Reason::queueClosed);
}

TEST_F(LeftAgent, HasNotGotHimBackFromAQueueWhereASupervisorCallsItOff) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  disconnect();
  ASSERT_TRUE(canceled_by("boss", directory::Role::supervisor).accepted);
  EXPECT_EQ(t.way("agent1"), "accepted/agent queued/queue returning/server");
  EXPECT_EQ(t.state_of("agent2"), "Available");
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(LeftAgent, WhomTheChainLetsGoIsNotGivenBackByASupervisorToo) {
  t.sign_in("agent2");
  auto request = to_quick_connect(QuickConnectType::queue, "queue");
  request.options.on_failure = {{{.kind = message::FallbackKind::disconnect, .queue_arn = {}}}};
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  disconnect();
  t.put(DirectoryChanged{testing::without_queue(testing::kOtherQueueArn)});
  ASSERT_TRUE(canceled_by("boss", directory::Role::supervisor).accepted);
  EXPECT_EQ(t.way("agent1"), "accepted/agent accepted/server failed/gone");
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  EXPECT_EQ(t.state_of("agent1"), "Available");
}

TEST_F(LeftAgent, MayTakeHimBackHimself) {
  hangs_up();
  ASSERT_TRUE(canceled_by("agent1", directory::Role::agent).accepted);
  EXPECT_EQ(last().state, TransferState::canceled);
  EXPECT_EQ(t.confirm<BridgeLegs>().b, agent_leg);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
}

TEST_F(LeftAgent, HasLetGoAlsoForTheProcessThatComesAfter) {
  hangs_up();
  t.restart({call, agent_leg, target}, {"agent1"});
  refuses();
  EXPECT_EQ(last().state, TransferState::returning);
}

}  // namespace
}  // namespace baton::core
