#include "gateway/key_set.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gateway/crypto.hpp"
#include "gateway/jwt.hpp"
#include "gateway/test_certificate.hpp"

namespace baton::gateway {
namespace {

using testing_certificate::Freed;
using testing_certificate::Key;
using testing_certificate::make_key;

const std::string kSecret = "0123456789abcdef0123456789abcdef";
const TokenPolicy kPolicy{"baton", "baton"};
constexpr std::int64_t kNow = 1'700'000'000;

std::string number_of(EVP_PKEY* key, const char* name, std::size_t size = 0) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return "";
  const std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>> number(raw);
  if (size == 0) size = static_cast<std::size_t>(BN_num_bytes(raw));
  std::string bytes(size, '\0');
  BN_bn2binpad(raw, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size));
  return base64url_encode(bytes);
}

std::string jwk_of(EVP_PKEY* key, const std::string& kid, const std::string& more = "") {
  const std::string name = kid.empty() ? "" : fmt::format(R"("kid":"{}",)", kid);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    return fmt::format(R"({{"kty":"RSA",{}"n":"{}","e":"{}"{}}})", name,
                       number_of(key, OSSL_PKEY_PARAM_RSA_N), number_of(key, OSSL_PKEY_PARAM_RSA_E),
                       more);
  }
  return fmt::format(R"({{"kty":"EC","crv":"P-256",{}"x":"{}","y":"{}"{}}})", name,
                     number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32),
                     number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32), more);
}

std::string set_of(const std::string& keys) { return fmt::format(R"({{"keys":[{}]}})", keys); }

KeySet parsed(const std::string& keys) {
  auto result = KeySet::parse(set_of(keys));
  if (const std::string* why = std::get_if<std::string>(&result)) {
    ADD_FAILURE() << *why;
    return {};
  }
  return std::get<KeySet>(std::move(result));
}

std::string why_refused(const std::string& text) {
  const auto result = KeySet::parse(text);
  const std::string* why = std::get_if<std::string>(&result);
  return why == nullptr ? "" : *why;
}

/// A JWS signature: by ECDSA both numbers side by side.
std::string signature_of(EVP_PKEY* key, const std::string& data) {
  const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
  std::size_t size = 0;
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  EVP_DigestSign(context.get(), nullptr, &size, bytes, data.size());
  std::string out(size, '\0');
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size, bytes,
                 data.size());
  out.resize(size);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return out;
  const auto* der = reinterpret_cast<const unsigned char*>(out.data());
  const std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>> pair(
      d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(out.size())));
  std::string raw(64, '\0');
  auto* to = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), to, 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), to + 32, 32);
  return raw;
}

std::string claims_text(std::int64_t expires = kNow + 60, const std::string& audience = "baton") {
  return fmt::format(R"({{"iss":"baton","aud":"{}","sub":"agent1","role":"agent","exp":{}}})",
                     audience, expires);
}

std::string signed_part(const std::string& header, const std::string& claims = claims_text()) {
  return base64url_encode(header) + "." + base64url_encode(claims);
}

std::string token_of(EVP_PKEY* key, const std::string& header,
                     const std::string& claims = claims_text()) {
  const std::string part = signed_part(header, claims);
  return part + "." + base64url_encode(signature_of(key, part));
}

class IssuerKeys : public testing::Test {
 protected:
  IssuerKeys() : set_(parsed(jwk_of(rsa_.get(), "rsa") + "," + jwk_of(ec_.get(), "ec"))) {}

  [[nodiscard]] bool accepts(const std::string& token, std::int64_t now = kNow) const {
    return std::holds_alternative<TokenClaims>(verify_token(token, {kSecret, &set_}, kPolicy, now));
  }
  static std::string hmac_token(const std::string& header, const std::string& secret) {
    const std::string part = signed_part(header);
    const Digest digest = hmac_sha256(secret, part);
    return part + "." +
           base64url_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  }

  Key rsa_{EVP_RSA_gen(2048)};
  Key ec_ = make_key();
  KeySet set_;
};

