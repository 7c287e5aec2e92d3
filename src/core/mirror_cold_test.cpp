// A transfer by the SDK's cold transfer, at every ending and in every order of its word and the
// snapshots. The session is a double, as in mirror_test.cpp; the real SDK is in tests/browser.

#include <gmock/gmock.h>

#include "core/mirror.hpp"
#include "core/test_mirror.hpp"

namespace baton::core {
namespace {

using message::BridgeAction;
using message::Custody;
using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using message::TransferState;
using testing::Mirrored;
using testing::to_number;
using testing::to_quick_connect;

/// With the default deadlines: ten seconds on the way, thirty of the SDK's, three for its word.
constexpr TimeMs kWholeWaitMs = 43'000;

struct Cold : Mirrored {
  void SetUp() override {
    Policy policy = testing::mirrored_policy();
    policy.mirror.cold_transfer = true;
    t.put(PolicyChanged{policy});
    has_sdk = true;
    Mirrored::SetUp();
  }
  /// agent1 transfers to a queue, and the bridge is told.
  BridgeCommand transfer_cold() {
    EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
    return take(BridgeAction::coldTransfer);
  }
  [[nodiscard]] message::TransferStateChange last() const {
    return t.transfer_states("agent1").back();
  }
  void expect_failed(Reason reason, Custody custody) {
    EXPECT_EQ(last().state, TransferState::failed);
    EXPECT_EQ(last().custody, custody);
    ASSERT_EQ(t.errors("agent1").size(), 1U);
    EXPECT_EQ(t.errors("agent1").front().error_type, "BLIND_TRANSFER_FAILED");
    EXPECT_EQ(t.errors("agent1").front().reason, reason);
    EXPECT_EQ(t.errors("agent1").front().customer_location,
              custody == Custody::agent ? "agent" : "unknown");
    EXPECT_EQ(t.center.counters().transfers_open, 0U);
  }
};

TEST_F(Cold, AQueueIsHandedOverByOneCommand) {
  const BridgeCommand command = transfer_cold();
  EXPECT_EQ(command.order.contact_id, session.contact.id);
  EXPECT_EQ(command.order.deadline_ms, 10'000);
  ASSERT_TRUE(command.order.endpoint.has_value());
  EXPECT_EQ(command.order.endpoint->type, "queue");
  EXPECT_EQ(command.order.endpoint->arn, testing::quick_connect_arn("queue"));
  done();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent") << "its word is not a proof";
  session.end();
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent handedOver/back end");
  ASSERT_TRUE(last().backend.has_value());
  EXPECT_EQ(last().backend->text,
            "contact connected; customer connected; agent connected; handed over by the SDK");
  expect_handed_over_to_the_end();
}

TEST_F(Cold, AnAgentIsHandedOverToTheSameWay) {
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::agent, "agent2")).accepted);
  EXPECT_EQ(take(BridgeAction::coldTransfer).order.endpoint->type, "agent");
}

TEST_F(Cold, ANumberIsAddedAsEver) {
  ASSERT_TRUE(transfer(to_number(testing::kOutside)).accepted);
  take(BridgeAction::addConnection);
}

TEST_F(Cold, WhereItIsOffTheClientIsNotUsed) {
  t.put(PolicyChanged{testing::mirrored_policy()});
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  take(BridgeAction::addConnection);
}

TEST_F(Cold, ATabWithoutTheClientAddsAndLeaves) {
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  has_sdk = false;
  hello(2, "tab-2");
  report();
  ASSERT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
  take(BridgeAction::addConnection);
}

