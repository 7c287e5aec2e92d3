#include "telephony/sip/classify.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::telephony::sip {
namespace {

using Kind = Classified::Kind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SipConfig config() {
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", 5060}};
  config.domains = {"pbx.example"};
  TrunkConfig carrier;
  carrier.name = "carrier";
  carrier.address = "127.0.0.1:5090";
  carrier.sources = {"127.0.0.1"};
  TrunkConfig branch;
  branch.name = "branch";
  branch.address = "127.0.0.4:5090";
  branch.username = "branch-office";
  branch.password = "x";
  config.trunks = {carrier, branch};
  return config;
}

class ClassifyTest : public ::testing::Test {
 protected:
  ClassifyTest() : registrar(config(), {}), trunks(config()), own(config()) {
    trunks.set_inbound_numbers({"+18005550100"});
    RegisterRequest request;
    request.login = "agent2";
    request.source = {"udp", "127.0.0.1", 7000};
    request.contacts = {{"sip:agent2@127.0.0.1:7000", {}, {}}};
    (void)registrar.apply(request, 100);
  }
  Classified ask(const CallFacts& facts) const {
    return classify(facts, registrar, trunks, own,
                    [](std::string_view login) { return login == "agent1" || login == "agent2"; });
  }
  static CallFacts from(std::string host, int port, std::string user, std::string user_host,
                        std::string dialled = "+18005550100") {
    CallFacts facts;
    facts.source = {"udp", std::move(host), port};
    facts.from_user = std::move(user);
    facts.from_host = std::move(user_host);
    facts.dialled = std::move(dialled);
    return facts;
  }

  Registrar registrar;
  Trunks trunks;
  OwnHosts own;
};

TEST_F(ClassifyTest, AnAgentInFromComesBeforeEverything) {
  for (const char* host : {"baton", "BATON", "127.0.0.1", "localhost", "pbx.example"}) {
    const auto who = ask(from("127.0.0.1", 6000, "agent1", host));
    EXPECT_EQ(who.kind, Kind::agent) << host;
    EXPECT_EQ(who.name, "agent1");
  }
  // Also from another agent's phone: he proves who he is.
  EXPECT_EQ(ask(from("127.0.0.1", 7000, "agent1", "baton")).name, "agent1");
}

TEST_F(ClassifyTest, ANamesakeElsewhereIsNotOurAgent) {
  EXPECT_EQ(ask(from("127.0.0.1", 6000, "agent1", "elsewhere.example")).kind, Kind::trunk);
  EXPECT_EQ(ask(from("10.0.0.1", 6000, "agent1", "elsewhere.example")).kind, Kind::unproved);
}

TEST_F(ClassifyTest, ARegisteredPhonesAddressComesBeforeTrunks) {
  const auto who = ask(from("127.0.0.1", 7000, "+14155550123", "carrier.example"));
  EXPECT_EQ(who.kind, Kind::agent);
  EXPECT_EQ(who.name, "agent2");
}

TEST_F(ClassifyTest, ATrunkReachesInboundNumbersOnly) {
  EXPECT_EQ(ask(from("127.0.0.1", 6000, "+1", "x")).kind, Kind::trunk);
  EXPECT_EQ(ask(from("127.0.0.1", 6000, "+1", "x", "+18005550100;npdi=yes")).kind, Kind::trunk);
  EXPECT_EQ(ask(from("127.0.0.1", 6000, "+1", "x", "+12125550100")).kind, Kind::not_inbound);
  EXPECT_EQ(ask(from("127.0.0.1", 6000, "+1", "x", "agent1")).kind, Kind::not_inbound);
}

TEST_F(ClassifyTest, ATrunkByItsName) {
  EXPECT_EQ(ask(from("10.0.0.1", 6000, "branch-office", "x")).kind, Kind::digest_trunk);
  auto facts = from("10.0.0.1", 6000, "+1", "x");
  facts.credential_user = "branch-office";
  EXPECT_EQ(ask(facts).name, "branch");
}

TEST_F(ClassifyTest, WhoMayBeATrunkThatHasNoAddressIsAskedForItsPassword) {
  auto facts = from("127.0.0.2", 5060, "100", "1.1.1.1");
  EXPECT_EQ(ask(facts).kind, Kind::unproved);
  facts.dialled = "+12125550100";
  EXPECT_EQ(ask(facts).kind, Kind::unproved) << "which numbers are ours is not for everybody";
  facts.credential_user = "somebody";
  EXPECT_EQ(ask(facts).kind, Kind::unknown);
}

TEST_F(ClassifyTest, EverybodyElseIsUnknown) {
  SipConfig by_address = config();
  by_address.trunks[1].sources = {"127.0.0.4"};
  trunks = Trunks(by_address);
  EXPECT_EQ(ask(from("127.0.0.2", 5060, "100", "1.1.1.1")).kind, Kind::unknown);
  by_address.trunks.pop_back();
  trunks = Trunks(by_address);
  EXPECT_EQ(ask(from("127.0.0.2", 5060, "100", "1.1.1.1")).kind, Kind::unknown);
}

TEST_F(ClassifyTest, OurOwnCallsGoToInboundNumbersToo) {
  auto facts = from("127.0.0.1", 5060, "+1", "x");
  facts.internal_mark = true;
  EXPECT_EQ(ask(facts).kind, Kind::internal);
  facts.dialled = "+12125550100";
  EXPECT_EQ(ask(facts).kind, Kind::not_inbound);
}

TEST(InternalMark, IsForOneCallAndOneMinute) {
  const InternalMark mark;
  const auto value = mark.make("call-1", 1000);
  EXPECT_TRUE(mark.check(value, "call-1", 1000));
  EXPECT_TRUE(mark.check(value, "call-1", 1060));
  EXPECT_FALSE(mark.check(value, "call-1", 1061));
  EXPECT_FALSE(mark.check(value, "call-1", 999));
  EXPECT_FALSE(mark.check(value, "call-2", 1000));
  EXPECT_FALSE(InternalMark().check(value, "call-1", 1000));
  for (const char* bad : {"", "-", "1000", "1000-", "x-y", "1000-00"}) {
    EXPECT_FALSE(mark.check(bad, "call-1", 1000)) << bad;
  }
}

TEST(OwnHosts, AnAddressIsOursInWhicheverSpelling) {
  SipConfig v6;
  v6.listen = {{"udp", "[2001:db8:0:0::5]", 5060}};
  v6.domains = {"[2001:DB8::6]"};
  const OwnHosts own(v6);
  for (const char* host :
       {"[2001:db8::5]", "[2001:DB8:0:0:0:0:0:5]", "2001:db8:0:0::5", "[2001:db8::6]"}) {
    EXPECT_TRUE(own.contains(host)) << host;
  }
  EXPECT_FALSE(own.contains("[2001:db8::7]"));
}

TEST(OwnHosts, AWildcardMeansEveryAddressOfThisMachine) {
  SipConfig any;
  any.listen = {{"udp", "0.0.0.0", 5060}};
  const OwnHosts own(any);
  EXPECT_TRUE(own.contains("127.0.0.1"));
  EXPECT_TRUE(own.contains("localhost"));
  EXPECT_FALSE(own.contains("203.0.113.99"));
  EXPECT_FALSE(own.contains(""));
}

}  // namespace
}  // namespace baton::telephony::sip
