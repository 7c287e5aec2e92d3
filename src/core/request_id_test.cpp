// What a request causes, now or later, is told to the agent who asked with the request's id
// (docs/message-api.md, "Envelopes").

#include <set>
#include <string>
#include <utility>
#include <variant>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::Request;
using message::RequestKind;
using testing::kCustomer;
using testing::kInbound;
using testing::kOutside;
using testing::Talking;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

Request identified(const std::string& id, Request request = {}) {
  request.id = id;
  return request;
}

/// The ids of all events that tell the agent so: of a call ("connected", "ACW", ...), or the name
/// of his own state. "-" stands for none.
std::set<std::string> ids_of(const TestCenter& t, const std::string& agent,
                             const std::string& what) {
  std::set<std::string> ids;
  for (const message::Event& event : t.events) {
    if (event.agent != agent) continue;
    const auto* call = std::get_if<message::CallEvent>(&event.body);
    const auto* state = std::get_if<message::SetAgentState>(&event.body);
    const bool told =
        (call != nullptr && call->event == what) || (state != nullptr && state->event == what);
    if (told) ids.insert(event.request_id.value_or("-"));
  }
  return ids;
}

using Ids = std::set<std::string>;

/// The state goes through its bytes and back.
void reload(TestCenter& t) {
  const std::string saved = t.center.save();
  t.center = ContactCenter();
  ASSERT_EQ(t.center.load(saved), "");
}

struct RequestIdOfAnOffer : ::testing::Test {
  TestCenter t;
  LegId customer;
  void SetUp() override {
    t.sign_in("agent1");
    customer = t.call_in();
    t.events.clear();
  }
};

