#include <algorithm>
#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Reason;

namespace {

/// How long a call is left ringing: the carrier's no-answer timer or timer C (RFC 3261 section
/// 16.8, three minutes) would end it.
constexpr TimeMs kLongestRingMs = 170'000;

}  // namespace

// ---------------------------------------------------------------------------------------------------------------------
// Calls that come in

void ContactCenter::Impl::on(const LegIncoming& event) {
  const auto refuse = [&](int code, const std::string& text) {
    command(EndLeg{.leg = event.leg, .code = code, .text = text});
  };
  if (legs_.contains(event.leg)) return;
  if (contacts_.size() >= static_cast<std::size_t>(policy_.max_contacts)) {
    ++counters_.contacts_full;
    refuse(503, "Too many contacts");
    return;
  }

  auto fresh = std::make_unique<Contact>();
  Contact& call = *fresh;
  call.started_at = now_;
  call.presentation = event.presentation;
  call.dialed_number = event.to_number;
  call.max_forwards = event.max_forwards;
  call.trunk = event.trunk;

  if (!event.from_agent.empty()) {
    // An agent's own phone calls out: as SetMakeCall, with the agent's leg there already.
    Agent* who = agent(event.from_agent);
    if (who == nullptr || !who->may_act() || !who->logged_in || who->activity != Activity::idle) {
      refuse(who != nullptr && who->logged_in ? 486 : 403,
             "Sign in and finish your last call first");
      return;
    }
    const auto number = message::normalize_e164(event.to_number);
    if (!number || !who->record->allowed.dial_pad) {
      refuse(number ? 403 : 404, number ? "Not permitted to dial numbers" : "Not an E.164 number");
      return;
    }
    if (const auto refused = number_refusal(*number, event.number_facts)) {
      refuse(refused->reason == Reason::numberNotPossible ? 404 : 403, refused->msg);
      return;
    }
    if (const auto refused = dial_rate_refusal(*who, *number, now_)) {
      count_limit(*refused);
      refuse(480, refused->msg);
      return;
    }
    count_dial(*who, *number);
    call.id = draw_id();
    call.outbound = true;
    call.customer_number = *number;
    call.dialed_number = *number;
    call.agent = who->login;
    call.call_state_at = now_;
    call.agent_leg = event.leg;
    call.customer_leg = draw_id();
    contacts_.emplace(call.id, std::move(fresh));
    add_leg(call, event.leg, LegRole::agent, who->login, LegPhase::incoming);
    call.dial_out = DialOut{.number = *number,
                            .number_facts = event.number_facts.value_or(directory::NumberFacts{}),
                            .caller_id = policy_.default_caller_id,
                            .timer = 0,
                            .request_id = {}};
    call.dial_out->timer = arm(TimerKind::dial_out, call.id,
                               now_ + static_cast<TimeMs>(policy_.answer_timeout_seconds) * 1000);
    who->contact = call.id;
    command(AnswerLeg{.leg = event.leg, .sound = Sound::ringback},
            {.purpose = Purpose::answer_customer,
             .contact = call.id,
             .leg = event.leg,
             .agent = {},
             .request_id = {}});
    set_activity(*who, Activity::busy);
    publish_call(call);
    agent_changed(*who);
    store(call);
    return;
  }

  const directory::InboundNumber* number = directory_->inbound_number(event.to_number);
  const directory::Queue* queue =
      number == nullptr ? nullptr : directory_->queue(number->queue_arn);
  if (queue == nullptr) {
    refuse(404, "Not an inbound number");
    return;
  }
  if (const auto refused = queue_refusal(*queue, false)) {
    count_limit(*refused);
    refuse(refused->reason == Reason::queueClosed ? 480 : 486, refused->msg);
    return;
  }
  // The customer's connectionId equals the contactId, as in the published samples.
  call.id = event.leg;
  call.customer_leg = event.leg;
  call.customer_number = event.presentation.from_number;
  call.original_queue_arn = queue->arn;
  call.queue_arn = queue->arn;
  call.queued_at = now_;
  contacts_.emplace(call.id, std::move(fresh));
  add_leg(call, event.leg, LegRole::customer, call.customer_number, LegPhase::incoming);
  if (queue->answer != directory::QueueAnswer::on_entry) {
    command(RingLeg{event.leg}, {.purpose = Purpose::none,
                                 .contact = call.id,
                                 .leg = event.leg,
                                 .agent = {},
                                 .request_id = {}});
  }
  enter_queue(call, *queue, now_, false);
}

