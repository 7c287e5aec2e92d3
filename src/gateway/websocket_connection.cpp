#include "gateway/websocket_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "gateway/coalescing_socket.hpp"

namespace baton::gateway {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using Upgrade = http::request<http::string_body>;

constexpr auto kHandshakeTime = std::chrono::seconds(10);
constexpr auto kCloseTime = std::chrono::seconds(5);
/// A read buffer above this is given back after the message.
constexpr std::size_t kKeptBufferBytes = 2048;
/// A send queue with more places than this is given back once it is empty.
constexpr std::size_t kKeptQueuePlaces = 16;

/// A socket that is closed only after its peer has had the chance to read our close frame.
class LingeringSocket : public CoalescingSocket {
 public:
  using CoalescingSocket::CoalescingSocket;
};

/// What nobody reads; one place for all.
std::array<char, 16384> waste;

template <class Handler>
void throw_away(LingeringSocket& socket, Handler handler) {
  socket.tcp().async_read_some(
      net::buffer(waste),
      [&socket, handler = std::move(handler)](beast::error_code error, std::size_t) mutable {
        if (!error) return throw_away(socket, std::move(handler));
        socket.close();
        handler(error == net::error::eof ? beast::error_code() : error);
      });
}

/// Beast's customisation point for ending the connection. Its own form (1.81) reads 2 KiB at most
/// and then closes, which resets the connection of a client that is still sending its 10 MB frame,
/// before it has seen the 1009. This one reads on until the client ends; Beast's timer ends it for
/// one who does not.
template <class Handler>
void async_teardown(beast::role_type /*role*/, LingeringSocket& socket, Handler&& handler) {
  const auto kept = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
  // The close frame first.
  socket.end_sending([&socket, kept] { throw_away(socket, std::move(*kept)); });
}

/// A token bucket: a second's worth may come at once.
class FloodGate {
 public:
  explicit FloodGate(std::size_t per_second)
      : per_second_(static_cast<double>(per_second)), tokens_(per_second_) {}

