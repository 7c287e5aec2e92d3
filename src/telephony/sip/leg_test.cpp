#include "telephony/sip/leg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "telephony/sip/leg_test_fixture.hpp"

// What happens inside the dialogs of legs that are up.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::audio_port;
using ::testing::HasSubstr;
using testing::kAgentRtp;
using testing::kCustomerRtp;
using testing::kTargetRtp;
using testing::Message;
using ::testing::Not;
using testing::TestUa;

class LegTest : public testing::SwitchFixture {
 protected:
  LegId agent_up() { return SwitchFixture::agent_up(allow); }
  std::string allow;
};

TEST_F(LegTest, APartysHoldIsCarriedToTheOtherAndTold) {
  start();
  const auto [a, b] = bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  EXPECT_THAT(carried->body(), HasSubstr("a=sendonly"));
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto answer = target.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=recvonly"));
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*answer));
  target.ack();
  const auto held = events.wait<core::LegHeld>();
  ASSERT_TRUE(held);
  EXPECT_EQ(b, held->leg);
  EXPECT_TRUE(held->held);

  // The same by UPDATE: back again.
  target.ask("UPDATE", TestUa::sdp(kTargetRtp, "sendrecv", 3, "0 101"));
  const auto resumed = customer.request("INVITE");
  ASSERT_TRUE(resumed);
  EXPECT_THAT(resumed->body(), HasSubstr("a=sendrecv"));
  customer.reply(*resumed, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 4, "0 101"));
  ASSERT_TRUE(target.response(200));
  const auto back = events.wait<core::LegHeld>();
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->held);
}

TEST_F(LegTest, ARefreshWithTheSameSdpIsNotCarriedOn) {
  start();
  bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101"));
  const auto answer = target.response(200);
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*answer));
  target.ack();
  EXPECT_FALSE(customer.request("INVITE", milliseconds(100)));
}

TEST_F(LegTest, AParkedPartyIsAnsweredHere) {
  start();
  customer_parked();
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp + 4, "sendrecv", 2));
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=sendonly"));
  customer.ack();
}

TEST_F(LegTest, ARefusalByTheOtherLeavesTheBridgeAsItWas) {
  start();
  bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 488);
  ASSERT_TRUE(target.response(488));
  target.ack();
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(100)));
  EXPECT_FALSE(events.wait<core::LegHeld>({}, milliseconds(10)));
}

TEST_F(LegTest, AChallengeOfTheOthersIsNotHandedToThePartyThatAsked) {
  start();
  bridged();
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "sendonly", 3, "0 101"));
  const auto carried = target.request("INVITE");
  ASSERT_TRUE(carried);
  target.reply(*carried, 407);
  EXPECT_TRUE(customer.response(500));
  customer.ack();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto info = target.request("INFO");
  ASSERT_TRUE(info);
  target.reply(*info, 401);
  EXPECT_TRUE(customer.response(500));
}

TEST_F(LegTest, CommandsOnOneLegWaitForEachOther) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto join = submit(core::BridgeLegs{a, b});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  EXPECT_THAT(hold->body(), HasSubstr("a=sendonly"));
  EXPECT_FALSE(target.request("INVITE", milliseconds(100)));
  customer.reply(*hold, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ok(park);
  const auto back = customer.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > hold->cseq(); });
  ASSERT_TRUE(back);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*back));
  customer.reply(*back, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 4, "0 101"));
  ok(join);
}

