#include "telephony/sip/sip_switch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "telephony/sip/leg_test_fixture.hpp"

// How legs come up, are joined, and end. What happens inside their dialogs: leg_test.cpp.

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

class SipSwitchTest : public testing::SwitchFixture {};

TEST_F(SipSwitchTest, ParkedCustomerIsBridgedToWhoAnswersAndEachHasTheOthersSdp) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(invite)) << invite.text;
  EXPECT_THAT(invite.header("From"), HasSubstr("+4930123"));
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  target_answers(invite);
  bridge(a, b);

  // Park, dial again, bridge, end: a blind transfer.
  const auto park = submit(core::ParkLeg{a, core::Sound::ringback});
  const auto hold = customer.request("INVITE");
  ASSERT_TRUE(hold);
  EXPECT_THAT(hold->body(), HasSubstr("a=sendonly"));
  customer.reply(*hold, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  ok(park);

  const auto end = submit(core::EndLeg{b, 0, ""});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(*bye, 200);
  ok(end);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  EXPECT_EQ(core::EndCause::local, ended->cause);

  const LegId c = leg_id(2);
  const Message second = dial_target(c, a);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(second));
  EXPECT_THAT(second.body(), Not(HasSubstr("a=recvonly")));
  target_answers(second);
  bridge(a, c);

  customer.ask("BYE");
  ASSERT_TRUE(customer.response(200));
  const auto gone = events.wait<core::LegEnded>();
  ASSERT_TRUE(gone);
  EXPECT_EQ(a, gone->leg);
  EXPECT_EQ(core::EndCause::remote, gone->cause);
  EXPECT_EQ(0U, events.count<core::LegEnded>());
}

TEST_F(SipSwitchTest, ACustomerWhoGivesUpWhileItRingsEndsItsLeg) {
  start();
  const LegId leg = customer_calls();
  ok(submit(core::RingLeg{leg}));
  ASSERT_TRUE(customer.response(180));
  customer.cancel();
  ASSERT_TRUE(customer.response(487));
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(leg, ended->leg);
  EXPECT_EQ(core::EndCause::remote, ended->cause);
  const auto late = events.result(submit(core::AnswerLeg{leg, core::Sound::queue}));
  ASSERT_TRUE(late);
  EXPECT_FALSE(late->ok);
  EXPECT_EQ(481, late->code);
}

TEST_F(SipSwitchTest, AnIncomingLegIsRefusedWithTheStatusThatTheCoreNames) {
  start();
  const LegId leg = customer_calls();
  ok(submit(core::EndLeg{leg, 503, "Full"}));
  const auto answer = customer.response(503);
  ASSERT_TRUE(answer);
  EXPECT_EQ("5", answer->header("Retry-After"));
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::local, ended->cause);
}

TEST_F(SipSwitchTest, ARingingCustomerIsAnsweredByTheBridgeItself) {
  start();
  const LegId a = customer_calls();
  ok(submit(core::RingLeg{a}));
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target_answers(invite);
  const auto id = submit(core::BridgeLegs{b, a});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*answer));
  customer.take(*answer);
  customer.ack();
  ok(id);
  EXPECT_FALSE(target.request("INVITE", milliseconds(100)));
}

TEST_F(SipSwitchTest, ACustomerWithoutOfferIsOfferedTheSource) {
  start();
  const LegId leg = customer_calls("");
  const auto id = submit(core::AnswerLeg{leg, core::Sound::hold});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=sendonly"));
  customer.take(*answer);
  customer.ack(TestUa::sdp(kCustomerRtp, "recvonly"));
  ok(id);
}

