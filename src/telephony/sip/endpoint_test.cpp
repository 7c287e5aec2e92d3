#include "telephony/sip/endpoint.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/url.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "telephony/sip/digest.hpp"
#include "telephony/sip/screen.hpp"
#include "telephony/sip/sip_test_client.hpp"

namespace baton::telephony::sip {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::SipPeer;
using testing::SipText;

constexpr const char* kTrunkHost = "127.0.0.3";
constexpr const char* kStranger = "127.0.0.9";
constexpr const char* kInbound = "+18005550100";

/// Refuses each call with 486 and remembers who called.
class Handler : public InviteHandler {
 public:
  void on_invite(SipCaller caller, nta_incoming_s* irq, const sip_s*,
                 std::string_view number) override {
    {
      const std::lock_guard lock(mutex);
      callers.push_back(std::move(caller));
      dialled.emplace_back(number);
      sources.push_back(endpoint->source_of(irq));
    }
    nta_incoming_treply(irq, SIP_486_BUSY_HERE, TAG_END());
    nta_incoming_destroy(irq);
  }
  [[nodiscard]] std::size_t dialogs() const override { return held; }

  Endpoint* endpoint = nullptr;
  std::atomic<std::size_t> held{0};
  std::mutex mutex;
  std::vector<SipCaller> callers;
  std::vector<std::string> dialled;
  std::vector<Source> sources;
};

SipConfig test_config() {
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}};
  config.max_contacts_per_agent = 3;
  TrunkConfig carrier;
  carrier.name = "carrier";
  carrier.address = "127.0.0.3:5090";
  carrier.sources = {kTrunkHost};
  TrunkConfig branch;
  branch.name = "branch";
  branch.address = "127.0.0.4:5090";
  branch.username = "branch-office";
  branch.password = "open-sesame";
  branch.prefixes = {"+99"};
  config.trunks = {carrier, branch};
  return config;
}

class EndpointTest : public ::testing::Test {
 protected:
  void start(SipConfig config = test_config()) {
    endpoint = std::make_unique<Endpoint>(
        std::move(config), &handler,
        [this](core::InputBody body) {
          const std::lock_guard lock(handler.mutex);
          if (const auto* phone = std::get_if<core::PhoneReachable>(&body)) {
            reachable.emplace_back(phone->login, phone->reachable);
            reachable_changed.notify_all();
          }
        },
        LifetimeClock([this] { return unix_now() + clock_set_by; }));
    endpoint->keep_phones([this](const std::string&, const Binding& binding, bool) {
      kept_until = binding.expires_at;
    });
    handler.endpoint = endpoint.get();
    endpoint->set_agents({{"agent1", digest_ha1("agent1", "baton", "demo-agent1")},
                          {"agent2", digest_ha1("agent2", "baton", "demo-agent2")}});
    endpoint->set_inbound_numbers({kInbound});
    endpoint->start();
    udp = endpoint->bound()[0].port;
    tcp = endpoint->bound().size() > 1 ? endpoint->bound()[1].port : 0;
  }
  void TearDown() override {
    if (endpoint) endpoint->stop();
  }

  std::string uri(std::string_view user = "") const {
    return user.empty() ? fmt::format("sip:127.0.0.1:{}", udp)
                        : fmt::format("sip:{}@127.0.0.1:{}", user, udp);
  }
  static std::string aor(std::string_view login) { return fmt::format("sip:{}@baton", login); }
  static std::string contact(const SipPeer& peer, std::string_view user,
                             std::string_view more = "") {
    return fmt::format("Contact: <sip:{}@{}:{}>{}\r\n", user, peer.host, peer.port, more);
  }

  SipText exchange(SipPeer& peer, const std::string& request) {
    peer.send(request);
    auto answer = peer.receive();
    EXPECT_TRUE(answer) << "no answer to\n" << request;
    return answer.value_or(SipText{});
  }

  /// Asks, is challenged, and asks again with the credential.
  SipText ask_with_digest(SipPeer& peer, const std::string& method, const std::string& target,
                          const std::string& from, const std::string& to, const std::string& more,
                          const std::string& user, const std::string& password) {
    const auto first = exchange(peer, peer.request(method, target, from, to, more));
    EXPECT_THAT((std::vector{401, 407}), ::testing::Contains(first.code())) << first.text;
    return exchange(
        peer, peer.request(method, target, from, to,
                           more + SipPeer::credential(first, method, target, user, password)));
  }
  SipText sign_in(SipPeer& peer, const std::string& login, const std::string& more) {
    return ask_with_digest(peer, "REGISTER", uri(), aor(login), aor(login), more, login,
                           "demo-" + login);
  }
  std::vector<Binding> bindings(std::string_view login) {
    std::vector<Binding> result;
    endpoint->loop().call([&] { result = endpoint->bindings(login); });
    return result;
  }
  bool alive() {
    SipPeer peer;
    peer.connect(udp);
    return exchange(peer, peer.request("OPTIONS", uri(), "sip:a@b", "sip:a@b")).code() == 200;
  }

