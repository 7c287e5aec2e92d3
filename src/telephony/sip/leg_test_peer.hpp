#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/input.hpp"

namespace baton::telephony::sip::testing {

/// One SIP message as text, for tests that speak SIP over a plain socket.
struct Message {
  std::string text;

  [[nodiscard]] int code() const {
    return text.starts_with("SIP/2.0 ") ? std::stoi(text.substr(8, 3)) : 0;
  }
  [[nodiscard]] std::string method() const {
    return code() != 0 ? std::string() : text.substr(0, text.find(' '));
  }
  [[nodiscard]] std::string uri() const {
    const auto begin = text.find(' ') + 1;
    return text.substr(begin, text.find(' ', begin) - begin);
  }
  /// All values of a header, each on a line of its own; empty where there is none.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> values;
    const std::string want = fmt::format("\r\n{}:", name);
    const std::size_t end = text.find("\r\n\r\n");
    for (std::size_t at = text.find(want); at != std::string::npos && at < end;
         at = text.find(want, at + 1)) {
      std::size_t begin = at + want.size();
      while (begin < text.size() && text[begin] == ' ') ++begin;
      values.push_back(text.substr(begin, text.find("\r\n", begin) - begin));
    }
    return values;
  }
  [[nodiscard]] std::string header(std::string_view name) const {
    const auto values = all(name);
    return values.empty() ? std::string() : values.front();
  }
  [[nodiscard]] std::string body() const {
    const auto at = text.find("\r\n\r\n");
    return at == std::string::npos ? std::string() : text.substr(at + 4);
  }
  [[nodiscard]] int cseq() const { return std::atoi(header("CSeq").c_str()); }
};

