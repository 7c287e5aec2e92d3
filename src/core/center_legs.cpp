#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Reason;

Leg& ContactCenter::Impl::add_leg(Contact& contact, const LegId& id, LegRole role,
                                  std::string party, LegPhase phase) {
  Leg leg;
  leg.id = id;
  leg.role = role;
  leg.phase = phase;
  leg.party = std::move(party);
  leg.started_at = now_;
  legs_.emplace(id, contact.id);
  return contact.legs.emplace_back(std::move(leg));
}

void ContactCenter::Impl::end_leg(Contact& contact, const LegId& id, int code,
                                  const std::string& text) {
  Leg* leg = contact.leg(id);
  if (leg == nullptr || !leg->alive()) return;
  leg->phase = LegPhase::ending;
  cancel(leg->end_timer);
  if (!planted(PlantedFault::end_not_sent)) command(EndLeg{.leg = id, .code = code, .text = text});
  leg->end_timer = arm(TimerKind::end_leg, contact.id, end_deadline(), id);
}

void ContactCenter::Impl::end_contact(Contact& contact, int code, const std::string& text) {
  leave_queue(contact, QueueExit::hungUp);
  drop_offer(contact);
  if (contact.dial_out) {
    cancel(contact.dial_out->timer);
    contact.dial_out.reset();
  }
  stop_bridging(contact);
  cancel(contact.silence_timer);
  if (Transfer* transfer = running_transfer(contact)) {
    // Nobody hung up and nothing failed that we know of: a fault of ours, which its error tells,
    // too.
    if (transfer->failure == Reason::none) transfer->failure = Reason::internal;
    end_transfer(contact, *transfer, TransferState::failed, Custody::gone, transfer->failure);
  }
  complete_transfers(contact);
  if (!contact.ended_at) {
    contact.ended_at = now_;
    store(contact);
  }
  std::vector<LegId> alive;
  for (const Leg& leg : contact.legs) {
    if (leg.alive()) alive.push_back(leg.id);
  }
  for (const LegId& leg : alive) end_leg(contact, leg, code, text);
  forget_if_over(contact);
}

void ContactCenter::Impl::drop_offer(Contact& contact) {
  if (!contact.offer) return;
  const Because asked(*this, contact.offer->agent, contact.offer->request_id);
  end_offer(contact, Activity::idle, "Dropped");
}

void ContactCenter::Impl::forget_if_over(Contact& contact) {
  if (!contact.ended_at) return;
  for (const Leg& leg : contact.legs) {
    if (leg.phase != LegPhase::ended) return;
  }
  store(contact);
  over_.push_back(contact.id);
}

void ContactCenter::Impl::bridge(Contact& contact, const LegId& other, Purpose purpose,
                                 OpenCommand context) {
  context.purpose = purpose;
  context.contact = contact.id;
  context.leg = other;
  stop_bridging(contact);
  if (!planted(PlantedFault::no_join_timeout))
    contact.bridge_timer = arm(TimerKind::bridge, contact.id, now_ + policy_.bridge_timeout_ms);
  contact.bridge_command =
      command(BridgeLegs{.a = contact.customer_leg, .b = other}, std::move(context));
}

void ContactCenter::Impl::stop_bridging(Contact& contact) {
  cancel(contact.bridge_timer);
  // The result, should it still come, finds no open command.
  if (contact.bridge_command != 0) commands_.erase(contact.bridge_command);
  contact.bridge_command = 0;
}

