#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "gateway/api.hpp"
#include "gateway/client_socket.hpp"
#include "gateway/net.hpp"

namespace baton::gateway {

/// A client's connection. The registry of the context owns it until finish(); an operation that is
/// under way holds it too.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// The server stops: finish what is under way, then end.
  virtual void drain() = 0;
  /// End now.
  virtual void abort() = 0;
  /// On whose word the connection lives on; null for one that is asked for it with every request.
  [[nodiscard]] virtual const Identity* signed_in() const { return nullptr; }
  /// Ends a connection that lives on somebody's word.
  virtual void sign_out(std::string_view /*why*/) {}
};

enum class Listener { api, metrics };

/// What every connection needs. The gateway's thread only, but for the counter.
struct Context {
  const GatewayConfig& config;
  Api& api;
  Hub& hub;
  Dispatcher& dispatcher;
  Metrics& metrics;

  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections{};
  std::size_t api_connections = 0;  ///< Those of the API's listener, WebSockets included.
  std::atomic<std::size_t> websockets = 0;
  bool draining = false;
  SocketId last_socket = 0;
  std::unordered_map<SocketId, Subscriber*> bridges{};  ///< Those that a bridge speaks on.

  void enter(const std::shared_ptr<Connection>& connection) {
    connections.emplace(connection.get(), connection);
  }
  void leave(Connection& connection) { connections.erase(&connection); }
};

/// Starts to serve HTTP on an accepted socket, after the TLS handshake where it has one. Where
/// `full`, the first request gets 503 and the connection ends.
void serve_http(ClientSocket socket, Context& context, Listener listener, bool full);

}  // namespace baton::gateway