TEST(KeySet, VerifiesTheVectorOfRfc7515A3) {
  const KeySet set =
      parsed(R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
             R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  const std::string token =
      "eyJhbGciOiJFUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "fQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_EQ(verify_signature(token, {kSecret, &set}),
            "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
}

TEST_F(IssuerKeys, SignTokensByTheirOwnAlgorithm) {
  EXPECT_TRUE(accepts(token_of(rsa_.get(), R"({"alg":"RS256","kid":"rsa"})")));
  EXPECT_TRUE(accepts(token_of(ec_.get(), R"({"alg":"ES256","kid":"ec","typ":"JWT"})")));
  // The only key of its algorithm needs no name.
  EXPECT_TRUE(accepts(token_of(rsa_.get(), R"({"alg":"RS256"})")));
  EXPECT_TRUE(accepts(token_of(ec_.get(), R"({"alg":"ES256"})")));
  // The secret's own tokens go on.
  EXPECT_TRUE(accepts(hmac_token(R"({"alg":"HS256"})", kSecret)));
}

TEST_F(IssuerKeys, AreNeverConfusedWithOneAnother) {
  const std::string rsa_pem = [&] {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PUBKEY(bio.get(), rsa_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return std::string(text, static_cast<std::size_t>(size));
  }();
  const std::vector<std::pair<std::string, std::string>> attacks{
      {"HS256 with the public key as the secret",
       hmac_token(R"({"alg":"HS256","kid":"rsa"})", rsa_pem)},
      {"the same with the JWK", hmac_token(R"({"alg":"HS256"})", jwk_of(rsa_.get(), "rsa"))},
      {"the same with the modulus", hmac_token(R"({"alg":"HS256"})", number_of(rsa_.get(), "n"))},
      {"HS256 with an empty secret", hmac_token(R"({"alg":"HS256"})", "")},
      {"the secret under RS256", hmac_token(R"({"alg":"RS256","kid":"rsa"})", kSecret)},
      {"none", signed_part(R"({"alg":"none"})") + "."},
      {"None with the name of a key", signed_part(R"({"alg":"None","kid":"rsa"})") + "."},
      {"RS256 without a signature", signed_part(R"({"alg":"RS256","kid":"rsa"})") + "."},
      {"ES256 without a signature", signed_part(R"({"alg":"ES256","kid":"ec"})") + "."},
      {"an RSA signature under ES256", token_of(rsa_.get(), R"({"alg":"ES256","kid":"rsa"})")},
      {"an ECDSA signature under RS256", token_of(ec_.get(), R"({"alg":"RS256","kid":"ec"})")},
      {"the kid of the other kind", token_of(rsa_.get(), R"({"alg":"RS256","kid":"ec"})")},
      {"the kid of the other kind, turned", token_of(ec_.get(), R"({"alg":"ES256","kid":"rsa"})")},
      {"an unknown kid", token_of(rsa_.get(), R"({"alg":"RS256","kid":"other"})")},
      {"a kid that is no text", token_of(rsa_.get(), R"({"alg":"RS256","kid":1})")},
      {"an empty kid", token_of(rsa_.get(), R"({"alg":"RS256","kid":""})")},
      {"RS384", token_of(rsa_.get(), R"({"alg":"RS384","kid":"rsa"})")},
      {"PS256", token_of(rsa_.get(), R"({"alg":"PS256","kid":"rsa"})")},
      {"rs256 in small letters", token_of(rsa_.get(), R"({"alg":"rs256","kid":"rsa"})")},
      {"no alg", token_of(rsa_.get(), R"({"kid":"rsa"})")},
      {"a key in the header",
       token_of(rsa_.get(), R"({"alg":"RS256","kid":"x","jwk":)" + jwk_of(rsa_.get(), "x") + "}")},
      {"crit", token_of(rsa_.get(), R"({"alg":"RS256","kid":"rsa","crit":["exp"]})")},
  };
  for (const auto& [name, token] : attacks) EXPECT_FALSE(accepts(token)) << name;
  // Numbers of a signature that can never be right (CVE-2022-21449).
  const std::string part = signed_part(R"({"alg":"ES256","kid":"ec"})");
  EXPECT_FALSE(accepts(part + "." + base64url_encode(std::string(64, '\0'))));
  EXPECT_FALSE(accepts(part + "." + base64url_encode(signature_of(ec_.get(), part) + '\0')));
}

TEST_F(IssuerKeys, OfSomebodyElseSignNothing) {
  const Key other_rsa(EVP_RSA_gen(2048));
  const Key other_ec = make_key();
  EXPECT_FALSE(accepts(token_of(other_rsa.get(), R"({"alg":"RS256","kid":"rsa"})")));
  EXPECT_FALSE(accepts(token_of(other_ec.get(), R"({"alg":"ES256","kid":"ec"})")));
}

TEST_F(IssuerKeys, DoNotReplaceTheClaims) {
  const std::string header = R"({"alg":"RS256","kid":"rsa"})";
  EXPECT_FALSE(accepts(token_of(rsa_.get(), header), kNow + 60));
  EXPECT_FALSE(accepts(token_of(rsa_.get(), header, claims_text(kNow + 60, "another"))));
  std::string changed = token_of(rsa_.get(), header);
  changed.replace(changed.find('.') + 1, 4, "AAAA");
  EXPECT_FALSE(accepts(changed));
}

TEST_F(IssuerKeys, WithoutANameMustBeTheOnlyOne) {
  const Key second = make_key();
  set_ = parsed(jwk_of(ec_.get(), "a") + "," + jwk_of(second.get(), "b"));
  EXPECT_FALSE(accepts(token_of(ec_.get(), R"({"alg":"ES256"})")));
  EXPECT_TRUE(accepts(token_of(second.get(), R"({"alg":"ES256","kid":"b"})")));
}

TEST(KeySet, LeavesOutWhatItHasNoUseFor) {
  const Key ec = make_key();
  const KeySet set =
      parsed(jwk_of(ec.get(), "a") + R"(,{"kty":"OKP","crv":"Ed25519","x":"AA"})" + "," +
             jwk_of(ec.get(), "b", R"(,"use":"enc")") + "," +
             jwk_of(ec.get(), "c", R"(,"key_ops":["sign"])") + "," +
             jwk_of(ec.get(), "d", R"(,"alg":"ES384")") + "," +
             jwk_of(ec.get(), "e", R"(,"alg":"ES256","use":"sig","key_ops":["verify"])") +
             R"(,{"kty":"EC","crv":"P-384","x":"AA","y":"AA"})");
  EXPECT_EQ(set.size(), 2U);
}

TEST(KeySet, SaysWhyASetIsNotTaken) {
  const Key ec = make_key();
  const Key weak(EVP_RSA_gen(1024));
  const std::string good = jwk_of(ec.get(), "a");
  EXPECT_NE(why_refused("").find("not JSON"), std::string::npos);
  EXPECT_NE(why_refused("[]").find("not a JWK Set"), std::string::npos);
  EXPECT_NE(why_refused(set_of("1")).find("keys[0]"), std::string::npos);
  EXPECT_NE(why_refused(set_of("")).find("no key"), std::string::npos);
  EXPECT_NE(why_refused(set_of(R"({"kid":"x"})")).find("no kty"), std::string::npos);
  EXPECT_NE(why_refused(set_of(R"({"kty":"oct","k":"AA"})")).find("symmetric"), std::string::npos);
  EXPECT_NE(why_refused(set_of(jwk_of(ec.get(), "a", R"(,"d":"AA")"))).find("private"),
            std::string::npos);
  EXPECT_NE(why_refused(set_of(jwk_of(weak.get(), "w"))).find("1024 bits"), std::string::npos);
  EXPECT_NE(why_refused(set_of(good + "," + good)).find("another key"), std::string::npos);
  EXPECT_NE(why_refused(set_of(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})")).find("P-256"),
            std::string::npos);
  // On no curve.
  EXPECT_NE(why_refused(set_of(fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{0}","y":"{0}"}})",
                                           base64url_encode(std::string(32, '\1')))))
                .find("P-256"),
            std::string::npos);
  EXPECT_NE(why_refused(set_of(R"({"kty":"RSA","n":"AQAB"})")).find("RSA"), std::string::npos);
}

TEST(KeySet, HasAtMost64Keys) {
  const Key ec = make_key();
  std::string keys;
  for (int i = 0; i < 64; ++i) keys += (i == 0 ? "" : ",") + jwk_of(ec.get(), std::to_string(i));
  EXPECT_EQ(parsed(keys).size(), 64U);
  EXPECT_NE(why_refused(set_of(keys + "," + jwk_of(ec.get(), "64"))).find("at most 64"),
            std::string::npos);
}

TEST(KeySet, IsReadFromAFileThatOthersCannotChange) {
  std::string folder = testing::TempDir() + "baton-jwks-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/jwks.json";
  const auto why = [&path]() -> std::string {
    try {
      static_cast<void>(load_key_set(path));
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(why().find("auth.jwks_file"), std::string::npos);
  const Key ec = make_key();
  std::ofstream(path) << set_of(jwk_of(ec.get(), "a"));
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(why(), "");
  for (const mode_t mode : {0664U, 0646U}) {
    ASSERT_EQ(::chmod(path.c_str(), mode), 0);
    EXPECT_NE(why().find("chmod 644"), std::string::npos);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  std::ofstream(path, std::ios::app) << std::string(1'048'576, ' ');
  EXPECT_NE(why().find("at most 1048576"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace baton::gateway