// ---------------------------------------------------------------------------------------------------------------------
// Queues

std::size_t ContactCenter::Impl::entering(const directory::Queue& queue) const {
  std::size_t count = 0;
  for (const auto& [id, open] : commands_) {
    if (open.purpose != Purpose::answer_customer) continue;
    const auto found = contacts_.find(open.contact);
    if (found == contacts_.end()) continue;
    const Contact& call = *found->second;
    if (!call.queue && !call.ended_at && open.leg == call.customer_leg &&
        call.queue_arn == queue.arn)
      ++count;
  }
  return count;
}

std::optional<Refused> ContactCenter::Impl::queue_refusal(const directory::Queue& queue,
                                                          bool need_staff) const {
  const auto line = lines_.find(queue.arn);
  if (line != lines_.end() && !line->second.open) {
    return Refused{.reason = Reason::queueClosed,
                   .msg = "the queue " + queue.name + " is closed now",
                   .running = {}};
  }
  const auto most = static_cast<std::size_t>(queue.max_waiting);
  const std::size_t waiting = line == lines_.end() ? 0 : line->second.waiting.size();
  // Open commands are looked at only where they may matter.
  if (waiting >= most ||
      (waiting + commands_.size() >= most && waiting + entering(queue) >= most)) {
    return Refused{.reason = Reason::queueFull,
                   .msg = "the queue " + queue.name +
                          " is full: " + std::to_string(queue.max_waiting) + " wait",
                   .running = {},
                   .limit = &Counters::queue_full};
  }
  if (need_staff && !others_staffed(queue.arn, "")) {
    return Refused{.reason = Reason::noAgentStaffed,
                   .msg = "no agent of the queue " + queue.name + " is logged in",
                   .running = {}};
  }
  return {};
}

bool ContactCenter::Impl::others_staffed(const std::string& arn, std::string_view except) const {
  return std::ranges::any_of(agents_, [&](const auto& entry) {
    const Agent& each = entry.second;
    return each.login != except && each.staffed() &&
           directory_->serves(*each.record, arn).has_value();
  });
}

void ContactCenter::Impl::enqueue(Contact& contact, const std::string& arn, TimeMs since,
                                  bool bypass_limits, int timeout_seconds) {
  enqueue_until(contact, arn, since, bypass_limits,
                now_ + static_cast<TimeMs>(timeout_seconds) * 1000);
}

void ContactCenter::Impl::enqueue_until(Contact& contact, const std::string& arn, TimeMs since,
                                        bool bypass_limits, TimeMs until) {
  leave_queue(contact, QueueExit::moved);
  contact.queue = QueuePlace{
      .arn = arn, .since = since, .entered_at = now_, .timer = 0, .bypass_limits = bypass_limits};
  contact.queue->timer = arm(TimerKind::queue_wait, contact.id, until);
  contact.queue_arn = arn;
  if (contact.queued_at == 0) contact.queued_at = since;
  lines_[arn].waiting.emplace(since, contact.id);
}

TimeMs ContactCenter::Impl::credited(const Contact& contact) const {
  return (contact.queue ? contact.queue->entered_at : now_) - contact.waited_ms;
}

