#include "telephony/sip/trunks.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace baton::telephony::sip {
namespace {

TrunkConfig trunk(std::string name, std::string address, std::vector<std::string> prefixes,
                  int priority = 1) {
  TrunkConfig config;
  config.name = std::move(name);
  config.address = std::move(address);
  config.prefixes = std::move(prefixes);
  config.priority = priority;
  config.caller_id = "+15550000";
  return config;
}

SipConfig with(std::vector<TrunkConfig> trunks) {
  SipConfig config;
  config.listen = {{"udp", "192.0.2.1", 5060}, {"tcp", "[2001:db8::1]", 5060}};
  config.trunks = std::move(trunks);
  return config;
}

TEST(Trunks, LongestPrefixThenPriorityThenOrder) {
  const Trunks trunks(
      with({trunk("all", "10.0.0.1", {}), trunk("us", "10.0.0.2", {"+1"}, 2),
            trunk("us-first", "10.0.0.3", {"+1"}, 1), trunk("us-too", "10.0.0.4", {"+1"}, 1),
            trunk("ny", "10.0.0.5", {"+44", "+1212"}, 9)}));
  EXPECT_EQ(trunks.route("+4930123456", "")->trunk, "all");
  EXPECT_EQ(trunks.route("+14155550100", "")->trunk, "us-first");
  EXPECT_EQ(trunks.route("+12125550100", "")->trunk, "ny");
  EXPECT_EQ(trunks.route("+442079460000", "")->trunk, "ny");
}

TEST(Trunks, NoWayWhereNobodyCarriesIt) {
  const Trunks trunks(with({trunk("us", "10.0.0.2", {"+1"})}));
  EXPECT_FALSE(trunks.route("+4930123456", ""));
}

TEST(Trunks, AFullTrunkIsPassedOver) {
  auto narrow = trunk("narrow", "10.0.0.2", {"+1"});
  narrow.max_calls = 2;
  auto wide = trunk("wide", "10.0.0.3", {});
  wide.max_calls = 1;
  Trunks trunks(with({narrow, wide}));
  const TrunkCall first = trunks.occupy("narrow");
  EXPECT_EQ(trunks.route("+14155550100", "")->trunk, "narrow") << "one place is left";
  TrunkCall second = trunks.occupy("narrow");
  EXPECT_EQ(trunks.route("+14155550100", "")->trunk, "wide");
  EXPECT_EQ(trunks.route("+14155550100", "")->full_at, 0);
  const TrunkCall third = trunks.occupy("wide");
  const auto full = trunks.route("+14155550100", "");
  EXPECT_EQ(full->trunk, "narrow");
  EXPECT_EQ(full->full_at, 2);
  EXPECT_EQ(trunks.route("+4930123456", "")->full_at, 1);
  second.reset();
  EXPECT_EQ(trunks.route("+14155550100", "")->trunk, "narrow");
  EXPECT_EQ(trunks.route("+14155550100", "")->full_at, 0);
  EXPECT_EQ(trunks.occupy("unknown"), nullptr);
}

TEST(Trunks, BuildsNumericUris) {
  auto secure = trunk("secure", "[2001:db8::1]", {"+44"});
  secure.transport = "tls";
  secure.username = "us";
  secure.password = "pw";
  const Trunks trunks(with({trunk("plain", "127.0.0.1:5090", {"+1"}), secure}));
  const auto plain = trunks.route("+12082097345", "");
  EXPECT_EQ(plain->request_uri, "sip:+12082097345@127.0.0.1:5090;user=phone");
  EXPECT_EQ(plain->via_route, "sip:127.0.0.1:5090;transport=udp");
  EXPECT_FALSE(plain->internal);
  const auto tls = trunks.route("+442079460000", "");
  EXPECT_EQ(tls->request_uri, "sip:+442079460000@[2001:db8::1]:5061;user=phone;transport=tls");
  EXPECT_EQ(tls->username, "us");
  EXPECT_EQ(tls->password, "pw");
}

TEST(Trunks, APartyOnAConnectionIsReachedAsTheTrunkIsCalled) {
  auto numeric = trunk("numeric", "192.0.2.7:5071", {});
  numeric.transport = "tls";
  auto named = trunk("named", "sbc.example", {});
  named.transport = "tcp";
  Trunks trunks(with({numeric, named}));
  EXPECT_EQ(trunks.way_to("numeric", "192.0.2.7"), "sip:192.0.2.7:5071;transport=tls");
  EXPECT_EQ(trunks.way_to("numeric", "192.0.2.8"), "sip:192.0.2.7:5071;transport=tls")
      << "it calls from there, and need not listen there";
  EXPECT_EQ(trunks.way_to("named", "2001:db8::8"), "sip:[2001:db8::8]:5060;transport=tcp")
      << "while the name has no address";
  trunks.set_addresses("named", {{"2001:db8::7", 5060}, {"2001:db8::8", 5060}});
  EXPECT_EQ(trunks.way_to("named", "2001:db8::8"), "sip:[2001:db8::8]:5060;transport=tcp");
  EXPECT_EQ(trunks.way_to("named", "2001:db8::9"), "sip:[2001:db8::7]:5060;transport=tcp");
  EXPECT_FALSE(trunks.way_to("internal", "127.0.0.1"));
}

TEST(Trunks, CallerIdIsWhatTheTrunkAllows) {
  auto strict = trunk("strict", "10.0.0.1", {"+1"});
  strict.allowed_caller_ids = {"+15551111"};
  auto open = trunk("open", "10.0.0.1", {"+2"});
  open.allowed_caller_ids = {"*"};
  const Trunks trunks(with({strict, open}));
  EXPECT_EQ(trunks.route("+1", "+15551111")->caller_id, "+15551111");
  EXPECT_EQ(trunks.route("+1", "+15550000")->caller_id, "+15550000");
  EXPECT_EQ(trunks.route("+1", "+19998888")->caller_id, "+15550000");
  EXPECT_EQ(trunks.route("+1", "")->caller_id, "+15550000");
  EXPECT_EQ(trunks.route("+2", "+19998888")->caller_id, "+19998888");
  EXPECT_EQ(trunks.route("+2", "")->caller_id, "+15550000");
}

TEST(Trunks, OurOwnNumbersStayInside) {
  Trunks trunks(with({trunk("all", "10.0.0.1", {})}));
  trunks.set_own_address({"udp", "0.0.0.0", 5062});
  trunks.set_inbound_numbers({"+18005550100"});
  const auto own = trunks.route("+18005550100", "+1777");
  EXPECT_TRUE(own->internal);
  EXPECT_EQ(own->request_uri, "sip:+18005550100@127.0.0.1:5062;user=phone");
  EXPECT_EQ(own->via_route, "sip:127.0.0.1:5062;transport=udp");
  EXPECT_EQ(own->caller_id, "+1777");
  EXPECT_EQ(trunks.inbound("18005550100"), "+18005550100");
  EXPECT_FALSE(trunks.inbound(""));
  EXPECT_FALSE(trunks.inbound("8005550100"));
  trunks.set_inbound_numbers({});
  EXPECT_FALSE(trunks.route("+18005550100", "")->internal);
}

TEST(Trunks, SourcesWithAPortComeFirst) {
  auto any = trunk("any", "10.0.0.1", {});
  any.sources = {"10.0.0.1"};
  auto exact = trunk("exact", "10.0.0.1", {});
  exact.sources = {"10.0.0.1:5080"};
  const Trunks trunks(with({any, exact}));
  EXPECT_EQ(trunks.by_source({"udp", "10.0.0.1", 5080})->name, "exact");
  EXPECT_EQ(trunks.by_source({"udp", "10.0.0.1", 5081})->name, "any");
  EXPECT_EQ(trunks.by_source({"udp", "10.0.0.2", 5080}), nullptr);
  EXPECT_TRUE(trunks.sends_from("10.0.0.1"));
  EXPECT_FALSE(trunks.sends_from("10.0.0.2"));
}

TEST(Trunks, ANamedTrunkWaitsForItsAddress) {
  Trunks trunks(with({trunk("named", "sip.carrier.example:5070", {})}));
  EXPECT_FALSE(trunks.route("+1", ""));
  trunks.set_addresses("named", {{"203.0.113.5", 5070}, {"203.0.113.6", 5070}});
  EXPECT_EQ(trunks.route("+1", "")->via_route, "sip:203.0.113.5:5070;transport=udp");
  trunks.set_addresses("named", {});
  EXPECT_TRUE(trunks.route("+1", ""));
  EXPECT_TRUE(trunks.sends_from("203.0.113.6"));
}

TEST(Trunks, ANameGivesTheAddressesThatWeCanSendTo) {
  auto by_tcp = trunk("by-tcp", "sip.carrier.example:5070", {"+2"});
  by_tcp.transport = "tcp";
  Trunks trunks(with({trunk("named", "sip.carrier.example:5070", {"+1"}), by_tcp}));
  const std::vector<TrunkAddress> both{{"2001:db8::7", 5070}, {"192.0.2.7", 5070}};
  trunks.set_addresses("named", both);
  trunks.set_addresses("by-tcp", both);
  EXPECT_EQ(trunks.route("+1", "")->via_route, "sip:192.0.2.7:5070;transport=udp");
  EXPECT_EQ(trunks.route("+2", "")->via_route, "sip:[2001:db8::7]:5070;transport=tcp");
  trunks.set_addresses("named", {{"2001:db8::8", 5070}});
  EXPECT_EQ(trunks.route("+1", "")->via_route, "sip:192.0.2.7:5070;transport=udp");
}

TEST(Trunks, AnInboundNumberIsFoundHoweverACarrierWritesIt) {
  Trunks trunks(with({}));
  trunks.set_inbound_numbers({"+18005550100"});
  for (const char* written :
       {"+18005550100;npdi;rn=+18005550000", "+1-800-555-0100", "1(800)555.0100",
        "+1-800-555-0100;phone-context=x.example", "18005550100;npdi=yes"}) {
    EXPECT_EQ(trunks.inbound(written), "+18005550100") << written;
  }
  for (const char* other : {"+1800555010;0", ";+18005550100", "+18005550100x", "-", ";"}) {
    EXPECT_FALSE(trunks.inbound(other)) << other;
  }
}

TEST(TrunkResolver, FindsNamesAndLeavesNumbersAlone) {
  std::promise<std::pair<std::string, std::vector<TrunkAddress>>> found;
  std::atomic<int> times{0};
  {
    const TrunkResolver resolver(
        {trunk("numeric", "127.0.0.1:5090", {}), trunk("named", "localhost:5070", {})}, 3600,
        [&](const std::string& name, std::vector<TrunkAddress> addresses) {
          if (times++ == 0) found.set_value({name, std::move(addresses)});
        });
    auto result = found.get_future();
    ASSERT_EQ(result.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    const auto [name, addresses] = result.get();
    EXPECT_EQ(name, "named");
    ASSERT_FALSE(addresses.empty());
    EXPECT_TRUE(is_loopback_address(addresses[0].host));
    EXPECT_EQ(addresses[0].port, 5070);
  }
  EXPECT_EQ(times, 1);
}

TEST(Trunks, ASourceIsFoundByWhicheverSpellingOfItsAddress) {
  for (const char* any_port : {"2001:db8::7", "2001:DB8:0::7", "[2001:db8::7]"}) {
    auto carrier = trunk("carrier", "10.0.0.1", {});
    carrier.sources = {any_port};
    const Trunks trunks(with({carrier}));
    const TrunkConfig* found = trunks.by_source({"udp", "2001:db8::7", 5071});
    ASSERT_NE(found, nullptr) << any_port;
    EXPECT_EQ(found->name, "carrier");
    EXPECT_EQ(trunks.by_source({"udp", "2001:db8::8", 5071}), nullptr) << any_port;
  }
  auto carrier = trunk("carrier", "[2001:DB8::9]:5060", {});
  carrier.sources = {"[2001:DB8::7]:5060"};
  const Trunks trunks(with({carrier}));
  EXPECT_NE(trunks.by_source({"udp", "2001:db8::7", 5060}), nullptr);
  EXPECT_EQ(trunks.by_source({"udp", "2001:db8::7", 5061}), nullptr);
  EXPECT_TRUE(trunks.sends_from("2001:db8::9"));
}

TEST(Trunks, NobodyIsATrunkByAnEmptyPassword) {
  auto pbx = trunk("pbx", "10.0.0.1", {});
  pbx.username = "branch-office";
  EXPECT_EQ(Trunks(with({pbx})).by_username("branch-office"), nullptr);
  pbx.password = "p";
  const Trunks trunks(with({pbx}));
  EXPECT_NE(trunks.by_username("branch-office"), nullptr);
}

TEST(HostPort, Parsing) {
  EXPECT_EQ(parse_host_port("10.0.0.1"), (TrunkAddress{"10.0.0.1", 0}));
  EXPECT_EQ(parse_host_port("a-b.example:5060"), (TrunkAddress{"a-b.example", 5060}));
  EXPECT_EQ(parse_host_port("[::1]:5061"), (TrunkAddress{"::1", 5061}));
  EXPECT_EQ(parse_host_port("[::1]"), (TrunkAddress{"::1", 0}));
  for (const char* bad : {"", ":5060", "a:", "a:0", "a:65536", "a:5060x", "[::1", "[host]:1", "a b",
                          "::1", "a/b", "[::1]5060"}) {
    EXPECT_FALSE(parse_host_port(bad)) << bad;
  }
}

}  // namespace
}  // namespace baton::telephony::sip