// A proxy says 100 for a party that has died behind it, and the stack's own deadline is over then.
TEST_F(LegTest, AReinviteThatGotATryingAndNothingMoreIsCancelledAndWhatWaitsIsTold) {
  times = LegTimes{};
  times->job_deadline = milliseconds(500);
  start();
  const auto [a, b] = bridged();
  const auto first = submit(core::ParkLeg{a, core::Sound::hold});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  customer.reply(*hold, 100);
  const auto second = submit(core::ParkLeg{a, core::Sound::queue});
  for (const auto each : {first, second}) {
    const auto result = events.result(each);
    ASSERT_TRUE(result);
    EXPECT_EQ(504, result->code);
  }
  const auto cancel = customer.request("CANCEL");
  ASSERT_TRUE(cancel);
  EXPECT_EQ(hold->cseq(), cancel->cseq());
  customer.reply(*cancel, 200);
  customer.reply(*hold, 487);
  // What was told as failed still has its turn: the next command finds the party parked.
  const auto turn = customer.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > hold->cseq(); });
  ASSERT_TRUE(turn);
  customer.reply(*turn, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ok(submit(core::ParkLeg{a, core::Sound::hold}));
  EXPECT_EQ(0U, events.count<core::LegEnded>());
}

TEST_F(LegTest, AnAnswerThatCrossesTheCancelOfAReinviteHolds) {
  times = LegTimes{};
  times->job_deadline = milliseconds(500);
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  customer.reply(*hold, 100);
  ASSERT_TRUE(customer.request("CANCEL"));
  customer.reply(*hold, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto result = events.result(park);
  ASSERT_TRUE(result);
  EXPECT_EQ(504, result->code);
  ok(submit(core::ParkLeg{a, core::Sound::queue}));
}

TEST_F(LegTest, AFailedHoldLeavesThePartyUpAndALostDialogEndsIt) {
  start();
  const auto [a, b] = bridged();
  auto park = submit(core::ParkLeg{a, core::Sound::hold});
  auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  customer.reply(*hold, 500);
  auto result = events.result(park);
  ASSERT_TRUE(result);
  EXPECT_EQ(500, result->code);
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));

  park = submit(core::ParkLeg{a, core::Sound::hold});
  hold = customer.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > hold->cseq(); });
  ASSERT_TRUE(hold);
  customer.reply(*hold, 481);
  result = events.result(park);
  ASSERT_TRUE(result);
  EXPECT_EQ(481, result->code);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(a, ended->leg);
  EXPECT_EQ(core::EndCause::unreachable, ended->cause);
}

TEST_F(LegTest, NothingThatWaitsForALegIsDoneOnceItIsLost) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto again = submit(core::ParkLeg{a, core::Sound::queue});
  const auto mute = submit(core::MuteLeg{a, false});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  customer.reply(*hold, 481);
  for (const auto each : {park, again, mute}) {
    const auto result = events.result(each);
    ASSERT_TRUE(result);
    EXPECT_EQ(481, result->code);
  }
  const auto bye =
      customer.wait([](const Message& m) { return !m.method().empty() && m.method() != "ACK"; });
  ASSERT_TRUE(bye);
  EXPECT_EQ("BYE", bye->method());
}

TEST_F(LegTest, NothingThatWaitsForALegIsDoneWhereItsAckBringsNoAnswer) {
  start();
  const LegId a = customer_calls("");
  const auto answer = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto offer = customer.response(200);
  ASSERT_TRUE(offer);
  customer.take(*offer);
  customer.ack();
  for (const auto& [command, code] : {std::pair{answer, 488}, {park, 481}}) {
    const auto result = events.result(command);
    ASSERT_TRUE(result);
    EXPECT_EQ(code, result->code);
  }
  const auto next = customer.wait([](const Message& m) { return !m.method().empty(); });
  ASSERT_TRUE(next);
  EXPECT_EQ("BYE", next->method());
}

// RFC 3311 section 5.2. 491 would be about an offer of ours.
TEST_F(LegTest, AnUpdateOfACallerWhoseOfferIsNotAnsweredYetIsToComeAgainLater) {
  start();
  const LegId a = customer_calls();
  ok(submit(core::RingLeg{a}));
  const auto ringing = customer.response(180);
  ASSERT_TRUE(ringing);
  customer.take(*ringing);
  const int cseq = customer.ask("UPDATE", TestUa::sdp(kCustomerRtp + 4, "sendrecv", 2));
  const auto later = customer.wait([&](const Message& m) { return m.cseq() == cseq; });
  ASSERT_TRUE(later);
  EXPECT_EQ(500, later->code());
  EXPECT_FALSE(later->header("Retry-After").empty());
}