TEST_F(RequestIdOfAnOffer, StandsOnWhatTheAnswerBrings) {
  ASSERT_TRUE(t.request("agent1", RequestKind::answer, identified("a-1")).accepted);
  ASSERT_TRUE(t.request("agent1", RequestKind::answer, identified("a-2")).accepted);
  const LegId leg = t.confirm<DialLeg>().leg;
  reload(t);
  t.put(LegAnswered{leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(ids_of(t, "agent1", "connected"), Ids{"a-1"}) << "pressed again it changes nothing";
  EXPECT_EQ(ids_of(t, "agent1", "Busy"), Ids{"a-1"});
  t.events.clear();
  t.put(LegHeld{.leg = leg, .held = true});
  EXPECT_EQ(ids_of(t, "agent1", "hold"), Ids{"-"})
      << "what his phone does later he did not ask for";
}

TEST_F(RequestIdOfAnOffer, StandsOnWhatTheRejectBrings) {
  ASSERT_TRUE(t.request("agent1", RequestKind::reject, identified("r-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "Rejected"), Ids{"r-1"});
  EXPECT_EQ(ids_of(t, "agent1", "FailedConnectAgent"), Ids{"r-1"});
}

TEST_F(RequestIdOfAnOffer, StandsOnItsEndWhereTheCustomerHangsUpAsThePhoneIsRung) {
  t.call_in(2);
  t.events.clear();
  ASSERT_TRUE(t.request("agent1", RequestKind::answer, identified("a-1")).accepted);
  t.put(LegEnded{.leg = customer, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(ids_of(t, "agent1", "Dropped"), Ids{"a-1"});
  EXPECT_EQ(ids_of(t, "agent1", "connecting"), Ids{"-"}) << "the next customer is nobody's Answer";
}

TEST_F(RequestIdOfAnOffer, GivesWayToARejectWithoutOne) {
  ASSERT_TRUE(t.request("agent1", RequestKind::answer, identified("a-1")).accepted);
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "Rejected"), Ids{"-"}) << "his Answer did not bring that";
  EXPECT_EQ(ids_of(t, "agent1", "FailedConnectAgent"), Ids{"-"});
}

TEST_F(RequestIdOfAnOffer, IsNotOnWhatHisHangingUpBrings) {
  ASSERT_TRUE(t.request("agent1", RequestKind::answer, identified("a-1")).accepted);
  const LegId leg = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{leg});
  t.put(LegEnded{.leg = leg, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(ids_of(t, "agent1", "Rejected"), Ids{"-"});
}

TEST_F(RequestIdOfAnOffer, GoesToNobodyElseAndToNoOtherCustomersCall) {
  t.sign_in("agent2");
  t.events.clear();
  ASSERT_TRUE(t.request("agent1", RequestKind::reject, identified("r-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent2", "connecting"), Ids{"-"});
  t.call_in(2);
  t.events.clear();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact, identified("c-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "Dropped"), Ids{"c-1"});
  EXPECT_EQ(ids_of(t, "agent1", "connecting"), Ids{"-"}) << "he did not ask for the next customer";
}

using RequestIdOfACall = Talking;

TEST_F(RequestIdOfACall, StandsOnWhatDisconnectBrings) {
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect, identified("d-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "ACW"), Ids{"d-1"});
  EXPECT_EQ(ids_of(t, "agent1", "AfterCallWork"), Ids{"d-1"});
}

TEST_F(RequestIdOfACall, StandsOnAResumeThatFailed) {
  t.request("agent1", RequestKind::hold);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume, identified("s-1")).accepted);
  t.fail<BridgeLegs>(488);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.events.back().request_id, "s-1");
}

TEST_F(RequestIdOfACall, OfABlindTransferStandsOnTheReleaseToo) {
  ASSERT_TRUE(transfer(identified("t-1", to_number(kOutside))).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  reload(t);
  t.confirm<ParkLeg>();
  EXPECT_EQ(ids_of(t, "agent1", "ACW"), Ids{"t-1"});
  EXPECT_EQ(ids_of(t, "agent1", "AfterCallWork"), Ids{"t-1"});
}

TEST_F(RequestIdOfACall, OfABlindTransferStandsOnTheCallThatAFailureLeaves) {
  ASSERT_TRUE(transfer(identified("t-1", to_number(kOutside))).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.events.clear();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(ids_of(t, "agent1", "connected"), Ids{"t-1"});
}

TEST_F(RequestIdOfACall, OfTheDisconnectThatReleasesStandsThereInPlaceOfTheTransfers) {
  ASSERT_TRUE(transfer(identified("t-1", to_number(kOutside))).accepted);
  t.confirm<DialLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect, identified("d-1")).accepted);
  t.pass(2'500);  // The park does not answer.
  EXPECT_EQ(ids_of(t, "agent1", "ACW"), Ids{"d-1"});
}

TEST_F(RequestIdOfACall, OfATransferIsNotOnTheReleaseByADisconnectWithoutOne) {
  ASSERT_TRUE(transfer(identified("t-1", to_number(kOutside))).accepted);
  t.confirm<DialLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  t.confirm<ParkLeg>();
  EXPECT_EQ(ids_of(t, "agent1", "ACW"), Ids{"-"});
}

TEST_F(RequestIdOfACall, OfCancelTransferStandsOnTheCallThatHeKeeps) {
  ASSERT_TRUE(transfer(identified("t-1", to_number(kOutside))).accepted);
  t.confirm<DialLeg>();
  t.events.clear();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer, identified("c-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "connected"), Ids{"c-1"});
  for (const message::Event& event : t.events) {
    if (std::holds_alternative<message::TransferStateChange>(event.body)) {
      EXPECT_EQ(event.request_id, "t-1") << "a transfer's own events have its own id";
    }
  }
}

TEST_F(RequestIdOfACall, OfCancelTransferStandsOnTheCallThatHeTakesBack) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.events.clear();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer, identified("c-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "connecting"), Ids{"c-1"});
  reload(t);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(ids_of(t, "agent1", "connected"), Ids{"c-1"});
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::canceled);
  for (const message::Event& event : t.events) {
    if (std::holds_alternative<message::TransferStateChange>(event.body)) {
      EXPECT_FALSE(event.request_id) << "the transfer had none";
    }
  }
}

TEST(RequestIdOfATakingBack, OutlivesAnAnswerThatThePhoneDoesNotTake) {
  directory::Directory by_phone = testing::small_directory();
  by_phone.agents[0].answer = directory::AgentAnswer::phone;
  TestCenter t(std::move(by_phone));
  t.sign_in("agent1");
  t.call_in();
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.confirm<BridgeLegs>();
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer,
                        to_quick_connect(QuickConnectType::queue, "queue"))
                  .accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.events.clear();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer, identified("c-1")).accepted);
  const LegId leg = t.confirm<DialLeg>().leg;
  ASSERT_TRUE(t.request("agent1", RequestKind::answer, identified("a-1")).accepted);
  t.fail<TalkLeg>(489, "Bad Event");
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.events.back().request_id, "a-1");
  t.put(LegAnswered{leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(ids_of(t, "agent1", "connected"), Ids{"c-1"});
  EXPECT_EQ(ids_of(t, "agent1", "Busy"), Ids{"c-1"});
}

struct RequestIdOfAMadeCall : ::testing::Test {
  TestCenter t;
  void SetUp() override {
    t.sign_in("agent1");
    ASSERT_TRUE(t.request("agent1", RequestKind::make_call, identified("m-1", to_number(kOutside)))
                    .accepted);
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    t.events.clear();
  }
};

TEST_F(RequestIdOfAMadeCall, StandsOnItsAnswer) {
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(ids_of(t, "agent1", "connected"), Ids{"m-1"});
}

TEST_F(RequestIdOfAMadeCall, StandsOnItsEnd) {
  const LegId leg = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = leg, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(ids_of(t, "agent1", "Dropped"), Ids{"m-1"});
  EXPECT_EQ(ids_of(t, "agent1", "Available"), Ids{"m-1"});
}

TEST_F(RequestIdOfAMadeCall, GivesWayToTheDisconnectThatEndsIt) {
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect, identified("d-1")).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "Dropped"), Ids{"d-1"});
}

TEST_F(RequestIdOfAMadeCall, GivesWayToADisconnectWithoutOne) {
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  EXPECT_EQ(ids_of(t, "agent1", "Dropped"), Ids{"-"});
  EXPECT_EQ(ids_of(t, "agent1", "Available"), Ids{"-"});
}

}  // namespace
}  // namespace baton::core