TEST_F(SipSwitchTest, AllPhonesOfAnAgentRingAndTheFirstAnswerWins) {
  start();
  sign_in(agent);
  sign_in(phone2);
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  core::DialLeg dial;
  dial.leg = b;
  dial.target = core::AgentPhone{"agent1", true};
  dial.media_of = a;
  dial.presentation.from_number = "+49301";
  dial.presentation.from_name = "Erika \"E\" Muster";
  const auto id = submit(dial);
  const auto first = agent.request("INVITE");
  const auto second = phone2.request("INVITE");
  ASSERT_TRUE(first && second);
  ok(id);
  EXPECT_THAT(first->header("Call-Info"), HasSubstr("answer-after=0"));
  EXPECT_THAT(first->header("Alert-Info"), HasSubstr("info=alert-autoanswer"));
  EXPECT_THAT(first->header("From"), HasSubstr("\"Erika \\\"E\\\" Muster\""));
  agent.reply(*first, 180);
  phone2.reply(*second, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  phone2.reply(*second, 200, TestUa::sdp(kAgentRtp));
  ASSERT_TRUE(phone2.request("ACK"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  const auto cancel = agent.request("CANCEL");
  ASSERT_TRUE(cancel);
  // The CANCEL crosses this phone's own 200.
  agent.reply(*first, 200, TestUa::sdp(kAgentRtp + 100));
  ASSERT_TRUE(agent.request("ACK"));
  const auto bye = agent.request("BYE");
  ASSERT_TRUE(bye);
  agent.reply(*bye, 200);
  agent.reply(*cancel, 200);
  EXPECT_FALSE(events.wait<core::LegRinging>({}, milliseconds(50)));
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));
}

TEST_F(SipSwitchTest, WhenEveryPhoneRefusesTheLegEndsOnceWithTheTellingCode) {
  start();
  sign_in(agent);
  sign_in(phone2);
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::AgentPhone{"agent1", false};
  ok(submit(dial));
  const auto first = agent.request("INVITE");
  const auto second = phone2.request("INVITE");
  ASSERT_TRUE(first && second);
  agent.reply(*first, 500);
  phone2.reply(*second, 486);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::refused, ended->cause);
  EXPECT_EQ(486, ended->code);
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));
}

TEST_F(SipSwitchTest, DiallingAnAgentWithoutPhoneOrANumberWithoutTrunkFails) {
  adjust = [](SipConfig& config) {
    config.trunks[1].prefixes = {"+1"};
    config.trunks.emplace_back().name = "unresolved";
    config.trunks.back().address = "no-such-name.invalid:5060";
    config.trunks.back().prefixes = {"+44"};
  };
  start();
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::AgentPhone{"agent1", false};
  auto result = events.result(submit(dial));
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
  EXPECT_EQ(480, result->code);
  // Which is nothing that the number is to blame for, as a 404 would say.
  for (const char* number : {"+442079460000", "+4930123456"}) {
    dial.target = core::OutsideNumber{number, ""};
    result = events.result(submit(dial));
    ASSERT_TRUE(result) << number;
    EXPECT_FALSE(result->ok) << number;
    EXPECT_EQ(503, result->code) << number;
  }
}

TEST_F(SipSwitchTest, ATrunkThatMayShowNoNumberShowsNone) {
  adjust = [](SipConfig& config) { config.trunks[1].allowed_caller_ids.clear(); };
  start();
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::OutsideNumber{"+12082097345", "+49301"};
  dial.presentation.from_number = "+49301";
  dial.presentation.from_name = "Erika Muster";
  dial.presentation.headers["P-Asserted-Identity"] = "<sip:+49301@carrier.example>";
  ok(submit(dial));
  const auto invite = target.request("INVITE");
  ASSERT_TRUE(invite);
  EXPECT_THAT(invite->header("From"), HasSubstr("<sip:anonymous@anonymous.invalid>"));
  EXPECT_THAT(invite->header("From"), Not(HasSubstr("Muster")));
  EXPECT_THAT(invite->text, Not(HasSubstr("49301")));
}

TEST_F(SipSwitchTest, EndingARingingLegSendsCancelOnlyAfterAProvisionalResponse) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  const auto id = submit(core::EndLeg{b, 0, ""});
  EXPECT_FALSE(target.request("CANCEL", milliseconds(200)));
  target.reply(invite, 180);
  const auto cancel = target.request("CANCEL");
  ASSERT_TRUE(cancel);
  target.reply(*cancel, 200);
  target.reply(invite, 487);
  ASSERT_TRUE(target.request("ACK"));
  ok(id);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::local, ended->cause);
  EXPECT_FALSE(events.wait<core::LegRinging>({}, milliseconds(50)));
}