void ContactCenter::Impl::enter_queue(Contact& contact, const directory::Queue& queue, TimeMs since,
                                      bool bypass_limits) {
  const Leg* customer = contact.customer();
  if (customer != nullptr && customer->phase == LegPhase::incoming &&
      queue.answer == directory::QueueAnswer::on_entry) {
    // This queue answers: he enters it once he has been (CommandResult).
    contact.queue_arn = queue.arn;
    store(contact);
    command(AnswerLeg{.leg = contact.customer_leg, .sound = Sound::queue},
            {.purpose = Purpose::answer_customer,
             .contact = contact.id,
             .leg = contact.customer_leg,
             .agent = {},
             .request_id = {}});
    return;
  }
  enqueue_until(contact, queue.arn, since, bypass_limits, longest_wait(contact, queue));
  store(contact);
  (void)try_offer(contact);
}

TimeMs ContactCenter::Impl::longest_wait(const Contact& contact,
                                         const directory::Queue& queue) const {
  const TimeMs longest = now_ + static_cast<TimeMs>(queue.max_wait_seconds) * 1000;
  const Leg* customer = contact.customer();
  const bool rings = customer != nullptr && customer->phase == LegPhase::incoming;
  return rings ? std::min(longest, contact.started_at + kLongestRingMs) : longest;
}

void ContactCenter::Impl::leave_queue(Contact& contact, QueueExit how) {
  if (!contact.queue) return;
  cancel(contact.queue->timer);
  contact.waited_ms += now_ - contact.queue->entered_at;
  std::string name = queue_name(contact.queue->arn);
  if (name.empty()) name = contact.queue->arn;
  out_->emplace_back(LeftQueue{
      .queue = std::move(name), .how = how, .waited_ms = now_ - contact.queue->entered_at});
  lines_[contact.queue->arn].waiting.erase({contact.queue->since, contact.id});
  contact.queue.reset();
}

int ContactCenter::Impl::position(const Contact& contact) const {
  if (!contact.queue) return 0;
  const auto line = lines_.find(contact.queue->arn);
  if (line == lines_.end()) return 0;
  int place = 1;
  for (const auto& [since, id] : line->second.waiting) {
    if (id == contact.id) return place;
    ++place;
  }
  return place;
}

std::optional<int> ContactCenter::Impl::estimated_wait(std::string_view arn, int place) const {
  const auto line = lines_.find(arn);
  if (line == lines_.end() || line->second.average_wait_ms < 0) return {};
  const auto waiting = static_cast<std::int64_t>(line->second.waiting.size());
  const std::int64_t share =
      line->second.average_wait_ms * place / std::max<std::int64_t>(waiting, 1);
  return static_cast<int>((share + 999) / 1000);
}

bool ContactCenter::Impl::may_be_offered(const Contact& contact) {
  return contact.bridge_timer == 0 &&
         (contact.silence_timer == 0 || planted(PlantedFault::silent_offered));
}

bool ContactCenter::Impl::try_offer(Contact& contact) {
  if (!contact.queue || contact.offer || !may_be_offered(contact)) return false;
  const auto set = available_.find(contact.queue->arn);
  if (set == available_.end()) return false;
  const bool avoid =
      !contact.avoid_agent.empty() && others_staffed(contact.queue->arn, contact.avoid_agent);
  for (const auto& [priority, since, login] : set->second) {
    if (avoid && login == contact.avoid_agent) continue;
    Agent* who = agent(login);
    if (who == nullptr || !who->available()) continue;
    start_offer(contact, *who, OfferPurpose::queue);
    return true;
  }
  return false;
}

void ContactCenter::Impl::route_queue(const std::string& arn) {
  const auto line = lines_.find(arn);
  if (line == lines_.end()) return;
  std::vector<ContactId> waiting;
  for (const auto& [since, id] : line->second.waiting) waiting.push_back(id);
  for (const ContactId& id : waiting) {
    const auto set = available_.find(arn);
    if (set == available_.end() || set->second.empty()) return;
    if (Contact* call = contact(id)) (void)try_offer(*call);
  }
}

