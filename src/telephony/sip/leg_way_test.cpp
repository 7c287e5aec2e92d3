#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "telephony/sip/leg_test_fixture.hpp"

// A phone that registers anew in a call, from elsewhere, and says nothing of it in the call.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using ::testing::HasSubstr;
using testing::kAgentRtp;
using testing::kCustomerRtp;
using testing::Message;
using testing::TestUa;

class LegWayTest : public testing::SwitchFixture {
 protected:
  /// The agent's phone goes on as phone2: its registration does.
  void registers_anew() { sign_in(phone2, "agent1", agent.port); }
  /// The leg is up, and what is sent to it goes to phone2.
  void goes_on_at_phone2(LegId leg) {
    const auto id = submit(core::EndLeg{leg, 0, {}});
    const auto bye = phone2.request("BYE");
    ASSERT_TRUE(bye);
    phone2.reply(*bye, 200);
    ok(id);
    const auto ended =
        events.wait<core::LegEnded>([&](const core::LegEnded& each) { return each.leg == leg; });
    ASSERT_TRUE(ended);
    EXPECT_EQ(core::EndCause::local, ended->cause);
  }
  /// A customer in a bridge with the agent.
  std::pair<LegId, LegId> talking() {
    sign_in(agent);
    const LegId a = customer_parked();
    core::DialLeg dial;
    dial.leg = leg_id(50);
    dial.target = core::AgentPhone{"agent1", false};
    dial.media_of = a;
    ok(submit(dial));
    const auto invite = agent.request("INVITE");
    EXPECT_TRUE(invite);
    agent.reply(*invite, 200, TestUa::sdp(kAgentRtp, "sendrecv", 1, "0 101"));
    EXPECT_TRUE(agent.request("ACK"));
    EXPECT_TRUE(events.wait<core::LegAnswered>());
    const auto id = submit(core::BridgeLegs{a, dial.leg});
    const auto reinvite = customer.request("INVITE");
    EXPECT_TRUE(reinvite);
    customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 2, "0 101"));
    ok(id);
    return {a, dial.leg};
  }
};

TEST_F(LegWayTest, APhoneThatRegisteredAnewIsFollowed) {
  start();
  const LegId leg = agent_up();
  registers_anew();
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AnotherPhoneThatRegistersDoesNotGetTheCall) {
  start();
  const LegId leg = agent_up();
  sign_in(phone2);
  submit(core::EndLeg{leg, 0, {}});
  EXPECT_TRUE(agent.request("BYE"));
}

// What was sent to the old address says nothing of the phone.
TEST_F(LegWayTest, ARefreshThatTheOldAddressDidNotAnswerIsSentToTheNewOne) {
  start();
  const LegId leg = agent_up(
      "Require: timer\r\nAllow: INVITE, ACK, BYE, UPDATE\r\nSession-Expires: 2;refresher=uac\r\n");
  const auto update = agent.request("UPDATE");
  ASSERT_TRUE(update);
  registers_anew();
  agent.reply(*update, 408);
  const auto again = phone2.request("UPDATE");
  ASSERT_TRUE(again);
  phone2.reply(*again, 200);
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AReinviteThatTheOldAddressDidNotAnswerIsSentToTheNewOne) {
  start();
  const LegId leg = talking().second;
  const auto park = submit(core::ParkLeg{leg, core::Sound::hold});
  const auto hold = agent.request("INVITE");
  ASSERT_TRUE(hold);
  registers_anew();
  agent.reply(*hold, 408);
  const auto again = phone2.request("INVITE");
  ASSERT_TRUE(again);
  EXPECT_EQ(hold->body(), again->body());
  phone2.reply(*again, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  ok(park);
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, ADigitThatTheOldAddressDidNotAnswerIsLostAndTheCallIsNot) {
  start();
  const LegId leg = agent_up();
  const auto digit = submit(core::SendDtmf{leg, "1"});
  const auto info = agent.request("INFO");
  ASSERT_TRUE(info);
  registers_anew();
  agent.reply(*info, 408);
  const auto result = events.result(digit);
  ASSERT_TRUE(result);
  EXPECT_EQ(408, result->code);
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AnInfoThatTheOldAddressDidNotAnswerIsLostAndTheCallIsNot) {
  start();
  const auto [a, b] = talking();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto info = agent.request("INFO");
  ASSERT_TRUE(info);
  registers_anew();
  agent.reply(*info, 408);
  EXPECT_TRUE(customer.response(500));
  goes_on_at_phone2(b);
}

}  // namespace
}  // namespace baton::telephony::sip