  Handler handler;
  std::vector<std::pair<std::string, bool>> reachable;  // Guarded by handler.mutex.
  std::condition_variable reachable_changed;
  std::atomic<std::int64_t> clock_set_by{0};
  std::atomic<std::int64_t> kept_until{0};
  std::unique_ptr<Endpoint> endpoint;
  int udp = 0;
  int tcp = 0;
};

// ---- Registration

TEST_F(EndpointTest, RegistersAPhoneAndTellsIt) {
  start();
  SipPeer phone;
  phone.connect(udp);
  const auto answer = sign_in(phone, "agent1", contact(phone, "agent1") + "Expires: 600\r\n");
  EXPECT_EQ(answer.code(), 200) << answer.text;
  EXPECT_THAT(answer.header("Contact").value_or(""), HasSubstr(";expires=600"));
  const auto found = bindings("agent1");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].contact, fmt::format("sip:agent1@127.0.0.1:{}", phone.port));
  EXPECT_EQ(found[0].via_route, fmt::format("sip:127.0.0.1:{};transport=udp", phone.port));
  const std::lock_guard lock(handler.mutex);
  EXPECT_THAT(reachable, ::testing::ElementsAre(std::pair<std::string, bool>{"agent1", true}));
}

TEST_F(EndpointTest, RefusesAWrongPasswordAndAnUnknownLoginAlike) {
  start();
  SipPeer phone;
  phone.connect(udp);
  const auto wrong = ask_with_digest(phone, "REGISTER", uri(), aor("agent1"), aor("agent1"),
                                     contact(phone, "agent1"), "agent1", "guess");
  const auto unknown = ask_with_digest(phone, "REGISTER", uri(), aor("nobody"), aor("nobody"),
                                       contact(phone, "nobody"), "nobody", "guess");
  EXPECT_EQ(wrong.code(), 403);
  EXPECT_EQ(unknown.code(), 403);
  EXPECT_TRUE(bindings("agent1").empty());
  EXPECT_EQ(endpoint->counters().credentials_wrong, 2U);
  EXPECT_EQ(endpoint->counters().foreign_register, 1U);
}

TEST_F(EndpointTest, DoesNotLetOneAgentRegisterForAnother) {
  start();
  SipPeer phone;
  phone.connect(udp);
  const auto answer = ask_with_digest(phone, "REGISTER", uri(), aor("agent2"), aor("agent2"),
                                      contact(phone, "agent2"), "agent1", "demo-agent1");
  EXPECT_EQ(answer.code(), 403);
  EXPECT_TRUE(bindings("agent2").empty());
}

TEST_F(EndpointTest, ForeignDomainIsRefusedWithoutAChallenge) {
  start();
  SipPeer scanner(kStranger);
  scanner.connect(udp);
  const auto answer =
      exchange(scanner, scanner.request("REGISTER", "sip:other.example", "sip:100@other.example",
                                        "sip:100@other.example"));
  EXPECT_EQ(answer.code(), 403);
  EXPECT_EQ(endpoint->counters().foreign_register, 1U);
}

TEST_F(EndpointTest, AReplayedNonceCountIsStale) {
  start();
  SipPeer phone;
  phone.connect(udp);
  const auto challenge =
      exchange(phone, phone.request("REGISTER", uri(), aor("agent1"), aor("agent1")));
  const auto credential =
      SipPeer::credential(challenge, "REGISTER", uri(), "agent1", "demo-agent1", 1);
  const auto ask = [&](const std::string& with) {
    return exchange(phone, phone.request("REGISTER", uri(), aor("agent1"), aor("agent1"), with));
  };
  EXPECT_EQ(ask(credential).code(), 200);
  const auto replayed = ask(credential);
  EXPECT_EQ(replayed.code(), 401);
  EXPECT_THAT(replayed.text, HasSubstr("stale=true"));
  EXPECT_EQ(
      ask(SipPeer::credential(challenge, "REGISTER", uri(), "agent1", "demo-agent1", 2)).code(),
      200);
}

TEST_F(EndpointTest, ARepeatedDatagramGetsTheSameAnswer) {
  start();
  SipPeer phone;
  phone.connect(udp);
  const auto challenge =
      exchange(phone, phone.request("REGISTER", uri(), aor("agent1"), aor("agent1")));
  const auto again =
      phone.request("REGISTER", uri(), aor("agent1"), aor("agent1"),
                    contact(phone, "agent1") +
                        SipPeer::credential(challenge, "REGISTER", uri(), "agent1", "demo-agent1"));
  EXPECT_EQ(exchange(phone, again).code(), 200);
  EXPECT_EQ(exchange(phone, again).code(), 200);
  EXPECT_EQ(endpoint->counters().registers_accepted, 1U);
}

