#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/message_size.hpp"
#include "telephony/sip/sip_test_client.hpp"

// What a stranger may send before he is refused: size, header fields, wrong passwords.

namespace baton::telephony::sip {
namespace {

using testing::SipPeer;
using testing::SipText;

constexpr int kMessageBytes = 8192;
constexpr int kHeaders = 40;

SipConfig limits_config() {
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}};
  config.max_headers = kHeaders;
  config.max_message_bytes = kMessageBytes;
  config.auth_failures = 3;
  config.auth_max_delay_seconds = 60;
  return config;
}

class EndpointLimits : public ::testing::Test {
 protected:
  EndpointLimits() : endpoint_(limits_config(), nullptr, {}) {
    endpoint_.set_agents({{"agent1", digest_ha1("agent1", "baton", "right")},
                          {"agent2", digest_ha1("agent2", "baton", "also-right")}});
    endpoint_.start();
    udp_ = endpoint_.bound()[0].port;
    tcp_ = endpoint_.bound()[1].port;
  }
  ~EndpointLimits() override { endpoint_.stop(); }

  /// OPTIONS with so many header fields in all; its own are seven.
  static std::string with_headers(SipPeer& peer, int headers) {
    std::string more;
    for (int i = 7; i < headers; ++i) more += fmt::format("X-{}: v\r\n", i);
    return peer.request("OPTIONS", "sip:127.0.0.1", "sip:a@baton", "sip:baton", more);
  }
  /// OPTIONS of so many bytes.
  static std::string of_size(SipPeer& peer, int bytes) {
    const auto ask = [&peer](std::size_t padding) {
      return peer.request("OPTIONS", "sip:127.0.0.1", "sip:a@baton", "sip:baton",
                          "X-Padding: " + std::string(padding, 'x') + "\r\n", 1);
    };
    const std::size_t frame = ask(0).size();
    return ask(static_cast<std::size_t>(bytes) - frame);
  }
  static int code_of(SipPeer& peer, const std::string& request) {
    peer.send(request);
    const auto answer = peer.receive();
    return answer ? answer->code() : 0;
  }
  /// The answer to a REGISTER with that password.
  SipText registers(SipPeer& phone, const std::string& login, const std::string& password) {
    phone.call = fmt::format("register-{}", ++calls_);
    const std::string aor = fmt::format("sip:{}@baton", login);
    const std::string contact =
        fmt::format("Contact: <sip:{}@{}:{}>\r\n", login, phone.host, phone.port);
    phone.send(phone.request("REGISTER", "sip:baton", aor, aor, contact));
    const auto challenge = phone.receive();
    if (!challenge || challenge->code() != 401) return challenge.value_or(SipText{});
    phone.send(phone.request(
        "REGISTER", "sip:baton", aor, aor,
        contact + SipPeer::credential(*challenge, "REGISTER", "sip:baton", login, password)));
    return phone.receive().value_or(SipText{});
  }
  /// Begins with a second, since the refusal that follows lasts until the next one.
  void guess_three_times(SipPeer& guesser) {
    using std::chrono::system_clock;
    std::this_thread::sleep_until(std::chrono::ceil<std::chrono::seconds>(system_clock::now()));
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(registers(guesser, "agent1", fmt::format("guess{}", i)).code(), 403);
    }
  }

  Endpoint endpoint_;
  int udp_ = 0;
  int tcp_ = 0;
  int calls_ = 0;
};

TEST_F(EndpointLimits, TakesSoManyHeaderFieldsAndNotOneMore) {
  SipPeer peer;
  peer.connect(udp_);
  EXPECT_EQ(code_of(peer, with_headers(peer, kHeaders)), 200);
  EXPECT_EQ(code_of(peer, with_headers(peer, kHeaders + 1)), 400);
  EXPECT_EQ(endpoint_.counters().headers_full, 1U);
  // Far more, in one datagram.
  EXPECT_EQ(code_of(peer, with_headers(peer, 700)), 400);
  EXPECT_EQ(code_of(peer, with_headers(peer, kHeaders)), 200);
}

