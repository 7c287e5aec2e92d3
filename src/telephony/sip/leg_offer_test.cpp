#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "telephony/sip/leg_test_fixture.hpp"

// A party's offer that is carried to the other, when something comes between.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using testing::audio_port;
using ::testing::HasSubstr;
using testing::kCustomerRtp;
using testing::kTargetRtp;
using testing::Message;
using testing::TestUa;

class LegOfferTest : public testing::SwitchFixture {
 protected:
  /// Answers the customer's next re-INVITE, which parks him.
  void customer_is_parked(core::CommandId park, int cseq = 0) {
    const auto hold = next_invite(customer, cseq);
    ASSERT_TRUE(hold);
    EXPECT_THAT(hold->body(), HasSubstr("a=sendonly"));
    customer.reply(*hold, 200, TestUa::sdp(kCustomerRtp, "recvonly", 9, "0 101"));
    ok(park);
  }
  /// Answers the next re-INVITE, and returns what it offered.
  static std::string answered_next(TestUa& ua, int& cseq, int rtp, std::string_view answer) {
    const auto offer = next_invite(ua, cseq);
    EXPECT_TRUE(offer);
    if (!offer) return {};
    cseq = offer->cseq();
    ua.reply(*offer, 200, TestUa::sdp(rtp, answer, cseq, "0 101"));
    return offer->body();
  }
  /// The target refuses the re-INVITE of a Mute or Unmute, which comes after that of `cseq`.
  void is_refused_by_the_target(const core::MuteLeg& command, int cseq) {
    const auto id = submit(command);
    const auto asked = next_invite(target, cseq);
    ASSERT_TRUE(asked);
    target.reply(*asked, 488);
    const auto result = events.result(id);
    ASSERT_TRUE(result);
    EXPECT_EQ(488, result->code);
    theirs = asked->cseq();
  }
  /// Mutes the target, holds both and joins them again, so that the customer is told of it.
  void is_joined_muted(core::LegId a, core::LegId b) {
    const auto mute = submit(core::MuteLeg{b, true});
    EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "recvonly"), HasSubstr("a=sendonly"));
    ok(mute);
    const auto hold = submit(core::ParkLeg{a, core::Sound::hold});
    EXPECT_THAT(answered_next(customer, mine, kCustomerRtp, "recvonly"), HasSubstr("a=sendonly"));
    ok(hold);
    const auto hold_other = submit(core::ParkLeg{b, core::Sound::silence});
    answered_next(target, theirs, kTargetRtp, "recvonly");
    ok(hold_other);
    const auto join = submit(core::BridgeLegs{a, b});
    EXPECT_THAT(answered_next(customer, mine, kCustomerRtp, "sendonly"), HasSubstr("a=recvonly"));
    EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "recvonly"), HasSubstr("a=sendonly"));
    ok(join);
  }

  int mine = 0;    // CSeq of the last re-INVITE that the customer had,
  int theirs = 0;  // and of the target's.
};

TEST_F(LegOfferTest, AHoldThatIsTakenBackIsTakenBackFromTheOtherToo) {
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  target.cancel();
  ASSERT_TRUE(target.response(487));
  target.ack();
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  const auto back = next_invite(customer, carried->cseq());
  ASSERT_TRUE(back);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*back));
  EXPECT_THAT(back->body(), HasSubstr("a=sendrecv"));
  customer.reply(*back, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 4, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  EXPECT_FALSE(events.wait<core::LegHeld>({}, milliseconds(50)));

  // Both legs are free again: the party's next offer is carried, and commands are done.
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 3, "0 101"));
  const auto again = next_invite(customer, back->cseq());
  ASSERT_TRUE(again);
  customer.reply(*again, 200, TestUa::sdp(kCustomerRtp, "recvonly", 5, "0 101"));
  ASSERT_TRUE(target.response(200));
  target.ack();
  EXPECT_TRUE(events.wait<core::LegHeld>());
  customer_is_parked(submit(core::ParkLeg{a, core::Sound::hold}), again->cseq());
}

