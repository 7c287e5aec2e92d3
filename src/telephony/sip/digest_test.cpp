#include "telephony/sip/digest.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

namespace baton::telephony::sip {
namespace {

using Verdict = DigestServer::Verdict;

constexpr const char* kClient = "192.0.2.7";

// RFC 2617 section 3.5.
TEST(Digest, TheRfcsExample) {
  const auto ha1 = digest_ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(ha1, "939e7578ed9e3c518a452acee763bce9");
  EXPECT_EQ(digest_response(ha1, "dcd98b7102dd2f0e8b11d0f600bfb0c093", "00000001", "0a4f113b",
                            "auth", "GET", "/dir/index.html"),
            "6629fae49393a05397450978507c4ef1");
}

TEST(Digest, ParsesQuotesSpacesAndEscapes) {
  const auto params =
      parse_digest("  DIGEST  Realm=\"a \\\"b\\\", c\" ,nonce = n1,qop=\"auth,auth-int\"");
  ASSERT_TRUE(params);
  EXPECT_EQ(params->at("realm"), "a \"b\", c");
  EXPECT_EQ(params->at("nonce"), "n1");
  EXPECT_EQ(params->at("qop"), "auth,auth-int");
}

TEST(Digest, RefusesWhatIsMalformed) {
  for (const char* text :
       {"", "Digest", "Basic a=b", "Digest a", "Digest a=\"b", "Digest a=b a=c", "Digest a=b, A=c",
        "Digest =b", "Digest a=\"b\\", "Digest a=\"b\" c=d"}) {
    EXPECT_FALSE(parse_digest(text)) << text;
  }
}

TEST(Digest, AnswersATrunksChallenge) {
  DigestServer trunk("carrier", 300, DigestServer::random_key(), 1000);
  const auto answer = answer_challenge(trunk.challenge(kClient, 1000), "us", "secret", "INVITE",
                                       "sip:+1@10.0.0.1", 1);
  ASSERT_TRUE(answer);
  const auto params = parse_digest(*answer);
  ASSERT_TRUE(params);
  EXPECT_EQ(trunk.check(*params, digest_ha1("us", "carrier", "secret"), "INVITE", "sip:+1@10.0.0.1",
                        kClient, 1001),
            Verdict::ok);
}

TEST(Digest, AnswersWithoutQopAndWithOpaque) {
  const auto answer = answer_challenge("Digest realm=\"r\", nonce=\"n\", opaque=\"o\\\"p\"", "u",
                                       "p", "BYE", "sip:x");
  ASSERT_TRUE(answer);
  const auto params = parse_digest(*answer);
  ASSERT_TRUE(params);
  EXPECT_EQ(params->at("opaque"), "o\"p");
  EXPECT_FALSE(params->contains("qop"));
  EXPECT_EQ(params->at("response"),
            digest_response(digest_ha1("u", "r", "p"), "n", "", "", "", "BYE", "sip:x"));
}

TEST(Digest, DoesNotAnswerWhatItCannot) {
  EXPECT_FALSE(
      answer_challenge("Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256", "u", "p", "A", "b"));
  EXPECT_FALSE(
      answer_challenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", "u", "p", "A", "b"));
  EXPECT_FALSE(answer_challenge("Digest realm=\"r\"", "u", "p", "A", "b"));
  EXPECT_FALSE(answer_challenge("Digest realm=\"r\", nonce=\"n\"", "", "p", "A", "b"));
}

class DigestServerTest : public ::testing::Test {
 protected:
  Verdict check(DigestServer& server, const std::string& challenge, std::int64_t now,
                std::uint32_t count = 1, const std::string& password = "pw",
                const std::string& uri = "sip:baton",
                const std::string& request_uri = "sip:baton") {
    const auto answer = answer_challenge(challenge, "agent1", password, "REGISTER", uri, count);
    return server.check(*parse_digest(*answer), ha1, "REGISTER", request_uri, kClient, now);
  }
  std::string ha1 = digest_ha1("agent1", "baton", "pw");
  DigestServer::Key key = DigestServer::random_key();
};

TEST_F(DigestServerTest, CountsMustRise) {
  DigestServer server("baton", 300, key);
  const auto challenge = server.challenge(kClient, 1000);
  EXPECT_EQ(check(server, challenge, 1000, 1), Verdict::ok);
  EXPECT_EQ(check(server, challenge, 1000, 1), Verdict::stale);
  EXPECT_EQ(check(server, challenge, 1000, 5), Verdict::ok);
  EXPECT_EQ(check(server, challenge, 1000, 4), Verdict::stale);
  EXPECT_EQ(check(server, challenge, 1000, 6), Verdict::ok);
}

TEST_F(DigestServerTest, NoncesExpireAndOthersAreNotTaken) {
  DigestServer server("baton", 300, key);
  const auto challenge = server.challenge(kClient, 1000);
  EXPECT_EQ(check(server, challenge, 1300), Verdict::ok);
  EXPECT_EQ(check(server, server.challenge(kClient, 1000), 1301), Verdict::stale);
  EXPECT_EQ(check(server, server.challenge(kClient, 1000), 999), Verdict::stale);
  DigestServer other("baton", 300, DigestServer::random_key());
  EXPECT_EQ(check(server, other.challenge(kClient, 1000), 1000), Verdict::stale);
}

TEST_F(DigestServerTest, AClockThatIsSetBackLocksNobodyOut) {
  DigestServer server("baton", 300, key);
  EXPECT_EQ(check(server, server.challenge(kClient, 10'000), 10'000), Verdict::ok);
  const auto ahead = server.challenge(kClient, 10'000);
  EXPECT_EQ(check(server, ahead, 5'000), Verdict::stale);
  EXPECT_EQ(check(server, server.challenge(kClient, 5'000, true), 5'000), Verdict::ok);
}

TEST_F(DigestServerTest, WrongIsNotStale) {
  DigestServer server("baton", 300, key);
  EXPECT_EQ(check(server, server.challenge(kClient, 1000), 1000, 1, "guess"), Verdict::wrong);
  EXPECT_EQ(check(server, server.challenge(kClient, 1000), 9999, 1, "guess"), Verdict::wrong);
  // A wrong answer uses nothing up.
  EXPECT_EQ(server.tracked(), 0U);
}

TEST_F(DigestServerTest, ANonceIsForTheClientThatItWasGivenTo) {
  DigestServer server("baton", 300, key);
  const auto elsewhere = server.challenge("192.0.2.8", 1000);
  EXPECT_EQ(check(server, elsewhere, 1000), Verdict::stale);
  // Neither does the answer tell whether the password was right, nor is it a failure of kClient's.
  EXPECT_EQ(check(server, elsewhere, 1000, 1, "guess"), Verdict::stale);
  EXPECT_EQ(check(server, server.challenge(kClient, 1000), 1000), Verdict::ok);
}

TEST_F(DigestServerTest, ACredentialIsForOneTarget) {
  DigestServer server("baton", 300, key);
  EXPECT_EQ(
      check(server, server.challenge(kClient, 1000), 1000, 1, "pw", "sip:+1@baton", "sip:+2@baton"),
      Verdict::malformed);
  EXPECT_EQ(check(server, server.challenge(kClient, 1000), 1000, 1, "pw", "sip:+1@baton:5060",
                  "sip:+1@BATON;transport=udp"),
            Verdict::ok);
  EXPECT_EQ(
      check(server, server.challenge(kClient, 1000), 1000, 1, "pw", "sip:[::1]:5060", "sip:[::1]"),
      Verdict::ok);
}

TEST(Digest, ATargetIsTheSameWhicheverOfItsCharactersAreEscaped) {
  EXPECT_TRUE(same_target("sip:%2B1@baton", "sip:+1@baton"));
  EXPECT_TRUE(same_target("sip:%2b1;npdi=yes@baton:5060", "sip:+1;npdi=yes@baton;user=phone"));
  EXPECT_FALSE(same_target("sip:%252B1@baton", "sip:+1@baton"));
  EXPECT_FALSE(same_target("sip:+1;npdi@baton", "sip:+1;npdi@elsewhere"));
  EXPECT_FALSE(same_target("sip:%2B2@baton", "sip:+1@baton"));
}

TEST_F(DigestServerTest, IncompleteCredentialsAreMalformed) {
  DigestServer server("baton", 300, key);
  const auto whole = *parse_digest(*answer_challenge(server.challenge(kClient, 1000), "agent1",
                                                     "pw", "REGISTER", "sip:baton", 1));
  EXPECT_EQ(server.check(whole, ha1, "REGISTER", "sip:baton", kClient, 1000), Verdict::ok);
  for (const char* name : {"realm", "nonce", "qop", "nc", "cnonce", "uri"}) {
    auto part = whole;
    part.erase(name);
    EXPECT_EQ(server.check(part, ha1, "REGISTER", "sip:baton", kClient, 1000), Verdict::malformed)
        << name;
  }
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, const char*>>{{"nc", "00000000"},
                                                                  {"nc", "1"},
                                                                  {"nc", "0000000x"},
                                                                  {"algorithm", "SHA-256"},
                                                                  {"realm", "other"},
                                                                  {"qop", "auth-int"}}) {
    auto changed = whole;
    changed[name] = value;
    EXPECT_EQ(server.check(changed, ha1, "REGISTER", "sip:baton", kClient, 1000),
              Verdict::malformed)
        << name << "=" << value;
  }
  auto none = whole;
  none.erase("response");
  EXPECT_EQ(server.check(none, ha1, "REGISTER", "sip:baton", kClient, 1000), Verdict::wrong);
}

TEST_F(DigestServerTest, RemembersABoundedNumberAndForgetsTowardsStale) {
  DigestServer server("baton", 300, key, 10);
  std::vector<std::string> challenges;
  for (int i = 0; i < 50; ++i) challenges.push_back(server.challenge(kClient, 1000));
  for (const auto& each : challenges) EXPECT_EQ(check(server, each, 1000), Verdict::ok);
  EXPECT_LE(server.tracked(), 10U);
  // The first was forgotten: whether its count was used is not known any more.
  EXPECT_EQ(check(server, challenges.front(), 1000, 2), Verdict::stale);
  EXPECT_EQ(check(server, challenges.back(), 1000, 1), Verdict::stale);
  EXPECT_EQ(check(server, challenges.back(), 1000, 2), Verdict::ok);
}

}  // namespace
}  // namespace baton::telephony::sip
