#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::CallButton;
using message::CallButtons;

namespace {

/// The body of what a read of that kind is answered with, made where it stays: bodies are large.
message::EventBody empty_read(message::RequestKind kind) {
  using message::EventBody;
  switch (kind) {
    case message::RequestKind::agent_state_sync:
      return EventBody(std::in_place_type<message::AgentStateSync>);
    case message::RequestKind::get_states:
      return EventBody(std::in_place_type<message::GetStates>);
    case message::RequestKind::call_state_sync:
      return EventBody(std::in_place_type<message::CallStateSync>);
    default:
      return EventBody(std::in_place_type<message::AppStateSync>);
  }
}

}  // namespace

void ContactCenter::Impl::agent_changed(Agent& agent, std::optional<std::string> request_id) {
  auto& body = publish<message::SetAgentState>(agent, std::move(request_id));
  tell_agent(body.agent, agent);
  body.event = agent.state_name();
}

void ContactCenter::Impl::tell_agent(message::AgentSnapshot& snapshot, const Agent& agent) const {
  agent.tell(snapshot);
  // He talks with nobody yet, so there is nothing to mute.
  if (snapshot.buttons && calls_out(agent)) snapshot.buttons->mute = false;
}

bool ContactCenter::Impl::calls_out(const Agent& agent) const {
  const auto call = agent.contact ? contacts_.find(*agent.contact) : contacts_.end();
  return call != contacts_.end() && call->second->dial_out;
}

void ContactCenter::Impl::set_activity(Agent& agent, Activity activity) {
  if (agent.activity == activity) return;
  agent.activity = activity;
  agent.since = now_;
  if (activity == Activity::idle) agent.idle_since = now_;
  index_availability(agent);
}

void ContactCenter::Impl::index_availability(Agent& agent) {
  for (const auto& [arn, priority] : agent.indexed) {
    if (const auto set = available_.find(arn); set != available_.end()) {
      set->second.erase({priority, agent.indexed_since, agent.login});
    }
  }
  agent.indexed.clear();
  agent.indexed_since = agent.idle_since;
  if (!agent.available()) return;
  const directory::RoutingProfile* profile =
      directory_->routing_profile(agent.record->routing_profile);
  if (profile == nullptr) return;
  for (const directory::ProfileQueue& queue : profile->queues) {
    available_[queue.queue_arn].emplace(queue.priority, agent.idle_since, agent.login);
    agent.indexed.emplace_back(queue.queue_arn, queue.priority);
  }
}

void ContactCenter::Impl::tell_leg(message::CallLegView& leg, const Contact& contact,
                                   const Agent& agent, bool agent_leg) {
  const bool offered = contact.offer && contact.offer->agent == agent.login;
  const bool calling_out = contact.dial_out.has_value();
  const bool held = contact.held || contact.held_by_phone;
  const bool transferring = contact.transfer.has_value();
  const bool may_transfer = !offered && !calling_out && !transferring && contact.active();

  leg.contact_id = contact.id;
  leg.status_at = offered ? contact.offer->since : contact.call_state_at;
  if (agent_leg) {
    leg.connection_id = offered ? contact.offer->leg : contact.agent_leg;
    leg.type = "agent";
  } else {
    leg.connection_id = contact.customer_leg;
    leg.type = contact.outbound ? "outbound" : "inbound";
    if (!contact.customer_number.empty()) leg.phone_number = contact.customer_number;
  }
  if (offered || calling_out) {
    leg.status = "connecting";
    if (agent_leg && offered) leg.buttons = {CallButton::answer, CallButton::reject};
    if (!agent_leg && calling_out) leg.buttons = {CallButton::disconnect};
  } else {
    leg.status = held ? "hold" : "connected";
    std::uint16_t bits = 0;
    const auto enable = [&bits](CallButtons more) {
      bits = static_cast<std::uint16_t>(bits | more.bits);
    };
    if (agent_leg) {
      if (!held && !transferring) enable({CallButton::numberpad});
    } else {
      enable({CallButton::disconnect});
      if (!transferring) {
        if (contact.held) {
          enable({CallButton::resume});
        } else {
          enable({CallButton::hold});
        }
      }
    }
    if (may_transfer) enable({CallButton::transfer, CallButton::blind_transfer});
    leg.buttons.bits = bits;
  }
}

