#include "app/event_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace baton::app {

namespace {

namespace json = boost::json;

/// The text under a path of keys, "" where there is none.
template <typename... Keys>
std::string text_at(const json::object& object, std::string_view key, Keys... rest) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr) return {};
  if constexpr (sizeof...(rest) == 0) {
    return value->is_string() ? std::string(value->get_string().data(), value->get_string().size())
                              : std::string();
  } else {
    return value->is_object() ? text_at(value->get_object(), rest...) : std::string();
  }
}

std::int64_t number_at(const json::object& object, std::string_view key, std::int64_t otherwise) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value != nullptr && value->is_int64() ? value->get_int64() : otherwise;
}

const json::object* object_at(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? nullptr : value->if_object();
}

std::string backend_text(const json::object& body) {
  const json::object* backend = object_at(body, "backend");
  if (backend == nullptr) return {};
  const std::int64_t code = number_at(*backend, "code", 0);
  return fmt::format(" ({} {}{})", text_at(*backend, "name"),
                     code == 0 ? "" : fmt::format("{} ", code), text_at(*backend, "text"));
}

void read_transfer(EventView& event, const json::object& body) {
  event.transfer_id = text_at(body, "transferId");
  event.contact_id = text_at(body, "contactId");
  event.state = text_at(body, "state");
  event.custody = text_at(body, "custody");
  event.reason = text_at(body, "reason");
  const std::string name = text_at(body, "destination", "name");
  const std::string number = text_at(body, "destination", "phoneNumber");
  std::string line = fmt::format("transfer {} to {}", event.state, name.empty() ? number : name);
  if (!name.empty() && !number.empty() && number != name) line += " " + number;
  const std::string who = text_at(body, "connectedTo");
  if (!who.empty() && event.state == "connected") line += fmt::format(", answered by {}", who);
  const std::string queue = text_at(body, "queueName");
  if (!queue.empty()) line += fmt::format(", in {}", queue);
  if (const auto position = number_at(body, "position", 0); position > 0)
    line += fmt::format(" at {}", position);
  if (!event.reason.empty()) line += fmt::format(", {}", event.reason);
  event.summary = line + backend_text(body);
}

void read_error(EventView& event, const json::object& body) {
  event.error_type = text_at(body, "errorType");
  event.transfer_id = text_at(body, "transferId");
  event.contact_id = text_at(body, "contactId");
  event.reason = text_at(body, "reason");
  event.custody = text_at(body, "customerLocation");
  event.summary = fmt::format("{}{}: {}", event.error_type,
                              event.reason.empty() ? "" : fmt::format(" ({})", event.reason),
                              text_at(body, "msg"));
  const std::string action = text_at(body, "suggestedAction");
  if (!action.empty()) event.summary += fmt::format(" [{}]", action);
}

void read_call(EventView& event, const json::object& body) {
  event.call_event = text_at(body, "call", "event");
  event.contact_id = text_at(body, "call", "ResponseActual", "contactId");
  event.call_type = text_at(body, "call", "ResponseActual", "type");
  const std::string number = text_at(body, "call", "ResponseActual", "phoneNumber");
  event.summary = fmt::format("call {}: {} leg{}{}, {}", event.call_event, event.call_type,
                              number.empty() ? "" : " ", number,
                              text_at(body, "call", "ResponseActual", "status"));
}

}  // namespace

bool EventView::is_outcome() const {
  constexpr std::array<std::string_view, 7> kOutcomes{
      "connected", "returned", "canceled", "failed", "abandoned", "handedOver", "completed"};
  return is_transfer() && std::find(kOutcomes.begin(), kOutcomes.end(), state) != kOutcomes.end();
}

std::optional<EventView> read_event(std::string_view text) {
  boost::system::error_code error;
  const json::value parsed = json::parse({text.data(), text.size()}, error);
  if (error || !parsed.is_object()) return std::nullopt;
  const json::object& envelope = parsed.get_object();
  EventView event;
  event.topic = text_at(envelope, "topic");
  event.subtopic = text_at(envelope, "subtopic");
  event.agent = text_at(envelope, "agent");
  event.epoch = text_at(envelope, "epoch");
  event.id = text_at(envelope, "id");
  if (const std::int64_t sequence = number_at(envelope, "sequence", -1); sequence >= 0) {
    event.sequence = static_cast<std::uint64_t>(sequence);
  }
  event.summary = fmt::format("{} {}", event.topic, event.subtopic);
  const json::object* body = object_at(envelope, event.is_error() ? "data" : "message");
  if (body == nullptr) return event;
  if (event.is_transfer()) {
    read_transfer(event, *body);
  } else if (event.is_error()) {
    read_error(event, *body);
  } else if (event.subtopic == "InboundCallStateChange") {
    read_call(event, *body);
  } else if (event.subtopic == "SetAgentState") {
    event.agent_state = text_at(*body, "event");
    event.summary = fmt::format("agent is {}", event.agent_state);
  } else if (event.topic == "Agent" && event.subtopic == "StateSync") {
    const std::string state = text_at(*body, "agentState", "name");
    event.summary = fmt::format("agent is {}{}{}", text_at(*body, "loginState"),
                                state.empty() ? "" : ", ", state);
  }
  return event;
}

}  // namespace baton::app
