// Who picks up and is gone again before he is joined to anybody.

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using message::TransferState;
using testing::kOutside;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

LegEnded hung_up(const LegId& leg) {
  return {.leg = leg, .cause = EndCause::remote, .code = 0, .text = {}};
}

/// A customer is talking with agent1.
struct JoinHangUp : testing::Talking {
  /// A transfer to agent2, whose phone has picked up; agent1 is not released yet.
  LegId picked_up() {
    t.sign_in("agent2");
    EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::agent, "agent2")).accepted);
    EXPECT_TRUE(t.request("agent2", RequestKind::answer).accepted);
    const LegId leg = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{leg});
    return leg;
  }
  /// A transfer to a number that answered.
  LegId answered() {
    EXPECT_TRUE(transfer(to_number(kOutside)).accepted);
    const LegId target = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{target});
    return target;
  }
};

TEST_F(JoinHangUp, AnAgentWhoPicksUpAndHangsUpHasRejectedIt) {
  t.put(hung_up(picked_up()));
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").back().reason, Reason::rejected);
  EXPECT_EQ(t.last_call("agent2", "agent").event, "Rejected");
  EXPECT_EQ(t.state_of("agent2"), "FailedConnectAgent");
  EXPECT_TRUE(t.errors("agent2").empty()) << "his Answer has not failed: he gave it up himself";
}

TEST_F(JoinHangUp, ANumberThatAnswersAndHangsUpHasRejectedIt) {
  t.put(hung_up(answered()));
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").back().reason, Reason::rejected);
}

TEST_F(JoinHangUp, WhoHangsUpInTheJoinIsToldByHisEndNotByTheJoins) {
  const LegId target = answered();
  t.confirm<ParkLeg>();
  t.finish_ends();
  // The switch gives the join up before it tells of the leg's end.
  t.fail<BridgeLegs>(481, "The leg has ended.", target);
  t.put(hung_up(target));
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::returning);
  EXPECT_EQ(t.transfer_states("agent1").back().reason, Reason::rejected);
}

TEST_F(JoinHangUp, AJoinWhoseLegIsGoneGoesOnByItsDeadlineWhereNoEndComes) {
  const LegId target = answered();
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.fail<BridgeLegs>(481, "The leg has ended.", target);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::dialing);
  t.pass(10'000);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::returning);
}

TEST_F(JoinHangUp, ANumberThatIsLostIsAFaultOfTheBackEndAsBefore) {
  t.put(LegEnded{.leg = answered(), .cause = EndCause::unreachable, .code = 0, .text = {}});
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").back().reason, Reason::backendUnavailable);
}

/// By either button: his desktop has that of Reject, which the offer enabled, until he is joined.
struct JoinGivenUp : JoinHangUp, ::testing::WithParamInterface<RequestKind> {};

TEST_P(JoinGivenUp, ByTheAgentBeforeHeIsJoined) {
  const LegId leg = picked_up();
  t.confirm<ParkLeg>();  // agent1's release: agent2 is being joined now.
  EXPECT_TRUE(t.request("agent2", GetParam()).accepted);
  EXPECT_EQ(t.state_of("agent2"), "FailedConnectAgent");
  EXPECT_EQ(t.last_call("agent2", "agent").event, "Rejected");
  EXPECT_TRUE(t.errors("agent2").empty()) << "his Answer has not failed: he gave it up himself";
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::returning);
  EXPECT_EQ(t.transfer_states("agent1").back().reason, Reason::rejected);
  bool ended = false;
  while (const auto end = t.take<EndLeg>()) ended |= end->second.leg == leg;
  EXPECT_TRUE(ended) << "his phone";
}

INSTANTIATE_TEST_SUITE_P(Requests, JoinGivenUp,
                         ::testing::Values(RequestKind::reject, RequestKind::disconnect),
                         [](const auto& each) {
                           return each.param == RequestKind::reject ? "Reject" : "Disconnect";
                         });

TEST_F(JoinHangUp, ADisconnectOfACallThatHisPhoneHasNotPickedUpIsRefused) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::agent, "agent2")).accepted);
  const Reply reply = t.request("agent2", RequestKind::disconnect);
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->msg, "agent: 'agent2' has not answered this call; use Reject");
}

TEST(JoinHangUpOut, ANumberThatAnswersAndHangsUpHasRejectedTheCall) {
  for (const bool join_first : {false, true}) {
    TestCenter t;
    t.sign_in("agent1");
    ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    const LegId number = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{number});
    if (join_first) t.fail<BridgeLegs>(481, "The leg has ended.", number);
    t.put(hung_up(number));
    ASSERT_EQ(t.errors("agent1").size(), 1U);
    EXPECT_EQ(t.errors("agent1").back().error_type, "MAKE_CALL_FAILED");
    EXPECT_EQ(t.errors("agent1").back().reason, Reason::rejected);
  }
}

}  // namespace
}  // namespace baton::core
