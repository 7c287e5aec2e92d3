#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstdint>
#include <string>

namespace baton::gateway {

/// The limits of the configuration that the gateway keeps, by their keys' names.
enum class Limit : std::uint8_t {
  max_connections,
  max_head_bytes,
  max_body_bytes,
  max_frame_bytes,
  max_send_queue_bytes,
  max_messages_per_second,
  max_waiting_events,
  idle_timeout_seconds,
  body_timeout_seconds,
  send_timeout_seconds,
  idle_ping_seconds,
  max_sessions,
  max_sessions_per_login,
  max_waiting_logins,
  login_failures,
  login_failures_per_address,
  requests_per_second,
  service_requests_per_second,
  preferences_bytes,
};
inline constexpr std::size_t kLimits = 19;

/// "http.max_connections", and so on: the label of baton_limit_hits_total.
[[nodiscard]] const char* key_of(Limit limit);

/// The gateway's figures, all with the prefix `baton_gateway_` but for the limits', which it shares
/// with the other rooms. The gateway's thread only (reading
/// them is for any).
class Metrics {
 public:
  explicit Metrics(prometheus::Registry& registry);

  void http_opened() { http_connections_.Increment(); }
  void http_closed() { http_connections_.Decrement(); }
  void websocket_opened() { websockets_.Increment(); }
  void websocket_closed() { websockets_.Decrement(); }
  /// A client was refused or ended because of this limit.
  void hit(Limit limit) { limits_.at(static_cast<std::size_t>(limit))->Increment(); }
  void accept_failed() { failed_accepts_.Increment(); }
  void tls_handshake_failed() { failed_handshakes_.Increment(); }
  void response(int status);
  void request(bool over_websocket) {
    (over_websocket ? websocket_requests_ : http_requests_).Increment();
  }
  /// The server closed a socket with this WebSocket status.
  void socket_closed(std::uint16_t code);
  void login(bool succeeded) { (succeeded ? logins_ : failed_logins_).Increment(); }
  void login_throttled() { throttled_logins_.Increment(); }
  void published() { published_.Increment(); }
  void delivered(std::size_t copies) { delivered_.Increment(static_cast<double>(copies)); }
  /// From the input that an event follows from until connections were given it.
  void lag(double seconds) { lag_.Observe(seconds); }
  void replayed() { replays_.Increment(); }
  void synced() { syncs_.Increment(); }
  void overflowed() { overflows_.Increment(); }

  /// Everything the registry holds, in Prometheus' text format 0.0.4. Any thread.
  [[nodiscard]] std::string text() const;

 private:
  prometheus::Registry& registry_;
  prometheus::Family<prometheus::Gauge>& connections_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& responses_;
  prometheus::Family<prometheus::Counter>& closes_;
  prometheus::Family<prometheus::Counter>& login_results_;
  prometheus::Family<prometheus::Counter>& catch_ups_;
  prometheus::Gauge& http_connections_;
  prometheus::Gauge& websockets_;
  prometheus::Counter& http_requests_;
  prometheus::Counter& websocket_requests_;
  prometheus::Counter& logins_;
  prometheus::Counter& failed_logins_;
  prometheus::Counter& throttled_logins_;
  prometheus::Counter& replays_;
  prometheus::Counter& syncs_;
  prometheus::Counter& failed_accepts_;
  prometheus::Counter& failed_handshakes_;
  prometheus::Counter& published_;
  prometheus::Counter& delivered_;
  prometheus::Counter& overflows_;
  prometheus::Histogram& lag_;
  std::array<prometheus::Counter*, kLimits> limits_{};
};

}  // namespace baton::gateway
