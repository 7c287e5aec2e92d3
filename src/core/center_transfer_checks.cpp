// The checks of a blind transfer: before the customer is touched.

#include <algorithm>
#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"
#include "message/request_options.hpp"

namespace baton::core {

using message::Reason;
using message::ReleaseOn;
using message::Request;

std::optional<Refused> ContactCenter::Impl::resolve(
    const Agent& agent, const Request& request, const std::optional<directory::NumberFacts>& facts,
    Transfer& transfer) const {
  message::DestinationView& view = transfer.view.current.destination.own();
  if (!request.destination)
    return refuse(Reason::invalidDestination, "data: a destination is missing");

  if (const auto* dial_pad = std::get_if<message::DialPad>(&*request.destination)) {
    if (!agent.record->allowed.dial_pad) {
      return refuse(Reason::destinationNotPermitted,
                    "data: '" + agent.login + "' may not dial numbers freely");
    }
    transfer.kind = TransferKind::number;
    transfer.number = dial_pad->number;
    transfer.number_facts = facts.value_or(directory::NumberFacts{});
    view.type = "dial_pad";
    view.name = dial_pad->number;
    view.phone_number = dial_pad->number;
    return number_refusal(transfer.number, facts);
  }

  const auto& wanted = std::get<message::QuickConnectRef>(*request.destination);
  const directory::QuickConnect* found = directory_->quick_connect(wanted.endpoint_arn);
  if (found == nullptr) {
    return refuse(Reason::destinationNotFound, "data.endpointARN: there is no quick connect '" +
                                                   wanted.endpoint_arn + "' in this directory");
  }
  if (static_cast<int>(found->kind) != static_cast<int>(wanted.type)) {
    return refuse(Reason::invalidDestination, "data.type: the quick connect '" + found->name +
                                                  "' is of another type than the message says");
  }
  if (!directory_->may_use(*agent.record, *found)) {
    return refuse(Reason::destinationNotPermitted, "data.endpointARN: no queue of '" + agent.login +
                                                       "' shows the quick connect '" + found->name +
                                                       "'");
  }
  if (!directory::allows(agent.record->allowed, found->kind)) {
    return refuse(
        Reason::destinationNotPermitted,
        "data.type: '" + agent.login + "' may not transfer to quick connects of this type");
  }
  view.name = found->name;
  view.endpoint_arn = found->arn;
  switch (found->kind) {
    case directory::QuickConnectKind::phone_number:
      // A tampered message must not dial elsewhere.
      if (wanted.phone_number &&
          message::normalize_e164(*wanted.phone_number) != found->phone_number) {
        return refuse(Reason::invalidDestination, "data.phoneNumber: '" + *wanted.phone_number +
                                                      "' is not the number of the quick connect '" +
                                                      found->name + "'");
      }
      transfer.kind = TransferKind::number;
      transfer.number = found->phone_number;
      transfer.number_facts = found->number_facts;
      view.type = "phone_number";
      view.phone_number = found->phone_number;
      return number_refusal(transfer.number, transfer.number_facts);
    case directory::QuickConnectKind::queue: {
      const directory::Queue* queue = directory_->queue(found->queue_arn);
      if (queue == nullptr) {
        return refuse(Reason::destinationNotFound,
                      "data.endpointARN: the queue behind '" + found->name + "' is gone");
      }
      transfer.kind = TransferKind::queue;
      transfer.target_queue_arn = queue->arn;
      view.type = "queue";
      view.queue = queue->name;
      return {};
    }
    case directory::QuickConnectKind::agent:
      transfer.kind = TransferKind::agent;
      transfer.target_agent = found->agent_login;
      view.type = "agent";
      view.agent_login = found->agent_login;
      return {};
  }
  return refuse(Reason::internal, "data.type: unknown");
}

std::optional<Refused> ContactCenter::Impl::options_in_force(const Request& request,
                                                             Transfer& transfer) const {
  message::OptionsInForce& options = transfer.view.current.options.own();
  const message::TransferOptions& asked = request.options;
  const std::vector<ReleaseOn>& possible =
      transfer.kind == TransferKind::number  ? policy_.capabilities.release_on_number
      : transfer.kind == TransferKind::queue ? policy_.capabilities.release_on_queue
                                             : policy_.capabilities.release_on_agent;
  options.release_on =
      transfer.kind == TransferKind::number  ? policy_.capabilities.default_release_on_number
      : transfer.kind == TransferKind::queue ? policy_.capabilities.default_release_on_queue
                                             : policy_.capabilities.default_release_on_agent;
  if (asked.release_on) {
    if (std::ranges::find(possible, *asked.release_on) == possible.end()) {
      return refuse(
          Reason::optionNotSupported,
          "options.releaseOn: this back end cannot release then for this kind of destination; "
          "App / StateSync tells what it can");
    }
    options.release_on = *asked.release_on;
  }
  options.ring_timeout_seconds = asked.ring_timeout_seconds.value_or(policy_.ring_timeout_seconds);
  options.queue_timeout_seconds =
      asked.queue_timeout_seconds.value_or(policy_.queue_timeout_seconds);
  if (asked.on_failure) {
    if (!policy_.capabilities.fallback_after_release) {
      return refuse(Reason::optionNotSupported,
                    "options.onFailure: this back end has no fallback after release");
    }
    options.on_failure = *asked.on_failure;
    for (message::FallbackStep& step : options.on_failure) {
      if (step.kind != message::FallbackKind::queue || directory_->queue(step.queue_arn) != nullptr)
        continue;
      // A desktop knows a queue by its quick connect. The chain, and what is told of it, has the
      // queue's own ARN, which outlives the quick connect.
      const directory::QuickConnect* to = directory_->quick_connect(step.queue_arn);
      if (to == nullptr || to->kind != directory::QuickConnectKind::queue ||
          directory_->queue(to->queue_arn) == nullptr) {
        return refuse(Reason::destinationNotFound,
                      "options.onFailure: there is no queue '" + step.queue_arn +
                          "' in this directory; name a queue's ARN, or that of its quick connect");
      }
      step.queue_arn = to->queue_arn;
    }
  } else if (policy_.capabilities.fallback_after_release) {
    options.on_failure = {{.kind = message::FallbackKind::return_to_agent, .queue_arn = {}},
                          {.kind = message::FallbackKind::original_queue, .queue_arn = {}}};
  }
  options.note = asked.note;
  options.attributes = asked.attributes;
  return {};
}

void ContactCenter::Impl::hand_on(const Transfer& transfer, message::CallVariables& attributes) {
  const message::OptionsInForce& options = *transfer.view.current.options;
  // The note is its sender's: that of an earlier one would be taken for his.
  attributes.erase("TransferNote");
  for (const auto& [name, value] : options.attributes) attributes.insert_or_assign(name, value);
  attributes.insert_or_assign("TransferredBy", transfer.agent);
  if (options.note) attributes.insert_or_assign("TransferNote", *options.note);
}

std::optional<Refused> ContactCenter::Impl::attributes_refusal(const Contact& contact,
                                                               const Transfer& transfer) {
  // One transfer's are measured where they are read; here it is what a call gathers on its way.
  if (transfer.view.current.options->attributes.empty()) return {};
  message::CallVariables all = contact.attributes;
  hand_on(transfer, all);
  std::size_t bytes = 0;
  for (const auto& [name, value] : all) {
    if (name != "TransferredBy" && name != "TransferNote") bytes += name.size() + value.size();
  }
  if (bytes <= message::kMaxAttributeBytes) return {};
  return refuse(Reason::optionNotSupported,
                "options.attributes: " + std::to_string(bytes) +
                    " bytes were seen with those of the call's earlier transfers, at most " +
                    std::to_string(message::kMaxAttributeBytes) +
                    " are allowed; send fewer, or use names that the call has already");
}

std::optional<Refused> ContactCenter::Impl::destination_refusal(const Agent& agent,
                                                                const Transfer& transfer,
                                                                TimeMs now) const {
  if (mirrored()) {
    if (auto refused = unlisted_refusal(agent, transfer)) return refused;
  }
  // Who serves which queue, and who is free, is Amazon Connect's to know.
  if (mirrored() && transfer.kind != TransferKind::number) return {};
  switch (transfer.kind) {
    case TransferKind::number:
      return dial_rate_refusal(agent, transfer.number, now);
    case TransferKind::queue:
      return queue_refusal(*directory_->queue(transfer.target_queue_arn), true);
    case TransferKind::agent:
      break;
  }
  const auto found = agents_.find(transfer.target_agent);
  const Agent* target = found == agents_.end() ? nullptr : &found->second;
  if (target != nullptr && target->login != agent.login && target->available()) return {};
  return refuse(Reason::agentUnavailable, "data: the agent '" + transfer.target_agent +
                                              "' is not available (" +
                                              (target == nullptr          ? "unknown"
                                               : !target->logged_in       ? "logged out"
                                               : !target->phone_reachable ? "no phone registered"
                                                                          : target->state_name()) +
                                              ")");
}

std::optional<Refused> ContactCenter::Impl::blind_transfer(
    Agent& agent, const Request& request, const std::optional<directory::NumberFacts>& facts,
    Reply& reply, std::optional<ReferLink> refer) {
  // A repeat of a running one (a double click) gets its current event; another one has to wait for
  // it.
  const Contact* named = nullptr;
  if (request.contact_id && mirrored()) {
    std::optional<Refused> not_his;  // Told below, where he is asked for again.
    named = mirrored_contact(agent, request, not_his);
  } else if (request.contact_id) {
    if (const auto id = message::parse_uuid(*request.contact_id)) {
      named = named_contact(agent, *id);
    }
  }
  // Who talks with the next customer means him, although the last one's transfer still runs.
  const Contact* talking = agent.contact ? contact(*agent.contact) : nullptr;
  if (talking != nullptr && (talking->agent != agent.login || !talking->active()))
    talking = nullptr;
  const auto may_be_meant = [&](const Transfer& running) {
    if (request.contact_id) return named != nullptr && named->id == running.contact;
    return talking == nullptr || talking->id == running.contact;
  };
  // The newest first: of two equal ones it is the one that was clicked last.
  for (auto id = agent.running.rbegin(); id != agent.running.rend(); ++id) {
    const Transfer& running = *transfers_.at(*id);
    if (!may_be_meant(running) || running.content_hash != request.content_hash ||
        planted(PlantedFault::double_click))
      continue;
    reply.transfer_id = running.id;
    reply.current = running.view.current;
    if (refer) accept_refer(*refer);
    return {};
  }
  for (const TransferId& id : agent.running) {
    const Transfer& running = *transfers_.at(id);
    if (!may_be_meant(running)) continue;
    if (named != nullptr || !agent.contact || *agent.contact == running.contact) {
      return refuse(Reason::transferInProgress,
                    "a transfer of this call is running (" + to_string(running.id) +
                        "); wait for it or cancel it",
                    running.id);
    }
  }

  std::optional<Refused> refused;
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr) return refused;
  if (call->agent != agent.login || !call->active()) {
    return refuse(Reason::noActiveCall,
                  "agent: '" + agent.login + "' is not talking with a customer");
  }
  if (call->transfer) {
    return refuse(Reason::transferInProgress,
                  "a transfer of this call is running; wait for it or cancel it", call->transfer);
  }

