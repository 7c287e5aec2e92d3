#include "app/web_client.hpp"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <deque>
#include <thread>
#include <utility>

namespace baton::app {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::seconds kConnectTimeout{10};
/// The largest frame the server may send us; its own limit of what it keeps for an agent is far
/// below.
constexpr std::size_t kMaxFrame = 16UL * 1024 * 1024;

std::string unreachable(const ServerUrl& url, const error_code& error) {
  return fmt::format("{} cannot be reached: {}", url.authority(), error.message());
}

}  // namespace

std::string ServerUrl::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::optional<ServerUrl> parse_server_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "ws")) return std::nullopt;
  if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment()) return std::nullopt;
  if (!parsed->encoded_path().empty() && parsed->encoded_path() != "/") return std::nullopt;
  ServerUrl url;
  url.host = parsed->host_address();
  if (parsed->has_port()) url.port = std::string(parsed->port());
  if (url.host.empty() || url.port.empty()) return std::nullopt;
  return url;
}

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool stays = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    out += stays ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// All members but `thread_` are touched on the client's thread only.
class WebSocketClient::Impl {
 public:
  Impl(ServerUrl url, std::string_view token, std::string_view query, Sink sink)
      : url_(std::move(url)),
        authorization_(fmt::format("Bearer {}", token)),
        target_(query.empty() ? std::string("/v1/ws") : fmt::format("/v1/ws?{}", query)),
        sink_(std::move(sink)),
        resolver_(context_),
        socket_(context_) {
    resolver_.async_resolve(
        url_.host, url_.port,
        [this](const error_code& error, const tcp::resolver::results_type& addresses) {
          resolved(error, addresses);
        });
    thread_ = std::thread([this] { context_.run(); });
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    context_.stop();
    thread_.join();
  }

  void send(std::string text) {
    asio::post(context_, [this, text = std::move(text)]() mutable {
      outbox_.push_back(std::move(text));
      if (open_ && outbox_.size() == 1) write();
    });
  }

 private:
  void resolved(const error_code& error, const tcp::resolver::results_type& addresses) {
    if (error) return closed(0, unreachable(url_, error));
    auto& stream = beast::get_lowest_layer(socket_);
    stream.expires_after(kConnectTimeout);
    stream.async_connect(
        addresses, [this](const error_code& failure, const tcp::endpoint&) { connected(failure); });
  }

  void connected(const error_code& error) {
    if (error) return closed(0, unreachable(url_, error));
    beast::get_lowest_layer(socket_).expires_never();
    beast::get_lowest_layer(socket_).socket().set_option(tcp::no_delay(true));
    // The suggested time-outs also ping an idle connection, so a dead server is noticed.
    socket_.set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    socket_.read_message_max(kMaxFrame);
    socket_.set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(http::field::authorization, authorization_);
      request.set(http::field::sec_websocket_protocol, "baton.v1");
    }));
    socket_.async_handshake(response_, url_.authority(), target_,
                            [this](const error_code& failure) { opened(failure); });
  }

  void opened(const error_code& error) {
    if (error == websocket::error::upgrade_declined) {
      return closed(static_cast<int>(response_.result_int()),
                    fmt::format("the server did not let us in: HTTP {} {}", response_.result_int(),
                                response_.body()));
    }
    if (error) return closed(0, unreachable(url_, error));
    open_ = true;
    sink_({SocketEvent::Kind::open, {}, 0});
    if (!outbox_.empty()) write();
    read();
  }

  void read() {
    socket_.async_read(buffer_, [this](const error_code& error, std::size_t) {
      if (error) {
        const int code =
            error == websocket::error::closed ? static_cast<int>(socket_.reason().code) : 0;
        const std::string_view reason(socket_.reason().reason.data(),
                                      socket_.reason().reason.size());
        return closed(code, reason.empty() ? error.message() : std::string(reason));
      }
      sink_({SocketEvent::Kind::message, beast::buffers_to_string(buffer_.data()), 0});
      buffer_.consume(buffer_.size());
      read();
    });
  }

  void write() {
    socket_.text(true);
    socket_.async_write(asio::buffer(outbox_.front()),
                        [this](const error_code& error, std::size_t) {
                          if (error) return;  // The pending read tells why.
                          outbox_.pop_front();
                          if (!outbox_.empty()) write();
                        });
  }

  void closed(int code, std::string text) {
    open_ = false;
    if (std::exchange(told_closed_, true)) return;
    sink_({SocketEvent::Kind::closed, std::move(text), code});
  }

  // Passed in.
  ServerUrl url_;
  std::string authorization_;
  std::string target_;
  Sink sink_;

  // Owned.
  asio::io_context context_{1};
  tcp::resolver resolver_;
  websocket::stream<beast::tcp_stream> socket_;
  websocket::response_type response_;
  beast::flat_buffer buffer_;
  std::deque<std::string> outbox_;
  std::thread thread_;

  // State.
  bool open_ = false;
  bool told_closed_ = false;
};

WebSocketClient::WebSocketClient(const ServerUrl& url, std::string_view token,
                                 std::string_view query, Sink sink)
    : impl_(std::make_unique<Impl>(url, token, query, std::move(sink))) {}
WebSocketClient::~WebSocketClient() = default;

void WebSocketClient::send(std::string text) { impl_->send(std::move(text)); }

HttpReply http_request(const ServerUrl& url, std::string_view method, std::string_view target,
                       std::string_view token, std::string body, std::chrono::seconds timeout) {
  asio::io_context context{1};
  tcp::resolver resolver(context);
  beast::tcp_stream stream(context);
  error_code error;
  const auto addresses = resolver.resolve(url.host, url.port, error);
  if (error) return {0, unreachable(url, error)};

  http::request<http::string_body> request;
  request.method_string(boost::beast::string_view(method.data(), method.size()));
  request.target(boost::beast::string_view(target.data(), target.size()));
  request.version(11);
  request.set(http::field::host, url.authority());
  request.set(http::field::connection, "close");
  if (!token.empty()) request.set(http::field::authorization, fmt::format("Bearer {}", token));
  if (!body.empty()) request.set(http::field::content_type, "application/json");
  request.body() = std::move(body);
  request.prepare_payload();

  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(256ULL * 1024 * 1024);
  bool done = false;
  // Timers of tcp_stream work for asynchronous operations only, hence the chain.
  stream.expires_after(timeout);
  stream.async_connect(addresses, [&](const error_code& connect_error, const tcp::endpoint&) {
    error = connect_error;
    if (error) return;
    http::async_write(stream, request, [&](const error_code& write_error, std::size_t) {
      error = write_error;
      if (error) return;
      http::async_read(stream, buffer, parser, [&](const error_code& read_error, std::size_t) {
        error = read_error;
        done = !error;
      });
    });
  });
  context.run();
  if (!done) return {0, unreachable(url, error)};
  return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body())};
}

}  // namespace baton::app