TEST_F(EndpointTest, AnAlienNonceIsStale) {
  start();
  SipPeer phone;
  phone.connect(udp);
  SipText made_up{
      "SIP/2.0 401 x\r\nWWW-Authenticate: Digest realm=\"baton\", nonce=\"0123456789abcdef\", "
      "qop=\"auth\"\r\n\r\n"};
  const auto answer = exchange(phone, phone.request("REGISTER", uri(), aor("agent1"), aor("agent1"),
                                                    SipPeer::credential(made_up, "REGISTER", uri(),
                                                                        "agent1", "demo-agent1")));
  EXPECT_EQ(answer.code(), 401);
  EXPECT_THAT(answer.text, HasSubstr("stale=true"));
}

TEST_F(EndpointTest, SeveralPhonesUpToTheLimitThenUnregister) {
  start();
  SipPeer phone;
  phone.connect(udp);
  for (const char* user : {"desk", "mobile", "home"}) {
    phone.call = user;
    EXPECT_EQ(sign_in(phone, "agent1", contact(phone, user)).code(), 200);
  }
  phone.call = "fourth";
  const auto fourth = sign_in(phone, "agent1", contact(phone, "fourth"));
  EXPECT_EQ(fourth.code(), 403);
  EXPECT_THAT(fourth.text, HasSubstr("At Most 3"));
  auto found = bindings("agent1");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_THAT(found[0].contact, HasSubstr("home"));

  phone.call = "desk-off";
  EXPECT_EQ(sign_in(phone, "agent1", contact(phone, "desk", ";expires=0")).code(), 200);
  EXPECT_EQ(bindings("agent1").size(), 2U);

  phone.call = "all-off";
  const auto all = sign_in(phone, "agent1", "Contact: *\r\nExpires: 0\r\n");
  EXPECT_EQ(all.code(), 200) << all.text;
  EXPECT_TRUE(bindings("agent1").empty());
  const std::lock_guard lock(handler.mutex);
  ASSERT_FALSE(reachable.empty());
  EXPECT_EQ(reachable.back(), (std::pair<std::string, bool>{"agent1", false}));
}

TEST_F(EndpointTest, ARegistrationLastsWhateverTheClockIsSetTo) {
  auto config = test_config();
  config.registration_min_seconds = 1;
  start(config);
  SipPeer phone;
  phone.connect(udp);
  EXPECT_EQ(sign_in(phone, "agent1", contact(phone, "desk") + "Expires: 600\r\n").code(), 200);
  clock_set_by = 7200;
  SipPeer second("127.0.0.8");
  second.connect(udp);
  EXPECT_EQ(sign_in(second, "agent1", contact(second, "mobile") + "Expires: 600\r\n").code(), 200);
  EXPECT_EQ(bindings("agent1").size(), 2U);
  // What a restart compares with the machine's clock is told by that.
  EXPECT_NEAR(static_cast<double>(kept_until), static_cast<double>(unix_now() + 7200 + 600), 5);
  // Whose time is over goes all the same, and he goes alone.
  SipPeer brief("127.0.0.7");
  brief.connect(udp);
  EXPECT_EQ(sign_in(brief, "agent2", contact(brief, "brief") + "Expires: 1\r\n").code(), 200);
  {
    std::unique_lock lock(handler.mutex);
    EXPECT_TRUE(reachable_changed.wait_for(lock, std::chrono::seconds(10), [this] {
      return !reachable.empty() &&
             reachable.back() == std::pair<std::string, bool>{"agent2", false};
    }));
  }
  EXPECT_EQ(bindings("agent1").size(), 2U);
}

TEST_F(EndpointTest, TooBriefIs423WithTheLeast) {
  start();
  SipPeer phone;
  phone.connect(udp);
  const auto answer = sign_in(phone, "agent1", contact(phone, "agent1") + "Expires: 5\r\n");
  EXPECT_EQ(answer.code(), 423);
  EXPECT_EQ(answer.header("Min-Expires"), "30");
}

TEST_F(EndpointTest, AContactWithANameIsReachedAtItsSource) {
  start();
  SipPeer phone("127.0.0.7");
  phone.connect(udp);
  EXPECT_EQ(sign_in(phone, "agent1", "Contact: <sip:agent1@phone.behind.nat.example>\r\n").code(),
            200);
  const auto found = bindings("agent1");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].via_route, fmt::format("sip:127.0.0.7:{};transport=udp", phone.port));
}

TEST_F(EndpointTest, RegistersOverTcp) {
  start();
  SipPeer phone("127.0.0.1", true);
  phone.connect(tcp);
  const auto answer = sign_in(phone, "agent2", "Contact: <sip:agent2@10.0.0.1;transport=tcp>\r\n");
  EXPECT_EQ(answer.code(), 200) << answer.text;
  const auto found = bindings("agent2");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].via_route, fmt::format("sip:127.0.0.1:{};transport=tcp", phone.port));
}

