#include "telephony/sip/own_address.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "telephony/sip/leg_test_fixture.hpp"

namespace baton::telephony::sip {
namespace {

using core::LegId;
using ::testing::HasSubstr;
using testing::Message;
using ::testing::Not;
using testing::TestUa;

TEST(OwnAddress, InSdpItHasNoBracketsAndIsNoWildcard) {
  SipConfig config;
  config.listen = {{"udp", "[2001:db8::5]", 5060}, {"udp", "192.0.2.1", 5060}};
  EXPECT_EQ("2001:db8::5", sdp_address(config));
  EXPECT_EQ("2001:db8::5", sound_address(config));
  config.media_address = "192.0.2.7";
  EXPECT_EQ("2001:db8::5", sdp_address(config));
  EXPECT_EQ("192.0.2.7", sound_address(config));
  for (const char* any : {"0.0.0.0", "[::]"}) {
    config.listen = {{"udp", any, 5060}};
    EXPECT_EQ("192.0.2.7", sdp_address(config)) << any;
  }
}

class OwnAddressTest : public testing::SwitchFixture {};

TEST_F(OwnAddressTest, OfAWildcardEveryPartyIsToldOneThatItReaches) {
  SipConfig config;
  config.listen = {{"udp", "0.0.0.0", 0}};
  config.media_address = "127.0.0.1";
  start(config);
  const LegId a = customer_calls();
  const auto answered = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_EQ(fmt::format("<sip:127.0.0.1:{}>", port), answer->header("Contact"));
  EXPECT_THAT(answer->text, Not(HasSubstr("0.0.0.0")));
  customer.take(*answer);
  customer.ack();
  ok(answered);
  const Message invite = dial_target(leg_id(1), a);
  EXPECT_THAT(invite.text, Not(HasSubstr("0.0.0.0")));
  const std::string via = invite.header("Via");
  const std::string sent_from = via.substr(0, via.find(';')).substr(via.find(' ') + 1);
  EXPECT_EQ(fmt::format("<sip:{}>", sent_from), invite.header("Contact"));
}

TEST_F(OwnAddressTest, OfSeveralACallerIsToldTheOneThatHeCalled) {
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", 0}, {"udp", "127.0.0.10", 0}};
  start(config);
  const int second = sip->bound().at(1).port;
  customer.server(second, "127.0.0.10");
  const LegId a = customer_calls();
  const auto ringing = submit(core::RingLeg{a});
  const auto ring = customer.response(180);
  ASSERT_TRUE(ring);
  EXPECT_EQ(fmt::format("<sip:127.0.0.10:{}>", second), ring->header("Contact"));
  ok(ringing);
  const Message invite = dial_target(leg_id(1), a);
  EXPECT_EQ(fmt::format("<sip:127.0.0.1:{}>", port), invite.header("Contact"))
      << "what it is sent from";
}

TEST_F(OwnAddressTest, AWildcardAloneIsNoPlaceForSoundsToComeFrom) {
  SipConfig config;
  config.listen = {{"udp", "0.0.0.0", 0}};
  SipSwitch alone(config, {}, {}, [](const core::InputBody&) {});
  const auto fault = alone.start();
  ASSERT_TRUE(fault);
  EXPECT_THAT(*fault, HasSubstr("sip.media_address is 0.0.0.0, or empty"));
}

}  // namespace
}  // namespace baton::telephony::sip
