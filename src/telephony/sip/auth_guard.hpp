#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "directory/attempt_throttle.hpp"
#include "telephony/sip/config.hpp"

namespace baton::telephony::sip {

/// The part of an address that one subscriber has: all of an IPv4 address, of IPv6 the first 64
/// bits. `host` is numeric, without brackets; anything else is given back as it is.
[[nodiscard]] std::string network_of(std::string_view host);

/// Makes guessing of SIP passwords slow, by `sip.auth_failures` and `sip.auth_max_delay_seconds`.
///
/// Wrong credentials are counted twice: for the network they came from, and for that network and
/// the login that they were for. The right password clears both counts of its own login; so one
/// misconfigured phone of an office does not lock the others out, and who has one password cannot
/// use it to go on guessing another's. Time is passed in, in Unix seconds; loop thread.
class AuthGuard {
 public:
  explicit AuthGuard(const SipConfig& config);

  /// Seconds for which a credential for `login` from that network is not looked at; 0: look at it.
  [[nodiscard]] std::int64_t wait(std::string_view network, std::string_view login,
                                  std::int64_t now);
  void failed(std::string_view network, std::string_view login, std::int64_t now);
  void succeeded(std::string_view network, std::string_view login);

 private:
  directory::AttemptThrottle networks_;
  directory::AttemptThrottle logins_;  ///< By network and login.
};

}  // namespace baton::telephony::sip
