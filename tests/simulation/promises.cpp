// What a blind transfer promises: the customer is not let go while somebody may take him, and the
// agent stays until it is time.

#include <algorithm>

#include "world.hpp"

namespace baton::simulation {

using core::Inspection;
using message::FallbackKind;

/// An agent's phone hangs up that has a 202 for its transfer key, and does not know yet that the
/// transfer has failed: it takes the customer for given away.
void World::note_hang_up(const core::LegEnded& event) {
  if (event.cause != core::EndCause::remote || !switch_.outcome_open(event.leg)) return;
  const Inspection::State& s = Inspection::of(core_.center);
  for (const auto& [id, contact] : s.contacts_) {
    if (contact->agent_leg != event.leg || !contact->active() || contact->transfer) continue;
    if (s.directory_->queue(contact->original_queue_arn) != nullptr ||
        s.directory_->queue(contact->queue_arn) != nullptr || s.last_resort() != nullptr)
      kept_ = contact->customer_leg;
  }
}

/// Notes what allows a release: the destination rang or answered, the agent left.
void World::note_input(const core::InputBody& body) {
  kept_ = {};
  if (const auto* ends = std::get_if<core::LegEnded>(&body)) note_hang_up(*ends);
  if (const auto* change = std::get_if<core::DirectoryChanged>(&body)) {
    // Who waits in a queue that it takes away waits there no longer, also if it comes back.
    for (Tracked& each : tracked_) {
      const auto& queues = change->directory.queues;
      if (std::ranges::none_of(queues,
                               [&](const auto& queue) { return queue.arn == each.queue_arn; }))
        each.queue_due = 0;
    }
  }
  const Inspection::State& s = Inspection::of(core_.center);
  for (Tracked& each : tracked_) {
    if (each.outcome) continue;
    const auto found = s.contacts_.find(each.contact);
    const auto known = s.transfers_.find(each.id);
    if (found == s.contacts_.end() || known == s.transfers_.end()) continue;
    const core::Contact& contact = *found->second;
    const LegId& target = contact.offer && contact.offer->purpose == core::OfferPurpose::transfer
                              ? contact.offer->leg
                              : known->second->target_leg;
    if (const auto* rings = std::get_if<core::LegRinging>(&body)) {
      if (rings->leg == target && each.options->release_on != message::ReleaseOn::answered)
        each.may_release = true;
    } else if (const auto* answers = std::get_if<core::LegAnswered>(&body)) {
      if (answers->leg == target) each.may_release = true;
    } else if (const auto* ends = std::get_if<core::LegEnded>(&body)) {
      if (ends->leg == contact.agent_leg) each.may_release = each.at_once = true;
    } else if (std::holds_alternative<core::Started>(body)) {
      each.may_release = each.at_once = true;
    } else if (const auto* request = std::get_if<core::RequestInput>(&body)) {
      const message::RequestKind kind = request->request.kind;
      // Who has hung up is given back the customer by nobody else's CancelTransfer.
      if (kind == message::RequestKind::cancel_transfer && each.left && !known->second->answered &&
          request->role == directory::Role::supervisor &&
          request->request.transfer_id == to_string(each.id))
        each.at_once = true;
      if (request->agent != kLogins[static_cast<std::size_t>(each.agent)]) continue;
      if (kind == message::RequestKind::disconnect) each.may_release = each.left = true;
      if (kind == message::RequestKind::logout) each.may_release = each.at_once = true;
    }
  }
}

/// A leg that answers is there, whatever it says: it is quiet no longer.
void World::note_report(const Pending& reported, const core::CommandResult& result) {
  const bool park = reported.kind == Pending::Kind::park;
  const bool refused = !result.ok && result.code != 408 && result.code != 481;
  // 504 is the switch's own: it has waited for long enough.
  const bool answered = refused && result.code != 504;
  if (park) {
    for (Tracked& each : tracked_) {
      if (each.park != result.command) continue;
      each.parked = true;
      each.answered = result.ok || answered;
      if (refused && !answered) each.given_up_input = inputs_ + 1;  // The one that tells it.
    }
  }
  // The core asks whom it cannot answer, since he was, whether he is there.
  if (reported.kind == Pending::Kind::answer && refused) quiet(reported.a, now_ + tick_);
  // So it does where a join took too long: it is not known whose side did not answer.
  if (reported.kind == Pending::Kind::bridge && refused && !answered) {
    for (const auto& [id, contact] : Inspection::of(core_.center).contacts_) {
      const core::Leg* customer = contact->customer();
      if (contact->bridge_command == result.command && contact->agent.empty() &&
          customer != nullptr && customer->phase == core::LegPhase::up)
        quiet(contact->customer_leg, now_ + tick_);
    }
  }
  // The core waits for some results no longer.
  if (!Inspection::of(core_.center).commands_.contains(result.command)) return;
  if (!(park && (result.ok || answered)) && !(reported.kind == Pending::Kind::bridge && result.ok))
    return;
  for (const LegId& id : {reported.a, reported.b}) {
    if (SimLeg* leg = switch_.leg(id)) leg->quiet_since = 0;
  }
}

/// Where the timer is that of a join with a customer whom nobody has: it is not known whose side
/// does not answer.
void World::note_timer(TimerId timer) {
  for (const auto& [id, contact] : Inspection::of(core_.center).contacts_) {
    const core::Leg* customer = contact->customer();
    if (contact->bridge_timer == timer && contact->agent.empty() && customer != nullptr &&
        customer->phase == core::LegPhase::up)
      quiet(contact->customer_leg, now_ + tick_);
    // Who has not answered in all that time is given up waiting for; a later silence is another.
    if (contact->silence_timer == timer) {
      SimLeg* leg = switch_.leg(contact->customer_leg);
      if (leg != nullptr && now_ + tick_ >= leg->quiet_since + kQuietFor) leg->quiet_since = 0;
    }
  }
}

void World::quiet(const LegId& customer, TimeMs since) {
  SimLeg* leg = switch_.leg(customer);
  if (leg == nullptr || leg->quiet_since != 0) return;
  leg->quiet_since = since;
  for (Tracked& each : tracked_) {
    if (each.customer == customer) each.deadline += kQuietFor;
  }
}

/// The customer's leg is told to end. His transfer has failed in this input then, and its chain has
/// run to its end.
void World::check_let_go(const LegId& leg) {
  if (restarting_) return;  // Legs that were not adopted are gone already.
  if (leg == kept_)
    return fail(Rule::lost, "a customer is let go by a phone that takes him for transferred");
  const Inspection::State& s = Inspection::of(core_.center);
  for (const Tracked& each : tracked_) {
    if (each.customer != leg) continue;
    if (!each.outcome) return fail(Rule::lost, "a customer is let go while he is transferred");
    if (each.outcome_input != inputs_ || each.outcome != core::TransferState::failed) continue;
    // Of who has hung up the release may come in the same input.
    if (!each.released && !each.left && !each.at_once)
      return fail(Rule::lost, "a customer is let go before the agent was");
    if (each.queue_due > now_ && s.directory_->queue(each.queue_arn) != nullptr)
      return fail(Rule::lost, "a customer is let go before his time in the queue is over");
    const auto found = s.contacts_.find(each.contact);
    if (found == s.contacts_.end()) continue;
    int queues = 0;
    bool disconnect = false;
    for (const message::FallbackStep& step : each.options->on_failure) {
      disconnect = disconnect || step.kind == FallbackKind::disconnect;
      if (disconnect) break;
      const std::string& arn = step.kind == FallbackKind::queue            ? step.queue_arn
                               : step.kind == FallbackKind::original_queue ? each.original_queue
                                                                           : std::string{};
      // A queue that was removed cannot take him.
      if (s.directory_->queue(arn) != nullptr) ++queues;
    }
    if (!disconnect && !s.policy_.last_resort_queue.empty()) ++queues;
    if (each.requeued < queues)
      return fail(Rule::lost, "a customer is let go before the fallback chain has ended");
  }
}

void World::check_release(const Inspection::State& s, Tracked& tracked) {
  const auto known = s.transfers_.find(tracked.id);
  if (known == s.transfers_.end()) return;
  const core::Transfer& transfer = *known->second;
  tracked.hung_up = transfer.left;
  if (transfer.kind == core::TransferKind::agent &&
      tracked.options->release_on == message::ReleaseOn::alerting)
    tracked.may_release = true;  // An offer on a desktop is the alerting.
  if ((transfer.releasing || transfer.released) && !tracked.may_release)
    return fail(Rule::early, "an agent is released before it is time");
  if (!transfer.released || tracked.released) return;
  tracked.released = true;
  if (!tracked.answered) quiet(tracked.customer, now_);
  const bool waited =
      tracked.park_asked != 0 && now_ - tracked.park_asked >= s.policy_.park_timeout_ms;
  const bool came_to_nothing = tracked.left && transfer.failure != message::Reason::none;
  if (!tracked.parked && !tracked.at_once && !came_to_nothing && !waited)
    fail(Rule::early, "an agent is released before the customer is parked");
}

}  // namespace baton::simulation
