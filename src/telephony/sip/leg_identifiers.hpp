#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "core/leg.hpp"

namespace baton::telephony::sip {

/// The identifiers of our own calls, each worked out from the leg by an HMAC under a key that is
/// drawn once a store and never shown. So a restarted process calls by the same ones, and the phone
/// takes its INVITE for the one that it has already (RFC 3261 section 17.2.3); and nobody who does
/// not have the key can guess them (section 19.3). One thread at a time.
class LegIdentifiers {
 public:
  /// `key`: 32 bytes, or empty for a random one that ends with the process. Throws
  /// std::runtime_error when the system has no randomness to give.
  explicit LegIdentifiers(std::string key);
  ~LegIdentifiers();
  LegIdentifiers(const LegIdentifiers&) = delete;
  LegIdentifiers& operator=(const LegIdentifiers&) = delete;

  /// `way` counts the INVITEs of a leg that is dialled to several phones, from 0.
  [[nodiscard]] std::string call_id(const core::LegId& leg, std::size_t way) const;
  [[nodiscard]] std::string local_tag(const core::LegId& leg, std::size_t way) const;
  /// `attempt` counts the INVITEs of a way, from 0: after a challenge, say, comes another one.
  [[nodiscard]] std::string branch(const core::LegId& leg, std::size_t way,
                                   std::size_t attempt) const;

 private:
  [[nodiscard]] std::string derive(std::string_view what, const core::LegId& leg, std::size_t way,
                                   std::size_t attempt) const;

  struct Mac;
  std::unique_ptr<Mac> mac_;  // Keyed once: to key it anew costs ten times what it works out.
};

}  // namespace baton::telephony::sip
