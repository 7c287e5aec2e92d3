#pragma once

namespace baton::telephony::sip {

/// Whether the SIP library waits out the last millisecond before a timer, instead of polling
/// through it. False where the program does not export its su_timer_expire. Any thread.
[[nodiscard]] bool timer_waits_are_rounded();

}  // namespace baton::telephony::sip