void ContactCenter::Impl::tell_call(message::CallEvent& event, const Contact& contact,
                                    const Agent& agent, bool agent_leg,
                                    const CallContext& context) {
  tell_leg(event.leg, contact, agent, agent_leg);
  event.event = event.leg.status;
  event.call_variables = context.variables;
  event.queue_name = context.queue_name;
  event.queue_at = contact.queued_at;
}

ContactCenter::Impl::CallContext ContactCenter::Impl::context_of(const Contact& contact) const {
  if (contact.variables->empty()) {
    message::CallVariables variables = contact.attributes;
    if (const Transfer* transfer = running_transfer(contact)) hand_on(*transfer, variables);
    variables.insert_or_assign("ANI", contact.customer_number);
    variables.insert_or_assign("DNIS", contact.dialed_number);
    contact.variables = message::Shared(std::move(variables));
  }
  return {.variables = contact.variables, .queue_name = queue_name(contact.queue_arn)};
}

void ContactCenter::Impl::publish_call(const Contact& contact) {
  if (Agent* who = agent(contact.offer ? contact.offer->agent : contact.agent)) {
    publish_call_to(*who, contact);
  }
}

void ContactCenter::Impl::publish_call_to(Agent& agent, const Contact& contact,
                                          std::optional<std::string> request_id) {
  const CallContext context = context_of(contact);
  tell_call(publish<message::CallEvent>(agent, request_id), contact, agent, true, context);
  tell_call(publish<message::CallEvent>(agent, std::move(request_id)), contact, agent, false,
            context);
}

void ContactCenter::Impl::finish_call_for(Agent& agent, Contact& contact, Activity activity,
                                          std::string_view event,
                                          std::optional<FinishedCall> restore) {
  if (!agent.may_act() && !contact.mirror) {
    // He could not clear it, and the customer's number would be his for ever.
    activity = Activity::idle;
    restore.reset();
  }
  FinishedCall finished;
  finished.contact = contact.id;
  const CallContext context = context_of(contact);
  tell_call(finished.agent_leg, contact, agent, true, context);
  tell_call(finished.customer_leg, contact, agent, false, context);
  for (message::CallEvent* each : {&finished.agent_leg, &finished.customer_leg}) {
    each->leg.previous_status = each->leg.status;
    each->leg.status = "disconnected";
    each->leg.status_at = now_;
    each->leg.buttons = {};
    each->event = event;
  }
  if (activity != Activity::idle) finished.agent_leg.leg.buttons = {CallButton::clear_contact};
  const bool shown = !restore && activity != Activity::idle;
  for (message::CallEvent* each : {&finished.agent_leg, &finished.customer_leg}) {
    auto& told = publish<message::CallEvent>(agent);
    if (shown) {
      told = *each;
    } else {
      told = std::move(*each);
    }
  }
  agent.contact.reset();
  if (restore) {
    activity = Activity::acw;
    publish(agent, restore->agent_leg);
    publish(agent, restore->customer_leg);
    agent.finished = std::move(restore);
  } else if (activity == Activity::idle) {
    agent.finished.reset();
  } else {
    agent.finished = std::move(finished);
  }
  // What he does at Amazon Connect, with another call maybe, his session tells.
  if (contact.mirror) return;
  agent.muted = false;
  set_activity(agent, activity);
  if (!planted(PlantedFault::state_not_published)) agent_changed(agent);
}

void ContactCenter::Impl::set_muted(Agent& agent, bool muted) {
  agent.muted = muted;
  auto& body = publish<message::SetAgentState>(agent);
  agent.tell(body.agent);
  body.event = agent.state_name();
  // The published sample of Mute carries these two buttons only.
  if (body.agent.buttons) {
    message::AgentButtons two;
    two.mute = body.agent.buttons->mute;
    two.unmute = body.agent.buttons->unmute;
    body.agent.buttons = two;
  }
}

void ContactCenter::Impl::clear_finished(Agent& agent) {
  if (agent.finished) {
    message::CallEvent agent_leg = std::move(agent.finished->agent_leg);
    message::CallEvent customer_leg = std::move(agent.finished->customer_leg);
    agent.finished.reset();
    agent_leg.leg.buttons = {};
    for (message::CallEvent* each : {&agent_leg, &customer_leg}) {
      each->event = "Dropped";
      publish(agent, std::move(*each));
    }
  }
  set_activity(agent, Activity::idle);
  agent_changed(agent);
}