TEST_F(SipSwitchTest, AnAnswerThatCrossesTheCancelIsAcknowledgedAndEnded) {
  times = LegTimes{};
  times->end_report = milliseconds(150);
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  const auto id = submit(core::EndLeg{b, 0, ""});
  ASSERT_TRUE(target.request("CANCEL"));
  // Nobody answers the CANCEL: the core is told in time all the same.
  ok(id);
  ASSERT_TRUE(events.wait<core::LegEnded>());
  target.reply(invite, 200, TestUa::sdp(kTargetRtp));
  ASSERT_TRUE(target.request("ACK"));
  ASSERT_TRUE(target.request("BYE"));
  EXPECT_FALSE(events.wait<core::LegAnswered>({}, milliseconds(50)));
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));
}

TEST_F(SipSwitchTest, ATrunkThatAsksForDigestGetsItOnce) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  const std::string challenge_header =
      "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"abc\", algorithm=MD5, "
      "qop=\"auth\"\r\n";
  target.reply(invite, 407, "", challenge_header);
  const auto again = target.wait([](const Message& m) {
    return m.method() == "INVITE" && !m.header("Proxy-Authorization").empty();
  });
  ASSERT_TRUE(again);
  EXPECT_THAT(again->header("Proxy-Authorization"), HasSubstr("username=\"baton\""));
  EXPECT_EQ(invite.cseq() + 1, again->cseq());
  target.reply(*again, 407, "", challenge_header);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(407, ended->code);
}

TEST_F(SipSwitchTest, AnOfferThatDoesNotSuitIsTriedOnceMoreWithoutOne) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target.reply(invite, 488);
  const auto again =
      target.wait([](const Message& m) { return m.method() == "INVITE" && m.body().empty(); });
  ASSERT_TRUE(again);
  target.reply(*again, 200, TestUa::sdp(kTargetRtp));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  // Its offer waits for the customer's answer.
  const auto id = submit(core::BridgeLegs{a, b});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*reinvite));
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 2));
  ASSERT_TRUE(customer.request("ACK"));
  const auto ack =
      target.wait([](const Message& m) { return m.method() == "ACK" && !m.body().empty(); });
  ASSERT_TRUE(ack);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*ack));
  ok(id);
}

TEST_F(SipSwitchTest, ASecondAnswerOfAForkIsAcknowledgedAndEnded) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  target.reply(invite, 180, "", "", "fork-one");
  target.reply(invite, 180, "", "", "fork-two");
  target.reply(invite, 200, TestUa::sdp(kTargetRtp), "", "fork-two");
  const auto ack = target.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->header("To"), HasSubstr("fork-two"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  target.reply(invite, 200, TestUa::sdp(kTargetRtp + 2), "", "fork-one");
  const auto stray = target.request("ACK");
  ASSERT_TRUE(stray);
  EXPECT_THAT(stray->header("To"), HasSubstr("fork-one"));
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  EXPECT_THAT(bye->header("To"), HasSubstr("fork-one"));
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));
}

TEST_F(SipSwitchTest, ASecondAnswerOfAForkRightBehindTheFirstIsAcknowledgedAndEnded) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  target.reply(invite, 180, "", "", "fork-one");
  target.reply(invite, 180, "", "", "fork-two");
  ASSERT_TRUE(events.wait<core::LegRinging>());
  target.reply(invite, 200, TestUa::sdp(kTargetRtp), "", "fork-two");
  target.reply(invite, 200, TestUa::sdp(kTargetRtp + 2), "", "fork-one");
  std::vector<std::string> acknowledged;
  const auto bye = target.wait([&](const Message& m) {
    EXPECT_EQ("70", m.header("Max-Forwards")) << m.text;
    if (m.method() == "ACK") acknowledged.push_back(m.header("To"));
    return m.method() == "BYE";
  });
  ASSERT_TRUE(bye);
  EXPECT_THAT(bye->header("To"), HasSubstr("fork-one"));
  // The one that counts is acknowledged once its answer is known to be kept.
  EXPECT_THAT(acknowledged, ::testing::ElementsAre(HasSubstr("fork-one")));
  const auto ack = target.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->header("To"), HasSubstr("fork-two"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));
}

