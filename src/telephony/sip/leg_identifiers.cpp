#include "telephony/sip/leg_identifiers.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
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

LegIdentifiers::LegIdentifiers(std::string key) : key_(std::move(key)) {
  if (!key_.empty()) return;
  key_.resize(kKeyBytes);
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key_.data()), static_cast<int>(key_.size())) !=
      1) {
    throw std::runtime_error(
        "the system's random source gives nothing: no key for SIP identifiers");
  }
}

std::string LegIdentifiers::derive(std::string_view what, const core::LegId& leg, std::size_t way,
                                   std::size_t attempt) const {
  const std::string text =
      fmt::format("{}:{:016x}{:016x}:{}:{}", what, leg.high, leg.low, way, attempt);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
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
