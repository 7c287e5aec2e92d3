// Takes the place of the library's msg_recv_iovec, which it calls and whose refusals it counts.
//
// The library asks it for room for what has come in, and answers 413 or ends the connection by
// itself where there is none: it tells nobody, and none of its statistics tells these from other
// bad messages.

#include "telephony/sip/message_size.hpp"

#include <dlfcn.h>

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>

#include <atomic>
#include <cerrno>

namespace baton::telephony::sip {

namespace {

std::atomic<std::uint64_t> too_large{0};

}  // namespace

std::uint64_t messages_too_large() { return too_large.load(std::memory_order_relaxed); }

bool messages_too_large_are_counted() {
  return dlsym(RTLD_DEFAULT, "msg_recv_iovec") == reinterpret_cast<void*>(&msg_recv_iovec);
}

}  // namespace baton::telephony::sip

extern "C" __attribute__((visibility("default"))) issize_t msg_recv_iovec(msg_t* msg,
                                                                          msg_iovec_t vec[],
                                                                          isize_t veclen, usize_t n,
                                                                          int exact) {
  using Receive = issize_t(msg_t*, msg_iovec_t*, isize_t, usize_t, int);
  static auto* const library = reinterpret_cast<Receive*>(dlsym(RTLD_NEXT, "msg_recv_iovec"));
  const unsigned before = msg_get_flags(msg, MSG_FLG_TOOLARGE);
  const issize_t result = library(msg, vec, veclen, n, exact);
  // Once a message: the library may ask again, for room to read the rest away.
  if (result < 0 && before == 0 && msg_get_flags(msg, MSG_FLG_TOOLARGE) != 0) {
    const int error = errno;
    baton::telephony::sip::too_large.fetch_add(1, std::memory_order_relaxed);
    errno = error;
  }
  return result;
}
