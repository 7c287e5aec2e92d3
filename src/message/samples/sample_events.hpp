#pragma once

#include <string>
#include <utility>
#include <vector>

#include "message/bridge.hpp"
#include "message/event.hpp"
#include "message/queue_state.hpp"

namespace baton::message::samples {

/// The epoch that the samples are printed with.
inline constexpr std::string_view kEpoch = "0b9f3b54-5a55-4d53-9d2c-6b0c6f1f8d31";

/// Every kind of event in each of its shapes: what a test validates against the schemas, and what a
/// reader of the API can look at. Deterministic.
[[nodiscard]] std::vector<std::pair<std::string, Event>> events();

/// Everything that a bridge is told, with all that it may need.
[[nodiscard]] std::vector<BridgeOrder> bridge_orders();

/// A queue where somebody waits, and one where nobody does.
[[nodiscard]] std::vector<QueueState> queue_states();

/// The incoming call of the published page.
[[nodiscard]] CallEvent published_incoming_call();
/// The state sync of the published page.
[[nodiscard]] CallStateSync published_call_state_sync();
/// A transfer with everything set that a transfer can have.
[[nodiscard]] TransferStateChange full_transfer(TransferState state, Custody custody);
[[nodiscard]] TransferView transfer_view();
[[nodiscard]] ContactView contact_view();
[[nodiscard]] PreflightView preflight_view(bool allowed);

}  // namespace baton::message::samples
