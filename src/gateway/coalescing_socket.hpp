#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "gateway/client_socket.hpp"

namespace baton::gateway {

/// A connection that sends what is written within one turn of the loop with one system call. An
/// agent's call makes several events at once, and a WebSocket stream writes each message by
/// itself: sending is the dearest part of an event, and its reader is woken once and not for each.
///
/// A write is done when its bytes are taken over, up to kMaxBytes of them; after that it is done
/// when the connection has taken what was before. An error of it is told to the next write.
/// The loop's thread only.
class CoalescingSocket {
 public:
  /// What may be taken over while the peer does not read.
  static constexpr std::size_t kMaxBytes = 16 * 1024;

  using executor_type = Executor;

  explicit CoalescingSocket(ClientSocket socket) : out_(std::make_shared<Out>(std::move(socket))) {}
  CoalescingSocket(const CoalescingSocket&) = delete;
  CoalescingSocket& operator=(const CoalescingSocket&) = delete;
  ~CoalescingSocket() { out_->abandon(); }

  [[nodiscard]] Socket& tcp() { return out_->socket.tcp(); }
  [[nodiscard]] executor_type get_executor() { return out_->socket.get_executor(); }
  void close() { out_->socket.close(); }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    out_->socket.async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    const std::size_t size = net::buffer_size(buffers);
    if (out_->error || out_->waiting.size() >= kMaxBytes) {
      // Where there is no room it is tried again after the flush; Beast has one write at a time.
      if (!out_->error) {
        auto later = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
        out_->room = [this, buffers, later]() mutable {
          async_write_some(buffers, std::move(*later));
        };
        return;
      }
      net::post(get_executor(),
                net::append(std::forward<Handler>(handler), out_->error, std::size_t{0}));
      return;
    }
    const std::size_t before = out_->waiting.size();
    out_->waiting.resize(before + size);
    net::buffer_copy(net::buffer(out_->waiting.data() + before, size), buffers);
    // First the writer, who may have more to write, then the flush.
    net::post(get_executor(),
              net::append(std::forward<Handler>(handler), boost::system::error_code(), size));
    out_->flush_soon();
  }

  /// Calls `done` when nothing is left to be sent, or cannot be, and the sending side is shut down.
  /// What the peer still sends is read with tcp(). The caller limits the time.
  void end_sending(std::function<void()> done) {
    auto end = [out = out_, done = std::move(done)]() mutable {
      out->socket.async_end_sending([out, done = std::move(done)] {
        if (!out->abandoned) done();
      });
    };
    if (out_->idle()) {
      end();
    } else {
      out_->sent = std::move(end);
    }
  }

 private:
  /// The connection, and what is on its way out: lives on while a flush of it is under way.
  struct Out : std::enable_shared_from_this<Out> {
    explicit Out(ClientSocket connection) : socket(std::move(connection)) {}

    /// Nobody waits for anything any more.
    void abandon() {
      abandoned = true;
      room = nullptr;
      sent = nullptr;
      socket.close();
    }

    [[nodiscard]] bool idle() const { return error || (waiting.empty() && !sending); }

    void flush_soon() {
      if (planned || sending) return;
      planned = true;
      plan(waiting.size());
    }

    /// Waits until a turn of the loop has passed in which nothing was added.
    void plan(std::size_t seen) {
      net::post(socket.get_executor(), [self = shared_from_this(), seen] {
        if (self->abandoned) return;
        if (self->waiting.size() != seen && self->waiting.size() < kMaxBytes) {
          self->plan(self->waiting.size());
          return;
        }
        self->planned = false;
        self->flush();
      });
    }

    void flush() {
      sending = true;
      on_way.swap(waiting);
      net::async_write(socket, net::buffer(on_way),
                       [self = shared_from_this()](boost::system::error_code failed, std::size_t) {
                         self->flushed(failed);
                       });
    }

    void flushed(boost::system::error_code failed) {
      sending = false;
      error = failed;
      // Thousands of desktops are quiet most of the time: none keeps the room for its last events.
      on_way = std::string();
      if (abandoned) return;
      if (auto next = std::exchange(room, nullptr)) next();
      if (!error && !waiting.empty()) flush_soon();
      if (idle()) {
        if (auto done = std::exchange(sent, nullptr)) done();
      }
    }

    ClientSocket socket;
    std::string waiting;
    std::string on_way;
    boost::system::error_code error;
    bool abandoned = false;
    bool planned = false;
    bool sending = false;
    std::function<void()> room;
    std::function<void()> sent;
  };

  std::shared_ptr<Out> out_;
};

/// Beast's way to end a connection whose time is over.
inline void beast_close_socket(CoalescingSocket& socket) { socket.close(); }

}  // namespace baton::gateway
