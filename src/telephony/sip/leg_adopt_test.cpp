#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <tuple>

#include "telephony/sip/leg_restart_fixture.hpp"

// What another process goes on with. What it cannot reach at first: leg_lost_way_test.cpp.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::kCustomerRtp;
using testing::kTargetRtp;
using testing::Message;
using testing::TestUa;

class LegAdoptTest : public testing::RestartFixture {
 protected:
  static std::string branch_of(const Message& message) {
    const std::string via = message.header("Via");
    const auto at = via.find("branch=") + 7;
    return via.substr(at, via.find_first_of(";\r", at) - at);
  }
  static int version_of(const Message& message) {
    const std::string body = message.body();
    std::size_t at = body.find("o=- ") + 4;
    at = body.find(' ', at) + 1;
    return std::stoi(body.substr(at));
  }

  /// A customer who takes UPDATE, parked.
  LegId updatable_customer_parked() {
    const LegId a =
        customer_calls(TestUa::sdp(kCustomerRtp), "Allow: INVITE, ACK, BYE, UPDATE\r\n");
    const auto id = submit(core::AnswerLeg{a, core::Sound::queue});
    const auto answer = customer.response(200);
    EXPECT_TRUE(answer);
    if (!answer) return a;
    customer.take(*answer);
    customer.ack();
    ok(id);
    return a;
  }
  int saved() {
    const std::lock_guard lock(mutex);
    return saves;
  }
  /// The check of a leg that was taken over comes after its record.
  void check_after_the_record() {
    LegTimes checks;
    checks.first_check = milliseconds(200);
    times = checks;
  }
};

TEST_F(LegAdoptTest, ABridgedCallGoesOn) {
  start();
  const auto [a, b] = bridged();
  const int told = version_of(target.invite);
  restart();
  EXPECT_THAT(sip->adopted_legs(), ::testing::UnorderedElementsAre(a, b));
  // The target's hold reaches the customer, so the two are joined; and what both are told has the
  // next version.
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  EXPECT_THAT(carried->body(), HasSubstr("a=sendonly"));
  EXPECT_GT(carried->cseq(), 1000);
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto answer = target.response(200);
  ASSERT_TRUE(answer);
  EXPECT_EQ(told + 1, version_of(*answer));
  EXPECT_THAT(answer->body(), HasSubstr("a=recvonly"));
  target.ack();
  const auto held = events.wait<core::LegHeld>();
  ASSERT_TRUE(held);
  EXPECT_EQ(b, held->leg);
  const auto done = submit(core::EndLeg{b, 0, {}});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(*bye, 200);
  ok(done);
  EXPECT_EQ(1U, kept.size());
  EXPECT_TRUE(kept.contains(a));
}

TEST_F(LegAdoptTest, AReinviteThatWasOpenIsMadeAgainUnderTheSameVersion) {
  start();
  const auto [a, b] = bridged();
  submit(core::ParkLeg{a, core::Sound::hold});
  const auto before = customer.request("INVITE");
  ASSERT_TRUE(before);
  restart();
  const auto again = submit(core::ParkLeg{a, core::Sound::hold});
  const auto after = customer.request("INVITE");
  ASSERT_TRUE(after);
  EXPECT_EQ(before->body(), after->body());
  EXPECT_GT(after->cseq(), before->cseq());
  customer.reply(*after, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  ok(again);
}

TEST_F(LegAdoptTest, TheAnswerToAReinviteOfTheDeadIsAcknowledgedAndTheCallStays) {
  start();
  const auto [a, b] = bridged();
  submit(core::ParkLeg{a, core::Sound::hold});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  restart();
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  const auto ack = customer.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_EQ(reinvite->cseq(), ack->cseq());
  // The next that comes is the park, and no BYE before it.
  submit(core::ParkLeg{a, core::Sound::hold});
  const auto next = customer.wait([](const Message& m) { return !m.method().empty(); });
  ASSERT_TRUE(next);
  EXPECT_EQ("INVITE", next->method());
}

TEST_F(LegAdoptTest, APhoneThatRingsIsCalledByTheSameInviteAndCanAnswer) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, a);
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  restart();
  const auto again = target.request("INVITE");
  ASSERT_TRUE(again);
  EXPECT_EQ(branch_of(invite), branch_of(*again));
  for (const char* name : {"Call-ID", "From", "To", "CSeq", "Contact"}) {
    EXPECT_EQ(invite.header(name), again->header(name));
  }
  EXPECT_EQ(invite.body(), again->body());
  ok(submit(core::DialLeg{.leg = b,
                          .contact = {},
                          .target = core::OutsideNumber{"+12082097345", ""},
                          .media_of = a,
                          .presentation = {}}));
  target_answers(*again);
  bridge(a, b);
}

