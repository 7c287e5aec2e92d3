#include <algorithm>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::Reason;
using message::ReleaseOn;
using message::Request;

namespace {

std::optional<Refused> refuse(Reason reason, std::string msg,
                              std::optional<TransferId> running = {}) {
  return Refused{.reason = reason, .msg = std::move(msg), .running = running};
}

/// The SIP status a phone that sent REFER is told for a refusal or failure.
int refer_status(Reason reason) {
  switch (reason) {
    case Reason::invalidDestination:
    case Reason::destinationNotFound:
    case Reason::numberNotFound:
    case Reason::numberNotPossible:
      return 404;
    case Reason::busy:
      return 486;
    case Reason::noAnswer:
    case Reason::timeout:
      return 408;
    case Reason::canceled:
      return 487;
    case Reason::agentUnavailable:
    case Reason::queueClosed:
    case Reason::noAgentStaffed:
      return 480;
    case Reason::queueFull:
    case Reason::carrierUnavailable:
    case Reason::backendUnavailable:
      return 503;
    default:
      return 603;
  }
}

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Checks, before the customer is touched

std::optional<Refused> ContactCenter::Impl::resolve(const Agent& agent, const Request& request,
                                                    Transfer& transfer) const {
  message::DestinationView& view = transfer.view.current.destination;
  if (!request.destination)
    return refuse(Reason::invalidDestination, "data: a destination is missing");

  if (const auto* dial_pad = std::get_if<message::DialPad>(&*request.destination)) {
    if (!agent.record->allowed.dial_pad) {
      return refuse(Reason::destinationNotPermitted,
                    "data: '" + agent.login + "' may not dial numbers freely");
    }
    transfer.kind = TransferKind::number;
    transfer.number = dial_pad->number;
    view.type = "dial_pad";
    view.name = dial_pad->number;
    view.phone_number = dial_pad->number;
    return {};
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
  const directory::AllowedDestinations& allowed = agent.record->allowed;
  const bool permitted = found->kind == directory::QuickConnectKind::phone_number
                             ? allowed.phone_number
                         : found->kind == directory::QuickConnectKind::queue ? allowed.queue
                                                                             : allowed.agent;
  if (!permitted) {
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
      view.type = "phone_number";
      view.phone_number = found->phone_number;
      return {};
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
  message::OptionsInForce& options = transfer.view.current.options;
  const message::TransferOptions& asked = request.options;
  const std::vector<ReleaseOn>& possible =
      transfer.kind == TransferKind::number  ? capabilities_.release_on_number
      : transfer.kind == TransferKind::queue ? capabilities_.release_on_queue
                                             : capabilities_.release_on_agent;
  options.release_on =
      transfer.kind == TransferKind::number  ? capabilities_.default_release_on_number
      : transfer.kind == TransferKind::queue ? capabilities_.default_release_on_queue
                                             : capabilities_.default_release_on_agent;
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
    if (!capabilities_.fallback_after_release) {
      return refuse(Reason::optionNotSupported,
                    "options.onFailure: this back end has no fallback after release");
    }
    for (const message::FallbackStep& step : *asked.on_failure) {
      if (step.kind == message::FallbackKind::queue &&
          directory_->queue(step.queue_arn) == nullptr) {
        return refuse(Reason::destinationNotFound,
                      "options.onFailure: there is no queue '" + step.queue_arn + "'");
      }
    }
    options.on_failure = *asked.on_failure;
  } else if (capabilities_.fallback_after_release) {
    options.on_failure = {{.kind = message::FallbackKind::return_to_agent, .queue_arn = {}},
                          {.kind = message::FallbackKind::original_queue, .queue_arn = {}}};
  }
  options.note = asked.note;
  options.attributes = asked.attributes;
  return {};
}

std::optional<Refused> ContactCenter::Impl::blind_transfer(Agent& agent, const Request& request,
                                                           Reply& reply,
                                                           std::optional<ReferLink> refer) {
  // A repeat of a running one (a double click) gets its current event; another one has to wait for
  // it.
  const Contact* named = nullptr;
  if (request.contact_id) {
    if (const auto id = message::parse_uuid(*request.contact_id)) {
      named = contact(*id);
      if (named == nullptr) named = contact_of_leg(*id);
    }
  }
  for (const TransferId& id : agent.running) {
    const Transfer& running = *transfers_.at(id);
    if (request.contact_id && (named == nullptr || named->id != running.contact)) continue;
    if (running.content_hash == request.content_hash) {
      reply.transfer_id = running.id;
      reply.current = running.view.current;
      return {};
    }
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
                  "a transfer of this call is running; wait for it or cancel it", *call->transfer);
  }

  auto fresh = std::make_unique<Transfer>();
  Transfer& transfer = *fresh;
  transfer.agent = agent.login;
  transfer.contact = call->id;
  transfer.content_hash = request.content_hash;
  transfer.was_held = call->held;
  transfer.refer = refer;
  if ((refused = resolve(agent, request, transfer))) return refused;
  if ((refused = options_in_force(request, transfer))) return refused;
  if (transfer.kind == TransferKind::queue) {
    if ((refused = queue_refusal(*directory_->queue(transfer.target_queue_arn), true)))
      return refused;
  }
  if (transfer.kind == TransferKind::agent) {
    const Agent* target = this->agent(transfer.target_agent);
    if (target == nullptr || target->login == agent.login || !target->available()) {
      return refuse(Reason::agentUnavailable,
                    "data: the agent '" + transfer.target_agent + "' is not available (" +
                        (target == nullptr          ? "unknown"
                         : !target->logged_in       ? "logged out"
                         : !target->phone_reachable ? "no phone registered"
                                                    : target->state_name()) +
                        ")");
    }
  }

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
  for (const auto& [name, value] : transfer.view.current.options.attributes)
    call->attributes[name] = value;
  call->attributes["TransferredBy"] = agent.login;
  if (transfer.view.current.options.note)
    call->attributes["TransferNote"] = *transfer.view.current.options.note;

  reply.transfer_id = transfer.id;
  move(*call, transfer, TransferState::accepted, Custody::agent);
  publish_call_to(agent, *call, request.id);
  start_transfer(*call, transfer);
  return {};
}

// ---------------------------------------------------------------------------------------------------------------------
// The way of a transfer

void ContactCenter::Impl::move(Contact& contact, Transfer& transfer, TransferState state,
                               Custody custody, Reason reason, std::string detail) {
  message::TransferStateChange& current = transfer.view.current;
  const bool first = transfer.view.timeline.empty();
  if (!first && !may_follow(current.state, state)) ++counters_.illegal_moves;
  current.state = state;
  current.custody = custody;
  current.at = now_;
  current.reason = reason;
  current.position.reset();
  current.estimated_wait_seconds.reset();
  current.queue_name.reset();
  current.backend.reset();
  if (contact.queue && custody == Custody::queue) {
    current.position = position(contact);
    current.estimated_wait_seconds = estimated_wait(contact.queue->arn, *current.position);
    current.queue_name = queue_name(contact.queue->arn);
  }
  if (reason != Reason::none && message::is_outcome(state)) current.backend = transfer.backend;
  transfer.view.timeline.push_back({.at = now_,
                                    .state = state,
                                    .custody = custody,
                                    .reason = reason,
                                    .detail = std::move(detail)});
  if (Agent* primary = agent(transfer.agent)) publish(*primary, current, transfer.view.request_id);
  store(transfer);
}

void ContactCenter::Impl::start_transfer(Contact& contact, Transfer& transfer) {
  const message::OptionsInForce& options = transfer.view.current.options;
  switch (transfer.kind) {
    case TransferKind::queue:
      begin_release(contact, transfer);
      return;
    case TransferKind::agent: {
      Agent* target = agent(transfer.target_agent);
      move(contact, transfer, TransferState::dialing, Custody::agent);
      start_offer(contact, *target, OfferPurpose::transfer);
      target_alerting(contact, transfer);
      return;
    }
    case TransferKind::number:
      transfer.target_leg = draw_id();
      add_leg(contact, transfer.target_leg, LegRole::destination, transfer.number,
              LegPhase::dialing);
      transfer.ring_timer = arm(TimerKind::ring, contact.id,
                                now_ + static_cast<TimeMs>(options.ring_timeout_seconds) * 1000);
      command(DialLeg{.leg = transfer.target_leg,
                      .contact = contact.id,
                      .target = OutsideNumber{.number = transfer.number,
                                              .caller_id = policy_.default_caller_id.empty() &&
                                                                   !contact.outbound
                                                               ? contact.customer_number
                                                               : policy_.default_caller_id},
                      .media_of = contact.customer_leg,
                      .presentation = contact.presentation,
                      .max_forwards = contact.max_forwards - 1},
              {.purpose = Purpose::target_dial,
               .contact = contact.id,
               .leg = transfer.target_leg,
               .agent = transfer.agent,
               .request_id = {}});
      if (options.release_on == ReleaseOn::accepted) begin_release(contact, transfer);
      return;
  }
}

void ContactCenter::Impl::target_alerting(Contact& contact, Transfer& transfer) {
  if (transfer.state() != TransferState::alerting) {
    move(contact, transfer, TransferState::alerting,
         transfer.released ? Custody::server : Custody::agent);
  }
  tell_refer(contact, transfer, 180, false);
  const ReleaseOn when = transfer.view.current.options.release_on;
  if (!transfer.released && !transfer.releasing && when != ReleaseOn::answered)
    begin_release(contact, transfer);
}

void ContactCenter::Impl::target_answered(Contact& contact, Transfer& transfer) {
  cancel(transfer.ring_timer);
  if (transfer.released) {
    join_target(contact, transfer);
  } else if (!transfer.releasing) {
    begin_release(contact, transfer);
  }
}

void ContactCenter::Impl::park(Contact& contact, Sound sound, Purpose purpose) {
  command(ParkLeg{.leg = contact.customer_leg, .sound = sound}, {.purpose = purpose,
                                                                 .contact = contact.id,
                                                                 .leg = contact.customer_leg,
                                                                 .agent = {},
                                                                 .request_id = {}});
}

void ContactCenter::Impl::begin_release(Contact& contact, Transfer& transfer) {
  transfer.releasing = true;
  transfer.park_timer = arm(TimerKind::release_park, contact.id, now_ + policy_.park_timeout_ms);
  park(contact, transfer.kind == TransferKind::queue ? Sound::queue : Sound::ringback,
       Purpose::release_park);
}

void ContactCenter::Impl::finish_release(Contact& contact, Transfer& transfer) {
  // Once he is parked, or after two seconds all the same: a failed hold never drops the customer.
  if (transfer.released) return;
  cancel(transfer.park_timer);
  transfer.releasing = false;
  transfer.released = true;
  transfer.view.released_at = now_;
  complete_transfers(contact);
  end_leg(contact, contact.agent_leg);
  if (Agent* primary = agent(transfer.agent);
      primary != nullptr && primary->contact == contact.id) {
    finish_call_for(*primary, contact, Activity::acw, "ACW");
  }
  contact.agent.clear();
  contact.held = false;
  contact.held_by_phone = false;
  contact.avoid_agent = transfer.agent;

  if (transfer.kind == TransferKind::queue) {
    enqueue(contact, transfer.target_queue_arn, now_, false,
            transfer.view.current.options.queue_timeout_seconds);
    move(contact, transfer, TransferState::queued, Custody::queue);
    store(contact);
    (void)try_offer(contact);
    return;
  }
  move(contact, transfer, transfer.state(), Custody::server);
  if (transfer.answered) join_target(contact, transfer);
}

void ContactCenter::Impl::release_by_agent(Contact& contact, Transfer& transfer, bool at_once) {
  if (transfer.released) return;
  if (!transfer.releasing) begin_release(contact, transfer);
  if (at_once) finish_release(contact, transfer);
}

void ContactCenter::Impl::join_target(Contact& contact, Transfer& transfer) {
  if (transfer.kind == TransferKind::number) {
    bridge(contact, transfer.target_leg, Purpose::target_bridge);
  } else if (contact.offer) {
    bridge(contact, contact.offer->leg, Purpose::offer_bridge);
  }
}

void ContactCenter::Impl::transfer_connected(Contact& contact, Transfer& transfer,
                                             const std::string& to, bool is_agent) {
  transfer.view.current.connected_to = to;
  transfer.view.current.connected_to_agent = is_agent;
  contact.connected_transfers.push_back(transfer.id);
  end_transfer(contact, transfer, TransferState::connected, Custody::destination, Reason::none);
  store(contact);
}

// ---------------------------------------------------------------------------------------------------------------------
// When it does not work

void ContactCenter::Impl::restore_agent(Contact& contact, Transfer& transfer) {
  if (!transfer.releasing) return;
  transfer.releasing = false;
  cancel(transfer.park_timer);
  if (transfer.was_held) {
    park(contact, Sound::hold, Purpose::wait_park);
  } else {
    bridge(contact, contact.agent_leg, Purpose::back_bridge);
  }
}

void ContactCenter::Impl::fail_transfer(Contact& contact, Transfer& transfer, Reason reason,
                                        std::optional<message::BackendError> backend) {
  cancel(transfer.ring_timer);
  if (transfer.failure == Reason::none) {
    transfer.failure = reason;
    transfer.failure_stage = message::to_string(transfer.state());
    transfer.backend = std::move(backend);
  }
  transfer.answered = false;
  if (!transfer.target_leg.is_nil()) end_leg(contact, transfer.target_leg);
  if (contact.offer && contact.offer->purpose == OfferPurpose::transfer)
    end_offer(contact, Activity::idle, "Dropped");
  if (transfer.released) {
    next_fallback(contact, transfer);
    return;
  }
  restore_agent(contact, transfer);
  end_transfer(contact, transfer, TransferState::failed, Custody::agent, transfer.failure);
  publish_call(contact);
}

bool ContactCenter::Impl::may_return(const Contact& contact, const Transfer& transfer) {
  const Agent* primary = agent(transfer.agent);
  if (primary == nullptr || primary->record == nullptr || !primary->record->enabled ||
      !primary->logged_in || !primary->phone_reachable) {
    return false;
  }
  if (primary->activity == Activity::acw)
    return primary->finished && primary->finished->contact == contact.id;
  if (primary->activity != Activity::idle) return false;
  return transfer.taking_back || primary->chosen.type == "routable";
}

void ContactCenter::Impl::give_back(Contact& contact, Transfer& transfer, OfferPurpose purpose) {
  start_offer(contact, *agent(transfer.agent), purpose);
}

void ContactCenter::Impl::requeue(Contact& contact, Transfer& transfer, const std::string& arn,
                                  int timeout_seconds) {
  park(contact, Sound::queue, Purpose::wait_park);
  // His waiting time is credited: he stands where he stood when he first called.
  enqueue(contact, arn, contact.queued_at == 0 ? contact.started_at : contact.queued_at, true,
          timeout_seconds);
  move(contact, transfer, TransferState::requeued, Custody::queue, transfer.failure);
  store(contact);
  (void)try_offer(contact);
}

void ContactCenter::Impl::next_fallback(Contact& contact, Transfer& transfer) {
  transfer.answered = false;
  transfer.taking_back = false;
  const message::OptionsInForce& options = transfer.view.current.options;
  while (transfer.next_step < options.on_failure.size()) {
    const message::FallbackStep step = options.on_failure[transfer.next_step++];
    switch (step.kind) {
      case message::FallbackKind::return_to_agent:
        if (!may_return(contact, transfer)) break;
        move(contact, transfer, TransferState::returning, Custody::server, transfer.failure);
        give_back(contact, transfer, OfferPurpose::giving_back);
        return;
      case message::FallbackKind::original_queue:
        if (directory_->queue(contact.original_queue_arn) == nullptr) break;
        requeue(contact, transfer, contact.original_queue_arn, options.queue_timeout_seconds);
        return;
      case message::FallbackKind::queue:
        if (directory_->queue(step.queue_arn) == nullptr) break;
        requeue(contact, transfer, step.queue_arn, options.queue_timeout_seconds);
        return;
      case message::FallbackKind::disconnect:
        end_transfer(contact, transfer, TransferState::failed, Custody::gone, transfer.failure);
        end_contact(contact);
        return;
    }
  }
  if (!transfer.last_resort) {
    const directory::Queue* last = directory_->queue(policy_.last_resort_queue);
    if (last == nullptr) last = directory_->queue_by_name(policy_.last_resort_queue);
    if (last != nullptr) {
      transfer.last_resort = true;
      requeue(contact, transfer, last->arn, last->max_wait_seconds);
      return;
    }
  }
  // The chain has ended and nobody took the call: it says so, and does not leave him in silence for
  // ever.
  end_transfer(contact, transfer, TransferState::failed, Custody::gone, transfer.failure);
  end_contact(contact);
}

std::optional<Refused> ContactCenter::Impl::cancel_transfer(Agent& agent,
                                                            const RequestInput& input) {
  const Request& request = input.request;
  Transfer* transfer = nullptr;
  if (request.transfer_id) {
    const auto id = message::parse_uuid(*request.transfer_id);
    const auto found = id ? transfers_.find(*id) : transfers_.end();
    if (found != transfers_.end() && !message::is_outcome(found->second->state()))
      transfer = found->second.get();
  } else if (agent.running.size() == 1) {
    transfer = transfers_.at(agent.running.front()).get();
  } else if (agent.running.size() > 1) {
    return refuse(Reason::ambiguousCall, "data.transferId: '" + agent.login + "' has " +
                                             std::to_string(agent.running.size()) +
                                             " running transfers; name the one to cancel");
  }
  if (transfer == nullptr) {
    return refuse(Reason::noActiveCall,
                  "data.transferId: there is no running transfer" +
                      (request.transfer_id ? " '" + *request.transfer_id + "'" : std::string{}));
  }
  if (transfer->agent != agent.login && input.role == directory::Role::agent) {
    return refuse(Reason::callNotOwned,
                  "data.transferId: it is not a transfer of '" + agent.login + "'");
  }
  Contact& call = *contact(transfer->contact);
  if (transfer->answered) {
    return refuse(Reason::transferInProgress, "the destination has answered already", transfer->id);
  }
  const bool by_himself = transfer->agent == agent.login && input.role == directory::Role::agent;

  if (transfer->released) {
    if (transfer->state() == TransferState::returning) {
      // He is being rung already; his taking back is the answer.
      if (call.offer && !call.offer->dialed && by_himself) ring_offer(call, true, request.id);
      return {};
    }
    transfer->taking_back = by_himself;
    if (!may_return(call, *transfer)) {
      transfer->taking_back = false;
      return refuse(Reason::agentUnavailable,
                    "agent: '" + transfer->agent +
                        "' cannot take the customer back now: he needs a registered phone "
                        "and no other call");
    }
  }
  cancel(transfer->ring_timer);
  if (!transfer->target_leg.is_nil()) end_leg(call, transfer->target_leg);
  leave_queue(call);
  if (call.offer) end_offer(call, Activity::idle, "Dropped");
  transfer->failure = Reason::canceled;
  transfer->failure_stage = message::to_string(transfer->state());
  if (!transfer->released) {
    restore_agent(call, *transfer);
    end_transfer(call, *transfer, TransferState::canceled, Custody::agent, Reason::canceled);
    publish_call(call);
    return {};
  }
  if (by_himself) {
    move(call, *transfer, transfer->state(), Custody::server, Reason::canceled, "taken back");
    give_back(call, *transfer, OfferPurpose::take_back);
  } else {
    move(call, *transfer, TransferState::returning, Custody::server, Reason::canceled);
    give_back(call, *transfer, OfferPurpose::giving_back);
  }
  return {};
}

void ContactCenter::Impl::publish_failure(const Contact& contact, const Transfer& transfer,
                                          Custody custody) {
  Agent* primary = agent(transfer.agent);
  if (primary == nullptr) return;
  message::ApiError error;
  error.error_type = message::error_type(message::RequestKind::blind_transfer, "BlindTransfer");
  error.error_message = message::error_message(error.error_type);
  error.msg = transfer.backend && !transfer.backend->text.empty()
                  ? transfer.backend->text
                  : std::string(message::to_string(transfer.failure));
  error.reason = transfer.failure;
  error.transfer_id = transfer.id;
  error.contact_id = contact.id;
  error.stage = transfer.failure_stage;
  error.retryable = is_retryable(transfer.failure) && custody == Custody::agent;
  error.customer_location = message::to_string(custody);
  error.agent_state = primary->state_name();
  error.suggested_action = suggested_action(transfer.failure);
  error.backend = transfer.backend;
  publish(*primary, std::move(error), transfer.view.request_id);
}

void ContactCenter::Impl::end_transfer(Contact& contact, Transfer& transfer, TransferState outcome,
                                       Custody custody, Reason reason) {
  cancel(transfer.ring_timer);
  cancel(transfer.park_timer);
  transfer.view.outcome_at = now_;
  move(contact, transfer, outcome, custody, reason);
  if (!transfer.target_leg.is_nil() && outcome != TransferState::connected)
    end_leg(contact, transfer.target_leg);
  contact.transfer.reset();
  if (Agent* primary = agent(transfer.agent)) std::erase(primary->running, transfer.id);
  --counters_.transfers_open;
  int status = 0;
  switch (outcome) {
    case TransferState::connected:
      ++counters_.connected;
      status = 200;
      break;
    case TransferState::returned:
      ++counters_.returned;
      break;
    case TransferState::canceled:
      ++counters_.canceled;
      status = 487;
      break;
    case TransferState::failed:
      ++counters_.failed;
      break;
    case TransferState::abandoned:
      ++counters_.abandoned;
      status = 487;
      break;
    default:
      ++counters_.handed_over;
      break;
  }
  tell_refer(contact, transfer, status != 0 ? status : refer_status(transfer.failure), true);
  if (outcome == TransferState::failed || outcome == TransferState::returned) {
    publish_failure(contact, transfer, custody);
  }
  if (outcome != TransferState::connected) settled_.push_back(transfer.id);
}

void ContactCenter::Impl::complete_transfers(Contact& contact) {
  for (const TransferId& id : contact.connected_transfers) {
    const auto found = transfers_.find(id);
    if (found == transfers_.end()) continue;
    move(contact, *found->second, TransferState::completed, Custody::gone);
    settled_.push_back(id);
  }
  contact.connected_transfers.clear();
}

// ---------------------------------------------------------------------------------------------------------------------
// The transfer key of the agent's phone

void ContactCenter::Impl::tell_refer(const Contact& contact, const Transfer& transfer, int code,
                                     bool final) {
  if (!transfer.refer) return;
  const Leg* leg = contact.leg(transfer.refer->leg);
  if (leg == nullptr || !leg->alive()) return;  // RFC 3515: the subscription ends with its dialog.
  command(NotifyRefer{
      .leg = transfer.refer->leg, .refer = transfer.refer->refer, .code = code, .final = final});
}

void ContactCenter::Impl::on(const LegRefer& event) {
  const auto answer = [&](int code) {
    command(AnswerRefer{.leg = event.leg, .refer = event.refer, .code = code});
  };
  Contact* call = contact_of_leg(event.leg);
  if (call == nullptr || call->agent_leg != event.leg || call->agent.empty()) {
    answer(603);
    return;
  }
  if (event.replaces) {
    answer(501);
    return;
  }
  Agent& who = *agent(call->agent);
  Request request;
  request.kind = message::RequestKind::blind_transfer;
  request.topic = "InboundCall";
  request.subtopic = "BlindTransfer";
  request.source = "phone";
  request.contact_id = to_string(call->id);
  const directory::QuickConnect* object = nullptr;
  if (const auto number = message::normalize_e164(event.target_user)) {
    request.destination = message::DialPad{*number};
  } else {
    object = directory_->quick_connect_by_name(event.target_user);
    if (object == nullptr) {
      for (const directory::QuickConnect& each : directory_->directory().quick_connects) {
        if (each.kind == directory::QuickConnectKind::agent &&
            each.agent_login == event.target_user) {
          object = &each;
          break;
        }
      }
    }
    if (object != nullptr) {
      message::QuickConnectRef ref;
      ref.type = static_cast<message::QuickConnectType>(object->kind);
      ref.name = object->name;
      ref.endpoint_arn = object->arn;
      request.destination = std::move(ref);
    }
  }
  // FNV-1a over the target, so that a phone's repeated REFER is known as a repeat.
  request.content_hash = 1469598103934665603ULL;
  for (const char c : event.target_user) {
    request.content_hash =
        (request.content_hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }

  Reply reply;
  std::optional<Refused> refused;
  if (!request.destination) {
    refused = refuse(Reason::destinationNotFound,
                     "Refer-To: '" + event.target_user +
                         "' is neither an E.164 number nor the name of a quick connect "
                         "nor an agent's login");
  } else {
    answer(202);
    refused =
        blind_transfer(who, request, reply, ReferLink{.leg = event.leg, .refer = event.refer});
  }
  if (!refused) {
    command(NotifyRefer{.leg = event.leg, .refer = event.refer, .code = 100, .final = false});
    return;
  }
  ++counters_.transfers_refused;
  const int code = refer_status(refused->reason);
  if (request.destination) {
    command(NotifyRefer{.leg = event.leg, .refer = event.refer, .code = code, .final = true});
  } else {
    answer(code);
  }
  // Nobody waits for a reply: the desktop is told as of any failure.
  message::ApiError error;
  error.error_type = message::error_type(message::RequestKind::blind_transfer, "BlindTransfer");
  error.error_message = message::error_message(error.error_type);
  error.msg = refused->msg;
  error.reason = refused->reason;
  error.running_transfer_id = refused->running;
  error.contact_id = call->id;
  error.retryable = is_retryable(refused->reason);
  error.customer_location = "agent";
  error.agent_state = who.state_name();
  error.suggested_action = suggested_action(refused->reason);
  publish(who, std::move(error));
}

}  // namespace baton::core
