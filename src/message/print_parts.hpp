#pragma once

#include "message/event.hpp"
#include "message/json_writer.hpp"

namespace baton::message {

// The objects that events share with each other and with REST. Each writes one complete value, or,
// where its name ends in _members, members of the object that is open.

/// The published connection object: `ResponseActual` of a call event, an item of `calls` in
/// StateSync.
void write_leg(JsonWriter& json, const CallLegView& leg);
/// Everything of a TransferStateChange but the braces.
void write_transfer_members(JsonWriter& json, const TransferStateChange& transfer);
void write_backend(JsonWriter& json, const BackendError& backend);
void write_destination(JsonWriter& json, const DestinationView& destination);
/// The error envelope's `data`.
void write_error(JsonWriter& json, const ApiError& error);
void write_agent_info(JsonWriter& json, const AgentInfo& info);
void write_agent_state(JsonWriter& json, const AgentStateView& state);
/// `rules`; null where the agent has none.
void write_rules(JsonWriter& json, const AgentSnapshot& agent);
void write_capabilities(JsonWriter& json, const Capabilities& capabilities);
/// The published `ButtonStates`: "Enable" and "Hide", and the count of the published keys.
void write_button_states(JsonWriter& json, CallButtons buttons);

}  // namespace baton::message
