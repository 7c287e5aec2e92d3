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

constexpr TimeMs kDay = 24 * 3'600'000;

message::Request with_id(message::Request request, const std::string& id) {
  request.id = id;
  return request;
}

message::Request to_state(const std::string& code, const std::string& id) {
  message::Request request;
  request.state = message::AgentStateRef{.label = code, .code = code, .type = ""};
  request.content_hash = std::hash<std::string>{}(code);
  return with_id(std::move(request), id);
}

using Repeats = testing::Talking;

TEST_F(Repeats, TheSameIdGetsTheFirstReplyAndTheRunningTransfersCurrentEvent) {
  const Reply first = transfer(with_id(to_number(kOutside), "r1"));
  ASSERT_TRUE(first.accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  const std::size_t events = t.events.size();
  const Reply again = transfer(with_id(to_number(kOutside), "r1"));
  EXPECT_TRUE(again.accepted);
  EXPECT_EQ(again.transfer_id, first.transfer_id);
  EXPECT_EQ(again.sequence, first.sequence);
  ASSERT_TRUE(again.current.has_value());
  EXPECT_EQ(again.current->state, TransferState::alerting);
  EXPECT_EQ(t.events.size(), events) << "nothing is done, so nothing is told to the others";
}

TEST_F(Repeats, TheSameIdGetsTheTransfersLastEventAfterItsOutcome) {
  message::Request request = with_id(to_number(kOutside), "r1");
  request.options.note = "Wants to change the address.";
  request.options.attributes = {{"account", "4711"}};
  const Reply first = transfer(request);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  const std::size_t events = t.events.size();
  const Reply again = transfer(request);
  EXPECT_TRUE(again.accepted);
  EXPECT_EQ(again.transfer_id, first.transfer_id);
  ASSERT_TRUE(again.current.has_value());
  EXPECT_EQ(again.current->state, TransferState::failed);
  EXPECT_EQ(again.current->reason, Reason::busy);
  EXPECT_EQ(again.current->options->ring_timeout_seconds, 20);
  EXPECT_FALSE(again.current->options->note) << "what may be large is not kept for a day";
  EXPECT_TRUE(again.current->options->attributes.empty());
  EXPECT_EQ(t.events.size(), events);
  EXPECT_FALSE(t.take<DialLeg>());
}

TEST_F(Repeats, TheSameIdGetsTheLastEventOfACallThatIsOver) {
  message::Request request = with_id(to_number(kOutside), "r1");
  ASSERT_TRUE(transfer(request).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.confirm<ParkLeg>();
  t.confirm<BridgeLegs>();
  EXPECT_EQ(transfer(request).current->state, TransferState::connected);
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  t.finish_ends();
  ASSERT_EQ(t.center.counters().contacts_open, 0U);
  const Reply again = transfer(request);
  EXPECT_TRUE(again.accepted);
  ASSERT_TRUE(again.current.has_value());
  EXPECT_EQ(again.current->state, TransferState::completed);
  EXPECT_EQ(again.current->connected_to, kOutside);
}

TEST_F(Repeats, ARefusalIsAFirstReplyToo) {
  const auto request = with_id(to_quick_connect(QuickConnectType::agent, "agent2"), "r1");
  ASSERT_EQ(transfer(request).error->reason, Reason::agentUnavailable);
  t.sign_in("agent2");
  EXPECT_EQ(transfer(request).error->reason, Reason::agentUnavailable) << "the stored reply";
  EXPECT_TRUE(transfer(with_id(request, "r2")).accepted) << "a new id is a new request";
}

TEST_F(Repeats, AConflictLeavesTheFirstReplyInPlace) {
  ASSERT_TRUE(transfer(with_id(to_number(kOutside), "r1")).accepted);
  EXPECT_EQ(transfer(with_id(to_number("+12082097346"), "r1")).error->reason,
            Reason::idempotencyConflict);
  EXPECT_TRUE(transfer(with_id(to_number(kOutside), "r1")).accepted);
}

TEST_F(Repeats, AnIdIsOfOneAgent) {
  t.sign_in("agent2");
  ASSERT_TRUE(t.request("agent1", RequestKind::hold, with_id({}, "r1")).accepted);
  EXPECT_TRUE(t.request("agent2", RequestKind::update_state, to_state("Break", "r1")).accepted);
}

TEST(RepeatsInTime, AnIdIsFreeAgainAfter24Hours) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::update_state, to_state("Break", "s1")).accepted);
  t.pass(kDay - 10);
  EXPECT_EQ(
      t.request("agent1", RequestKind::update_state, to_state("Available", "s1")).error->reason,
      Reason::idempotencyConflict);
  t.pass(10);
  EXPECT_TRUE(t.request("agent1", RequestKind::update_state, to_state("Available", "s1")).accepted);
  EXPECT_EQ(t.state_of("agent1"), "Available");
}

TEST(RepeatsInNumber, TheOldestIdsAreForgottenPastTheLimit) {
  Policy policy;
  policy.idempotency_ids_per_agent = 2;
  TestCenter t(testing::small_directory(), policy);
  t.sign_in("agent1");
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(t.request("agent1", RequestKind::update_state, to_state("Break", id)).accepted);
  }
  EXPECT_EQ(
      t.request("agent1", RequestKind::update_state, to_state("Available", "b")).error->reason,
      Reason::idempotencyConflict);
  EXPECT_TRUE(t.request("agent1", RequestKind::update_state, to_state("Available", "a")).accepted);
}

}  // namespace
}  // namespace baton::core