message::Event ContactCenter::Impl::read(std::string_view login, message::RequestKind kind) const {
  message::Event event{
      .agent = std::string(login), .sequence = {}, .request_id = {}, .body = empty_read(kind)};
  const auto it = agents_.find(login);
  const Agent* who = it == agents_.end() ? nullptr : &it->second;
  if (auto* state = std::get_if<message::AgentStateSync>(&event.body)) {
    if (who == nullptr) {
      state->agent.login_state = "LoggedOut";
    } else {
      tell_agent(state->agent, *who);
    }
  } else if (auto* states = std::get_if<message::GetStates>(&event.body)) {
    for (const directory::AgentState& each : directory_->directory().agent_states) {
      states->states.push_back({.label = each.label, .code = each.code, .type = each.type});
    }
  } else if (auto* calls = std::get_if<message::CallStateSync>(&event.body)) {
    if (who != nullptr) read_call(*calls, *who);
  } else {
    std::get<message::AppStateSync>(event.body).capabilities = policy_.capabilities;
  }
  return event;
}

void ContactCenter::Impl::read_finished(message::CallStateSync& body, const Agent& agent) {
  if (!agent.finished) return;
  body.calls.reserve(body.calls.size() + 2 * (1 + agent.finished_before.size()));
  body.calls.push_back(agent.finished->agent_leg.leg);
  body.calls.push_back(agent.finished->customer_leg.leg);
  for (auto each = agent.finished_before.rbegin(); each != agent.finished_before.rend(); ++each) {
    body.calls.push_back(each->agent_leg.leg);
    body.calls.push_back(each->customer_leg.leg);
  }
}

void ContactCenter::Impl::read_call(message::CallStateSync& body, const Agent& agent) const {
  const auto found = agent.contact ? contacts_.find(*agent.contact) : contacts_.end();
  const auto tell = [&body](const message::Shared<message::CallVariables>& variables,
                            const std::string& queue_name, TimeMs queue_at) {
    body.attributes = variables;
    if (queue_name.empty()) return;
    body.queue_name = queue_name;
    body.queue_at = queue_at;
  };
  if (found != contacts_.end()) {
    const Contact& call = *found->second;
    body.calls.reserve(2);
    tell_leg(body.calls.emplace_back(), call, agent, true);
    tell_leg(body.calls.emplace_back(), call, agent, false);
    if (call.mirror) {
      // At Amazon Connect an agent may have two.
      std::map<ContactId, const Contact*> others;
      for (const auto& [id, each] : contacts_) {
        if (each->mirror && !each->ended_at && each->mirror->agent == agent.login && id != call.id)
          others.emplace(id, each.get());
      }
      for (const auto& [id, each] : others) {
        tell_leg(body.calls.emplace_back(), *each, agent, true);
        tell_leg(body.calls.emplace_back(), *each, agent, false);
      }
    }
    if (call.mirror) read_finished(body, agent);
    const CallContext context = context_of(call);
    tell(context.variables, context.queue_name, call.queued_at);
  } else if (agent.finished) {
    const message::CallEvent& shown = agent.finished->agent_leg;
    read_finished(body, agent);
    tell(shown.call_variables, shown.queue_name, shown.queue_at);
  }
}

std::vector<AgentStatus> ContactCenter::agents() const {
  std::vector<AgentStatus> list;
  for (const auto& [login, each] : impl_->agents_) {
    if (each.record == nullptr) continue;
    list.push_back({.login = login,
                    .name = each.record->name,
                    .logged_in = each.logged_in,
                    .state = each.logged_in ? each.state_name() : "LoggedOut",
                    .state_type = each.logged_in ? each.state_type() : "offline",
                    .since = each.since,
                    .phone_reachable = each.phone_reachable,
                    .contact = each.contact});
  }
  return list;
}

message::Reason ContactCenter::queue_refusal(std::string_view arn) const {
  const directory::Queue* queue = impl_->directory_->queue(arn);
  if (queue == nullptr) return message::Reason::destinationNotFound;
  const auto refused = impl_->queue_refusal(*queue, false);
  return refused ? refused->reason : message::Reason::none;
}

