#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <cctype>
#include <utility>

#include "gateway/loopback_client.hpp"
#include "gateway/net.hpp"

namespace baton::gateway::testing_client {
namespace {

namespace beast = boost::beast;
namespace http_ns = beast::http;
namespace websocket = beast::websocket;
using Clock = std::chrono::steady_clock;

net::io_context& loop() {
  static net::io_context context;
  return context;
}

/// Runs the loop until `done` is set or time is up.
bool run_until(const bool& done, Clock::duration patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (!done && Clock::now() < deadline) {
    loop().restart();
    loop().run_one_until(deadline);
  }
  return done;
}

net::ip::tcp::endpoint endpoint_of(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  return {net::ip::make_address(address.substr(0, colon)),
          static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))};
}

template <class Message>
HttpReply reply_of(const Message& message) {
  HttpReply reply;
  reply.status = static_cast<int>(message.result_int());
  reply.body = message.body();
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    reply.headers[name] = std::string(field.value());
  }
  return reply;
}

}  // namespace

HttpReply http(const std::string& address, const std::string& method, const std::string& target,
               const Headers& headers, const std::string& body) {
  struct State {
    Socket socket{loop()};
    http_ns::request<http_ns::string_body> request;
    http_ns::response_parser<http_ns::string_body> parser;
    beast::flat_buffer buffer;
    bool done = false;
    bool answered = false;
  };
  // The operations may outlive an impatient call, so they share the state.
  const auto state = std::make_shared<State>();
  state->request.version(11);
  state->request.method_string(method);
  state->request.target(target);
  state->request.set("Host", address);
  state->request.set("Connection", "close");
  for (const auto& [name, value] : headers) state->request.set(name, value);
  if (!body.empty() || method == "POST" || method == "PUT") {
    state->request.body() = body;
    state->request.prepare_payload();
  }
  state->parser.skip(method == "HEAD");
  state->parser.body_limit(boost::none);
  beast::error_code error;
  state->socket.connect(endpoint_of(address), error);
  if (error) return {};
  // An early refusal may come while the body is still being written: reading does not wait for the
  // writing.
  http_ns::async_write(state->socket, state->request, [state](beast::error_code, std::size_t) {});
  http_ns::async_read(state->socket, state->buffer, state->parser,
                      [state](beast::error_code failed, std::size_t) {
                        state->answered = !failed;
                        state->done = true;
                      });
  run_until(state->done, kPatience);
  HttpReply reply;
  if (state->answered) reply = reply_of(state->parser.get());
  state->socket.close(error);
  return reply;
}

std::string raw(const std::string& address, const std::string& bytes) {
  SilentClient client;
  if (!client.connect(address) || !client.send(bytes)) return "";
  std::string all;
  for (;;) {
    const std::string part = client.read_some();
    if (part.empty()) return all;
    all += part;
  }
}

struct WebSocket::Impl {
  websocket::stream<Socket> stream{loop()};
  beast::flat_buffer buffer;
  HttpReply handshake;
  std::size_t skipped = 0;
  bool ended = false;
};

WebSocket::WebSocket() : impl_(std::make_unique<Impl>()) {}
WebSocket::WebSocket(WebSocket&&) noexcept = default;
WebSocket& WebSocket::operator=(WebSocket&&) noexcept = default;

WebSocket::~WebSocket() {
  if (impl_) close();
}

void WebSocket::close() {
  beast::error_code ignored;
  beast::get_lowest_layer(impl_->stream).close(ignored);
  loop().restart();
  loop().poll();
}

int WebSocket::connect(const std::string& address, const std::string& target,
                       const std::string& subprotocols, const Headers& headers,
                       int receive_buffer) {
  Socket& socket = beast::get_lowest_layer(impl_->stream);
  beast::error_code error;
  socket.open(net::ip::tcp::v4(), error);
  if (receive_buffer > 0) {
    socket.set_option(net::socket_base::receive_buffer_size(receive_buffer), error);
  }
  socket.connect(endpoint_of(address), error);
  if (error) return 0;
  impl_->stream.read_message_max(std::size_t{64} * 1024 * 1024);
  impl_->stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
    if (!subprotocols.empty()) request.set("Sec-WebSocket-Protocol", subprotocols);
    for (const auto& [name, value] : headers) request.set(name, value);
  }));
  websocket::response_type response;
  bool done = false;
  impl_->stream.async_handshake(response, address, target, [&](beast::error_code) { done = true; });
  if (!run_until(done, kPatience)) {
    close();
    run_until(done, kPatience);
    return 0;
  }
  impl_->handshake = reply_of(response);
  return impl_->handshake.status;
}

const HttpReply& WebSocket::handshake() const { return impl_->handshake; }

bool WebSocket::send(const std::string& text) {
  impl_->stream.text(true);
  bool done = false;
  bool good = false;
  impl_->stream.async_write(net::buffer(text), [&](beast::error_code error, std::size_t) {
    good = !error;
    done = true;
  });
  if (!run_until(done, kPatience)) {
    close();
    run_until(done, kPatience);
  }
  return good;
}

bool WebSocket::send_binary(const std::string& bytes) {
  impl_->stream.binary(true);
  bool done = false;
  bool good = false;
  impl_->stream.async_write(net::buffer(bytes), [&](beast::error_code error, std::size_t) {
    good = !error;
    done = true;
  });
  run_until(done, kPatience);
  return good;
}

std::optional<std::string> WebSocket::read(std::chrono::milliseconds patience) {
  if (impl_->ended) return std::nullopt;
  bool done = false;
  bool good = false;
  impl_->stream.async_read(impl_->buffer, [&](beast::error_code error, std::size_t) {
    good = !error;
    done = true;
  });
  if (!run_until(done, patience)) {
    // Beast cannot take a read back, so an impatient read costs the connection.
    close();
    run_until(done, kPatience);
  }
  impl_->ended = !good;
  if (!good) return std::nullopt;
  std::string text = beast::buffers_to_string(impl_->buffer.data());
  impl_->buffer.clear();
  return text;
}

std::optional<std::uint16_t> WebSocket::wait_for_close(std::chrono::milliseconds patience) {
  const Clock::time_point deadline = Clock::now() + patience;
  while (!impl_->ended) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) return std::nullopt;
    if (read(left)) ++impl_->skipped;
    if (impl_->ended && Clock::now() >= deadline) return std::nullopt;
  }
  return impl_->stream.reason().code;
}

std::size_t WebSocket::skipped() const { return impl_->skipped; }

SilentClient::SilentClient() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
SilentClient::SilentClient(SilentClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}
SilentClient& SilentClient::operator=(SilentClient&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
SilentClient::~SilentClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool SilentClient::connect(const std::string& address) {
  const net::ip::tcp::endpoint to = endpoint_of(address);
  return ::connect(descriptor_, to.data(), static_cast<socklen_t>(to.size())) == 0;
}

bool SilentClient::send(const std::string& bytes) {
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

std::string SilentClient::read_some() {
  pollfd waiting{descriptor_, POLLIN, 0};
  if (::poll(&waiting, 1, 20'000) != 1) return "";
  std::array<char, 4096> chunk{};
  const ssize_t size = ::recv(descriptor_, chunk.data(), chunk.size(), 0);
  return size > 0 ? std::string(chunk.data(), static_cast<std::size_t>(size)) : "";
}

}  // namespace baton::gateway::testing_client