TEST_F(LegOfferTest, AHoldIsTakenBackByAReinviteWithoutOffer) {
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto held = customer.request("INVITE");
  ASSERT_TRUE(held);
  customer.reply(*held, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(target.response(200));
  target.ack();
  const auto hold = events.wait<core::LegHeld>();
  ASSERT_TRUE(hold);
  EXPECT_TRUE(hold->held);

  const int cseq = target.ask("INVITE");
  const auto offer =
      target.wait([&](const Message& m) { return m.code() == 200 && m.cseq() == cseq; });
  ASSERT_TRUE(offer);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*offer));
  EXPECT_THAT(offer->body(), HasSubstr("a=sendrecv"));
  target.ack(TestUa::sdp(kTargetRtp, "sendrecv", 3, "0 101"));
  const auto back = events.wait<core::LegHeld>();
  ASSERT_TRUE(back);
  EXPECT_EQ(b, back->leg);
  EXPECT_FALSE(back->held);
  const auto resumed = next_invite(customer, held->cseq());
  ASSERT_TRUE(resumed);
  EXPECT_THAT(resumed->body(), HasSubstr("a=sendrecv"));
  customer.reply(*resumed, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 4, "0 101"));
  EXPECT_TRUE(customer.request("ACK"));
}

TEST_F(LegOfferTest, AReinviteWithoutOfferHoldsByItsAnswer) {
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE");
  ASSERT_TRUE(target.response(200));
  target.ack(TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto held = events.wait<core::LegHeld>();
  ASSERT_TRUE(held);
  EXPECT_EQ(b, held->leg);
  EXPECT_TRUE(held->held);
  const auto told = customer.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_THAT(told->body(), HasSubstr("a=sendonly"));
}

TEST_F(LegOfferTest, AParkedPartyTakesItsHoldBackByAReinviteWithoutOffer) {
  start();
  customer_parked();
  int cseq = customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "sendonly", 2));
  const auto answer =
      customer.wait([&](const Message& m) { return m.code() == 200 && m.cseq() == cseq; });
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=inactive"));
  customer.ack();
  ASSERT_TRUE(events.wait<core::LegHeld>());
  cseq = customer.ask("INVITE");
  const auto offer =
      customer.wait([&](const Message& m) { return m.code() == 200 && m.cseq() == cseq; });
  ASSERT_TRUE(offer);
  EXPECT_THAT(offer->body(), HasSubstr("a=sendonly"));
  customer.ack(TestUa::sdp(kCustomerRtp, "recvonly", 3));
  const auto back = events.wait<core::LegHeld>();
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->held);
}

// By the stack. Else the party would give its call up after 32 s (RFC 3261, timer B), and might not
// CANCEL.
TEST_F(LegOfferTest, APartyWhoseOfferIsCarriedIsToldThatItIsBeingTried) {
  start();
  bridged();
  const int cseq = target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  const auto trying = target.response(100);
  ASSERT_TRUE(trying);
  EXPECT_EQ(cseq, trying->cseq());
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  EXPECT_TRUE(target.response(200));
  target.ack();
}

TEST_F(LegOfferTest, AnOfferThatTheOtherNeverAnswersIsRefusedAndTheLegsAreFree) {
  times = LegTimes{};
  times->carried_offer = milliseconds(300);
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 180);
  const auto cancel = customer.request("CANCEL");
  ASSERT_TRUE(cancel);
  customer.reply(*cancel, 200);
  customer.reply(*carried, 487);
  EXPECT_TRUE(target.response(504)) << "487 is for a request that was cancelled by who sent it";
  target.ack();
  customer_is_parked(submit(core::ParkLeg{a, core::Sound::hold}), carried->cseq());
}