// Killed after the INVITE had gone out and before its leg was kept: only the command is known.
TEST_F(LegAdoptTest, AnAnswerThatComesBeforeItsInviteGoesOutAgainIsNotEnded) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, a);
  sip->stop();
  kept.erase(b);
  sip.reset();
  start();
  const std::string answer = TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101");
  target.reply(invite, 200, answer);
  EXPECT_FALSE(
      target.wait([](const Message& m) { return !m.method().empty(); }, milliseconds(200)));
  const Message again = dial_target(b, a);
  EXPECT_EQ(branch_of(invite), branch_of(again));
  sip->open_commands_are_out();
  target_answers(again);
  bridge(a, b);
  // From now on nothing is to come that could belong to an answer of nobody's.
  Message lost = invite;
  lost.text.replace(lost.text.find("Call-ID: ") + 9, 1, "x");
  target.reply(lost, 200, answer);
  EXPECT_TRUE(target.request("ACK"));
  EXPECT_TRUE(target.request("BYE"));
}

// Handed over with the INVITE out: its transaction is dropped some milliseconds before the socket.
TEST_F(LegAdoptTest, AnAnswerIsNotEndedByTheProcessThatHandsOver) {
  start();
  const Message invite = dial_target(leg_id(7), {});
  Message of_a_dropped_transaction = invite;
  of_a_dropped_transaction.text.replace(invite.text.find("Call-ID: ") + 9, 1, "x");
  const std::string answer = TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101");
  sip->open_commands_are_out();
  sip->fall_silent();
  target.reply(of_a_dropped_transaction, 200, answer);
  EXPECT_FALSE(
      target.wait([](const Message& m) { return !m.method().empty(); }, milliseconds(200)));
}

TEST_F(LegAdoptTest, APhoneThatRingsCanBeCancelled) {
  start();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, {});
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  restart();
  const auto again = target.request("INVITE");
  ASSERT_TRUE(again);
  target.reply(*again, 180);
  submit(core::EndLeg{b, 0, {}});
  const auto cancel = target.request("CANCEL");
  ASSERT_TRUE(cancel);
  EXPECT_EQ(branch_of(invite), branch_of(*cancel));
  target.reply(*cancel, 200);
  target.reply(*again, 487);
  ASSERT_TRUE(events.wait<core::LegEnded>());
  EXPECT_TRUE(kept.empty());
}

TEST_F(LegAdoptTest, AnAnswerIsAcknowledgedOnceItIsKnownToBeKept) {
  LegTimes slow;
  slow.acknowledge = std::chrono::seconds(30);
  times = slow;
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, a);
  target.reply(invite, 200, TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  EXPECT_FALSE(target.request("ACK", milliseconds(100)));
  // The core's next command says that the answer is in the journal.
  submit(core::BridgeLegs{a, b});
  EXPECT_TRUE(target.request("ACK"));
}

TEST_F(LegAdoptTest, ACustomerWhoWasNotAnsweredYetIsAnswered) {
  start();
  const LegId a = customer_calls();
  restart();
  const auto done = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=sendonly"));
  customer.take(*answer);
  customer.ack();
  ok(done);
  // And his hang-up is heard.
  customer.ask("BYE");
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::remote, ended->cause);
}

TEST_F(LegAdoptTest, ACustomerWhoWasNotAnsweredYetCanGiveUp) {
  start();
  customer_calls();
  restart();
  customer.cancel();
  ASSERT_TRUE(customer.response(487));
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(487, ended->code);
}

TEST_F(LegAdoptTest, AnAnswerWithoutItsAckIsGivenAgain) {
  start();
  const LegId a = customer_calls();
  submit(core::AnswerLeg{a, core::Sound::queue});
  const auto first = customer.response(200);
  ASSERT_TRUE(first);
  restart();
  const auto done = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto second = customer.response(200);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->header("To"), second->header("To"));
  EXPECT_EQ(first->body(), second->body());
  customer.take(*second);
  customer.ack();
  ok(done);
}

