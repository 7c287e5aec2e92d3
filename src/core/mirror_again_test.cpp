// One transfer after another of the same call at Amazon Connect: what the one before may still do,
// and what is told of it late, is not the next one's.

#include <gmock/gmock.h>

#include <algorithm>

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
using testing::kOutside;
using testing::Mirrored;
using testing::to_number;
using testing::to_quick_connect;

/// agent1 has taken the wrong destination, a number, and has cancelled: the add was handed to the
/// library, and nothing is known of it.
struct Again : Mirrored {
  TransferId wrong;
  CommandId wrong_add = 0;

  void ask_for_the_wrong_one() {
    const Reply asked = transfer(to_number(kOutside));
    ASSERT_TRUE(asked.accepted);
    wrong = *asked.transfer_id;
    take(BridgeAction::addConnection);
    wrong_add = last_command;
  }
  void take_the_wrong_one_and_cancel() {
    ask_for_the_wrong_one();
    ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
    t.events.clear();
  }
  Reply to_the_queue() { return transfer(to_quick_connect(QuickConnectType::queue, "queue")); }
  void expect_refused_as_it_may_come(const Reply& reply) {
    EXPECT_FALSE(reply.accepted);
    ASSERT_TRUE(reply.error.has_value());
    EXPECT_EQ(reply.error->reason, Reason::transferInProgress);
    EXPECT_TRUE(reply.error->retryable);
    EXPECT_THAT(reply.error->msg, ::testing::HasSubstr(to_string(wrong)));
    EXPECT_THAT(reply.error->msg, ::testing::HasSubstr("may still join the call"));
  }
  void answer_the_wrong_one(const std::string& error, const std::string& text, int status = 0) {
    last_command = wrong_add;
    done(error, text, status);
  }
  [[nodiscard]] bool was_left() const {
    return std::ranges::any_of(t.commands, [](const Command& each) {
      const auto* command = std::get_if<BridgeCommand>(&each.body);
      return command != nullptr && command->order.action == BridgeAction::leaveContact;
    });
  }
};

TEST_F(Again, TheLatePartyOfACancelledTransferIsNotTakenForTheNextOnes) {
  take_the_wrong_one_and_cancel();
  const Reply next = to_the_queue();
  session.third_party("connecting");
  report();
  session.third_party("connected");
  report();
  EXPECT_FALSE(was_left()) << "the customer would be with the one whom the agent had cancelled";
  expect_refused_as_it_may_come(next);
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent") << "it is told as a transfer by hand";
  session.third_party("disconnected");
  report();
  take(BridgeAction::resumeCustomer);
  session.hold("connected");
  report();
  EXPECT_TRUE(to_the_queue().accepted) << "it has come, and is gone";
}

TEST_F(Again, TheLatePartyOfATransferThatFailedIsNotTakenForTheNextOnes) {
  ask_for_the_wrong_one();
  done("InternalServiceError", "No.", 500);
  t.pass(3000);
  take(BridgeAction::report);
  report();
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  const Reply next = transfer(to_number("+442079460000"));
  session.third_party("connected");
  report();
  EXPECT_FALSE(was_left());
  expect_refused_as_it_may_come(next);
}

TEST_F(Again, TheSameDestinationMayBeAskedForAtOnce) {
  take_the_wrong_one_and_cancel();
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  session.third_party("connected");  // By whichever of the two: it is whom the agent wants.
  report();
  take(BridgeAction::leaveContact);
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::handedOver);
}

