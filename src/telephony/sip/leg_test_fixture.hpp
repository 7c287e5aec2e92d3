#pragma once

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "telephony/sip/digest.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_test_peer.hpp"
#include "telephony/sip/sip_switch.hpp"

namespace baton::telephony::sip::testing {

inline constexpr const char* kInbound = "+18005550100";
inline constexpr int kCustomerRtp = 5000;
inline constexpr int kAgentRtp = 6000;
inline constexpr int kTargetRtp = 7000;

inline std::string audio_port(const Message& message) {
  const std::string body = message.body();
  const auto at = body.find("m=audio ");
  return at == std::string::npos ? "none" : body.substr(at + 8, body.find(' ', at + 8) - at - 8);
}

/// The switch with a customer's trunk at 127.0.0.1, an outside carrier, and agents.
class SwitchFixture : public ::testing::Test {
 protected:
  void start(SipConfig config = {}) {
    if (config.listen.empty()) config.listen = {{"udp", "127.0.0.1", port}};
    config.pass_headers = {"X-Case-Id"};
    // A range of the test's own: what runs beside it must not change the ports between two starts.
    config.media_port_min = 20000 + static_cast<int>(getpid() % 1500) * 8;
    config.media_port_max = config.media_port_min + 7;
    TrunkConfig inbound;
    inbound.name = "customers";
    inbound.address = fmt::format("127.0.0.2:{}", customer.port);
    inbound.sources = {"127.0.0.2"};
    inbound.prefixes = {"+9"};
    TrunkConfig carrier;
    carrier.name = "carrier";
    carrier.address = fmt::format("127.0.0.3:{}", target.port);
    carrier.username = "baton";
    carrier.password = "secret";
    carrier.sources = {"127.0.0.3"};
    carrier.max_calls = carrier_calls;
    carrier.allowed_caller_ids = {"*"};
    config.trunks = {inbound, carrier};
    if (adjust) adjust(config);
    sip = std::make_unique<SipSwitch>(
        config, std::vector<AgentSecret>{{"agent1", digest_ha1("agent1", config.realm, "pw")}},
        std::vector<std::string>{kInbound},
        [this](core::InputBody body) { events.put(std::move(body)); });
    if (times) sip->set_times(*times);
    before_start();
    const auto fault = sip->start();
    ASSERT_FALSE(fault) << *fault;
    port = sip->bound().front().port;
    for (TestUa* ua : {&customer, &agent, &target, &phone2}) ua->server(port);
  }
  virtual void before_start() {}
  void TearDown() override {
    if (sip) sip->stop();
  }

  core::CommandId submit(core::CommandBody body) {
    const core::CommandId id = ++last_command;
    sip->submit({core::Command{id, std::move(body)}});
    return id;
  }
  void ok(core::CommandId id) {
    const auto result = events.result(id);
    ASSERT_TRUE(result) << "command " << id << " has no result";
    EXPECT_TRUE(result->ok) << result->code << " " << result->text;
  }
  static core::LegId leg_id(std::uint64_t n) { return core::LegId{n, n}; }

