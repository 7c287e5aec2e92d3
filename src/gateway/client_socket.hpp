#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <utility>

#include "gateway/net.hpp"

namespace baton::gateway {

/// A client's connection: TCP, or TLS over it. One type for both, so that what is built on it
/// (HTTP, WebSocket) is compiled once. Meets Asio's AsyncStream as far as Beast needs it; one read
/// and one write may be under way at a time. The loop's thread only.
class ClientSocket {
 public:
  using executor_type = Executor;

  /// Plain TCP.
  explicit ClientSocket(Socket socket) : plain_(std::make_unique<Socket>(std::move(socket))) {}
  /// TLS, once async_handshake() is done. The connection keeps `context`'s certificate and rules
  /// though the context goes.
  ClientSocket(Socket socket, net::ssl::context& context)
      : tls_(std::make_unique<net::ssl::stream<Socket>>(std::move(socket), context)) {}

  [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
  [[nodiscard]] Socket& tcp() { return tls_ ? tls_->next_layer() : *plain_; }
  [[nodiscard]] executor_type get_executor() { return tcp().get_executor(); }

  /// OpenSSL's object, for what must be said before a client's handshake; null for plain TCP.
  [[nodiscard]] SSL* ssl() { return tls_ ? tls_->native_handle() : nullptr; }

  /// The handshake, from the `side` given; for a plain connection done at once.
  template <class Handler>
  void async_handshake(net::ssl::stream_base::handshake_type side, Handler&& handler) {
    if (tls_) {
      tls_->async_handshake(side, std::forward<Handler>(handler));
    } else {
      handler(boost::system::error_code());
    }
  }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_read_some(buffers, std::forward<Handler>(handler));
    } else {
      plain_->async_read_some(buffers, std::forward<Handler>(handler));
    }
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(buffers, std::forward<Handler>(handler));
    } else {
      plain_->async_write_some(buffers, std::forward<Handler>(handler));
    }
  }

  /// Says that nothing follows (TLS: close_notify, RFC 8446, 6.1), shuts the sending side down, and
  /// calls `done`. What the peer still sends is read with tcp(), as raw bytes. Nothing may be on
  /// its way out; the caller limits the time.
  template <class Handler>
  void async_end_sending(Handler&& done) {
    if (!tls_) {
      shut_down_sending();
      done();
      return;
    }
    tls_->async_shutdown(
        [this, done = std::forward<Handler>(done)](boost::system::error_code) mutable {
          // An error is the peer's own end, or data of his that nobody wants any more.
          shut_down_sending();
          done();
        });
  }

  void close() {
    boost::system::error_code ignored;
    tcp().close(ignored);
  }

 private:
  void shut_down_sending() {
    boost::system::error_code ignored;
    tcp().shutdown(Socket::shutdown_send, ignored);
  }

  std::unique_ptr<Socket> plain_;  ///< Exactly one of the two.
  std::unique_ptr<net::ssl::stream<Socket>> tls_;
};

/// Beast's way to end a connection whose time is over.
inline void beast_close_socket(ClientSocket& socket) { socket.close(); }

}  // namespace baton::gateway
