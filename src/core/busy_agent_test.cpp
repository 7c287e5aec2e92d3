// Who has a call, or has not cleared the last one, makes none beside it; what he is told says what
// is in the way.

#include <string>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::Reason;
using message::RequestKind;
using testing::kOutside;
using testing::Talking;
using testing::to_number;

struct BusyAgent : Talking {
  message::ApiError refusal(RequestKind kind) {
    const Reply reply =
        t.request("agent1", kind,
                  kind == RequestKind::make_call ? to_number("+16175550177") : message::Request{});
    EXPECT_FALSE(reply.accepted);
    return reply.error.value_or(message::ApiError{});
  }
};

TEST_F(BusyAgent, IsToldToEndHisCallBeforeHeMakesOne) {
  const message::ApiError error = refusal(RequestKind::make_call);
  EXPECT_EQ(error.reason, Reason::agentUnavailable);
  EXPECT_EQ(error.agent_state, "Busy");
  EXPECT_EQ(error.suggested_action, "End or transfer your call first.");
}

TEST_F(BusyAgent, IsToldToClearHisLastCallBeforeHeMakesOne) {
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  const message::ApiError error = refusal(RequestKind::make_call);
  EXPECT_EQ(error.reason, Reason::agentUnavailable);
  EXPECT_EQ(error.agent_state, "AfterCallWork");
  EXPECT_NE(error.msg.find("ClearContact"), std::string::npos) << error.msg;
  EXPECT_EQ(error.suggested_action, "Clear your last call first.");
}

TEST_F(BusyAgent, IsToldToAnswerOrRejectAnOfferBeforeHeMakesACall) {
  t.request("agent1", RequestKind::disconnect);
  t.request("agent1", RequestKind::clear_contact);
  t.call_in(2);
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  const message::ApiError error = refusal(RequestKind::make_call);
  EXPECT_EQ(error.reason, Reason::agentUnavailable);
  EXPECT_EQ(error.suggested_action, "Answer the call that you are offered, or reject it.");
}

TEST_F(BusyAgent, IsToldWhichTransferRuns) {
  const Reply accepted = transfer(to_number(kOutside));
  ASSERT_TRUE(accepted.accepted);
  for (const RequestKind kind : {RequestKind::make_call, RequestKind::hold}) {
    const message::ApiError error = refusal(kind);
    EXPECT_EQ(error.reason, Reason::transferInProgress);
    EXPECT_EQ(error.running_transfer_id, accepted.transfer_id);
  }
}

TEST_F(BusyAgent, IsToldWhichTransferOfAHeldCallRuns) {
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  const Reply accepted = transfer(to_number(kOutside));
  ASSERT_TRUE(accepted.accepted);
  const message::ApiError error = refusal(RequestKind::resume);
  EXPECT_EQ(error.reason, Reason::transferInProgress);
  EXPECT_EQ(error.running_transfer_id, accepted.transfer_id);
}

}  // namespace
}  // namespace baton::core