TEST_F(EndpointLimits, TakesNoLargerMessageThanConfigured) {
  const std::uint64_t before = messages_too_large();
  SipPeer datagrams;
  datagrams.connect(udp_);
  EXPECT_EQ(code_of(datagrams, of_size(datagrams, kMessageBytes)), 200);
  EXPECT_EQ(code_of(datagrams, of_size(datagrams, kMessageBytes + 1)), 413);
  EXPECT_EQ(messages_too_large(), before + 1);
  EXPECT_EQ(code_of(datagrams, of_size(datagrams, kMessageBytes)), 200);

  // Of a stream the stack keeps two bytes for itself; and since it cannot know where in it the next
  // message begins, it ends the connection.
  SipPeer stream("127.0.0.1", true);
  stream.connect(tcp_);
  EXPECT_EQ(code_of(stream, of_size(stream, kMessageBytes - 2)), 200);
  EXPECT_EQ(code_of(stream, of_size(stream, kMessageBytes - 1)), 0);
  EXPECT_EQ(messages_too_large(), before + 2);
  SipPeer next("127.0.0.1", true);
  next.connect(tcp_);
  EXPECT_EQ(code_of(next, of_size(next, 1000)), 200);
}

TEST_F(EndpointLimits, RefusesAnAddressThatGuessesPasswordsForAWhile) {
  SipPeer guesser("127.0.0.7");
  guesser.connect(udp_);
  guess_three_times(guesser);
  EXPECT_EQ(endpoint_.counters().credentials_wrong, 3U);
  // Not even looked at, from whichever port of it, for whomever.
  SipPeer second("127.0.0.7");
  second.connect(udp_);
  const auto refused = registers(second, "agent2", "also-right");
  EXPECT_EQ(refused.code(), 503);
  EXPECT_EQ(refused.header("Retry-After"), "1");
  EXPECT_EQ(endpoint_.counters().credentials_wrong, 3U);
  EXPECT_EQ(endpoint_.counters().throttled, 1U);
  // Others go on.
  SipPeer phone("127.0.0.8");
  phone.connect(udp_);
  EXPECT_EQ(registers(phone, "agent1", "right").code(), 200);
  // Only the passing of time ends it.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  int code = 503;
  while (code == 503 && std::chrono::steady_clock::now() < deadline) {
    code = registers(second, "agent1", "right").code();
  }
  EXPECT_EQ(code, 200);
  // The right password has cleared it: the next two are free again.
  for (int i = 0; i < 2; ++i) EXPECT_EQ(registers(second, "agent1", "guess").code(), 403);
  EXPECT_EQ(registers(second, "agent1", "right").code(), 200);
}

TEST_F(EndpointLimits, APhoneThatIsRegisteredGoesOnBesideAGuesser) {
  SipPeer phone("127.0.0.7");
  phone.connect(udp_);
  EXPECT_EQ(registers(phone, "agent1", "right").code(), 200);
  SipPeer guesser("127.0.0.7");
  guesser.connect(udp_);
  guess_three_times(guesser);
  EXPECT_EQ(registers(guesser, "agent1", "right").code(), 503);
  EXPECT_EQ(registers(phone, "agent1", "right").code(), 200);
}

// The library's tport_tsend aborts on a late stateless answer to such a datagram
// (drachtio/drachtio-server#244).
TEST_F(EndpointLimits, AViaThatNamesATransportWithoutAListenerStopsNothing) {
  for (const char* transport : {"TLS", "WS", "WSS", "SCTP", "TCP", "UDP6", "X"}) {
    for (const char* method :
         {"OPTIONS", "INVITE", "REGISTER", "BYE", "CANCEL", "ACK", "REFER", "PRACK", "NOVELTY"}) {
      SipPeer stranger("127.0.0.9");
      stranger.connect(udp_);
      auto text = stranger.request(method, "sip:127.0.0.1", "sip:a@baton", "sip:baton");
      text.replace(text.find("SIP/2.0/UDP"), 11, fmt::format("SIP/2.0/{}", transport));
      stranger.send(text);
    }
  }
  SipPeer peer;
  peer.connect(udp_);
  EXPECT_EQ(code_of(peer, with_headers(peer, 7)), 200);
}

}  // namespace
}  // namespace baton::telephony::sip
