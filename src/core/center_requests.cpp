#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Reason;
using message::Request;
using message::RequestKind;

namespace {

/// What the request's command on that leg is for.
OpenCommand asked_by(const Agent& agent, const Request& request, Purpose purpose,
                     const Contact& call, const LegId& leg) {
  return {.purpose = purpose,
          .contact = call.id,
          .leg = leg,
          .agent = agent.login,
          .kind = request.kind,
          .request_id = request.id};
}

}  // namespace

void ContactCenter::Impl::on(const RequestInput& input) {
  const Request& request = input.request;
  Reply reply;
  reply.key = input.reply;
  reply.request_id = request.id;
  Agent* who = agent(input.agent);
  // Who moves a customer that nobody has, or calls off anybody's transfer, acts for no agent: he
  // need not be in the directory, and only his request ids are kept.
  const bool may_act_alone =
      (request.kind == RequestKind::move_contact && input.role != directory::Role::agent) ||
      (request.kind == RequestKind::cancel_transfer && input.role == directory::Role::supervisor);
  const bool for_himself = may_act_alone && input.agent == input.caller;
  if (for_himself && who == nullptr) {
    who = &agents_[input.agent];
    who->login = input.agent;
  }
  const bool may_ask =
      who != nullptr && (who->may_act() || (for_himself && who->record == nullptr));
  if (!may_ask) {
    Agent nobody;
    finish_reply(
        nobody, input, std::move(reply),
        Refused{.reason = Reason::invalidMessage,
                .msg = "agent: there is no enabled agent with the login '" + input.agent + "'",
                .running = {}});
    return;
  }

  // The same id gets the same answer (docs/message-api.md, "Envelopes").
  if (request.id) {
    forget_replies(*who);
    if (const auto known = who->replies.find(*request.id); known != who->replies.end()) {
      if (known->second.content_hash != request.content_hash) {
        reply.accepted = false;
        finish_reply(
            *who, input, std::move(reply),
            Refused{.reason = Reason::idempotencyConflict,
                    .msg = "id: '" + *request.id + "' was used for another request within " +
                           std::to_string(policy_.idempotency_hours) + " hours; use a new id",
                    .running = {}});
        return;
      }
      Reply again = known->second.reply;
      again.key = input.reply;
      if (again.transfer_id) {
        if (const auto running = transfers_.find(*again.transfer_id); running != transfers_.end()) {
          again.current = running->second->view.current;
        }
      }
      out_->emplace_back(std::move(again));
      return;
    }
  }
  const Because asked(*this, Cause{.agent = who->login, .request_id = request.id});
  std::optional<Refused> refused = handle(*who, input, reply);
  finish_reply(*who, input, std::move(reply), std::move(refused));
}

void ContactCenter::Impl::count_limit(const Refused& refused) {
  if (refused.limit != nullptr) ++(counters_.*refused.limit);
}

void ContactCenter::Impl::finish_reply(Agent& agent, const RequestInput& input, Reply&& reply,
                                       std::optional<Refused>&& refused) {
  const Request& request = input.request;
  reply.accepted = !refused.has_value();
  reply.sequence = agent.sequence;
  if (refused) {
    count_limit(*refused);
    if (request.kind == RequestKind::blind_transfer) ++counters_.transfers_refused;
    message::ApiError& error = reply.error.emplace();
    error.error_type = message::error_type(request);
    if ((request.kind == RequestKind::update_state || request.kind == RequestKind::set_not_ready) &&
        refused->reason == Reason::invalidDestination) {
      // The one refusal of these rows with a type of its own.
      error.error_type = "AGENT_STATE_NOT_FOUND";
      refused->reason = Reason::invalidMessage;
    }
    error.error_message = message::error_message(error.error_type);
    error.msg = std::move(refused->msg);
    error.reason = refused->reason;
    error.running_transfer_id = refused->running;
    error.retry_after_seconds = refused->retry_after_seconds;
    error.retryable = is_retryable(error.reason);
    error.suggested_action =
        refused->suggested.empty() ? suggested_action(error.reason) : std::move(refused->suggested);
    const bool of_agent = request.kind != RequestKind::move_contact;
    if (of_agent && agent.record != nullptr)
      error.agent_state = agent.logged_in ? agent.state_name() : "LoggedOut";
    if (!of_agent && request.contact_id)
      error.contact_id = message::parse_uuid(*request.contact_id);
    if (const Contact* meant = of_agent ? meant_contact(agent, request) : nullptr) {
      error.contact_id = meant->id;
      // Who is offered the call, or waits for the number that he calls, has no customer.
      if (request.kind == RequestKind::blind_transfer && meant->agent == agent.login &&
          meant->active())
        error.customer_location = "agent";
    }
  }
  const bool conflict = refused && refused->reason == Reason::idempotencyConflict;
  if (request.id && !agent.login.empty() && !conflict &&
      !planted(PlantedFault::id_not_remembered)) {
    while (agent.reply_order.size() >=
           static_cast<std::size_t>(policy_.idempotency_ids_per_agent)) {
      agent.replies.erase(agent.reply_order.front());
      agent.reply_order.pop_front();
    }
    Reply kept = reply;
    kept.current.reset();
    agent.replies[*request.id] =
        StoredReply{.content_hash = request.content_hash, .at = now_, .reply = std::move(kept)};
    agent.reply_order.push_back(*request.id);
  }
  out_->emplace_back(std::move(reply));
}

