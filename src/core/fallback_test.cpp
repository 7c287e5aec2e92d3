#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::Custody;
using message::FallbackKind;
using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using message::TransferState;
using testing::kInbound;
using testing::kOtherQueueArn;
using testing::kOutside;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

message::Request with_steps(message::Request request, std::vector<message::FallbackStep> steps) {
  request.options.on_failure = std::move(steps);
  return request;
}

struct Fallback : testing::Talking {
  /// The transfer's target rings, and the agent is released.
  LegId released(message::Request request = to_number(kOutside)) {
    EXPECT_TRUE(transfer(std::move(request)).accepted);
    const LegId target = t.confirm<DialLeg>().leg;
    t.put(LegRinging{target});
    t.confirm<ParkLeg>();
    t.finish_ends();
    return target;
  }
  void refuses(const LegId& target) {
    t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  }
  message::TransferStateChange last() { return t.transfer_states("agent1").back(); }
  /// Signed in, so that the queues are staffed, but not available.
  void on_break(const std::string& agent) {
    t.sign_in(agent);
    ASSERT_TRUE(t.choose(agent, "Break").accepted);
  }
};

TEST_F(Fallback, ReturnIsSkippedAtOnceForAnAgentWhoSignedOut) {
  const LegId target = released();
  ASSERT_TRUE(t.request("agent1", RequestKind::logout).accepted);
  refuses(target);
  EXPECT_EQ(t.way("agent1"),
            "accepted/agent dialing/agent alerting/agent alerting/server requeued/queue");
}

TEST_F(Fallback, ReturnIsSkippedAtOnceForAnAgentWhosePhoneIsGone) {
  const LegId target = released();
  t.put(PhoneReachable{.login = "agent1", .reachable = false});
  refuses(target);
  EXPECT_EQ(last().state, TransferState::requeued);
}

TEST_F(Fallback, ReturnIsSkippedAtOnceForAnAgentWhoHasAnotherCall) {
  const LegId target = released();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  t.call_in(2);
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  refuses(target);
  EXPECT_EQ(last().state, TransferState::requeued);
}

TEST_F(Fallback, ReturnIsSkippedAtOnceForAnAgentWhoWentOnABreak) {
  const LegId target = released();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  ASSERT_TRUE(t.choose("agent1", "Break").accepted);
  refuses(target);
  EXPECT_EQ(last().state, TransferState::requeued);
}

TEST_F(Fallback, AReturnRingsTheAgentAsTheSameContactAndReservesHim) {
  const LegId target = released();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  ASSERT_EQ(t.state_of("agent1"), "Available");
  refuses(target);
  ASSERT_EQ(last().state, TransferState::returning);
  EXPECT_EQ(last().custody, Custody::server);
  t.call_in(2);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
  EXPECT_EQ(t.last_call("agent1", "agent").leg.contact_id, call);
  EXPECT_NE(t.last_call("agent1", "agent").leg.connection_id, agent_leg)
      << "legs get new connectionIds";
  t.answer("agent1");
  EXPECT_EQ(last().state, TransferState::returned);
}

TEST_F(Fallback, ARefusedReturnLeavesAnAvailableAgentAvailable) {
  on_break("agent2");
  const LegId target = released();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  refuses(target);
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  EXPECT_EQ(t.state_of("agent1"), "Available");
  EXPECT_EQ(last().state, TransferState::requeued);
}