TEST_F(SipSwitchTest, EarlyMediaIsNotRingingAndItsReliableFormIsAcknowledged) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  EXPECT_THAT(invite.header("Supported"), HasSubstr("100rel"));
  target.reply(invite, 183, TestUa::sdp(kTargetRtp), "Require: 100rel\r\nRSeq: 7\r\n");
  const auto prack = target.request("PRACK");
  ASSERT_TRUE(prack);
  EXPECT_EQ(fmt::format("7 {} INVITE", invite.cseq()), prack->header("RAck"));
  target.reply(*prack, 200);
  EXPECT_FALSE(events.wait<core::LegRinging>({}, milliseconds(100)));
  // The answer came in the 183; the 200 need not repeat it (RFC 3262 section 5).
  target.reply(invite, 200);
  ASSERT_TRUE(target.request("ACK"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
}

TEST_F(SipSwitchTest, AnUpdateOfAnEarlyDialogIsAnsweredOnceItsOfferHasAnAnswer) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target.reply(invite, 183, "", "");
  target.take_dialog_as_callee();
  const auto final_of = [this](int cseq) {
    return target.wait([&](const Message& m) { return m.code() >= 200 && m.cseq() == cseq; });
  };
  // The INVITE's offer is not answered yet.
  auto answer = final_of(target.ask("UPDATE", TestUa::sdp(kTargetRtp + 2, "sendrecv", 2)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(491, answer->code());
  target.reply(invite, 183, TestUa::sdp(kTargetRtp + 2), "Require: 100rel\r\nRSeq: 7\r\n");
  const auto prack = target.request("PRACK");
  ASSERT_TRUE(prack);
  target.reply(*prack, 200);
  answer = final_of(target.ask("UPDATE", TestUa::sdp(kTargetRtp, "sendrecv", 2)));
  ASSERT_TRUE(answer);
  EXPECT_EQ(200, answer->code());
  EXPECT_THAT(answer->body(), HasSubstr("m=audio"));
  EXPECT_FALSE(answer->header("Contact").empty());
  target.reply(invite, 200);
  ASSERT_TRUE(target.request("ACK"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  // The customer is told of the media that the UPDATE gave.
  submit(core::BridgeLegs{a, b});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*reinvite));
}

TEST_F(SipSwitchTest, ACustomerWhoRequires100relGetsAReliable180) {
  start();
  const LegId leg = customer_calls(TestUa::sdp(kCustomerRtp), "Require: 100rel\r\n");
  ok(submit(core::RingLeg{leg}));
  const auto ringing = customer.response(180);
  ASSERT_TRUE(ringing);
  ASSERT_FALSE(ringing->header("RSeq").empty()) << ringing->text;
  customer.take(*ringing);
  const int invite_cseq = customer.cseq;
  customer.ask("PRACK", "",
               fmt::format("RAck: {} {} INVITE\r\n", ringing->header("RSeq"), invite_cseq));
  const auto answer = customer.wait(
      [](const Message& m) { return m.code() >= 200 && m.header("CSeq").ends_with("PRACK"); });
  ASSERT_TRUE(answer);
  EXPECT_EQ(200, answer->code());
  const auto id = submit(core::AnswerLeg{leg, core::Sound::queue});
  const auto accepted = customer.wait(
      [](const Message& m) { return m.code() == 200 && m.header("CSeq").ends_with("INVITE"); });
  ASSERT_TRUE(accepted);
  customer.ack("", invite_cseq);
  ok(id);
}

TEST_F(SipSwitchTest, AnAnswerThatDiffersIsOfferedToTheOtherOnceMore) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target_answers(invite);
  const auto id = submit(core::BridgeLegs{a, b});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  // The customer has moved meanwhile.
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp + 20, "sendrecv", 2, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto reoffer = target.request("INVITE");
  ASSERT_TRUE(reoffer);
  EXPECT_EQ(std::to_string(kCustomerRtp + 20), audio_port(*reoffer));
  target.reply(*reoffer, 200, TestUa::sdp(kTargetRtp, "sendrecv", 2, "0 101"));
  ASSERT_TRUE(target.request("ACK"));
  ok(id);
}

TEST_F(SipSwitchTest, ABridgeThatACustomerRefusesLeavesBothLegsUp) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target_answers(invite);
  const auto id = submit(core::BridgeLegs{a, b});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  customer.reply(*reinvite, 488);
  const auto result = events.result(id);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
  EXPECT_EQ(488, result->code);
  EXPECT_EQ(a, result->failed_leg);
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(100)));
}