  [[nodiscard]] bool pass(std::chrono::steady_clock::time_point now) {
    const double elapsed = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    tokens_ = std::min(per_second_, tokens_ + elapsed * per_second_);
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

 private:
  double per_second_;
  double tokens_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// One desktop. It has one read under way at any time, and one write while its queue holds
/// something.
class WebSocketConnection final : public Connection,
                                  public Subscriber,
                                  public std::enable_shared_from_this<WebSocketConnection> {
 public:
  WebSocketConnection(ClientSocket socket, Context& context, Admitted admitted)
      : context_(context),
        stream_(std::move(socket)),
        close_timer_(stream_.get_executor()),
        identity_(std::move(admitted.identity)),
        flood_gate_(context.config.max_messages_per_second),
        id_(++context.last_socket) {
    context_.metrics.websocket_opened();
    ++context_.websockets;
    ++context_.api_connections;
  }

  ~WebSocketConnection() override {
    context_.hub.unsubscribe(*this);
    context_.metrics.websocket_closed();
    --context_.websockets;
    --context_.api_connections;
  }

  void accept(Upgrade request, const Following& following) {
    boost::system::error_code ignored;
    stream_.next_layer().tcp().set_option(net::ip::tcp::no_delay(true), ignored);
    const auto ping = std::chrono::seconds(context_.config.idle_ping_seconds);
    // Beast pings after half of the idle time and gives up after all of it.
    stream_.set_option(websocket::stream_base::timeout{kHandshakeTime, 2 * ping, true});
    stream_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol,
                   beast::string_view(kSubprotocol.data(), kSubprotocol.size()));
    }));
    stream_.read_message_max(context_.config.max_frame_bytes);
    stream_.auto_fragment(false);
    stream_.text(true);
    // Entered before the answer goes out, so that a client misses nothing once it has it.
    context_.hub.subscribe(*this, following);
    auto kept = std::make_unique<Upgrade>(std::move(request));
    const Upgrade& head = *kept;
    stream_.async_accept(head, [self = shared_from_this(), kept = std::move(kept)](
                                   beast::error_code error) { self->on_accepted(error); });
  }

  void deliver(const Text& text) override {
    if (closing_ || finished_) return;
    if (queued_bytes_ + text->size() > context_.config.max_send_queue_bytes + allowance_) {
      context_.metrics.hit(Limit::max_send_queue_bytes);
      close(CloseCode::try_again_later, "too slow: more is waiting than http.max_send_queue_bytes");
      return;
    }
    queued_bytes_ += text->size();
    queue_.push_back(text);
    if (open_ && !writing_) write();
  }

  void catch_up(const Text& text) override {
    allowance_ += text->size();
    deliver(text);
  }

  void close(CloseCode code, std::string_view why) override {
    if (closing_ || finished_) return;
    closing_ = true;
    context_.metrics.socket_closed(static_cast<std::uint16_t>(code));
    // The hub may be in the middle of a fan-out, so it is left in the loop's next turn.
    net::post(stream_.get_executor(),
              [self = shared_from_this()] { self->context_.hub.unsubscribe(*self); });
    if (!open_) return abort();
    // What was queued goes, but for the frame that is on its way: behind it the close frame waits
    // for its turn.
    const std::size_t in_flight = writing_ ? next_ + 1 : 0;
    queue_.resize(std::min(queue_.size(), in_flight));
    close_timer_.expires_after(kCloseTime);
    close_timer_.async_wait([weak = weak_from_this()](beast::error_code error) {
      const auto self = weak.lock();
      if (!error && self) self->abort();
    });
    const websocket::close_reason reason(static_cast<websocket::close_code>(code),
                                         beast::string_view(why.data(), why.size()));
    stream_.async_close(reason, [self = shared_from_this()](beast::error_code) { self->finish(); });
  }

  void drain() override { close(CloseCode::going_away, "the server stops"); }

  void abort() override { finish(); }

  [[nodiscard]] const Identity* signed_in() const override { return &identity_; }
  void sign_out(std::string_view why) override { close(CloseCode::signed_out, why); }

 private:
  void on_accepted(beast::error_code error) {
    if (finished_) return;
    if (error) return finish();
    open_ = true;
    if (!queue_.empty()) write();
    if (context_.draining) drain();
    read();
  }

  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](beast::error_code error, std::size_t) {
      self->on_read(error);
    });
  }

  void on_read(beast::error_code error) {
    if (error) {
      if (error == websocket::error::message_too_big) {
        context_.metrics.socket_closed(static_cast<std::uint16_t>(CloseCode::too_big));
        context_.metrics.hit(Limit::max_frame_bytes);
      } else if (error == beast::error::timeout && !closing_ && !finished_) {
        context_.metrics.hit(Limit::idle_ping_seconds);
      }
      // While our own close is under way, its handler ends the connection.
      if (!closing_) finish();
      return;
    }
    if (closing_ || finished_) return;
    if (!flood_gate_.pass(std::chrono::steady_clock::now())) {
      context_.metrics.hit(Limit::max_messages_per_second);
      return close(CloseCode::policy, "more messages a second than http.max_messages_per_second");
    }
    context_.metrics.request(true);
    const auto answer = [weak = weak_from_this()](Outcome outcome) {
      const auto self = weak.lock();
      if (self && outcome.of_bridge) self->become_bridge();
      if (!self || outcome.text.empty()) return;
      self->deliver(std::make_shared<const std::string>(std::move(outcome.text)));
    };
    if (stream_.got_text()) {
      const auto data = buffer_.cdata();
      context_.dispatcher.dispatch(identity_, {static_cast<const char*>(data.data()), data.size()},
                                   answer, id_);
    } else {
      answer(context_.dispatcher.refuse_binary(identity_));
    }
    buffer_.consume(buffer_.size());
    if (buffer_.capacity() > kKeptBufferBytes) buffer_.shrink_to_fit();
    if (!closing_) read();
  }

  void become_bridge() {
    if (finished_) return;
    bridge_ = true;
    context_.bridges.insert_or_assign(id_, this);
  }

  void write() {
    writing_ = true;
    const std::string& text = *queue_[next_];
    stream_.async_write(net::buffer(text),
                        [self = shared_from_this()](beast::error_code error, std::size_t) {
                          self->on_written(error);
                        });
  }

  void on_written(beast::error_code error) {
    writing_ = false;
    if (error) {
      if (!closing_) finish();
      return;
    }
    queued_bytes_ -= queue_[next_]->size();
    allowance_ = std::min(allowance_, queued_bytes_);
    queue_[next_].reset();
    ++next_;
    if (closing_ || next_ == queue_.size()) {
      queue_.clear();
      next_ = 0;
      queued_bytes_ = 0;
      allowance_ = 0;
      if (queue_.capacity() > kKeptQueuePlaces) queue_.shrink_to_fit();
      return;
    }
    // The front of a queue that never empties must not grow for ever.
    if (next_ >= 256 && next_ * 2 >= queue_.size()) {
      queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(next_));
      next_ = 0;
    }
    write();
  }

  void finish() {
    if (finished_) return;
    finished_ = true;
    close_timer_.cancel();
    if (bridge_) {
      context_.bridges.erase(id_);
      context_.dispatcher.bridge_closed(id_);
    }
    // A write to a peer that does not read would otherwise hold us until TCP gives up.
    stream_.next_layer().close();
    net::post(stream_.get_executor(), [self = shared_from_this()] {
      self->context_.hub.unsubscribe(*self);
      self->context_.leave(*self);
    });
  }

  // Passed in.
  Context& context_;
  // Owned.
  websocket::stream<LingeringSocket, false> stream_;
  Timer close_timer_;
  beast::flat_buffer buffer_;
  Identity identity_;
  FloodGate flood_gate_;
  const SocketId id_;
  std::vector<Text> queue_;
  // State.
  std::size_t next_ = 0;          ///< Place in the queue of the text on its way, or next to go.
  std::size_t queued_bytes_ = 0;  ///< From `next_` on.
  std::size_t allowance_ = 0;     ///< The part of them that the client asked for by coming back.
  bool open_ = false;             ///< The handshake is done.
  bool writing_ = false;
  bool closing_ = false;  ///< Our close frame is on its way.
  bool finished_ = false;
  bool bridge_ = false;  ///< A bridge speaks here.
};

}  // namespace

void serve_websocket(ClientSocket socket, Context& context, Upgrade upgrade, Admitted admitted) {
  const Following following = std::move(admitted.following);
  const auto connection =
      std::make_shared<WebSocketConnection>(std::move(socket), context, std::move(admitted));
  context.enter(connection);
  connection->accept(std::move(upgrade), following);
}

}  // namespace baton::gateway