// The route of a binding leads back over the phone's own connection, whatever its Contact says.
TEST_F(EndpointTest, APhoneOnTcpIsReachedOverItsConnection) {
  start();
  SipPeer phone("127.0.0.1", true);
  phone.connect(tcp);
  EXPECT_EQ(
      sign_in(phone, "agent2", "Contact: <sip:agent2@phone.invalid;transport=tcp>\r\n").code(),
      200);
  nta_leg_t* leg = nullptr;
  nta_outgoing_t* ping = nullptr;
  endpoint->loop().call([&] {
    const auto binding = endpoint->bindings("agent2").at(0);
    leg = nta_leg_tcreate(endpoint->agent(), nullptr, nullptr, SIPTAG_FROM_STR("<sip:baton>"),
                          SIPTAG_TO_STR("<sip:agent2@baton>"), TAG_END());
    ping = nta_outgoing_tcreate(leg, nullptr, nullptr, URL_STRING_MAKE(binding.via_route.c_str()),
                                SIP_METHOD_OPTIONS, URL_STRING_MAKE(binding.contact.c_str()),
                                TAG_END());
  });
  EXPECT_NE(ping, nullptr);
  const auto asked = phone.receive();
  ASSERT_TRUE(asked);
  EXPECT_THAT(asked->text, ::testing::StartsWith("OPTIONS sip:agent2@phone.invalid"));
  endpoint->loop().call([&] {
    nta_outgoing_destroy(ping);
    nta_leg_destroy(leg);
  });
}

TEST_F(EndpointTest, AnAgentWhoLeavesTheDirectoryIsSignedOut) {
  start();
  SipPeer phone;
  phone.connect(udp);
  EXPECT_EQ(sign_in(phone, "agent1", contact(phone, "agent1")).code(), 200);
  endpoint->set_agents({});
  EXPECT_TRUE(bindings("agent1").empty());
  const auto again = ask_with_digest(phone, "REGISTER", uri(), aor("agent1"), aor("agent1"), "",
                                     "agent1", "demo-agent1");
  EXPECT_EQ(again.code(), 403);
}

TEST_F(EndpointTest, APhoneThatSignedInWithAnotherPasswordIsSignedOut) {
  start();
  SipPeer phone;
  phone.connect(udp);
  SipPeer other;
  other.connect(udp);
  EXPECT_EQ(sign_in(phone, "agent1", contact(phone, "agent1")).code(), 200);
  EXPECT_EQ(sign_in(other, "agent2", contact(other, "agent2")).code(), 200);
  endpoint->set_agents({{"agent1", digest_ha1("agent1", "baton", "another")},
                        {"agent2", digest_ha1("agent2", "baton", "demo-agent2")}});
  EXPECT_TRUE(bindings("agent1").empty());
  EXPECT_EQ(bindings("agent2").size(), 1U) << "whose password is the same";
  const std::lock_guard lock(handler.mutex);
  ASSERT_EQ(reachable.size(), 3U);
  EXPECT_EQ(reachable.back(), (std::pair<std::string, bool>{"agent1", false}));
}

TEST_F(EndpointTest, ASipUriWithoutATransportIsReachedByUdpWhateverIsListenedOnFirst) {
  SipConfig config = test_config();
  config.listen = {{"tcp", "127.0.0.1", 0}, {"udp", "127.0.0.1", 0}};
  start(config);
  ASSERT_EQ(endpoint->bound().size(), 2U);
  EXPECT_EQ(endpoint->bound()[0].transport, "tcp") << "in the order of the configuration";
  EXPECT_EQ(endpoint->bound()[1].transport, "udp");
  SipPeer carrier(kTrunkHost);
  nta_leg_t* leg = nullptr;
  nta_outgoing_t* ping = nullptr;
  endpoint->loop().call([&] {
    const std::string to = fmt::format("sip:+1@{}:{}", carrier.host, carrier.port);
    leg = nta_leg_tcreate(endpoint->agent(), nullptr, nullptr, SIPTAG_FROM_STR("<sip:baton>"),
                          SIPTAG_TO_STR("<sip:carrier>"), TAG_END());
    ping = nta_outgoing_tcreate(leg, nullptr, nullptr, nullptr, SIP_METHOD_OPTIONS,
                                URL_STRING_MAKE(to.c_str()), TAG_END());
  });
  const auto asked = carrier.receive();
  ASSERT_TRUE(asked) << "RFC 3263, 4.1";
  EXPECT_THAT(asked->text, ::testing::StartsWith("OPTIONS sip:+1@"));
  endpoint->loop().call([&] {
    nta_outgoing_destroy(ping);
    nta_leg_destroy(leg);
  });
}

// ---- Who is calling

