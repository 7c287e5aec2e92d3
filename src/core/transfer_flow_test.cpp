#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using testing::kOutside;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

using testing::Talking;

TEST_F(Talking, ANumberThatAlertsReleasesTheAgentAndConnects) {
  const Reply reply = transfer(to_number(kOutside));
  ASSERT_TRUE(reply.accepted);
  ASSERT_TRUE(reply.transfer_id.has_value());
  const LegId target = t.confirm<DialLeg>().leg;
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  t.put(LegRinging{target});
  EXPECT_EQ(t.state_of("agent1"), "Busy") << "parked first, released after";
  EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::ringback);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "disconnected");
  EXPECT_EQ(t.last_call("agent1", "agent").leg.buttons,
            message::CallButtons{message::CallButton::clear_contact});
  EXPECT_EQ(t.finish_ends(), 1);
  t.put(LegAnswered{target});
  const BridgeLegs bridge = t.confirm<BridgeLegs>();
  EXPECT_EQ(bridge.a, call);
  EXPECT_EQ(bridge.b, target);
  EXPECT_EQ(t.way("agent1"),
            "accepted/agent dialing/agent alerting/agent alerting/server connected/destination");
  EXPECT_TRUE(t.errors("agent1").empty());
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.finish_ends(), 1);
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::completed);
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
  EXPECT_EQ(t.center.counters().legs_open, 0U);
  EXPECT_EQ(t.center.counters().commands_open, 0U);
}

// Else the customer's media would go on to the agent's phone.
TEST_F(Talking, TheLegOfWhoLogsOutDuringTheTransferEndsOnceTheCustomerIsParked) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  ASSERT_TRUE(t.request("agent1", RequestKind::logout).accepted);
  EXPECT_EQ(t.state_of("agent1"), "LoggedOut");
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent dialing/server");
  t.pass(1'000);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.confirm<EndLeg>().leg, agent_leg);
  t.put(LegEnded{.leg = agent_leg, .cause = EndCause::local, .code = 0, .text = {}});
  t.put(LegAnswered{target});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::connected);
  t.pass(5'000);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
}

TEST_F(Talking, TheLegOfWhoLoggedOutEndsAfterTwoSecondsWithoutAHold) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.confirm<DialLeg>();
  // Who has waited a while already waits for no more than the rest.
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  t.pass(1'000);
  ASSERT_TRUE(t.request("agent1", RequestKind::logout).accepted);
  t.pass(900);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
  t.pass(200);
  EXPECT_EQ(t.confirm<EndLeg>().leg, agent_leg);
}

TEST_F(Talking, TheLegOfWhoLoggedOutEndsWithTheCustomers) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.confirm<DialLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::logout).accepted);
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.finish_ends(), 2);
  EXPECT_EQ(t.center.counters().legs_open, 0U);
  t.pass(5'000);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
}

TEST_F(Talking, ABusyNumberLeavesTheCustomerWithTheAgent) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent failed/agent");
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  const message::ApiError error = t.errors("agent1").front();
  EXPECT_EQ(error.error_type, "BLIND_TRANSFER_FAILED");
  EXPECT_EQ(error.reason, Reason::busy);
  EXPECT_EQ(error.customer_location, "agent");
  EXPECT_EQ(error.stage, "dialing");
  EXPECT_EQ(error.msg, "Busy Here");
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  EXPECT_TRUE(t.last_call("agent1", "inbound").leg.buttons.has(message::CallButton::transfer));
  EXPECT_FALSE(t.take<ParkLeg>().has_value());
}

TEST_F(Talking, NobodyAnswersAndTheCustomerReturns) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.pass(20'000);
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::returning);
  EXPECT_TRUE(t.errors("agent1").empty()) << "never while the chain still runs";
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
  t.finish_ends();
  t.answer("agent1");
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::returned);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, message::Custody::agent);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::noAnswer);
  EXPECT_EQ(t.errors("agent1").front().customer_location, "agent");
  EXPECT_EQ(t.errors("agent1").front().agent_state, "Busy");
}

TEST_F(Talking, ATrunkOfWhichNothingComesIsToldAsTheCarriersFault) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.confirm<DialLeg>();
  t.pass(20'000);
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent failed/agent");
  const message::ApiError error = t.errors("agent1").front();
  EXPECT_EQ(error.reason, Reason::carrierUnavailable);
  EXPECT_EQ(error.backend->code, 408);
  EXPECT_TRUE(error.retryable);
}

