// A session at Amazon Connect, mirrored: a virtual clock, and a session that reports what a test
// says. The session is a double because the core has none of its own; the real library is in
// tests/browser.

#include "core/mirror.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "core/test_mirror.hpp"

namespace baton::core {
namespace {

using message::BridgeAction;
using message::Custody;
using message::QuickConnectType;
using message::Reason;
using message::ReleaseOn;
using message::RequestKind;
using message::TransferState;
using testing::kOutside;
using testing::Mirrored;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

TEST_F(Mirrored, ANumberIsHandedOverWhenItsConnectionIsConnected) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  const BridgeCommand add = take(BridgeAction::addConnection);
  ASSERT_TRUE(add.order.endpoint.has_value());
  EXPECT_EQ(add.order.endpoint->type, "phone_number");
  EXPECT_EQ(add.order.endpoint->number, kOutside);
  EXPECT_EQ(add.order.contact_id, session.contact.id);
  done();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  session.third_party("connecting");
  report();
  EXPECT_TRUE(t.commands.empty()) << "a number is waited for until it is connected";
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  done();
  EXPECT_EQ(t.state_of("agent1"), "Busy") << "a callback is not a proof";
  EXPECT_EQ(t.center.counters().transfers_open, 1U);
  session.end();
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent handedOver/back end");
  const message::TransferStateChange last = t.transfer_states("agent1").back();
  ASSERT_TRUE(last.backend.has_value()) << "with the last snapshot as evidence";
  EXPECT_EQ(last.backend->text,
            "contact connected; customer hold; agent connected; third party connected");
  expect_handed_over_to_the_end();
}

TEST_F(Mirrored, AQueueIsHandedOverAsSoonAsItsConnectionIsThere) {
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  const BridgeCommand add = take(BridgeAction::addConnection);
  EXPECT_EQ(add.order.endpoint->type, "queue");
  EXPECT_EQ(add.order.endpoint->arn, testing::quick_connect_arn("queue"));
  session.third_party("connecting");
  report();  // Before the callback: both orders happen.
  take(BridgeAction::leaveContact);
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, AnAgentIsReachedWhateverHisStateIsHere) {
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::agent, "agent2")).accepted);
  EXPECT_EQ(take(BridgeAction::addConnection).order.endpoint->type, "agent");
  session.third_party("connecting");
  report();
  take(BridgeAction::leaveContact);
}

TEST_F(Mirrored, ANumberMayBeLeftBeforeItAnswersWhereThatIsAskedFor) {
  message::Request request = to_number(kOutside);
  request.options.release_on = ReleaseOn::accepted;
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connecting");
  report();
  take(BridgeAction::leaveContact);
}

// ---------------------------------------------------------------------------------------------------------------------
// What the session lists as destinations

TEST_F(Mirrored, WhatTheSessionDoesNotListIsRefusedBeforeAnythingIsTouched) {
  list({testing::quick_connect_arn("queue")});
  const Reply refused = transfer(to_quick_connect(QuickConnectType::agent, "agent2"));
  EXPECT_FALSE(refused.accepted);
  ASSERT_TRUE(refused.error.has_value());
  EXPECT_EQ(refused.error->reason, Reason::destinationNotPermitted);
  EXPECT_THAT(refused.error->msg, ::testing::HasSubstr("does not list"));
  take(BridgeAction::endpoints);
  EXPECT_TRUE(t.commands.empty()) << "nothing but the list is asked for";
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  take(BridgeAction::addConnection);
}

TEST_F(Mirrored, ANumberThatIsTypedIsInNoList) {
  list({});
  EXPECT_TRUE(transfer(to_number(kOutside)).accepted);
}

TEST_F(Mirrored, WithoutAListNothingIsCheckedByIt) {
  EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
}

TEST_F(Mirrored, ASessionThatDoesNotTellAnyMoreIsNotCheckedBy) {
  list({});
  list({}, 0, true, false);
  EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
}

TEST_F(Mirrored, AListCountsWhenItsLastPartIsThere) {
  list({});
  list({"arn:1"}, 0, false);
  list({testing::quick_connect_arn("queue")}, 2);  // Part 1 was lost.
  EXPECT_FALSE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  list({testing::quick_connect_arn("queue")}, 1);
  EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
}

