#include "desk.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace baton::bench {

Desk::~Desk() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool Desk::open(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_port = htons(port);
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int room = 4 * 1024 * 1024;
  ::setsockopt(made, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
  if (::bind(made, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) != 0) {
    ::close(made);
    return false;
  }
  descriptor_ = made;
  return true;
}

void Desk::receive() {
  constexpr std::string_view kBridged = "bridged ";
  constexpr std::string_view kReleased = "released ";
  std::array<char, 1024> datagram{};
  for (;;) {
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const auto got = ::recvfrom(descriptor_, datagram.data(), datagram.size(), 0,
                                reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) return;
    const std::string_view text(datagram.data(), static_cast<std::size_t>(got));
    if (text.starts_with(kBridged)) {
      std::string call(text.substr(kBridged.size()));
      std::string number = std::to_string(next_number_++);
      const std::string message = call + " +" + number;
      ++figures_.answered;
      ++figures_.transfers_asked;
      const auto now = Clock::now();
      by_call_.emplace(std::move(call), now);
      by_number_.emplace(std::move(number), now);
      ::sendto(descriptor_, message.data(), message.size(), 0,
               reinterpret_cast<const sockaddr*>(&from), size);
    } else if (text.starts_with(kReleased)) {
      const auto found = by_call_.find(std::string(text.substr(kReleased.size())));
      if (found == by_call_.end()) continue;
      ++figures_.released;
      figures_.acw_ms.push_back(ms_between(found->second, Clock::now()));
      by_call_.erase(found);
    }
  }
}

void Desk::dialled(std::string_view number, Clock::time_point when) {
  if (number.starts_with('+')) number.remove_prefix(1);
  const auto found = by_number_.find(std::string(number));
  if (found == by_number_.end()) return;
  figures_.invite_ms.push_back(ms_between(found->second, when));
  by_number_.erase(found);
}

}  // namespace baton::bench
