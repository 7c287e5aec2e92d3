#pragma once

#include <atomic>
#include <cstdint>

#include "app/server_registry.hpp"
#include "engine/engine.hpp"
#include "telephony/amazon/amazon_switch.hpp"
#include "telephony/sip/sip_switch.hpp"

namespace baton::app {

// The figures of /metrics (docs/operations.md lists them).

/// How often a read or import met its limits. Any thread.
struct ReadStats {
  std::atomic<std::uint64_t> too_many_transfers{0};
  std::atomic<std::uint64_t> too_long{0};
  std::atomic<std::uint64_t> too_many_reads{0};
  std::atomic<std::uint64_t> too_many_imports{0};
};

void add_metrics(ServerRegistry& registry, const ReadStats& stats);
/// Of engine and core.
void add_metrics(ServerRegistry& registry, engine::Engine& engine);
/// Of the SIP back end.
void add_metrics(ServerRegistry& registry, const telephony::sip::SipSwitch& sip);
/// Of the sessions at Amazon Connect.
void add_metrics(ServerRegistry& registry, const telephony::amazon::AmazonSwitch& amazon);

}  // namespace baton::app
