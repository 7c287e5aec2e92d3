#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "telephony/sip/digest.hpp"
#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/screen.hpp"
#include "telephony/sip/sip_test_client.hpp"

namespace baton::telephony::sip {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using testing::SipPeer;

SipConfig flood_config() {
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}};
  TrunkConfig carrier;
  carrier.name = "carrier";
  carrier.address = "127.0.0.3:5090";
  carrier.sources = {"127.0.0.3"};
  config.trunks = {carrier};
  return config;
}

std::string with_names(const SipPeer& peer, const char* method, int number) {
  const std::string name = fmt::format("host{}.example.com", number);
  return fmt::format(
      "{0} sip:{1} SIP/2.0\r\nVia: SIP/2.0/UDP {1}:5060;branch=z9hG4bKn{2}\r\n"
      "Via: SIP/2.0/UDP a.{1};branch=z9hG4bKm{2}\r\nMax-Forwards: 70\r\n"
      "Route: <sip:route.{1};lr>\r\nRecord-Route: <sip:rr.{1};lr>\r\n"
      "From: <sip:f@from.{1}>;tag=t{2}\r\nTo: <sip:t@to.{1}>\r\nCall-ID: names-{2}-{3}\r\n"
      "CSeq: 1 {0}\r\nContact: <sip:c@contact.{1}>\r\nContent-Length: 0\r\n\r\n",
      method, name, number, peer.port);
}

// The flood before an answer takes ten times as long under a sanitizer; a look-up five seconds.
#ifdef BATON_SANITIZED
constexpr milliseconds kSlow{1000};
#else
constexpr milliseconds kSlow{200};
#endif

// A name server that does not answer stops the library for seconds at each name that it looks up on
// its own thread. Ours must be what it asks, and it must never ask anybody.
TEST(NumericResolver, NamesInMessagesDoNotStopTheLoop) {
  Endpoint endpoint(flood_config(), nullptr, {});
  endpoint.start();
  const int port = endpoint.bound()[0].port;
  const auto before = resolver_counts();
  EXPECT_GT(before.calls, 0U) << "binding an address goes through the library's look-up";

  SipPeer names("127.0.0.3");
  names.connect(port);
  SipPeer maddr("127.0.0.9");
  maddr.connect(port);
  SipPeer phone;
  phone.connect(port);
  const char* methods[] = {"INVITE", "OPTIONS", "REGISTER", "BYE", "MESSAGE", "SUBSCRIBE"};
  auto slowest = milliseconds(0);
  int slow = 0;
  int answered = 0;
  for (int number = 0; number < 3000; ++number) {
    names.send(with_names(names, methods[number % 6], number));
    if (number % 3 == 0) {
      // An answer that would go to a name if the Via were believed, and one that nobody asked for.
      auto request = with_names(maddr, "OPTIONS", number);
      request.insert(request.find(";branch"), fmt::format(";maddr=maddr{}.example.com", number));
      maddr.send(request);
      names.send(fmt::format(
          "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bKs{}\r\n"
          "From: <sip:x@a.example>;tag=1\r\nTo: <sip:y@b.example>;tag=2\r\nCall-ID: s{}\r\n"
          "CSeq: 1 INVITE\r\nContact: <sip:y@stray{}.example.com>\r\n"
          "Record-Route: <sip:rr{}.example.com;lr>\r\nContent-Length: 0\r\n\r\n",
          port, number, number, number, number));
    }
    if (number % 30 != 0) continue;
    phone.call = std::to_string(number);
    const auto asked = steady_clock::now();
    phone.send(phone.request("OPTIONS", "sip:127.0.0.1", "sip:a@b", "sip:a@b"));
    const auto answer = phone.receive(std::chrono::seconds(10));
    const auto waited = std::chrono::duration_cast<milliseconds>(steady_clock::now() - asked);
    slowest = std::max(slowest, waited);
    slow += waited >= kSlow;
    answered += answer && answer->code() == 200;
  }
  EXPECT_EQ(answered, 100);
  // One look-up of a name costs five seconds where it is not answered; a busy machine costs a few
  // answers a little.
  EXPECT_LE(slow, 5);
  EXPECT_LT(slowest, milliseconds(2000));
  const auto after = resolver_counts();
  EXPECT_GT(after.calls, before.calls) << "the library did not come by our resolver";
  endpoint.stop();
}

TEST(NumericResolver, RefusesNamesAndTakesNumbers) {
  EXPECT_GT(resolver_counts().calls + 1, 0U);
  EXPECT_TRUE(is_numeric_address("127.0.0.1"));
  EXPECT_TRUE(is_numeric_address("::1"));
  EXPECT_FALSE(is_numeric_address("localhost"));
}

// Strangers' requests are refused without a transaction, so that a flood costs no memory.
TEST(Flood, StrangersLeaveNothingBehind) {
  Endpoint endpoint(flood_config(), nullptr, {});
  endpoint.set_agents({{"agent1", digest_ha1("agent1", "baton", "x")}});
  endpoint.start();
  SipPeer scanner("127.0.0.9");
  scanner.connect(endpoint.bound()[0].port);
  const char* methods[] = {"INVITE", "REGISTER", "OPTIONS", "BYE", "REFER", "CANCEL"};
  for (int number = 0; number < 3000; ++number) {
    scanner.call = std::to_string(number);
    scanner.send(scanner.request(methods[number % 6], "sip:1@127.0.0.1", "sip:agent1@baton",
                                 "sip:agent1@baton"));
    // In step with the server, so that its socket's buffer drops nothing.
    if (number % 50 == 49) {
      while (scanner.receive(milliseconds(20))) {
      }
    }
  }
  std::size_t transactions = 1;
  endpoint.loop().call([&] { transactions = endpoint.transactions(); });
  EXPECT_EQ(transactions, 0U);
  EXPECT_GT(endpoint.counters().challenged, 900U);
  endpoint.stop();
}

}  // namespace
}  // namespace baton::telephony::sip
