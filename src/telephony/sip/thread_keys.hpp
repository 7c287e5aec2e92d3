#pragma once

namespace baton::telephony::sip {

/// Lets Debian's SIP library make its key for what each thread keeps. At the program's end it
/// deletes that key whether it was made or not; one that was not is key 0, the allocator's, and a
/// thread that still runs then complains on standard error ("<jemalloc>: Error setting tsd.").
/// Once, from main(), also where nothing else of the library is used.
void make_thread_keys();

}  // namespace baton::telephony::sip
