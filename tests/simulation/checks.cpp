// What must hold after every input.

#include <algorithm>
#include <string_view>
#include <variant>

#include "world.hpp"

namespace baton::simulation {

using core::Activity;
using core::Custody;
using core::Inspection;
using core::LegPhase;
using core::OfferPurpose;
using core::TransferKind;
using core::TransferState;

namespace {

constexpr TimeMs kStrayAfter = 5'000;

/// Of the agent among kLogins; the number of them for anybody else.
std::size_t index_of(std::string_view login) {
  // They begin with a, b and c.
  const auto index = static_cast<std::size_t>(login.empty() ? 0 : login.front() - 'a');
  return index < kLogins.size() && kLogins[index] == login ? index : kLogins.size();
}

/// The longest that a transfer may run: the sum of the deadlines of all that it may come to.
TimeMs longest(const message::TransferStateChange& change, const core::Policy& policy) {
  const TimeMs pick_up = policy.answer_timeout_seconds * 1'000LL + policy.bridge_timeout_ms;
  const message::OptionsInForce& options = *change.options;
  TimeMs sum = policy.park_timeout_ms + policy.bridge_timeout_ms + pick_up +
               options.ring_timeout_seconds * 1'000LL;
  const TimeMs in_queue = options.queue_timeout_seconds * 1'000LL + 2 * pick_up;
  if (change.destination->queue) sum += in_queue;
  // The longest wait of any queue there (surroundings.cpp).
  const TimeMs by_itself = 60'000 + 2 * pick_up;
  for (const message::FallbackStep& step : options.on_failure) {
    sum += step.kind == message::FallbackKind::return_to_agent
               ? policy.return_ring_seconds * 1'000LL + pick_up
               : by_itself;
  }
  if (!policy.last_resort_queue.empty()) sum += by_itself;
  // A timer may be a second late behind other inputs, at each of them.
  return sum + 5'000;
}

}  // namespace

bool World::armed(TimerId timer) const {
  return timer != 0 &&
         std::ranges::any_of(timers_, [timer](const auto& each) { return each.first == timer; });
}

TimeMs World::due(TimerId timer) const {
  const auto found = std::ranges::find(timers_, timer, &std::pair<TimerId, TimeMs>::first);
  return found == timers_.end() ? 0 : found->second;
}

World::Tracked* World::tracked(const TransferId& id) {
  for (Tracked& each : tracked_) {
    if (each.id == id) return &each;
  }
  return nullptr;
}

// ---------------------------------------------------------------------------------------------------------------------
// What the core puts out

void World::on(core::Publish& output) {
  ++published_;
  const std::size_t index = index_of(output.event.agent);
  if (index >= desks_.size()) {
    fail(Rule::sequence, "an event to nobody");
    return;
  }
  Desk& desk = desks_[index];
  if (output.event.sequence != desk.sequence + 1) {
    fail(Rule::sequence, output.event.agent + ": event " +
                             std::to_string(output.event.sequence.value_or(0)) + " follows event " +
                             std::to_string(desk.sequence));
    return;
  }
  ++desk.sequence;
  if (auto* call = std::get_if<message::CallEvent>(&output.event.body)) {
    Call& told = call->leg.type == "agent" ? desk.agent_leg : desk.customer_leg;
    told.status = std::move(call->leg.status);
    told.connection = call->leg.connection_id;
    told.contact = call->leg.contact_id;
    told.buttons = call->leg.buttons.bits;
  } else if (const auto* state = std::get_if<message::SetAgentState>(&output.event.body)) {
    desk.state = state->event;
  } else if (std::holds_alternative<message::LoginSuccess>(output.event.body)) {
    desk.logged_in = true;
  } else if (std::holds_alternative<message::LogoutSuccess>(output.event.body)) {
    desk.logged_in = false;
    desk.agent_leg = {};
    desk.customer_leg = {};
  } else if (const auto* change = std::get_if<message::TransferStateChange>(&output.event.body)) {
    Tracked* known = tracked(change->transfer_id);
    if (known == nullptr) {
      if (change->state != TransferState::accepted) {
        fail(Rule::outcome, "a transfer that does not begin with accepted");
        return;
      }
      ++accepted_;
      const auto& contacts = Inspection::of(core_.center).contacts_;
      const auto owner = contacts.find(change->contact_id);
      tracked_.push_back(
          {.id = change->transfer_id,
           .contact = change->contact_id,
           .customer = owner == contacts.end() ? LegId{} : owner->second->customer_leg,
           .agent = static_cast<int>(index),
           .deadline = now_ + longest(*change, Inspection::of(core_.center).policy_),
           .outcome = {},
           .options = change->options,
           .original_queue =
               owner == contacts.end() ? std::string{} : owner->second->original_queue_arn,
           .may_release = change->destination->queue.has_value() ||
                          change->options->release_on == message::ReleaseOn::accepted});
      return;
    }
    if (known->outcome &&
        !(known->outcome == TransferState::connected && change->state == TransferState::completed &&
          known->state == TransferState::connected)) {
      fail(Rule::outcome, std::string(message::to_string(change->state)) + " was told after " +
                              std::string(message::to_string(known->state)));
      return;
    }
    known->state = change->state;
    if (change->state == TransferState::requeued && change->custody == Custody::queue)
      ++known->requeued;
    const auto* request = std::get_if<core::RequestInput>(&input_.body);
    const bool called_off = change->state == TransferState::canceled && request != nullptr &&
                            request->role == directory::Role::supervisor;
    // He himself may call it off.
    if ((change->state == TransferState::failed || called_off) &&
        change->custody == Custody::agent && known->hung_up)
      return fail(Rule::lost, "a customer is left with an agent who has hung up");
    if (message::is_outcome(change->state) && !known->outcome) {
      known->outcome = change->state;
      known->outcome_input = inputs_;
      ++told_[static_cast<std::size_t>(change->state)];
    }
  } else if (const auto* error = std::get_if<message::ApiError>(&output.event.body)) {
    if (!error->transfer_id) return;
    Tracked* known = tracked(*error->transfer_id);
    if (known == nullptr || ++known->errors > 1 ||
        (known->outcome != TransferState::failed && known->outcome != TransferState::returned)) {
      fail(Rule::outcome, "a failure was told of a transfer that has not failed, or told twice");
    }
    if (error->reason == message::Reason::none)
      fail(Rule::outcome, "a failure was told without a reason");
  }
}

void World::on(const core::Command& output) {
  ++commanded_;
  if (const char* wrong = switch_.command(output, now_, kLogins)) fail(Rule::contract, wrong);
  if (tracked_.empty()) return;
  if (const auto* end = std::get_if<core::EndLeg>(&output.body)) {
    check_let_go(end->leg);
  } else if (const auto* park = std::get_if<core::ParkLeg>(&output.body)) {
    for (Tracked& each : tracked_) {
      if (each.outcome || each.released || each.customer != park->leg) continue;
      // The answer to the release's own park has released the agent in this input: this is another.
      const auto& transfers = Inspection::of(core_.center).transfers_;
      const auto known = transfers.find(each.id);
      if (each.parked && known != transfers.end() && known->second->released) continue;
      each.park = output.id;
      // Asked again since the switch gave up waiting: the release need not wait for that.
      if (each.given_up_input == inputs_) continue;
      each.parked = each.answered = false;
      each.park_asked = now_;
    }
  }
}

void World::on(core::Reply& output) {
  ++replies_;
  reply_ = &output;
}

void World::on(const core::ArmTimer& output) {
  // After a restart all are armed again, those of the same input among them.
  std::erase_if(timers_, [&](const auto& each) { return each.first == output.timer; });
  timers_.emplace_back(output.timer, output.at);
}

void World::on(const core::CancelTimer& output) {
  std::erase_if(timers_, [&](const auto& each) { return each.first == output.timer; });
}

void World::on(const core::StoreTransfer& output) {
  if (Tracked* known = tracked(output.transfer->current.transfer_id))
    known->stored = output.transfer->current.state;
}

void World::on(const core::StoreContact& output) {
  for (Record& each : records_) {
    if (each.id != output.contact->contact_id) continue;
    each.ended = output.contact->ended_at.has_value();
    return;
  }
  records_.push_back({.id = output.contact->contact_id, .ended = false});
}

// ---------------------------------------------------------------------------------------------------------------------
// What the state must be

void World::check() {
  if (violation_) return;
  const Inspection::State& s = Inspection::of(core_.center);
  contacts_.clear();
  for (const auto& [id, contact] : s.contacts_) contacts_.push_back(contact.get());
  agents_.fill(nullptr);
  for (const auto& [login, agent] : s.agents_) {
    const std::size_t index = index_of(login);
    if (index < agents_.size()) agents_[index] = &agent;
  }
  for (const core::Contact* contact : contacts_) check_contact(s, *contact);
  check_agents();
  check_legs(s);
  check_transfers(s);
  check_queues(s);
}

void World::check_contact(const Inspection::State& s, const core::Contact& contact) {
  const core::Transfer* transfer = nullptr;
  if (contact.transfer) {
    const auto found = s.transfers_.find(*contact.transfer);
    if (found == s.transfers_.end()) return fail(Rule::outcome, "a running transfer is unknown");
    transfer = found->second.get();
  }
  for (const core::Leg& leg : contact.legs) {
    if (leg.phase == LegPhase::ending && !armed(leg.end_timer))
      return fail(Rule::no_deadline, "a leg is ending without a deadline");
  }
  if (contact.ended_at) {
    if (contact.queue || contact.offer || contact.dial_out || transfer != nullptr)
      fail(Rule::custody, "a contact that is over still waits, is offered or is transferred");
    return;
  }

  // Custody: one holder, and a real one.
  const core::Leg* customer = contact.customer();
  const bool agent = !contact.agent.empty();
  const bool destination = !contact.destination_leg.is_nil();
  const bool queue = contact.queue.has_value();
  const bool server = transfer != nullptr && transfer->released && !queue;
  const int holders = int{agent} + int{destination} + int{queue} + int{server};
  if (customer != nullptr && customer->phase == LegPhase::up && holders != 1) {
    return fail(Rule::custody, std::to_string(holders) + " have the customer, not one");
  }
  const auto alive = [&](const LegId& id) {
    const core::Leg* leg = contact.leg(id);
    return leg != nullptr && leg->alive();
  };
  if (agent && !alive(contact.agent_leg))
    return fail(Rule::custody, "the agent who has the customer has no leg");
  if (destination && !alive(contact.destination_leg))
    return fail(Rule::custody, "the destination that has the customer has no leg");
  const bool offered = contact.offer.has_value();
  const bool target = transfer != nullptr && alive(transfer->target_leg);
  const bool owes = contact.silence_timer != 0;
  if (server && !offered && !target && !owes)
    return fail(Rule::custody, "the server has the customer and does nothing for him");
  if (transfer != nullptr && queue) {
    if (Tracked* each = tracked(transfer->id)) {
      // One who is being offered out of a queue that was taken away has no time left in it.
      const bool gone =
          Inspection::of(core_.center).directory_->queue(contact.queue->arn) == nullptr;
      each->queue_due = gone ? 0 : due(contact.queue->timer);
      each->queue_arn = contact.queue->arn;
    }
  }
  if (transfer != nullptr) {
    const Custody custody = transfer->custody();
    const bool fits = custody == Custody::agent    ? agent && contact.agent == transfer->agent
                      : custody == Custody::queue  ? queue && !offered
                      : custody == Custody::server ? !agent && (!queue || offered)
                                                   : false;
    if (!fits)
      return fail(Rule::custody, "custody is told as " + std::string(message::to_string(custody)) +
                                     ", which it is not");
  }

  if (transfer != nullptr && transfer->answered && !target &&
      !(offered && contact.offer->bridging)) {
    return fail(Rule::custody, "nobody has answered, but the customer cannot be taken back");
  }

  // Every wait has a deadline.
  const bool bridging = armed(contact.bridge_timer);
  if (contact.bridge_timer != 0 && !bridging)
    return fail(Rule::no_deadline, "a join has a deadline that never comes");
  if (owes && !armed(contact.silence_timer))
    return fail(Rule::no_deadline, "a customer owes an answer without a deadline");
  if (queue && !armed(contact.queue->timer))
    return fail(Rule::no_deadline, "a customer waits in a queue without a deadline");
  if (contact.dial_out && !armed(contact.dial_out->timer) && !bridging)
    return fail(Rule::no_deadline, "a call out without a deadline");
  const bool releasing = transfer != nullptr && transfer->releasing;
  if (releasing && !armed(transfer->park_timer))
    return fail(Rule::no_deadline, "a release without a deadline");
  const SimLeg* truth = switch_.leg(contact.customer_leg);
  const bool hanging_up = truth == nullptr || truth->state == LegState::gone;
  if (offered) {
    const core::Offer& offer = *contact.offer;
    // A join that failed because the customer's leg is gone waits for its end to be reported.
    if (offer.bridging ? !bridging && !releasing && !hanging_up : !armed(offer.timer))
      return fail(Rule::no_deadline, "an offer without a deadline");
  }
  if (target && !releasing && !hanging_up) {
    const bool waits = transfer->answered ? bridging : armed(transfer->ring_timer);
    if (!waits) return fail(Rule::no_deadline, "a destination is rung without a deadline");
  }
  if (transfer != nullptr && !releasing && !offered && !queue && !target && !owes)
    return fail(Rule::no_deadline, "a transfer waits for nothing");

  // Who does not answer is handed to nobody, but to an agent who asked for him.
  if (offered && truth != nullptr && truth->quiet_since != 0 &&
      (contact.offer->purpose == OfferPurpose::queue ||
       contact.offer->purpose == OfferPurpose::giving_back) &&
      contact.offer->since >= truth->quiet_since &&
      contact.offer->since < truth->quiet_since + kQuietFor) {
    fail(Rule::quiet, "a customer whose leg does not answer is offered to " + contact.offer->agent);
  }
}

void World::check_agents() {
  std::array<CallsOf, kAgents + 1> calls;  // The last is for who is not simulated.
  for (const core::Contact* contact : contacts_) {
    if (contact->ended_at) continue;
    if (!contact->agent.empty()) {
      const core::Contact*& has = calls.at(index_of(contact->agent)).has;
      if (has != nullptr) return fail(Rule::agent, contact->agent + " has two calls");
      has = contact;
    }
    if (contact->offer) {
      const core::Contact*& offered = calls.at(index_of(contact->offer->agent)).offered;
      if (offered != nullptr)
        return fail(Rule::agent, contact->offer->agent + " is offered two calls");
      offered = contact;
    }
  }
  for (std::size_t i = 0; i < agents_.size(); ++i) {
    if (agents_[i] != nullptr) check_agent(*agents_[i], desks_[i], calls[i]);
  }
}

void World::check_agent(const core::Agent& agent, const Desk& desk, const CallsOf& calls) {
  const auto& [has, offered] = calls;
  if (has != nullptr && offered != nullptr)
    return fail(Rule::agent, agent.login + " is offered a call while he has one");
  const core::Contact* call = has != nullptr ? has : offered;
  if ((call == nullptr) != !agent.contact || (call != nullptr && agent.contact != call->id))
    return fail(Rule::agent, agent.login + " is said to have a call that he has not");
  if ((agent.activity == Activity::busy) != (has != nullptr) ||
      (agent.activity == Activity::offered) != (offered != nullptr)) {
    return fail(Rule::agent, agent.login + " is " + agent.state_name() + ", which does not fit");
  }
  const bool after = agent.activity == Activity::acw || agent.activity == Activity::missed ||
                     agent.activity == Activity::rejected;
  if (after != agent.finished.has_value() && agent.activity != Activity::offered)
    return fail(Rule::agent, agent.login + ": what his desktop shows of a call does not fit " +
                                 agent.state_name());
  if (agent.logged_in != desk.logged_in)
    return fail(Rule::agent, agent.login + " was not told that he is signed in or out");
  if (agent.logged_in && desk.state != agent.state_name())
    return fail(Rule::agent,
                agent.login + " is " + agent.state_name() + " and was told " + desk.state);
  if (agent.available() == agent.indexed.empty())
    return fail(Rule::asleep, agent.login + " is free, but no queue knows, or the reverse");
}

void World::check_legs(const Inspection::State& s) {
  for (SimLeg& leg : switch_.legs) {
    if (leg.told || leg.state == LegState::gone || leg.state == LegState::asked) continue;
    bool wanted = false;
    const auto owner = s.legs_.find(leg.id);
    const auto found = owner == s.legs_.end() ? s.contacts_.end() : s.contacts_.find(owner->second);
    if (found != s.contacts_.end() && !found->second->ended_at) {
      const core::Contact& contact = *found->second;
      const SimLeg* customer = switch_.leg(contact.customer_leg);
      const bool served = contact.dial_out || (customer != nullptr && !customer->reported);
      bool role = leg.id == contact.customer_leg || leg.id == contact.destination_leg ||
                  (leg.id == contact.agent_leg && !contact.agent.empty()) ||
                  (contact.offer && contact.offer->leg == leg.id);
      if (!role && contact.transfer) {
        const auto transfer = s.transfers_.find(*contact.transfer);
        role = transfer != s.transfers_.end() && transfer->second->target_leg == leg.id;
      }
      wanted = served && role;
      if (wanted && leg.agent >= 0) {
        // Whatever the contact says: an agent after his call has no leg.
        const core::Agent* agent = agents_[static_cast<std::size_t>(leg.agent)];
        wanted = agent != nullptr && agent->contact == contact.id;
      }
    }
    if (wanted) {
      leg.stray_since = 0;
    } else if (leg.stray_since == 0) {
      leg.stray_since = now_;
    } else if (now_ - leg.stray_since > kStrayAfter) {
      return fail(Rule::stray_leg, "a leg that should end was not told so within five seconds: " +
                                       to_string(leg.id));
    }
  }
}

void World::check_transfers(const Inspection::State& s) {
  std::uint64_t open = 0;
  for (Tracked& each : tracked_) {
    if (!each.outcome || each.outcome_input == inputs_) {
      check_release(s, each);
      check_reason(s, each);
    }
    if (each.outcome) {
      const bool error =
          each.outcome == TransferState::failed || each.outcome == TransferState::returned;
      if (error != (each.errors == 1))
        return fail(Rule::outcome, "a failure was not told as an error, or the reverse");
    } else {
      ++open;
      if (now_ > each.deadline)
        return fail(Rule::late, "a transfer has no outcome within the sum of its deadlines");
    }
    if (each.stored != each.state && each.state != TransferState::accepted)
      return fail(Rule::record, "a transfer's record is not what was told");
  }
  const core::Counters& c = s.counters_;
  const auto told = [&](TransferState state) { return told_[static_cast<std::size_t>(state)]; };
  if (c.transfers_open != open || c.transfers_accepted != accepted_ ||
      c.connected != told(TransferState::connected) ||
      c.returned != told(TransferState::returned) || c.canceled != told(TransferState::canceled) ||
      c.failed != told(TransferState::failed) || c.abandoned != told(TransferState::abandoned) ||
      c.transfers_accepted != c.connected + c.returned + c.canceled + c.failed + c.abandoned +
                                  c.handed_over + c.transfers_open) {
    return fail(Rule::counts, "the counters are not the sum of what was told");
  }
  if (c.illegal_moves != 0)
    fail(Rule::outcome, "a transfer's state followed another, or had a custody, against the table");
}

/// Of a destination that has not answered in time: whether its trunk ever said a word.
void World::check_reason(const Inspection::State& s, const Tracked& tracked) {
  const auto known = s.transfers_.find(tracked.id);
  if (known == s.transfers_.end()) return;
  const core::Transfer& transfer = *known->second;
  const SimLeg* target = switch_.leg(transfer.target_leg);
  if (target == nullptr || !transfer.backend || transfer.backend->code != 408) return;
  if (transfer.failure ==
      (target->heard ? message::Reason::carrierUnavailable : message::Reason::noAnswer))
    fail(Rule::outcome, target->heard ? "a trunk that answered is told as unavailable"
                                      : "a trunk that never answered is told as a destination "
                                        "that lets it ring");
}

void World::check_queues(const Inspection::State& s) {
  std::size_t waiting = 0;
  std::size_t in_lines = 0;
  for (const auto& [arn, line] : s.lines_) in_lines += line.waiting.size();
  for (const core::Contact* contact : contacts_) waiting += contact->queue ? 1U : 0U;
  if (waiting != in_lines)
    return fail(Rule::line, std::to_string(in_lines) + " stand in lines, and " +
                                std::to_string(waiting) + " wait");
  for (const core::Contact* contact : contacts_) {
    if (!contact->queue || contact->offer || contact->bridge_timer != 0) continue;
    // Who owes an answer in truth, too, is offered to nobody until he gives it.
    const SimLeg* customer = switch_.leg(contact->customer_leg);
    if (contact->silence_timer != 0 && customer != nullptr && customer->quiet_since != 0) continue;
    const auto line = s.lines_.find(contact->queue->arn);
    if (line == s.lines_.end() ||
        !line->second.waiting.contains({contact->queue->since, contact->id})) {
      return fail(Rule::asleep, "a customer waits in a queue that does not know him");
    }
    for (const auto& [login, agent] : s.agents_) {
      if (!agent.available() || !s.directory_->serves(*agent.record, contact->queue->arn)) continue;
      if (contact->avoid_agent == login && s.others_staffed(contact->queue->arn, login)) continue;
      return fail(Rule::asleep, "a customer waits while " + login + " is free");
    }
  }
}

void World::check_at_rest() {
  if (violation_) return;
  const Inspection::State& s = Inspection::of(core_.center);
  for (const auto& [id, contact] : s.contacts_) {
    const core::Leg* customer = contact->customer();
    const bool talking = customer != nullptr && customer->phase == LegPhase::up &&
                         !contact->transfer && !contact->queue && !contact->offer &&
                         !contact->dial_out && !contact->ended_at &&
                         (!contact->agent.empty() || !contact->destination_leg.is_nil());
    if (!talking)
      return fail(Rule::no_deadline, "nothing is due any more, but contact " + to_string(id) +
                                         " is not a conversation");
  }
  for (const Tracked& each : tracked_) {
    if (!each.outcome) return fail(Rule::outcome, "a transfer ends with no outcome");
  }
}

void World::check_empty() {
  if (violation_) return;
  const Inspection::State& s = Inspection::of(core_.center);
  const auto left = [&](const char* what, std::size_t count) {
    if (count > 0) fail(Rule::rest, std::to_string(count) + " " + what + " left at the end");
  };
  left("contacts", s.contacts_.size());
  left("legs", s.legs_.size());
  left("timers", s.timers_.size());
  left("transfers", s.transfers_.size());
  // The switch never reported on these.
  const auto lost = static_cast<std::size_t>(switch_.lost_results);
  left("commands", s.commands_.size() > lost ? s.commands_.size() - lost : 0);
  for (const auto& [arn, line] : s.lines_) left("waiting", line.waiting.size());
  for (const auto& [login, agent] : s.agents_) left("running transfers", agent.running.size());
  for (const SimLeg& leg : switch_.legs) {
    if (leg.state != LegState::gone) left("legs at the switch", 1);
  }
  for (const Record& each : records_) {
    if (!each.ended) fail(Rule::record, "a contact is over, but its record is not");
  }
  for (const Tracked& each : tracked_) {
    if (each.outcome == TransferState::connected && each.state != TransferState::completed)
      fail(Rule::outcome, "a connected transfer was never completed");
  }
}

}  // namespace baton::simulation
