#pragma once

namespace baton::telephony::sip {

/// Whether a request that was written into a connection which its peer had closed fails as soon as
/// the peer's system says so (RFC 3261 section 18.4), rather than at the end of timer B or F. False
/// where the program does not export its su_soerror. Any thread.
[[nodiscard]] bool broken_connections_are_told();

}  // namespace baton::telephony::sip