TEST_F(LegTest, EndingWhileOurReinviteIsOpenStillEnds) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{a, core::Sound::hold});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  const auto end = submit(core::EndLeg{a, 0, ""});
  const auto bye = customer.request("BYE");
  ASSERT_TRUE(bye);
  customer.reply(*bye, 200);
  ok(end);
  const auto result = events.result(park);
  ASSERT_TRUE(result);
  EXPECT_EQ(481, result->code);
  ASSERT_TRUE(events.wait<core::LegEnded>());
  // The re-INVITE's 200 is acknowledged all the same.
  customer.reply(*hold, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3));
  EXPECT_TRUE(customer.request("ACK"));
}

TEST_F(LegTest, AnOfferlessReinviteGetsOursAndItsAnswerIsToldOnlyIfItDiffers) {
  start();
  bridged();
  target.ask("INVITE");
  const auto offer = target.response(200);
  ASSERT_TRUE(offer);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*offer));
  target.ack(TestUa::sdp(kTargetRtp + 8, "sendrecv", 2, "0 101"));
  const auto told = customer.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_EQ(std::to_string(kTargetRtp + 8), audio_port(*told));
  customer.reply(*told, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  EXPECT_TRUE(customer.request("ACK"));
}

TEST_F(LegTest, MutingTurnsTheAgentsDirectionOnly) {
  start();
  const auto [a, b] = bridged();
  const auto id = submit(core::MuteLeg{b, true});
  const auto reinvite = target.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_THAT(reinvite->body(), HasSubstr("a=sendonly"));
  target.reply(*reinvite, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(id);
  EXPECT_FALSE(customer.request("INVITE", milliseconds(100)));
}

TEST_F(LegTest, DigitsGoOneByOneByInfo) {
  start();
  const auto [a, b] = bridged();
  const auto id = submit(core::SendDtmf{b, "1#"});
  const auto first = target.request("INFO");
  ASSERT_TRUE(first);
  EXPECT_EQ("application/dtmf-relay", first->header("Content-Type"));
  EXPECT_EQ("Signal=1\r\nDuration=160\r\n", first->body());
  EXPECT_FALSE(
      target.wait([&](const Message& m) { return m.cseq() > first->cseq(); }, milliseconds(100)));
  target.reply(*first, 200);
  const auto second = target.request("INFO");
  ASSERT_TRUE(second);
  EXPECT_THAT(second->body(), HasSubstr("Signal=#"));
  target.reply(*second, 200);
  ok(id);

  const auto refused = submit(core::SendDtmf{b, "2"});
  const auto third = target.request("INFO");
  ASSERT_TRUE(third);
  target.reply(*third, 405);
  const auto result = events.result(refused);
  ASSERT_TRUE(result);
  EXPECT_EQ(405, result->code);
  const auto wrong = events.result(submit(core::SendDtmf{b, "1x"}));
  ASSERT_TRUE(wrong);
  EXPECT_FALSE(wrong->ok);
}

TEST_F(LegTest, DigitsOfTwoCommandsKeepTheirOrder) {
  start();
  const auto [a, b] = bridged();
  const auto first = submit(core::SendDtmf{b, "12"});
  const auto second = submit(core::SendDtmf{b, "34"});
  int cseq = 0;
  for (const std::string digit : {"1", "2", "3", "4"}) {
    const auto info = target.request("INFO");
    ASSERT_TRUE(info);
    EXPECT_EQ("Signal=" + digit + "\r\nDuration=160\r\n", info->body());
    cseq = info->cseq();
    EXPECT_FALSE(target.wait([&](const Message& m) { return m.cseq() > cseq; }, milliseconds(50)));
    target.reply(*info, 200);
    if (digit == "2") ok(first);
  }
  ok(second);
}

TEST_F(LegTest, ADigitThatIsRefusedEndsItsOwnCommandAlone) {
  start();
  const auto [a, b] = bridged();
  const auto first = submit(core::SendDtmf{b, "12"});
  const auto second = submit(core::SendDtmf{b, "3"});
  const auto refused = target.request("INFO");
  ASSERT_TRUE(refused);
  target.reply(*refused, 500);
  const auto result = events.result(first);
  ASSERT_TRUE(result);
  EXPECT_EQ(500, result->code);
  const auto next = target.request("INFO");
  ASSERT_TRUE(next);
  EXPECT_THAT(next->body(), HasSubstr("Signal=3"));
  target.reply(*next, 200);
  ok(second);
}

TEST_F(LegTest, WhoSendsDigitsFasterThanTheyAreTakenIsTold) {
  start();
  const auto [a, b] = bridged();
  for (int each = 0; each < 100; ++each) submit(core::SendDtmf{b, "1"});
  const auto result = events.result(submit(core::SendDtmf{b, "1"}));
  ASSERT_TRUE(result);
  EXPECT_EQ(503, result->code);
}

TEST_F(LegTest, DigitsThatWaitFailWithTheirLeg) {
  start();
  const auto [a, b] = bridged();
  const auto first = submit(core::SendDtmf{b, "12"});
  const auto second = submit(core::SendDtmf{b, "3"});
  const auto info = target.request("INFO");
  ASSERT_TRUE(info);
  target.ask("BYE");
  ASSERT_TRUE(events.wait<core::LegEnded>());
  for (const auto each : {first, second}) {
    const auto result = events.result(each);
    ASSERT_TRUE(result);
    EXPECT_EQ(481, result->code);
  }
  target.reply(*info, 200);
  EXPECT_FALSE(target.request("INFO", milliseconds(50)));
}

TEST_F(LegTest, APartysInfoIsCarriedToTheOther) {
  start();
  bridged();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto carried = target.request("INFO");
  ASSERT_TRUE(carried);
  EXPECT_EQ("application/dtmf-relay", carried->header("Content-Type"));
  EXPECT_THAT(carried->body(), HasSubstr("Signal=5"));
  target.reply(*carried, 415);
  EXPECT_TRUE(customer.response(415));
}

// Who sent it would take his own call for dead.
TEST_F(LegTest, AnInfoThatTheOtherDoesNotAnswerIsAnsweredInTime) {
  times = LegTimes{};
  times->request_waits = milliseconds(300);
  start();
  bridged();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto carried = target.request("INFO");
  ASSERT_TRUE(carried);
  EXPECT_TRUE(customer.response(503));
  // The answer that comes after all has nobody to go to.
  target.reply(*carried, 200);
  EXPECT_FALSE(customer.response(200, milliseconds(50)));
}

TEST_F(LegTest, AnInfoIsCarriedWithTheBoundaryOfItsParts) {
  start();
  bridged();
  customer.ask("INFO", "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n");
  const auto carried = target.request("INFO");
  ASSERT_TRUE(carried);
  EXPECT_EQ("multipart/mixed;boundary=b", carried->header("Content-Type"));
}

TEST_F(LegTest, AnInfoThatFindsNoDialogEndsThatPartyAndNotTheOneThatSentIt) {
  start();
  const auto [a, b] = bridged();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto carried = target.request("INFO");
  ASSERT_TRUE(carried);
  target.reply(*carried, 481);
  EXPECT_TRUE(customer.response(500));
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  EXPECT_EQ(core::EndCause::unreachable, ended->cause);
  EXPECT_EQ(481, ended->code);
  EXPECT_TRUE(target.request("BYE"));
  EXPECT_FALSE(customer.request("BYE", milliseconds(50)));
}

TEST_F(LegTest, TheTransferKeyOfAnAgentIsAReferAndAnyoneElsesIsDeclined) {
  start();
  const LegId leg = agent_up();
  agent.ask("REFER", "", "Refer-To: <sip:%2B12082097345@baton>\r\n");
  const auto refer = events.wait<core::LegRefer>();
  ASSERT_TRUE(refer);
  EXPECT_EQ(leg, refer->leg);
  EXPECT_EQ("+12082097345", refer->target_user);
  EXPECT_EQ("baton", refer->target_host);
  EXPECT_FALSE(refer->replaces);
  ok(submit(core::AnswerRefer{leg, refer->refer, 202}));
  ASSERT_TRUE(agent.response(202));
  const auto trying = submit(core::NotifyRefer{leg, refer->refer, 100, false});
  auto notify = agent.request("NOTIFY");
  ASSERT_TRUE(notify);
  EXPECT_THAT(notify->header("Event"), HasSubstr("refer"));
  EXPECT_THAT(notify->header("Subscription-State"), HasSubstr("active"));
  EXPECT_EQ("SIP/2.0 100 Trying\r\n", notify->body());
  agent.reply(*notify, 200);
  ok(trying);
  const auto last = submit(core::NotifyRefer{leg, refer->refer, 200, true});
  notify = agent.request("NOTIFY");
  ASSERT_TRUE(notify);
  EXPECT_THAT(notify->header("Subscription-State"), HasSubstr("terminated"));
  agent.reply(*notify, 200);
  ok(last);

  agent.ask("REFER", "",
            "Refer-To: <sip:bob@baton?Replaces=abc%3Bto-tag%3D1>\r\n"
            "Refer-Sub: false\r\n");
  const auto quiet = events.wait<core::LegRefer>();
  ASSERT_TRUE(quiet);
  EXPECT_TRUE(quiet->replaces);
  ok(submit(core::AnswerRefer{leg, quiet->refer, 202}));
  const auto accepted = agent.response(202);
  ASSERT_TRUE(accepted);
  EXPECT_EQ("false", accepted->header("Refer-Sub"));
  const auto untold = events.result(submit(core::NotifyRefer{leg, quiet->refer, 200, true}));
  ASSERT_TRUE(untold);
  EXPECT_FALSE(untold->ok) << "the phone does not know";
  EXPECT_EQ(481, untold->code);
  EXPECT_FALSE(agent.request("NOTIFY", milliseconds(100)));

  const LegId parked = customer_parked();
  customer.ask("REFER", "", "Refer-To: <sip:+12082097345@baton>\r\n");
  // The first of a call is told, for the audit; the core refuses it.
  const auto foreign = events.wait<core::LegRefer>();
  ASSERT_TRUE(foreign);
  EXPECT_EQ(parked, foreign->leg);
  ok(submit(core::AnswerRefer{parked, foreign->refer, 603}));
  EXPECT_TRUE(customer.response(603));
  customer.ask("REFER", "", "Refer-To: <sip:+12082097345@baton>\r\n");
  EXPECT_TRUE(customer.response(603));
  EXPECT_FALSE(events.wait<core::LegRefer>({}, milliseconds(100)));
}

TEST_F(LegTest, ARingingPhoneIsToldToPickUp) {
  start();
  sign_in(agent);
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::AgentPhone{"agent1", false};
  ok(submit(dial));
  const auto invite = agent.request("INVITE");
  ASSERT_TRUE(invite);
  agent.reply(*invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  const auto id = submit(core::TalkLeg{dial.leg});
  const auto notify = agent.request("NOTIFY");
  ASSERT_TRUE(notify);
  EXPECT_EQ("talk", notify->header("Event"));
  agent.reply(*notify, 200);
  ok(id);
  const auto refused = submit(core::TalkLeg{dial.leg});
  const auto again = agent.request("NOTIFY");
  ASSERT_TRUE(again);
  agent.reply(*again, 489);
  const auto result = events.result(refused);
  ASSERT_TRUE(result);
  EXPECT_EQ(489, result->code);
}

TEST_F(LegTest, OptionsInADialogIsAnsweredAndStrangeMethodsAreNot) {
  start();
  customer_parked();
  customer.ask("OPTIONS");
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->header("Allow"), HasSubstr("UPDATE"));
  customer.ask("MESSAGE");
  EXPECT_TRUE(customer.response(405));
}

TEST_F(LegTest, ASessionIsRefreshedByUpdateWhereThePeerAllowsIt) {
  SipConfig config;
  config.session_expires_seconds = 4;
  start(config);
  allow = "Allow: INVITE, ACK, BYE, UPDATE\r\nSession-Expires: 2;refresher=uac\r\n";
  agent_up();
  const auto update = agent.request("UPDATE", seconds(4));
  ASSERT_TRUE(update);
  EXPECT_THAT(update->header("Session-Expires"), HasSubstr("refresher=uac"));
  EXPECT_TRUE(update->body().empty());
  agent.reply(*update, 481);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::unreachable, ended->cause);
}