// Its sender gives its own call up after 32 s without an answer (RFC 3261, timer F).
TEST_F(LegOfferTest, AnUpdateThatTheOtherDoesNotAnswerIsRefusedInTimeAndTheSessionsAreAsBefore) {
  times = LegTimes{};
  times->request_waits = milliseconds(300);
  start();
  bridged();
  const int cseq = target.ask("UPDATE", TestUa::sdp(kTargetRtp + 4, "sendrecv", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  const auto late = target.response(504);
  ASSERT_TRUE(late);
  EXPECT_EQ(cseq, late->cseq());
  // It did agree, too late.
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  const auto back = next_invite(customer, carried->cseq());
  ASSERT_TRUE(back);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*back));
  customer.reply(*back, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 4, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  // Both legs are free again.
  target.ask("UPDATE", TestUa::sdp(kTargetRtp + 4, "sendrecv", 3, "0 101"));
  const auto again = next_invite(customer, back->cseq());
  ASSERT_TRUE(again);
  EXPECT_EQ(std::to_string(kTargetRtp + 4), audio_port(*again));
  customer.reply(*again, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 5, "0 101"));
  EXPECT_TRUE(target.response(200));
}

TEST_F(LegOfferTest, AnOfferOfWhichTheOtherLeavesNothingIsTakenBackFromItToo) {
  start();
  bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp + 4, "sendrecv", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 200, TestUa::sdp(0, "sendrecv", 3, "0 101"));
  EXPECT_TRUE(target.response(488));
  target.ack();
  const auto back = next_invite(customer, carried->cseq());
  ASSERT_TRUE(back);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*back)) << "the target's session is as before";
}

TEST_F(LegOfferTest, AMuteThatFailedBehindALongOfferIsNotDoneAfterIt) {
  times = LegTimes{};
  times->job_deadline = milliseconds(1000);
  times->carried_offer = std::chrono::seconds(20);
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp + 4, "sendrecv", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  const auto mute = events.result(submit(core::MuteLeg{a, true}));
  ASSERT_TRUE(mute);
  EXPECT_EQ(504, mute->code);
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  ASSERT_TRUE(target.response(200));
  target.ack();
  // Behind it, and with nothing to do.
  ok(submit(core::MuteLeg{a, false}));
  EXPECT_FALSE(next_invite(customer, carried->cseq(), milliseconds(100)));
  EXPECT_FALSE(target.request("INVITE", milliseconds(50)));
}

TEST_F(LegOfferTest, AMuteThatIsAnsweredAfterItFailedIsTakenBack) {
  times = LegTimes{};
  times->job_deadline = milliseconds(1000);
  start();
  const auto [a, b] = bridged();
  const auto id = submit(core::MuteLeg{b, true});
  const auto muted = target.request("INVITE");
  ASSERT_TRUE(muted);
  EXPECT_THAT(muted->body(), HasSubstr("a=sendonly"));
  target.reply(*muted, 100);
  const auto cancel = target.request("CANCEL");
  ASSERT_TRUE(cancel);
  const auto result = events.result(id);
  ASSERT_TRUE(result);
  EXPECT_EQ(504, result->code);
  // It crossed the CANCEL.
  target.reply(*muted, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  const auto back = next_invite(target, muted->cseq());
  ASSERT_TRUE(back);
  EXPECT_THAT(back->body(), HasSubstr("a=sendrecv"));
  target.reply(*back, 200, TestUa::sdp(kTargetRtp, "sendrecv", 3, "0 101"));
  // It is known to be so: nobody has to be asked.
  ok(submit(core::MuteLeg{b, false}));
}

TEST_F(LegOfferTest, AMuteThatIsAnsweredAfterItFailedAndIsNotTakenBackIsTold) {
  times = LegTimes{};
  times->job_deadline = milliseconds(1000);
  start();
  const auto [a, b] = bridged();
  int cseq = 0;
  for (const bool muted : {true, false}) {
    const auto id = submit(core::MuteLeg{b, muted});
    const auto asked = next_invite(target, cseq);
    ASSERT_TRUE(asked);
    target.reply(*asked, 100);
    ASSERT_TRUE(target.request("CANCEL"));
    const auto result = events.result(id);
    ASSERT_TRUE(result);
    EXPECT_EQ(504, result->code);
    target.reply(*asked, 200,
                 TestUa::sdp(kTargetRtp, muted ? "recvonly" : "sendrecv", asked->cseq(), "0 101"));
    const auto back = next_invite(target, asked->cseq());
    ASSERT_TRUE(back);
    target.reply(*back, 488);
    const auto told = events.wait<core::LegMuted>();
    ASSERT_TRUE(told);
    EXPECT_EQ(b, told->leg);
    EXPECT_EQ(muted, told->muted);
    // It is known to be so: nobody has to be asked.
    ok(submit(core::MuteLeg{b, muted}));
    cseq = back->cseq();
  }
}

TEST_F(LegOfferTest, AMuteThatIsRefusedToWhoIsMutedLeavesItMuted) {
  start();
  const auto [a, b] = bridged();
  const auto mute = submit(core::MuteLeg{b, true});
  EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "recvonly"), HasSubstr("a=sendonly"));
  ok(mute);
  // The customer moves, of which the target's phone will not hear.
  customer.ask("INVITE", "");
  ASSERT_TRUE(customer.response(200));
  customer.ack(TestUa::sdp(kCustomerRtp + 4, "recvonly", 3, "0 101"));
  const auto moved = next_invite(target, theirs);
  ASSERT_TRUE(moved);
  EXPECT_EQ(std::to_string(kCustomerRtp + 4), audio_port(*moved));
  target.reply(*moved, 488);
  // Another tab of his desktop asks once more.
  is_refused_by_the_target(core::MuteLeg{b, true}, moved->cseq());

  customer.ask("INVITE", TestUa::sdp(kCustomerRtp + 8, "sendrecv", 4, "0 101"));
  EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "recvonly"), HasSubstr("a=sendonly"));
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=recvonly"));
}