TEST_F(Talking, ATrunkThatSaysNoMoreThanA100IsThere) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.put(LegHeard{t.confirm<DialLeg>().leg});
  t.pass(20'000);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::noAnswer);
  EXPECT_EQ(t.errors("agent1").front().msg, "No answer");
}

TEST_F(Talking, ATransactionThatTimesOutBeforeTheRingingIsToldTheSameWay) {
  for (const bool heard : {false, true}) {
    t.events.clear();
    message::Request request = to_number(kOutside);
    request.options.ring_timeout_seconds = 120;
    ASSERT_TRUE(transfer(std::move(request)).accepted);
    const LegId target = t.confirm<DialLeg>().leg;
    if (heard) t.put(LegHeard{target});
    t.pass(32'000);
    t.put(LegEnded{
        .leg = target, .cause = EndCause::unreachable, .code = 408, .text = "Request Timeout"});
    EXPECT_EQ(t.errors("agent1").front().reason,
              heard ? Reason::noAnswer : Reason::carrierUnavailable);
  }
}

TEST_F(Talking, ARefusedReturnGoesToTheOriginalQueueWithItsTimeCredited) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 603, .text = "Decline"});
  ASSERT_EQ(t.state_of("agent1"), "PendingBusy");
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork") << "his refusal restores his state";
  const auto last = t.transfer_states("agent1").back();
  EXPECT_EQ(last.state, message::TransferState::requeued);
  EXPECT_EQ(last.custody, message::Custody::queue);
  EXPECT_EQ(last.position, 1);
  t.sign_in("agent2");
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
  t.answer("agent2");
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::connected);
  EXPECT_EQ(t.transfer_states("agent1").back().connected_to, "agent2");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Talking, AQueueTakesTheCallAndTheNextAgentAnswers) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::queue);
  EXPECT_EQ(t.finish_ends(), 1);
  EXPECT_EQ(t.way("agent1"), "accepted/agent queued/queue alerting/server");
  t.answer("agent2");
  EXPECT_EQ(t.way("agent1"), "accepted/agent queued/queue alerting/server connected/destination");
  EXPECT_EQ(t.last_call("agent2", "agent").event, "connected");
  EXPECT_EQ(t.last_call("agent2", "agent").call_variables->at("TransferredBy"), "agent1");
}

TEST_F(Talking, AnAgentWhoDoesNotTakeAQueuedCallMissesItAndTheNextIsOffered) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_EQ(t.state_of("agent2"), "PendingBusy");
  t.sign_in("agent3");
  t.pass(20'000);
  EXPECT_EQ(t.state_of("agent2"), "MissedCallAgent");
  EXPECT_EQ(t.last_call("agent2", "agent").event, "missed");
  EXPECT_EQ(t.state_of("agent3"), "PendingBusy");
  t.answer("agent3");
  EXPECT_EQ(t.transfer_states("agent1").back().connected_to, "agent3");
}

TEST_F(Talking, ANamedAgentTakesTheCall) {
  t.sign_in("agent2");
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::agent, "agent2")).accepted);
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent alerting/agent");
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.answer("agent2");
  EXPECT_EQ(t.way("agent1"),
            "accepted/agent dialing/agent alerting/agent alerting/server connected/destination");
}

TEST_F(Talking, AnAgentWhoIsNotAvailableIsRefusedBeforeTheCustomerIsTouched) {
  const Reply reply = transfer(to_quick_connect(QuickConnectType::agent, "agent2"));
  EXPECT_FALSE(reply.accepted);
  EXPECT_EQ(reply.error->reason, Reason::agentUnavailable);
  EXPECT_FALSE(reply.transfer_id.has_value());
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Talking, ADoubleClickTransfersOnceAndGetsTheRunningOne) {
  const Reply first = transfer(to_number(kOutside));
  const std::size_t before = t.events.size();
  const Reply second = transfer(to_number(kOutside));
  EXPECT_TRUE(second.accepted);
  EXPECT_EQ(second.transfer_id, first.transfer_id);
  ASSERT_TRUE(second.current.has_value());
  EXPECT_EQ(t.events.size(), before);
  const Reply other = transfer(to_number("+12082097346"));
  EXPECT_FALSE(other.accepted);
  EXPECT_EQ(other.error->reason, Reason::transferInProgress);
  EXPECT_EQ(other.error->running_transfer_id, first.transfer_id);
}

