#include "engine/audit.hpp"

#include <fmt/format.h>

#include <variant>

#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::engine {

namespace {

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
  row.role = to_string(asked.role);
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
    // The error names the agent's own call, which need not be the one that he reached for.
    if (row.contact_id.empty() && reply.error->contact_id)
      row.contact_id = to_string(*reply.error->contact_id);
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
  row.target = target_of(*view.current.destination);
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
  row.role = to_string(directory::Role::agent);
  row.request = "SIP/REFER";
  row.result = "accepted";
  return row;
}

/// Why a REFER was refused, or nothing where it was not: a transfer that was accepted and failed at
/// once has an outcome.
std::optional<std::string> refusal_of(const core::LegRefer& refer, const core::Outputs& outputs) {
  bool refused = false;
  for (const core::Output& output : outputs) {
    if (const auto* published = std::get_if<core::Publish>(&output)) {
      const auto* error = std::get_if<message::ApiError>(&published->event.body);
      if (error != nullptr && !error->transfer_id)
        return std::string(message::to_string(error->reason));
    } else if (const auto* command = std::get_if<core::Command>(&output)) {
      const auto* answer = std::get_if<core::AnswerRefer>(&command->body);
      refused |= answer != nullptr && answer->refer == refer.refer && answer->code >= 300;
    }
  }
  if (!refused) return std::nullopt;
  return std::string(message::to_string(refer.replaces ? message::Reason::notSupported
                                                       : message::Reason::callNotOwned));
}

store::AuditRow refused_refer_of(const core::Input& input, const core::LegRefer& refer,
                                 const std::optional<core::LegOwner>& referrer,
                                 std::string reason) {
  store::AuditRow row;
  row.key = key_of(input, fmt::format("refer-{:016x}", input.entropy_low));
  row.at = input.at;
  row.event = "request";
  row.request = "SIP/REFER";
  if (referrer) {
    row.contact_id = to_string(referrer->contact);
    row.caller = referrer->agent;
    row.agent = referrer->agent;
    if (!row.caller.empty()) row.role = to_string(directory::Role::agent);
  }
  row.target = message::normalize_e164(refer.target_user)
                   .value_or(refer.target_user.substr(0, kLongestAuditTarget));
  row.result = "refused";
  row.reason = std::move(reason);
  return row;
}

}  // namespace

void audit_of(const core::Input& input, const core::Outputs& outputs, const std::string& address,
              const std::optional<core::LegOwner>& referrer,
              const std::function<void(store::AuditRow)>& add) {
  if (const auto* referred = std::get_if<core::LegRefer>(&input.body)) {
    if (std::optional<std::string> reason = refusal_of(*referred, outputs))
      add(refused_refer_of(input, *referred, referrer, std::move(*reason)));
  }
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
