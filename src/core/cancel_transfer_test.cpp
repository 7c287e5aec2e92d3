// Who may call a transfer off, and as whom (docs/message-api.md, "Requests").

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using directory::Role;
using message::Reason;
using message::RequestKind;
using message::TransferState;
using testing::kOutside;
using testing::to_number;

struct CancelTransfer : testing::Talking {
  LegId target;

  void dial() {
    ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
    target = t.confirm<DialLeg>().leg;
  }
  /// The target rings, and agent1 is in after-call work.
  void dial_and_release() {
    dial();
    t.put(LegRinging{target});
    t.confirm<ParkLeg>();
    t.finish_ends();
    ASSERT_EQ(t.state_of("agent1"), "AfterCallWork");
  }
  message::TransferStateChange last() { return t.transfer_states("agent1").back(); }
  /// As `agent`, of agent1's transfer.
  Reply cancel(const std::string& agent, Role role) {
    message::Request request;
    request.transfer_id = to_string(last().transfer_id);
    return t.request(agent, RequestKind::cancel_transfer, std::move(request), role);
  }
  void refused_to_agent2(Role role) {
    t.sign_in("agent2");
    dial();
    const Reply reply = cancel("agent2", role);
    ASSERT_FALSE(reply.accepted);
    EXPECT_EQ(reply.error->error_type, "CANCEL_TRANSFER_FAILED");
    EXPECT_EQ(reply.error->reason, Reason::callNotOwned);
    EXPECT_EQ(last().state, TransferState::dialing);
    EXPECT_FALSE(t.take<EndLeg>()) << "the target rings on";
  }
};

/// The first customer waits in a queue for somebody, and agent1 transfers the next one.
struct CancelOfTwo : CancelTransfer {
  ContactId next{};
  LegId next_agent_leg;
  TransferId first;
  TransferId second;

  void SetUp() override {
    CancelTransfer::SetUp();
    t.sign_in("agent2");
    ASSERT_TRUE(t.choose("agent2", "Break").accepted);
    const auto queue = testing::to_quick_connect(message::QuickConnectType::queue, "queue");
    first = transfer(queue).transfer_id.value();
    t.confirm<ParkLeg>();
    t.finish_ends();
    ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
    next = t.call_in(2);
    next_agent_leg = t.answer("agent1");
    second = transfer(to_number(kOutside)).transfer_id.value();
    t.confirm<DialLeg>();
  }
  Reply cancel(std::optional<std::string> contact, std::optional<TransferId> id = {},
               const std::string& agent = "agent1", Role role = Role::agent) {
    message::Request request;
    request.contact_id = std::move(contact);
    if (id) request.transfer_id = to_string(*id);
    return t.request(agent, RequestKind::cancel_transfer, std::move(request), role);
  }
  void refused(const Reply& reply, Reason reason) {
    ASSERT_FALSE(reply.accepted);
    EXPECT_EQ(reply.error->reason, reason) << reply.error->msg;
    EXPECT_EQ(t.center.counters().transfers_open, 2U);
    EXPECT_EQ(last().state, TransferState::dialing);
  }
};

TEST_F(CancelOfTwo, NeitherNamedIsAmbiguous) { refused(cancel({}), Reason::ambiguousCall); }

TEST_F(CancelOfTwo, TheCallNamesItsTransfer) {
  ASSERT_TRUE(cancel(to_string(next)).accepted);
  EXPECT_EQ(last().transfer_id, second);
  EXPECT_EQ(last().state, TransferState::canceled);
}

TEST_F(CancelOfTwo, SoDoesItsConnection) {
  ASSERT_TRUE(cancel(to_string(next_agent_leg)).accepted);
  EXPECT_EQ(last().transfer_id, second);
  EXPECT_EQ(last().state, TransferState::canceled);
}