TEST_F(EndpointTest, AnUnknownPeerIsRefused) {
  SipConfig config = test_config();
  config.trunks.pop_back();
  start(config);
  SipPeer scanner(kStranger);
  scanner.connect(udp);
  const auto answer = exchange(
      scanner, scanner.request("INVITE", uri("+12125550100"), "sip:100@1.1.1.1", uri("100")));
  EXPECT_EQ(answer.code(), 403);
  EXPECT_EQ(endpoint->counters().unknown_peer, 1U);
  EXPECT_TRUE(handler.callers.empty());
}

TEST_F(EndpointTest, TheSameRequestGetsTheSameTag) {
  start();
  SipPeer scanner(kStranger);
  scanner.connect(udp);
  const auto request = scanner.request("INVITE", uri("1"), "sip:100@1.1.1.1", uri("1"));
  const auto first = exchange(scanner, request);
  EXPECT_TRUE(first.header("To"));
  EXPECT_EQ(first.header("To"), exchange(scanner, request).header("To"));
}

TEST_F(EndpointTest, ATrunkReachesAnInboundNumberAndNothingElse) {
  start();
  SipPeer carrier(kTrunkHost);
  carrier.connect(udp);
  EXPECT_EQ(exchange(carrier, carrier.request("INVITE", uri(kInbound), "sip:+14155550123@carrier",
                                              uri(kInbound)))
                .code(),
            486);
  carrier.call = "2";
  EXPECT_EQ(exchange(carrier, carrier.request("INVITE", uri("18005550100"),
                                              "sip:+14155550123@carrier", uri("x")))
                .code(),
            486);
  carrier.call = "3";
  EXPECT_EQ(exchange(carrier, carrier.request("INVITE", uri("+12125550100"),
                                              "sip:+14155550123@carrier", uri("x")))
                .code(),
            404);
  EXPECT_EQ(endpoint->counters().not_inbound, 1U);
  const std::lock_guard lock(handler.mutex);
  ASSERT_EQ(handler.callers.size(), 2U);
  EXPECT_EQ(handler.callers[0].kind, SipCaller::Kind::trunk);
  EXPECT_EQ(handler.callers[0].name, "carrier");
  EXPECT_EQ(handler.dialled[1], kInbound);
  EXPECT_EQ(handler.sources[0], (Source{"udp", kTrunkHost, carrier.port}));
}

TEST_F(EndpointTest, AnAgentInFromIsChallengedEvenFromATrunksAddress) {
  start();
  SipPeer phone(kTrunkHost);
  phone.connect(udp);
  const auto target = uri(kInbound);
  const auto answer =
      ask_with_digest(phone, "INVITE", target, aor("agent1"), target, "", "agent1", "demo-agent1");
  EXPECT_EQ(answer.code(), 486) << answer.text;
  const std::lock_guard lock(handler.mutex);
  ASSERT_EQ(handler.callers.size(), 1U);
  EXPECT_EQ(handler.callers[0].kind, SipCaller::Kind::agent);
  EXPECT_EQ(handler.callers[0].name, "agent1");
}

TEST_F(EndpointTest, AnAgentsCallNeedsThatAgentsCredential) {
  start();
  SipPeer phone(kStranger);
  phone.connect(udp);
  const auto target = uri("+12125550100");
  EXPECT_EQ(
      ask_with_digest(phone, "INVITE", target, aor("agent1"), target, "", "agent2", "demo-agent2")
          .code(),
      403);
  phone.call = "2";
  EXPECT_EQ(
      ask_with_digest(phone, "INVITE", target, aor("agent1"), target, "", "agent1", "no").code(),
      403);
  EXPECT_TRUE(handler.callers.empty());
}

TEST_F(EndpointTest, ARegisteredPhonesCallIsItsAgentsWhateverFromSays) {
  start();
  SipPeer phone(kTrunkHost);
  phone.connect(udp);
  EXPECT_EQ(sign_in(phone, "agent2", contact(phone, "agent2")).code(), 200);
  phone.call = "2";
  const auto target = uri(kInbound);
  const auto challenge =
      exchange(phone, phone.request("INVITE", target, "sip:+14155550123@carrier", target));
  EXPECT_EQ(challenge.code(), 407) << challenge.text;
  EXPECT_TRUE(handler.callers.empty());
}

TEST_F(EndpointTest, ATrunkWithAPasswordIsChallenged) {
  start();
  SipPeer pbx(kStranger);
  pbx.connect(udp);
  const auto target = uri(kInbound);
  EXPECT_EQ(ask_with_digest(pbx, "INVITE", target, "sip:branch-office@pbx.example", target, "",
                            "branch-office", "open-sesame")
                .code(),
            486);
  pbx.call = "2";
  EXPECT_EQ(ask_with_digest(pbx, "INVITE", target, "sip:branch-office@pbx.example", target, "",
                            "branch-office", "wrong")
                .code(),
            403);
  pbx.call = "3";
  const auto outside = uri("+12125550100");
  EXPECT_EQ(ask_with_digest(pbx, "INVITE", outside, "sip:branch-office@pbx.example", outside, "",
                            "branch-office", "open-sesame")
                .code(),
            404);
  const std::lock_guard lock(handler.mutex);
  ASSERT_EQ(handler.callers.size(), 1U);
  EXPECT_EQ(handler.callers[0].name, "branch");
}