void ContactCenter::Impl::staff_left(const Agent& agent) {
  const directory::RoutingProfile* profile =
      agent.record == nullptr ? nullptr
                              : directory_->routing_profile(agent.record->routing_profile);
  if (profile == nullptr) return;
  for (const directory::ProfileQueue& queue : profile->queues) route_queue(queue.queue_arn);
}

void ContactCenter::Impl::route_agent(Agent& agent) {
  if (!agent.available()) return;
  const directory::RoutingProfile* profile =
      directory_->routing_profile(agent.record->routing_profile);
  if (profile == nullptr) return;
  std::vector<directory::ProfileQueue> queues = profile->queues;
  std::ranges::stable_sort(queues, {}, &directory::ProfileQueue::priority);
  for (const directory::ProfileQueue& queue : queues) {
    const auto line = lines_.find(queue.queue_arn);
    if (line == lines_.end()) continue;
    for (const auto& [since, id] : line->second.waiting) {
      Contact* call = contact(id);
      if (call == nullptr || call->offer || !may_be_offered(*call)) continue;
      if (call->avoid_agent == agent.login && others_staffed(queue.queue_arn, agent.login))
        continue;
      start_offer(*call, agent, OfferPurpose::queue);
      return;
    }
  }
}

void ContactCenter::Impl::queue_wait_over(Contact& contact) {
  if (contact.offer && (contact.offer->pressed || contact.offer->bridging)) {
    // An agent has answered: his phone and the join decide, not the clock.
    contact.queue->timer =
        arm(TimerKind::queue_wait, contact.id,
            now_ + (contact.offer->bridging
                        ? policy_.bridge_timeout_ms
                        : static_cast<TimeMs>(policy_.answer_timeout_seconds) * 1000));
    return;
  }
  Transfer* transfer = running_transfer(contact);
  leave_queue(contact, QueueExit::timedOut);
  if (contact.offer) end_offer(contact, Activity::idle, "Dropped");
  if (transfer != nullptr) {
    waited_in_vain(contact, *transfer, Reason::timeout, "No agent was free in time");
    return;
  }
  const directory::Queue* last = last_resort();
  if (last != nullptr && last->arn != contact.queue_arn) {
    enter_queue(contact, *last, credited(contact), true);
    return;
  }
  end_contact(contact, 480, "Nobody was free within the queue's longest wait");
}

void ContactCenter::Impl::waited_in_vain(Contact& contact, Transfer& transfer, Reason why,
                                         std::string_view text) {
  const message::BackendError none{
      .name = policy_.capabilities.backend, .code = 0, .text = std::string(text)};
  if (transfer.state() == TransferState::requeued || transfer.last_resort ||
      transfer.next_step > 0) {
    if (transfer.failure == Reason::none) {
      // Back in the transfer's own queue after a taking back in vain: nothing has failed so far.
      transfer.failure = why;
      transfer.failure_stage = message::to_string(transfer.state());
      transfer.backend = none;
    }
    next_fallback(contact, transfer);
  } else {
    fail_transfer(contact, transfer, why, none);
  }
}

bool ContactCenter::Impl::left_gone_queue(Contact& contact) {
  if (!contact.queue || contact.offer || directory_->queue(contact.queue->arn) != nullptr)
    return false;
  if (Transfer* transfer = running_transfer(contact)) {
    leave_queue(contact, QueueExit::moved);
    waited_in_vain(contact, *transfer, Reason::queueClosed, kQueueGone);
    return true;
  }
  // A caller is not hung up on for it: another import may bring the queue back.
  const directory::Queue* last = last_resort();
  if (last == nullptr) return false;
  const TimeMs since = contact.queue->since;
  leave_queue(contact, QueueExit::moved);
  enter_queue(contact, *last, since, true);
  return true;
}

