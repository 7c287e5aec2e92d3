#include "telephony/sip/registrar.hpp"

#include <gtest/gtest.h>

namespace baton::telephony::sip {
namespace {

class RegistrarTest : public ::testing::Test {
 protected:
  RegistrarTest()
      : registrar(config(), [this](const std::string& login, bool reachable) {
          told.emplace_back(login, reachable);
        }) {}

  static SipConfig config() {
    SipConfig config;
    config.max_contacts_per_agent = 2;
    return config;
  }
  RegisterRequest request(const std::string& contact, std::optional<std::uint64_t> expires = {}) {
    RegisterRequest request;
    request.login = "agent1";
    request.source = source;
    request.call_id = "c1";
    request.cseq = ++cseq;
    if (!contact.empty()) request.contacts = {{contact, expires, {}}};
    return request;
  }

  Source source{"udp", "127.0.0.5", 4000};
  std::uint32_t cseq = 0;
  std::vector<std::pair<std::string, bool>> told;
  Registrar registrar;
};

TEST_F(RegistrarTest, TellsTheFirstContactAndTheLast) {
  EXPECT_EQ(registrar.apply(request("sip:a@1"), 100).code, 200);
  EXPECT_EQ(registrar.apply(request("sip:b@1"), 100).code, 200);
  EXPECT_EQ(registrar.apply(request("sip:a@1", 0), 100).code, 200);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(registrar.apply(request("sip:b@1", 0), 100).code, 200);
  EXPECT_EQ(told, (std::vector<std::pair<std::string, bool>>{{"agent1", true}, {"agent1", false}}));
  EXPECT_EQ(registrar.size(), 0U);
}

TEST_F(RegistrarTest, TellsTheAuditOfAddressesNotOfRegistrations) {
  std::vector<std::string> lines;
  registrar.tell_sign_ins([&lines](const SignIn& told_of) {
    using What = SignIn::What;
    const char* what = told_of.what == What::signed_in    ? "in "
                       : told_of.what == What::signed_off ? "off "
                       : told_of.what == What::expired    ? "expired "
                                                          : "removed ";
    lines.push_back(what + told_of.login + ' ' + told_of.host);
  });
  const std::vector<std::string> one{"in agent1 127.0.0.5"};
  for (int minute = 0; minute < 60; ++minute) {
    // Each time by another connection, as behind a NAT; the one before expires.
    source.port = 4000 + minute;
    EXPECT_EQ(
        registrar.apply(request("sip:a@1:" + std::to_string(source.port), 90), minute * 60).code,
        200);
    registrar.expire(minute * 60);
  }
  EXPECT_EQ(lines, one) << "registering anew is nothing new";
  registrar.expire(10'000);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines.back(), "expired agent1 127.0.0.5");
  source.host = "::1";
  EXPECT_EQ(registrar.apply(request("sip:a@1"), 10'000).code, 200);
  EXPECT_EQ(lines.back(), "in agent1 ::1");
  source.host = "127.0.0.6";
  EXPECT_EQ(registrar.apply(request("sip:b@1"), 10'000).code, 200);
  EXPECT_EQ(lines.back(), "in agent1 127.0.0.6");
  EXPECT_EQ(registrar.apply(request("sip:b@1", 0), 10'000).code, 200);
  EXPECT_EQ(lines.back(), "off agent1 127.0.0.6");
  registrar.forget("agent1");
  EXPECT_EQ(lines.back(), "removed agent1 ::1");
  EXPECT_EQ(lines.size(), 6U);
}

TEST_F(RegistrarTest, AnswersAQueryWithWhatIsLeft) {
  EXPECT_EQ(registrar.apply(request("sip:a@1", 600), 100).code, 200);
  const auto answer = registrar.apply(request(""), 150);
  ASSERT_EQ(answer.contacts.size(), 1U);
  EXPECT_EQ(answer.contacts[0].second, 550);
}

TEST_F(RegistrarTest, TimesAreBounded) {
  auto brief = request("sip:a@1", 29);
  const auto refused = registrar.apply(brief, 100);
  EXPECT_EQ(refused.code, 423);
  EXPECT_EQ(refused.min_expires, 30);
  EXPECT_EQ(registrar.apply(request("sip:a@1", 4'000'000'000), 100).contacts[0].second, 3600);
  auto by_header = request("sip:a@1");
  by_header.expires = 60;
  EXPECT_EQ(registrar.apply(by_header, 100).contacts[0].second, 60);
}

TEST_F(RegistrarTest, ContactsExpire) {
  EXPECT_EQ(registrar.apply(request("sip:a@1", 60), 100).code, 200);
  registrar.expire(159);
  EXPECT_EQ(registrar.bindings("agent1").size(), 1U);
  registrar.expire(160);
  EXPECT_TRUE(registrar.bindings("agent1").empty());
  EXPECT_EQ(told.size(), 2U);
  EXPECT_FALSE(registrar.agent_at(source));
}

TEST_F(RegistrarTest, ARefusedRequestChangesNothing) {
  EXPECT_EQ(registrar.apply(request("sip:a@1", 60), 100).code, 200);
  auto many = request("sip:a@1", 0);
  many.contacts.push_back({"sip:b@1", 60, {}});
  many.contacts.push_back({"sip:c@1", 60, {}});
  many.contacts.push_back({"sip:d@1", 60, {}});
  EXPECT_EQ(registrar.apply(many, 100).code, 403);
  const auto left = registrar.bindings("agent1");
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].contact, "sip:a@1");
}

TEST_F(RegistrarTest, AnOldRequestComesTooLate) {
  EXPECT_EQ(registrar.apply(request("sip:a@1", 60), 100).code, 200);
  auto old = request("sip:a@1", 0);
  old.cseq = 1;
  EXPECT_EQ(registrar.apply(old, 100).code, 500);
  old.contacts.clear();
  old.star = true;
  old.expires = 0;
  EXPECT_EQ(registrar.apply(old, 100).code, 500);
  old.call_id = "another";
  EXPECT_EQ(registrar.apply(old, 100).code, 200);
  EXPECT_TRUE(registrar.bindings("agent1").empty());
}

TEST_F(RegistrarTest, StarNeedsExpiresZeroAlone) {
  auto star = request("");
  star.star = true;
  EXPECT_EQ(registrar.apply(star, 100).code, 400);
  star.expires = 60;
  EXPECT_EQ(registrar.apply(star, 100).code, 400);
  star.expires = 0;
  EXPECT_EQ(registrar.apply(star, 100).code, 200);
  star.contacts = {{"sip:a@1", {}, {}}};
  EXPECT_EQ(registrar.apply(star, 100).code, 400);
}

TEST_F(RegistrarTest, ThePhonesNewConnectionReplacesItsOldOne) {
  for (int port = 5000; port < 5010; ++port) {
    auto again = request("sip:a@10.0.0.1:" + std::to_string(port));
    again.source = {"tcp", "10.0.0.1", port};
    again.contacts[0].instance = "urn:uuid:1/1";
    EXPECT_EQ(registrar.apply(again, 100).code, 200);
  }
  ASSERT_EQ(registrar.bindings("agent1").size(), 1U);
  EXPECT_EQ(registrar.bindings("agent1")[0].via_route, "sip:10.0.0.1:5009;transport=tcp");
  EXPECT_FALSE(registrar.agent_at({"tcp", "10.0.0.1", 5000}));
  EXPECT_EQ(registrar.agent_at({"tcp", "10.0.0.1", 5009}), "agent1");
}

TEST_F(RegistrarTest, OneAddressOfTwoAgentsIsTheLastOnes) {
  EXPECT_EQ(registrar.apply(request("sip:a@1"), 100).code, 200);
  auto other = request("sip:b@1");
  other.login = "agent2";
  EXPECT_EQ(registrar.apply(other, 100).code, 200);
  EXPECT_EQ(registrar.agent_at(source), "agent2");
  registrar.forget("agent2");
  EXPECT_EQ(registrar.agent_at(source), "agent1");
  EXPECT_FALSE(registrar.agent_at({"tcp", source.host, source.port}));
}

TEST_F(RegistrarTest, TellsWhatARestartNeeds) {
  std::vector<std::string> changes;
  registrar.keep_with([&](const std::string& login, const Binding& binding, bool removed) {
    changes.push_back((removed ? "-" : "+") + login + " " + binding.contact);
  });
  EXPECT_EQ(registrar.apply(request("sip:a@1", 60), 100).code, 200);
  EXPECT_EQ(registrar.apply(request("sip:b@1", 60), 100).code, 200);
  EXPECT_EQ(registrar.apply(request("sip:a@1", 60), 120).code, 200);
  EXPECT_EQ(registrar.apply(request(""), 120).code, 200) << "a query changes nothing";
  EXPECT_EQ(registrar.apply(request("sip:a@1", 0), 130).code, 200);
  registrar.expire(1000);
  EXPECT_EQ(changes,
            (std::vector<std::string>{"+agent1 sip:a@1", "+agent1 sip:b@1", "+agent1 sip:a@1",
                                      "-agent1 sip:a@1", "-agent1 sip:b@1"}));
}

TEST_F(RegistrarTest, TakesOverWhatHasNotExpiredAndHasItsWayStill) {
  std::vector<std::string> gone;
  registrar.keep_with([&](const std::string&, const Binding& binding, bool removed) {
    if (removed) gone.push_back(binding.contact);
  });
  Binding phone;
  phone.contact = "sip:a@1";
  phone.via_route = "sip:127.0.0.5:4000;transport=udp";
  phone.expires_at = 101;
  EXPECT_TRUE(registrar.restore("agent1", phone, 100));
  EXPECT_EQ(registrar.agent_at(source), "agent1");
  phone.contact = "sip:late@1";
  EXPECT_FALSE(registrar.restore("agent1", phone, 101));
  phone.contact = "sip:tcp@1";
  phone.via_route = "sip:127.0.0.5:4000;transport=tcp";
  EXPECT_FALSE(registrar.restore("agent1", phone, 100)) << "its connection died with the process";
  EXPECT_EQ(gone, (std::vector<std::string>{"sip:late@1"})) << "a call may wait for the other";
  registrar.let_go("agent1", phone);
  EXPECT_EQ(gone, (std::vector<std::string>{"sip:late@1", "sip:tcp@1"}));
  phone.contact = "sip:a@1";
  registrar.let_go("agent1", phone);
  EXPECT_EQ(gone.size(), 2U) << "that one is there";
  EXPECT_EQ(registrar.bindings("agent1").size(), 1U);
  EXPECT_TRUE(told.empty()) << "the core learns of it by Started";
}

TEST_F(RegistrarTest, OneRequestNamesAPhonesNewAddressAndRemovesTheOld) {
  auto first = request("sip:a@old", 300);
  first.contacts[0].instance = "urn:uuid:1/1";
  ASSERT_EQ(registrar.apply(first, 100).code, 200);
  auto moved = request("sip:a@new", 300);
  moved.contacts[0].instance = "urn:uuid:1/1";
  moved.contacts.push_back({"sip:a@old", 0, "urn:uuid:1/1"});
  EXPECT_EQ(registrar.apply(moved, 110).code, 200);
  const auto bindings = registrar.bindings("agent1");
  ASSERT_EQ(bindings.size(), 1U);
  EXPECT_EQ(bindings[0].contact, "sip:a@new");
  EXPECT_EQ(registrar.apply(moved, 111).code, 500) << "the same CSeq again, another request";
}

TEST_F(RegistrarTest, TwoContactsOfOneInstanceInOneRequestAreBothKept) {
  auto both = request("sip:a@1", 300);
  both.contacts.push_back({"sip:a@2", 300, "urn:uuid:1/"});
  both.contacts[0].instance = "urn:uuid:1/";
  EXPECT_EQ(registrar.apply(both, 100).code, 200);
  EXPECT_EQ(registrar.bindings("agent1").size(), 2U);
  both.cseq = ++cseq;
  EXPECT_EQ(registrar.apply(both, 110).code, 200);
  EXPECT_EQ(registrar.bindings("agent1").size(), 2U);
}

}  // namespace
}  // namespace baton::telephony::sip
