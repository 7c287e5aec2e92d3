#include "gateway/config.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace baton::gateway {
namespace {

void check(bool good, const char* key, const std::string& allowed) {
  if (!good) throw std::invalid_argument(fmt::format("{} must be {}", key, allowed));
}

}  // namespace

void check_config(const GatewayConfig& config) {
  check(config.session_hours >= 1 && config.session_hours <= 168, "session_hours", "1 to 168");
  check(config.ticket_seconds >= 5 && config.ticket_seconds <= 300, "ticket_seconds", "5 to 300");
  check(config.login_failures >= 1, "login_failures", "at least 1");
  check(config.login_failures_per_address >= 1, "login_failures_per_address", "at least 1");
  check(config.login_max_delay_seconds >= 1, "login_max_delay_seconds", "at least 1");
  check(config.max_frame_bytes >= 1024, "max_frame_bytes", "at least 1024");
  check(config.max_sessions >= 1, "max_sessions", "at least 1");
  check(config.max_sessions_per_login >= 1, "max_sessions_per_login", "at least 1");
  check(config.max_waiting_logins >= 1, "max_waiting_logins", "at least 1");
  check(config.max_waiting_events >= 1, "max_waiting_events", "at least 1");
  // A head has to fit into what a connection may have read and not understood yet.
  check(config.max_head_bytes >= 1024 && config.max_head_bytes <= 65536, "max_head_bytes",
        "1024 to 65536");
  check(config.max_body_bytes >= 1024, "max_body_bytes", "at least 1024");
  check(config.max_preferences_bytes >= 2, "max_preferences_bytes", "at least 2");
  check(config.max_connections >= 1, "max_connections", "at least 1");
  check(config.max_send_queue_bytes >= 1024, "max_send_queue_bytes", "at least 1024");
  check(config.max_messages_per_second >= 1, "max_messages_per_second", "at least 1");
  check(config.replay_seconds >= 0, "replay_seconds", "0 or more");
  check(config.idle_ping_seconds >= 1, "idle_ping_seconds", "at least 1");
  check(config.account_check_seconds >= 1 && config.account_check_seconds <= 3600,
        "account_check_seconds", "1 to 3600");
  check(config.file_check_seconds >= 1 && config.file_check_seconds <= 3600, "file_check_seconds",
        "1 to 3600");
  check(config.idle_timeout_seconds >= 1, "idle_timeout_seconds", "at least 1");
  check(config.body_timeout_seconds >= 1, "body_timeout_seconds", "at least 1");
  check(config.send_timeout_seconds >= 1, "send_timeout_seconds", "at least 1");
  check(config.answer_seconds >= 1, "answer_seconds", "at least 1");
  check(config.slow_read_seconds >= 1, "slow_read_seconds", "at least 1");
  check(config.import_seconds >= 1, "import_seconds", "at least 1");
  check(config.tls_certificate.empty() == config.tls_key.empty(), "tls_certificate and tls_key",
        "set both, or neither");
}

}  // namespace baton::gateway