TEST_F(LegOfferTest, AnUnmuteThatIsRefusedToWhoIsHeardLeavesItHeard) {
  start();
  const auto [a, b] = bridged();
  customer.ask("INVITE", "");
  ASSERT_TRUE(customer.response(200));
  customer.ack(TestUa::sdp(kCustomerRtp + 4, "sendrecv", 3, "0 101"));
  const auto moved = next_invite(target, theirs);
  ASSERT_TRUE(moved);
  target.reply(*moved, 488);
  is_refused_by_the_target(core::MuteLeg{b, false}, moved->cseq());

  customer.ask("INVITE", TestUa::sdp(kCustomerRtp + 8, "sendrecv", 4, "0 101"));
  EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "sendrecv"), HasSubstr("a=sendrecv"));
}

TEST_F(LegOfferTest, APartyThatTookItsOfferBackIsFreeWhenTheOtherEnds) {
  start();
  const auto [a, b] = bridged();
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp + 4, "sendrecv", 3, "0 101"));
  ASSERT_TRUE(target.request("INVITE"));
  customer.cancel();
  ASSERT_TRUE(customer.response(487));
  customer.ack();
  const auto end = submit(core::EndLeg{b, 0, ""});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(*bye, 200);
  ok(end);
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  customer_is_parked(park);
}

TEST_F(LegOfferTest, AnOfferThatIsTakenBackDuringTheBackOffIsNotCarriedAgain) {
  start();
  const auto [a, b] = bridged();
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp + 4, "sendrecv", 3, "0 101"));
  const auto carried = target.request("INVITE");
  ASSERT_TRUE(carried);
  target.reply(*carried, 491);
  ASSERT_TRUE(target.request("ACK"));
  customer.cancel();
  ASSERT_TRUE(customer.response(487));
  customer.ack();
  // It waits for the back-off of up to 4 s.
  const auto mute = submit(core::MuteLeg{b, true});
  const auto next = next_invite(target, carried->cseq());
  ASSERT_TRUE(next);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*next));
  EXPECT_THAT(next->body(), HasSubstr("a=sendonly"));
  target.reply(*next, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(mute);
}

TEST_F(LegOfferTest, WhatTheOtherIsToDoWaitsForItsAnswerWhenThePartyHangsUp) {
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  target.ask("BYE");
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  EXPECT_FALSE(events.result(park, milliseconds(100)));
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  customer_is_parked(park, carried->cseq());
}

