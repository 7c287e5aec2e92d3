#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "telephony/sip/digest.hpp"

namespace baton::telephony::sip::testing {

/// One received message, as text.
struct SipText {
  std::string text;

  [[nodiscard]] int code() const {
    return text.starts_with("SIP/2.0 ") ? std::stoi(text.substr(8, 3)) : 0;
  }
  /// The value of the first header field of that name (written as we send it), or nothing.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const {
    const auto at = text.find(fmt::format("\r\n{}: ", name));
    if (at == std::string::npos) return std::nullopt;
    const auto begin = at + name.size() + 4;
    return text.substr(begin, text.find("\r\n", begin) - begin);
  }
};

/// A SIP peer on a plain socket of its own: any address of 127.0.0.0/8, UDP or TCP. Receives with a
/// deadline.
class SipPeer {
 public:
  explicit SipPeer(const char* address = "127.0.0.1", bool tcp = false) : tcp_(tcp) {
    fd_ = ::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, address, &own.sin_addr);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own);
    socklen_t size = sizeof own;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    host = address;
    port = ntohs(own.sin_port);
  }
  SipPeer(const SipPeer&) = delete;
  SipPeer& operator=(const SipPeer&) = delete;
  ~SipPeer() { ::close(fd_); }

  void connect(int server_port) {
    server_ = server_port;
    const auto to = server_address();
    ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  void send(std::string_view text) {
    if (tcp_) {
      (void)!::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    } else {
      const auto to = server_address();
      (void)!::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                      sizeof to);
    }
  }

  /// The next message, or nothing after the time.
  std::optional<SipText> receive(std::chrono::milliseconds patience = std::chrono::seconds(3)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      if (const auto end = buffer_.find("\r\n\r\n"); tcp_ && end != std::string::npos) {
        SipText message{buffer_.substr(0, end + 4)};
        const std::size_t whole =
            end + 4 + std::stoul(message.header("Content-Length").value_or("0"));
        if (buffer_.size() >= whole) {
          message.text = buffer_.substr(0, whole);
          buffer_.erase(0, whole);
          return message;
        }
      }
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      pollfd ready{fd_, POLLIN, 0};
      if (left.count() < 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) {
        return std::nullopt;
      }
      char bytes[65536];
      const auto size = ::recv(fd_, bytes, sizeof bytes, 0);
      if (size <= 0) return std::nullopt;
      if (!tcp_) return SipText{std::string(bytes, static_cast<std::size_t>(size))};
      buffer_.append(bytes, static_cast<std::size_t>(size));
    }
  }

  /// A request with everything that it needs; `more` is further header fields, each with its CRLF.
  std::string request(std::string_view method, std::string_view uri, std::string_view from,
                      std::string_view to, std::string_view more = "", int cseq = 0) {
    if (cseq == 0) cseq = ++cseq_;
    return fmt::format(
        "{0} {1} SIP/2.0\r\nVia: SIP/2.0/{2} {3}:{4};branch=z9hG4bK{5}.{6}\r\nMax-Forwards: 70\r\n"
        "From: <{7}>;tag=t{4}\r\nTo: <{8}>\r\nCall-ID: call-{5}-{4}\r\nCSeq: {9} {0}\r\n{10}"
        "Content-Length: 0\r\n\r\n",
        method, uri, tcp_ ? "TCP" : "UDP", host, port, call, ++branch_, from, to, cseq, more);
  }

  /// Answers the challenge of a 401 or 407 for the same request: the header field with its CRLF.
  static std::string credential(const SipText& challenge, std::string_view method,
                                std::string_view uri, std::string_view user,
                                std::string_view password, std::uint32_t nonce_count = 1) {
    const bool proxy = challenge.code() == 407;
    const auto asked = challenge.header(proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
    const auto answer =
        asked ? answer_challenge(*asked, user, password, method, uri, nonce_count) : std::nullopt;
    return fmt::format("{}: {}\r\n", proxy ? "Proxy-Authorization" : "Authorization",
                       answer.value_or(""));
  }

  std::string host;
  int port = 0;
  std::string call = "1";  ///< Part of the Call-ID and branch; change it for another call.

 private:
  [[nodiscard]] sockaddr_in server_address() const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(server_));
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    return to;
  }

  bool tcp_;
  int fd_ = -1;
  int server_ = 0;
  int branch_ = 0;
  int cseq_ = 0;
  std::string buffer_;
};

}  // namespace baton::telephony::sip::testing