const Contact* ContactCenter::Impl::meant_contact(const Agent& agent, const Request& request) {
  const Contact* own = agent.contact ? contact(*agent.contact) : nullptr;
  if (!request.contact_id || own == nullptr) return own;
  if (mirrored()) {
    std::optional<Refused> not_his;
    return mirrored_contact(agent, request, not_his);
  }
  const auto named = message::parse_uuid(*request.contact_id);
  return named && named_contact(agent, *named) == own ? own : nullptr;
}

std::optional<Refused> ContactCenter::Impl::handle(Agent& agent, const RequestInput& input,
                                                   Reply& reply) {
  const Request& request = input.request;
  if (mirrored()) return handle_mirrored(agent, input, reply);
  switch (request.kind) {
    case RequestKind::login:
      return login(agent);
    case RequestKind::logout:
      return logout(agent);
    case RequestKind::update_state: {
      const message::AgentStateRef wanted = request.state.value_or(message::AgentStateRef{});
      const directory::AgentState* state = directory_->agent_state(wanted.code, wanted.label);
      if (state == nullptr || (!wanted.type.empty() && state->type != wanted.type)) {
        return refuse(Reason::invalidDestination,
                      "data: there is no agent state with code '" + wanted.code + "', label '" +
                          wanted.label + "' and type '" + wanted.type + "'; GetStates lists them");
      }
      return choose_state(agent, *state);
    }
    case RequestKind::set_not_ready: {
      const directory::AgentState* state = directory_->agent_state(request.reason_code, "");
      if (state == nullptr || state->type == "routable") {
        return refuse(Reason::invalidDestination,
                      "data.ReasonCodeId: there is no not-ready reason '" + request.reason_code +
                          "'; GetStates lists them");
      }
      return choose_state(agent, *state);
    }
    case RequestKind::answer:
      return answer(agent, request);
    case RequestKind::reject:
      return reject(agent, request);
    case RequestKind::hold:
      return hold(agent, request);
    case RequestKind::resume:
      return resume(agent, request);
    case RequestKind::mute:
    case RequestKind::unmute:
      return mute(agent, request);
    case RequestKind::send_dtmf:
      return send_dtmf(agent, request);
    case RequestKind::make_call:
      return make_call(agent, input);
    case RequestKind::disconnect:
      return disconnect(agent, request);
    case RequestKind::clear_contact:
      return clear_contact(agent, request);
    case RequestKind::blind_transfer:
      return blind_transfer(agent, request, input.number_facts, reply, {});
    case RequestKind::cancel_transfer:
      return cancel_transfer(agent, input);
    case RequestKind::move_contact:
      return move_contact(input);
    case RequestKind::bridge_hello:
    case RequestKind::bridge_snapshot:
    case RequestKind::bridge_endpoints:
    case RequestKind::bridge_result:
    case RequestKind::not_supported:
    case RequestKind::app_state_sync:
    case RequestKind::agent_state_sync:
    case RequestKind::get_states:
    case RequestKind::call_state_sync:
      break;
  }
  return refuse(Reason::notSupported,
                "subtopic: '" + request.subtopic + "' is not supported by this server yet");
}

std::optional<Refused> ContactCenter::Impl::login(Agent& agent) {
  const bool first = !agent.logged_in;
  if (first) {
    agent.logged_in = true;
    agent.since = now_;
    agent.idle_since = now_;
    index_availability(agent);
  }
  tell_agent(publish<message::LoginSuccess>(agent).agent, agent);
  if (first) {
    agent_changed(agent);
    if (agent.available()) route_agent(agent);
  }
  return {};
}