TEST_F(SipSwitchTest, AnIncomingLegThatAJoinAnswersIsToldToBeUpEvenIfTheJoinFails) {
  start();
  const LegId a = customer_calls("");
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  target.reply(invite, 200, TestUa::sdp(kTargetRtp, "recvonly"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  const auto id = submit(core::BridgeLegs{a, b});
  const auto accepted = customer.wait(
      [](const Message& m) { return m.code() == 200 && m.header("CSeq").ends_with("INVITE"); });
  ASSERT_TRUE(accepted);
  customer.take(*accepted);
  customer.ack(TestUa::sdp(kCustomerRtp));
  const auto answered = events.wait<core::LegAnswered>();
  ASSERT_TRUE(answered);
  EXPECT_EQ(a, answered->leg);
  const auto reoffer = target.request("INVITE");
  ASSERT_TRUE(reoffer);
  target.reply(*reoffer, 488);
  const auto parked = customer.request("INVITE");
  ASSERT_TRUE(parked);
  customer.reply(*parked, 200, TestUa::sdp(kCustomerRtp, "recvonly", 4, "0 101"));
  const auto result = events.result(id);
  ASSERT_TRUE(result);
  EXPECT_EQ(488, result->code);
  EXPECT_EQ(b, result->failed_leg);
}

TEST_F(SipSwitchTest, ABridgeThatTheSecondRefusesParksTheFirstAgain) {
  start();
  const auto [a, b] = bridged();
  const LegId c = leg_id(9);
  // c was dialled with the source's offer, so it must be told of the customer.
  const Message invite = dial_target(c, {});
  target.reply(invite, 200, TestUa::sdp(kTargetRtp + 2, "recvonly"));
  ASSERT_TRUE(target.request("ACK"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  const auto id = submit(core::BridgeLegs{a, c});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto reoffer = target.request("INVITE");
  ASSERT_TRUE(reoffer);
  target.reply(*reoffer, 488);
  const auto parked = customer.request("INVITE");
  ASSERT_TRUE(parked);
  EXPECT_THAT(parked->body(), HasSubstr("a=sendonly"));
  customer.reply(*parked, 200, TestUa::sdp(kCustomerRtp, "recvonly", 4, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto result = events.result(id);
  ASSERT_TRUE(result);
  EXPECT_EQ(488, result->code);
  EXPECT_EQ(c, result->failed_leg);
}

TEST_F(SipSwitchTest, AnUnansweredByeIsReportedInTime) {
  times = LegTimes{};
  times->end_report = milliseconds(150);
  start();
  const auto [a, b] = bridged();
  const auto id = submit(core::EndLeg{b, 0, ""});
  ASSERT_TRUE(target.request("BYE"));
  ok(id);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  EXPECT_EQ(core::EndCause::local, ended->cause);
}

TEST_F(SipSwitchTest, EveryCommandHasOneResultEvenWhenTheSwitchHasStopped) {
  start();
  const auto unknown = events.result(submit(core::ParkLeg{leg_id(77), core::Sound::hold}));
  ASSERT_TRUE(unknown);
  EXPECT_EQ(481, unknown->code);
  sip->stop();
  const auto stopped = events.result(submit(core::ParkLeg{leg_id(77), core::Sound::hold}));
  ASSERT_TRUE(stopped);
  EXPECT_EQ(503, stopped->code);
  EXPECT_EQ(0U, events.count<core::CommandResult>());
}

TEST_F(SipSwitchTest, ACallerIsToldTryingOnlyWhereTheAnswerTakesLong) {
  start();
  const auto called = std::chrono::steady_clock::now();
  customer_calls();
  const auto first = customer.wait([](const Message&) { return true; });
  ASSERT_TRUE(first);
  EXPECT_EQ(100, first->code());
  EXPECT_GE(std::chrono::steady_clock::now() - called, LegTimes().trying);
}

TEST_F(SipSwitchTest, StoppingSaysNothingToWhoWaitsForAnAnswer) {
  start();
  customer_calls();
  sip->stop();
  EXPECT_FALSE(customer.wait([](const Message& m) { return m.code() > 100; }, milliseconds(50)));
}

TEST_F(SipSwitchTest, WhoComesOnceItIsSilentIsLeftToTheNextProcess) {
  start();
  customer_parked();
  sip->fall_silent();
  customer.ask("BYE");
  target.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port), TestUa::sdp(kTargetRtp));
  // Each result takes a turn of the loop, which has read the two by then.
  for (int turn = 0; turn < 3; ++turn) {
    ASSERT_TRUE(events.result(submit(core::ParkLeg{leg_id(77), core::Sound::hold})));
  }
  sip->stop();
  const auto any = [](const Message&) { return true; };
  EXPECT_FALSE(customer.wait(any, milliseconds(50)));
  EXPECT_FALSE(target.wait(any, milliseconds(50)));
  EXPECT_EQ(0U, events.count<core::LegEnded>() + events.count<core::LegIncoming>());
}

TEST_F(SipSwitchTest, TheIdOfACallThatComesInBeginsWithItsTime) {
  const auto now = [] {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
  };
  start();
  const std::uint64_t before = now();
  customer.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port),
                TestUa::sdp(kCustomerRtp));
  const auto incoming = events.wait<core::LegIncoming>();
  ASSERT_TRUE(incoming);
  // RFC 9562, section 5.7: 48 bits of milliseconds, version 7, variant 10.
  EXPECT_GE(incoming->leg.high >> 16U, before);
  EXPECT_LE(incoming->leg.high >> 16U, now());
  EXPECT_EQ((incoming->leg.high >> 12U) & 0xfU, 7U);
  EXPECT_EQ(incoming->leg.low >> 62U, 2U);
}

TEST_F(SipSwitchTest, HeadersOfACallPassOnlyWhereTheyShould) {
  start();
  const std::string more =
      "P-Asserted-Identity: <sip:+49301@carrier.example>\r\nUser-to-User: 3132;encoding=hex\r\n"
      "X-Case-Id: 4711\r\nX-Secret: no\r\nUser-Agent: Carrier/1\r\n";
  customer.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port),
                TestUa::sdp(kCustomerRtp), more);
  const auto open = events.wait<core::LegIncoming>();
  ASSERT_TRUE(open);
  EXPECT_EQ("customers", open->trunk);
  EXPECT_EQ(testing::kInbound, open->to_number);
  EXPECT_EQ("+49301", open->presentation.from_number);
  EXPECT_EQ("<sip:+49301@carrier.example>", open->presentation.headers.at("P-Asserted-Identity"));
  EXPECT_EQ("3132;encoding=hex", open->presentation.headers.at("User-to-User"));
  EXPECT_EQ("4711", open->presentation.headers.at("X-Case-Id"));
  EXPECT_EQ(3U, open->presentation.headers.size());

  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::OutsideNumber{"+12082097345", "+49301"};
  dial.presentation = open->presentation;
  dial.max_forwards = 12;
  ok(submit(dial));
  const auto invite = target.request("INVITE");
  ASSERT_TRUE(invite);
  EXPECT_EQ("4711", invite->header("X-Case-Id"));
  EXPECT_EQ("3132;encoding=hex", invite->header("User-to-User"));
  EXPECT_EQ("<sip:+49301@carrier.example>", invite->header("P-Asserted-Identity"));
  EXPECT_EQ("12", invite->header("Max-Forwards"));
  EXPECT_EQ(1U, invite->all("Max-Forwards").size());
  EXPECT_THAT(invite->text, Not(HasSubstr("Carrier/1")));

  TestUa discreet("127.0.0.2", "anonymous");
  discreet.server(port);
  discreet.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port),
                TestUa::sdp(kCustomerRtp), more + "Privacy: id\r\n");
  const auto hidden = events.wait<core::LegIncoming>();
  ASSERT_TRUE(hidden);
  EXPECT_FALSE(hidden->presentation.headers.contains("P-Asserted-Identity"));
}

