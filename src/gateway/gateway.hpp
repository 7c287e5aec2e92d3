#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/assets.hpp"
#include "gateway/backend.hpp"
#include "gateway/config.hpp"

namespace prometheus {
class Registry;
}

namespace baton::gateway {

/// The front door: HTTP and WebSocket for desktops and servers (docs/message-api.md, "Carriers and
/// callers"), and the metrics listener. Everything runs on one thread of the gateway's own,
/// password checks on a second.
///
/// Life: construct, start() once, stop() once (the destructor stops too). The backend and the
/// registry must outlive the gateway; callbacks that the backend still holds after stop() may be
/// called or dropped, they do nothing.
class Gateway {
 public:
  /// Nothing is opened yet. Throws std::invalid_argument where a value of `config` is out of its
  /// range. The files of `pages` must outlive it.
  Gateway(GatewayConfig config, Backend& backend, prometheus::Registry& registry, Pages pages = {});
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;
  ~Gateway();

  /// Reads (or makes) the token secret, reads the certificate, binds both listeners and takes
  /// traffic from then on. Throws std::runtime_error naming the address or file, what is wrong and
  /// the remedy. Owner's thread.
  void start();

  /// Refuses new connections, closes sockets with 1001, lets running HTTP requests finish, and
  /// after `deadline` ends what is left. Does nothing when it is not running. Owner's thread.
  void stop(std::chrono::milliseconds deadline = std::chrono::seconds(3));

  /// The bound "address:port" ("127.0.0.1:8080"), with the real port where 0 was asked for. After
  /// start().
  [[nodiscard]] std::string http_address() const;
  /// The same of the metrics listener; empty where it is off.
  [[nodiscard]] std::string metrics_address() const;

  /// Fans an event out to the agent's connections and followers, and keeps it for replay. Events of
  /// one agent must come in the order of their sequence. Any thread, never blocks; many calls cost
  /// one wake-up.
  void publish(PublishedEvent event);
  /// The same for many at once, under one lock.
  void publish(std::vector<PublishedEvent> events);

  /// Sends a text to the one socket that a bridge speaks on; nothing where it is gone. Any thread,
  /// never blocks.
  void send_to(std::uint64_t socket, std::string text);

  /// Tells the epoch that clients compare theirs with; until the first call Backend::epoch()
  /// counts. A new epoch empties the replay logs. Takes its place in the order of publish(). Any
  /// thread.
  void set_epoch(std::string epoch);

  /// Reads the certificate again, and whatever else comes from files that may be renewed while the
  /// server runs. What is not good is told in the log, and the old stays. Changed files are also
  /// noticed within file_check_seconds. Any thread.
  void reload();

  /// Ends the login's sessions and tickets and closes its sockets with 4401 (the agent was disabled
  /// or removed). Without a call it is noticed within account_check_seconds, by asking
  /// Backend::account_state. Any thread.
  void revoke(std::string_view login);

  /// Ends the sessions that the login's password opened, and closes their sockets with 4401: it has
  /// another password or role now, or is gone. A token says by itself what it stands for, and
  /// stays. Any thread.
  void end_sessions(std::string_view login);

  /// Open WebSocket connections. Any thread.
  [[nodiscard]] std::size_t websocket_count() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::gateway
