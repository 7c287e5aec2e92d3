#pragma once

#include "app/server_registry.hpp"
#include "engine/engine.hpp"
#include "telephony/amazon/amazon_switch.hpp"
#include "telephony/sip/sip_switch.hpp"

namespace baton::app {

// The figures of /metrics (docs/operations.md lists them).

/// Of engine and core.
void add_metrics(ServerRegistry& registry, engine::Engine& engine);
/// Of the SIP back end.
void add_metrics(ServerRegistry& registry, const telephony::sip::SipSwitch& sip);
/// Of the sessions at Amazon Connect.
void add_metrics(ServerRegistry& registry, const telephony::amazon::AmazonSwitch& amazon);

}  // namespace baton::app