/// A phone, carrier or customer under the test's command: one UDP socket, one dialog at a time that
/// the test looks at. It answers nothing by itself.
class TestUa {
 public:
  explicit TestUa(std::string address, std::string user)
      : host(std::move(address)), user_(std::move(user)) {
    fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in own = at(host, 0);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own);
    socklen_t size = sizeof own;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    port = ntohs(own.sin_port);
  }
  TestUa(const TestUa&) = delete;
  TestUa& operator=(const TestUa&) = delete;
  ~TestUa() { ::close(fd_); }

  void server(int server_port, const std::string& server_host = "127.0.0.1") {
    server_ = server_port;
    server_host_ = server_host;
  }

  void send(const std::string& text) {
    const auto to = at(server_host_, server_);
    (void)!::sendto(fd_, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                    sizeof to);
  }

  std::optional<Message> receive(std::chrono::milliseconds patience) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
    char bytes[65536];
    const auto size = ::recv(fd_, bytes, sizeof bytes, 0);
    if (size <= 0) return std::nullopt;
    return Message{std::string(bytes, static_cast<std::size_t>(size))};
  }

  /// The next message that `wanted` likes; others (retransmissions, 100) are passed over.
  std::optional<Message> wait(const std::function<bool(const Message&)>& wanted,
                              std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) return std::nullopt;
      auto message = receive(left);
      if (!message) return std::nullopt;
      if (wanted(*message)) return message;
    }
  }
  std::optional<Message> request(std::string_view method,
                                 std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    return wait([&](const Message& m) { return m.method() == method; }, patience);
  }
  std::optional<Message> response(int code,
                                  std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    return wait([&](const Message& m) { return m.code() == code; }, patience);
  }

  /// Answers a request; takes the server's side of the dialog from it.
  void reply(const Message& request, int code, std::string_view body = "",
             std::string_view more = "", std::string_view tag = "") {
    std::string text = fmt::format("SIP/2.0 {} Test\r\n", code);
    for (const auto& via : request.all("Via")) text += fmt::format("Via: {}\r\n", via);
    text += fmt::format("From: {}\r\n", request.header("From"));
    std::string to = request.header("To");
    if (to.find(";tag=") == std::string::npos && code > 100) {
      to += fmt::format(";tag={}", tag.empty() ? std::string_view(tag_) : tag);
    }
    text += fmt::format("To: {}\r\nCall-ID: {}\r\nCSeq: {}\r\n", to, request.header("Call-ID"),
                        request.header("CSeq"));
    if (code > 100) text += contact();
    text += more;
    text += with_body(body);
    send(text);
    if (request.method() == "INVITE") {
      call_id = request.header("Call-ID");
      local = to;
      remote = request.header("From");
      target = uri_in(request.header("Contact"));
      invite = request;
    }
  }

  /// Starts a call; the dialog is taken from the 2xx by take().
  void call(const std::string& uri, std::string_view body, std::string_view more = "") {
    call_id = fmt::format("call-{}-{}", port, ++calls_);
    local = fmt::format("<sip:{}@{}:{}>;tag={}", user_, host, port, tag_);
    remote = fmt::format("<{}>", uri);
    target = uri;
    cseq = 1;
    invite_ = make("INVITE", cseq, fmt::format("{}{}", contact(), more), body);
    send(invite_);
  }
  /// Repeats that INVITE, as for want of a response.
  void call_again() { send(invite_); }
  /// Takes the dialog's tag and target from a response.
  void take(const Message& response) {
    remote = response.header("To");
    if (!response.header("Contact").empty()) target = uri_in(response.header("Contact"));
  }
  /// Requests of ours in a dialog that the server opened, from the INVITE that was answered.
  void take_dialog_as_callee() { cseq = 1; }
  /// Sends a request in the dialog and returns its CSeq.
  int ask(std::string_view method, std::string_view body = "", std::string_view more = "") {
    ++cseq;
    send(make(method, cseq, fmt::format("{}{}", contact(), more), body));
    return cseq;
  }
  void ack(std::string_view body = "", int of_cseq = 0) {
    send(make("ACK", of_cseq != 0 ? of_cseq : cseq, "", body));
  }
  void cancel() {
    std::string text = make("CANCEL", cseq, "", "");
    const auto at_branch = text.find("branch=");
    const auto end = text.find("\r\n", at_branch);
    text.replace(at_branch, end - at_branch, "branch=" + invite_branch_);
    send(text);
  }

  [[nodiscard]] std::string contact() const {
    return fmt::format("Contact: <sip:{}@{}:{}>\r\n", user_, host, port);
  }
  /// SDP of this party; `rtp` tells the parties apart.
  [[nodiscard]] static std::string sdp(int rtp, std::string_view direction = "sendrecv",
                                       int version = 1, std::string_view formats = "0 8 101") {
    return fmt::format(
        "v=0\r\no=- {0} {2} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m=audio {0} RTP/AVP {3}\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
        "a=rtpmap:101 telephone-event/8000\r\na={1}\r\n",
        rtp, direction, version, formats);
  }

  std::string host;
  int port = 0;
  int cseq = 0;
  std::string call_id;
  std::string local;
  std::string remote;
  std::string target;
  Message invite;

 private:
  static sockaddr_in at(const std::string& address, int to_port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(to_port));
    ::inet_pton(AF_INET, address.c_str(), &where.sin_addr);
    return where;
  }
  static std::string uri_in(const std::string& name_addr) {
    const auto begin = name_addr.find('<');
    if (begin == std::string::npos) return name_addr;
    return name_addr.substr(begin + 1, name_addr.find('>') - begin - 1);
  }
  static std::string with_body(std::string_view body, std::string_view type = "application/sdp") {
    if (body.empty()) return "Content-Length: 0\r\n\r\n";
    if (body.starts_with("Signal=")) type = "application/dtmf-relay";
    if (body.starts_with("--")) type = "multipart/mixed;boundary=b";
    return fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}", type, body.size(), body);
  }
  std::string make(std::string_view method, int number, std::string_view more,
                   std::string_view body) {
    const std::string branch = fmt::format("z9hG4bK{}.{}", port, ++branches_);
    if (method == "INVITE") invite_branch_ = branch;
    return fmt::format(
        "{} {} SIP/2.0\r\nVia: SIP/2.0/UDP {}:{};branch={}\r\nMax-Forwards: 70\r\nFrom: {}\r\n"
        "To: {}\r\nCall-ID: {}\r\nCSeq: {} {}\r\n{}{}",
        method, target, host, port, branch, local, remote, call_id, number, method, more,
        with_body(body));
  }

  std::string user_;
  std::string tag_ = fmt::format("t{:p}", static_cast<const void*>(this));
  std::string invite_branch_;
  int fd_ = -1;
  int server_ = 0;
  std::string server_host_;
  std::string invite_;
  int calls_ = 0;
  int branches_ = 0;
};

/// Collects what a switch tells, and waits for it.
class Recorder {
 public:
  void put(core::InputBody body) {
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(std::move(body));
    }
    changed_.notify_all();
  }

  /// The first not yet taken input of the kind that `wanted` likes; it is taken.
  template <typename T>
  std::optional<T> wait(const std::function<bool(const T&)>& wanted = {},
                        std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    changed_.wait_for(lock, patience, [&] {
      for (auto each = seen_.begin(); each != seen_.end(); ++each) {
        const auto* body = std::get_if<T>(&*each);
        if (body == nullptr || (wanted && !wanted(*body))) continue;
        found = *body;
        seen_.erase(each);
        return true;
      }
      return false;
    });
    return found;
  }
  std::optional<core::CommandResult> result(
      core::CommandId id, std::chrono::milliseconds patience = std::chrono::seconds(5)) {
    return wait<core::CommandResult>([id](const core::CommandResult& r) { return r.command == id; },
                                     patience);
  }
  template <typename T>
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    std::size_t n = 0;
    for (const auto& each : seen_) n += std::holds_alternative<T>(each) ? 1 : 0;
    return n;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<core::InputBody> seen_;
};

}  // namespace baton::telephony::sip::testing