TEST_F(Cold, WithoutAnOpenChannelItIsAddAndLeave) {
  transfer_cold();
  done(kNoChannel, "notConnected");
  take(BridgeAction::addConnection);
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  session.third_party("connecting");
  report();
  take(BridgeAction::leaveContact);
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

TEST_F(Cold, WhatNeverReachedTheSdkIsRefusedAtOnce) {
  transfer_cold();
  done("Expired", "The command came too late.");
  expect_failed(Reason::timeout, Custody::agent);
  EXPECT_TRUE(t.commands.empty());
}

// ---------------------------------------------------------------------------------------------------------------------
// The contact ends before the SDK has spoken

TEST_F(Cold, TheContactMayEndBeforeTheWord) {
  transfer_cold();
  session.end();
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent") << "the customer may as well have hung up";
  EXPECT_EQ(t.center.counters().transfers_open, 1U);
  done();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent handedOver/back end");
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
  take(BridgeAction::report);
  session.clear();
  report();
  EXPECT_EQ(t.state_of("agent1"), "Available");
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

TEST_F(Cold, TheContactMayBeClearedBeforeTheWord) {
  transfer_cold();
  session.end();
  session.clear();
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  done();
  EXPECT_EQ(last().state, TransferState::handedOver);
  take(BridgeAction::report);
  report();
  EXPECT_EQ(t.state_of("agent1"), "Available");
  EXPECT_EQ(t.last_call("agent1", "agent").event, "Dropped");
}

TEST_F(Cold, AnEndWithoutAWordIsNotGuessed) {
  transfer_cold();
  session.end();
  report();
  t.pass(kWholeWaitMs - 100);
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  t.pass(200);
  expect_failed(Reason::timeout, Custody::unknown);
  EXPECT_EQ(t.center.counters().commands_open, 0U);
}

TEST_F(Cold, AnEndWithAThirdPartyIsAHandOverWithoutTheWord) {
  transfer_cold();
  session.third_party("connected", "INTERNAL-TRANSFER");
  session.end();
  report();
  done("clientTimeout", "Client Timeout");
  EXPECT_EQ(last().state, TransferState::handedOver);
  EXPECT_THAT(last().backend->text, ::testing::HasSubstr("a third party was there at the end"));
}

TEST_F(Cold, ARefusalAfterTheEndTellsTheLibrarysTextAndThatNobodyKnows) {
  transfer_cold();
  session.end();
  report();
  done("invalidState", "The contact is not connected.");
  expect_failed(Reason::backendRefused, Custody::unknown);
  EXPECT_EQ(t.errors("agent1").front().msg, "The contact is not connected.");
}

TEST_F(Cold, ACustomerWhoHangsUpMeanwhileHasAbandoned) {
  transfer_cold();
  session.hold("disconnected");
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent") << "so the SDK's success may look, too";
  session.end();
  report();
  done("invalidState", "The contact is not connected.");
  EXPECT_EQ(last().state, TransferState::abandoned);
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Cold, ACustomerWhoIsShownAsGoneWithTheWordWasHandedOver) {
  transfer_cold();
  session.hold("disconnected");
  report();
  done();
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

// ---------------------------------------------------------------------------------------------------------------------
// The SDK refuses, or says nothing: a snapshot decides

struct Rejection {
  const char* key;
  Reason reason;
};

class Rejections : public Cold, public ::testing::WithParamInterface<Rejection> {};

TEST_P(Rejections, LeaveTheCustomerWhereTheNextSnapshotsShowHim) {
  transfer_cold();
  session.hold("hold");
  report();
  done(GetParam().key, "The SDK's own text.");
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/agent");
  report();
  t.pass(2'900);
  EXPECT_EQ(last().state, TransferState::outcomeUnknown) << "it may still take effect";
  t.pass(200);
  take(BridgeAction::report);
  report();
  expect_failed(GetParam().reason, Custody::agent);
  const message::ApiError error = t.errors("agent1").front();
  EXPECT_EQ(error.msg, "The SDK's own text.");
  EXPECT_EQ(error.backend->error.value_or(""), GetParam().key);
  take(BridgeAction::resumeCustomer);
  EXPECT_TRUE(t.commands.empty()) << "nothing is tried again";
  EXPECT_TRUE(t.last_call("agent1", "inbound").leg.buttons.has(message::CallButton::transfer));
}

INSTANTIATE_TEST_SUITE_P(All, Rejections,
                         ::testing::Values(Rejection{"clientTimeout", Reason::timeout},
                                           Rejection{"handlerNotFound", Reason::notSupported},
                                           Rejection{"noResult", Reason::backendUnavailable},
                                           Rejection{"AccessDeniedException",
                                                     Reason::destinationNotPermitted},
                                           Rejection{"somethingElse", Reason::backendRefused},
                                           Rejection{"", Reason::backendRefused}),
                         [](const auto& each) {
                           return *each.param.key == '\0' ? std::string("Nameless")
                                                          : std::string(each.param.key);
                         });

TEST_F(Cold, ARefusalThatTookEffectWithAThirdPartyIsAHandOver) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  session.third_party("connected", "INTERNAL-TRANSFER");
  session.end();
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/agent handedOver/back end");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Cold, AContactThatIsGoneAfterARefusalIsNotGuessed) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  session.end();
  report();
  expect_failed(Reason::timeout, Custody::unknown);
}

TEST_F(Cold, ACustomerWhoLeftAfterARefusalHasAbandoned) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  t.pass(3'100);
  take(BridgeAction::report);
  session.hold("disconnected");
  report();
  EXPECT_EQ(last().state, TransferState::abandoned);
}

TEST_F(Cold, AThirdPartyIsNeitherLeftWithTheCustomerNorGivenUp) {
  transfer_cold();
  session.third_party("connecting", "INTERNAL-TRANSFER");
  report();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
  EXPECT_TRUE(t.commands.empty()) << "leaving is the SDK's";
  done("clientTimeout", "Client Timeout");
  t.pass(3'100);
  take(BridgeAction::report);
  report();
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
  session.third_party("disconnected", "INTERNAL-TRANSFER");
  report();
  expect_failed(Reason::timeout, Custody::agent);
}

TEST_F(Cold, AThirdPartyIsWaitedForAsLongAsTheSessionShowsHim) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  session.third_party("connected", "INTERNAL-TRANSFER");
  report();
  t.pass(700'000);
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
  EXPECT_EQ(last().custody, Custody::agent) << "he has both, which is known";
  EXPECT_TRUE(t.errors("agent1").empty());
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

TEST_F(Cold, AThirdPartyOfAFrameThatDoesNotAnswerIsNot) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  session.third_party("connected", "INTERNAL-TRANSFER");
  session.alive = false;
  report();
  t.pass(700'000);
  expect_failed(Reason::timeout, Custody::unknown);
}

TEST_F(Cold, WhoWasAddedByHandBeforeTheSdkRefusedWithoutBeingAskedIsNotTheDestination) {
  for (const char* error : {kNoChannel, "Expired"}) {
    SCOPED_TRACE(error);
    transfer_cold();
    session.third_party("connected", "+442079460000");
    report();
    t.events.clear();
    done(error, "It was not asked.");
    EXPECT_TRUE(t.commands.empty()) << "nobody else is added, and whom he consults stays with him";
    EXPECT_EQ(t.way("agent1"), "failed/agent accepted/agent dialing/agent");
    EXPECT_EQ(last().destination->phone_number, "+442079460000") << "a transfer by hand";
    ASSERT_EQ(t.errors("agent1").size(), 1U);
    EXPECT_EQ(t.errors("agent1").front().customer_location, "agent");
    report();
    EXPECT_TRUE(t.commands.empty());
    session.third_party("disconnected");
    session.hold("connected");
    report();
    EXPECT_EQ(last().state, TransferState::canceled);
    session.contact.connections.pop_back();
  }
}

TEST_F(Cold, AnAgentWhoIsLeavingIsWaitedFor) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  t.pass(3'100);
  take(BridgeAction::report);
  session.contact.connections[1].state = "disconnected";
  report();
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
}

TEST_F(Cold, SilenceIsSettledByAFreshSnapshot) {
  transfer_cold();
  t.pass(kWholeWaitMs - 100);
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  t.pass(200);
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/agent");
  take(BridgeAction::report);
  report();
  expect_failed(Reason::timeout, Custody::agent);
}

TEST_F(Cold, AnAnswerJustBeforeTheSdkGivesUpCounts) {
  transfer_cold();
  t.pass(kWholeWaitMs - 100);
  done();
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

TEST_F(Cold, AFrameThatDoesNotAnswerSettlesNothing) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  session.alive = false;
  t.pass(3'100);
  take(BridgeAction::report);
  report();
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
  session.alive = true;
  report();
  expect_failed(Reason::timeout, Custody::agent);
}

TEST_F(Cold, AWordThatNoEndFollowsIsSettledByASnapshot) {
  transfer_cold();
  done();
  t.pass(10'100);
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent outcomeUnknown/agent");
  take(BridgeAction::report);
  report();
  expect_failed(Reason::timeout, Custody::agent);
  EXPECT_THAT(t.errors("agent1").front().msg, ::testing::HasSubstr("did not end it within 10 s"));
}

TEST_F(Cold, AWordWhoseEndComesLateIsAHandOver) {
  transfer_cold();
  done();
  t.pass(10'100);
  take(BridgeAction::report);
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

// ---------------------------------------------------------------------------------------------------------------------
// Who was asked is gone

TEST_F(Cold, ATabThatClosesLeavesTheOutcomeUnknownUntilASnapshotOfTheNext) {
  transfer_cold();
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  EXPECT_EQ(t.way("agent1"), "accepted/agent outcomeUnknown/unknown");
  hello(2, "tab-2");
  report();
  EXPECT_EQ(last().state, TransferState::outcomeUnknown) << "it may be on its way";
  t.pass(3'100);
  take(BridgeAction::report);
  report();
  expect_failed(Reason::timeout, Custody::agent);
  EXPECT_EQ(t.center.counters().commands_open, 0U) << "nobody waits for the SDK's word any more";
  done();
  EXPECT_TRUE(t.commands.empty()) << "a word of the page before changes nothing now";
}

TEST_F(Cold, APageThatIsLoadedAgainIsToldNothingTwice) {
  transfer_cold();
  hello(2, "tab-1");
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
  session.third_party("connected", "INTERNAL-TRANSFER");
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Cold, ATabThatClosesAfterTheEndLeavesNothingToGoBy) {
  transfer_cold();
  session.end();
  report();
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  EXPECT_EQ(t.way("agent1"), "accepted/agent") << "the word may come by the next connection";
  t.pass(kWholeWaitMs + 100);
  expect_failed(Reason::timeout, Custody::unknown);
}

TEST_F(Cold, AWordThatComesByTheNextConnectionCounts) {
  transfer_cold();
  hello(2, "tab-1");
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
  done();
  EXPECT_EQ(last().state, TransferState::outcomeUnknown) << "it is not a proof";
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

TEST_F(Cold, ARestartAsksForNothingTwice) {
  transfer_cold();
  t.restart({}, {});
  EXPECT_TRUE(t.commands.empty());
  EXPECT_EQ(last().state, TransferState::outcomeUnknown);
  EXPECT_EQ(last().custody, Custody::unknown);
  t.pass(3'100);
  hello(1, "tab-1");
  report();
  expect_failed(Reason::timeout, Custody::agent);
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Cold, ASessionThatIsSilentForLongIsGivenUp) {
  transfer_cold();
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  t.pass(604'000);
  EXPECT_EQ(last().state, TransferState::failed);
  EXPECT_EQ(last().custody, Custody::unknown);
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

TEST_F(Cold, NobodyTakesItBackOrLeavesMeanwhile) {
  transfer_cold();
  for (const RequestKind kind : {RequestKind::cancel_transfer, RequestKind::disconnect}) {
    const Reply refused = t.request("agent1", kind);
    ASSERT_TRUE(refused.error.has_value());
    EXPECT_EQ(refused.error->reason, Reason::transferInProgress);
    EXPECT_THAT(refused.error->msg, ::testing::HasSubstr("in one step"));
  }
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(Cold, AnAgentMayLeaveAThirdPartyThatNobodyAnsweredFor) {
  transfer_cold();
  done("clientTimeout", "Client Timeout");
  session.third_party("connected", "INTERNAL-TRANSFER");
  report();
  EXPECT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  take(BridgeAction::leaveContact);
  session.end();
  report();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

TEST_F(Cold, TheStateOutlivesASnapshotOfTheCore) {
  transfer_cold();
  session.end();
  report();
  const std::string before = t.center.dump();
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  EXPECT_EQ(loaded.dump(), before);
  t.center = std::move(loaded);
  done();
  EXPECT_EQ(last().state, TransferState::handedOver);
}

}  // namespace
}  // namespace baton::core