std::optional<Refused> ContactCenter::Impl::logout(Agent& agent) {
  if (!agent.logged_in)
    return refuse(Reason::agentUnavailable, "agent: '" + agent.login + "' is not logged in");
  if (agent.contact) {
    Contact* call = contact(*agent.contact);
    Transfer* transfer = call == nullptr ? nullptr : running_transfer(*call);
    if (transfer == nullptr || transfer->agent != agent.login || call->agent != agent.login) {
      return refuse(
          Reason::invalidMessage,
          "agent: '" + agent.login + "' has a call; end or transfer it before logging out");
    }
    // From `accepted` on his leaving is a release: it never ends the customer.
    release_by_agent(*call, *transfer, true);
  }
  agent.finished.reset();
  set_activity(agent, Activity::idle);
  agent.logged_in = false;
  agent.since = now_;
  index_availability(agent);
  agent.tell(publish<message::LogoutSuccess>(agent).agent);
  staff_left(agent);
  return {};
}

std::optional<Refused> ContactCenter::Impl::choose_state(Agent& agent,
                                                         const directory::AgentState& state) {
  if (!agent.logged_in) {
    return refuse(Reason::agentUnavailable,
                  "agent: '" + agent.login + "' is not logged in; send Agent / Login first");
  }
  if (state.type == "routable" && !agent.phone_reachable) {
    return refuse(Reason::agentUnavailable, "agent: no phone of '" + agent.login +
                                                "' is registered; start it before going " +
                                                state.label);
  }
  const bool was_staffed = agent.staffed();
  agent.chosen = state;
  if (agent.activity == Activity::missed || agent.activity == Activity::rejected) {
    clear_finished(agent);
  } else {
    if (agent.activity == Activity::idle) {
      agent.since = now_;
      agent.idle_since = now_;
    }
    index_availability(agent);
    agent_changed(agent);
  }
  if (agent.available()) route_agent(agent);
  if (was_staffed && !agent.staffed()) staff_left(agent);
  return {};
}

Contact* ContactCenter::Impl::named_contact(const Agent& agent, const message::Uuid& id) {
  // The published samples name the connection as often as the contact.
  if (Contact* found = contact(id)) return found;
  if (Contact* found = contact_of_leg(id)) return found;
  // An offer and a call that he makes are told with a connection that is dialled later, or never.
  Contact* call = agent.contact ? contact(*agent.contact) : nullptr;
  if (call == nullptr) return nullptr;
  const bool offered = call->offer && call->offer->agent == agent.login && call->offer->leg == id;
  return offered || (call->dial_out && call->customer_leg == id) ? call : nullptr;
}

Contact* ContactCenter::Impl::own_contact(const Agent& agent, const Request& request,
                                          std::optional<Refused>& refused) {
  if (mirrored()) return mirrored_contact(agent, request, refused);
  Contact* call = agent.contact ? contact(*agent.contact) : nullptr;
  if (request.contact_id) {
    const auto named = message::parse_uuid(*request.contact_id);
    if (!named) {
      refused = no_uuid(*request.contact_id);
      return nullptr;
    }
    const Contact* found = named_contact(agent, *named);
    if (found == nullptr) {
      refused =
          refuse(Reason::noActiveCall, "contactId: there is no call '" + *request.contact_id + "'");
      return nullptr;
    }
    if (found != call) {
      refused = refuse(Reason::callNotOwned, "contactId: the call '" + *request.contact_id +
                                                 "' is not a call of '" + agent.login + "'");
      return nullptr;
    }
  }
  if (call == nullptr) {
    refused = refuse(Reason::noActiveCall, "agent: '" + agent.login + "' has no call");
  }
  return call;
}

Contact* ContactCenter::Impl::offered_contact(const Agent& agent, const Request& request,
                                              std::optional<Refused>& refused) {
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr || (call->offer && call->offer->agent == agent.login)) return call;
  refused = refuse(Reason::noActiveCall, "agent: no call is offered to '" + agent.login + "'");
  return nullptr;
}

std::optional<Refused> ContactCenter::Impl::answer(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = offered_contact(agent, request, refused);
  if (call == nullptr) return refused;
  // Pressed again while his phone picks up, it is the first one that this is the outcome of.
  if (!call->offer->asked) {
    call->offer->asked = RequestKind::answer;
    call->offer->request_id = request.id;
  }
  if (!call->offer->dialed) {
    ring_offer(*call, true);
    return {};
  }
  if (agent.record->answer == directory::AgentAnswer::phone && !call->offer->bridging) {
    command(TalkLeg{call->offer->leg},
            asked_by(agent, request, Purpose::talk, *call, call->offer->leg));
  }
  return {};  // Pressed again while his phone picks up: nothing more to do.
}

