#pragma once

#include <cstdint>

namespace baton::telephony::sip {

/// Messages that the SIP library did not take in, since they were larger than
/// sip.max_message_bytes. Since the process began; any thread.
[[nodiscard]] std::uint64_t messages_too_large();

/// Whether they are counted. False where the program does not export its msg_recv_iovec. Any
/// thread.
[[nodiscard]] bool messages_too_large_are_counted();

}  // namespace baton::telephony::sip
