// Faults that the simulation found (docs/simulation.md), each by the shortest schedule that shows
// it.

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

/// A customer is talking with agent1.
struct Race : testing::Talking {
  /// A transfer to a number that answered: the join is out.
  LegId joining() {
    EXPECT_TRUE(transfer(to_number(kOutside)).accepted);
    const LegId target = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{target});
    t.confirm<ParkLeg>();
    t.finish_ends();
    return target;
  }
  /// agent2 takes the customer out of a queue, and the join with him runs out of time.
  void taken_in_vain() {
    t.sign_in("agent2");
    t.sign_in("agent3");
    ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
    t.confirm<ParkLeg>();
    t.finish_ends();
    ASSERT_TRUE(t.request("agent2", RequestKind::answer).accepted);
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    t.pass(10'000);
  }
  void put_on_hold() {
    ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
    t.confirm<ParkLeg>();
    t.confirm<ParkLeg>();
    ASSERT_EQ(t.last_call("agent1", "agent").leg.status, "hold");
  }
  TransferState last_state() { return t.transfer_states("agent1").back().state; }
};

TEST_F(Race, AJoinThatFailsAfterItsLegEndedDoesNotMoveTheFallbackOn) {
  const LegId target = joining();
  t.put(LegEnded{.leg = target, .cause = EndCause::remote, .code = 0, .text = {}});
  ASSERT_EQ(last_state(), TransferState::returning);
  t.fail<BridgeLegs>(481, "gone", target);
  EXPECT_EQ(last_state(), TransferState::returning);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, AJoinThatIsDoneAfterItsLegEndedConnectsNobody) {
  const LegId target = joining();
  t.put(LegEnded{.leg = target, .cause = EndCause::remote, .code = 0, .text = {}});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last_state(), TransferState::returning);
}

TEST_F(Race, ACustomerWhoIsGoneWhenHeIsParkedIsOfferedToNobody) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  const LegId customer = t.fail<ParkLeg>(481).leg;
  EXPECT_EQ(t.state_of("agent2"), "Available");
  t.put(LegEnded{.leg = customer, .cause = EndCause::unreachable, .code = 481, .text = {}});
  EXPECT_EQ(last_state(), TransferState::abandoned);
  EXPECT_EQ(t.state_of("agent2"), "Available");
}

