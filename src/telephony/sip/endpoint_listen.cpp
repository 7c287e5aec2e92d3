#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "telephony/sip/endpoint_impl.hpp"
#include "telephony/sip/own_address.hpp"

namespace baton::telephony::sip {

namespace {

constexpr unsigned kReceiveBufferBytes = 4U << 20;

std::string describe(const ListenAddress& address) {
  return fmt::format("{}:{}:{}", address.transport, address.host, address.port);
}

// Why an address cannot be bound, found by trying it with a plain socket; 0 when that works.
int bind_error(const ListenAddress& address) {
  std::string host = address.host;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = address.transport == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  int error = 0;
  const int fd = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = errno;
  } else {
    const int on = 1;
    if (hints.ai_socktype == SOCK_STREAM) {
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (::bind(fd, found->ai_addr, found->ai_addrlen) < 0 ||
        (hints.ai_socktype == SOCK_STREAM && ::listen(fd, 1) < 0)) {
      error = errno;
    }
    ::close(fd);
  }
  ::freeaddrinfo(found);
  return error;
}

std::string remedy(int error, const ListenAddress& address) {
  switch (error) {
    case EADDRINUSE:
      return fmt::format(
          "the port is busy; stop the program that uses it (ss -lpn 'sport = :{}' shows it) or set "
          "another port in sip.listen (BATON_SIP_LISTEN)",
          address.port);
    case EADDRNOTAVAIL:
      return "this machine has no such address; `ip addr` lists those it has";
    case EACCES:
    case EPERM:
      return "ports below 1024 need the right to bind them; use a port from 1024 on";
    default:
      return "set another address in sip.listen";
  }
}

}  // namespace

ListenAddress Endpoint::Impl::add_address(const ListenAddress& wanted) {
  const auto known = [this] {
    std::size_t count = 0;
    for (tport_t* each = tport_primaries(nta_agent_tports(endpoint.agent_)); each != nullptr;
         each = tport_next(each)) {
      ++count;
    }
    return count;
  };
  // TCP sockets are opened with SO_REUSEADDR, which does not let two listen; still, ask first for a
  // clear reason.
  if (const int error = wanted.port == 0 ? 0 : bind_error(wanted); error != 0) {
    throw std::runtime_error(fmt::format("SIP cannot listen on {}: {}: {}", describe(wanted),
                                         std::strerror(error), remedy(error, wanted)));
  }
  if (wanted.transport == "tls") {
    // The library starts without a certificate and then fails each handshake.
    static_cast<void>(tls.changed(certificate_file()));
    if (const auto fault = tls.use(certificate_file()); !fault.empty()) {
      throw std::runtime_error(
          fmt::format("SIP cannot listen on {}: {}; put the certificate and its key, in PEM, into "
                      "agent.pem and the trusted authorities into cafile.pem there",
                      describe(wanted), fault));
    }
  }
  const std::size_t before = nta_agent_tports(endpoint.agent_) == nullptr ? 0 : known();
  const std::string url =
      fmt::format("{}:{}:{};transport={}", wanted.transport == "tls" ? "sips" : "sip", wanted.host,
                  wanted.port == 0 ? "*" : std::to_string(wanted.port), wanted.transport);
  int result = 0;
  if (wanted.transport == "tls") {
    const TlsContexts::Taking taking(tls);
    result = nta_agent_add_tport(endpoint.agent_, URL_STRING_MAKE(url.c_str()), TPTAG_SERVER(1),
                                 TPTAG_CERTIFICATE(endpoint.config_.tls_certificate_dir.c_str()),
                                 TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_NONE), TPTAG_PONG2PING(1),
                                 TAG_END());
  } else {
    result =
        nta_agent_add_tport(endpoint.agent_, URL_STRING_MAKE(url.c_str()), TPTAG_SERVER(1),
                            TPTAG_UDP_RMEM(kReceiveBufferBytes), TPTAG_PONG2PING(1), TAG_END());
  }
  if (result < 0 || known() <= before) {
    const int error = su_errno();
    throw std::runtime_error(fmt::format("SIP cannot listen on {}: {}: {}", describe(wanted),
                                         su_strerror(error), remedy(error, wanted)));
  }
  // The name tells "*" as the port where one was chosen, the address always tells the truth.
  ListenAddress bound = wanted;
  std::size_t index = 0;
  for (tport_t* each = tport_primaries(nta_agent_tports(endpoint.agent_)); each != nullptr;
       each = tport_next(each)) {
    if (index++ < before) continue;
    Source real;
    const su_addrinfo_t* address = tport_get_address(each);
    if (address != nullptr &&
        text::read_sockaddr(reinterpret_cast<const su_sockaddr_t*>(address->ai_addr), real)) {
      bound.port = real.port;
      sent_from.push_back({wanted.transport, bracketed(real.host), real.port});
    }
  }
  return bound;
}

}  // namespace baton::telephony::sip
