#pragma once

#include <string>

#include "core/leg.hpp"

struct sip_s;

namespace baton::telephony::sip {

/// What a REFER asks for (RFC 3515 section 2.1).
struct ReferTarget {
  std::string user;  ///< Unescaped.
  std::string host;
  bool replaces = false;  ///< The Refer-To URI carries a Replaces header (RFC 3891).
};

/// Reads Refer-To. False when it is missing or is no SIP or tel URI: answer 400.
[[nodiscard]] bool parse_refer(const sip_s* sip, ReferTarget& target);

/// The phone does not want NOTIFYs: Refer-Sub: false (RFC 4488).
[[nodiscard]] bool refuses_subscription(const sip_s* sip);

/// "SIP/2.0 200 OK\r\n", the body of a NOTIFY.
[[nodiscard]] std::string sipfrag(int code);

}  // namespace baton::telephony::sip
