#include "web_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace baton::bench {

WebSocket::WebSocket(WebSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      input_(std::move(other.input_)),
      taken_(std::exchange(other.taken_, 0)) {}

WebSocket::~WebSocket() { close(); }

void WebSocket::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

std::string WebSocket::open(std::uint16_t port, const std::string& target,
                            const std::string& token) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return std::string("socket: ") + std::strerror(errno);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    return std::string("connect: ") + std::strerror(errno);
  }
  const int on = 1;
  ::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  // A server that is just starting may take the connection and not answer yet.
  const timeval patience{5, 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  send_all("GET " + target +
           " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           "Sec-WebSocket-Protocol: baton.v1\r\nAuthorization: Bearer " +
           token + "\r\n\r\n");
  std::size_t end = std::string::npos;
  while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
    std::array<char, 4096> chunk{};
    const auto got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (got <= 0) return "the server did not answer the upgrade";
    input_.append(chunk.data(), static_cast<std::size_t>(got));
  }
  if (!input_.starts_with("HTTP/1.1 101")) return "refused: " + input_.substr(0, input_.find('\r'));
  input_.erase(0, end + 4);
  ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
  return {};
}

void WebSocket::send_frame(unsigned opcode, std::string_view payload) {
  std::string frame;
  frame.reserve(payload.size() + 14);
  frame += static_cast<char>(0x80U | opcode);
  // A client must mask. The mask of zeros is as good as any here: nobody stands between.
  if (payload.size() < 126) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    frame += static_cast<char>(0x80U | 126U);
    frame += static_cast<char>((payload.size() >> 8U) & 0xFFU);
    frame += static_cast<char>(payload.size() & 0xFFU);
  }
  frame.append(4, '\0');
  frame.append(payload);
  send_all(frame);
}

void WebSocket::send_all(std::string_view bytes) {
  while (!bytes.empty() && descriptor_ >= 0) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      pollfd wait{descriptor_, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      close();
    }
  }
}

bool WebSocket::fill() {
  std::array<char, 65536> chunk;
  while (descriptor_ >= 0) {
    const auto got = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (got > 0) {
      input_.append(chunk.data(), static_cast<std::size_t>(got));
      if (static_cast<std::size_t>(got) < chunk.size()) break;
    } else if (got < 0 && errno == EAGAIN) {
      break;
    } else if (got == 0 || errno != EINTR) {
      close();
    }
  }
  return !input_.empty();
}

bool WebSocket::next(std::string_view& text) {
  for (;;) {
    const std::string_view rest = std::string_view(input_).substr(taken_);
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(rest[at]); };
    if (rest.size() < 2) return false;
    std::size_t size = byte(1) & 0x7FU;
    std::size_t head = 2;
    if (size >= 126) {
      const std::size_t width = size == 126 ? 2 : 8;
      head += width;
      if (rest.size() < head) return false;
      size = 0;
      for (std::size_t i = 0; i < width; ++i) size = size << 8U | byte(2 + i);
    }
    if (rest.size() < head + size) return false;
    taken_ += head + size;
    const std::string_view payload = rest.substr(head, size);
    switch (byte(0) & 0x0FU) {
      case 0x1:
        text = payload;
        return true;
      case 0x8:
        close();
        return false;
      case 0x9:
        send_frame(0xA, payload);
        break;
      default:
        break;
    }
  }
}

void WebSocket::drop_taken() {
  input_.erase(0, taken_);
  taken_ = 0;
  // Thousands of desktops each get a burst once; none keeps the room for it.
  if (input_.empty() && input_.capacity() > 16384) input_ = {};
}

}  // namespace baton::bench