TEST_F(Race, AParkOfACanceledReleaseDoesNotReleaseForTheNext) {
  const auto queue = to_quick_connect(QuickConnectType::queue, "queue");
  ASSERT_TRUE(transfer(queue).accepted);
  const auto first = t.take<ParkLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  ASSERT_TRUE(transfer(queue).accepted);
  const auto second = t.take<ParkLeg>();
  t.put(
      CommandResult{.command = first->first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
  EXPECT_EQ(last_state(), TransferState::accepted);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  t.put(
      CommandResult{.command = second->first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
  EXPECT_EQ(last_state(), TransferState::queued);
}

TEST_F(Race, AParkThatTellsOfTheCustomersEndGoesOnByItsDeadlineWhereNoEndComes) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.fail<ParkLeg>(408);
  t.pass(2'000);
  EXPECT_EQ(last_state(), TransferState::queued);
  t.pass(39'000);
  EXPECT_EQ(t.state_of("agent2"), "Available");
  t.pass(2'000);
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
}

TEST_F(Race, ACustomerWhoDoesNotAnswerHisParkIsOfferedOnceHeDoes) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  const auto park = t.take<ParkLeg>();
  t.pass(5'000);
  EXPECT_EQ(last_state(), TransferState::queued);
  EXPECT_EQ(t.state_of("agent2"), "Available") << "he may be dead";
  t.put(CommandResult{.command = park->first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
}

TEST_F(Race, TheSwitchsOwn504IsNoAnswerOfTheCustomers) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  const auto park = t.take<ParkLeg>();
  t.pass(5'000);
  t.put(CommandResult{
      .command = park->first, .ok = false, .code = 504, .text = {}, .failed_leg = {}});
  EXPECT_EQ(t.state_of("agent2"), "Available") << "that was the switch's word, not his";
  t.put(CommandResult{
      .command = park->first, .ok = false, .code = 488, .text = {}, .failed_leg = {}});
  EXPECT_EQ(t.state_of("agent2"), "Available") << "the command was over";
  t.pass(38'000);
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
}

TEST_F(Race, ACustomerWhoDiesInAJoinIsNotHandedOn) {
  taken_in_vain();
  EXPECT_EQ(last_state(), TransferState::queued);
  EXPECT_EQ(t.state_of("agent3"), "Available");
  const LegId customer = t.fail<ParkLeg>(481).leg;
  EXPECT_EQ(t.state_of("agent3"), "Available");
  t.put(LegEnded{.leg = customer, .cause = EndCause::unreachable, .code = 408, .text = {}});
  EXPECT_EQ(last_state(), TransferState::abandoned);
  EXPECT_EQ(t.state_of("agent3"), "Available");
}

TEST_F(Race, ACustomerWhoAnswersAfterAJoinThatDidNotIsHandedOnAtOnce) {
  taken_in_vain();
  ASSERT_EQ(t.state_of("agent3"), "Available");
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.state_of("agent3"), "PendingBusy") << "it was the agent's phone that was silent";
}

TEST_F(Race, TheAgentIsNotRungBackWhileTheCustomerDoesNotAnswer) {
  joining();
  t.pass(10'000);
  EXPECT_EQ(last_state(), TransferState::returning);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  t.confirm<ParkLeg>();
  EXPECT_EQ(last_state(), TransferState::returning);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, AnAgentWhoTakesBackACustomerWhoDoesNotAnswerIsRungAtOnce) {
  joining();
  t.pass(10'000);
  ASSERT_EQ(last_state(), TransferState::returning);
  ASSERT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, ADialThatFailsAfterItWasGivenUpDoesNotMoveTheFallbackOn) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.put(LegEnded{.leg = agent_leg, .cause = EndCause::remote, .code = 0, .text = {}});
  t.confirm<ParkLeg>();
  t.pass(20'000);
  ASSERT_EQ(last_state(), TransferState::returning);
  t.fail<DialLeg>(480);
  EXPECT_EQ(last_state(), TransferState::returning);
}

TEST_F(Race, ClearContactWhileTheCallReturnsIsRefused) {
  const LegId target = joining();
  t.put(LegEnded{.leg = target, .cause = EndCause::remote, .code = 0, .text = {}});
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  const Reply reply = t.request("agent1", RequestKind::clear_contact);
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, AHoldOnThePhoneIsToldToTheAgentWhoHasTheCallNotToTheOneWhoIsOfferedIt) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::agent, "agent2")).accepted);
  ASSERT_EQ(t.state_of("agent2"), "PendingBusy");
  t.put(LegHeld{.leg = agent_leg, .held = true});
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "hold");
  EXPECT_EQ(t.last_call("agent2", "agent").leg.status, "connecting");
}

TEST_F(Race, AMuteThatWasDoneThoughItFailedIsTold) {
  const auto told = [this] { return std::get<message::SetAgentState>(t.events.back().body).agent; };
  for (const bool muted : {true, false}) {
    ASSERT_TRUE(t.request("agent1", muted ? RequestKind::mute : RequestKind::unmute).accepted);
    t.fail<MuteLeg>(504, "The parties took too long.");
    ASSERT_TRUE(std::holds_alternative<message::ApiError>(t.events.back().body));
    t.put(LegMuted{.leg = agent_leg, .muted = muted});
    EXPECT_EQ(told().info->muted, muted);
    EXPECT_EQ(told().buttons->mute, !muted);
    EXPECT_EQ(told().buttons->unmute, muted);
  }
  // He knows, and another's leg is not his.
  const std::size_t events = t.events.size();
  t.put(LegMuted{.leg = agent_leg, .muted = false});
  t.put(LegMuted{.leg = call, .muted = true});
  EXPECT_EQ(t.events.size(), events);
}

TEST_F(Race, AJoinUnderWayDoesNotKeepTheQueueFromOfferingTheCall) {
  t.sign_in("agent2");
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
}

TEST_F(Race, TakingBackTwiceIsTakingBackOnce) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  const LegId leg = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last_state(), TransferState::canceled);
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Race, TheAgentWhoGaveTheCallAwayIsOfferedItWhenTheOthersLeave) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  ASSERT_TRUE(t.request("agent2", RequestKind::reject).accepted);
  ASSERT_EQ(t.state_of("agent1"), "Available");
  ASSERT_TRUE(t.request("agent2", RequestKind::logout).accepted);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, AnAgentWhoWasRemovedMayNeitherCallOutNorTransferByHisPhone) {
  t.sign_in("agent2");
  auto directory = testing::small_directory();
  directory.version = 2;
  directory.agents.erase(directory.agents.begin(), directory.agents.begin() + 2);
  t.put(DirectoryChanged{directory});
  LegIncoming out;
  out.leg = LegId{.high = 1, .low = 2};
  out.from_agent = "agent2";
  out.to_number = kOutside;
  t.put(out);
  EXPECT_EQ(t.confirm<EndLeg>().leg, out.leg);
  t.put(LegRefer{.leg = agent_leg,
                 .refer = 1,
                 .target_user = kOutside,
                 .target_host = "127.0.0.1",
                 .replaces = false});
  EXPECT_EQ(t.confirm<AnswerRefer>().code, 603);
}

TEST_F(Race, TheSameTransferOfTheNextCustomerIsNoDoubleClickOfTheLastOne) {
  t.sign_in("agent2");
  ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  const auto queue = to_quick_connect(QuickConnectType::queue, "queue");
  const Reply first = transfer(queue);
  ASSERT_TRUE(first.accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  const ContactId next = t.call_in(2);
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  EXPECT_EQ(transfer(queue).transfer_id, first.transfer_id)
      << "who is only offered another call has no other one to transfer";
  t.answer("agent1");

  const Reply second = transfer(queue);
  EXPECT_TRUE(second.accepted);
  EXPECT_NE(second.transfer_id, first.transfer_id);
  EXPECT_FALSE(second.current);
  EXPECT_EQ(t.confirm<ParkLeg>().leg, next);
  EXPECT_EQ(transfer(queue).transfer_id, second.transfer_id) << "that is the double click";
}

TEST_F(Race, ADoubleClickAfterTheReleaseIsNotTakenForTheTransferOfTheCustomerBefore) {
  t.sign_in("agent2");
  ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  t.call_in(2);
  t.answer("agent1");
  const Reply first = transfer(to_number(kOutside));
  ASSERT_TRUE(first.accepted);
  t.put(LegRinging{t.confirm<DialLeg>().leg});
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_EQ(t.state_of("agent1"), "AfterCallWork");
  const Reply second = transfer(to_number(kOutside));
  EXPECT_TRUE(second.accepted);
  EXPECT_EQ(second.transfer_id, first.transfer_id);
}

TEST_F(Race, ACustomerIsTakenBackAfterAnAnswerThatLedToNothing) {
  taken_in_vain();
  ASSERT_EQ(last_state(), TransferState::queued);
  EXPECT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, ACustomerIsTakenBackFromTheOfferAfterAnAgentWhoHungUpInTheJoin) {
  t.sign_in("agent2");
  t.sign_in("agent3");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_TRUE(t.request("agent2", RequestKind::answer).accepted);
  const LegId leg = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{leg});
  EXPECT_FALSE(t.request("agent1", RequestKind::cancel_transfer).accepted) << "he is joined";
  t.put(LegEnded{.leg = leg, .cause = EndCause::remote, .code = 0, .text = {}});
  ASSERT_EQ(last_state(), TransferState::alerting);
  ASSERT_EQ(t.state_of("agent3"), "PendingBusy");
  EXPECT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.state_of("agent3"), "Available");
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

TEST_F(Race, AResumeThatIsDoneAfterTheTransferBeganIsWhatItsFailureRestores) {
  put_on_hold();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.confirm<BridgeLegs>();
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  ASSERT_TRUE(t.take<ParkLeg>());
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = {}});
  EXPECT_EQ(last_state(), TransferState::failed);
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
  EXPECT_FALSE(t.take<ParkLeg>());
  EXPECT_EQ(t.confirm<BridgeLegs>().b, agent_leg);
}