TEST_F(SipSwitchTest, ACallersNumberHasNoneOfItsParametersAndSeparators) {
  start();
  customer.remote = fmt::format("<sip:{}@127.0.0.1:{}>", testing::kInbound, port);
  customer.target = fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port);
  for (const auto& [from, number] : std::vector<std::pair<std::string, std::string>>{
           {"sip:+49301;verstat=TN-Validation-Passed@carrier.example;user=phone", "+49301"},
           {"sip:+49-30-1@carrier.example", "+49301"},
           {"tel:+49-30-1", "+49301"},
           {"tel:+49301;cpc=ordinary", "+49301"},
           {"sip:(030).1;phone-context=%2b49@carrier.example", "0301"},
           // No telephone-subscriber: a name is as it is written.
           {"sip:erika.muster-2;x@carrier.example", "erika.muster-2;x"},
           {"sip:carrier.example", ""}}) {
    customer.call_id = from;
    customer.local = fmt::format("<{}>;tag=f", from);
    customer.ask("INVITE", TestUa::sdp(kCustomerRtp));
    const auto incoming = events.wait<core::LegIncoming>();
    ASSERT_TRUE(incoming) << from;
    EXPECT_EQ(number, incoming->presentation.from_number) << from;
  }
}

TEST_F(SipSwitchTest, OurOwnCallsTakeNoPlaceOnATrunkWhateverItsName) {
  carrier_calls = 1;
  adjust = [](SipConfig& config) { config.trunks[1].name = "internal"; };
  start();
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::OutsideNumber{testing::kInbound, ""};
  ok(submit(dial));
  const auto incoming = events.wait<core::LegIncoming>();
  ASSERT_TRUE(incoming);
  EXPECT_NE("internal", incoming->trunk) << "which is another's name";
  (void)dial_target(leg_id(2), {});
}