TEST_F(Mirrored, AListOfSoManyIsKeptAndALongerOneIsNone) {
  const auto tell = [this](std::size_t count) {
    constexpr std::size_t kPart = message::kMaxBridgeEndpointsOfPart;
    for (std::size_t from = 0; from < count; from += kPart) {
      std::vector<std::string> arns;
      for (std::size_t i = from; i < std::min(count, from + kPart); ++i)
        arns.push_back("arn:" + std::to_string(i));
      list(std::move(arns), from / kPart, from + kPart >= count);
    }
  };
  tell(message::kMaxBridgeEndpoints);
  EXPECT_FALSE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  tell(message::kMaxBridgeEndpoints + 1);
  EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
}

TEST_F(Mirrored, AListIsKeptAndItsDigestGoesWithTheNextLease) {
  EXPECT_EQ(lease_endpoints, "");
  list({});
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  hello(2, "tab-2");
  EXPECT_EQ(lease_endpoints, "digest");
  report();
  EXPECT_FALSE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
}

TEST_F(Mirrored, AListOfAnEarlierLeaseIsIgnored) {
  --epoch;
  list({});
  ++epoch;
  EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
}

struct Named {
  const char* exception;
  Reason reason;
};

class Exceptions : public Mirrored, public ::testing::WithParamInterface<Named> {};

TEST_P(Exceptions, OfTheAddLeaveTheCustomerWithTheAgent) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.hold("hold");
  report();  // The service has put him on hold by itself.
  done(GetParam().exception, "The library's own text.", 400);
  if (!is_certain_failure(GetParam().exception, 400)) {
    EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::outcomeUnknown);
    t.pass(3000);
    take(BridgeAction::report);
    report();
  }
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  const message::ApiError error = t.errors("agent1").front();
  EXPECT_EQ(error.error_type, "BLIND_TRANSFER_FAILED");
  EXPECT_EQ(error.reason, GetParam().reason);
  EXPECT_EQ(error.msg, "The library's own text.");
  EXPECT_EQ(error.customer_location, "agent");
  ASSERT_TRUE(error.backend.has_value());
  EXPECT_EQ(error.backend->name, "amazon-connect");
  EXPECT_EQ(error.backend->error.value_or(""), GetParam().exception);
  take(BridgeAction::resumeCustomer);
  EXPECT_TRUE(t.commands.empty());
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  EXPECT_TRUE(t.last_call("agent1", "inbound").leg.buttons.has(message::CallButton::transfer))
      << "and may be transferred again";
}

std::string exception_name(const ::testing::TestParamInfo<Named>& each) {
  return *each.param.exception == '\0' ? std::string("Nameless") : each.param.exception;
}

INSTANTIATE_TEST_SUITE_P(
    All, Exceptions,
    ::testing::Values(Named{"AccessDeniedException", Reason::destinationNotPermitted},
                      Named{"InvalidStateException", Reason::backendRefused},
                      Named{"BadEndpointException", Reason::invalidDestination},
                      Named{"InvalidAgentARNException", Reason::backendRefused},
                      Named{"InvalidConfigurationException", Reason::backendRefused},
                      Named{"InvalidContactTypeException", Reason::notSupported},
                      Named{"PaginationException", Reason::internal},
                      Named{"RefreshTokenExpiredException", Reason::backendUnavailable},
                      Named{"SendDataFailedException", Reason::backendUnavailable},
                      Named{"UnauthorizedException", Reason::backendUnavailable},
                      Named{"QuotaExceededException", Reason::rateLimited},
                      Named{"ConnectionNotFound", Reason::noActiveCall},
                      Named{"InternalServiceError", Reason::backendUnavailable},
                      Named{"NetworkingError", Reason::backendUnavailable},
                      Named{"MultipleValidationErrors", Reason::internal},
                      Named{"", Reason::backendRefused}),
    exception_name);

TEST_F(Mirrored, AnErrorOfTheServerMayHaveHadItsEffect) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done("InternalServiceException", "Try again.", 500);
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/agent");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::outcomeUnknown)
      << "a snapshot from before its effect decides nothing";
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  session.end();
  report();
  EXPECT_EQ(t.way("agent1"),
            "accepted/agent outcomeUnknown/agent dialing/agent handedOver/back end");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Mirrored, SilenceIsSettledByAFreshSnapshot) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  t.pass(9'900);
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  t.pass(200);
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/agent");
  take(BridgeAction::report);
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::timeout);
  EXPECT_EQ(t.errors("agent1").front().customer_location, "agent");
  EXPECT_EQ(t.errors("agent1").front().stage, "outcomeUnknown");
}