TEST_F(Fallback, AReturnThatNobodyAnswersRestoresTheStateToo) {
  on_break("agent2");
  refuses(released());
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  t.pass(20'000);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork") << "no missed call: it was his own transfer";
  EXPECT_EQ(last().state, TransferState::requeued);
}

TEST_F(Fallback, AQueueOfTheChainKeepsHimForItsOwnLongestWait) {
  auto directory = testing::small_directory();
  directory.queues[0].max_wait_seconds = 30;
  directory.queues[1].max_wait_seconds = 20;
  t.put(DirectoryChanged{directory});
  message::Request request =
      with_steps(to_number(kOutside), {{.kind = FallbackKind::original_queue, .queue_arn = {}},
                                       {.kind = FallbackKind::queue, .queue_arn = kOtherQueueArn}});
  request.options.queue_timeout_seconds = 2;
  refuses(released(request));
  ASSERT_EQ(last().queue_name, "First");
  t.pass(29'000);
  EXPECT_EQ(last().queue_name, "First") << "the limit is that of a destination";
  t.pass(2'000);
  EXPECT_EQ(last().queue_name, "Second");
  t.pass(18'000);
  EXPECT_EQ(last().state, TransferState::requeued);
  t.pass(2'000);
  EXPECT_EQ(last().state, TransferState::failed);
}

/// The customer waits in the queue that he called, and his agent is in after-call work.
struct TakenBackInVain : Fallback {
  TimeMs waits_since = 0;

  void SetUp() override {
    Fallback::SetUp();
    on_break("agent2");
    refuses(released());
    t.pass(20'000);
    ASSERT_EQ(last().state, TransferState::requeued);
    waits_since = t.now;
  }
  void still_waits() {
    EXPECT_EQ(last().state, TransferState::requeued);
    EXPECT_EQ(last().custody, Custody::queue);
    EXPECT_EQ(last().reason, Reason::busy) << "what the transfer failed for, not the taking back";
    EXPECT_FALSE(t.take<EndLeg>());
    EXPECT_EQ(t.center.queues().at(0).waiting, 1);
  }
  /// His time in the queue is neither longer nor shorter.
  void ends_when_it_would_have() {
    const TimeMs all = testing::small_directory().queues[0].max_wait_seconds * 1'000LL;
    t.pass(waits_since + all - 1'000 - t.now);
    EXPECT_EQ(t.center.queues().at(0).waiting, 1);
    t.pass(2'000);
    EXPECT_EQ(last().state, TransferState::failed);
  }
};

TEST_F(TakenBackInVain, ByAPhoneThatIsBusyHeWaitsWhereHeWaited) {
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  refuses(t.confirm<DialLeg>().leg);
  still_waits();
  ends_when_it_would_have();
}

TEST_F(TakenBackInVain, ByAPhoneThatNobodyAnswersHeWaitsWhereHeWaited) {
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  t.confirm<DialLeg>();
  t.pass(10'000);
  t.finish_ends();
  still_waits();
}

TEST_F(TakenBackInVain, ByASupervisorForAnAgentWhoIsAwayHeWaitsWhereHeWaited) {
  message::Request cancel;
  cancel.transfer_id = to_string(last().transfer_id);
  ASSERT_TRUE(t.request("agent4", RequestKind::cancel_transfer, std::move(cancel),
                        directory::Role::supervisor)
                  .accepted);
  EXPECT_EQ(last().state, TransferState::returning);
  t.pass(20'000);
  still_waits();
  ends_when_it_would_have();
}

/// The destination rings, the agent is in after-call work, and the chain has not begun.
struct TakenBackWhileItRings : Fallback {
  void SetUp() override {
    Fallback::SetUp();
    on_break("agent2");
    released();
  }
  void phone_refuses(int code) {
    ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
    t.finish_ends();
    const LegId back = t.confirm<DialLeg>().leg;
    t.put(LegEnded{.leg = back, .cause = EndCause::refused, .code = code, .text = "No"});
  }
  void given_back_by_a_supervisor() {
    message::Request cancel;
    cancel.transfer_id = to_string(last().transfer_id);
    ASSERT_TRUE(t.request("agent4", RequestKind::cancel_transfer, std::move(cancel),
                          directory::Role::supervisor)
                    .accepted);
    t.finish_ends();
    ASSERT_EQ(last().state, TransferState::returning);
  }
  void goes_on_without_him() {
    EXPECT_EQ(last().state, TransferState::requeued) << t.way("agent1");
    EXPECT_EQ(last().reason, Reason::canceled);
    EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  }
};

TEST_F(TakenBackWhileItRings, WhosePhoneIsBusyIsNotRungAgain) {
  phone_refuses(486);
  goes_on_without_him();
}

TEST_F(TakenBackWhileItRings, WhoDeclinesOnHisPhoneIsNotRungAgain) {
  phone_refuses(603);
  goes_on_without_him();
}

TEST_F(TakenBackWhileItRings, WhoRejectsOnHisDesktopIsNotRungAgain) {
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  t.confirm<DialLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  goes_on_without_him();
}

TEST_F(TakenBackWhileItRings, WhoRejectsWhomASupervisorGivesHimIsNotRungAgain) {
  given_back_by_a_supervisor();
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  goes_on_without_him();
}

TEST_F(TakenBackWhileItRings, WhoLetsItRingWhenASupervisorGivesHimBackIsNotRungAgain) {
  given_back_by_a_supervisor();
  t.pass(20'000);
  goes_on_without_him();
}

TEST_F(TakenBackWhileItRings, WhoPicksUpHasTakenHimAlsoWhereTheCustomerDoesNotAnswerTheJoin) {
  given_back_by_a_supervisor();
  ASSERT_TRUE(t.request("agent1", RequestKind::answer).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.fail<BridgeLegs>(500, "Server Internal Error", call);
  EXPECT_EQ(last().state, TransferState::returning) << t.way("agent1");
  t.finish_ends();
  t.answer("agent1");
  EXPECT_EQ(last().state, TransferState::returned);
}

TEST_F(TakenBackWhileItRings, WhoPicksUpInVainTwiceIsNotRungForEver) {
  given_back_by_a_supervisor();
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(t.request("agent1", RequestKind::answer).accepted);
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    t.fail<BridgeLegs>(500, "Server Internal Error", call);
    t.finish_ends();
  }
  goes_on_without_him();
}

TEST_F(TakenBackWhileItRings, WhosePhoneDoesNotPickUpByItselfIsOfferedHim) {
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  t.confirm<DialLeg>();
  t.pass(10'000);
  t.finish_ends();
  EXPECT_EQ(last().state, TransferState::returning);
  t.answer("agent1");
  EXPECT_EQ(last().state, TransferState::returned);
}

/// The customer waits in the queue that he was transferred to, and nothing has failed so far.
struct TakenBackOutOfItsOwnQueue : Fallback {
  void SetUp() override {
    Fallback::SetUp();
    on_break("agent2");
    message::Request request = to_quick_connect(QuickConnectType::queue, "queue");
    request.options.queue_timeout_seconds = 100;
    ASSERT_TRUE(transfer(std::move(request)).accepted);
    t.confirm<ParkLeg>();
    t.finish_ends();
    ASSERT_EQ(last().state, TransferState::queued);
  }
};

TEST_F(TakenBackOutOfItsOwnQueue, InVainItsTimeRunsOutForAReason) {
  message::Request cancel;
  cancel.transfer_id = to_string(last().transfer_id);
  ASSERT_TRUE(t.request("agent4", RequestKind::cancel_transfer, std::move(cancel),
                        directory::Role::supervisor)
                  .accepted);
  t.pass(20'000);
  ASSERT_EQ(last().state, TransferState::requeued);
  t.pass(80'000);
  ASSERT_EQ(last().state, TransferState::returning);
  EXPECT_EQ(last().reason, Reason::timeout);
  t.answer("agent1");
  EXPECT_EQ(last().state, TransferState::returned);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::timeout);
}

/// What is credited to the one customer who waits.
TimeMs credit(const TestCenter& t) {
  const std::vector<WaitingCustomer> waiting = t.center.waiting({}, 9);
  EXPECT_EQ(waiting.size(), 1U);
  return waiting.empty() ? -1 : t.now - waiting.front().since;
}

/// A customer has waited for five seconds, and talks with agent1 for a minute.
struct Credited : ::testing::Test {
  static constexpr double kAFewInputs = 50;
  TestCenter t;
  ContactId call;
  LegId agent_leg;

  void SetUp() override {
    call = t.call_in();
    t.pass(5'000);
    t.sign_in("agent1");
    agent_leg = t.answer("agent1");
    t.pass(60'000);
  }
};

TEST_F(Credited, IsWhatHeWaitedAndNotWhatHeTalkedWhereHisAgentIsLost) {
  t.put(LegEnded{.leg = agent_leg, .cause = EndCause::unreachable, .code = 408, .text = {}});
  EXPECT_NEAR(static_cast<double>(credit(t)), 5'000, kAFewInputs);
}

TEST_F(Credited, IsWhatHeWaitedInEachQueueOfTheChain) {
  t.sign_in("agent2");
  ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  message::Request request = with_steps(to_quick_connect(QuickConnectType::queue, "queue"),
                                        {{.kind = FallbackKind::return_to_agent, .queue_arn = {}},
                                         {.kind = FallbackKind::original_queue, .queue_arn = {}}});
  request.options.queue_timeout_seconds = 30;
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, std::move(request)).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  EXPECT_LT(credit(t), 1'000) << "where he was sent he is one who comes now";
  t.pass(30'000);
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  t.pass(10'000);
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  EXPECT_NEAR(static_cast<double>(credit(t)), 35'000, kAFewInputs);
}

TEST(CreditedOfACallThatTheAgentMade, IsNothing) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.confirm<BridgeLegs>();
  t.pass(60'000);
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer,
                        with_steps(to_number("+12082097346"),
                                   {{.kind = FallbackKind::queue, .queue_arn = kOtherQueueArn}}))
                  .accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = {}});
  EXPECT_LT(credit(t), 1'000) << "he has talked for all of his call";
}

TEST_F(TakenBackOutOfItsOwnQueue, InVainAsItsTimeRunsOutHeIsNotRungAgainAtOnce) {
  t.pass(95'000);
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  t.confirm<DialLeg>();
  t.pass(6'000);
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  t.pass(10);
  EXPECT_EQ(last().state, TransferState::requeued) << t.way("agent1");
  EXPECT_EQ(last().queue_name, "First");
  EXPECT_EQ(last().reason, Reason::timeout);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

TEST_F(TakenBackOutOfItsOwnQueue, WhoWaitsInAQueueThatIsTakenAwayGoesOnInTheChain) {
  t.put(DirectoryChanged{testing::without_queue(kOtherQueueArn)});
  EXPECT_EQ(last().state, TransferState::returning);
  EXPECT_EQ(last().reason, Reason::queueClosed);
  EXPECT_TRUE(t.errors("agent1").empty()) << "the chain still runs";
  t.answer("agent1");
  EXPECT_EQ(last().state, TransferState::returned);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::queueClosed);
  EXPECT_EQ(t.errors("agent1").front().stage, "queued");
}

TEST_F(TakenBackOutOfItsOwnQueue, WhoIsOfferedOutOfAQueueThatIsTakenAwayIsTheAgentsToTake) {
  t.sign_in("agent3");
  ASSERT_EQ(t.state_of("agent3"), "PendingBusy");
  t.put(DirectoryChanged{testing::without_queue(kOtherQueueArn)});
  EXPECT_EQ(last().state, TransferState::alerting);
  ASSERT_TRUE(t.request("agent3", RequestKind::reject).accepted);
  EXPECT_EQ(last().state, TransferState::returning);
}

TEST_F(TakenBackInVain, WhoWaitsInAQueueOfTheChainThatIsTakenAwayGoesOn) {
  t.put(DirectoryChanged{testing::without_queue(testing::kQueueArn)});
  EXPECT_EQ(last().state, TransferState::failed) << "it was the last step";
  EXPECT_EQ(last().reason, Reason::busy) << "why it failed in the first place";
}

TEST_F(Fallback, AQueueThatIsTakenAwayDuringTheParkLeavesHimWithTheAgent) {
  on_break("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.put(DirectoryChanged{testing::without_queue(kOtherQueueArn)});
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.way("agent1"), "accepted/agent failed/agent");
  EXPECT_EQ(t.confirm<BridgeLegs>().b, agent_leg);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::queueClosed);
}

TEST_F(Fallback, AQueueThatIsTakenAwayDuringTheParkOfOneWhoHungUpBeginsTheChain) {
  on_break("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.put(DirectoryChanged{testing::without_queue(kOtherQueueArn)});
  t.put(LegEnded{.leg = agent_leg, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.way("agent1"), "accepted/agent accepted/server returning/server");
  EXPECT_EQ(last().reason, Reason::queueClosed);
}

TEST(QueueTakenAway, ACallerGoesToTheLastResortOrWaitsForItToComeBack) {
  for (const bool resort : {true, false}) {
    Policy policy;
    if (resort) policy.last_resort_queue = "Second";
    TestCenter t(testing::small_directory(), policy);
    t.call_in();
    t.put(DirectoryChanged{testing::without_queue(testing::kQueueArn)});
    EXPECT_FALSE(t.take<EndLeg>());
    const std::vector<WaitingCustomer> waiting = t.center.waiting({}, 9);
    ASSERT_EQ(waiting.size(), 1U);
    EXPECT_EQ(waiting.front().queue_arn, resort ? kOtherQueueArn : testing::kQueueArn);
    if (!resort) t.put(DirectoryChanged{testing::small_directory()});
    t.sign_in("agent1");
    EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
  }
}

TEST(QueueTakenAway, ACallerWhoIsBeingAnsweredForItGoesToTheLastResort) {
  for (const bool resort : {true, false}) {
    Policy policy;
    if (resort) policy.last_resort_queue = "Second";
    TestCenter t(testing::small_directory(), policy);
    LegIncoming incoming;
    incoming.leg = LegId{.high = 5, .low = 5};
    incoming.to_number = kInbound;
    t.put(incoming);
    t.put(DirectoryChanged{testing::without_queue(testing::kQueueArn)});
    t.confirm<AnswerLeg>();
    const auto end = t.take<EndLeg>();
    EXPECT_EQ(end.has_value(), !resort);
    if (end) {
      EXPECT_EQ(end->second.code, 480);
    }
    const std::vector<WaitingCustomer> waiting = t.center.waiting({}, 9);
    ASSERT_EQ(waiting.size(), resort ? 1U : 0U);
    if (resort) {
      EXPECT_EQ(waiting.front().queue_arn, kOtherQueueArn);
    }
  }
}

TEST(QueueTakenAway, WhoseAgentIsLostMeanwhileGoesToTheLastResort) {
  for (const bool resort : {true, false}) {
    Policy policy;
    if (resort) policy.last_resort_queue = "Second";
    TestCenter t(testing::small_directory(), policy);
    t.call_in();
    t.sign_in("agent1");
    const LegId phone = t.answer("agent1");
    t.put(DirectoryChanged{testing::without_queue(testing::kQueueArn)});
    t.put(LegEnded{.leg = phone, .cause = EndCause::unreachable, .code = 408, .text = {}});
    EXPECT_EQ(t.take<EndLeg>().has_value(), !resort);
    EXPECT_EQ(t.center.waiting({}, 9).size(), resort ? 1U : 0U);
  }
}

TEST(QueueTakenAway, WhoCameThereByATransferOfACallThatAnAgentMadeGoesToTheLastResort) {
  for (const bool resort : {true, false}) {
    Policy policy;
    if (resort) policy.last_resort_queue = "First";
    TestCenter t(testing::small_directory(), policy);
    t.sign_in("agent1");
    t.sign_in("agent2");
    ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    t.confirm<BridgeLegs>();
    ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer,
                          to_quick_connect(QuickConnectType::queue, "queue"))
                    .accepted);
    t.confirm<ParkLeg>();
    t.finish_ends();
    const LegId phone = t.answer("agent2");
    t.put(DirectoryChanged{testing::without_queue(kOtherQueueArn)});
    t.put(LegEnded{.leg = phone, .cause = EndCause::unreachable, .code = 408, .text = {}});
    EXPECT_EQ(t.take<EndLeg>().has_value(), !resort);
    EXPECT_EQ(t.center.waiting({}, 9).size(), resort ? 1U : 0U);
  }
}

TEST_F(TakenBackOutOfItsOwnQueue, InVainAndTheQueueIsNoMoreItFailsForAReason) {
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  const LegId back = t.confirm<DialLeg>().leg;
  t.put(DirectoryChanged{testing::without_queue(kOtherQueueArn)});
  refuses(back);
  EXPECT_EQ(last().reason, Reason::canceled);
}

TEST_F(TakenBackInVain, OutOfAQueueThatIsNoMoreTheChainGoesOn) {
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  const LegId back = t.confirm<DialLeg>().leg;
  t.put(DirectoryChanged{testing::without_queue(testing::kQueueArn)});
  refuses(back);
  EXPECT_EQ(last().state, TransferState::failed);
}

TEST_F(Fallback, WhoGaveTheCallAwayIsOfferedItByTheQueueWhereNobodyElseIsStaffed) {
  const LegId target = released(
      with_steps(to_number(kOutside), {{.kind = FallbackKind::original_queue, .queue_arn = {}}}));
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  refuses(target);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Fallback, TheOriginalQueueIsTheOneThatTheCustomerCalledAlsoAfterAnother) {
  on_break("agent2");
  ASSERT_TRUE(transfer(with_steps(to_quick_connect(QuickConnectType::queue, "queue"),
                                  {{.kind = FallbackKind::original_queue, .queue_arn = {}}}))
                  .accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  EXPECT_EQ(last().queue_name, "Second");
  t.pass(600'000);
  EXPECT_EQ(last().state, TransferState::requeued);
  EXPECT_EQ(last().queue_name, "First");
  EXPECT_EQ(last().reason, Reason::timeout);
}

TEST(FallbackOfACallThatTheAgentMade, HasNoOriginalQueueEvenAfterAQueue) {
  TestCenter t;
  t.sign_in("agent1");
  t.sign_in("agent2");
  ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.confirm<BridgeLegs>();
  ASSERT_EQ(t.last_call("agent1", "outbound").event, "connected");
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer,
                        with_steps(to_quick_connect(QuickConnectType::queue, "queue"),
                                   {{.kind = FallbackKind::original_queue, .queue_arn = {}},
                                    {.kind = FallbackKind::return_to_agent, .queue_arn = {}}}))
                  .accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_EQ(t.way("agent1"), "accepted/agent queued/queue");
  t.pass(600'000);
  EXPECT_EQ(t.way("agent1"), "accepted/agent queued/queue returning/server")
      << "the queue of the transfer is not where he came from";
}

TEST_F(Fallback, StepsBypassTheHoursAndTheLimitsOfQueues) {
  auto directory = testing::small_directory();
  directory.version = 2;
  directory.queues[1].max_waiting = 1;
  directory.inbound_numbers.push_back({.number = "+18005550101", .queue_arn = kOtherQueueArn});
  t.put(DirectoryChanged{directory});
  LegIncoming waiting;
  waiting.leg = LegId{.high = 5, .low = 5};
  waiting.to_number = "+18005550101";
  t.put(waiting);
  t.confirm<AnswerLeg>();
  t.put(QueueHours{.queue_arn = kOtherQueueArn, .open = false});
  EXPECT_EQ(transfer(to_quick_connect(QuickConnectType::queue, "queue")).error->reason,
            Reason::queueClosed);
  const LegId target = released(with_steps(
      to_number(kOutside), {{.kind = FallbackKind::queue, .queue_arn = kOtherQueueArn}}));
  refuses(target);
  EXPECT_EQ(last().state, TransferState::requeued);
  EXPECT_EQ(last().queue_name, "Second");
}

TEST_F(Fallback, TheErrorComesOnceAndNotWhileTheChainRuns) {
  on_break("agent2");
  const LegId target = released(
      with_steps(to_number(kOutside), {{.kind = FallbackKind::original_queue, .queue_arn = {}},
                                       {.kind = FallbackKind::queue, .queue_arn = kOtherQueueArn},
                                       {.kind = FallbackKind::return_to_agent, .queue_arn = {}}}));
  refuses(target);
  const TimeMs longest_wait = testing::small_directory().queues[0].max_wait_seconds * 1'000LL;
  t.pass(longest_wait);
  ASSERT_EQ(last().queue_name, "Second");
  t.pass(longest_wait);
  ASSERT_EQ(last().state, TransferState::returning);
  EXPECT_TRUE(t.errors("agent1").empty());
  t.answer("agent1");
  EXPECT_EQ(last().state, TransferState::returned);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::busy) << "why it failed in the first place";
  EXPECT_EQ(t.errors("agent1").front().stage, "alerting");
}

TEST(FallbackToTheLastResort, TakesWhoNobodyTookAfterTheList) {
  Policy policy;
  policy.last_resort_queue = "Second";
  TestCenter t(testing::small_directory(), policy);
  t.sign_in("agent1");
  t.call_in();
  t.answer("agent1");
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, with_steps(to_number(kOutside), {}))
                  .accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::requeued);
  EXPECT_EQ(t.transfer_states("agent1").back().queue_name, "Second");
}

TEST_F(Fallback, APhoneThatDiesDuringTheTransferReleasesTheAgentAndKeepsTheCustomer) {
  message::Request request = to_number(kOutside);
  request.options.release_on = message::ReleaseOn::answered;
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.put(
      LegEnded{.leg = agent_leg, .cause = EndCause::unreachable, .code = 408, .text = "No answer"});
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_EQ(last().custody, Custody::server);
  t.put(LegAnswered{target});
  t.confirm<ParkLeg>();
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last().state, TransferState::connected);
}

TEST_F(Fallback, ACallThatTheServerEndsWhenItStopsWasNotHungUp) {
  const LegId target = released();
  t.put(LegEnded{.leg = call, .cause = EndCause::local, .code = 0, .text = {}});
  EXPECT_EQ(last().state, TransferState::failed);
  EXPECT_EQ(last().custody, Custody::gone);
  EXPECT_EQ(last().reason, Reason::backendUnavailable);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::backendUnavailable);
  EXPECT_EQ(t.center.counters().abandoned, 0U);
  EXPECT_EQ(t.take<EndLeg>()->second.leg, target);
}

TEST_F(Fallback, WhicheverLegTheStoppingServerEndsFirstNobodyIsCalledBack) {
  const LegId target = released();
  t.put(LegEnded{.leg = target, .cause = EndCause::local, .code = 487, .text = {}});
  EXPECT_EQ(last().state, TransferState::failed);
  EXPECT_EQ(last().reason, Reason::backendUnavailable);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_FALSE(t.take<DialLeg>().has_value());
  EXPECT_EQ(t.take<EndLeg>()->second.leg, call);
}

// Who was first: the order of the journal decides (docs/message-api.md, "In order").

TEST_F(Fallback, ACancelAfterTheAnswerIsTooLate) {
  const LegId target = released();
  t.put(LegAnswered{target});
  const Reply late = t.request("agent1", RequestKind::cancel_transfer);
  EXPECT_FALSE(late.accepted);
  EXPECT_EQ(late.error->error_type, "CANCEL_TRANSFER_FAILED");
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last().state, TransferState::connected);
}

TEST_F(Fallback, AnAnswerAfterTheCancelConnectsNobody) {
  const LegId target = released();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.take<EndLeg>()->second.leg, target);
  t.put(LegAnswered{target});
  EXPECT_FALSE(t.take<BridgeLegs>().has_value());
  const LegId back = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{back});
  EXPECT_EQ(t.confirm<BridgeLegs>().b, back);
  EXPECT_EQ(last().state, TransferState::canceled);
}

TEST_F(Fallback, AnAnswerAfterTheTimeOutConnectsNobody) {
  const LegId target = released();
  t.pass(20'000);
  ASSERT_EQ(last().state, TransferState::returning);
  t.put(LegAnswered{target});
  EXPECT_FALSE(t.take<BridgeLegs>().has_value());
  EXPECT_EQ(last().state, TransferState::returning);
}

TEST_F(Fallback, TheTimeOutAfterTheAnswerIsNone) {
  const LegId target = released();
  t.pass(19'000);
  t.put(LegAnswered{target});
  t.pass(5'000);
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last().state, TransferState::connected);
}

TEST_F(Fallback, AnAnswerAfterTheCustomersHangUpConnectsNobody) {
  const LegId target = released();
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.take<EndLeg>()->second.leg, target);
  t.put(LegAnswered{target});
  EXPECT_FALSE(t.take<BridgeLegs>().has_value());
  EXPECT_EQ(last().state, TransferState::abandoned);
}

}  // namespace
}  // namespace baton::core
