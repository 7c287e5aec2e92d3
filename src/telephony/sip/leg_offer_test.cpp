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
  /// A re-INVITE after that of `cseq`.
  static std::optional<Message> next_invite(TestUa& ua, int cseq) {
    return ua.wait([&](const Message& m) { return m.method() == "INVITE" && m.cseq() > cseq; });
  }
  /// Answers the customer's next re-INVITE, which parks him.
  void customer_is_parked(core::CommandId park, int cseq = 0) {
    const auto hold = next_invite(customer, cseq);
    ASSERT_TRUE(hold);
    EXPECT_THAT(hold->body(), HasSubstr("a=sendonly"));
    customer.reply(*hold, 200, TestUa::sdp(kCustomerRtp, "recvonly", 9, "0 101"));
    ok(park);
  }
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

}  // namespace
}  // namespace baton::telephony::sip