TEST_F(Mirrored, AFrameThatDoesNotAnswerSettlesNothing) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.alive = false;
  report();
  t.pass(10'100);
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/unknown");
  take(BridgeAction::report);
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::outcomeUnknown);
  t.pass(600'100);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::unknown);
  EXPECT_EQ(t.errors("agent1").front().customer_location, "unknown");
}

TEST_F(Mirrored, AThirdPartyWhoLeavesBeforeTheAgentGivesTheCustomerBack) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connecting");
  report();
  session.third_party("disconnected");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::noAnswer);
  take(BridgeAction::resumeCustomer);
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Mirrored, ACustomerWhoLeavesWithTheThirdPartyHasAbandoned) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connecting");
  report();
  session.third_party("disconnected");
  session.hold("disconnected");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::abandoned);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::gone);
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Mirrored, ARingTimeThatEndsWhileNobodyReportsIsSettledByTheNextSnapshot) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connecting");
  report();
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  t.pass(20'100);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::outcomeUnknown);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::unknown);
  session.third_party("disconnected");
  hello(2, "tab-2");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::agent);
  take(BridgeAction::resumeCustomer);
}

TEST_F(Mirrored, ANumberThatNobodyAnswersGivesTheCustomerBackAndLeavesItsConnectionAlone) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connecting");
  report();
  t.pass(20'100);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::noAnswer);
  take(BridgeAction::resumeCustomer);
  EXPECT_TRUE(t.commands.empty());
  report();
  EXPECT_EQ(t.center.counters().transfers_accepted, 1U) << "its party is no transfer by hand";
}

TEST_F(Mirrored, ACustomerWhoHangsUpMeanwhileHasAbandoned) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connecting");
  session.hold("disconnected");
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent abandoned/gone");
  EXPECT_TRUE(t.commands.empty());
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Mirrored, AContactThatEndsWithoutAThirdPartyIsAbandonedNotHandedOver) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.end();
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent abandoned/gone");
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

TEST_F(Mirrored, TheEndIsJudgedByTheContactAndNotByItsConnections) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  session.third_party("disconnected");
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, TheRefusalOfTheLibrarysSecondTryDoesNotEndWhatItsFirstHasDone) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  // The first try was answered by a 500 and had its effect; the snapshot of it comes later.
  done("InvalidStateException", "There is a third party already.", 400);
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/agent");
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Mirrored, AFailedLeaveIsNotTriedAgain) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  done("InvalidStateException", "Not now.", 400);
  // He may have left by the CCP in the same moment: a snapshot tells.
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::outcomeUnknown);
  t.pass(3000);
  take(BridgeAction::report);
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  take(BridgeAction::resumeCustomer);
  report();
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Mirrored, ALeaveThatFailedSinceTheAgentHadLeftByTheCcpHasHandedOver) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  done("StateError", "Connection no longer exists.");
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, OfTwoContactsTheNamedOneIsTransferred) {
  const auto second = session.second_contact();
  report();
  const Reply reply = transfer(to_number(kOutside));
  ASSERT_TRUE(reply.error.has_value());
  EXPECT_EQ(reply.error->reason, Reason::ambiguousCall);
  message::Request request = to_number(kOutside);
  request.contact_id = second;
  ASSERT_TRUE(transfer(std::move(request)).accepted);
  EXPECT_EQ(take(BridgeAction::addConnection).order.contact_id, second);
}

TEST_F(Mirrored, ATransferByHandIsRecordedAsOne) {
  session.third_party("connecting", "+442079460000");
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  EXPECT_EQ(t.transfer_states("agent1").back().destination->phone_number, "+442079460000");
  EXPECT_TRUE(t.commands.empty());
  const Reply reply = transfer(to_number(kOutside));
  ASSERT_TRUE(reply.error.has_value());
  EXPECT_EQ(reply.error->reason, Reason::transferInProgress);
  session.third_party("connected", "+442079460000");
  report();
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, AConsultationByHandThatEndsIsCanceled) {
  session.third_party("connected", "INTERNAL-TRANSFER");
  report();
  session.third_party("disconnected");
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent canceled/agent");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Mirrored, ARestartAsksForNothingTwice) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  t.restart({}, {});
  EXPECT_TRUE(t.commands.empty());
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::outcomeUnknown);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::unknown);
  hello(1, "tab-1");
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  EXPECT_TRUE(t.commands.empty());
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, ARestartAfterTheLeaveFindsTheCallGone) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
  t.restart({}, {});
  session.end();
  session.clear();
  hello(1, "tab-1");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, WhatEndedWhileNobodyLookedIsNotGuessed) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  t.restart({}, {});
  session.end();
  session.clear();
  hello(1, "tab-1");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::unknown);
}

