#include "gateway/jwt.hpp"

#include <boost/json.hpp>
#include <cmath>

#include "gateway/crypto.hpp"

namespace baton::gateway {
namespace {

namespace json = boost::json;

/// No token of ours comes near this; a longer one is not worth the work of checking it.
constexpr std::size_t kMaxTokenBytes = 8192;

std::string_view as_view(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// An object, or nothing for any other text. Nesting is bounded by Boost.JSON's own limit of 32.
std::optional<json::object> parse_object(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

std::optional<std::string> string_of(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

/// A NumericDate (RFC 7519, section 2): seconds since 1970, possibly with a fraction. Boost.JSON
/// reads 1e400 as infinity, hence the bounds.
std::optional<std::int64_t> date_of(const json::value& value) {
  constexpr double kYear9999 = 253402300800.0;
  if (const std::int64_t* integer = value.if_int64()) return *integer;
  if (const double* real = value.if_double();
      real != nullptr && std::isfinite(*real) && std::abs(*real) < kYear9999) {
    return static_cast<std::int64_t>(std::floor(*real));
  }
  return std::nullopt;
}

/// `aud` is one string or an array of them (RFC 7519, 4.1.3).
bool names_audience(const json::object& claims, std::string_view audience) {
  const json::value* value = claims.if_contains("aud");
  if (value == nullptr) return false;
  if (value->is_string()) return value->as_string() == audience;
  if (!value->is_array()) return false;
  for (const json::value& one : value->as_array()) {
    if (one.is_string() && one.as_string() == audience) return true;
  }
  return false;
}

/// What a token says about its signature.
struct Header {
  std::string algorithm;
  std::optional<std::string> kid;
};

/// A header that asks for an extension which must be understood (`crit`, RFC 7515, 4.1.11) makes
/// the token invalid before any key is touched; so does a `kid` that is no text.
std::optional<Header> read_header(std::string_view encoded) {
  const std::optional<std::string> text = base64url_decode(encoded);
  if (!text) return std::nullopt;
  const std::optional<json::object> object = parse_object(*text);
  if (!object || object->contains("crit") || object->contains("b64")) return std::nullopt;
  std::optional<std::string> algorithm = string_of(*object, "alg");
  if (!algorithm) return std::nullopt;
  Header header{std::move(*algorithm), string_of(*object, "kid")};
  if (object->contains("kid") && !header.kid) return std::nullopt;
  return header;
}

/// The header only chooses among pairs of algorithm and key that belong together: an RSA key's text
/// never becomes an HS256 secret, and `none` is no pair at all.
bool is_signed(const Header& header, std::string_view data, std::string_view signature,
               const TokenKeys& keys) {
  if (header.algorithm == "HS256") {
    return equal_constant_time(signature, as_view(hmac_sha256(keys.secret, data)));
  }
  if (keys.issuer == nullptr) return false;
  if (header.algorithm == "RS256") {
    return keys.issuer->verify(KeyAlgorithm::rs256, header.kid, data, signature);
  }
  if (header.algorithm == "ES256") {
    return keys.issuer->verify(KeyAlgorithm::es256, header.kid, data, signature);
  }
  return false;
}

}  // namespace

std::string make_token(const TokenClaims& claims, std::string_view secret, std::int64_t issued_at) {
  json::object payload;
  payload["iss"] = claims.issuer;
  payload["aud"] = claims.audience;
  payload["sub"] = claims.login;
  payload["role"] = to_string(claims.role);
  payload["iat"] = issued_at;
  payload["exp"] = claims.expires_at;
  std::string token = base64url_encode(R"({"typ":"JWT","alg":"HS256"})");
  token += '.';
  token += base64url_encode(json::serialize(payload));
  const std::string signature = base64url_encode(as_view(hmac_sha256(secret, token)));
  token += '.';
  token += signature;
  return token;
}

std::optional<std::string> verify_signature(std::string_view token, const TokenKeys& keys) {
  if (token.size() > kMaxTokenBytes) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  const std::optional<Header> header = read_header(token.substr(0, first));
  if (!header) return std::nullopt;
  const std::optional<std::string> signature = base64url_decode(token.substr(second + 1));
  if (!signature) return std::nullopt;
  if (!is_signed(*header, token.substr(0, second), *signature, keys)) return std::nullopt;
  return base64url_decode(token.substr(first + 1, second - first - 1));
}

std::variant<TokenClaims, std::string> verify_token(std::string_view token, const TokenKeys& keys,
                                                    const TokenPolicy& policy, std::int64_t now) {
  const std::optional<std::string> payload = verify_signature(token, keys);
  if (!payload) {
    return keys.issuer == nullptr
               ? "the token is not a JWT signed by HS256 with this server's secret"
               : "the token is not a JWT signed by HS256 with this server's secret, or by RS256 or "
                 "ES256 with a key of auth.jwks_file";
  }
  const std::optional<json::object> claims = parse_object(*payload);
  if (!claims) return "the token's claims are not a JSON object";

  TokenClaims result;
  const std::optional<std::string> login = string_of(*claims, "sub");
  if (!login || login->empty() || login->size() > 128) {
    return "the claim sub must be a login of 1 to 128 bytes";
  }
  result.login = *login;
  const std::optional<std::string> role_text = string_of(*claims, "role");
  const std::optional<directory::Role> role = directory::parse_role(role_text.value_or(""));
  if (!role) return "the claim role must be agent, supervisor or service";
  result.role = *role;
  if (string_of(*claims, "iss") != policy.issuer) {
    return "the claim iss is not \"" + policy.issuer + "\"";
  }
  result.issuer = policy.issuer;
  if (!names_audience(*claims, policy.audience)) {
    return "the claim aud does not name \"" + policy.audience + "\"";
  }
  result.audience = policy.audience;
  const json::value* expires = claims->if_contains("exp");
  const std::optional<std::int64_t> expires_at =
      expires == nullptr ? std::nullopt : date_of(*expires);
  if (!expires_at) return "the claim exp must be a number of seconds since 1970";
  if (*expires_at <= now) return "the token has expired";
  result.expires_at = *expires_at;
  if (const json::value* not_before = claims->if_contains("nbf")) {
    const std::optional<std::int64_t> from = date_of(*not_before);
    if (!from) return "the claim nbf must be a number of seconds since 1970";
    if (*from > now) return "the token is not valid yet (claim nbf)";
  }
  return result;
}

}  // namespace baton::gateway
