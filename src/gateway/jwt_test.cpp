#include "gateway/jwt.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "gateway/crypto.hpp"

namespace baton::gateway {
namespace {

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const TokenPolicy kPolicy{"baton", "baton"};
constexpr std::int64_t kNow = 1'700'000'000;

TokenClaims good_claims() {
  return {"agent1", directory::Role::agent, "baton", "baton", kNow + 60};
}

std::string sign(const std::string& header, const std::string& payload,
                 const std::string& secret = kSecret) {
  std::string token = base64url_encode(header) + "." + base64url_encode(payload);
  const Digest digest = hmac_sha256(secret, token);
  token += "." + base64url_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return token;
}

std::string why_refused(const std::string& token, std::int64_t now = kNow) {
  const auto result = verify_token(token, {kSecret}, kPolicy, now);
  const std::string* why = std::get_if<std::string>(&result);
  return why == nullptr ? "" : *why;
}

TEST(Jwt, VerifiesTheVectorOfRfc7515A1) {
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const std::optional<std::string> key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(key);
  EXPECT_EQ(verify_signature(token, {*key}),
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
  EXPECT_FALSE(verify_signature(token, {kSecret}));
}

TEST(Jwt, ReadsWhatItMade) {
  for (directory::Role role :
       {directory::Role::agent, directory::Role::supervisor, directory::Role::service}) {
    TokenClaims claims = good_claims();
    claims.role = role;
    const auto result = verify_token(make_token(claims, kSecret, kNow), {kSecret}, kPolicy, kNow);
    const TokenClaims* read = std::get_if<TokenClaims>(&result);
    ASSERT_NE(read, nullptr) << std::get<std::string>(result);
    EXPECT_EQ(read->login, "agent1");
    EXPECT_EQ(read->role, role);
    EXPECT_EQ(read->expires_at, kNow + 60);
  }
}

TEST(Jwt, RefusesEveryOtherAlgorithm) {
  const std::string payload =
      R"({"sub":"agent1","role":"agent","iss":"baton","aud":"baton","exp":1800000000})";
  EXPECT_EQ(why_refused(sign(R"({"alg":"HS256"})", payload)), "");
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"None"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})",
        R"({"alg":"hs256"})", R"({"typ":"JWT"})", R"({"alg":["HS256"]})", R"(["HS256"])", "HS256",
        R"({"alg":"HS256","crit":["exp"],"exp":1})", R"({"alg":"HS256","b64":false})", ""}) {
    EXPECT_NE(why_refused(sign(header, payload)), "") << header;
  }
  // "none" with an empty signature is the classic.
  EXPECT_NE(
      why_refused(base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(payload) + "."),
      "");
}

TEST(Jwt, RefusesAnotherSecretAndEveryChangedByte) {
  EXPECT_NE(why_refused(make_token(good_claims(), "another secret, as long as this one", kNow)),
            "");
  const std::string token = make_token(good_claims(), kSecret, kNow);
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(why_refused(changed), "") << i;
  }
}

