#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

#include "telephony/sip/leg_test_fixture.hpp"

// How legs come up where the other side makes it hard: forks, reliable provisional responses, an
// offer that does not suit, an ACK that never comes.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using testing::audio_port;
using ::testing::HasSubstr;
using testing::kAgentRtp;
using testing::kCustomerRtp;
using testing::kTargetRtp;
using testing::Message;
using ::testing::Not;
using testing::TestUa;

class LegSetupTest : public testing::SwitchFixture {
 protected:
  static std::string reliable(int rseq) {
    return fmt::format("Require: 100rel\r\nRSeq: {}\r\n", rseq);
  }
  /// The INVITE without offer that follows once the target refused ours.
  Message offerless_invite(LegId leg, std::optional<LegId> media_of) {
    const Message invite = dial_target(leg, media_of);
    target.reply(invite, 488);
    const auto again =
        target.wait([](const Message& m) { return m.method() == "INVITE" && m.body().empty(); });
    EXPECT_TRUE(again);
    return again.value_or(Message{});
  }
  /// No leg is left. Each result takes a turn of the loop, in which what ended is freed.
  void expect_no_leg() {
    for (int turn = 0; turn < 5 && sip->stats().legs_open != 0; ++turn) {
      ASSERT_TRUE(events.result(submit(core::ParkLeg{leg_id(77), core::Sound::hold})));
    }
    EXPECT_EQ(0U, sip->stats().legs_open);
  }
};

TEST_F(LegSetupTest, AnInviteThatIsMadeAnewLeavesTheEarlyDialogsOfTheFirstBehind) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, customer_parked());
  target.reply(invite, 183, "",
               "Require: 100rel\r\nRSeq: 7\r\nRecord-Route: <sip:127.0.0.3:9;lr>\r\n", "first");
  // Its own Contact, and another phone of the same number.
  target.reply(invite, 180, "", "", "second");
  ASSERT_TRUE(events.wait<core::LegRinging>());
  target.reply(invite, 488);
  const auto again =
      target.wait([](const Message& m) { return m.method() == "INVITE" && m.body().empty(); });
  ASSERT_TRUE(again);
  EXPECT_EQ(invite.uri(), again->uri());
  EXPECT_EQ(invite.header("To"), again->header("To"));
  EXPECT_EQ(invite.header("From"), again->header("From"));
  EXPECT_EQ(invite.header("Call-ID"), again->header("Call-ID"));
  EXPECT_GT(again->cseq(), invite.cseq());
  EXPECT_TRUE(again->all("Route").empty());

  // The numbers of its reliable responses begin anew, too.
  target.reply(*again, 183, "", reliable(1), "third");
  const auto prack = target.wait([&](const Message& m) {
    return m.method() == "PRACK" && m.header("RAck") == fmt::format("1 {} INVITE", again->cseq());
  });
  ASSERT_TRUE(prack);
  EXPECT_THAT(prack->header("To"), HasSubstr("third"));
  target.reply(*again, 200, TestUa::sdp(kTargetRtp), "", "third");
  ASSERT_TRUE(events.wait<core::LegAnswered>());
}

// A name that a message brings is not looked up, and without its PRACK the carrier gives up.
TEST_F(LegSetupTest, ThePrackGoesToTheTrunkWhereItsContactIsAName) {
  start();
  const Message invite = dial_target(leg_id(1), customer_parked());
  const std::string address = std::exchange(target.host, "sbc-7.invalid");
  target.reply(invite, 183, TestUa::sdp(kTargetRtp), reliable(1), "one");
  const auto prack = target.request("PRACK");
  ASSERT_TRUE(prack);
  EXPECT_THAT(prack->uri(), HasSubstr("@sbc-7.invalid:"));
  // Another fork has a Contact of its own.
  target.host = address;
  target.reply(invite, 183, TestUa::sdp(kTargetRtp + 2), reliable(1), "two");
  const auto other =
      target.wait([](const Message& m) { return m.header("To").find("two") != std::string::npos; });
  ASSERT_TRUE(other);
  EXPECT_EQ("PRACK", other->method());
  EXPECT_THAT(other->uri(), HasSubstr("@" + address + ":"));
}

TEST_F(LegSetupTest, OfSeveralForksTheAnswerOfTheOneThatAcceptsCounts) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target.reply(invite, 183, TestUa::sdp(kTargetRtp), reliable(1), "one");
  ASSERT_TRUE(target.request("PRACK"));
  target.reply(invite, 183, TestUa::sdp(kTargetRtp + 2), reliable(1), "two");
  const auto second =
      target.wait([](const Message& m) { return m.header("To").find("two") != std::string::npos; });
  ASSERT_TRUE(second);
  EXPECT_EQ("PRACK", second->method());
  target.reply(invite, 200, "", "", "one");
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  submit(core::BridgeLegs{a, b});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*reinvite));
}

