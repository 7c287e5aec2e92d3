#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>

#include "telephony/sip/leg_test_fixture.hpp"

// A carrier that asks for our credential in requests other than the first.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::kTargetRtp;
using testing::Message;
using testing::TestUa;

class LegChallengeTest : public testing::SwitchFixture {
 protected:
  void challenges(const Message& request) {
    target.reply(request, 407, "",
                 "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"abc\", algorithm=MD5, "
                 "qop=\"auth\"\r\n");
  }
  /// The carrier challenges a request and gets it again with our credential, which is returned.
  Message authorized(const Message& request) {
    challenges(request);
    const auto again = next(request);
    EXPECT_TRUE(again);
    if (!again) return {};
    EXPECT_THAT(again->header("Proxy-Authorization"), HasSubstr("username=\"baton\""));
    EXPECT_EQ(request.body(), again->body());
    return *again;
  }
  /// The next request of the same method.
  std::optional<Message> next(const Message& request) {
    return target.wait(
        [&](const Message& m) {
          return m.method() == request.method() && m.cseq() > request.cseq();
        },
        seconds(6));
  }
};

TEST_F(LegChallengeTest, AByeIsSentAgainWithTheCredential) {
  start();
  const auto [a, b] = bridged();
  const auto end = submit(core::EndLeg{b, 0, ""});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  const Message again = authorized(*bye);
  EXPECT_FALSE(events.result(end, milliseconds(20)));
  target.reply(again, 200);
  ok(end);
  EXPECT_TRUE(events.wait<core::LegEnded>());
}

TEST_F(LegChallengeTest, ACarrierThatCalledInMayAskForItToo) {
  start();
  target.call(fmt::format("sip:{}@127.0.0.1:{}", testing::kInbound, port), TestUa::sdp(kTargetRtp));
  const auto incoming = events.wait<core::LegIncoming>();
  ASSERT_TRUE(incoming);
  ASSERT_EQ("carrier", incoming->trunk);
  const auto answered = submit(core::AnswerLeg{incoming->leg, core::Sound::queue});
  const auto answer = target.response(200);
  ASSERT_TRUE(answer);
  target.take(*answer);
  target.ack();
  ok(answered);
  const auto end = submit(core::EndLeg{incoming->leg, 0, ""});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(authorized(*bye), 200);
  ok(end);
}

TEST_F(LegChallengeTest, AByeThatIsChallengedTwiceEndsTheLegAllTheSame) {
  start();
  const auto [a, b] = bridged();
  const auto end = submit(core::EndLeg{b, 0, ""});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  challenges(authorized(*bye));
  ok(end);
  EXPECT_FALSE(target.request("BYE", milliseconds(50)));
}

TEST_F(LegChallengeTest, ACallThatIsAnsweredTooLateIsEndedWithTheCredential) {
  start();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, {});
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  submit(core::EndLeg{b, 0, ""});
  ASSERT_TRUE(target.request("CANCEL"));
  target.reply(invite, 200, TestUa::sdp(kTargetRtp));
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(authorized(*bye), 200);
}

TEST_F(LegChallengeTest, AnInviteThatIsMadeAnewIsChallengedAnew) {
  start();
  const LegId a = customer_parked();
  const Message invite = dial_target(leg_id(1), a);
  const Message first = authorized(invite);
  target.reply(first, 422, "", "Min-SE: 3600\r\n");
  const auto longer = next(first);
  ASSERT_TRUE(longer);
  const Message second = authorized(*longer);
  target.reply(second, 488);
  const auto without_offer = next(second);
  ASSERT_TRUE(without_offer);
  EXPECT_TRUE(without_offer->body().empty());
  const Message last = authorized(*without_offer);
  target.reply(last, 200, TestUa::sdp(kTargetRtp));
  EXPECT_TRUE(events.wait<core::LegAnswered>());
}

// With what it carries: here the answer to the carrier's offer.
TEST_F(LegChallengeTest, APrackIsSentAgainWithTheCredential) {
  start();
  const LegId b = leg_id(1);
  const Message refused = dial_target(b, customer_parked());
  target.reply(refused, 488);
  const auto invite = next(refused);
  ASSERT_TRUE(invite);
  target.reply(*invite, 183, TestUa::sdp(kTargetRtp), "Require: 100rel\r\nRSeq: 1\r\n");
  const auto prack = target.request("PRACK");
  ASSERT_TRUE(prack);
  const Message again = authorized(*prack);
  EXPECT_EQ(prack->header("RAck"), again.header("RAck"));
  EXPECT_THAT(again.header("Proxy-Authorization"), HasSubstr("uri=\"" + again.uri() + "\""));
  // One is enough, as for every request.
  challenges(again);
  EXPECT_FALSE(target.request("PRACK", milliseconds(100)));
}

TEST_F(LegChallengeTest, AReinviteIsChallengedAnewAfterTheBackOff) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{b, core::Sound::hold});
  const auto hold = target.request("INVITE");
  ASSERT_TRUE(hold);
  const Message first = authorized(*hold);
  target.reply(first, 491);
  const auto later = next(first);
  ASSERT_TRUE(later);
  const Message second = authorized(*later);
  target.reply(second, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(park);
}

TEST_F(LegChallengeTest, ARefreshByUpdateIsSentAgainWithTheCredential) {
  SipConfig config;
  config.session_expires_seconds = 2;
  start(config);
  const Message invite = dial_target(leg_id(1), customer_parked());
  target.reply(invite, 200, TestUa::sdp(kTargetRtp),
               "Allow: INVITE, ACK, BYE, UPDATE\r\nSession-Expires: 2;refresher=uac\r\n");
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  const auto update = target.request("UPDATE");
  ASSERT_TRUE(update);
  const Message again = authorized(*update);
  EXPECT_EQ(update->header("Session-Expires"), again.header("Session-Expires"));
  target.reply(again, 481);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(481, ended->code);
}

TEST_F(LegChallengeTest, DigitsAreSentAgainWithTheCredential) {
  start();
  const auto [a, b] = bridged();
  const auto dtmf = submit(core::SendDtmf{b, "1"});
  const auto digit = target.request("INFO");
  ASSERT_TRUE(digit);
  const Message again = authorized(*digit);
  target.reply(again, 200);
  ok(dtmf);
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto carried = next(again);
  ASSERT_TRUE(carried);
  target.reply(authorized(*carried), 415);
  EXPECT_TRUE(customer.response(415));
}

TEST_F(LegChallengeTest, OfSeveralChallengesTheTopmostThatWeCanAnswerIs) {
  start();
  const Message invite = dial_target(leg_id(1), customer_parked());
  target.reply(invite, 407, "",
               "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"strong\", "
               "algorithm=SHA-256, qop=\"auth\"\r\n"
               "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"upper\", algorithm=MD5, "
               "qop=\"auth\"\r\n"
               "Proxy-Authenticate: Digest realm=\"carrier\", nonce=\"lower\", algorithm=MD5, "
               "qop=\"auth\"\r\n");
  const auto again = next(invite);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->header("Proxy-Authorization"), HasSubstr("nonce=\"upper\""));
}

}  // namespace
}  // namespace baton::telephony::sip