TEST_F(Mirrored, AnEndedContactThatListsAThirdPartyWasHandedOver) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  t.restart({}, {});
  session.third_party("connected");
  session.end();
  hello(1, "tab-1");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Mirrored, TheStateSyncTellsAllCalls) {
  session.second_contact();
  report();
  const message::Event event = t.center.read("agent1", RequestKind::call_state_sync);
  EXPECT_EQ(std::get<message::CallStateSync>(event.body).calls.size(), 4U);
}

TEST_F(Mirrored, TheStateOutlivesASnapshotOfTheCore) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connecting");
  report();
  const std::string before = t.center.dump();
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  EXPECT_EQ(loaded.dump(), before);
  t.center = std::move(loaded);
  session.third_party("connected");
  report();
  take(BridgeAction::leaveContact);
}

TEST_F(Mirrored, CancelGivesTheCustomerBackUntilTheAgentLeaves) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connecting");
  report();
  EXPECT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::canceled);
  take(BridgeAction::resumeCustomer);
}

TEST_F(Mirrored, NobodyLeavesACustomerAlone) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  const Reply refused = t.request("agent1", RequestKind::disconnect);
  ASSERT_TRUE(refused.error.has_value());
  EXPECT_EQ(refused.error->reason, Reason::transferInProgress);
  session.third_party("connecting");
  report();
  EXPECT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  take(BridgeAction::leaveContact);
}

TEST_F(Mirrored, WithoutASessionNothingIsAskedFor) {
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  const Reply reply = transfer(to_number(kOutside));
  ASSERT_TRUE(reply.error.has_value());
  EXPECT_EQ(reply.error->reason, Reason::backendUnavailable);
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Mirrored, OptionsThatAmazonConnectCannotHonourAreRefused) {
  for (int i = 0; i < 5; ++i) {
    message::Request request = to_number(kOutside);
    if (i == 0) request.options.note = "note";
    if (i == 1) request.options.attributes["a"] = "b";
    if (i == 2) request.options.queue_timeout_seconds = 5;
    if (i == 3) request.options.release_on = ReleaseOn::alerting;
    if (i == 4) request.options.on_failure.emplace();
    const Reply reply = transfer(std::move(request));
    ASSERT_TRUE(reply.error.has_value()) << i;
    EXPECT_EQ(reply.error->reason, Reason::optionNotSupported) << i;
  }
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Mirrored, ASessionThatIsSilentForLongIsGivenUp) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  t.pass(600'100);
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
  EXPECT_EQ(t.center.counters().transfers_open, 0U);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.state_of("agent1"), "LoggedOut");
}

TEST_F(Mirrored, ThePhoneButtonsGoThroughTheSession) {
  struct Button {
    RequestKind kind;
    BridgeAction action;
  };
  for (const Button& each : {Button{RequestKind::hold, BridgeAction::hold},
                             Button{RequestKind::mute, BridgeAction::mute},
                             Button{RequestKind::disconnect, BridgeAction::disconnect}}) {
    EXPECT_TRUE(t.request("agent1", each.kind).accepted);
    EXPECT_EQ(take(each.action).order.contact_id, session.contact.id);
  }
  message::Request digits;
  digits.digits = "12#";
  EXPECT_TRUE(t.request("agent1", RequestKind::send_dtmf, digits).accepted);
  EXPECT_EQ(take(BridgeAction::sendDigits).order.digits, "12#");
  done("InvalidStateException", "No.", 400);
  EXPECT_EQ(t.errors("agent1").back().error_type, "SEND_DTMF_FAILED");
  session.hold("hold");
  report();
  EXPECT_EQ(t.last_call("agent1", "inbound").leg.status, "hold");
  EXPECT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  take(BridgeAction::resume);
  EXPECT_TRUE(t.choose("agent1", "Break").accepted);
  EXPECT_EQ(take(BridgeAction::setState).order.state, "Break");
  session.end();
  report();
  EXPECT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  EXPECT_EQ(take(BridgeAction::clear).order.contact_id, session.contact.id);
}

