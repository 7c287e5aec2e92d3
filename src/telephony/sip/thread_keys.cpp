#include "telephony/sip/thread_keys.hpp"

#include <sofia-sip/su_uniqueid.h>

namespace baton::telephony::sip {

void make_thread_keys() { static_cast<void>(su_randint(0, 1)); }

}  // namespace baton::telephony::sip
