#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "telephony/sip/leg_test_fixture.hpp"

// Re-INVITEs of both sides at once (RFC 3261 section 14).

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

// Who called waits for 2.1 to 4 s after a 491, who was called for 0 to 2.
constexpr milliseconds kLeastBackOffOfTheCaller{2100};
constexpr milliseconds kLongestBackOffOfTheCalled{2000};

class LegGlareTest : public testing::SwitchFixture {
 protected:
  /// Refuses our re-INVITE, and waits until we know it.
  static void is_pending(TestUa& ua, const Message& reinvite) {
    ua.reply(reinvite, 491);
    ASSERT_TRUE(ua.request("ACK"));
  }
  /// The 200 to that request.
  static std::optional<Message> accepted(TestUa& ua, int cseq) {
    return ua.wait([&](const Message& m) { return m.code() >= 200 && m.cseq() == cseq; });
  }
};

TEST_F(LegGlareTest, GlareIsTriedAgainAfterTheBackOff) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  const Message invite = dial_target(b, a);
  target_answers(invite);
  const auto id = submit(core::BridgeLegs{a, b});
  const auto first = customer.request("INVITE");
  ASSERT_TRUE(first);
  // The customer's own re-INVITE crosses ours: each refuses the other's.
  customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "sendrecv", 2));
  ASSERT_TRUE(customer.response(491));
  customer.reply(*first, 491);
  const auto second = next_invite(customer, first->cseq());
  ASSERT_TRUE(second);
  customer.reply(*second, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 2, "0 101"));
  ok(id);
}

TEST_F(LegGlareTest, InTheBackOffThePartysOwnIsAnsweredAndOursFollowsItsAck) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(1);
  target_answers(dial_target(b, a));
  const auto join = submit(core::BridgeLegs{a, b});
  const auto first = customer.request("INVITE");
  ASSERT_TRUE(first);
  is_pending(customer, *first);
  const int cseq = customer.ask("INVITE", TestUa::sdp(kCustomerRtp + 4, "sendrecv", 2));
  const auto answer = accepted(customer, cseq);
  ASSERT_TRUE(answer);
  EXPECT_EQ(200, answer->code());
  EXPECT_THAT(answer->body(), HasSubstr("a=sendonly")) << "he is parked still";
  EXPECT_FALSE(next_invite(customer, first->cseq(), kLongestBackOffOfTheCalled))
      << "his own is open until its ACK";
  customer.ack();
  const auto second = next_invite(customer, first->cseq());
  ASSERT_TRUE(second);
  EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*second));
  customer.reply(*second, 200, TestUa::sdp(kCustomerRtp + 4, "sendrecv", 3, "0 101"));
  const auto told = target.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_EQ(std::to_string(kCustomerRtp + 4), audio_port(*told));
  target.reply(*told, 200, TestUa::sdp(kTargetRtp, "sendrecv", 2, "0 101"));
  ok(join);
}

TEST_F(LegGlareTest, AHoldInTheBackOffIsAnsweredAtOnceAndToldToTheOtherAfterwards) {
  start();
  const auto [a, b] = bridged();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto first = target.request("INVITE");
  ASSERT_TRUE(first);
  is_pending(target, *first);
  const int cseq = target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto answer = accepted(target, cseq);
  ASSERT_TRUE(answer);
  EXPECT_EQ(200, answer->code());
  EXPECT_EQ(std::to_string(kCustomerRtp), audio_port(*answer));
  target.ack();
  const auto held = events.wait<core::LegHeld>();
  ASSERT_TRUE(held);
  EXPECT_EQ(b, held->leg);
  EXPECT_TRUE(held->held);
  // Nothing is left to wait for.
  const auto second = next_invite(target, first->cseq(), kLeastBackOffOfTheCaller);
  ASSERT_TRUE(second);
  EXPECT_THAT(second->body(), HasSubstr("a=sendonly"));
  target.reply(*second, 200, TestUa::sdp(kTargetRtp, "inactive", 3, "0 101"));
  ok(mute);
  const auto told = customer.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_THAT(told->body(), HasSubstr("a=inactive"));
}

TEST_F(LegGlareTest, AnUpdateInTheBackOffIsAnsweredToo) {
  start();
  const auto [a, b] = bridged();
  const auto park = submit(core::ParkLeg{b, core::Sound::hold});
  const auto first = target.request("INVITE");
  ASSERT_TRUE(first);
  is_pending(target, *first);
  const int cseq = target.ask("UPDATE", TestUa::sdp(kTargetRtp + 4, "sendrecv", 2, "0 101"));
  const auto answer = accepted(target, cseq);
  ASSERT_TRUE(answer);
  EXPECT_EQ(200, answer->code());
  const auto second = next_invite(target, first->cseq());
  ASSERT_TRUE(second);
  target.reply(*second, 200, TestUa::sdp(kTargetRtp + 4, "recvonly", 3, "0 101"));
  ok(park);
}

// Both hold: his offer goes on once the other's own has been answered.
TEST_F(LegGlareTest, TheOfferThatIsCarriedFollowsTheOthersOwn) {
  start();
  const auto [a, b] = bridged();
  const int held = customer.ask("INVITE", TestUa::sdp(kCustomerRtp, "sendonly", 3, "0 101"));
  const auto carried = target.request("INVITE");
  ASSERT_TRUE(carried);
  is_pending(target, *carried);
  const int cseq = target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto answer = accepted(target, cseq);
  ASSERT_TRUE(answer);
  EXPECT_EQ(200, answer->code());
  EXPECT_THAT(answer->body(), HasSubstr("a=inactive"));
  target.ack();
  const auto again = next_invite(target, carried->cseq(), kLeastBackOffOfTheCaller);
  ASSERT_TRUE(again);
  EXPECT_THAT(again->body(), HasSubstr("a=sendonly"));
  target.reply(*again, 200, TestUa::sdp(kTargetRtp, "inactive", 3, "0 101"));
  const auto at_last = accepted(customer, held);
  ASSERT_TRUE(at_last);
  EXPECT_EQ(200, at_last->code());
  EXPECT_THAT(at_last->body(), HasSubstr("a=inactive"));
  customer.ack();
  for (const LegId leg : {a, b}) {
    EXPECT_TRUE(events.wait<core::LegHeld>(
        [&](const core::LegHeld& each) { return each.leg == leg && each.held; }));
  }
}

}  // namespace
}  // namespace baton::telephony::sip
