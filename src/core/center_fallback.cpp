// When a transfer does not work: the fallback chain, taking back, the outcome.

#include <algorithm>
#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Reason;
using message::Request;

void ContactCenter::Impl::restore_agent(Contact& contact, Transfer& transfer) {
  if (!transfer.releasing) return;
  transfer.releasing = false;
  cancel(transfer.park_timer);
  stop_releasing(contact);
  // By what is now: a Hold or Resume that was under way may have been done since.
  if (contact.held) {
    park(contact, Sound::hold, Purpose::wait_park);
  } else {
    bridge(contact, contact.agent_leg, Purpose::back_bridge);
  }
}

void ContactCenter::Impl::fail_transfer(Contact& contact, Transfer& transfer, Reason reason,
                                        std::optional<message::BackendError> backend) {
  transfer.answered = false;
  // Who has hung up is not given the customer back; the release does not wait for the park then.
  if (transfer.left && !planted(PlantedFault::left_given_back))
    release_by_agent(contact, transfer, true);
  const Because asked(*this, transfer.agent, transfer.view.request_id);
  cancel(transfer.ring_timer);
  // Before the release a join is the agent's own: a Resume that is under way.
  if (transfer.released) stop_bridging(contact);
  if (transfer.failure == Reason::none) {
    transfer.failure = reason;
    transfer.failure_stage = message::to_string(transfer.state());
    transfer.backend = std::move(backend);
  }
  if (!transfer.target_leg.is_nil() && !planted(PlantedFault::leg_forgotten))
    end_leg(contact, transfer.target_leg);
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
  if (primary == nullptr || !primary->may_act() || !primary->logged_in ||
      !primary->phone_reachable) {
    return false;
  }
  if (primary->activity == Activity::acw)
    return primary->finished && primary->finished->contact == contact.id;
  if (primary->activity != Activity::idle) return false;
  return transfer.taking_back || primary->chosen.type == "routable";
}

void ContactCenter::Impl::give_back(Contact& contact, Transfer& transfer, OfferPurpose purpose) {
  // customer_answered() rings the agent then. One who takes him back himself is not kept waiting.
  if (purpose == OfferPurpose::giving_back && contact.silence_timer != 0) return;
  start_offer(contact, *agent(transfer.agent), purpose);
}

void ContactCenter::Impl::requeue(Contact& contact, Transfer& transfer,
                                  const directory::Queue& queue) {
  if (planted(PlantedFault::chain_stuck)) return;
  park(contact, Sound::queue, Purpose::wait_park);
  enqueue(contact, queue.arn, credited(contact), true, queue.max_wait_seconds);
  move(contact, transfer, TransferState::requeued, Custody::queue, transfer.failure);
  store(contact);
  (void)try_offer(contact);
}

void ContactCenter::Impl::next_fallback(Contact& contact, Transfer& transfer) {
  transfer.answered = false;
  transfer.taking_back = false;
  const message::OptionsInForce& options = *transfer.view.current.options;
  std::size_t steps = options.on_failure.size();
  if (planted(PlantedFault::chain_cut_short)) steps = std::min<std::size_t>(steps, 1);
  while (transfer.next_step < steps) {
    const message::FallbackStep step = options.on_failure[transfer.next_step++];
    const directory::Queue* queue = nullptr;
    switch (step.kind) {
      case message::FallbackKind::return_to_agent:
        if (!may_return(contact, transfer)) break;
        move(contact, transfer, TransferState::returning, Custody::server, transfer.failure);
        give_back(contact, transfer, OfferPurpose::giving_back);
        return;
      case message::FallbackKind::original_queue:
        queue = directory_->queue(contact.original_queue_arn);
        break;
      case message::FallbackKind::queue:
        queue = directory_->queue(step.queue_arn);
        break;
      case message::FallbackKind::disconnect:
        end_transfer(contact, transfer, TransferState::failed, Custody::gone, transfer.failure);
        end_contact(contact);
        return;
    }
    if (queue != nullptr) {
      requeue(contact, transfer, *queue);
      return;
    }
  }
  if (!transfer.last_resort) {
    if (const directory::Queue* last = last_resort()) {
      transfer.last_resort = true;
      requeue(contact, transfer, *last);
      return;
    }
  }
  // The chain has ended and nobody took the call: it says so, and does not leave him in silence for
  // ever.
  end_transfer(contact, transfer, TransferState::failed, Custody::gone, transfer.failure);
  end_contact(contact);
}

void ContactCenter::Impl::keep_place(const Contact& contact, Transfer& transfer) {
  if (!contact.queue || planted(PlantedFault::place_lost)) return;
  const auto timer = timers_.find(contact.queue->timer);
  const bool requeued =
      transfer.state() == TransferState::requeued || transfer.next_step > 0 || transfer.last_resort;
  transfer.kept_place = KeptPlace{.arn = contact.queue->arn,
                                  .since = contact.queue->since,
                                  .until = timer == timers_.end() ? now_ : timer->second.at,
                                  .requeued = requeued,
                                  .failure = transfer.failure,
                                  .failure_stage = transfer.failure_stage,
                                  .backend = transfer.backend};
}