TEST_F(EndpointTest, ATrunkWithAPasswordMayShowItsCustomersNumber) {
  start();
  SipPeer pbx(kStranger);
  pbx.connect(udp);
  const auto target = uri(kInbound);
  const std::string customer = "sip:+14155550123@pbx.example";
  EXPECT_EQ(
      ask_with_digest(pbx, "INVITE", target, customer, target, "", "branch-office", "open-sesame")
          .code(),
      486);
  pbx.call = "2";
  EXPECT_EQ(
      ask_with_digest(pbx, "INVITE", target, customer, target, "", "branch-office", "wrong").code(),
      403);
  EXPECT_EQ(endpoint->counters().credentials_wrong, 1U);
  pbx.call = "3";
  EXPECT_EQ(
      ask_with_digest(pbx, "INVITE", target, customer, target, "", "nobody", "open-sesame").code(),
      403);
  EXPECT_EQ(endpoint->counters().unknown_peer, 1U);
  const std::lock_guard lock(handler.mutex);
  ASSERT_EQ(handler.callers.size(), 1U);
  EXPECT_EQ(handler.callers[0].name, "branch");
}

TEST_F(EndpointTest, ACredentialIsForATargetHoweverItsEscapesAreWritten) {
  start();
  SipPeer phone(kStranger);
  phone.connect(udp);
  const auto target = uri("%2b12125550100");
  const auto answer =
      ask_with_digest(phone, "INVITE", target, aor("agent1"), target, "", "agent1", "demo-agent1");
  EXPECT_EQ(answer.code(), 486) << answer.text;
  const std::lock_guard lock(handler.mutex);
  EXPECT_THAT(handler.dialled, ::testing::ElementsAre("+12125550100"));
}

TEST_F(EndpointTest, ACarriersNumberMayHaveParametersAndSeparators) {
  start();
  SipPeer carrier(kTrunkHost);
  carrier.connect(udp);
  for (const std::string& target :
       {uri("+18005550100;npdi;rn=+18005550000") + ";user=phone",
        std::string("tel:+1-800-555-0100"), std::string("tel:+18005550100;npdi")}) {
    carrier.call += "x";
    const auto answer = exchange(
        carrier, carrier.request("INVITE", target, "sip:+14155550123@carrier", uri(kInbound)));
    EXPECT_EQ(answer.code(), 486) << target << "\n" << answer.text;
  }
  const std::lock_guard lock(handler.mutex);
  EXPECT_THAT(handler.dialled, ::testing::Each(kInbound));
}

TEST_F(EndpointTest, OurOwnCallsComeBackAsInternal) {
  start();
  SipPeer ourselves(kStranger);
  ourselves.connect(udp);
  const auto target = uri(kInbound);
  const auto call_id = fmt::format("call-1-{}", ourselves.port);
  const auto mark = fmt::format("{}: {}\r\n", kInternalHeader, endpoint->internal_mark(call_id));
  EXPECT_EQ(
      exchange(ourselves, ourselves.request("INVITE", target, "sip:+1@x", target, mark)).code(),
      486);
  {
    const std::lock_guard lock(handler.mutex);
    ASSERT_EQ(handler.callers.size(), 1U);
    EXPECT_EQ(handler.callers[0].kind, SipCaller::Kind::internal);
  }
  // The same mark does not work for another call.
  ourselves.call = "2";
  EXPECT_EQ(
      exchange(ourselves, ourselves.request("INVITE", target, "sip:+1@x", target, mark)).code(),
      407)
      << "as anybody's";
}

