#include "carrier.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "sip_text.hpp"

namespace baton::bench {

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
  std::string to = header_lines(request, "To");
  const std::string call_id = header_lines(request, "Call-ID");
  const bool fresh = to.find(";tag=") == std::string::npos;
  if (invite && fresh) {
    on_invite_(user_of(request), Clock::now());
  }
  if (fresh && to.size() > 2) {
    // Made of the Call-ID, so that a repeated INVITE gets the same.
    to.insert(to.size() - 2, ";tag=t" + std::to_string(std::hash<std::string>{}(call_id)));
  }
  const std::string head = header_lines(request, "Via") + header_lines(request, "Record-Route") +
                           header_lines(request, "From") + to + call_id +
                           header_lines(request, "CSeq") +
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
