// What happens, as text, for a schedule that broke a rule.

#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include <cstring>
#include <string>
#include <type_traits>
#include <variant>

#include "world.hpp"

namespace baton::simulation {

namespace {

template <class E>
std::string name_of(E value) {
  std::string text = "?";
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto d) {
    if (value == d.value) text = d.name;
  });
  return text;
}

std::string brief(const message::Uuid& id) { return id.is_nil() ? "-" : to_string(id).substr(32); }

template <class T>
void print_value(std::string& out, const T& value) {
  if constexpr (std::is_same_v<T, message::Uuid>) {
    out += brief(value);
  } else if constexpr (std::is_same_v<T, std::string>) {
    out += value;
  } else if constexpr (std::is_same_v<T, bool>) {
    out += value ? "yes" : "no";
  } else if constexpr (std::is_enum_v<T>) {
    out += name_of(value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    out += std::to_string(value);
  } else if constexpr (std::is_same_v<T, std::optional<message::Uuid>>) {
    out += value ? brief(*value) : "-";
  } else if constexpr (std::is_same_v<T, core::DialTarget>) {
    const auto* phone = std::get_if<core::AgentPhone>(&value);
    out += phone != nullptr ? phone->login : std::get<core::OutsideNumber>(value).number;
  } else if constexpr (std::is_same_v<T, message::Request>) {
    out += name_of(value.kind);
    if (value.id) out += " id=" + *value.id;
    if (value.destination) {
      const auto* quick = std::get_if<message::QuickConnectRef>(&*value.destination);
      out += " to " + (quick != nullptr ? quick->endpoint_arn
                                        : std::get<message::DialPad>(*value.destination).number);
    }
    if (value.state) out += " " + value.state->code;
    if (value.options.release_on) out += " releaseOn=" + name_of(*value.options.release_on);
    if (value.options.on_failure) {
      out += " onFailure=";
      for (const auto& step : *value.options.on_failure)
        out += name_of(step.kind) + step.queue_arn + ",";
    }
  } else if constexpr (std::is_same_v<T, directory::Directory>) {
    out += "version " + std::to_string(value.version);
  } else {
    out += "...";
  }
}

template <class T>
std::string print_fields(const T& body) {
  std::string out;
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_any_access>>(
      [&](auto d) {
        // What a switch shows to a peer matters to no rule.
        if (std::strcmp(d.name, "presentation") == 0 || std::strcmp(d.name, "max_forwards") == 0)
          return;
        out += std::string(" ") + d.name + "=";
        print_value(out, body.*d.pointer);
      });
  return out;
}

template <class... T>
std::string type_name(const std::variant<T...>& value, std::initializer_list<const char*> names) {
  return *(names.begin() + value.index());
}

}  // namespace

void World::trace_input(const core::Input& input) {
  *trace_ +=
      "+" + std::to_string(input.at - 1'600'000'000'000) + " ms  " +
      type_name(input.body, {"Started",        "PolicyChanged", "DirectoryChanged", "QueueHours",
                             "Request",        "LegIncoming",   "LegRinging",       "LegAnswered",
                             "LegEnded",       "LegHeld",       "LegRefer",         "CommandResult",
                             "PhoneReachable", "TimerFired",    "BridgeOpened",     "BridgeClosed",
                             "BridgeReport",   "BridgeDone",    "BridgeListed",     "LegHeard",
                             "LegMuted"});
  std::visit([&](const auto& body) { *trace_ += print_fields(body); }, input.body);
  *trace_ += '\n';
}

void World::trace_output(const core::Output& output) {
  std::string& out = *trace_;
  if (const auto* command = std::get_if<core::Command>(&output)) {
    out += "      -> command " + std::to_string(command->id) + " " +
           type_name(command->body, {"RingLeg", "AnswerLeg", "DialLeg", "ParkLeg", "BridgeLegs",
                                     "EndLeg", "MuteLeg", "SendDtmf", "TalkLeg", "AnswerRefer",
                                     "NotifyRefer", "BridgeCommand"});
    std::visit([&](const auto& body) { out += print_fields(body); }, command->body);
    out += '\n';
  } else if (const auto* timer = std::get_if<core::ArmTimer>(&output)) {
    out += "      -> timer " + std::to_string(timer->timer) + " at +" +
           std::to_string(timer->at - 1'600'000'000'000) + " ms\n";
  } else if (const auto* reply = std::get_if<core::Reply>(&output)) {
    out += std::string("      -> reply ") +
           (reply->accepted ? "accepted"
                            : "refused: " + reply->error.value_or(message::ApiError{}).msg) +
           '\n';
  } else if (const auto* event = std::get_if<core::Publish>(&output)) {
    out += "      -> " + event->event.agent + ": ";
    if (const auto* call = std::get_if<message::CallEvent>(&event->event.body)) {
      out += "call " + call->leg.type + " " + call->leg.status + " (" + call->event + ")";
    } else if (const auto* state = std::get_if<message::SetAgentState>(&event->event.body)) {
      out += "state " + state->event;
    } else if (const auto* change = std::get_if<message::TransferStateChange>(&event->event.body)) {
      out += "transfer " + std::string(message::to_string(change->state)) + "/" +
             std::string(message::to_string(change->custody));
    } else if (const auto* error = std::get_if<message::ApiError>(&event->event.body)) {
      out += "error " + error->error_type + ": " + error->msg;
    } else {
      out += "signed in or out";
    }
    out += '\n';
  }
}

}  // namespace baton::simulation