// ---------------------------------------------------------------------------------------------------------------------
// Offers

void ContactCenter::Impl::start_offer(Contact& contact, Agent& agent, OfferPurpose purpose) {
  // What comes out of a queue is not what he asked for, though his request may have made him free.
  std::optional<Because> unasked;
  if (purpose == OfferPurpose::queue) unasked.emplace(*this, Cause{});
  agent.before_offer = agent.activity;
  contact.offer = Offer{.agent = agent.login,
                        .leg = draw_id(),
                        .purpose = purpose,
                        .since = now_,
                        .dialed = false,
                        .pressed = false,
                        .bridging = false,
                        .timer = 0};
  int seconds = policy_.offer_timeout_seconds;
  if (purpose == OfferPurpose::giving_back) seconds = policy_.return_ring_seconds;
  if (purpose == OfferPurpose::take_back) seconds = policy_.answer_timeout_seconds;
  if (const Transfer* transfer = running_transfer(contact);
      transfer != nullptr && purpose == OfferPurpose::transfer) {
    seconds = transfer->view.current.options->ring_timeout_seconds;
  }
  if (!planted(PlantedFault::no_offer_timeout))
    contact.offer->timer =
        arm(TimerKind::offer, contact.id, now_ + static_cast<TimeMs>(seconds) * 1000);
  agent.contact = contact.id;
  set_activity(agent, Activity::offered);
  publish_call(contact);
  agent_changed(agent);
  store(contact);
  if (Transfer* transfer = running_transfer(contact);
      transfer != nullptr && purpose == OfferPurpose::queue) {
    move(contact, *transfer, TransferState::alerting, Custody::server, Reason::none, agent.login);
  }
  if (purpose == OfferPurpose::take_back) {
    contact.offer->asked = message::RequestKind::cancel_transfer;
    if (cause_) contact.offer->request_id = cause_->request_id;
    ring_offer(contact, true);
  } else if (agent.record->answer == directory::AgentAnswer::phone) {
    ring_offer(contact, false);
  }
}

void ContactCenter::Impl::ring_offer(Contact& contact, bool auto_answer) {
  Offer& offer = *contact.offer;
  offer.dialed = true;
  offer.pressed = auto_answer;
  if (auto_answer) {
    cancel(offer.timer);
    offer.timer = arm(TimerKind::offer, contact.id,
                      now_ + static_cast<TimeMs>(policy_.answer_timeout_seconds) * 1000);
  }
  add_leg(contact, offer.leg, LegRole::agent, offer.agent, LegPhase::dialing);
  command(DialLeg{.leg = offer.leg,
                  .contact = contact.id,
                  .target = AgentPhone{.login = offer.agent, .auto_answer = auto_answer},
                  .media_of = contact.customer_leg,
                  .presentation = contact.presentation,
                  .max_forwards = 70,
                  .transfer = contact.transfer},
          {.purpose = Purpose::offer_dial,
           .contact = contact.id,
           .leg = offer.leg,
           .agent = {},
           .request_id = {}});
}

void ContactCenter::Impl::end_offer(Contact& contact, Activity then, std::string_view event) {
  if (!contact.offer) return;
  Offer offer = *contact.offer;
  cancel(offer.timer);
  if (offer.bridging) stop_bridging(contact);
  if (const Leg* leg = contact.leg(offer.leg); leg != nullptr && leg->alive()) {
    end_leg(contact, offer.leg);
  } else if (leg == nullptr) {
    // His phone was not rung: the contact's record keeps the attempt all the same.
    Leg& attempt = add_leg(contact, offer.leg, LegRole::agent, offer.agent, LegPhase::ended);
    attempt.started_at = offer.since;
    attempt.ended_at = now_;
    attempt.end_text = event;
  }
  Agent* who = agent(offer.agent);
  if (who != nullptr) {
    if (offer.purpose == OfferPurpose::giving_back || offer.purpose == OfferPurpose::take_back) {
      // His refusal restores his state: the ACW of the call he gave away, or Available.
      std::optional<FinishedCall> kept;
      if (who->before_offer == Activity::acw) kept = std::move(who->finished);
      finish_call_for(*who, contact, Activity::idle, event, std::move(kept));
    } else {
      finish_call_for(*who, contact, then, event);
    }
  }
  contact.offer.reset();
  // He may take another call; but not this one again, which the caller takes care of.
  if (who != nullptr && !contact.queue) route_agent(*who);
}

