#pragma once

#include "app/server_registry.hpp"
#include "engine/engine.hpp"
#include "telephony/sip/sip_switch.hpp"

namespace baton::app {

/// Adds the figures of engine, core and SIP back end to /metrics (docs/operations.md lists them).
void add_metrics(ServerRegistry& registry, engine::Engine& engine,
                 const telephony::sip::SipSwitch& sip);

}  // namespace baton::app