  if (call->mirror) {
    refused = mirror_transfer_refusal(agent, *call, request);
    if (refused) return refused;
  }

  auto fresh = std::make_unique<Transfer>();
  Transfer& transfer = *fresh;
  transfer.agent = agent.login;
  transfer.contact = call->id;
  transfer.content_hash = request.content_hash;
  transfer.was_held = call->held;
  transfer.refer = refer;
  refused = resolve(agent, request, facts, transfer);
  if (refused) return refused;
  refused = options_in_force(request, transfer);
  if (refused) return refused;
  refused = attributes_refusal(*call, transfer);
  if (refused) return refused;
  refused = destination_refusal(agent, transfer, now_);
  if (refused) return refused;
  if (call->mirror) {
    refused = late_party_refusal(*call, transfer);
    if (refused) return refused;
  }
  if (transfer.kind == TransferKind::number) count_dial(agent, transfer.number);

  transfer.id = draw_id();
  transfer.view.agent = agent.login;
  transfer.view.request_id = request.id;
  transfer.view.accepted_at = now_;
  transfer.view.current.transfer_id = transfer.id;
  transfer.view.current.contact_id = call->id;
  transfers_.emplace(transfer.id, std::move(fresh));
  agent.running.push_back(transfer.id);
  call->transfer = transfer.id;
  call->all_transfers.push_back(transfer.id);
  ++counters_.transfers_accepted;
  ++counters_.transfers_open;

  reply.transfer_id = transfer.id;
  if (refer) accept_refer(*refer);
  move(*call, transfer, TransferState::accepted, Custody::agent);
  publish_call_to(agent, *call);
  start_transfer(*call, transfer);
  return {};
}

}  // namespace baton::core