TEST_F(LegSetupTest, AnOfferInAReliableProvisionalResponseIsAnsweredInThePrack) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message again = offerless_invite(b, a);
  target.reply(again, 183, TestUa::sdp(kTargetRtp), reliable(1));
  const auto prack = target.request("PRACK");
  ASSERT_TRUE(prack);
  EXPECT_EQ("application/sdp", prack->header("Content-Type"));
  EXPECT_THAT(prack->body(), HasSubstr("m=audio"));
  EXPECT_THAT(prack->body(), HasSubstr("a=sendonly"));
  target.reply(*prack, 200);

  // The exchange is over: the 200 need not repeat the offer, and the ACK owes nothing.
  target.reply(again, 200);
  const auto ack = target.wait(
      [&](const Message& m) { return m.method() == "ACK" && m.cseq() == again.cseq(); });
  ASSERT_TRUE(ack);
  EXPECT_TRUE(ack->body().empty()) << ack->text;
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  const auto id = submit(core::BridgeLegs{a, b});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*reinvite));
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 2));
  const auto told = target.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*told));
  EXPECT_THAT(told->body(), HasSubstr("a=sendrecv"));
  target.reply(*told, 200, TestUa::sdp(kTargetRtp, "sendrecv", 2));
  ok(id);
}

TEST_F(LegSetupTest, AnOfferThatNobodyJoinsInTimeIsAnsweredByTheSource) {
  times = LegTimes{};
  times->delayed_answer = milliseconds(100);
  start();
  const LegId b = leg_id(1);
  const Message again = offerless_invite(b, {});
  target.reply(again, 200, TestUa::sdp(kTargetRtp));
  const auto ack = target.wait(
      [&](const Message& m) { return m.method() == "ACK" && m.cseq() == again.cseq(); });
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->body(), HasSubstr("a=sendonly"));
  // It is as good as parked.
  ok(submit(core::ParkLeg{b, core::Sound::hold}));
}

TEST_F(LegSetupTest, AnOfferThatTheSourceDoesNotSuitIsRejectedInTheAck) {
  start();
  const LegId b = leg_id(1);
  const Message again = offerless_invite(b, {});
  target.reply(again, 200,
               "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
               "m=audio 7000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:k\r\n");
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  submit(core::EndLeg{b, 0, ""});
  const auto ack = target.wait(
      [&](const Message& m) { return m.method() == "ACK" && m.cseq() == again.cseq(); });
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->body(), HasSubstr("m=audio 0 RTP/SAVP 0"));
  EXPECT_TRUE(target.request("BYE"));
}

TEST_F(LegSetupTest, ALegThatIsHungUpInsteadOfAcknowledgedIsFreed) {
  times = LegTimes{};
  times->end_report = milliseconds(100);
  start();
  const LegId leg = customer_calls();
  submit(core::AnswerLeg{leg, core::Sound::queue});
  const auto accepted = customer.response(200);
  ASSERT_TRUE(accepted);
  customer.take(*accepted);
  // No BYE may go out before the ACK, so that the end is told without one.
  const auto end = submit(core::EndLeg{leg, 0, ""});
  ok(end);
  ASSERT_TRUE(events.wait<core::LegEnded>());
  const int bye = customer.ask("BYE");
  ASSERT_TRUE(customer.wait([&](const Message& m) { return m.code() == 200 && m.cseq() == bye; }));
  expect_no_leg();
}

TEST_F(LegSetupTest, ALegThatHangsUpBeforeItsOfferIsAnsweredIsFreed) {
  start();
  const LegId b = leg_id(1);
  const Message again = offerless_invite(b, {});
  target.reply(again, 200, TestUa::sdp(kTargetRtp));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  const int bye = target.ask("BYE");
  ASSERT_TRUE(target.wait([&](const Message& m) { return m.code() == 200 && m.cseq() == bye; }));
  ASSERT_TRUE(events.wait<core::LegEnded>());
  expect_no_leg();
}

TEST_F(LegSetupTest, ASecondAnswerOfAForkIsEndedWhileAnotherPhoneIsStillToBeCancelled) {
  start();
  sign_in(agent);
  sign_in(phone2);
  core::DialLeg dial;
  dial.leg = leg_id(1);
  dial.target = core::AgentPhone{"agent1", false};
  ok(submit(dial));
  const auto invite = agent.request("INVITE");
  ASSERT_TRUE(invite);
  // Phone 2 says nothing at all.
  agent.reply(*invite, 180, "", "", "one");
  agent.reply(*invite, 180, "", "", "two");
  ASSERT_TRUE(events.wait<core::LegRinging>());
  agent.reply(*invite, 200, TestUa::sdp(kAgentRtp, "recvonly"), "", "one");
  const auto ack = agent.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->header("To"), HasSubstr("one"));
  agent.reply(*invite, 200, TestUa::sdp(kAgentRtp + 2, "recvonly"), "", "two");
  const auto bye = agent.request("BYE");
  ASSERT_TRUE(bye);
  EXPECT_THAT(bye->header("To"), HasSubstr("two"));
  EXPECT_FALSE(events.wait<core::LegEnded>({}, milliseconds(50)));
}

}  // namespace
}  // namespace baton::telephony::sip