std::optional<Refused> ContactCenter::Impl::reject(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = offered_contact(agent, request, refused);
  if (call == nullptr) return refused;
  given_up(*call->offer);
  offer_failed(*call, Activity::rejected, "Rejected", Reason::rejected);
  return {};
}

std::optional<Refused> ContactCenter::Impl::hold(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr) return refused;
  if (call->agent != agent.login || !call->active()) {
    return refuse(Reason::noActiveCall, "agent: '" + agent.login + "' is not talking on this call");
  }
  if (call->transfer) {
    return refuse(Reason::transferInProgress,
                  "call: a transfer is running; wait for it or cancel it", call->transfer);
  }
  if (call->held) return refuse(Reason::noActiveCall, "call: it is on hold already");
  command(ParkLeg{.leg = call->customer_leg, .sound = Sound::hold},
          asked_by(agent, request, Purpose::hold_customer, *call, call->customer_leg));
  park_agent(*call);
  return {};
}

std::optional<Refused> ContactCenter::Impl::resume(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr) return refused;
  if (call->agent != agent.login || !call->active() || !call->held) {
    return refuse(Reason::noActiveCall, "call: it is not on hold");
  }
  if (call->transfer) {
    return refuse(Reason::transferInProgress,
                  "call: a transfer is running; wait for it or cancel it", call->transfer);
  }
  bridge(*call, call->agent_leg, Purpose::resume_bridge,
         asked_by(agent, request, Purpose::resume_bridge, *call, call->agent_leg));
  return {};
}

std::optional<Refused> ContactCenter::Impl::mute(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr) return refused;
  if (call->agent != agent.login || !call->active()) {
    return refuse(Reason::noActiveCall, "agent: '" + agent.login + "' is not talking on a call");
  }
  command(MuteLeg{.leg = call->agent_leg, .muted = request.kind == RequestKind::mute},
          asked_by(agent, request, Purpose::mute, *call, call->agent_leg));
  return {};
}

std::optional<Refused> ContactCenter::Impl::send_dtmf(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr) return refused;
  if (call->agent != agent.login || !call->active() || call->held) {
    return refuse(Reason::noActiveCall, "agent: '" + agent.login + "' is not talking on this call");
  }
  command(SendDtmf{.leg = call->customer_leg, .digits = request.digits},
          asked_by(agent, request, Purpose::dtmf, *call, call->customer_leg));
  return {};
}

std::optional<Refused> ContactCenter::Impl::disconnect(Agent& agent, const Request& request) {
  std::optional<Refused> refused;
  Contact* call = own_contact(agent, request, refused);
  if (call == nullptr) return refused;
  if (call->agent != agent.login) {
    if (call->offer && call->offer->agent == agent.login && call->offer->bridging) {
      // He has picked up, and is not joined yet.
      given_up(*call->offer);
      offer_failed(*call, Activity::rejected, "Rejected", Reason::rejected);
      return {};
    }
    return refuse(Reason::noActiveCall,
                  "agent: '" + agent.login + "' has not answered this call; use Reject");
  }
  if (Transfer* transfer = running_transfer(*call)) {
    release_by_agent(*call, *transfer, false);
    return {};
  }
  if (call->dial_out) {
    dial_out_failed(*call, Reason::canceled, 487, "Canceled by the agent");
    return {};
  }
  end_leg(*call, call->agent_leg);
  agent_gone(*call);
  return {};
}

std::optional<Refused> ContactCenter::Impl::clear_contact(Agent& agent, const Request& request) {
  // An agent who is offered the call that he gave away keeps its after-call work meanwhile.
  if (!agent.finished || agent.activity == Activity::offered) {
    return refuse(Reason::noActiveCall,
                  "agent: '" + agent.login + "' has no call in ACW, missed or rejected to clear");
  }
  if (request.contact_id) {
    const auto named = message::parse_uuid(*request.contact_id);
    if (!named) return no_uuid(*request.contact_id);
    if (!agent.finished->is(*named)) {
      return refuse(Reason::noActiveCall,
                    "contactId: the call '" + *request.contact_id +
                        "' is not the one in ACW, missed or rejected; leave it out, or name '" +
                        to_string(agent.finished->contact) + "'");
    }
  }
  clear_finished(agent);
  if (agent.available() && !planted(PlantedFault::lost_wake_up)) route_agent(agent);
  return {};
}