TEST(Jwt, RefusesWhatIsNotThreeParts) {
  for (const char* token : {"", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "\xff.\xff.\xff"}) {
    EXPECT_NE(why_refused(token), "") << token;
  }
  EXPECT_NE(why_refused(std::string(100'000, 'A')), "");
  EXPECT_NE(why_refused(make_token(good_claims(), kSecret, kNow) + "="), "");
}

TEST(Jwt, ExpiresAtTheSecond) {
  const std::string token = make_token(good_claims(), kSecret, kNow);
  EXPECT_EQ(why_refused(token, kNow + 59), "");
  EXPECT_EQ(why_refused(token, kNow + 60), "the token has expired");
}

TEST(Jwt, ChecksEachClaim) {
  const auto with = [](const std::string& claims) { return sign(R"({"alg":"HS256"})", claims); };
  const std::string rest = R"("role":"agent","iss":"baton","aud":"baton","exp":1800000000})";
  EXPECT_EQ(why_refused(with(R"({"sub":"a",)" + rest)), "");
  EXPECT_EQ(
      why_refused(
          with(R"({"sub":"a","role":"agent","iss":"baton","aud":["x","baton"],"exp":1800000000})")),
      "");
  EXPECT_EQ(
      why_refused(with(R"({"sub":"a","role":"agent","iss":"baton","aud":"baton","exp":1.8e9})")),
      "");
  const std::pair<std::string, std::string> bad[] = {
      {R"({)" + rest, "sub"},
      {R"({"sub":"",)" + rest, "sub"},
      {R"({"sub":1,)" + rest, "sub"},
      {R"({"sub":"a","role":"root","iss":"baton","aud":"baton","exp":1800000000})", "role"},
      {R"({"sub":"a","iss":"baton","aud":"baton","exp":1800000000})", "role"},
      {R"({"sub":"a","role":"agent","iss":"other","aud":"baton","exp":1800000000})", "iss"},
      {R"({"sub":"a","role":"agent","aud":"baton","exp":1800000000})", "iss"},
      {R"({"sub":"a","role":"agent","iss":"baton","aud":"other","exp":1800000000})", "aud"},
      {R"({"sub":"a","role":"agent","iss":"baton","aud":[],"exp":1800000000})", "aud"},
      {R"({"sub":"a","role":"agent","iss":"baton","exp":1800000000})", "aud"},
      {R"({"sub":"a","role":"agent","iss":"baton","aud":"baton"})", "exp"},
      {R"({"sub":"a","role":"agent","iss":"baton","aud":"baton","exp":"soon"})", "exp"},
      {R"({"sub":"a","role":"agent","iss":"baton","aud":"baton","exp":1e400})", "exp"},
      {R"({"sub":"a","role":"agent","iss":"baton","aud":"baton","exp":1800000000,"nbf":1790000000})",
       "nbf"},
      {R"([])", "object"},
      {R"({"sub":)", "object"},
  };
  for (const auto& [claims, word] : bad) {
    const std::string why = why_refused(with(claims));
    EXPECT_NE(why.find(word), std::string::npos) << claims << " -> \"" << why << '"';
  }
}

/// A directory of its own for each test, gone afterwards.
class SecretFile : public testing::Test {
 protected:
  SecretFile() {
    std::string pattern = testing::TempDir() + "baton-secret-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SecretFile() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string path() const { return folder_ + "/jwt.secret"; }
  void write(const std::string& text, mode_t mode) const {
    std::ofstream(path()) << text;
    ASSERT_EQ(::chmod(path().c_str(), mode), 0);
  }
  [[nodiscard]] std::string why_refused_file() const {
    try {
      (void)load_or_create_secret(path());
      return "";
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  }

  std::string folder_;
};

TEST_F(SecretFile, IsMadePrivateAtTheFirstStartAndReadAtTheNext) {
  const std::string made = load_or_create_secret(path());
  EXPECT_EQ(made.size(), 64U);
  EXPECT_EQ(made.find_first_not_of("0123456789abcdef"), std::string::npos);
  struct stat status{};
  ASSERT_EQ(::stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_EQ(load_or_create_secret(path()), made);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
}

TEST_F(SecretFile, IsTheSameForAllWhoMakeItAtOnce) {
  std::vector<std::string> secrets(8);
  {
    std::vector<std::jthread> threads;
    for (std::string& secret : secrets) {
      threads.emplace_back([this, &secret] { secret = load_or_create_secret(path()); });
    }
  }
  for (const std::string& secret : secrets) EXPECT_EQ(secret, secrets.front());
}

TEST_F(SecretFile, IsRefusedWhenOthersMayReadOrChangeIt) {
  for (mode_t mode : {0644U, 0604U, 0660U, 0602U}) {
    write(kSecret, mode);
    const std::string why = why_refused_file();
    EXPECT_NE(why.find("chmod 600"), std::string::npos) << why;
    EXPECT_NE(why.find(path()), std::string::npos) << why;
  }
  write(kSecret + "\n", 0640);
  EXPECT_EQ(load_or_create_secret(path()), kSecret);
}

TEST_F(SecretFile, IsRefusedWhenTooShortTooLongOrNoFile) {
  write("short\n", 0600);
  EXPECT_NE(why_refused_file().find("at least 32"), std::string::npos);
  write(std::string(5000, 'x'), 0600);
  EXPECT_NE(why_refused_file().find("longer than"), std::string::npos);
  std::filesystem::remove(path());
  std::filesystem::create_directory(path());
  EXPECT_NE(why_refused_file().find("not a regular file"), std::string::npos);
  EXPECT_THROW((void)load_or_create_secret(""), std::runtime_error);
  EXPECT_THROW((void)load_or_create_secret(folder_ + "/no/such/folder"), std::runtime_error);
}

}  // namespace
}  // namespace baton::gateway
