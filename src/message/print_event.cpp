#include <type_traits>
#include <variant>

#include "message/json_writer.hpp"
#include "message/print_parts.hpp"
#include "message/request_table.hpp"

namespace baton::message {
namespace {

// Large enough for nearly every event, so that printing allocates once.
constexpr std::size_t kUsualBytes = 2'048;

struct Names {
  std::string_view topic;
  std::string_view subtopic;
  std::string_view body = "message";  // The published error carries its body in `data`.
};

Names names_of(const AppStateSync&) { return {"App", "StateSync"}; }
Names names_of(const AgentStateSync&) { return {"Agent", "StateSync"}; }
Names names_of(const GetStates&) { return {"Agent", "GetStates"}; }
Names names_of(const LoginSuccess&) { return {"Agent", "LoginSuccess"}; }
Names names_of(const LogoutSuccess&) { return {"Agent", "LogoutSuccess"}; }
Names names_of(const SetAgentState&) { return {"Agent", "SetAgentState"}; }
Names names_of(const CallEvent&) { return {"InboundCall", "InboundCallStateChange"}; }
Names names_of(const CallStateSync&) { return {"InboundCall", "StateSync"}; }
Names names_of(const TransferStateChange&) { return {"InboundCall", "TransferStateChange"}; }
Names names_of(const ApiError&) { return {"Error", "ApiError", "data"}; }

void write_info_or_null(JsonWriter& json, const AgentSnapshot& agent) {
  if (agent.info) {
    write_agent_info(json, *agent.info);
  } else {
    json.null();
  }
}
void write_state_or_null(JsonWriter& json, const AgentSnapshot& agent) {
  if (agent.state) {
    write_agent_state(json, *agent.state);
  } else {
    json.null();
  }
}

void write(JsonWriter& json, const AppStateSync& body) {
  json.begin_object();
  json.key("initState").string(body.init_state);
  json.key("capabilities");
  write_capabilities(json, body.capabilities);
  json.end_object();
}

void write(JsonWriter& json, const AgentStateSync& body) {
  json.begin_object();
  json.key("loginState").string(body.agent.login_state);
  json.key("agentInfo");
  write_info_or_null(json, body.agent);
  json.key("agentState");
  write_state_or_null(json, body.agent);
  json.key("rules");
  // The published sample of an agent who is logged out has "" here, beside two nulls.
  if (!body.agent.buttons && !body.agent.state) {
    json.string("");
  } else {
    write_rules(json, body.agent);
  }
  json.end_object();
}

void write(JsonWriter& json, const GetStates& body) {
  json.begin_array();
  for (const AgentStateRef& state : body.states) {
    json.begin_object();
    json.key("label").string(state.label);
    json.key("code").string(state.code);
    json.key("type").string(state.type);
    json.end_object();
  }
  json.end_array();
}

// The published reply has null for the state and the rules; SetAgentState, which follows, tells
// them.
void write(JsonWriter& json, const LoginSuccess& body) {
  json.begin_object();
  json.key("loginState").string(body.agent.login_state);
  json.key("agentInfo");
  write_info_or_null(json, body.agent);
  json.key("agentState").null();
  json.key("rules").null();
  json.end_object();
}

void write(JsonWriter& json, const LogoutSuccess& body) {
  json.begin_object();
  json.key("loginState").string(body.agent.login_state);
  json.key("agentInfo");
  write_info_or_null(json, body.agent);
  json.key("agentState");
  write_state_or_null(json, body.agent);
  json.key("rules");
  write_rules(json, body.agent);
  json.end_object();
}

void write(JsonWriter& json, const SetAgentState& body) {
  json.begin_object();
  json.key("rules");
  write_rules(json, body.agent);
  json.key("data");
  write_info_or_null(json, body.agent);
  json.key("event").string(body.event);
  json.key("source").string("event");
  json.end_object();
}

void write(JsonWriter& json, const CallEvent& body) {
  const CallLegView& leg = body.leg;
  json.begin_object().key("call").begin_object();
  json.key("ButtonStates");
  write_button_states(json, leg.buttons);
  json.key("ActionsAllowed").null();
  json.key("ResponseType").number(0);
  json.key("ResponseText").string("Success");
  json.key("ResponseActual");
  write_leg(json, leg);
  json.key("CallVariables").begin_object();
  for (const auto& [name, value] : *body.call_variables) json.escaped_key(name).string(value);
  json.end_object();
  json.key("ExtendedCallVariables").null();
  json.key("ResponseFields").begin_object();
  json.key("Participants").begin_array().end_array();
  json.key("MediaProperties").begin_object();
  json.key("callType").string(leg.type);
  json.key("queueName").string(body.queue_name);
  json.key("queueTimestamp");
  if (body.queue_at == 0) {
    json.null();  // A call that the agent dialled was in no queue.
  } else {
    json.time(body.queue_at);
  }
  json.end_object();
  json.key("fromAddress").string_or_null(leg.phone_number);
  json.key("CallState").string(leg.status);
  json.key("Type").string(leg.type);
  json.key("CurrentStateTime").time(leg.status_at);
  json.key("Campaign").string("");
  json.key("DN").string(body.queue_name);
  json.end_object();
  json.key("id").id(leg.connection_id);
  json.key("event").string(body.event);
  json.key("CallType").string(leg.type);
  json.end_object().key("source").string("event").end_object();
}

void write(JsonWriter& json, const CallStateSync& body) {
  json.begin_object();
  json.key("attributes").begin_array();
  for (const auto& [name, value] : *body.attributes) {
    json.begin_object().key("name").string(name).key("value").string(value).end_object();
  }
  json.end_array();
  json.key("queueName").string_or_null(body.queue_name);
  json.key("queueTimestamp").time_or_null(body.queue_at);
  json.key("calls").begin_array();
  for (const CallLegView& leg : body.calls) write_leg(json, leg);
  json.end_array();
  json.end_object();
}

void write(JsonWriter& json, const TransferStateChange& body) {
  json.begin_object();
  write_transfer_members(json, body);
  json.end_object();
}

}  // namespace

void write_error(JsonWriter& json, const ApiError& body) {
  json.begin_object();
  json.key("errorType").string(body.error_type);
  json.key("msg").string(body.msg);
  json.key("errorMessage").string(body.error_message);
  if (body.transfer_id) json.key("transferId").id(*body.transfer_id);
  if (body.running_transfer_id) json.key("runningTransferId").id(*body.running_transfer_id);
  if (body.contact_id) json.key("contactId").id(*body.contact_id);
  if (body.reason != Reason::none) json.key("reason").string(to_string(body.reason));
  if (body.stage) json.key("stage").string(*body.stage);
  if (body.retryable) json.key("retryable").boolean(*body.retryable);
  if (body.retry_after_seconds) json.key("retryAfterSeconds").number(*body.retry_after_seconds);
  if (body.customer_location) json.key("customerLocation").string(*body.customer_location);
  if (body.agent_state) json.key("agentState").string(*body.agent_state);
  if (body.suggested_action) json.key("suggestedAction").string(*body.suggested_action);
  if (body.backend) {
    json.key("backend");
    write_backend(json, *body.backend);
  }
  json.end_object();
}

std::string print(const Event& event, std::string_view epoch) {
  JsonWriter json(kUsualBytes);
  std::visit(
      [&json](const auto& body) {
        const Names names = names_of(body);
        json.begin_object();
        json.key("channel").string(kChannel);
        json.key("topic").string(names.topic);
        json.key("subtopic").string(names.subtopic);
        json.key(names.body);
        if constexpr (std::is_same_v<std::decay_t<decltype(body)>, ApiError>) {
          write_error(json, body);
        } else {
          write(json, body);
        }
      },
      event.body);
  if (!event.agent.empty()) json.key("agent").string(event.agent);
  if (!epoch.empty()) json.key("epoch").string(epoch);
  if (event.sequence) json.key("sequence").number(*event.sequence);
  if (event.request_id) json.key("id").string(*event.request_id);
  json.end_object();
  return json.take();
}

}  // namespace baton::message