  /// Registers an agent's phone. `registration`: it goes on with those of the phone of that port.
  void sign_in(TestUa& ua, const std::string& login = "agent1", int registration = 0) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      std::string more =
          fmt::format("Contact: <sip:{}@{}:{}>\r\nExpires: 300\r\n", login, ua.host, ua.port);
      if (attempt == 1) {
        const auto answer = answer_challenge(challenge.header("WWW-Authenticate"), login, "pw",
                                             "REGISTER", fmt::format("sip:127.0.0.1:{}", port));
        ASSERT_TRUE(answer);
        more += fmt::format("Authorization: {}\r\n", *answer);
      }
      ua.send(fmt::format(
          "REGISTER sip:127.0.0.1:{0} SIP/2.0\r\nVia: SIP/2.0/UDP {1}:{2};branch=z9hG4bKr{2}{3}\r\n"
          "Max-Forwards: 70\r\nFrom: <sip:{4}@baton>;tag=r\r\nTo: <sip:{4}@baton>\r\n"
          "Call-ID: reg-{7}\r\nCSeq: {5} REGISTER\r\n{6}Content-Length: 0\r\n\r\n",
          port, ua.host, ua.port, attempt, login, attempt + 1, more,
          registration != 0 ? registration : ua.port));
      const auto answer = ua.wait([](const Message& m) { return m.code() >= 200; });
      ASSERT_TRUE(answer);
      if (attempt == 0) {
        ASSERT_EQ(401, answer->code()) << answer->text;
        challenge = *answer;
      } else {
        ASSERT_EQ(200, answer->code()) << answer->text;
      }
    }
  }

  /// A customer calls in; nothing is answered yet.
  core::LegId customer_calls(std::string_view sdp = TestUa::sdp(kCustomerRtp),
                             std::string_view more = "") {
    customer.call(fmt::format("sip:{}@127.0.0.1:{}", kInbound, port), sdp, more);
    const auto incoming = events.wait<core::LegIncoming>();
    EXPECT_TRUE(incoming);
    return incoming ? incoming->leg : core::LegId{};
  }
  core::LegId customer_parked(core::Sound sound = core::Sound::queue) {
    const core::LegId leg = customer_calls();
    const auto id = submit(core::AnswerLeg{leg, sound});
    const auto answer = customer.response(200);
    EXPECT_TRUE(answer);
    if (!answer) return leg;
    EXPECT_THAT(answer->body(), ::testing::HasSubstr("a=sendonly"));
    customer.take(*answer);
    customer.ack();
    ok(id);
    return leg;
  }
  /// Dials the carrier's number; the INVITE is returned.
  Message dial_target(core::LegId leg, std::optional<core::LegId> media_of) {
    core::DialLeg dial;
    dial.leg = leg;
    dial.target = core::OutsideNumber{"+12082097345", "+4930123"};
    dial.media_of = media_of;
    dial.presentation.from_number = "+4930123";
    const auto id = submit(dial);
    const auto invite = target.request("INVITE");
    EXPECT_TRUE(invite);
    ok(id);
    return invite.value_or(Message{});
  }
  /// Answers and takes the ACK.
  void target_answers(const Message& invite, int rtp = kTargetRtp) {
    target.reply(invite, 200, TestUa::sdp(rtp, "sendrecv", 1, "0 101"));
    const auto ack = target.request("ACK");
    ASSERT_TRUE(ack);
    target.take_dialog_as_callee();
    ASSERT_TRUE(events.wait<core::LegAnswered>());
  }
  /// An agent's phone, confirmed and parked, whose 2xx has these headers.
  core::LegId agent_up(std::string_view more = "") {
    sign_in(agent);
    const core::LegId leg = leg_id(50);
    core::DialLeg dial;
    dial.leg = leg;
    dial.target = core::AgentPhone{"agent1", false};
    ok(submit(dial));
    const auto invite = agent.request("INVITE");
    EXPECT_TRUE(invite);
    agent.reply(*invite, 200, TestUa::sdp(kAgentRtp, "recvonly"), more);
    EXPECT_TRUE(agent.request("ACK"));
    agent.take_dialog_as_callee();
    EXPECT_TRUE(events.wait<core::LegAnswered>());
    return leg;
  }
  /// Joins the parked customer with the target that has just answered.
  void bridge(core::LegId a, core::LegId b) {
    const auto id = submit(core::BridgeLegs{a, b});
    const auto reinvite = customer.request("INVITE");
    ASSERT_TRUE(reinvite);
    EXPECT_EQ(std::to_string(kTargetRtp), audio_port(*reinvite)) << reinvite->text;
    EXPECT_THAT(reinvite->body(), ::testing::Not(::testing::HasSubstr("a=sendonly")));
    customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 2, "0 101"));
    ASSERT_TRUE(customer.request("ACK"));
    ok(id);
  }
  /// A re-INVITE after that of `cseq`.
  static std::optional<Message> next_invite(
      TestUa& ua, int cseq, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    return ua.wait([&](const Message& m) { return m.method() == "INVITE" && m.cseq() > cseq; },
                   patience);
  }
  /// A customer in a bridge with the target.
  std::pair<core::LegId, core::LegId> bridged() {
    const core::LegId a = customer_parked();
    const core::LegId b = leg_id(++legs);
    const Message invite = dial_target(b, a);
    target_answers(invite);
    bridge(a, b);
    return {a, b};
  }

  TestUa customer{"127.0.0.2", "+49301"};
  TestUa agent{"127.0.0.4", "agent1"};
  TestUa phone2{"127.0.0.5", "agent1"};
  TestUa target{"127.0.0.3", "target"};
  Recorder events;
  Message challenge;
  std::optional<LegTimes> times;
  std::function<void(SipConfig&)> adjust;  // The last word on the configuration, trunks included.
  std::unique_ptr<SipSwitch> sip;
  core::CommandId last_command = 100;
  std::uint64_t legs = 0;
  int port = 0;
  int carrier_calls = 0;
};

}  // namespace baton::telephony::sip::testing