void ContactCenter::Impl::offer_failed(Contact& contact, Activity then, std::string_view event,
                                       Reason why, std::optional<message::BackendError> backend) {
  const OfferPurpose purpose = contact.offer->purpose;
  const bool picked_up = contact.offer->bridging;
  const Because asked(*this, contact.offer->agent, contact.offer->request_id);
  if (contact.offer->asked == message::RequestKind::answer)
    tell_answer_failed(contact, *contact.offer, why, backend);
  end_offer(contact, then, event);
  Transfer* transfer = running_transfer(contact);
  if (purpose == OfferPurpose::queue) {
    if (left_gone_queue(contact)) return;
    if (transfer != nullptr && contact.queue) {
      // Who answered has not got him: nobody has, and he may be taken back as before.
      transfer->answered = false;
      move(contact, *transfer,
           transfer->next_step > 0 || transfer->last_resort ? TransferState::requeued
                                                            : TransferState::queued,
           Custody::queue, why);
    }
    (void)try_offer(contact);
    return;
  }
  if (transfer == nullptr) return;
  if (purpose == OfferPurpose::transfer) {
    fail_transfer(contact, *transfer, why, std::move(backend));
  } else {
    // Who refuses him is not asked again at once, nor who let it ring for as long as a `return`
    // does. One whose phone did not pick up by itself may press Answer on his desktop yet; and one
    // who picked up did take him, though the join failed.
    const bool refused = why == Reason::rejected || why == Reason::busy;
    const bool let_it_ring = purpose == OfferPurpose::giving_back && !picked_up;
    not_taken_back(contact, *transfer, refused || let_it_ring);
  }
}

void ContactCenter::Impl::given_up(Offer& offer) {
  offer.asked.reset();
  offer.request_id.reset();
}

void ContactCenter::Impl::tell_answer_failed(const Contact& contact, const Offer& offer, Reason why,
                                             const std::optional<message::BackendError>& backend) {
  Agent* who = agent(offer.agent);
  if (who == nullptr) return;
  message::ApiError error;
  error.error_type = message::error_type(message::RequestKind::answer, "Answer");
  error.error_message = message::error_message(error.error_type);
  error.msg = backend && !backend->text.empty() ? backend->text : "the phone did not pick up";
  error.reason = why;
  error.contact_id = contact.id;
  error.backend = backend;
  publish(*who, std::move(error), offer.request_id);
}

void ContactCenter::Impl::offer_connected(Contact& contact) {
  const Offer offer = *contact.offer;
  const Because asked(*this, offer.agent, offer.request_id);
  cancel(contact.offer->timer);
  Agent* who = agent(offer.agent);
  if (contact.queue) {
    WaitingLine& line = lines_[contact.queue->arn];
    const std::int64_t waited = now_ - contact.queue->entered_at;
    line.average_wait_ms =
        line.average_wait_ms < 0 ? waited : (line.average_wait_ms * 7 + waited) / 8;
    leave_queue(contact, QueueExit::taken);
  }
  contact.offer.reset();
  contact.agent = offer.agent;
  contact.agent_leg = offer.leg;
  contact.held = false;
  contact.held_by_phone = false;
  contact.call_state_at = now_;
  Transfer* transfer = running_transfer(contact);
  if (transfer != nullptr && offer.purpose != OfferPurpose::queue &&
      offer.purpose != OfferPurpose::transfer) {
    // The primary agent has the customer again, as the transfer's error tells.
    who->finished.reset();
    set_activity(*who, Activity::busy);
    const bool canceled = transfer->taking_back;
    end_transfer(contact, *transfer, canceled ? TransferState::canceled : TransferState::returned,
                 Custody::agent, canceled ? Reason::canceled : transfer->failure);
  } else if (transfer != nullptr) {
    transfer_connected(contact, *transfer, offer.agent, true);
  }
  if (who != nullptr) {
    set_activity(*who, Activity::busy);
    publish_call(contact);
    agent_changed(*who);
  }
  store(contact);
}