TEST_F(LegAdoptTest, AnInviteThatComesAgainIsTheCallThatWaits) {
  start();
  const LegId a = customer_calls();
  restart();
  customer.call_again();
  const auto done = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  customer.take(*answer);
  customer.ack();
  ok(done);
  EXPECT_EQ(0U, events.count<core::LegIncoming>());
}

TEST_F(LegAdoptTest, APhoneThatHungUpMeanwhileIsFound) {
  LegTimes quick;
  quick.first_check = milliseconds(50);
  times = quick;
  start();
  const auto [a, b] = bridged();
  restart();
  const auto asked = target.request("INVITE");
  ASSERT_TRUE(asked);
  target.reply(*asked, 481);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  EXPECT_EQ(core::EndCause::unreachable, ended->cause);
}

TEST_F(LegAdoptTest, CseqRisesOverEachRestart) {
  check_after_the_record();
  start();
  updatable_customer_parked();
  int before = 0;
  for (int i = 0; i < 3; ++i) {
    restart();
    const auto check = customer.request("UPDATE");
    ASSERT_TRUE(check);
    EXPECT_GT(check->cseq(), before);
    before = check->cseq();
    customer.reply(*check, 200);
  }
}

TEST_F(LegAdoptTest, AnAddressLearntFromAnUpdateIsKept) {
  start();
  const LegId a = customer_parked();
  phone2.call_id = customer.call_id;
  phone2.local = customer.local;
  phone2.remote = customer.remote;
  phone2.target = customer.target;
  phone2.cseq = customer.cseq;
  phone2.ask("UPDATE");
  ASSERT_TRUE(phone2.response(200));
  nothing_comes(phone2);
  const int records = saved();
  phone2.ask("UPDATE");
  ASSERT_TRUE(phone2.response(200));
  nothing_comes(phone2);
  EXPECT_EQ(records, saved()) << "a refresh by which nothing changes costs no record";
  restart();
  submit(core::EndLeg{a, 0, {}});
  EXPECT_TRUE(phone2.request("BYE"));
}

TEST_F(LegAdoptTest, AnAddressLearntFromTheAnswerToAnUpdateIsKept) {
  check_after_the_record();
  start();
  const LegId a = updatable_customer_parked();
  restart();
  const auto check = customer.request("UPDATE");
  ASSERT_TRUE(check);
  phone2.reply(*check, 200);
  nothing_comes(phone2);
  restart();
  submit(core::EndLeg{a, 0, {}});
  EXPECT_TRUE(phone2.request("BYE"));
}

