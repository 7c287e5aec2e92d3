// Any bytes as a bearer token: refused with a reason. The same bytes as the parts of a token that
// is signed with the right secret, so that the claims are reached too: refused, or claims that make
// a token which says the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "gateway/crypto.hpp"
#include "gateway/jwt.hpp"

namespace {

using namespace baton::gateway;

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr TokenKeys kKeys{kSecret, nullptr};
constexpr std::int64_t kNow = 1'700'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

void try_token(std::string_view token) {
  const TokenPolicy policy{"baton", "baton"};
  const auto result = verify_token(token, kKeys, policy, kNow);
  if (const std::string* why = std::get_if<std::string>(&result)) {
    require(!why->empty());
    return;
  }
  const TokenClaims& claims = std::get<TokenClaims>(result);
  require(!claims.login.empty() && claims.expires_at > kNow);
  require(verify_signature(token, kKeys).has_value());
  const auto again = verify_token(make_token(claims, kSecret, kNow), kKeys, policy, kNow);
  require(std::holds_alternative<TokenClaims>(again));
  require(std::get<TokenClaims>(again).login == claims.login);
  require(std::get<TokenClaims>(again).role == claims.role);
  require(std::get<TokenClaims>(again).expires_at == claims.expires_at);
}

std::string sign(std::string_view header, std::string_view payload) {
  std::string token = base64url_encode(header) + "." + base64url_encode(payload);
  const Digest digest = hmac_sha256(kSecret, token);
  token += "." + base64url_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return token;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Nobody without the secret gets in: 256 bits are not guessed.
  require(std::holds_alternative<std::string>(
      verify_token(bytes, {"another secret, of 32 bytes or so"}, {"baton", "baton"}, kNow)));
  try_token(bytes);
  try_token(sign(R"({"alg":"HS256"})", bytes));
  const std::size_t half = bytes.find('\n');
  if (half != std::string_view::npos) {
    try_token(sign(bytes.substr(0, half), bytes.substr(half + 1)));
  }
  if (const auto decoded = base64url_decode(bytes)) require(base64url_encode(*decoded) == bytes);
  require(base64url_decode(base64url_encode(bytes)) == bytes);
  return 0;
}
