#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "gateway/websocket_connection.hpp"

namespace baton::gateway {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using std::chrono::seconds;
using Parser = http::request_parser<http::string_body>;

/// What may have come in and not be understood yet: a head, or, in a chunked body, a chunk's line
/// with its extensions or the trailer, to which no other limit applies.
constexpr std::size_t kBufferBytes = std::size_t{128} * 1024;
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr auto kRefuseTime = std::chrono::seconds(2);

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// The value of a header whose views stay valid as long as the request; empty where it is absent.
std::string_view field(const Parser::value_type& request, http::field name) {
  return view(request[name]);
}

/// The values of a header that is a list, of which each line is a part (RFC 9110, 5.3). Several are
/// put together in `joined`, which the view then is of.
std::string_view list(const Parser::value_type& request, beast::string_view name,
                      std::string& joined) {
  const auto [first, last] = request.equal_range(name);
  if (first == last) return {};
  if (std::next(first) == last) return view(first->value());
  joined.clear();
  for (auto each = first; each != last; ++each) {
    if (each != first) joined += ", ";
    joined += view(each->value());
  }
  return joined;
}

/// One client's HTTP connection: one request at a time, and at most one of read, answer and write
/// under way.
class HttpConnection final : public Connection,
                             public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(ClientSocket socket, Context& context, Listener listener, bool full)
      : context_(context),
        socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        listener_(listener),
        full_(full) {
    boost::system::error_code ignored;
    peer_ = socket_.tcp().remote_endpoint(ignored).address().to_string();
    if (listener_ == Listener::api) ++context_.api_connections;
    context_.metrics.http_opened();
  }

  ~HttpConnection() override {
    if (listener_ == Listener::api) --context_.api_connections;
    context_.metrics.http_closed();
  }

  void begin() {
    state_ = State::head;
    if (!socket_.is_tls()) return read_head();
    limit_time(full_ ? kRefuseTime : seconds(context_.config.idle_timeout_seconds));
    socket_.async_handshake(
        net::ssl::stream_base::server,
        [self = shared_from_this()](beast::error_code error) { self->on_handshake(error); });
  }