TEST_F(SipSwitchTest, ANumberOfOurOwnIsRoutedInsideWithItsHopsCountedDown) {
  start();
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::OutsideNumber{testing::kInbound, ""};
  dial.presentation.from_number = "+49301";
  dial.max_forwards = 5;
  ok(submit(dial));
  const auto incoming = events.wait<core::LegIncoming>();
  ASSERT_TRUE(incoming);
  EXPECT_EQ(testing::kInbound, incoming->to_number);
  EXPECT_EQ(5, incoming->max_forwards);
  EXPECT_NE(dial.leg, incoming->leg);
  const auto ring = submit(core::RingLeg{incoming->leg});
  ok(ring);
  const auto ringing = events.wait<core::LegRinging>();
  ASSERT_TRUE(ringing);
  EXPECT_EQ(dial.leg, ringing->leg);
  const auto answer = submit(core::AnswerLeg{incoming->leg, core::Sound::silence});
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  ok(answer);
  ok(submit(core::EndLeg{dial.leg, 0, ""}));
  ASSERT_TRUE(events.wait<core::LegEnded>());
  ASSERT_TRUE(events.wait<core::LegEnded>());
}

TEST_F(SipSwitchTest, AnInviteWithoutTagThatFollowsOneOfTheSameCallIsNoReinvite) {
  start();
  customer_parked();
  const std::string to = customer.remote;
  customer.remote = fmt::format("<sip:{}@127.0.0.1:{}>", testing::kInbound, port);
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp));
  EXPECT_TRUE(customer.wait([](const Message& m) { return m.code() >= 400; }));
  customer.remote = to;
  customer.ask("OPTIONS");
  EXPECT_TRUE(customer.response(200));
}

}  // namespace
}  // namespace baton::telephony::sip