// ---------------------------------------------------------------------------------------------------------------------
// Calls that go out

void ContactCenter::Impl::dial_number_of(Contact& contact) {
  DialOut& out = *contact.dial_out;
  if (contact.leg(contact.customer_leg) != nullptr) return;  // Dialled already.
  // The policy may have changed while the agent's phone rang.
  if (const auto refused = number_refusal(out.number, out.number_facts)) {
    dial_out_failed(contact, refused->reason, 0, refused->msg);
    return;
  }
  cancel(out.timer);
  out.timer =
      arm(TimerKind::dial_out, contact.id, now_ + 3LL * policy_.ring_timeout_seconds * 1000);
  add_leg(contact, contact.customer_leg, LegRole::customer, out.number, LegPhase::dialing);
  const Agent* who = agent(contact.agent);
  command(DialLeg{.leg = contact.customer_leg,
                  .contact = contact.id,
                  .target = OutsideNumber{.number = out.number, .caller_id = out.caller_id},
                  .media_of = contact.agent_leg,
                  .presentation = {.from_number = out.caller_id,
                                   .from_name = who == nullptr || who->record == nullptr
                                                    ? ""
                                                    : who->record->name,
                                   .headers = {}},
                  .max_forwards = contact.max_forwards - 1},
          {.purpose = Purpose::out_number_dial,
           .contact = contact.id,
           .leg = contact.customer_leg,
           .agent = contact.agent,
           .request_id = {}});
}

void ContactCenter::Impl::dial_out_failed(Contact& contact, Reason reason, int code,
                                          const std::string& text) {
  Agent* who = agent(contact.agent);
  const std::optional<std::string> request_id = contact.dial_out->request_id;
  const Because asked(*this, contact.agent, request_id);
  cancel(contact.dial_out->timer);
  if (who != nullptr && reason != Reason::canceled) {
    std::optional<message::BackendError> backend;
    // Without a status it was our own decision.
    if (code != 0) {
      backend =
          message::BackendError{.name = policy_.capabilities.backend, .code = code, .text = text};
    }
    tell_call_not_made(*who, contact, reason, text, std::move(backend), request_id);
  }
  if (who != nullptr) {
    // Nobody was spoken with, so there is no after-call work.
    finish_call_for(*who, contact, Activity::idle, "Dropped");
  }
  contact.dial_out.reset();
  contact.agent.clear();
  end_contact(contact, code, text);
  if (who != nullptr && who->available()) route_agent(*who);
}

void ContactCenter::Impl::tell_call_not_made(Agent& agent, const Contact& contact, Reason reason,
                                             const std::string& text,
                                             std::optional<message::BackendError> backend,
                                             const std::optional<std::string>& request_id) {
  message::ApiError error;
  error.error_type = message::error_type(message::RequestKind::make_call, "SetMakeCall");
  error.error_message = message::error_message(error.error_type);
  error.msg = text.empty() ? "the call could not be made" : text;
  error.reason = reason;
  error.contact_id = contact.id;
  error.retryable = is_retryable(reason);
  error.suggested_action = suggested_action(reason);
  error.backend = std::move(backend);
  publish(agent, std::move(error), request_id);
}

}  // namespace baton::core
