#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::TransferState;
using testing::kOutside;
using testing::TestCenter;
using testing::to_number;

/// The transfer key of the agent's phone, while he talks.
struct TransferKey : testing::Talking {
  void press(const std::string& user, bool replaces = false, std::optional<LegId> leg = {},
             ReferId refer = 7) {
    t.put(LegRefer{.leg = leg.value_or(agent_leg),
                   .refer = refer,
                   .target_user = user,
                   .target_host = "127.0.0.1",
                   .replaces = replaces});
  }
  /// "202 100 180 200!": what the phone was told, the final NOTIFY marked.
  std::string told() {
    std::string text;
    for (const Command& each : t.commands) {
      const auto* answer = std::get_if<AnswerRefer>(&each.body);
      const auto* notify = std::get_if<NotifyRefer>(&each.body);
      if (answer == nullptr && notify == nullptr) continue;
      if (!text.empty()) text += ' ';
      text += std::to_string(answer != nullptr ? answer->code : notify->code);
      if (notify != nullptr && notify->final) text += '!';
    }
    return text;
  }
  message::DestinationView destination() {
    return *t.transfer_states("agent1").front().destination;
  }
};

TEST_F(TransferKey, AnE164UserIsTheDialPad) {
  press("+12082097345");
  EXPECT_EQ(destination().type, "dial_pad");
  EXPECT_EQ(destination().phone_number, "+12082097345");
  EXPECT_EQ(told(), "202 100");
}

TEST_F(TransferKey, TheNameOfAQuickConnectIsThatObject) {
  t.sign_in("agent2");
  press("Second");
  EXPECT_EQ(destination().type, "queue");
  EXPECT_EQ(destination().endpoint_arn, testing::quick_connect_arn("queue"));
}

TEST_F(TransferKey, AnAgentsLoginIsHisQuickConnectAndProgressFollowsTheFirstNotify) {
  t.sign_in("agent2");
  press("agent2");
  EXPECT_EQ(destination().agent_login, "agent2");
  EXPECT_EQ(told(), "202 100 180");
}

TEST_F(TransferKey, TheOutcomeIsTheFinalNotifyWhileThePhoneIsThere) {
  press(kOutside);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(told(), "202 100 486!");
  ASSERT_EQ(t.errors("agent1").size(), 1U) << "the desktop is told as of any transfer";
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::busy);
}

TEST_F(TransferKey, PressedAgainEachPressIsToldTheOutcome) {
  press(kOutside);
  press(kOutside, false, {}, 8);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(told(), "202 100 202 100 486! 486!");
  ASSERT_EQ(t.transfer_states("agent1").size(), 3U) << "one transfer";
}

TEST_F(TransferKey, PressedOverAndOverIsRefusedInTheEnd) {
  for (ReferId refer = 1; refer <= 6; ++refer) press(kOutside, false, {}, refer);
  EXPECT_EQ(told(), "202 100 202 100 202 100 202 100 202 100 491");
}

TEST_F(TransferKey, TheSameChecksAsAMessageRefuseIt) {
  auto directory = testing::small_directory();
  directory.version = 2;
  directory.agents[0].allowed.dial_pad = false;
  t.put(DirectoryChanged{directory});
  press(kOutside);
  EXPECT_EQ(told(), "603");
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().error_type, "BLIND_TRANSFER_FAILED");
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::destinationNotPermitted);
  EXPECT_TRUE(t.transfer_states("agent1").empty());
}

TEST_F(TransferKey, AnAgentWhoIsNotThereIs480) {
  press("agent2");
  EXPECT_EQ(told(), "480") << "a phone may hang up once it has a 202";
}

TEST_F(TransferKey, NobodysNameIs404) {
  press("nobody");
  EXPECT_EQ(told(), "404");
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::destinationNotFound);
}

TEST_F(TransferKey, WithReplacesIs501) {
  press("agent2", true);
  EXPECT_EQ(told(), "501");
}

TEST_F(TransferKey, FromTheCustomerOrTheDestinationIs603) {
  press(kOutside, false, call);
  EXPECT_EQ(told(), "603");
  t.commands.clear();
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.confirm<BridgeLegs>();
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::connected);
  press("agent2", false, target);
  EXPECT_EQ(told(), "603");
}

}  // namespace
}  // namespace baton::core