TEST_F(EndpointTest, MaxForwardsZeroIs483) {
  start();
  SipPeer carrier(kTrunkHost);
  carrier.connect(udp);
  auto request = carrier.request("INVITE", uri(kInbound), "sip:+1@x", uri(kInbound));
  request.replace(request.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
  EXPECT_EQ(exchange(carrier, request).code(), 483);
}

// ---- Everything else outside dialogs

TEST_F(EndpointTest, OptionsAndTheRefusedMethods) {
  start();
  SipPeer peer(kStranger);
  peer.connect(udp);
  const auto options = exchange(peer, peer.request("OPTIONS", uri(), "sip:a@b", uri()));
  EXPECT_EQ(options.code(), 200);
  EXPECT_THAT(options.header("Allow").value_or(""), HasSubstr("REFER"));
  EXPECT_THAT(options.header("Supported").value_or(""), HasSubstr("timer"));
  const std::pair<const char*, int> expected[] = {
      {"BYE", 481},     {"INFO", 481},      {"UPDATE", 481},    {"CANCEL", 481},
      {"PRACK", 481},   {"NOTIFY", 481},    {"REFER", 603},     {"MESSAGE", 405},
      {"PUBLISH", 405}, {"SUBSCRIBE", 405}, {"BREAKDANCE", 501}};
  for (const auto& [method, code] : expected) {
    peer.call = method;
    const auto answer = exchange(peer, peer.request(method, uri(), "sip:a@b", uri()));
    EXPECT_EQ(answer.code(), code) << method << "\n" << answer.text;
    if (code == 405) {
      EXPECT_TRUE(answer.header("Allow"));
    }
  }
  // In a dialog that does not exist.
  for (const char* method : {"INVITE", "REFER", "BYE", "OPTIONS", "MESSAGE"}) {
    peer.call = std::string{"in-dialog-"} + method;
    auto request = peer.request(method, uri(), "sip:a@b", uri());
    const auto to = request.find("\r\nCall-ID");
    request.insert(to, ";tag=gone");
    EXPECT_EQ(exchange(peer, request).code(), 481) << method;
  }
  peer.send(peer.request("ACK", uri(), "sip:a@b", uri()));
  EXPECT_FALSE(peer.receive(std::chrono::milliseconds(100)));
  EXPECT_TRUE(alive());
}

TEST_F(EndpointTest, WithoutAUserAgentThereIsNoServerHeader) {
  auto config = test_config();
  config.user_agent.clear();
  start(config);
  SipPeer peer;
  peer.connect(udp);
  for (const auto& [method, code] :
       {std::pair{"OPTIONS", 200}, {"REGISTER", 401}, {"MESSAGE", 405}}) {
    const auto answer = exchange(peer, peer.request(method, uri(), aor("agent1"), aor("agent1")));
    EXPECT_EQ(answer.code(), code);
    EXPECT_THAT(answer.text, Not(HasSubstr("\r\nServer:"))) << method;
  }
  const auto registered = sign_in(peer, "agent1", contact(peer, "agent1"));
  EXPECT_EQ(registered.code(), 200);
  EXPECT_THAT(registered.text, Not(HasSubstr("\r\nServer:")));
}

TEST_F(EndpointTest, RequireOfSomethingUnknownIs420) {
  start();
  SipPeer peer;
  peer.connect(udp);
  const auto answer = exchange(
      peer, peer.request("OPTIONS", uri(), "sip:a@b", uri(), "Require: timer, teleport\r\n"));
  EXPECT_EQ(answer.code(), 420);
  EXPECT_EQ(answer.header("Unsupported"), "teleport");
}

TEST_F(EndpointTest, OverloadIs503WithRetryAfterAndWhatRunsGoesOn) {
  auto config = test_config();
  config.max_dialogs = 10;
  start(config);
  SipPeer carrier(kTrunkHost);
  carrier.connect(udp);
  handler.held = 10;
  const auto answer =
      exchange(carrier, carrier.request("INVITE", uri(kInbound), "sip:+1@x", uri(kInbound)));
  EXPECT_EQ(answer.code(), 503);
  EXPECT_EQ(answer.header("Retry-After"), "5");
  EXPECT_TRUE(alive());
  handler.held = 9;
  carrier.call = "2";
  EXPECT_EQ(
      exchange(carrier, carrier.request("INVITE", uri(kInbound), "sip:+1@x", uri(kInbound))).code(),
      486);
}

TEST_F(EndpointTest, ManyTransactionsAreOverloadToo) {
  auto config = test_config();
  config.max_transactions = 3;
  start(config);
  SipPeer carrier(kTrunkHost);
  carrier.connect(udp);
  int busy = 0;
  int overloaded = 0;
  for (int i = 0; i < 6; ++i) {
    carrier.call = std::to_string(i);
    const auto answer =
        exchange(carrier, carrier.request("INVITE", uri(kInbound), "sip:+1@x", uri(kInbound)));
    busy += answer.code() == 486;
    overloaded += answer.code() == 503;
  }
  EXPECT_EQ(busy, 3);
  EXPECT_EQ(overloaded, 3);
}

TEST_F(EndpointTest, BrokenHeadersAreAnsweredOrDroppedAndNothingStops) {
  start();
  SipPeer peer(kStranger);
  peer.connect(udp);
  const std::string good = peer.request("INVITE", uri(kInbound), "sip:a@b", uri(kInbound));
  const auto with = [&good](std::string_view what, std::string_view instead) {
    auto broken = good;
    broken.replace(broken.find(what), what.size(), instead);
    return broken;
  };
  const std::vector<std::string> broken = {
      with("CSeq: 1 INVITE", "CSeq: INVITE one"),
      with("CSeq: 1 INVITE", "CSeq: 99999999999 INVITE"),
      with("CSeq: 1 INVITE", "CSeq: 1 BYE"),
      with("Content-Length: 0", "Content-Length: -1"),
      with("Content-Length: 0", "Content-Length: 99999"),
      with("Via: SIP/2.0/UDP ", "Via: nonsense "),
      with("Via: SIP/2.0/UDP ", "Via: SIP/2.0/SCTP "),
      with("Via: SIP/2.0/UDP ", "Via: SIP/2.0/UDP [::1"),
      with("branch=z9hG4bK", "maddr=127.0.0.99;branch=z9hG4bK"),
      with("From: <sip:a@b>", "From: <sip:a@b"),
      with("To: <", "To: <<<"),
      with("Call-ID: ", "X-None: "),
      with("SIP/2.0\r\n", "SIP/7.0\r\n"),
      with("Max-Forwards: 70", "Max-Forwards: minus"),
      with("sip:+18005550100@", "mailto:+18005550100@"),
      std::string("\0\0\0\0", 4),
      "\r\n\r\n",
      "INVITE",
      good.substr(0, 90),
      std::string(60000, 'A'),
  };
  for (const auto& each : broken) peer.send(each);
  EXPECT_TRUE(alive());
  int answers = 0;
  while (const auto answer = peer.receive(std::chrono::milliseconds(200))) {
    ++answers;
    EXPECT_GE(answer->code(), 400) << answer->text;
  }
  EXPECT_GT(answers, 3);
  EXPECT_TRUE(handler.callers.empty());
  EXPECT_TRUE(alive());
}

TEST_F(EndpointTest, AStrayAnswerIsAcknowledgedAndEndedForPeersOnly) {
  start();
  const auto stray = [this](const SipPeer& peer) {
    return fmt::format(
        "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bKgone\r\n"
        "From: <sip:x@127.0.0.1>;tag=ours\r\nTo: <sip:y@{}>;tag=theirs\r\nCall-ID: lost\r\n"
        "CSeq: 7 INVITE\r\nContact: <sip:y@some.host.example>\r\nContent-Length: 0\r\n\r\n",
        udp, peer.host);
  };
  SipPeer carrier(kTrunkHost);
  carrier.connect(udp);
  carrier.send(stray(carrier));
  const auto ack = carrier.receive();
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->text, ::testing::StartsWith("ACK sip:y@some.host.example SIP/2.0"));
  EXPECT_EQ(ack->header("CSeq"), "7 ACK");
  EXPECT_EQ(ack->header("Max-Forwards"), "70");
  const auto bye = carrier.receive();
  ASSERT_TRUE(bye);
  EXPECT_THAT(bye->text, ::testing::StartsWith("BYE sip:y@some.host.example SIP/2.0"));
  EXPECT_THAT(bye->header("To").value_or(""), HasSubstr("theirs"));
  EXPECT_EQ(bye->header("Max-Forwards"), "70");

  SipPeer stranger(kStranger);
  stranger.connect(udp);
  stranger.send(stray(stranger));
  EXPECT_FALSE(stranger.receive(std::chrono::milliseconds(150)));
  EXPECT_EQ(endpoint->counters().stray_answers, 1U);
}

