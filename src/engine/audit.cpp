#include "engine/audit.hpp"

#include <fmt/format.h>

#include <variant>

#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::engine {

namespace {

std::string_view role_name(directory::Role role) {
  switch (role) {
    case directory::Role::agent:
      return "agent";
    case directory::Role::supervisor:
      return "supervisor";
    case directory::Role::service:
      return "service";
  }
  return "";
}

/// A number alone, since it must be found again when it is to be erased.
std::string target_of(const message::Request& request) {
  if (!request.destination) return {};
  if (const auto* typed = std::get_if<message::DialPad>(&*request.destination))
    return typed->number;
  const auto& object = std::get<message::QuickConnectRef>(*request.destination);
  if (object.phone_number && !object.phone_number->empty()) return *object.phone_number;
  return object.name;
}

std::string target_of(const message::DestinationView& destination) {
  if (destination.phone_number && !destination.phone_number->empty()) {
    return *destination.phone_number;
  }
  return destination.name;
}

/// Time first, so that the table's index grows at its end.
std::string key_of(const core::Input& input, std::string_view of_what) {
  return fmt::format("{:012x}-{}", input.at, of_what);
}

store::AuditRow line_of(const core::Input& input, const core::RequestInput& asked,
                        const core::Reply& reply) {
  store::AuditRow row;
  row.key = key_of(input, fmt::format("{:016x}", input.entropy_low));
  row.at = input.at;
  row.event = "request";
  row.caller = asked.caller;
  row.role = role_name(asked.role);
  row.agent = asked.agent;
  row.request = asked.request.topic + '/' + asked.request.subtopic;
  row.request_id = asked.request.id.value_or("");
  row.contact_id = asked.request.contact_id.value_or("");
  row.transfer_id = asked.request.transfer_id.value_or("");
  row.target = target_of(asked.request);
  row.result = reply.accepted && !reply.error ? "accepted" : "refused";
  if (reply.transfer_id) row.transfer_id = to_string(*reply.transfer_id);
  if (reply.error) {
    row.reason = message::to_string(reply.error->reason);
    if (reply.error->contact_id) row.contact_id = to_string(*reply.error->contact_id);
  }
  return row;
}

store::AuditRow line_of(const core::Input& input, const message::TransferView& view) {
  store::AuditRow row;
  row.at = input.at;
  row.agent = view.agent;
  row.request_id = view.request_id.value_or("");
  row.contact_id = to_string(view.current.contact_id);
  row.transfer_id = to_string(view.current.transfer_id);
  row.target = target_of(view.current.destination);
  return row;
}

store::AuditRow outcome_of(const core::Input& input, const message::TransferView& view) {
  store::AuditRow row = line_of(input, view);
  row.key = key_of(input, "outcome-" + row.transfer_id);
  row.event = "outcome";
  row.result = message::to_string(view.current.state);
  if (view.current.reason != message::Reason::none) {
    row.reason = message::to_string(view.current.reason);
  }
  return row;
}

/// A transfer that the agent's phone asked for; who he is was proved by its registration.
store::AuditRow refer_of(const core::Input& input, const message::TransferView& view) {
  store::AuditRow row = line_of(input, view);
  row.key = key_of(input, "refer-" + row.transfer_id);
  row.event = "request";
  row.caller = row.agent;
  row.role = role_name(directory::Role::agent);
  row.request = "SIP/REFER";
  row.result = "accepted";
  return row;
}

}  // namespace

void audit_of(const core::Input& input, const core::Outputs& outputs, const std::string& address,
              const std::function<void(store::AuditRow)>& add) {
  const auto* asked = std::get_if<core::RequestInput>(&input.body);
  const bool refer = std::holds_alternative<core::LegRefer>(input.body);
  for (const core::Output& output : outputs) {
    if (const auto* reply = std::get_if<core::Reply>(&output)) {
      if (asked == nullptr || reply->key != asked->reply) continue;
      store::AuditRow row = line_of(input, *asked, *reply);
      row.address = address;
      add(std::move(row));
    } else if (const auto* stored = std::get_if<core::StoreTransfer>(&output)) {
      const message::TransferView& view = *stored->transfer;
      if (refer && view.current.state == message::TransferState::accepted) {
        add(refer_of(input, view));
      } else if (is_outcome(view.current.state) &&
                 view.current.state != message::TransferState::completed) {
        // That the call ended, later, is information.
        add(outcome_of(input, view));
      }
    }
  }
}

}  // namespace baton::engine