TEST_F(Talking, TheSameIdGetsTheSameAnswerAndAnotherContentIsRefused) {
  message::Request request = to_number(kOutside);
  request.id = "r1";
  const Reply first = transfer(request);
  ASSERT_TRUE(first.accepted);
  const Reply again = transfer(request);
  EXPECT_TRUE(again.accepted);
  EXPECT_EQ(again.transfer_id, first.transfer_id);
  message::Request other = to_number("+12082097346");
  other.id = "r1";
  EXPECT_EQ(transfer(other).error->reason, Reason::idempotencyConflict);
}

TEST_F(Talking, TheCustomerHangsUpWhileItRings) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.finish_ends(), 1) << "the ringing leg is told to end";
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::abandoned);
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

TEST_F(Talking, TheAgentTakesTheCustomerBack) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.finish_ends(), 1);
  const DialLeg dial = t.confirm<DialLeg>();
  EXPECT_TRUE(std::get<AgentPhone>(dial.target).auto_answer);
  t.put(LegAnswered{dial.leg});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::canceled);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, message::Custody::agent);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Talking, CancelBeforeReleaseKeepsTheCall) {
  message::Request request = to_number(kOutside);
  request.options.release_on = message::ReleaseOn::answered;
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  EXPECT_FALSE(t.take<ParkLeg>().has_value());
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.finish_ends(), 1);
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent alerting/agent canceled/agent");
  EXPECT_EQ(t.state_of("agent1"), "Busy");
}

TEST_F(Talking, TheAgentsHangUpIsAReleaseAndNotTheEndOfTheCustomer) {
  message::Request request = to_number(kOutside);
  request.options.release_on = message::ReleaseOn::answered;
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = agent_leg, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_EQ(t.transfer_states("agent1").back().custody, message::Custody::server);
  t.put(LegAnswered{target});
  t.confirm<ParkLeg>();
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::connected);
}

TEST_F(Talking, AFailedHoldNeverDropsTheCustomer) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.fail<ParkLeg>(488);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  t.put(LegAnswered{target});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::connected);
}

TEST_F(Talking, ASilentHoldIsNotWaitedForLongerThanTwoSeconds) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.pass(1'900);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  t.pass(200);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

TEST_F(Talking, AJoinThatFailsGoesOnWithTheChain) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.put(LegAnswered{target});
  t.fail<BridgeLegs>(488, "Not Acceptable Here", call);
  EXPECT_EQ(t.finish_ends(), 1) << "the destination's leg";
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::returning);
  EXPECT_EQ(t.transfer_states("agent1").back().reason, Reason::mediaNotAcceptable);
}

TEST_F(Talking, DisconnectAsked) {
  message::Request request = to_number(kOutside);
  request.options.on_failure =
      std::vector<message::FallbackStep>{{message::FallbackKind::disconnect, ""}};
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::failed);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, message::Custody::gone);
  EXPECT_EQ(t.errors("agent1").size(), 1U);
  t.finish_ends();
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

TEST_F(Talking, ADialThatNeverWentOutFailsTheTransferAndLeavesNoLeg) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  t.fail<DialLeg>(503, "No trunk carries this number");
  EXPECT_EQ(t.way("agent1"), "accepted/agent failed/agent");
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::carrierUnavailable);
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(t.finish_ends(), 1);
  EXPECT_EQ(t.center.counters().legs_open, 0U);
}

TEST_F(Talking, HeldCallsCanBeTransferred) {
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  EXPECT_EQ(t.last_call("agent1", "inbound").event, "hold");
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
}

TEST_F(Talking, ARecordedJournalGivesTheSameStateAndOutputs) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.pass(25'000);
  ContactCenter fresh;
  Outputs outputs;
  for (const Input& input : t.journal) fresh.apply(input, outputs);
  EXPECT_EQ(fresh.dump(), t.center.dump());
  ASSERT_EQ(outputs.size(), t.all.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    ASSERT_EQ(outputs[i].index(), t.all[i].index()) << i;
    if (const auto* event = std::get_if<Publish>(&outputs[i])) {
      EXPECT_EQ(message::print(event->event, "e"),
                message::print(std::get<Publish>(t.all[i]).event, "e"));
    }
  }
}

}  // namespace
}  // namespace baton::core
