// Any bytes as datagrams to the whole SIP back end, stack and all, over a real socket of loopback.
// After each input it must still answer an OPTIONS.
//
// "\n===\n" separates datagrams of one input. In each, @CALL@ stands for a Call-ID and a branch of
// this input's own, @TAG@ for the To tag of the last response and @PORT@ for the fuzzer's port, so
// that an input can hold a whole call.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "telephony/sip/sip_switch.hpp"

namespace {

using namespace baton;
using namespace baton::telephony::sip;

constexpr std::string_view kSeparator = "\n===\n";
constexpr std::size_t kDatagrams = 8;

void require(bool holds) {
  if (!holds) std::abort();
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

/// The value of the first header of that name, as the stack prints it.
std::string header(std::string_view message, std::string_view name) {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = message.find(start);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = message.substr(at + start.size());
  return std::string(rest.substr(0, rest.find("\r\n")));
}

class Peer {
 public:
  Peer() : socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0);
    socklen_t length = sizeof(own);
    require(::getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &length) == 0);
    port_ = std::to_string(ntohs(own.sin_port));
  }

  void connect(int port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    require(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0);
  }

  void send(std::string_view bytes) const {
    (void)!::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  /// Takes what has come, for that long at most, until a message has this text in it.
  bool wait_for(std::string_view text, std::chrono::milliseconds within) {
    const auto end = std::chrono::steady_clock::now() + within;
    for (;;) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          end - std::chrono::steady_clock::now());
      pollfd waits{socket_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&waits, 1, static_cast<int>(left.count())) <= 0) return false;
      buffer_.resize(65536);
      const ssize_t size = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
      if (size <= 0) continue;
      buffer_.resize(static_cast<std::size_t>(size));
      take(buffer_);
      if (buffer_.find(text) != std::string::npos) return true;
    }
  }

  [[nodiscard]] const std::string& port() const { return port_; }
  [[nodiscard]] const std::string& tag() const { return tag_; }

 private:
  void take(const std::string& message) {
    if (message.starts_with("SIP/2.0 ")) {
      const std::string to = header(message, "To");
      const std::size_t at = to.find(";tag=");
      if (at != std::string::npos) tag_ = to.substr(at + 5);
      return;
    }
    // A BYE or a re-INVITE of the back end's: answered, so that its legs come to their end.
    if (message.starts_with("ACK ")) return;
    std::string answer = "SIP/2.0 200 OK";
    for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"})
      answer += std::string("\r\n") + name + ": " + header(message, name);
    send(answer + "\r\nContent-Length: 0\r\n\r\n");
  }

  int socket_;
  std::string port_;
  std::string tag_ = "none";
  std::string buffer_;
};

/// The back end, and a core of the simplest kind: every second call is taken, every other refused,
/// and all end with the input.
class BackEnd {
 public:
  explicit BackEnd(const std::string& carrier_port)
      : sip_(config(carrier_port), {{.login = "agent1", .ha1 = "0123456789abcdef0123456789abcdef"}},
             {"+18005550100"}, [this](core::InputBody body) { happened(body); }) {
    const auto wrong = sip_.start();
    require(!wrong);
  }

  [[nodiscard]] int port() const { return sip_.bound().front().port; }

  void end_all() {
    std::vector<core::Command> commands;
    {
      const std::lock_guard lock(mutex_);
      for (const core::LegId& leg : std::exchange(legs_, {}))
        commands.push_back({.id = ++id_, .body = core::EndLeg{.leg = leg, .code = 0, .text = {}}});
    }
    if (!commands.empty()) sip_.submit(std::move(commands));
  }

 private:
  static SipConfig config(const std::string& carrier_port) {
    SipConfig config;
    config.listen = {{.transport = "udp", .host = "127.0.0.1", .port = 0}};
    TrunkConfig& carrier = config.trunks.emplace_back();
    carrier.name = "carrier";
    carrier.address = "127.0.0.1:" + carrier_port;
    carrier.sources = {"127.0.0.1"};
    carrier.caller_id = "+18005550100";
    config.max_dialogs = 1000;
    config.max_transactions = 20000;
    return config;
  }

  void happened(const core::InputBody& body) {
    const auto* call = std::get_if<core::LegIncoming>(&body);
    if (call == nullptr) return;
    std::vector<core::Command> commands;
    {
      const std::lock_guard lock(mutex_);
      if (++calls_ % 2 == 0) {
        commands.push_back(
            {.id = ++id_, .body = core::EndLeg{.leg = call->leg, .code = 486, .text = {}}});
      } else {
        legs_.push_back(call->leg);
        commands.push_back({.id = ++id_, .body = core::AnswerLeg{call->leg, core::Sound::queue}});
      }
    }
    sip_.submit(std::move(commands));
  }

  std::mutex mutex_;
  std::vector<core::LegId> legs_;
  core::CommandId id_ = 0;
  std::uint64_t calls_ = 0;
  SipSwitch sip_;
};

struct Scene {
  Peer peer;
  BackEnd* back_end = nullptr;
  std::uint64_t inputs = 0;
};

Scene& scene() {
  // Never destroyed: the fuzzer leaves by _exit, and the loop's thread would run on.
  static Scene* one = [] {
    auto* made = new Scene;
    made->back_end = new BackEnd(made->peer.port());
    made->peer.connect(made->back_end->port());
    return made;
  }();
  return *one;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Scene& now = scene();
  const std::string own = "f" + std::to_string(++now.inputs);
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  for (std::size_t sent = 0; sent < kDatagrams && !rest.empty(); ++sent) {
    const std::size_t end = rest.find(kSeparator);
    std::string datagram(rest.substr(0, end));
    rest =
        end == std::string_view::npos ? std::string_view{} : rest.substr(end + kSeparator.size());
    replace(datagram, "@CALL@", own);
    replace(datagram, "@TAG@", now.peer.tag());
    replace(datagram, "@PORT@", now.peer.port());
    now.peer.send(datagram);
    // The next one may need the tag of this one's response; most get none, so not for long.
    if (!rest.empty()) (void)now.peer.wait_for("\r\nCall-ID: " + own, std::chrono::milliseconds(2));
  }
  const std::string probe = "probe-" + own;
  const std::string options =
      "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:" + now.peer.port() +
      ";branch=z9hG4bK" + probe +
      ";rport\r\nFrom: <sip:probe@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>"
      "\r\nCall-ID: " +
      probe +
      "\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0"
      "\r\n\r\n";
  // A datagram may be lost where the socket's buffer is full; the service may not.
  bool answered = false;
  for (int tries = 0; tries < 5 && !answered; ++tries) {
    now.peer.send(options);
    answered = now.peer.wait_for("Call-ID: " + probe, std::chrono::seconds(2));
  }
  require(answered);
  now.back_end->end_all();
  return 0;
}