TEST_F(Race, AResumeUnderWayOutlivesATransferThatFailsBeforeTheDestinationRings) {
  put_on_hold();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = {}});
  ASSERT_EQ(last_state(), TransferState::failed);
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
}

TEST_F(Race, AHoldThatIsDoneAfterTheTransferBeganIsWhatItsEndRestores) {
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  t.put(LegRinging{t.confirm<DialLeg>().leg});
  ASSERT_TRUE(t.take<ParkLeg>());
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(last_state(), TransferState::canceled);
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "hold");
  EXPECT_FALSE(t.take<BridgeLegs>());
  const auto park = t.take<ParkLeg>();
  ASSERT_TRUE(park);
  EXPECT_EQ(park->second.sound, Sound::hold);
}

TEST_F(Race, AHoldThatIsDoneOnceTheAgentIsJoinedAgainIsOverWithTheJoin) {
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.put(LegRinging{t.confirm<DialLeg>().leg});
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  for (int parks = 0; parks < 3; ++parks) t.confirm<ParkLeg>();
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "hold");
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected") << "they talk";
}

TEST_F(Race, AnAgentWhoCannotBeJoinedAgainSeesThatTheCallIsHeld) {
  for (const int code : {488, 504}) {
    ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
    t.put(LegRinging{t.confirm<DialLeg>().leg});
    ASSERT_TRUE(t.take<ParkLeg>());
    ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
    EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
    t.fail<BridgeLegs>(code, "No");
    EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "hold");
    ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
    t.confirm<BridgeLegs>();
    EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
  }
}

TEST_F(Race, AResumeThatTakesTooLongIsToldAndHeldAgain) {
  put_on_hold();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  ASSERT_TRUE(t.take<BridgeLegs>());
  t.pass(10'000);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().error_type, "RESUME_CALL_FAILED");
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "hold");
  // The join may be made after all: the desktop must not say "hold" of two who talk.
  EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::hold);
  EXPECT_EQ(t.confirm<ParkLeg>().leg, agent_leg);
  ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
}

TEST_F(Race, AJoinBackThatFailsSinceTheCustomerIsGoneTellsOfHisEndOnly) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.put(LegRinging{t.confirm<DialLeg>().leg});
  const auto park = t.take<ParkLeg>();
  ASSERT_TRUE(park);
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  t.fail<BridgeLegs>(481, "gone", park->second.leg);
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
  t.put(LegEnded{.leg = park->second.leg, .cause = EndCause::unreachable, .code = 481, .text = {}});
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

}  // namespace
}  // namespace baton::core
