#include "app/web_client.hpp"

#include <fmt/format.h>

#include <boost/asio/append.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <deque>
#include <optional>
#include <thread>
#include <utility>

#include "gateway/client_socket.hpp"

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

/// A connection to the server. Its own type, so that Beast finds how to end it below.
class ServerSocket : public gateway::ClientSocket {
 public:
  using ClientSocket::ClientSocket;
};

/// Beast's customisation point: the server has said its last word, nobody waits for more.
template <class Handler>
void async_teardown(beast::role_type /*role*/, ServerSocket& socket, Handler&& handler) {
  socket.close();
  asio::post(socket.get_executor(), asio::append(std::forward<Handler>(handler), error_code()));
}

/// The rules for a TLS server's certificate. Throws boost::system::system_error naming nothing
/// where `ca_file` cannot be read.
asio::ssl::context tls_rules(const ServerUrl& url) {
  asio::ssl::context rules(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(rules.native_handle(), TLS1_2_VERSION);
  rules.set_verify_mode(asio::ssl::verify_peer);
  if (url.ca_file.empty()) {
    rules.set_default_verify_paths();
  } else {
    rules.load_verify_file(url.ca_file);
    // A certificate in the file is trusted though it is not a root.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(rules.native_handle()), X509_V_FLAG_PARTIAL_CHAIN);
  }
  if (!url.pinned) rules.set_verify_callback(asio::ssl::host_name_verification(url.host));
  return rules;
}

ServerSocket make_socket(asio::io_context& context, std::optional<asio::ssl::context>& rules,
                         const ServerUrl& url) {
  gateway::Socket socket(context.get_executor());
  if (!url.tls) return ServerSocket(std::move(socket));
  rules.emplace(tls_rules(url));
  ServerSocket secure(std::move(socket), *rules);
  error_code numeric;
  asio::ip::make_address(url.host, numeric);
  // The name is for servers with several certificates (RFC 6066, section 3: no addresses).
  if (numeric) SSL_set_tlsext_host_name(secure.ssl(), url.host.c_str());
  return secure;
}

std::string unreachable(const ServerUrl& url, const error_code& error) {
  return fmt::format("{} cannot be reached: {}", url.authority(), error.message());
}

std::string certificate_fault(const ServerUrl& url, const boost::system::system_error& error) {
  return fmt::format("the certificates in {} cannot be read: {}", url.ca_file,
                     error.code().message());
}

}  // namespace

std::string ServerUrl::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::optional<ServerUrl> parse_server_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return std::nullopt;
  const bool tls = parsed->scheme() == "https" || parsed->scheme() == "wss";
  if (!tls && parsed->scheme() != "http" && parsed->scheme() != "ws") return std::nullopt;
  if (parsed->has_userinfo() || parsed->has_query() || parsed->has_fragment()) return std::nullopt;
  if (!parsed->encoded_path().empty() && parsed->encoded_path() != "/") return std::nullopt;
  ServerUrl url;
  url.tls = tls;
  if (tls) url.port = "443";
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
        timer_(context_) {
    try {
      socket_.emplace(make_socket(context_, rules_, url_));
    } catch (const boost::system::system_error& error) {
      asio::post(context_, [this, why = certificate_fault(url_, error)] { closed(0, why); });
      thread_ = std::thread([this] { context_.run(); });
      return;
    }
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
    timer_.expires_after(kConnectTimeout);
    timer_.async_wait([this](const error_code& cancelled) {
      if (!cancelled) socket_->next_layer().close();
    });
    asio::async_connect(
        socket_->next_layer().tcp(), addresses,
        [this](const error_code& failure, const tcp::endpoint&) { connected(failure); });
  }

  void connected(const error_code& error) {
    if (error) return closed(0, unreachable(url_, error));
    socket_->next_layer().async_handshake(
        asio::ssl::stream_base::client, [this](const error_code& failure) { handshaken(failure); });
  }

  void handshaken(const error_code& error) {
    if (error) return closed(0, unreachable(url_, error));
    timer_.cancel();
    socket_->next_layer().tcp().set_option(tcp::no_delay(true));
    // The suggested time-outs also ping an idle connection, so a dead server is noticed.
    socket_->set_option(websocket::stream_base::timeout::suggested(beast::role_type::client));
    socket_->read_message_max(kMaxFrame);
    socket_->set_option(websocket::stream_base::decorator([this](websocket::request_type& request) {
      request.set(http::field::authorization, authorization_);
      request.set(http::field::sec_websocket_protocol, "baton.v1");
    }));
    socket_->async_handshake(response_, url_.authority(), target_,
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
    socket_->async_read(buffer_, [this](const error_code& error, std::size_t) {
      if (error) {
        const int code =
            error == websocket::error::closed ? static_cast<int>(socket_->reason().code) : 0;
        const std::string_view reason(socket_->reason().reason.data(),
                                      socket_->reason().reason.size());
        return closed(code, reason.empty() ? error.message() : std::string(reason));
      }
      sink_({SocketEvent::Kind::message, beast::buffers_to_string(buffer_.data()), 0});
      buffer_.consume(buffer_.size());
      read();
    });
  }

  void write() {
    socket_->text(true);
    socket_->async_write(asio::buffer(outbox_.front()),
                         [this](const error_code& error, std::size_t) {
                           if (error) return;  // The pending read tells why.
                           outbox_.pop_front();
                           if (!outbox_.empty()) write();
                         });
  }

  void closed(int code, std::string text) {
    open_ = false;
    timer_.cancel();
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
  gateway::Timer timer_;
  std::optional<asio::ssl::context> rules_;
  std::optional<websocket::stream<ServerSocket, false>> socket_;
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
  std::optional<asio::ssl::context> rules;
  std::optional<ServerSocket> stream;
  try {
    stream.emplace(make_socket(context, rules, url));
  } catch (const boost::system::system_error& failure) {
    return {0, certificate_fault(url, failure)};
  }
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
  bool sent = false;
  bool done = false;
  gateway::Timer timer(context);
  timer.expires_after(timeout);
  timer.async_wait([&](const error_code& cancelled) {
    if (cancelled) return;
    error = beast::error::timeout;
    stream->close();
  });
  // The first error counts: what the timer ends fails as cancelled.
  const auto failed = [&](const error_code& step) {
    if (step && !error) error = step;
    if (error) timer.cancel();
    return static_cast<bool>(error);
  };
  asio::async_connect(stream->tcp(), addresses, [&](const error_code& step, const tcp::endpoint&) {
    if (failed(step)) return;
    stream->async_handshake(asio::ssl::stream_base::client, [&](const error_code& handshake) {
      if (failed(handshake)) return;
      http::async_write(*stream, request, [&](const error_code& write, std::size_t) {
        if (failed(write)) return;
        sent = true;
        http::async_read(*stream, buffer, parser, [&](const error_code& read, std::size_t) {
          if (failed(read)) return;
          done = true;
          timer.cancel();
        });
      });
    });
  });
  context.run();
  if (!done) return {0, unreachable(url, error), sent};
  return {static_cast<int>(parser.get().result_int()), std::move(parser.get().body()), sent};
}

}  // namespace baton::app
