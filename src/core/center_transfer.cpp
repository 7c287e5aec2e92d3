// The way of a blind transfer, as long as it works.

#include <utility>
#include <vector>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Reason;
using message::ReleaseOn;

void ContactCenter::Impl::move(Contact& contact, Transfer& transfer, TransferState state,
                               Custody custody, Reason reason, std::string detail) {
  message::TransferStateChange& current = transfer.view.current;
  const bool first = transfer.view.timeline.empty();
  if ((!first && !may_follow(current.state, state)) || !may_have(state, custody))
    ++counters_.illegal_moves;
  if (first) {
    transfer.view.called_queue = queue_name(contact.original_queue_arn);
    contact.variables = {};  // From now on with what it hands on.
  }
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
  if ((reason != Reason::none && message::is_outcome(state)) ||
      state == TransferState::handedOver || state == TransferState::outcomeUnknown)
    current.backend = transfer.backend;
  transfer.view.timeline.push_back({.at = now_,
                                    .state = state,
                                    .custody = custody,
                                    .reason = reason,
                                    .detail = std::move(detail)});
  if (Agent* primary = agent(transfer.agent)) {
    publish<message::TransferStateChange>(*primary, transfer.view.request_id) = current;
  }
  store(transfer);
}

void ContactCenter::Impl::start_transfer(Contact& contact, Transfer& transfer) {
  if (contact.mirror) {
    start_mirrored(contact, transfer);
    return;
  }
  const message::OptionsInForce& options = *transfer.view.current.options;
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
      if (!planted(PlantedFault::no_ring_timeout))
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
                      .max_forwards = contact.max_forwards - 1,
                      .transfer = transfer.id},
              {.purpose = Purpose::target_dial,
               .contact = contact.id,
               .leg = transfer.target_leg,
               .agent = transfer.agent,
               .request_id = {}});
      // `accepted` releases when the INVITE is out (CommandResult): where no trunk can take the
      // call, the customer is not touched.
      if (planted(PlantedFault::released_too_early)) begin_release(contact, transfer);
      return;
  }
}

void ContactCenter::Impl::target_alerting(Contact& contact, Transfer& transfer) {
  if (transfer.state() != TransferState::alerting) {
    move(contact, transfer, TransferState::alerting,
         transfer.released ? Custody::server : Custody::agent);
  }
  tell_refer(contact, transfer, 180, false);
  const ReleaseOn when = transfer.view.current.options->release_on;
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

void ContactCenter::Impl::park(const Contact& contact, Sound sound, Purpose purpose) {
  command(ParkLeg{.leg = contact.customer_leg, .sound = sound}, {.purpose = purpose,
                                                                 .contact = contact.id,
                                                                 .leg = contact.customer_leg,
                                                                 .agent = {},
                                                                 .request_id = {}});
}

void ContactCenter::Impl::begin_release(Contact& contact, Transfer& transfer) {
  transfer.releasing = true;
  const bool he_asked = cause_ && cause_->agent == transfer.agent;
  transfer.release_request = he_asked ? cause_->request_id : transfer.view.request_id;
  stop_bridging(contact);  // The park undoes it: an agent who resumes and transfers at once.
  transfer.park_timer = arm(TimerKind::release_park, contact.id, now_ + policy_.park_timeout_ms);
  park(contact, release_sound(transfer), Purpose::release_park);
  if (planted(PlantedFault::released_without_park)) finish_release(contact, transfer);
}

void ContactCenter::Impl::stop_releasing(const Contact& contact) {
  for (auto& [id, open] : commands_) {
    if (open.purpose == Purpose::release_park && open.contact == contact.id)
      open.purpose = Purpose::wait_park;
  }
}

void ContactCenter::Impl::finish_release(Contact& contact, Transfer& transfer, bool parked) {
  // Once he is parked, or after two seconds all the same: a failed hold never drops the customer.
  if (transfer.released) return;
  // An import may take the queue away while he is being parked: his agent, who is there, keeps him.
  const bool queue_gone = transfer.kind == TransferKind::queue &&
                          directory_->queue(transfer.target_queue_arn) == nullptr;
  const message::BackendError gone{
      .name = policy_.capabilities.backend, .code = 0, .text = kQueueGone};
  if (const Leg* leg = contact.leg(contact.agent_leg);
      queue_gone && parked && !transfer.left && leg != nullptr && leg->alive()) {
    cancel(contact.silence_timer);  // Of this park: the join with his agent asks him anew.
    fail_transfer(contact, transfer, Reason::queueClosed, gone);
    return;
  }
  const Because asked(*this, transfer.agent, transfer.release_request);
  cancel(transfer.park_timer);
  transfer.releasing = false;
  transfer.released = true;
  transfer.view.released_at = now_;
  complete_transfers(contact);
  if (parked) end_leg(contact, contact.agent_leg);
  if (Agent* primary = agent(transfer.agent);
      primary != nullptr && primary->contact == contact.id) {
    finish_call_for(*primary, contact, Activity::acw, "ACW");
  }
  contact.agent.clear();
  contact.held = false;
  contact.held_by_phone = false;
  contact.avoid_agent = transfer.agent;

  if (transfer.kind == TransferKind::queue) {
    if (queue_gone) {
      move(contact, transfer, transfer.state(), Custody::server);
      store(contact);
      fail_transfer(contact, transfer, Reason::queueClosed, gone);
      return;
    }
    enqueue(contact, transfer.target_queue_arn, now_, false,
            transfer.view.current.options->queue_timeout_seconds);
    move(contact, transfer, TransferState::queued, Custody::queue);
    store(contact);
    (void)try_offer(contact);
    return;
  }
  if (!planted(PlantedFault::custody_not_told))
    move(contact, transfer, transfer.state(), Custody::server);
  if (transfer.answered) join_target(contact, transfer);
}

void ContactCenter::Impl::release_by_agent(Contact& contact, Transfer& transfer, bool at_once) {
  if (transfer.released) return;
  transfer.left = true;
  if (!transfer.releasing) begin_release(contact, transfer);
  if (!at_once || transfer.released) return;
  if (Leg* leg = contact.leg(contact.agent_leg); leg != nullptr && leg->alive())
    leg->end_timer =
        arm(TimerKind::part_leg, contact.id, timers_.at(transfer.park_timer).at, leg->id);
  customer_owes_answer(contact);
  stop_releasing(contact);
  finish_release(contact, transfer, false);
}

void ContactCenter::Impl::end_parting_legs(Contact& contact) {
  std::vector<LegId> parting;
  for (const Leg& leg : contact.legs) {
    if (leg.alive() && leg.end_timer != 0) parting.push_back(leg.id);
  }
  for (const LegId& leg : parting) end_leg(contact, leg);
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

}  // namespace baton::core