TEST_F(LegTest, ASessionIsRefreshedByReinviteElse) {
  SipConfig config;
  config.session_expires_seconds = 2;
  start(config);
  agent_up();
  const auto refresh = agent.request("INVITE", seconds(4));
  ASSERT_TRUE(refresh);
  EXPECT_THAT(refresh->body(), HasSubstr("a=sendonly"));
  agent.reply(*refresh, 200, TestUa::sdp(kAgentRtp, "recvonly"));
  EXPECT_TRUE(agent.request("ACK"));
  EXPECT_TRUE(agent.request("INVITE", seconds(4)));
}

TEST_F(LegTest, ASessionThatThePeerDoesNotRefreshEnds) {
  SipConfig config;
  config.session_expires_seconds = 2;
  start(config);
  allow = "Require: timer\r\nSession-Expires: 2;refresher=uas\r\n";
  agent_up();
  EXPECT_TRUE(agent.request("BYE", seconds(5)));
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::unreachable, ended->cause);
}

TEST_F(LegTest, TooShortSessionsAreRefusedBothWays) {
  start();
  customer.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port),
                TestUa::sdp(kCustomerRtp), "Supported: timer\r\nSession-Expires: 30\r\n");
  const auto refused = customer.response(422);
  ASSERT_TRUE(refused);
  EXPECT_EQ("90", refused->header("Min-SE"));
  EXPECT_FALSE(events.wait<core::LegIncoming>({}, milliseconds(50)));

  const Message invite = dial_target(leg_id(1), {});
  EXPECT_EQ("1800", invite.header("Session-Expires"));
  target.reply(invite, 422, "", "Min-SE: 3600\r\n");
  const auto again = target.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > invite.cseq(); });
  ASSERT_TRUE(again);
  EXPECT_EQ("3600", again->header("Session-Expires"));
}

TEST_F(LegTest, ASnapshotTellsWhatARestartNeeds) {
  start();
  const auto [a, b] = bridged();
  const auto all = sip->snapshots();
  ASSERT_EQ(2U, all.size());
  const auto& first = all[0].leg == a ? all[0] : all[1];
  EXPECT_EQ(LegState::confirmed, first.state);
  EXPECT_EQ(b, first.bridged_to);
  ASSERT_EQ(1U, first.dialogs.size());
  EXPECT_EQ(customer.call_id, first.dialogs[0].call_id);
  EXPECT_FALSE(first.dialogs[0].we_called);
  EXPECT_THAT(first.dialogs[0].remote_target, HasSubstr(std::to_string(customer.port)));
  EXPECT_THAT(first.local_sdp, HasSubstr(std::to_string(kTargetRtp)));
  EXPECT_THAT(first.remote_sdp, HasSubstr(std::to_string(kCustomerRtp)));
}

}  // namespace
}  // namespace baton::telephony::sip