TEST_F(LegAdoptTest, AMuteThatWasRefusedDoesNotComeBack) {
  start();
  const auto [a, b] = bridged();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto reinvite = target.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_THAT(reinvite->body(), HasSubstr("a=sendonly"));
  // Kept while it is open, by whatever it is.
  target.ask("UPDATE", "", "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
  ASSERT_TRUE(target.response(200));
  nothing_comes(customer);
  target.reply(*reinvite, 488);
  const auto result = events.result(mute);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
  nothing_comes(customer);
  restart();
  submit(core::ParkLeg{b, core::Sound::hold});
  const auto hold = target.request("INVITE");
  ASSERT_TRUE(hold);
  target.reply(*hold, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ASSERT_TRUE(target.request("ACK"));
  submit(core::BridgeLegs{a, b});
  const auto resumed = customer.request("INVITE");
  ASSERT_TRUE(resumed);
  customer.reply(*resumed, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  const auto joined = target.request("INVITE");
  ASSERT_TRUE(joined);
  EXPECT_THAT(joined->body(), HasSubstr("a=sendrecv"));
}

// The phone may not have seen it, and the agent would speak to the customer as one who is muted.
TEST_F(LegAdoptTest, AMuteThatWasOpenIsCarriedOutAgain) {
  start();
  const auto [a, b] = bridged();
  submit(core::MuteLeg{b, true});
  const auto before = target.request("INVITE");
  ASSERT_TRUE(before);
  nothing_comes(customer);
  restart();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto again = target.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > before->cseq(); });
  ASSERT_TRUE(again);
  EXPECT_EQ(before->body(), again->body());
  target.reply(*again, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(mute);
}

TEST_F(LegAdoptTest, AMuteThatWasKeptWhileItWasOpenIsCarriedOutAgain) {
  start();
  const auto [a, b] = bridged();
  submit(core::MuteLeg{b, true});
  const auto before = target.request("INVITE");
  ASSERT_TRUE(before);
  target.ask("UPDATE", "", "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
  ASSERT_TRUE(target.response(200));
  nothing_comes(customer);
  restart();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto again = target.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > before->cseq(); });
  ASSERT_TRUE(again);
  EXPECT_THAT(again->body(), HasSubstr("a=sendonly"));
  target.reply(*again, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(mute);
}

TEST_F(LegAdoptTest, WhatWasTakenOverCountsOnItsTrunk) {
  carrier_calls = 1;
  start();
  const auto [a, b] = bridged();
  restart();
  core::DialLeg dial;
  dial.leg = leg_id(60);
  dial.target = core::OutsideNumber{"+12082097345", ""};
  const auto refused = events.result(submit(dial));
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->ok);
  EXPECT_EQ(503, refused->code);
  EXPECT_THAT(refused->text, HasSubstr("limit of 1 calls"));
  const auto ended = submit(core::EndLeg{b, 0, {}});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(*bye, 200);
  ok(ended);
  dial.leg = leg_id(61);
  ok(submit(dial));
  EXPECT_TRUE(target.request("INVITE"));
}

TEST_F(LegAdoptTest, ARecordThatCannotBeReadLosesThatLegAlone) {
  start();
  const LegId a = customer_parked();
  kept[leg_id(99)] = "\x01garbage";
  restart();
  EXPECT_THAT(sip->adopted_legs(), ::testing::ElementsAre(a));
  EXPECT_FALSE(kept.contains(leg_id(99)));
}

TEST_F(LegAdoptTest, TheEndOfALegThatIsNotThereIsDone) {
  start();
  ok(submit(core::EndLeg{leg_id(12), 0, {}}));
}

TEST_F(LegAdoptTest, APhoneNeedNotRegisterAgain) {
  start();
  sign_in(agent);
  restart();
  EXPECT_THAT(sip->reachable_phones(), ::testing::ElementsAre("agent1"));
  core::DialLeg dial;
  dial.leg = leg_id(50);
  dial.target = core::AgentPhone{"agent1", false};
  ok(submit(dial));
  EXPECT_TRUE(agent.request("INVITE"));
  EXPECT_EQ(1U, events.count<core::PhoneReachable>()) << "told by the first switch only";
}

// The answer says the same as before: whose hold it is has not changed.
TEST_F(LegAdoptTest, APartysHoldIsInForceAfterItWasAskedWhetherItLives) {
  start();
  bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "inactive", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "inactive", 3, "0 101"));
  ASSERT_TRUE(target.response(200));
  target.ack();
  ASSERT_TRUE(events.wait<core::LegHeld>());
  nothing_comes(target);
  restart();
  int asked = 0;
  for (auto [ua, rtp, version] :
       {std::tuple{&customer, kCustomerRtp, 3}, {&target, kTargetRtp, 2}}) {
    const auto lives = ua->wait([&](const Message& m) {
      return m.method() == "INVITE" && (ua == &target || m.cseq() > carried->cseq());
    });
    ASSERT_TRUE(lives);
    EXPECT_THAT(lives->body(), HasSubstr("a=inactive"));
    asked = ua == &customer ? lives->cseq() : asked;
    ua->reply(*lives, 200, TestUa::sdp(rtp, "inactive", version, "0 101"));
    ASSERT_TRUE(ua->request("ACK"));
  }
  EXPECT_FALSE(
      customer.wait([&](const Message& m) { return m.method() == "INVITE" && m.cseq() > asked; },
                    milliseconds(300)));
}

TEST_F(LegAdoptTest, ACallCostsFewRecords) {
  start();
  const auto [a, b] = bridged();
  // The customer came, was answered, and joined; the target was dialled and answered.
  EXPECT_EQ(5, saves);
  ASSERT_TRUE(kept.contains(a));
  EXPECT_LT(kept.at(a).size(), 2600U);
  EXPECT_LT(kept.at(b).size(), 2600U);
}

}  // namespace
}  // namespace baton::telephony::sip