TEST_F(CancelOfTwo, TheOtherCallIsNotTakenForIt) {
  ASSERT_TRUE(cancel({}, second).accepted);
  ASSERT_EQ(t.center.counters().transfers_open, 1U);
  const Reply reply = cancel(to_string(next));
  ASSERT_FALSE(reply.accepted) << "its transfer is over, and the first customer waits on";
  EXPECT_EQ(reply.error->reason, Reason::noActiveCall);
  EXPECT_EQ(t.center.counters().transfers_open, 1U);
}

TEST_F(CancelOfTwo, BothHaveToMeanTheSame) {
  refused(cancel(to_string(call), second), Reason::noActiveCall);
  refused(cancel(to_string(next), first), Reason::noActiveCall);
  ASSERT_TRUE(cancel(to_string(next), second).accepted);
  EXPECT_EQ(last().state, TransferState::canceled);
}

TEST_F(CancelOfTwo, OfACallThatIsNotThere) {
  refused(cancel(to_string(LegId{.high = 1, .low = 2})), Reason::noActiveCall);
  refused(cancel("that one"), Reason::invalidMessage);
}

TEST_F(CancelOfTwo, OfAnothersCallIsHisStill) {
  refused(cancel(to_string(next), {}, "agent2"), Reason::callNotOwned);
  ASSERT_TRUE(cancel(to_string(next), {}, "agent2", Role::supervisor).accepted);
  EXPECT_EQ(last().state, TransferState::canceled);
}

TEST_F(CancelTransfer, OfAnotherIsRefusedToAnAgent) { refused_to_agent2(Role::agent); }

TEST_F(CancelTransfer, OfAnotherThanTheAgentThatItNamesIsRefusedToAService) {
  refused_to_agent2(Role::service);
}

TEST_F(CancelTransfer, OfAnotherIsDoneForASupervisor) {
  t.sign_in("agent2");
  dial();
  EXPECT_TRUE(cancel("agent2", Role::supervisor).accepted);
  EXPECT_EQ(last().state, TransferState::canceled);
}

TEST_F(CancelTransfer, ByAServiceIsTheAgentsOwnTakingBack) {
  dial_and_release();
  ASSERT_TRUE(cancel("agent1", Role::service).accepted);
  const auto back = t.take<DialLeg>();
  ASSERT_TRUE(back) << "his phone is rung, as if he had asked himself";
  EXPECT_TRUE(std::get<AgentPhone>(back->second.target).auto_answer);
  t.put(LegAnswered{back->second.leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last().state, TransferState::canceled);
  EXPECT_TRUE(t.errors("agent1").empty()) << "what he asked for is no failure";
}

TEST_F(CancelTransfer, ByAServiceWhileHeIsOfferedTheReturnAnswersIt) {
  dial_and_release();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  ASSERT_EQ(last().state, TransferState::returning);
  ASSERT_FALSE(t.take<DialLeg>());
  ASSERT_TRUE(cancel("agent1", Role::service).accepted);
  EXPECT_TRUE(t.take<DialLeg>());
}

TEST_F(CancelTransfer, ByASupervisorForTheAgentIsOfferedToHimAgain) {
  dial_and_release();
  message::Request request;
  request.kind = RequestKind::cancel_transfer;
  request.transfer_id = to_string(last().transfer_id);
  t.put(RequestInput{.reply = 1,
                     .caller = "boss",
                     .role = Role::supervisor,
                     .agent = "agent1",
                     .request = std::move(request)});
  ASSERT_TRUE(t.replies.back().accepted);
  EXPECT_EQ(last().state, TransferState::returning);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
  EXPECT_FALSE(t.take<DialLeg>()) << "he has not asked for it";
}

TEST_F(CancelTransfer, OfHisOwnByASupervisorWhoTakesCallsIsHisTakingBack) {
  dial_and_release();
  ASSERT_TRUE(cancel("agent1", Role::supervisor).accepted);
  const auto back = t.take<DialLeg>();
  ASSERT_TRUE(back) << "his phone is rung, as of any agent who asks for his customer";
  t.put(LegAnswered{back->second.leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last().state, TransferState::canceled);
  EXPECT_TRUE(t.errors("agent1").empty()) << "what he asked for is no failure";
}

}  // namespace
}  // namespace baton::core
