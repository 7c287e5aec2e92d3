// A request names the call by its contactId or by the connectionId of either leg, as they are told.

#include <string>
#include <utility>
#include <variant>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::Reason;
using message::Request;
using message::RequestKind;
using testing::kOutside;
using testing::Talking;
using testing::TestCenter;
using testing::to_number;

Request naming(const message::Uuid& id, Request request = {}) {
  request.contact_id = to_string(id);
  return request;
}

TEST(NamedCall, AnOfferIsAnsweredAndRejectedByTheConnectionThatItTells) {
  for (const RequestKind kind : {RequestKind::answer, RequestKind::reject}) {
    TestCenter t;
    t.sign_in("agent1");
    t.sign_in("agent2");
    t.call_in();
    const LegId told = t.last_call("agent1", "agent").leg.connection_id;
    ASSERT_EQ(t.request("agent2", kind, naming(told)).error->reason, Reason::noActiveCall);
    EXPECT_TRUE(t.request("agent1", kind, naming(told)).accepted);
  }
}

TEST(NamedCall, AnOfferThatComesBackIsAnsweredByTheConnectionThatItTells) {
  TestCenter t;
  t.sign_in("agent1");
  t.call_in();
  t.answer("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  const message::CallEvent offer = t.last_call("agent1", "agent");
  ASSERT_EQ(offer.event, "connecting");
  EXPECT_TRUE(t.request("agent1", RequestKind::answer, naming(offer.leg.connection_id)).accepted);
}

TEST(NamedCall, ACallThatIsMadeIsEndedByTheConnectionThatIsNotDialledYet) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
  const LegId told = t.last_call("agent1", "outbound").leg.connection_id;
  EXPECT_TRUE(t.request("agent1", RequestKind::disconnect, naming(told)).accepted);
  EXPECT_EQ(t.last_call("agent1", "outbound").event, "Dropped");
}

using NamedCallOfTwo = Talking;

TEST_F(NamedCallOfTwo, TheAgentsConnectionNamesIt) {
  ASSERT_NE(agent_leg, call);
  const message::Event sync = t.center.read("agent1", RequestKind::call_state_sync);
  ASSERT_EQ(std::get<message::CallStateSync>(sync.body).calls.at(0).connection_id, agent_leg);
  ASSERT_TRUE(t.request("agent1", RequestKind::hold, naming(agent_leg)).accepted);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume, naming(agent_leg)).accepted);
  t.confirm<BridgeLegs>();
  Request digits;
  digits.digits = "1";
  EXPECT_TRUE(t.request("agent1", RequestKind::send_dtmf, naming(agent_leg, digits)).accepted);
  EXPECT_TRUE(t.request("agent1", RequestKind::disconnect, naming(agent_leg)).accepted);
}

TEST_F(NamedCallOfTwo, TheAgentsConnectionNamesTheCallToTransferAndItsDoubleClick) {
  const Reply first = transfer(naming(agent_leg, to_number(kOutside)));
  ASSERT_TRUE(first.accepted);
  EXPECT_EQ(transfer(naming(agent_leg, to_number(kOutside))).transfer_id, first.transfer_id);
}

TEST_F(NamedCallOfTwo, NoneOfAnotherAgentIsTaken) {
  t.sign_in("agent2");
  t.call_in(2);
  t.answer("agent2");
  EXPECT_EQ(t.request("agent2", RequestKind::hold, naming(agent_leg)).error->reason,
            Reason::callNotOwned);
}

}  // namespace
}  // namespace baton::core
