#include <array>
#include <utility>

#include "message/print_parts.hpp"

namespace baton::message {

void write_agent_info(JsonWriter& json, const AgentInfo& info) {
  json.begin_object();
  json.key("name").string(info.name);
  json.key("id").string(info.id);
  json.key("extension").string(info.extension);
  json.key("loginName").string(info.login_name);
  json.key("muted").boolean(info.muted);
  json.key("softphoneEnabled").boolean(info.softphone_enabled);
  json.key("state").string(info.state);
  json.key("stateChangeTime").time(info.state_changed_at);
  json.key("type").string(info.type);
  // The published sample of a Ready agent has no reasonCode at all.
  if (info.reason_code)
    json.key("reasonCode").begin_object().key("id").string(*info.reason_code).end_object();
  json.key("routingProfile").begin_object();
  json.key("channelConcurrencyMap")
      .begin_object()
      .key("VOICE")
      .number(1)
      .key("CHAT")
      .number(0)
      .end_object();
  json.key("defaultOutboundQueue");
  if (info.routing->default_outbound_queue_arn.empty() &&
      info.routing->default_outbound_queue_name.empty()) {
    json.null();
  } else {
    json.begin_object();
    json.key("queueARN").string(info.routing->default_outbound_queue_arn);
    json.key("name").string(info.routing->default_outbound_queue_name);
    json.key("queueId").string(info.routing->default_outbound_queue_arn);
    json.end_object();
  }
  json.key("name").string(info.routing->name);
  json.key("routingProfileARN").string(info.routing->arn);
  json.key("routingProfileId").string(info.routing->arn);
  json.end_object();
  json.end_object();
}

void write_agent_state(JsonWriter& json, const AgentStateView& state) {
  json.begin_object();
  json.key("agentStateARN").null();
  json.key("type").string(state.type);
  json.key("name").string(state.name);
  json.key("startTimestamp").time(state.started_at);
  json.end_object();
}

void write_rules(JsonWriter& json, const AgentSnapshot& agent) {
  if (!agent.buttons && !agent.state) {
    json.null();
    return;
  }
  json.begin_object();
  json.key("ButtonStates").begin_object().key("items").begin_object();
  int count = 0;
  if (agent.buttons) {
    const AgentButtons& buttons = *agent.buttons;
    for (const auto& [name, enabled] :
         {std::pair{"NotReady", buttons.not_ready}, std::pair{"Ready", buttons.ready},
          std::pair{"make_call", buttons.make_call}, std::pair{"mute", buttons.mute},
          std::pair{"unmute", buttons.unmute}}) {
      if (!enabled) continue;
      json.key(name).string(*enabled ? "Enable" : "Hide");
      ++count;
    }
  }
  json.end_object().key("count").number(count).end_object();
  json.key("ResponseActual");
  if (agent.state) {
    write_agent_state(json, *agent.state);
  } else {
    json.null();
  }
  json.end_object();
}

}  // namespace baton::message
