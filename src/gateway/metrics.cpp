#include "gateway/metrics.hpp"

#include <prometheus/text_serializer.h>

#include <string>

namespace baton::gateway {
namespace {

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Counter& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return counters(registry, name, help).Add({});
}

}  // namespace

const char* key_of(Limit limit) {
  switch (limit) {
    case Limit::max_connections:
      return "http.max_connections";
    case Limit::max_head_bytes:
      return "http.max_head_bytes";
    case Limit::max_body_bytes:
      return "http.max_body_bytes";
    case Limit::max_frame_bytes:
      return "http.max_frame_bytes";
    case Limit::max_send_queue_bytes:
      return "http.max_send_queue_bytes";
    case Limit::max_messages_per_second:
      return "http.max_messages_per_second";
    case Limit::max_waiting_events:
      return "http.max_waiting_events";
    case Limit::idle_timeout_seconds:
      return "http.idle_timeout_seconds";
    case Limit::body_timeout_seconds:
      return "http.body_timeout_seconds";
    case Limit::send_timeout_seconds:
      return "http.send_timeout_seconds";
    case Limit::idle_ping_seconds:
      return "http.idle_ping_seconds";
    case Limit::max_sessions:
      return "auth.max_sessions";
    case Limit::max_sessions_per_login:
      return "auth.max_sessions_per_login";
    case Limit::max_waiting_logins:
      return "auth.max_waiting_logins";
    case Limit::login_failures:
      return "auth.login_failures";
    case Limit::login_failures_per_address:
      return "auth.login_failures_per_address";
    case Limit::requests_per_second:
      return "limits.requests_per_second";
    case Limit::service_requests_per_second:
      return "limits.service_requests_per_second";
    case Limit::preferences_bytes:
      return "limits.preferences_bytes";
  }
  return "";
}

Metrics::Metrics(prometheus::Registry& registry)
    : registry_(registry),
      connections_(prometheus::BuildGauge()
                       .Name("baton_gateway_connections")
                       .Help("Open connections, by kind.")
                       .Register(registry)),
      requests_(counters(registry, "baton_gateway_requests_total",
                         "Message envelopes received, by carrier.")),
      responses_(counters(registry, "baton_gateway_http_responses_total",
                          "HTTP responses sent, by status.")),
      closes_(counters(registry, "baton_gateway_websocket_closes_total",
                       "WebSockets that the server closed, by status code.")),
      login_results_(
          counters(registry, "baton_gateway_logins_total", "Password logins, by result.")),
      catch_ups_(counters(registry, "baton_gateway_catch_ups_total",
                          "Clients that came back, by how they were caught up.")),
      http_connections_(connections_.Add({{"kind", "http"}})),
      websockets_(connections_.Add({{"kind", "websocket"}})),
      http_requests_(requests_.Add({{"carrier", "http"}})),
      websocket_requests_(requests_.Add({{"carrier", "websocket"}})),
      logins_(login_results_.Add({{"result", "succeeded"}})),
      failed_logins_(login_results_.Add({{"result", "refused"}})),
      throttled_logins_(login_results_.Add({{"result", "throttled"}})),
      replays_(catch_ups_.Add({{"by", "replay"}})),
      syncs_(catch_ups_.Add({{"by", "sync"}})),
      failed_accepts_(
          counter(registry, "baton_gateway_failed_accepts_total",
                  "Connections that could not be accepted, mostly for want of file descriptors.")),
      failed_handshakes_(counter(registry, "baton_gateway_tls_handshakes_failed_total",
                                 "TLS handshakes that failed or took too long.")),
      published_(counter(registry, "baton_gateway_events_published_total", "Events to fan out.")),
      delivered_(counter(registry, "baton_gateway_events_delivered_total",
                         "Copies of events handed to connections.")),
      overflows_(counter(registry, "baton_gateway_overflows_total",
                         "Times that events came faster than the gateway took them, "
                         "and every client had to come back.")),
      lag_(prometheus::BuildHistogram()
               .Name("baton_event_lag_seconds")
               .Help("From what happened until its event was handed to the connections: the oldest "
                     "event of each batch.")
               .Register(registry)
               .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.002, 0.005, 0.01, 0.02,
                                                                0.05, 0.1, 0.25, 0.5, 1, 5})) {
  prometheus::Family<prometheus::Counter>& limits =
      counters(registry, "baton_limit_hits_total",
               "Refusals because a limit of the configuration was reached, by its key");
  for (std::size_t i = 0; i < kLimits; ++i)
    limits_.at(i) = &limits.Add({{"limit", key_of(static_cast<Limit>(i))}});
}

void Metrics::response(int status) {
  responses_.Add({{"status", std::to_string(status)}}).Increment();
}

void Metrics::socket_closed(std::uint16_t code) {
  closes_.Add({{"code", std::to_string(code)}}).Increment();
}

std::string Metrics::text() const {
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace baton::gateway