std::vector<QueueStatus> ContactCenter::queues() const {
  std::vector<QueueStatus> list;
  // By the agents' profiles, and not each agent for each queue: it is asked every second.
  std::unordered_map<std::string_view, int> staffed;
  for (const auto& [login, each] : impl_->agents_) {
    if (!each.staffed()) continue;
    const directory::RoutingProfile* profile =
        impl_->directory_->routing_profile(each.record->routing_profile);
    if (profile == nullptr) continue;
    for (const directory::ProfileQueue& served : profile->queues) ++staffed[served.queue_arn];
  }
  for (const directory::Queue& queue : impl_->directory_->directory().queues) {
    QueueStatus status;
    status.arn = queue.arn;
    status.name = queue.name;
    if (const auto line = impl_->lines_.find(queue.arn); line != impl_->lines_.end()) {
      status.open = line->second.open;
      status.waiting = static_cast<int>(line->second.waiting.size());
      if (!line->second.waiting.empty())
        status.longest_waiting_since = line->second.waiting.begin()->first;
    }
    if (const auto set = impl_->available_.find(queue.arn); set != impl_->available_.end()) {
      status.agents_available = static_cast<int>(set->second.size());
    }
    if (const auto found = staffed.find(queue.arn); found != staffed.end())
      status.agents_staffed = found->second;
    status.estimated_wait_seconds = impl_->estimated_wait(queue.arn, status.waiting + 1);
    list.push_back(std::move(status));
  }
  return list;
}

Census ContactCenter::census() const {
  Census census;
  for (const auto& [login, each] : impl_->agents_) {
    if (each.record != nullptr && each.logged_in) ++census.agents[each.state_name()];
  }
  for (const auto& [id, each] : impl_->contacts_) ++census.contacts[std::string(each->state())];
  for (const directory::Queue& queue : impl_->directory_->directory().queues) {
    Census::Line& line = census.queues.emplace_back();
    line.name = queue.name;
    const auto known = impl_->lines_.find(queue.arn);
    if (known == impl_->lines_.end() || known->second.waiting.empty()) continue;
    line.waiting = known->second.waiting.size();
    line.longest_waiting_since = known->second.waiting.begin()->first;
  }
  return census;
}

std::vector<LegId> ContactCenter::live_legs() const {
  std::vector<LegId> legs;
  for (const auto& [id, call] : impl_->contacts_) {
    for (const Leg& leg : call->legs) {
      if (leg.alive()) legs.push_back(leg.id);
    }
  }
  return legs;
}

std::vector<LegId> ContactCenter::ends_with(const LegId& leg) const {
  std::vector<LegId> legs;
  const auto owner = impl_->legs_.find(leg);
  const auto found =
      owner == impl_->legs_.end() ? impl_->contacts_.end() : impl_->contacts_.find(owner->second);
  if (found == impl_->contacts_.end()) return legs;
  const Contact& call = *found->second;
  const bool has_him = leg == call.customer_leg || (leg == call.agent_leg && !call.agent.empty()) ||
                       leg == call.destination_leg;
  if (!has_him) return legs;
  for (const Leg& each : call.legs) {
    if (each.id != leg && each.alive()) legs.push_back(each.id);
  }
  return legs;
}

std::optional<LegOwner> ContactCenter::owner_of(const LegId& leg) const {
  const auto owner = impl_->legs_.find(leg);
  const auto found =
      owner == impl_->legs_.end() ? impl_->contacts_.end() : impl_->contacts_.find(owner->second);
  if (found == impl_->contacts_.end()) return std::nullopt;
  const Contact& call = *found->second;
  LegOwner result{.contact = call.id, .transfer = call.transfer, .agent = {}};
  if (!result.transfer && !call.all_transfers.empty()) result.transfer = call.all_transfers.back();
  if (const Leg* known = call.leg(leg); known != nullptr && known->role == LegRole::agent)
    result.agent = known->party;
  return result;
}

Counters ContactCenter::counters() const {
  Counters counters = impl_->counters_;
  counters.contacts_open = impl_->contacts_.size();
  counters.legs_open = impl_->legs_.size();
  counters.commands_open = impl_->commands_.size();
  return counters;
}

}  // namespace baton::core
