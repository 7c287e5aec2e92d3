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
