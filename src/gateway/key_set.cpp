#include "gateway/key_set.hpp"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "gateway/crypto.hpp"

namespace baton::gateway {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxFileBytes = 1'048'576;
constexpr std::size_t kMaxKeys = 64;
constexpr int kMinRsaBits = 2048;  // RFC 7518, 3.3.
constexpr std::size_t kMaxRsaBytes =
    1024;  // 8192 bits. A check's price grows with the square of it.
constexpr std::size_t kP256Bytes = 32;

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX, EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM, OSSL_PARAM_free>>;
using PublicKey = std::shared_ptr<EVP_PKEY>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number number_of(std::string_view big_endian) {
  return Number(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

std::optional<std::string> text_of(const json::object& key, std::string_view name) {
  const json::value* value = key.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

/// A member in base64url, decoded; nothing where it is absent, empty or something else.
std::optional<std::string> bytes_of(const json::object& key, std::string_view name) {
  const std::optional<std::string> text = text_of(key, name);
  std::optional<std::string> decoded = text ? base64url_decode(*text) : std::nullopt;
  if (decoded && decoded->empty()) return std::nullopt;
  return decoded;
}

/// Makes a key of its parts, and checks that it is one (a point on its curve).
PublicKey build(const char* type, const Params& params) {
  EVP_PKEY* made = nullptr;
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  if (!context || !params || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  PublicKey key(made, &EVP_PKEY_free);
  const KeyContext check(EVP_PKEY_CTX_new(made, nullptr));
  const bool good = check && EVP_PKEY_public_check(check.get()) == 1;
  ERR_clear_error();
  return good ? key : nullptr;
}

PublicKey rsa_key(const std::string& modulus, const std::string& exponent) {
  const Number n = number_of(modulus);
  const Number e = number_of(exponent);
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!n || !e || !builder ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return build("RSA", Params(OSSL_PARAM_BLD_to_param(builder.get())));
}

PublicKey p256_key(const std::string& x, const std::string& y) {
  const std::string point = '\x04' + x + y;  // SEC 1, 2.3.3: uncompressed.
  const ParamBuilder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return nullptr;
  }
  return build("EC", Params(OSSL_PARAM_BLD_to_param(builder.get())));
}

/// Whether a key is meant for signatures: `use` and `key_ops` are optional (RFC 7517, 4.2, 4.3).
bool is_for_signatures(const json::object& key) {
  if (key.contains("use") && text_of(key, "use") != "sig") return false;
  const json::value* operations = key.if_contains("key_ops");
  if (operations == nullptr) return true;
  if (!operations->is_array()) return false;
  const json::array& list = operations->as_array();
  return std::any_of(list.begin(), list.end(), [](const json::value& one) {
    return one.is_string() && one.as_string() == "verify";
  });
}

/// A JWS signature by ECDSA is both numbers side by side (RFC 7518, 3.4); OpenSSL wants DER.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  Number r = number_of(signature.substr(0, kP256Bytes));
  Number s = number_of(signature.substr(kP256Bytes));
  const std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>> pair(ECDSA_SIG_new());
  if (!r || !s || !pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  // The pair owns them now.
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  std::string der(static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(pair.get(), nullptr))), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  if (der.empty() || i2d_ECDSA_SIG(pair.get(), &to) <= 0) return {};
  return der;
}

bool verify_with(EVP_PKEY* key, std::string_view data, std::string_view signature) {
  const DigestContext context(EVP_MD_CTX_new());
  const bool good = context &&
                    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
                    EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(data),
                                     data.size()) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace

std::variant<KeySet, std::string> KeySet::parse(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error) return fmt::format("it is not JSON: {}", error.message());
  const json::value* list = value.is_object() ? value.as_object().if_contains("keys") : nullptr;
  if (list == nullptr || !list->is_array()) {
    return std::string("it is not a JWK Set: {\"keys\":[...]} is expected (RFC 7517)");
  }
  if (list->as_array().size() > kMaxKeys) {
    return fmt::format("it has {} keys, at most {} are allowed", list->as_array().size(), kMaxKeys);
  }
  KeySet set;
  std::size_t number = 0;
  for (const json::value& entry : list->as_array()) {
    const std::string place = fmt::format("keys[{}]", number++);
    if (!entry.is_object()) return fmt::format("{} is not an object", place);
    const json::object& jwk = entry.as_object();
    const std::optional<std::string> type = text_of(jwk, "kty");
    if (!type) return fmt::format("{} has no kty", place);
    if (*type == "oct" || jwk.contains("d")) {
      return fmt::format(
          "{} is a {} key: only public keys belong here; replace that key, since "
          "others may have seen it",
          place, *type == "oct" ? "symmetric" : "private");
    }
    Key key{};
    if (*type == "RSA") {
      key.algorithm = KeyAlgorithm::rs256;
    } else if (*type == "EC" && text_of(jwk, "crv") == "P-256") {
      key.algorithm = KeyAlgorithm::es256;
    } else {
      continue;
    }
    const bool rsa = key.algorithm == KeyAlgorithm::rs256;
    if (!is_for_signatures(jwk) ||
        (jwk.contains("alg") && text_of(jwk, "alg") != (rsa ? "RS256" : "ES256"))) {
      continue;
    }
    if (jwk.contains("kid")) {
      key.kid = text_of(jwk, "kid");
      if (!key.kid) return fmt::format("{}: kid is not a text", place);
    }
    const std::optional<std::string> first = bytes_of(jwk, rsa ? "n" : "x");
    const std::optional<std::string> second = bytes_of(jwk, rsa ? "e" : "y");
    const bool whole = first && second &&
                       (rsa ? first->size() <= kMaxRsaBytes && second->size() <= 8
                            : first->size() == kP256Bytes && second->size() == kP256Bytes);
    if (whole) key.key = rsa ? rsa_key(*first, *second) : p256_key(*first, *second);
    if (!key.key) {
      return fmt::format("{} is not a good key: {}", place,
                         rsa ? "n and e of an RSA key of up to 8192 bits are expected"
                             : "x and y of a point on P-256, 32 bytes each, are expected");
    }
    if (rsa && EVP_PKEY_get_bits(key.key.get()) < kMinRsaBits) {
      return fmt::format("{} has {} bits, at least {} are needed (RFC 7518, 3.3)", place,
                         EVP_PKEY_get_bits(key.key.get()), kMinRsaBits);
    }
    for (const Key& other : set.keys_) {
      if (other.algorithm == key.algorithm && other.kid == key.kid && key.kid) {
        return fmt::format("{} has the kid \"{}\", which another key has already", place, *key.kid);
      }
    }
    set.keys_.push_back(std::move(key));
  }
  if (set.keys_.empty()) {
    return std::string("no key in it is for RS256 or ES256 (kty RSA, or EC with crv P-256)");
  }
  return set;
}

bool KeySet::verify(KeyAlgorithm algorithm, const std::optional<std::string>& kid,
                    std::string_view data, std::string_view signature) const {
  const Key* found = nullptr;
  for (const Key& key : keys_) {
    if (key.algorithm != algorithm || (kid && key.kid != kid)) continue;
    if (found != nullptr) return false;  // Nothing says which.
    found = &key;
  }
  if (found == nullptr) return false;
  if (algorithm == KeyAlgorithm::rs256) return verify_with(found->key.get(), data, signature);
  const std::string der = der_of(signature);
  return !der.empty() && verify_with(found->key.get(), data, der);
}

KeySet load_key_set(const std::string& path) {
  const auto fail = [&path](const std::string& why) {
    throw std::runtime_error(fmt::format("auth.jwks_file \"{}\": {}", path, why));
  };
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    fail(fmt::format("cannot be read: {}; name the file with the token issuer's JWK Set",
                     std::generic_category().message(errno)));
  }
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    fail(fmt::format(
        "its mode is {:04o}, so others can change it and could sign in as anyone; chmod "
        "644 it",
        static_cast<unsigned>(status.st_mode & 07777U)));
  }
  std::ifstream file(path, std::ios::binary);
  if (!S_ISREG(status.st_mode) || !file) fail("cannot be read; is it a file that Baton may read?");
  if (status.st_size > static_cast<off_t>(kMaxFileBytes)) {
    fail(fmt::format("it has {} bytes, at most {} are read", status.st_size, kMaxFileBytes));
  }
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::variant<KeySet, std::string> parsed = KeySet::parse(text);
  if (const std::string* why = std::get_if<std::string>(&parsed)) fail(*why);
  return std::get<KeySet>(std::move(parsed));
}

}  // namespace baton::gateway
