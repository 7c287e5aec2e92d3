// Takes the place of the library's su_getaddrinfo.
//
// Every send of libsofia goes through tport_resolve -> su_getaddrinfo -> glibc's getaddrinfo, on
// the event loop's own thread and also for host names taken from a received Via or Contact. With a
// name server that does not answer, each such message stops the whole stack for seconds. The
// dynamic linker prefers a program's own definition of a function to a shared library's, so this
// one is what the library calls, and it never asks anybody: numeric addresses pass, names fail at
// once.

#include <netdb.h>

#include <atomic>

#include <sofia-sip/su.h>
#include <sofia-sip/su_addrinfo.h>

#include "telephony/sip/screen.hpp"

namespace {

std::atomic<unsigned long long> calls{0};
std::atomic<unsigned long long> names_refused{0};

}  // namespace

extern "C" __attribute__((visibility("default"))) int su_getaddrinfo(char const* node,
                                                                     char const* service,
                                                                     su_addrinfo_t const* hints,
                                                                     su_addrinfo_t** res) {
  calls.fetch_add(1, std::memory_order_relaxed);
  su_addrinfo_t numeric{};
  if (hints != nullptr) numeric = *hints;
  // Ports are always digits in what we let pass; a service name would mean reading a database.
  numeric.ai_flags |= AI_NUMERICHOST | AI_NUMERICSERV;
  if (service == nullptr || service[0] == '\0') service = "0";
  const int error = ::getaddrinfo(node, service, &numeric, res);
  if (error != 0) {
    if (error == EAI_NONAME) names_refused.fetch_add(1, std::memory_order_relaxed);
    return error;
  }
  // As in the library's own: a protocol for each result, since callers open sockets with it.
  for (su_addrinfo_t* each = *res; each != nullptr; each = each->ai_next) {
    if (each->ai_protocol != 0) continue;
    if (hints != nullptr && hints->ai_protocol != 0) {
      each->ai_protocol = hints->ai_protocol;
    } else if (each->ai_socktype == SOCK_STREAM) {
      each->ai_protocol = IPPROTO_TCP;
    } else if (each->ai_socktype == SOCK_DGRAM) {
      each->ai_protocol = IPPROTO_UDP;
    }
  }
  return 0;
}

namespace baton::telephony::sip {

ResolverCounts resolver_counts() {
  return {calls.load(std::memory_order_relaxed), names_refused.load(std::memory_order_relaxed)};
}

}  // namespace baton::telephony::sip