TEST_F(LegOfferTest, TheOfferOfAPartyThatHungUpDuringTheBackOffIsNotCarriedAgain) {
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp + 4, "sendrecv", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 491);
  target.ask("BYE");
  ASSERT_TRUE(events.wait<core::LegEnded>());
  customer_is_parked(submit(core::ParkLeg{a, core::Sound::hold}), carried->cseq());
}

TEST_F(LegOfferTest, WhoWasJoinedToAMutedPartyIsToldWhenItIsHeardAgain) {
  start();
  const auto [a, b] = bridged();
  is_joined_muted(a, b);

  const auto unmute = submit(core::MuteLeg{b, false});
  EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "sendrecv"), HasSubstr("a=sendrecv"));
  EXPECT_THAT(answered_next(customer, mine, kCustomerRtp, "sendrecv"), HasSubstr("a=sendrecv"));
  ok(unmute);
}

TEST_F(LegOfferTest, WhoRefreshedItsSessionWithAMutedPartyIsToldWhenItIsHeardAgain) {
  start();
  const auto [a, b] = bridged();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto muted = target.request("INVITE");
  ASSERT_TRUE(muted);
  target.reply(*muted, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(mute);
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "sendrecv", 2, "0 101"));
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=recvonly"));
  customer.ack();
  const auto unmute = submit(core::MuteLeg{b, false});
  const auto heard = next_invite(target, muted->cseq());
  ASSERT_TRUE(heard);
  target.reply(*heard, 200, TestUa::sdp(kTargetRtp, "sendrecv", 3, "0 101"));
  ok(unmute);
  const auto told = customer.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_THAT(told->body(), HasSubstr("a=sendrecv"));
}

TEST_F(LegOfferTest, ARefreshOfWhatAMutedPartyAllowedIsNotTheWillOfWhoSendsIt) {
  start();
  const auto [a, b] = bridged();
  is_joined_muted(a, b);

  const int refresh = customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "sendonly", mine, "0 101"));
  const auto refreshed =
      customer.wait([&](const Message& m) { return m.code() == 200 && m.cseq() == refresh; });
  ASSERT_TRUE(refreshed);
  EXPECT_THAT(refreshed->body(), HasSubstr("a=recvonly"));
  customer.ack();
  EXPECT_FALSE(events.wait<core::LegHeld>({}, milliseconds(50)));

  const auto unmute = submit(core::MuteLeg{b, false});
  EXPECT_THAT(answered_next(target, theirs, kTargetRtp, "sendrecv"), HasSubstr("a=sendrecv"));
  EXPECT_THAT(answered_next(customer, mine, kCustomerRtp, "sendrecv"), HasSubstr("a=sendrecv"));
  ok(unmute);
}

TEST_F(LegOfferTest, ARefreshOfTheOthersHoldIsNoHoldOfWhoSendsIt) {
  start();
  const auto [a, b] = bridged();
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "inactive", 3, "0 101"));
  const auto carried = target.request("INVITE");
  ASSERT_TRUE(carried);
  target.reply(*carried, 200, TestUa::sdp(kTargetRtp, "inactive", 2, "0 101"));
  ASSERT_TRUE(customer.response(200));
  customer.ack();
  ASSERT_TRUE(events.wait<core::LegHeld>(
      [leg = a](const core::LegHeld& each) { return each.leg == leg && each.held; }));
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "inactive", 2, "0 101"));
  ASSERT_TRUE(target.response(200));
  target.ack();
  EXPECT_FALSE(events.wait<core::LegHeld>({}, milliseconds(50)));
}

// Our offer would have let it hear.
TEST_F(LegOfferTest, ARefreshOfARestrictionThatThePartyMadeItselfIsItsHold) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto offer = customer.request("INVITE");
  ASSERT_TRUE(offer);
  EXPECT_THAT(offer->body(), HasSubstr("a=sendonly"));
  customer.reply(*offer, 200, TestUa::sdp(kCustomerRtp, "inactive", 9, "0 101"));
  ok(park);
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "inactive", 9, "0 101"));
  const auto held = events.wait<core::LegHeld>();
  ASSERT_TRUE(held);
  EXPECT_EQ(a, held->leg);
  EXPECT_TRUE(held->held);
}

