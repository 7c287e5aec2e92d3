#include "carrier.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace baton::bench {

namespace {

/// The lines of a header, each with its line end; the server writes long names only.
std::string header(std::string_view message, std::string_view name) {
  std::string found;
  std::size_t at = message.find("\r\n");
  while (at != std::string_view::npos) {
    at += 2;
    const std::size_t end = message.find("\r\n", at);
    if (end == std::string_view::npos || end == at) break;
    const std::string_view line = message.substr(at, end - at);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":")) {
      found.append(line).append("\r\n");
    }
    at = end;
  }
  return found;
}

}  // namespace

Carrier::~Carrier() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Carrier::open(std::uint16_t port) {
  descriptor_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int room = 4 * 1024 * 1024;
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  socklen_t size = sizeof(own);
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0 ||
      ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    return false;
  }
  port_ = ntohs(own.sin_port);
  return true;
}

void Carrier::receive() {
  std::array<char, 65536> datagram;
  for (;;) {
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const auto got = ::recvfrom(descriptor_, datagram.data(), datagram.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    answer({datagram.data(), static_cast<std::size_t>(got)}, &from, size);
  }
}

void Carrier::answer(std::string_view request, const void* from, unsigned size) {
  if (request.starts_with("SIP/2.0") || request.starts_with("ACK ")) return;
  const bool invite = request.starts_with("INVITE ");
  std::string to = header(request, "To");
  const std::string call_id = header(request, "Call-ID");
  const bool fresh = to.find(";tag=") == std::string::npos;
  if (invite && fresh) {
    const std::size_t user = request.find("sip:") + 4;
    on_invite_(request.substr(user, request.find_first_of("@;> ", user) - user), Clock::now());
  }
  if (fresh && to.size() > 2) {
    // Made of the Call-ID, so that a repeated INVITE gets the same.
    to.insert(to.size() - 2, ";tag=t" + std::to_string(std::hash<std::string>{}(call_id)));
  }
  const std::string head = header(request, "Via") + header(request, "Record-Route") +
                           header(request, "From") + to + call_id + header(request, "CSeq") +
                           "Contact: <sip:carrier@127.0.0.1:" + std::to_string(port_) + ">\r\n";
  const auto send = [&](const std::string& text) {
    ::sendto(descriptor_, text.data(), text.size(), 0, static_cast<const sockaddr*>(from), size);
  };
  if (!invite) {
    send("SIP/2.0 200 OK\r\n" + head + "Content-Length: 0\r\n\r\n");
    return;
  }
  if (fresh) send("SIP/2.0 180 Ringing\r\n" + head + "Content-Length: 0\r\n\r\n");
  static const std::string kSdp =
      "v=0\r\no=carrier 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
      "m=audio 32000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
  send("SIP/2.0 200 OK\r\n" + head + "Content-Type: application/sdp\r\nContent-Length: " +
       std::to_string(kSdp.size()) + "\r\n\r\n" + kSdp);
}

}  // namespace baton::bench
