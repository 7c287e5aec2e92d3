// Takes the place of the library's su_timer_expire, which it calls and whose wait it rounds up.
//
// The library counts the time to its next timer in whole milliseconds, rounded down: in the last
// millisecond before each timer its loop polls without waiting. With some hundred calls a second a
// timer is due in nearly every millisecond, and the loop took a whole core for a third of the work.
// A millisecond later is soon enough for every SIP timer.

#include "telephony/sip/timer_rounding.hpp"

#include <dlfcn.h>

#include <sofia-sip/su_wait.h>

extern "C" __attribute__((visibility("default"))) int su_timer_expire(
    su_timer_queue_t* const timers, su_duration_t* timeout, su_time_t now) {
  using Expire = int(su_timer_queue_t*, su_duration_t*, su_time_t);
  static auto* const library = reinterpret_cast<Expire*>(dlsym(RTLD_NEXT, "su_timer_expire"));
  const su_duration_t longest = *timeout;
  const int expired = library(timers, timeout, now);
  if (expired == 0 && longest > 0 && *timeout == 0) *timeout = 1;
  return expired;
}

namespace baton::telephony::sip {

bool timer_waits_are_rounded() {
  return dlsym(RTLD_DEFAULT, "su_timer_expire") == reinterpret_cast<void*>(&su_timer_expire);
}

}  // namespace baton::telephony::sip
