// Takes the place of the library's su_soerror, by which it asks a socket for its error.
//
// A reset that comes after the peer's end of stream is EPIPE (tcp(7)): the peer had closed, and
// what we wrote meanwhile reached nobody. The library puts EPIPE off until it has read what may
// still be there, and by then has closed the connection without a word to the requests that wait on
// it: a BYE waited 32 s for timer F. Where there is nothing left to read there is nothing to put
// off, and it is told a reset like any other, which it tells those requests at once.

#include "telephony/sip/broken_connection.hpp"

#include <dlfcn.h>
#include <sys/ioctl.h>

#include <sofia-sip/su.h>

#include <cerrno>

extern "C" __attribute__((visibility("default"))) int su_soerror(su_socket_t socket) {
  using Error = int(su_socket_t);
  static auto* const library = reinterpret_cast<Error*>(dlsym(RTLD_NEXT, "su_soerror"));
  const int error = library(socket);
  if (error != EPIPE) return error;
  int unread = 0;
  return ::ioctl(socket, FIONREAD, &unread) == 0 && unread > 0 ? error : ECONNRESET;
}

namespace baton::telephony::sip {

bool broken_connections_are_told() {
  return dlsym(RTLD_DEFAULT, "su_soerror") == reinterpret_cast<void*>(&su_soerror);
}

}  // namespace baton::telephony::sip