// ---- Starting

TEST_F(EndpointTest, ABusyPortIsSaidWithItsRemedy) {
  start();
  for (const auto& taken : endpoint->bound()) {
    SipConfig config = test_config();
    config.listen = {taken};
    Endpoint second(config, nullptr, {});
    try {
      second.start();
      FAIL() << "started twice on " << taken.transport << taken.port;
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(),
                  HasSubstr(fmt::format("{}:127.0.0.1:{}", taken.transport, taken.port)));
      EXPECT_THAT(error.what(), HasSubstr("busy"));
    }
  }
  EXPECT_TRUE(alive());
}

TEST_F(EndpointTest, ReportsWhatItIsBoundTo) {
  auto config = test_config();
  config.listen = {{"udp", "127.0.0.1", 0}, {"udp", "127.0.0.2", 0}, {"tcp", "127.0.0.1", 0}};
  start(config);
  ASSERT_EQ(endpoint->bound().size(), 3U);
  for (const auto& each : endpoint->bound()) EXPECT_GT(each.port, 0);
  EXPECT_EQ(endpoint->bound()[1].host, "127.0.0.2");
  EXPECT_NE(endpoint->bound()[0].port, endpoint->bound()[1].port);
  EXPECT_EQ(endpoint->contact_uri("tcp"),
            fmt::format("sip:127.0.0.1:{};transport=tcp", endpoint->bound()[2].port));
  EXPECT_TRUE(alive());
}

TEST_F(EndpointTest, ListensOnAWildcardAddress) {
  auto config = test_config();
  config.listen = {{"udp", "0.0.0.0", 0}};
  start(config);
  EXPECT_TRUE(alive());
  SipPeer phone;
  phone.connect(udp);
  EXPECT_EQ(sign_in(phone, "agent1", contact(phone, "agent1")).code(), 200);
}

}  // namespace
}  // namespace baton::telephony::sip