std::optional<Refused> ContactCenter::Impl::busy_refusal(const Agent& agent, const Contact* call) {
  if (const Transfer* transfer = call == nullptr ? nullptr : running_transfer(*call);
      transfer != nullptr && transfer->agent == agent.login && call->agent == agent.login) {
    return refuse(Reason::transferInProgress,
                  "agent: a transfer of the call of '" + agent.login +
                      "' is running; wait for it or cancel it",
                  transfer->id);
  }
  const std::string who = "agent: '" + agent.login + "' ";
  if (agent.activity == Activity::offered) {
    return Refused{.reason = Reason::agentUnavailable,
                   .msg = who + "is offered a call; send Answer or Reject first",
                   .running = {},
                   .suggested = "Answer the call that you are offered, or reject it."};
  }
  if (call != nullptr) {
    return Refused{.reason = Reason::agentUnavailable,
                   .msg = who + "has a call; end or transfer it first",
                   .running = {},
                   .suggested = "End or transfer your call first."};
  }
  return Refused{.reason = Reason::agentUnavailable,
                 .msg = who + "has not cleared his last call; send ClearContact first",
                 .running = {},
                 .suggested = "Clear your last call first."};
}

std::optional<Refused> ContactCenter::Impl::make_call(Agent& agent, const RequestInput& input) {
  const Request& request = input.request;
  if (!agent.logged_in) {
    return refuse(Reason::agentUnavailable, "agent: '" + agent.login + "' is not logged in");
  }
  if (agent.activity != Activity::idle)
    return busy_refusal(agent, agent.contact ? contact(*agent.contact) : nullptr);
  if (!agent.phone_reachable) {
    return refuse(Reason::agentUnavailable,
                  "agent: no phone of '" + agent.login + "' is registered");
  }
  if (contacts_.size() >= static_cast<std::size_t>(policy_.max_contacts)) {
    return Refused{.reason = Reason::backendUnavailable,
                   .msg = "the server carries its limit of " +
                          std::to_string(policy_.max_contacts) + " contacts (limits.max_contacts)",
                   .running = {},
                   .limit = &Counters::contacts_full};
  }
  Transfer wanted;  // The same checks as a transfer's destination.
  wanted.agent = agent.login;
  if (auto refused = resolve(agent, request, input.number_facts, wanted)) return refused;
  if (wanted.kind != TransferKind::number) {
    return refuse(
        Reason::notSupported,
        "data.type: SetMakeCall calls a number; to reach a queue or an agent transfer a call");
  }
  if (auto refused = dial_rate_refusal(agent, wanted.number, now_)) return refused;
  count_dial(agent, wanted.number);

  auto fresh = std::make_unique<Contact>();
  Contact& call = *fresh;
  call.id = draw_id();
  call.outbound = true;
  call.customer_number = wanted.number;
  call.dialed_number = wanted.number;
  call.started_at = now_;
  call.call_state_at = now_;
  call.agent = agent.login;
  call.customer_leg = draw_id();
  call.agent_leg = draw_id();
  contacts_.emplace(call.id, std::move(fresh));
  call.dial_out = DialOut{.number = wanted.number,
                          .number_facts = wanted.number_facts,
                          .caller_id = policy_.default_caller_id,
                          .timer = 0,
                          .request_id = request.id};
  call.dial_out->timer = arm(TimerKind::dial_out, call.id,
                             now_ + static_cast<TimeMs>(policy_.answer_timeout_seconds) * 1000);
  add_leg(call, call.agent_leg, LegRole::agent, agent.login, LegPhase::dialing);
  agent.contact = call.id;
  command(DialLeg{.leg = call.agent_leg,
                  .contact = call.id,
                  .target = AgentPhone{.login = agent.login, .auto_answer = true},
                  .media_of = {},
                  .presentation = {.from_number = wanted.number,
                                   .from_name = wanted.view.current.destination->name,
                                   .headers = {}}},
          {.purpose = Purpose::out_agent_dial,
           .contact = call.id,
           .leg = call.agent_leg,
           .agent = agent.login,
           .request_id = {}});
  set_activity(agent, Activity::busy);
  publish_call(call);
  agent_changed(agent);
  store(call);
  return {};
}

}  // namespace baton::core