TEST_F(Mirrored, HoldAndResumeDuringATransferNameIt) {
  const Reply accepted = transfer(to_number(kOutside));
  ASSERT_TRUE(accepted.accepted && accepted.transfer_id);
  take(BridgeAction::addConnection);
  done();
  session.third_party("connecting");  // With which the session holds the customer.
  report();
  for (const RequestKind kind : {RequestKind::hold, RequestKind::resume}) {
    const Reply refused = t.request("agent1", kind);
    ASSERT_TRUE(refused.error.has_value());
    EXPECT_EQ(refused.error->reason, Reason::transferInProgress);
    EXPECT_EQ(refused.error->running_transfer_id, accepted.transfer_id);
  }
  EXPECT_TRUE(t.commands.empty()) << "the session is not asked";
}

TEST_F(Mirrored, AButtonThatTheLibraryNeverAnswersIsAnErrorInTheEnd) {
  EXPECT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  take(BridgeAction::hold);
  t.pass(12'900);
  EXPECT_TRUE(t.errors("agent1").empty());
  t.pass(200);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().error_type, "HOLD_CALL_FAILED");
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::timeout);
  EXPECT_EQ(t.center.counters().commands_open, 0U) << "nothing waits for an answer any more";
}

TEST_F(Mirrored, ACallIsOfferedAnsweredOrMissed) {
  session.end();
  session.clear();
  report();
  session.offer();
  report();
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connecting");
  EXPECT_TRUE(t.request("agent1", RequestKind::answer).accepted);
  take(BridgeAction::accept);
  EXPECT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  take(BridgeAction::reject);
  session.contact.state = "missed";
  session.state = "MissedCallAgent";
  session.state_type = "error";
  report();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "missed");
  EXPECT_EQ(t.state_of("agent1"), "MissedCallAgent");
}

/// How the newest transfer's record says that it began.
std::string first_detail(const TestCenter& t) {
  for (auto it = t.all.rbegin(); it != t.all.rend(); ++it) {
    if (const auto* stored = std::get_if<StoreTransfer>(&*it))
      return stored->transfer->timeline.front().detail;
  }
  return {};
}

TEST_F(Mirrored, WhatTheAgentDoesByHandAfterARefusedTransferIsRecorded) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done("BadEndpointException", "No.", 400);
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  t.events.clear();
  t.pass(5000);
  session.third_party("connected");  // The same number: refused for certain, it cannot be late.
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  EXPECT_EQ(first_detail(t), "by hand, in the CCP");
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
  EXPECT_EQ(t.center.counters().transfers_accepted, 2U);
}

TEST_F(Mirrored, WhatTakesEffectAfterItWasGivenUpIsRecordedWithTheOneThatItMayBeOf) {
  const Reply asked = transfer(to_number(kOutside));
  ASSERT_TRUE(asked.accepted);
  take(BridgeAction::addConnection);
  done("InternalServiceError", "No.", 500);
  t.pass(3000);
  take(BridgeAction::report);
  report();
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  t.events.clear();
  session.third_party("connected");
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  EXPECT_EQ(first_detail(t),
            "by hand, in the CCP, or late, by the transfer " + to_string(*asked.transfer_id));
  session.third_party("disconnected");
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::canceled);
  EXPECT_EQ(t.errors("agent1").size(), 0U);
}

TEST_F(Mirrored, WhoIsAddedElsewhereAfterAFailureWasAddedByHand) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done("InternalServiceError", "No.", 500);
  t.pass(3000);
  take(BridgeAction::report);
  report();
  session.third_party("connected", "+442079460000");
  report();
  EXPECT_EQ(first_detail(t), "by hand, in the CCP");
}

