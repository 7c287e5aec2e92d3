#pragma once

#include <string>
#include <vector>

namespace baton::gateway {

struct GatewayConfig {
  std::string listen = "127.0.0.1:8080";          ///< HTTP and WebSocket; port 0: a free one.
  std::string metrics_listen = "127.0.0.1:8081";  ///< healthz, readyz, metrics; empty: off.
  std::vector<std::string>
      allowed_origins;  ///< "https://desk.example"; the server's own origin is always allowed.
  std::string jwt_secret_file;  ///< Made with mode 0600 where missing.
  std::string jwt_issuer = "baton";
  std::string jwt_audience = "baton";
  int session_hours = 12;                ///< Of a password login's cookie. 1 to 168.
  int ticket_seconds = 30;               ///< 5 to 300.
  std::size_t max_frame_bytes = 65536;   ///< A WebSocket frame above closes with 1009.
  std::size_t max_body_bytes = 1048576;  ///< An HTTP body above gets 413 (the directory: 64 MiB).
  std::size_t max_connections = 10000;   ///< One more gets 503.
  std::size_t max_send_queue_bytes = 1048576;  ///< A slower reader is closed with 1013.
  std::size_t max_messages_per_second = 200;   ///< A connection's flood above is closed with 1008.
  std::size_t replay_events = 1000;            ///< Kept per agent.
  int replay_seconds = 600;
  std::size_t replay_bytes = 262144;
  int idle_ping_seconds = 30;
  int account_check_seconds =
      15;  ///< How soon a disabled agent's sockets end without revoke(). 1 to 3600.
  bool cookie_secure = false;  ///< True under TLS.
};

}  // namespace baton::gateway