void ContactCenter::Impl::not_taken_back(Contact& contact, Transfer& transfer, bool rung) {
  const std::optional<KeptPlace> place = std::exchange(transfer.kept_place, {});
  const bool place_gone = !place || directory_->queue(place->arn) == nullptr;
  // Also where his place is left to him, but no time in it.
  if (rung && (place_gone || place->until <= now_)) {
    const std::vector<message::FallbackStep>& steps = transfer.view.current.options->on_failure;
    while (transfer.next_step < steps.size() &&
           steps[transfer.next_step].kind == message::FallbackKind::return_to_agent) {
      ++transfer.next_step;
    }
  }
  if (place_gone) {
    next_fallback(contact, transfer);
    return;
  }
  transfer.failure = place->failure;
  transfer.failure_stage = place->failure_stage;
  transfer.backend = place->backend;
  transfer.answered = false;
  transfer.taking_back = false;
  park(contact, Sound::queue, Purpose::wait_park);
  enqueue_until(contact, place->arn, place->since, true, std::max(now_, place->until));
  const bool requeued = place->requeued || transfer.state() == TransferState::returning;
  move(contact, transfer, requeued ? TransferState::requeued : TransferState::queued,
       Custody::queue, transfer.failure);
  store(contact);
  (void)try_offer(contact);
}

Transfer* ContactCenter::Impl::meant_transfer(const Agent& agent, const Request& request,
                                              std::optional<Refused>& refused) {
  const auto none = [&](std::string msg) -> Transfer* {
    refused = refuse(Reason::noActiveCall, std::move(msg));
    return nullptr;
  };
  Transfer* transfer = nullptr;
  if (request.transfer_id) {
    const auto id = message::parse_uuid(*request.transfer_id);
    const auto found = id ? transfers_.find(*id) : transfers_.end();
    if (found == transfers_.end() || message::is_outcome(found->second->state()))
      return none("data.transferId: there is no running transfer '" + *request.transfer_id + "'");
    transfer = found->second.get();
  }
  if (request.contact_id) {
    const Contact* call = nullptr;
    if (mirrored()) {
      // Named as Amazon Connect does.
      const ContactId id = message::bridge_id(*request.contact_id);
      for (const auto& [each_id, each] : contacts_) {
        if (each_id == id || each->leg(id) != nullptr) call = each.get();
      }
    } else if (const auto id = message::parse_uuid(*request.contact_id)) {
      call = named_contact(agent, *id);
    } else {
      refused = no_uuid(*request.contact_id);
      return nullptr;
    }
    Transfer* running = call == nullptr ? nullptr : running_transfer(*call);
    if (running == nullptr)
      return none("contactId: no transfer of a call '" + *request.contact_id + "' is running");
    if (transfer != nullptr && transfer != running) {
      return none("data.transferId: '" + *request.transfer_id +
                  "' is not a transfer of the call that contactId names, '" + *request.contact_id +
                  "'");
    }
    return running;
  }
  if (transfer != nullptr) return transfer;
  if (agent.running.empty()) return none("data.transferId: there is no running transfer");
  if (agent.running.size() == 1) return transfers_.at(agent.running.front()).get();
  refused =
      refuse(Reason::ambiguousCall,
             "data.transferId: '" + agent.login + "' has " + std::to_string(agent.running.size()) +
                 " running transfers; name the one to cancel, or its call by contactId");
  return nullptr;
}

std::optional<Refused> ContactCenter::Impl::cancel_transfer(Agent& agent,
                                                            const RequestInput& input) {
  const Request& request = input.request;
  std::optional<Refused> refused;
  Transfer* transfer = meant_transfer(agent, request, refused);
  if (transfer == nullptr) return refused;
  // A service acts as the agent that it names; a supervisor acts in his own right, which is an
  // agent's where the transfer is his own.
  const bool supervises = input.role == directory::Role::supervisor;
  if (transfer->agent != agent.login && !supervises) {
    return refuse(Reason::callNotOwned,
                  "data.transferId: it is not a transfer of '" + agent.login + "'");
  }
  Contact& call = *contact(transfer->contact);
  if (call.mirror) return cancel_mirrored(call, *transfer);
  if (transfer->answered) {
    return refuse(Reason::transferInProgress, "the destination has answered already", transfer->id);
  }
  const bool by_himself =
      !supervises || (transfer->agent == agent.login && input.caller == agent.login);
  // Another one does not call off that he has hung up; he himself does.
  if (transfer->left && !by_himself && !planted(PlantedFault::left_called_off)) {
    release_by_agent(call, *transfer, true);
    // Where his queue is gone by then the chain has run, maybe to its end.
    if (message::is_outcome(transfer->state())) return {};
  }

  if (transfer->released) {
    if (transfer->state() == TransferState::returning) {
      // He is being rung already; his taking back is the answer.
      if (call.offer && !call.offer->dialed && by_himself) {
        call.offer->asked = message::RequestKind::cancel_transfer;
        call.offer->request_id = request.id;
        ring_offer(call, true);
      }
      // Nobody is rung while the customer owes an answer; who asks for him himself is.
      if (!call.offer && by_himself && may_return(call, *transfer))
        give_back(call, *transfer, OfferPurpose::take_back);
      return {};
    }
    // Asked again while he is rung already to take the customer back: that is the answer.
    if (transfer->taking_back) return {};
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
  keep_place(call, *transfer);
  leave_queue(call, QueueExit::canceled);
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
  if (!transfer.target_leg.is_nil() && outcome != TransferState::connected &&
      !planted(PlantedFault::leg_forgotten))
    end_leg(contact, transfer.target_leg);
  // What came to nothing hands nothing on: who has the call again sees it as it came to him.
  if (outcome == TransferState::connected || outcome == TransferState::handedOver)
    hand_on(transfer, contact.attributes);
  contact.transfer.reset();
  contact.variables = {};
  if (Agent* primary = agent(transfer.agent)) std::erase(primary->running, transfer.id);
  --counters_.transfers_open;
  int status = 0;
  switch (outcome) {
    case TransferState::connected:
      ++counters_.connected;
      status = 200;
      break;
    case TransferState::returned:
      if (!planted(PlantedFault::returned_not_counted)) ++counters_.returned;
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
  if ((outcome == TransferState::failed && !planted(PlantedFault::failure_not_told)) ||
      outcome == TransferState::returned) {
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

}  // namespace baton::core