TEST_F(Mirrored, WhatComesHalfAMinuteAfterAFailureIsNotItsEffect) {
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done("InternalServiceError", "No.", 500);
  t.pass(3000);
  take(BridgeAction::report);
  report();
  t.pass(30'000);
  session.third_party("connected");
  report();
  EXPECT_EQ(first_detail(t), "by hand, in the CCP");
}

struct TwoFinished : Mirrored {
  std::string first;
  std::string second;

  void SetUp() override {
    Mirrored::SetUp();
    first = session.contact.id;
    second = session.second_contact();
    report();
    session.end();
    report();
    session.others[0].state = "ended";
    report();
    t.events.clear();
  }
  [[nodiscard]] std::vector<std::string> shown() const {
    const message::Event event = t.center.read("agent1", RequestKind::call_state_sync);
    std::vector<std::string> contacts;
    for (const auto& leg : std::get<message::CallStateSync>(event.body).calls) {
      EXPECT_EQ(leg.status, "disconnected");
      if (leg.type == "agent") contacts.push_back(to_string(leg.contact_id));
    }
    return contacts;
  }
  [[nodiscard]] std::string clear(std::optional<std::string> named) {
    message::Request request;
    request.contact_id = std::move(named);
    const Reply reply = t.request("agent1", RequestKind::clear_contact, std::move(request));
    if (!reply.accepted) return std::string(message::to_string(reply.error->reason));
    return take(BridgeAction::clear).order.contact_id;
  }
  /// The contacts whose calls were told to be gone.
  [[nodiscard]] std::set<std::string> dropped() const {
    std::set<std::string> contacts;
    for (const message::Event& event : t.events) {
      const auto* call = std::get_if<message::CallEvent>(&event.body);
      if (call != nullptr && call->event == "Dropped")
        contacts.insert(to_string(call->leg.contact_id));
    }
    return contacts;
  }
};

TEST_F(TwoFinished, BothAreShownUntilTheyAreCleared) {
  EXPECT_EQ(shown(), (std::vector<std::string>{second, first}));
  EXPECT_EQ(clear(first), first);
  session.listed = false;
  report();
  EXPECT_EQ(dropped(), std::set<std::string>{first});
  EXPECT_EQ(shown(), std::vector<std::string>{second});
  EXPECT_EQ(clear({}), second);
  session.others.clear();
  session.clear();
  report();
  EXPECT_EQ(dropped(), (std::set<std::string>{first, second}));
  EXPECT_TRUE(shown().empty());
  EXPECT_EQ(t.state_of("agent1"), "Available");
}

TEST_F(TwoFinished, WithoutANameTheOneThatEndedLastIsCleared) {
  EXPECT_EQ(clear({}), second);
  session.others.clear();
  report();
  EXPECT_EQ(dropped(), std::set<std::string>{second});
  EXPECT_EQ(clear({}), first);
  EXPECT_EQ(clear("bbbbbbbb-0000-4000-8000-0000000000ff"), "noActiveCall");
}

TEST_F(TwoFinished, ACallThatEndedStaysBesideOneThatGoesOn) {
  session.others[0].state = "connected";
  session.others[0].id = "cccccccc-0000-4000-8000-000000000001";
  session.others[0].connections[0].id = "cccccccc-0000-4000-8000-000000000011";
  session.others[0].connections[1].id = "cccccccc-0000-4000-8000-000000000012";
  session.state = "Busy";
  report();
  const message::Event event = t.center.read("agent1", RequestKind::call_state_sync);
  EXPECT_EQ(std::get<message::CallStateSync>(event.body).calls.size(), 4U)
      << "the one that goes on, and the first; the second was cleared";
}

TEST_F(TwoFinished, OutliveASnapshotOfTheCore) {
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  EXPECT_EQ(loaded.dump(), t.center.dump());
  t.center = std::move(loaded);
  EXPECT_EQ(shown(), (std::vector<std::string>{second, first}));
}

TEST(Capabilities, AreThoseThatTheJournalWasRecordedWith) {
  TestCenter t;
  t.sign_in("agent1");
  t.call_in();
  t.answer("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOutside)).accepted);
  const auto options = *t.transfer_states("agent1").back().options;
  EXPECT_EQ(options.release_on, message::ReleaseOn::alerting);
  EXPECT_EQ(options.on_failure.size(), 2U);
  const auto told = [&t] {
    const message::Event event = t.center.read("agent1", RequestKind::app_state_sync);
    return std::get<message::AppStateSync>(event.body).capabilities.backend;
  };
  EXPECT_EQ(told(), "sip");
  // Another process begins, with another back end: what the one before did is replayed as it was.
  t.restart({});
  EXPECT_EQ(told(), "sip");
  EXPECT_EQ(t.transfer_states("agent1").back().options->on_failure.size(), 2U);
  t.put(PolicyChanged{testing::mirrored_policy()});
  EXPECT_EQ(told(), "amazon-connect");
  t.restart({});
  EXPECT_EQ(told(), "amazon-connect");
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  const message::Event event = loaded.read("agent1", RequestKind::app_state_sync);
  EXPECT_EQ(std::get<message::AppStateSync>(event.body).capabilities.backend, "amazon-connect");
}

}  // namespace
}  // namespace baton::core
