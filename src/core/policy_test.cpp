// What the configuration says is what counts: each value of the policy that no other test moves
// away from its default, at its own deadline or number.

#include <gmock/gmock.h>

#include "core/test_mirror.hpp"

namespace baton::core {
namespace {

using message::BridgeAction;
using message::QuickConnectType;
using message::RequestKind;
using message::TransferState;
using ::testing::HasSubstr;
using testing::kOutside;
using testing::Mirrored;
using testing::Talking;
using testing::to_number;
using testing::to_quick_connect;

constexpr const char* kShown = "+18005550199";

struct Configured : Talking {
  void use(const Policy& policy) { t.put(PolicyChanged{policy}); }
  /// The number that the next dialling shows.
  std::string shown() {
    const DialLeg dial = t.confirm<DialLeg>();
    const auto* number = std::get_if<OutsideNumber>(&dial.target);
    EXPECT_TRUE(number != nullptr) << "an outside number was to be dialled";
    return number == nullptr ? std::string() : number->caller_id;
  }
};

TEST_F(Configured, TheWaitInAQueueOfATransferThatNamesNone) {
  Policy policy;
  policy.queue_timeout_seconds = 7;
  use(policy);
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.pass(6'900);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::queued);
  t.pass(200);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::returning);
}

TEST_F(Configured, TheWaitForTheCustomersHold) {
  Policy policy;
  policy.park_timeout_ms = 7'000;
  use(policy);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.put(LegRinging{t.confirm<DialLeg>().leg});
  t.pass(6'900);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  t.pass(200);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

TEST_F(Configured, TheWaitForTheCustomersHoldIsGivenAnewAfterARestart) {
  Policy policy;
  policy.park_timeout_ms = 7'000;
  use(policy);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.pass(5'000);
  t.restart({call, agent_leg, target});
  t.pass(6'900);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  t.pass(200);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

TEST_F(Configured, TheWaitForTheEndOfALeg) {
  Policy policy;
  policy.end_timeout_ms = 500;
  use(policy);
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  ASSERT_TRUE(t.take<EndLeg>()) << "of the agent, who does not answer";
  t.pass(3'900);  // Eight times as long, for what his phone's last exchange may still take.
  EXPECT_GT(t.center.counters().legs_open, 0U);
  t.pass(200);
  EXPECT_EQ(t.center.counters().legs_open, 0U);
}

TEST_F(Configured, HowLongAnIdIsRemembered) {
  Policy policy;
  policy.idempotency_hours = 2;
  use(policy);
  t.sign_in("agent2");
  const auto choose = [&](const std::string& code) {
    message::Request state;
    state.id = "s1";
    state.state = message::AgentStateRef{.label = code, .code = code, .type = ""};
    state.content_hash = std::hash<std::string>{}(code);
    return t.request("agent2", RequestKind::update_state, state);
  };
  ASSERT_TRUE(choose("Break").accepted);
  t.pass(2 * 3'600'000 - 100);
  const Reply again = choose("Available");
  ASSERT_TRUE(again.error);
  EXPECT_THAT(again.error->msg, HasSubstr("within 2 hours"));
  t.pass(200);
  EXPECT_TRUE(choose("Available").accepted);
}

TEST_F(Configured, HowManyNumbersAreCounted) {
  Policy policy;
  policy.dial.max_per_number_per_day = 1;
  policy.dial.numbers_remembered = 2;
  use(policy);
  const auto dial = [&](const std::string& number) {
    const bool accepted = transfer(to_number(number)).accepted;
    if (accepted) t.fail<DialLeg>(486, "Busy Here");
    t.commands.clear();
    return accepted;
  };
  const std::string number = "+1208209730";
  EXPECT_TRUE(dial(number + "1"));
  EXPECT_TRUE(dial(number + "2"));
  EXPECT_FALSE(dial(number + "1")) << "both are remembered";
  EXPECT_TRUE(dial(number + "3"));
  EXPECT_TRUE(dial(number + "1")) << "the least recently dialled was forgotten";
  EXPECT_FALSE(dial(number + "3"));
}

TEST_F(Configured, WhatATransferToANumberShows) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  EXPECT_EQ(shown(), testing::kCustomer) << "without one: the customer's";
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  Policy policy;
  policy.default_caller_id = kShown;
  use(policy);
  ASSERT_TRUE(transfer(to_number("+12082097346")).accepted);
  EXPECT_EQ(shown(), kShown);
}

TEST_F(Configured, WhatACallOfTheDesktopShows) {
  Policy policy;
  policy.default_caller_id = kShown;
  use(policy);
  t.sign_in("agent2");
  ASSERT_TRUE(t.request("agent2", RequestKind::make_call, to_number(kOutside)).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  EXPECT_EQ(shown(), kShown);
}

TEST_F(Configured, WhatACallOfThePhoneShows) {
  Policy policy;
  policy.default_caller_id = kShown;
  use(policy);
  t.sign_in("agent2");
  LegIncoming dialled;
  dialled.leg = {.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000099ULL};
  dialled.from_agent = "agent2";
  dialled.to_number = kOutside;
  t.put(std::move(dialled));
  t.confirm<AnswerLeg>();
  EXPECT_EQ(shown(), kShown);
}

// Each of the three differs from the others, so that none can stand for another.
struct ConfiguredMirror : Mirrored {
  void SetUp() override {
    Policy policy = testing::mirrored_policy();
    policy.mirror.add_timeout_seconds = 20;
    policy.mirror.leave_timeout_seconds = 30;
    policy.mirror.settle_timeout_seconds = 40;
    policy.mirror.cold_transfer = true;
    t.put(PolicyChanged{policy});
    Mirrored::SetUp();
  }
  [[nodiscard]] TransferState state() const { return t.transfer_states("agent1").back().state; }
  void expect_unknown_after(TimeMs ms) {
    t.pass(ms - 100);
    EXPECT_NE(state(), TransferState::outcomeUnknown);
    t.pass(200);
    EXPECT_EQ(state(), TransferState::outcomeUnknown);
  }
  void expect_failed_after(TimeMs ms) {
    t.pass(ms - 200);
    EXPECT_NE(state(), TransferState::failed);
    t.pass(200);
    EXPECT_EQ(state(), TransferState::failed);
  }
};

TEST_F(ConfiguredMirror, TheWaitForTheThirdPartyAndThenForWhatBecameOfHim) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  EXPECT_EQ(take(BridgeAction::addConnection).order.deadline_ms, 20'000);
  expect_unknown_after(20'000);
  EXPECT_THAT(t.transfer_states("agent1").back().backend->text, HasSubstr("within 20 s"));
  take(BridgeAction::report);
  expect_failed_after(40'000);
}

TEST_F(ConfiguredMirror, TheWaitForTheEndOfTheAgentsConnection) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connected");
  report();
  EXPECT_EQ(take(BridgeAction::leaveContact).order.deadline_ms, 30'000);
  expect_unknown_after(30'000);
  EXPECT_THAT(t.transfer_states("agent1").back().backend->text, HasSubstr("within 30 s"));
}

TEST_F(ConfiguredMirror, TheTimeThatTheCustomersReturnMayTake) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  session.third_party("disconnected");
  report();
  EXPECT_EQ(take(BridgeAction::resumeCustomer).order.deadline_ms, 30'000);
}

TEST_F(ConfiguredMirror, TheWaitForABridgeToComeBack) {
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  t.pass(39'900);
  EXPECT_EQ(t.center.counters().contacts_open, 1U);
  t.pass(200);
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

struct ConfiguredCold : ConfiguredMirror {
  void SetUp() override {
    has_sdk = true;
    ConfiguredMirror::SetUp();
    ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
    EXPECT_EQ(take(BridgeAction::coldTransfer).order.deadline_ms, 20'000);
  }
};

TEST_F(ConfiguredCold, TheWaitForTheWordOfTheSdk) {
  // The way to it, what the SDK itself may take, and its word's way back.
  expect_unknown_after(20'000 + 33'000);
}

TEST_F(ConfiguredCold, TheWaitForTheEndOfAContactThatTheSdkHasHandedOver) {
  done();
  expect_unknown_after(30'000);
  EXPECT_THAT(t.transfer_states("agent1").back().backend->text, HasSubstr("within 30 s"));
}

}  // namespace
}  // namespace baton::core
