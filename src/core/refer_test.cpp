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

/// The key has its 202, the transfer fails at once, and the NOTIFY that says so is out.
struct FailsAtOnce : TransferKey {
  CommandId notify = 0;
  TimeMs talked = 0;

  void SetUp() override {
    TransferKey::SetUp();
    talked = t.now;
    t.sign_in("agent2");
    press_in_vain();
  }
  void press_in_vain(ReferId refer = 7) {
    press(kOutside, false, {}, refer);
    t.fail<DialLeg>(0, "No trunk takes the call");
    ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
    ASSERT_EQ(t.transfer_states("agent1").back().custody, Custody::agent);
    ASSERT_EQ(t.state_of("agent1"), "Busy");
    notify = 0;
    for (const Command& each : t.commands) {
      const auto* told = std::get_if<NotifyRefer>(&each.body);
      if (told != nullptr && told->final && told->refer == refer) notify = each.id;
    }
    ASSERT_NE(notify, 0U);
  }
  void answers_notify(int code) {
    t.put(CommandResult{
        .command = notify, .ok = code == 200, .code = code, .text = {}, .failed_leg = {}});
  }
  void hangs_up(EndCause cause = EndCause::remote) {
    t.put(LegEnded{.leg = agent_leg, .cause = cause, .code = 0, .text = {}});
  }
  bool customer_is_told_to_end() {
    return std::ranges::any_of(t.commands, [&](const Command& each) {
      const auto* end = std::get_if<EndLeg>(&each.body);
      return end != nullptr && end->leg == call;
    });
  }
  void waits_on() {
    EXPECT_FALSE(customer_is_told_to_end());
    EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
    EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::queue);
    EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
    t.answer("agent2");
  }
};

TEST_F(FailsAtOnce, APhoneThatHangsUpBeforeItKnowsGivesTheCustomerToHisQueue) {
  hangs_up();
  const QueueStatus first = t.center.queues().at(0);
  EXPECT_EQ(first.waiting, 1);
  EXPECT_GE(first.longest_waiting_since, talked) << "the time that he talked is not credited";
  waits_on();
}

TEST_F(FailsAtOnce, APhoneThatKnowsHangsUpOnTheCustomer) {
  answers_notify(200);
  hangs_up();
  EXPECT_TRUE(customer_is_told_to_end());
}

TEST_F(FailsAtOnce, APhoneThatRefusesTheNotifyHasReadIt) {
  answers_notify(489);
  hangs_up();
  EXPECT_TRUE(customer_is_told_to_end());
}

TEST_F(FailsAtOnce, APhoneThatKnowsNoSuchDialogAnyMoreHasAByeOnItsWay) {
  for (const int code : {481, 408, 503, 504}) {
    SCOPED_TRACE(code);
    if (code != 481) {
      TearDown();
      t = TestCenter();
      SetUp();
    }
    answers_notify(code);
    hangs_up();
    waits_on();
  }
}

TEST_F(FailsAtOnce, APhoneThatSaidNothingForLongHangsUpOnTheCustomer) {
  answers_notify(481);
  t.pass(39'000);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  t.pass(2'000);
  hangs_up();
  EXPECT_TRUE(customer_is_told_to_end());
}

TEST_F(FailsAtOnce, TheAnswerToAnEarlierKeysNotifyIsNoneToThisOnes) {
  const CommandId first = notify;
  press_in_vain(8);
  ASSERT_NE(notify, first);
  t.put(CommandResult{.command = first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
  hangs_up();
  waits_on();
}

TEST_F(FailsAtOnce, ADisconnectByMessageEndsTheCallAllTheSame) {
  ASSERT_TRUE(t.request("agent1", message::RequestKind::disconnect).accepted);
  EXPECT_TRUE(customer_is_told_to_end());
}

TEST_F(FailsAtOnce, TheProcessMayDieBetweenTheNotifyAndTheHangUp) {
  t.restart({call, agent_leg}, {"agent1", "agent2"});
  EXPECT_EQ(t.confirm<AnswerRefer>().code, 202);
  ASSERT_TRUE(t.take<NotifyRefer>());
  const auto again = t.take<NotifyRefer>();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->second.final);
  hangs_up();
  waits_on();
}

TEST_F(FailsAtOnce, TheProcessMayBeDeadForLongBetweenTheNotifyAndTheHangUp) {
  t.now += 60'000;
  t.restart({call, agent_leg}, {"agent1", "agent2"});
  hangs_up();
  waits_on();
}

TEST_F(FailsAtOnce, APhoneThatHadReadItWhenTheProcessDiedHangsUpOnTheCustomer) {
  answers_notify(200);
  t.now += 60'000;
  t.restart({call, agent_leg}, {"agent1", "agent2"});
  hangs_up();
  EXPECT_TRUE(customer_is_told_to_end());
}

TEST_F(FailsAtOnce, AnAgentWhoCallsOffAsHisPhoneHangsUpLosesNobody) {
  answers_notify(200);
  press(kOutside, false, {}, 9);
  ASSERT_TRUE(t.request("agent1", message::RequestKind::cancel_transfer).accepted);
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::canceled);
  hangs_up();
  EXPECT_FALSE(customer_is_told_to_end());
}

/// Of a call that the agent made, which has no queue of its own.
struct MadeCallFailsAtOnce : ::testing::Test {
  static bool customer_waits(const std::string& last_resort) {
    Policy policy;
    policy.last_resort_queue = last_resort;
    TestCenter t(testing::small_directory(), policy);
    t.sign_in("agent1");
    EXPECT_TRUE(t.request("agent1", message::RequestKind::make_call, to_number(testing::kCustomer))
                    .accepted);
    const LegId own = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{own});
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    t.confirm<BridgeLegs>();
    t.put(LegRefer{.leg = own, .refer = 7, .target_user = kOutside, .target_host = "127.0.0.1"});
    t.fail<DialLeg>(0, "No trunk takes the call");
    const TimeMs at = t.now;
    EXPECT_TRUE(std::ranges::none_of(t.center.queues(),
                                     [](const QueueStatus& each) { return each.waiting > 0; }));
    t.put(LegEnded{.leg = own, .cause = EndCause::remote, .code = 0, .text = {}});
    const auto queues = t.center.queues();
    const auto second = std::ranges::find(queues, "Second", &QueueStatus::name);
    if (second == queues.end() || second->waiting != 1) return false;
    EXPECT_GE(second->longest_waiting_since, at) << "he has waited in no queue before";
    return true;
  }
};

TEST_F(MadeCallFailsAtOnce, TheLastResortQueueTakesTheCustomer) {
  EXPECT_TRUE(customer_waits("Second"));
}

TEST_F(MadeCallFailsAtOnce, WithoutOneThereIsNobodyToTakeHim) { EXPECT_FALSE(customer_waits("")); }

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