TEST_F(Again, AnotherDestinationIsWaitedForHalfAMinute) {
  take_the_wrong_one_and_cancel();
  t.pass(29'900);
  expect_refused_as_it_may_come(to_the_queue());
  t.pass(200);
  EXPECT_TRUE(to_the_queue().accepted);
}

TEST_F(Again, WhatTheLibraryHasNotAnsweredMayComeForAsLongAsItMayTake) {
  Policy policy = testing::mirrored_policy();
  policy.mirror.add_timeout_seconds = 60;
  t.put(PolicyChanged{policy});
  take_the_wrong_one_and_cancel();
  t.pass(62'000);
  expect_refused_as_it_may_come(to_the_queue());
  t.pass(2'000);
  EXPECT_TRUE(to_the_queue().accepted);
}

TEST_F(Again, WhatWasRefusedForCertainDoesNotCome) {
  take_the_wrong_one_and_cancel();
  answer_the_wrong_one("BadEndpointException", "No.", 400);
  EXPECT_TRUE(to_the_queue().accepted);
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(Again, WhatMayHaveHadItsEffectStillMayCome) {
  take_the_wrong_one_and_cancel();
  answer_the_wrong_one("InternalServiceError", "No.", 500);
  expect_refused_as_it_may_come(to_the_queue());
  answer_the_wrong_one({}, {});
  expect_refused_as_it_may_come(to_the_queue());
}

TEST_F(Again, ARefusalOfTheNextOneSaysNothingOfTheOneBefore) {
  take_the_wrong_one_and_cancel();
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  done("BadEndpointException", "No.", 400);
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  expect_refused_as_it_may_come(to_the_queue());
}

TEST_F(Again, SomebodyElseWhoIsAddedByHandIsNotTheOneWhoMayStillCome) {
  take_the_wrong_one_and_cancel();
  session.third_party("connected", "+16175550188");
  report();
  session.third_party("disconnected");
  report();
  take(BridgeAction::resumeCustomer);
  session.hold("connected");
  report();
  expect_refused_as_it_may_come(to_the_queue());
}

TEST_F(Again, ARefusalOfTheSecondThatWasGivenUpSaysNothingOfTheFirst) {
  take_the_wrong_one_and_cancel();
  const TransferId first = wrong;
  const CommandId first_add = wrong_add;
  take_the_wrong_one_and_cancel();
  answer_the_wrong_one("ThrottlingException", "No.", 400);
  const Reply next = to_the_queue();
  EXPECT_FALSE(next.accepted) << "the first may still come";
  EXPECT_TRUE(next.error->retry_after_seconds);
  EXPECT_NE(first, wrong);
  EXPECT_NE(first_add, wrong_add);
  t.pass(31'000);
  EXPECT_TRUE(to_the_queue().accepted);
}

TEST_F(Again, WhatMayStillComeOutlivesASnapshotOfTheCore) {
  take_the_wrong_one_and_cancel();
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  EXPECT_EQ(loaded.dump(), t.center.dump());
  t.center = std::move(loaded);
  expect_refused_as_it_may_come(to_the_queue());
  answer_the_wrong_one("BadEndpointException", "No.", 400);
  EXPECT_TRUE(to_the_queue().accepted);
}

TEST_F(Again, AFailureIsTheOneOfTheTransferThatItWasAskedFor) {
  take_the_wrong_one_and_cancel();
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  const CommandId next_add = last_command;
  answer_the_wrong_one("BadEndpointException", "No.", 400);
  EXPECT_EQ(t.way("agent1"), "accepted/agent");
  EXPECT_TRUE(t.errors("agent1").empty());
  last_command = next_add;
  done("AccessDeniedException", "Not this one either.", 400);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.errors("agent1").back().msg, "Not this one either.");
}

TEST_F(Again, ASuccessIsTheOneOfTheTransferThatItWasAskedFor) {
  take_the_wrong_one_and_cancel();
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  take(BridgeAction::addConnection);
  const CommandId next_add = last_command;
  answer_the_wrong_one({}, {});
  EXPECT_EQ(t.way("agent1"), "accepted/agent") << "the next one is not taken yet";
  last_command = next_add;
  done();
  EXPECT_EQ(t.way("agent1"), "accepted/agent dialing/agent");
}

TEST_F(Again, AContactThatALateColdTransferMayHaveEndedIsNotGuessed) {
  Policy policy = testing::mirrored_policy();
  policy.mirror.cold_transfer = true;
  t.put(PolicyChanged{policy});
  has_sdk = true;
  hello(2, "tab-1");
  report();
  ASSERT_TRUE(to_the_queue().accepted);
  take(BridgeAction::coldTransfer);
  done("clientTimeout", "Client Timeout");
  t.pass(3'100);
  take(BridgeAction::report);
  report();
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  ASSERT_TRUE(to_the_queue().accepted);
  take(BridgeAction::coldTransfer);
  done(kNoChannel, "notConnected");
  take(BridgeAction::addConnection);
  session.end();
  report();
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  EXPECT_EQ(t.transfer_states("agent1").back().custody, Custody::unknown);
}

TEST_F(Mirrored, ADoubleClickThatNamesTheConnectionIsOne) {
  message::Request request = to_number(kOutside);
  request.contact_id = session.contact.connections[1].id;
  const Reply first = transfer(request);
  ASSERT_TRUE(first.accepted);
  const Reply second = transfer(request);
  ASSERT_TRUE(second.accepted) << second.error->msg;
  EXPECT_EQ(second.transfer_id, first.transfer_id);
  EXPECT_TRUE(second.current.has_value());
  message::Request other = to_number("+442079460000");
  other.contact_id = request.contact_id;
  const Reply refused = transfer(std::move(other));
  ASSERT_TRUE(refused.error.has_value());
  EXPECT_EQ(refused.error->reason, Reason::transferInProgress);
  EXPECT_EQ(refused.error->running_transfer_id, first.transfer_id);
}

}  // namespace
}  // namespace baton::core