TEST_F(LegOfferTest, UnmutingTellsNobodyWhatHeKnows) {
  start();
  const auto [a, b] = bridged();
  int cseq = 0;
  for (const bool muted : {true, false}) {
    const auto id = submit(core::MuteLeg{b, muted});
    const auto offer = next_invite(target, cseq);
    ASSERT_TRUE(offer);
    cseq = offer->cseq();
    target.reply(*offer, 200,
                 TestUa::sdp(kTargetRtp, muted ? "recvonly" : "sendrecv", cseq, "0 101"));
    ok(id);
  }
  // Were he told, his re-INVITE would come before that of the hold.
  customer_is_parked(submit(core::ParkLeg{a, core::Sound::hold}));
}

TEST_F(LegOfferTest, AReliableProvisionalResponseToAReinviteIsAcknowledged) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  const std::string answer = TestUa::sdp(kCustomerRtp, "recvonly", 9, "0 101");
  const auto pracked = [&](int rseq) {
    const auto prack = customer.request("PRACK");
    ASSERT_TRUE(prack);
    EXPECT_EQ(fmt::format("{} {} INVITE", rseq, hold->cseq()), prack->header("RAck"));
    EXPECT_EQ(customer.remote, prack->header("From"));
    customer.reply(*prack, 200);
  };
  customer.reply(*hold, 183, answer, "Require: 100rel\r\nRSeq: 41\r\n");
  pracked(41);
  // The same again, which the PRACK crossed, is passed over, and so is one that skips a number.
  customer.reply(*hold, 183, answer, "Require: 100rel\r\nRSeq: 41\r\n");
  customer.reply(*hold, 180, "", "Require: 100rel\r\nRSeq: 43\r\n");
  customer.reply(*hold, 180, "", "Require: 100rel\r\nRSeq: 42\r\n");
  pracked(42);
  // The answer came in the 183; the 200 need not repeat it (RFC 3262 section 5).
  customer.reply(*hold, 200);
  ASSERT_TRUE(customer.request("ACK"));
  ok(park);
}

TEST_F(LegOfferTest, ABodyThatIsNoSdpIsRefused) {
  start();
  bridged();
  for (const std::string_view method : {"INVITE", "UPDATE"}) {
    const int cseq = target.ask(method, "--b--\r\n");
    const auto refused =
        target.wait([&](const Message& m) { return m.code() >= 200 && m.cseq() == cseq; });
    ASSERT_TRUE(refused);
    EXPECT_EQ(415, refused->code()) << method;
    EXPECT_EQ("application/sdp", refused->header("Accept"));
    if (method == "INVITE") target.ack();
  }
  // One that need not be understood is a request without offer (RFC 3261 section 20.11).
  target.ask("INVITE", "--b--\r\n", "Content-Disposition: signal;handling=optional\r\n");
  const auto offer = target.response(200);
  ASSERT_TRUE(offer);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*offer));
}

TEST_F(LegOfferTest, AnExtensionThatIsUnknownIsRefusedInsideTheDialogToo) {
  start();
  bridged();
  for (const std::string_view method : {"INVITE", "UPDATE", "INFO", "REFER"}) {
    const int cseq = target.ask(
        method, method == "INVITE" ? TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101") : "",
        "Require: timer, precondition\r\nRefer-To: <sip:bob@baton>\r\n");
    const auto refused =
        target.wait([&](const Message& m) { return m.code() >= 200 && m.cseq() == cseq; });
    ASSERT_TRUE(refused);
    EXPECT_EQ(420, refused->code()) << method;
    EXPECT_EQ("precondition", refused->header("Unsupported"));
    if (method == "INVITE") target.ack();
  }
  // Who leaves is let go.
  const int bye = target.ask("BYE", "", "Require: precondition\r\n");
  const auto gone = target.wait([&](const Message& m) { return m.cseq() == bye; });
  ASSERT_TRUE(gone);
  EXPECT_EQ(200, gone->code());
}

}  // namespace
}  // namespace baton::telephony::sip