void ContactCenter::Impl::bridge_failed(Contact& contact, Purpose purpose,
                                        const CommandResult& result) {
  const message::BackendError error{
      .name = policy_.capabilities.backend, .code = result.code, .text = result.text};
  // Who answered for the agent is there: of a customer who owed an answer before, it was his fault.
  const bool his_silence = contact.silence_timer != 0 && !result.failed_leg;
  if ((purpose == Purpose::offer_bridge || purpose == Purpose::target_bridge) &&
      !result.failed_leg && !leg_answered(result)) {
    ask_customer(contact, contact.queue ? Sound::queue : Sound::ringback);
  }
  switch (purpose) {
    case Purpose::offer_bridge:
      if (contact.offer) {
        offer_failed(contact, his_silence ? Activity::idle : Activity::missed,
                     his_silence ? "Dropped" : "missed", reason_of_status(result.code), error);
      }
      break;
    case Purpose::target_bridge:
      if (Transfer* transfer = running_transfer(contact)) {
        fail_transfer(contact, *transfer, reason_of_status(result.code), error);
      }
      break;
    case Purpose::out_bridge:
      if (contact.dial_out)
        dial_out_failed(contact, reason_of_status(result.code), result.code, result.text);
      break;
    case Purpose::resume_bridge:
    case Purpose::back_bridge:
      if (contact.agent.empty() || (leg_is_gone(result) && result.failed_leg)) break;
      // Both legs stay up, parked: held, so that the agent sees it and can resume. A join that
      // merely took too long may still be made, so that they talk: then that is undone.
      if (!leg_answered(result)) {
        park(contact, Sound::hold, Purpose::wait_park);
        park_agent(contact);
      }
      if (Agent* who = agent(contact.agent); who != nullptr && !contact.held) {
        contact.held = true;
        contact.call_state_at = now_;
        publish_call_to(*who, contact);
      }
      break;
    default:
      break;
  }
}

void ContactCenter::Impl::park_agent(const Contact& contact) {
  command(ParkLeg{.leg = contact.agent_leg, .sound = Sound::silence},
          {.purpose = Purpose::hold_agent,
           .contact = contact.id,
           .leg = contact.agent_leg,
           .agent = {},
           .request_id = {}});
}

void ContactCenter::Impl::customer_owes_answer(Contact& contact) {
  const Leg* customer = contact.customer();
  if (customer == nullptr || customer->phase != LegPhase::up || contact.silence_timer != 0) return;
  contact.silence_timer = arm(TimerKind::silence, contact.id, end_deadline());
}

void ContactCenter::Impl::ask_customer(Contact& contact, Sound sound) {
  customer_owes_answer(contact);
  if (contact.silence_timer != 0) park(contact, sound, Purpose::wait_park);
}

