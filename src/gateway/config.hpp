#pragma once

#include <string>
#include <vector>

namespace baton::gateway {

struct GatewayConfig {
  std::string listen = "127.0.0.1:8080";          ///< HTTP and WebSocket; port 0: a free one.
  std::string metrics_listen = "127.0.0.1:8081";  ///< healthz, readyz, metrics; empty: off.
  std::string tls_certificate;                    ///< PEM file, with the chain; empty: plain HTTP.
  std::string tls_key;                            ///< PEM file without a passphrase.
  std::string tls_min_version = "1.2";            ///< "1.2" or "1.3".
  int file_check_seconds = 5;  ///< How often the files above are looked at for changes. 1 to 3600.
  std::vector<std::string>
      allowed_origins;  ///< "https://desk.example"; the server's own origin is always allowed.
  /// Whose pages may embed /ccp-v2/, and no other page of ours; empty: there is no such page.
  std::vector<std::string> frame_origins;
  /// Proxies whose X-Forwarded-For is believed, by numeric address.
  std::vector<std::string> trusted_proxies;
  std::string jwt_secret_file;  ///< Made with mode 0600 where missing.
  std::string jwks_file;        ///< The token issuer's public keys; empty: HS256 only.
  std::string jwt_issuer = "baton";
  std::string jwt_audience = "baton";
  int session_hours = 12;                   ///< Of a password login's cookie. 1 to 168.
  std::size_t max_sessions = 100'000;       ///< At one more the oldest ends.
  std::size_t max_sessions_per_login = 32;  ///< The same of one login.
  std::size_t max_waiting_logins = 64;      ///< Passwords to be checked; one more gets 429.
  int login_failures = 5;                   ///< Of a login, that cost no time. 1 to 100.
  int login_failures_per_address = 50;      ///< The same of an address. 1 to 10,000.
  int login_max_delay_seconds = 900;        ///< What the wait after each further one grows to.
  int ticket_seconds = 30;                  ///< 5 to 300.
  std::size_t max_frame_bytes = 65536;      ///< A WebSocket frame above closes with 1009.
  std::size_t max_body_bytes = 1048576;  ///< An HTTP body above gets 413 (the directory: 64 MiB).
  std::size_t max_head_bytes = 16384;    ///< Of an HTTP request; a larger one gets 431.
  std::size_t max_preferences_bytes = 65536;   ///< Of one caller; larger ones get 413.
  std::size_t max_connections = 10000;         ///< One more gets 503.
  std::size_t max_send_queue_bytes = 1048576;  ///< A slower reader is closed with 1013.
  std::size_t max_waiting_events = 262'144;    ///< Between the engine's thread and ours.
  std::size_t max_messages_per_second = 200;   ///< A connection's flood above is closed with 1008.
  std::size_t requests_per_second = 50;        ///< Of an agent or supervisor; 0: unlimited.
  std::size_t service_requests_per_second = 2000;  ///< Of a service; 0: unlimited.
  std::size_t replay_events = 1000;                ///< Kept per agent.
  int replay_seconds = 600;
  std::size_t replay_bytes = 262144;
  int idle_ping_seconds = 30;
  int idle_timeout_seconds = 30;  ///< For the TLS handshake, and to the end of the next head.
  int body_timeout_seconds = 60;  ///< For the rest of a request.
  int send_timeout_seconds = 30;  ///< For a response to be taken.
  int answer_seconds = 30;        ///< For the back end to answer a request.
  int slow_read_seconds = 70;     ///< The same of statistics and CSV, which wait for each other.
  int import_seconds = 3600;      ///< The same of a directory, whose passwords are hashed slowly.
  int account_check_seconds =
      15;  ///< How soon a disabled agent's sockets end without revoke(). 1 to 3600.
  bool cookie_secure = false;  ///< Set where a proxy speaks TLS; with a certificate it always is.
};

/// Throws std::invalid_argument naming a value that is out of its range. Any thread.
void check_config(const GatewayConfig& config);

}  // namespace baton::gateway
