#include "telephony/sip/leg_identifiers.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

namespace baton::telephony::sip {
namespace {

constexpr std::size_t kKeyBytes = 32;
/// 128 bits, as hex: four times what RFC 3261 section 19.3 asks of a tag.
constexpr std::size_t kIdentifierBytes = 16;

}  // namespace

struct LegIdentifiers::Mac {
  explicit Mac(std::string_view key) {
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    context = EVP_MAC_CTX_new(hmac);
    EVP_MAC_free(hmac);
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    if (context == nullptr ||
        EVP_MAC_init(context, reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                     parameters.data()) != 1) {
      EVP_MAC_CTX_free(context);
      throw std::runtime_error("OpenSSL has no HMAC with SHA-256: no SIP identifiers can be made");
    }
  }
  ~Mac() { EVP_MAC_CTX_free(context); }
  Mac(const Mac&) = delete;
  Mac& operator=(const Mac&) = delete;

  EVP_MAC_CTX* context = nullptr;
};

LegIdentifiers::LegIdentifiers(std::string key) {
  if (key.empty()) {
    key.resize(kKeyBytes);
    if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) !=
        1) {
      throw std::runtime_error(
          "the system's random source gives nothing: no key for SIP identifiers");
    }
  }
  mac_ = std::make_unique<Mac>(key);
}

LegIdentifiers::~LegIdentifiers() = default;

std::string LegIdentifiers::derive(std::string_view what, const core::LegId& leg, std::size_t way,
                                   std::size_t attempt) const {
  const std::string text =
      fmt::format("{}:{:016x}{:016x}:{}:{}", what, leg.high, leg.low, way, attempt);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  // Without a key it begins anew with the one it has.
  EVP_MAC_init(mac_->context, nullptr, 0, nullptr);
  EVP_MAC_update(mac_->context, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  EVP_MAC_final(mac_->context, digest.data(), &size, digest.size());
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * kIdentifierBytes);
  for (std::size_t i = 0; i < kIdentifierBytes; ++i) {
    hex.push_back(kHex[digest.at(i) >> 4U]);
    hex.push_back(kHex[digest.at(i) & 15U]);
  }
  return hex;
}

std::string LegIdentifiers::call_id(const core::LegId& leg, std::size_t way) const {
  return derive("call", leg, way, 0);
}

std::string LegIdentifiers::local_tag(const core::LegId& leg, std::size_t way) const {
  return derive("tag", leg, way, 0).substr(0, kIdentifierBytes);
}

std::string LegIdentifiers::branch(const core::LegId& leg, std::size_t way,
                                   std::size_t attempt) const {
  // RFC 3261 section 8.1.1.7: what every branch begins with.
  return "z9hG4bK" + derive("branch", leg, way, attempt);
}

}  // namespace baton::telephony::sip