  void read_head() {
    state_ = State::head;
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(context_.config.max_head_bytes));
    // The real limit comes with the route; Beast compares Content-Length with this one before we
    // know the route.
    parser_->body_limit(boost::none);
    limit_time(full_ ? kRefuseTime : seconds(context_.config.idle_timeout_seconds));
    http::async_read_header(socket_, buffer_, *parser_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              self->on_head(error);
                            });
  }

  void drain() override {
    keep_alive_ = false;
    if (state_ == State::head && buffer_.size() == 0) abort();
  }

  void abort() override {
    if (finished_) return;  // The socket may be a WebSocket's by now.
    socket_.close();
    finish();
  }

 private:
  enum class State { head, body, answer, write, linger };

  void on_handshake(beast::error_code error) {
    if (error) context_.metrics.tls_handshake_failed();
    if (finished_) return;
    if (error) return abort();
    read_head();
  }

  void on_head(beast::error_code error) {
    if (finished_) return;
    if (error) return on_bad_read(error);
    const Parser::value_type& request = parser_->get();
    keep_alive_ = request.keep_alive() && !context_.draining;
    head_only_ = request.method() == http::verb::head;
    origin_ = field(request, http::field::origin);
    path_.clear();

    RequestHead head;
    head.method = view(request.method_string());
    head.target = view(request.target());
    head.peer = peer_;
    head.forwarded_for = list(request, "X-Forwarded-For", forwarded_for_);
    head.host = field(request, http::field::host);
    head.origin = origin_;
    head.referer = field(request, http::field::referer);
    head.sec_fetch_site = view(request["Sec-Fetch-Site"]);
    head.authorization = field(request, http::field::authorization);
    head.cookie = field(request, http::field::cookie);
    head.content_type = field(request, http::field::content_type);
    head.accept = field(request, http::field::accept);
    head.accept_encoding = field(request, http::field::accept_encoding);
    head.if_none_match = field(request, http::field::if_none_match);
    head.subprotocols = list(request, "Sec-WebSocket-Protocol", subprotocols_);
    head.upgrade = beast::websocket::is_upgrade(request);
    head.has_body = !parser_->is_done();
    path_ = head.path();

    if (full_) {
      return send(context_.api.refuse(path_, {503, "http.max_connections are open already"}));
    }
    if (listener_ == Listener::metrics) return send(context_.api.metrics_listener(head));
    std::variant<Response, Admitted> admitted = context_.api.admit(head);
    if (Response* response = std::get_if<Response>(&admitted)) return send(std::move(*response));
    admitted_ = std::move(std::get<Admitted>(admitted));
    if (admitted_.route == Route::websocket) return upgrade();
    read_body();
  }

  void upgrade() {
    if (!parser_->is_done() || buffer_.size() != 0) {
      return send(context_.api.refuse(
          path_, {400, "nothing may follow a WebSocket upgrade before it is answered"}));
    }
    serve_websocket(std::move(socket_), context_, parser_->release(), std::move(admitted_));
    finish();
  }

  void read_body() {
    const std::uint64_t length = parser_->content_length().value_or(0);
    if (length > admitted_.body_limit) return send_too_large();
    if (parser_->is_done()) return handle();
    state_ = State::body;
    limit_time(seconds(context_.config.body_timeout_seconds));
    parser_->body_limit(admitted_.body_limit);
    if (view(parser_->get()[http::field::expect]) == "100-continue") {
      net::async_write(socket_, net::buffer(kContinue),
                       [self = shared_from_this()](beast::error_code error, std::size_t) {
                         if (error || self->finished_) return self->abort();
                         self->read_rest();
                       });
      return;
    }
    read_rest();
  }

  void read_rest() {
    http::async_read(socket_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (self->finished_) return;
                       if (error == http::error::body_limit) return self->send_too_large();
                       if (error) return self->on_bad_read(error);
                       self->handle();
                     });
  }

  void handle() {
    state_ = State::answer;
    answer_seconds_ = admitted_.answer_seconds;
    if_late_ = admitted_.if_late;
    limit_time(seconds(answer_seconds_));
    const std::uint64_t number = ++request_number_;
    asked_ = context_.api.handle(std::move(admitted_), std::move(parser_->get().body()),
                                 [weak = weak_from_this(), number](Response response) {
                                   const auto self = weak.lock();
                                   if (self) self->on_answer(number, std::move(response));
                                 });
  }

  void on_answer(std::uint64_t number, Response response) {
    // An answer may come after the time for it; the client has been told so then.
    if (finished_ || state_ != State::answer || number != request_number_) return;
    send(std::move(response));
  }

  void send_too_large() {
    // Where the route has a bound of its own, more of the configured one would not help.
    if (admitted_.body_limit == context_.config.max_body_bytes) {
      context_.metrics.hit(Limit::max_body_bytes);
    } else if (admitted_.route == Route::preferences) {
      context_.metrics.hit(Limit::preferences_bytes);
    }
    send(context_.api.refuse(
        path_, {413, "the body is larger than " + std::to_string(admitted_.body_limit) +
                         " bytes, which is the limit here"}));
  }

  void on_bad_read(beast::error_code error) {
    // Only what is no HTTP can be answered; everything else means that the client has gone.
    static const auto& http_category = make_error_code(http::error::end_of_stream).category();
    if (error == http::error::end_of_stream || error == http::error::partial_message ||
        error.category() != http_category) {
      return abort();
    }
    const bool head_too_large = error == http::error::header_limit;
    keep_alive_ = false;
    if (head_too_large) context_.metrics.hit(Limit::max_head_bytes);
    send(context_.api.refuse(
        path_,
        head_too_large
            ? HttpError{431, fmt::format("the head of the request has more than {} bytes "
                                         "(http.max_head_bytes)",
                                         context_.config.max_head_bytes)}
            : HttpError{400, "this is not a well-formed HTTP/1.1 request: " + error.message()}));
  }

  void send(Response response) {
    state_ = State::write;
    // What was not read of this request would be taken for the next one.
    if (!parser_->is_done() || full_ || context_.draining) keep_alive_ = false;
    limit_time(seconds(context_.config.send_timeout_seconds));
    context_.metrics.response(response.status);
    add_status_headers(response);
    add_common_headers(response, context_.config.cookie_secure, context_.api.now_ms() / 1000);
    if (listener_ == Listener::api) context_.api.add_origin_headers(response, origin_);

    response_.emplace(static_cast<http::status>(response.status), 11);
    const auto set = [this](std::string_view name, std::string_view value) {
      response_->insert(beast::string_view(name.data(), name.size()),
                        beast::string_view(value.data(), value.size()));
    };
    if (!response.content_type.empty()) set("Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers) set(name, value);
    if (response.status != 426) response_->keep_alive(keep_alive_);
    // RFC 9110, 8.6: neither has a body, and of a 304 it would have to be the file's.
    if (response.status != 204 && response.status != 304)
      response_->content_length(response.body.size());
    if (!head_only_) response_->body() = std::move(response.body);
    http::async_write(socket_, *response_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        self->on_sent(error);
                      });
  }

  void on_sent(beast::error_code error) {
    if (finished_) return;
    if (error) return abort();
    response_.reset();
    served_ = true;
    if (!keep_alive_ || context_.draining) return linger();
    parser_.reset();
    if (buffer_.size() == 0) buffer_.shrink_to_fit();
    read_head();
  }

  /// Closing a socket with unread input resets the connection, and the client might lose the answer
  /// by it: so the rest is read and thrown away, for a while.
  void linger() {
    state_ = State::linger;
    limit_time(kLingerTime);
    buffer_.clear();
    socket_.async_end_sending([self = shared_from_this()] {
      if (!self->finished_) self->throw_away();
    });
  }

  void throw_away() {
    socket_.tcp().async_read_some(
        net::buffer(waste_), [self = shared_from_this()](beast::error_code error, std::size_t) {
          if (self->finished_) return;
          if (error) return self->abort();
          self->throw_away();
        });
  }

  void limit_time(std::chrono::steady_clock::duration duration) {
    timer_.expires_after(duration);
    timer_.async_wait([weak = weak_from_this()](beast::error_code error) {
      const auto self = weak.lock();
      if (!error && self) self->on_time_over();
    });
  }

  void on_time_over() {
    if (finished_ || timer_.expiry() > std::chrono::steady_clock::now()) return;
    count_limit();
    if (state_ != State::answer) return abort();
    keep_alive_ = false;
    send(context_.api.late(
        path_, asked_, fmt::format("no answer within {} seconds; {}", answer_seconds_, if_late_)));
  }

  /// The time of the state we are in is over: which limit that is. A client that keeps its
  /// connection and asks nothing more has done nothing wrong.
  void count_limit() {
    if (full_) return;
    if (state_ == State::head && (buffer_.size() > 0 || !served_)) {
      context_.metrics.hit(Limit::idle_timeout_seconds);
    } else if (state_ == State::body) {
      context_.metrics.hit(Limit::body_timeout_seconds);
    } else if (state_ == State::write) {
      context_.metrics.hit(Limit::send_timeout_seconds);
    }
  }

  void finish() {
    if (finished_) return;
    finished_ = true;
    timer_.cancel();
    // The registry's hold is let go in the loop's next turn, since a caller of ours may still use
    // us in this one.
    net::post(timer_.get_executor(), [self = shared_from_this()] { self->context_.leave(*self); });
  }

  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  /// One place for everybody's waste: nobody reads it.
  static inline std::array<char, 16384> waste_{};

  // Passed in.
  Context& context_;
  // Owned.
  ClientSocket socket_;
  Timer timer_;
  beast::flat_buffer buffer_{kBufferBytes};
  std::optional<Parser> parser_;
  std::optional<http::response<http::string_body>> response_;
  Admitted admitted_;
  std::string peer_;
  std::string origin_;
  std::string path_;
  std::string forwarded_for_;
  std::string subprotocols_;
  // State.
  const Listener listener_;
  const bool full_;
  State state_ = State::head;
  std::uint64_t request_number_ = 0;
  int answer_seconds_ = 0;  ///< Of the request that is handled, like what follows.
  std::string_view if_late_;
  std::optional<Asked> asked_;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool served_ = false;  ///< A request before this one has its response.
  bool finished_ = false;
};

}  // namespace

void serve_http(ClientSocket socket, Context& context, Listener listener, bool full) {
  const auto connection =
      std::make_shared<HttpConnection>(std::move(socket), context, listener, full);
  context.enter(connection);
  connection->begin();
}

}  // namespace baton::gateway