void ContactCenter::Impl::customer_answered(Contact& contact) {
  if (contact.silence_timer == 0) return;
  cancel(contact.silence_timer);
  if (contact.queue) {
    (void)try_offer(contact);
    return;
  }
  Transfer* transfer = running_transfer(contact);
  if (transfer == nullptr || !transfer->released || contact.offer) return;
  if (const Leg* target = contact.leg(transfer->target_leg); target != nullptr && target->alive())
    return;
  if (transfer->state() == TransferState::returning && may_return(contact, *transfer)) {
    give_back(contact, *transfer, OfferPurpose::giving_back);
  } else {
    not_taken_back(contact, *transfer);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// What legs do

void ContactCenter::Impl::on(const LegRinging& event) {
  Contact* call = contact_of_leg(event.leg);
  if (call == nullptr) return;
  Leg* leg = call->leg(event.leg);
  if (leg == nullptr || leg->phase != LegPhase::dialing) return;
  leg->phase = LegPhase::ringing;
  Transfer* transfer = running_transfer(*call);
  if (transfer != nullptr && transfer->target_leg == event.leg) target_alerting(*call, *transfer);
}

void ContactCenter::Impl::on(const LegHeard& event) {
  Contact* call = contact_of_leg(event.leg);
  if (Leg* leg = call == nullptr ? nullptr : call->leg(event.leg))
    leg->heard = !planted(PlantedFault::heard_forgotten);
}

void ContactCenter::Impl::on(const LegAnswered& event) {
  Contact* call = contact_of_leg(event.leg);
  if (call == nullptr) return;
  Leg* leg = call->leg(event.leg);
  if (leg != nullptr && leg->phase == LegPhase::incoming) {
    // By a join, whose result follows. Where he was moved meanwhile to a queue that answers, that
    // command's result tells it.
    if (!call->queue && !call->offer) return;
    // Should it fail, he waits as long as anybody who was answered.
    leg->phase = LegPhase::up;
    leg->parked = true;
    leg->answered_at = now_;
    if (const directory::Queue* queue =
            call->queue ? directory_->queue(call->queue->arn) : nullptr) {
      cancel(call->queue->timer);
      call->queue->timer = arm(TimerKind::queue_wait, call->id,
                               call->queue->entered_at + queue->max_wait_seconds * 1000LL);
    }
    return;
  }
  const bool late =
      planted(PlantedFault::late_answer_taken) && leg != nullptr && leg->phase == LegPhase::ending;
  if (leg == nullptr ||
      (!late && leg->phase != LegPhase::dialing && leg->phase != LegPhase::ringing))
    return;
  leg->phase = LegPhase::up;
  leg->answered_at = now_;
  if (call->offer && call->offer->leg == event.leg) {
    cancel(call->offer->timer);
    call->offer->bridging = true;
    if (Transfer* transfer = running_transfer(*call);
        transfer != nullptr && call->offer->purpose == OfferPurpose::transfer) {
      // Whoever answers has been alerted; the release may have to come first.
      transfer->answered = true;
      target_answered(*call, *transfer);
      return;
    }
    if (Transfer* transfer = running_transfer(*call)) transfer->answered = true;
    bridge(*call, event.leg, Purpose::offer_bridge);
    return;
  }
  if (Transfer* transfer = running_transfer(*call);
      transfer != nullptr && transfer->target_leg == event.leg) {
    transfer->answered = true;
    target_answered(*call, *transfer);
    return;
  }
  if (call->dial_out) {
    if (event.leg == call->agent_leg) {
      dial_number_of(*call);
    } else if (event.leg == call->customer_leg) {
      cancel(call->dial_out->timer);  // From here on the join's own deadline counts.
      bridge(*call, call->agent_leg, Purpose::out_bridge);
    }
  }
}

void ContactCenter::Impl::on(const LegHeld& event) {
  Contact* call = contact_of_leg(event.leg);
  if (call == nullptr || call->agent_leg != event.leg || call->agent.empty()) return;
  if (call->held_by_phone == event.held) return;
  call->held_by_phone = event.held;
  call->call_state_at = now_;
  // Not publish_call: another agent may be offered the call, as the destination of a transfer.
  if (Agent* who = agent(call->agent); who != nullptr && !call->held) publish_call_to(*who, *call);
}

void ContactCenter::Impl::on(const LegMuted& event) {
  Contact* call = contact_of_leg(event.leg);
  if (call == nullptr || call->agent_leg != event.leg) return;
  if (Agent* who = agent(call->agent); who != nullptr && who->muted != event.muted) {
    set_muted(*who, event.muted);
  }
}

void ContactCenter::Impl::on(const LegEnded& event) {
  Contact* call = contact_of_leg(event.leg);
  if (call == nullptr) return;
  Leg* leg = call->leg(event.leg);
  if (leg == nullptr || leg->phase == LegPhase::ended) return;
  const LegPhase was = leg->phase;
  const bool unheard = leg->unheard();
  leg->phase = LegPhase::ended;
  leg->ended_at = now_;
  leg->end_code = event.code;
  leg->end_text = event.text;
  cancel(leg->end_timer);

  if (was == LegPhase::ending) {
    forget_if_over(*call);
    return;
  }
  const message::BackendError error{
      .name = policy_.capabilities.backend, .code = event.code, .text = event.text};
  // Who picked up and hung up before he was joined did not want the call: no fault of ours.
  const bool hung_up = event.cause == EndCause::remote && event.code == 0;
  Reason reason = hung_up ? Reason::rejected : reason_of_status(event.code);
  const bool outside = leg->role == LegRole::destination || leg->role == LegRole::customer;
  if (outside && unheard && event.cause == EndCause::unreachable && event.code == 408)
    reason = Reason::carrierUnavailable;  // RFC 3261 timer B: the trunk never said a word.
  Transfer* transfer = running_transfer(*call);
  if (event.cause == EndCause::local && !call->dial_out) {
    ended_by_the_switch(*call, event);
  } else if (event.leg == call->customer_leg) {
    if (call->dial_out) {
      dial_out_failed(*call, reason, event.code, event.text);
    } else {
      customer_gone(*call);
    }
  } else if (call->offer && call->offer->leg == event.leg) {
    const bool refused = hung_up || event.code == 486 || event.code == 600 || event.code == 603;
    if (hung_up) given_up(*call->offer);
    const bool rejected = refused && call->offer->purpose != OfferPurpose::take_back;
    offer_failed(*call, rejected ? Activity::rejected : Activity::missed,
                 rejected ? "Rejected" : "missed", rejected ? Reason::rejected : reason, error);
  } else if (transfer != nullptr && transfer->target_leg == event.leg) {
    fail_transfer(*call, *transfer, reason, error);
  } else if (call->dial_out && event.leg == call->agent_leg) {
    // Who hangs up himself has given up, as by Disconnect: no failure.
    const Reason why = event.cause == EndCause::remote ? Reason::canceled : reason;
    dial_out_failed(*call, why, event.code, event.text);
  } else if (event.leg == call->agent_leg && !call->agent.empty()) {
    if (transfer != nullptr) {
      release_by_agent(*call, *transfer, true);
    } else if (const bool gave_away = outcome_untold(*call, event.leg);
               gave_away || event.cause == EndCause::unreachable) {
      agent_lost(*call, gave_away);
    } else {
      agent_gone(*call);
    }
  } else if (event.leg == call->destination_leg) {
    destination_gone(*call);
  }
  forget_if_over(*call);
}

void ContactCenter::Impl::customer_gone(Contact& contact) {
  if (Transfer* transfer = running_transfer(contact)) {
    leave_queue(contact, QueueExit::hungUp);
    drop_offer(contact);
    end_transfer(contact, *transfer, TransferState::abandoned, Custody::gone,
                 Reason::customerHungUp);
  }
  if (Agent* who = agent(contact.agent); who != nullptr && who->contact == contact.id) {
    finish_call_for(*who, contact, Activity::acw, "ACW");
  }
  contact.agent.clear();
  end_contact(contact);
}

void ContactCenter::Impl::ended_by_the_switch(Contact& contact, const LegEnded& event) {
  // Not by a command of ours: the server stops, and takes the whole call with it. Nobody hung up.
  if (Transfer* transfer = running_transfer(contact);
      transfer != nullptr && transfer->failure == Reason::none) {
    transfer->failure = Reason::backendUnavailable;
    transfer->failure_stage = message::to_string(transfer->state());
    transfer->backend = message::BackendError{
        .name = policy_.capabilities.backend,
        .code = event.code,
        .text = event.text.empty() ? "The server ended the call" : event.text};
  }
  agent_gone(contact);
}

void ContactCenter::Impl::agent_gone(Contact& contact) {
  if (Agent* who = agent(contact.agent); who != nullptr && who->contact == contact.id) {
    finish_call_for(*who, contact, Activity::acw, "ACW");
  }
  contact.agent.clear();
  end_contact(contact);
}

void ContactCenter::Impl::agent_lost(Contact& contact, bool gave_away) {
  // He did not hang up: his phone, or the way to it, failed, or it hung up on the 202 of its
  // transfer key (RFC 3515), as from a customer who is in other hands. He is not to pay for that:
  // he goes back to where he came from, with his waiting time credited.
  const directory::Queue* queue = directory_->queue(contact.original_queue_arn);
  if (queue == nullptr) queue = directory_->queue(contact.queue_arn);
  // Where the transfer's fallback chain would have ended. Who came from a queue may have come there
  // by a transfer, also of a call that an agent made.
  if (queue == nullptr && (gave_away || !contact.queue_arn.empty())) queue = last_resort();
  if (queue == nullptr || !contact.active()) {
    agent_gone(contact);
    return;
  }
  contact.avoid_agent = contact.agent;
  contact.untold_refer.reset();
  if (Agent* who = agent(contact.agent); who != nullptr && who->contact == contact.id) {
    finish_call_for(*who, contact, Activity::acw, "ACW");
  }
  contact.agent.clear();
  contact.held = false;
  contact.held_by_phone = false;
  complete_transfers(contact);
  stop_bridging(contact);
  park(contact, Sound::queue, Purpose::wait_park);
  enqueue(contact, queue->arn, credited(contact), true, queue->max_wait_seconds);
  store(contact);
  (void)try_offer(contact);
}

void ContactCenter::Impl::destination_gone(Contact& contact) { end_contact(contact); }

}  // namespace baton::core
