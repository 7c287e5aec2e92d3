// What a desktop asks of a session at Amazon Connect: checked here, carried out by the bridge, and
// shown by the next snapshot.

#include <algorithm>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::BridgeAction;
using message::Reason;
using message::Request;
using message::RequestKind;

namespace {

/// How long a control of the call may take on its way to the library.
constexpr int kControlMs = 10'000;
/// How long a request counts as what the next snapshots show the effect of.
constexpr TimeMs kCauseMs = 5000;
/// After so long a call that the session shows is not the one that it was asked to make.
constexpr TimeMs kDialMs = 30'000;

/// Why the customer of an outgoing call was not reached, by the agent's state at Amazon Connect
/// (the library's AgentErrorStates); none for a state that does not say so.
Reason unreached_by(std::string_view state) {
  if (state == "BadAddressCustomer") return Reason::numberNotFound;
  if (state == "LineEngagedCustomer") return Reason::busy;
  if (state == "MissedCallCustomer") return Reason::noAnswer;
  return state == "FailedConnectCustomer" ? Reason::backendRefused : Reason::none;
}

}  // namespace

std::optional<Refused> ContactCenter::Impl::no_session(const Agent& agent) const {
  if (agent.session && agent.session->leased.bridge != 0 && agent.session->reported) return {};
  return refuse(Reason::backendUnavailable,
                "agent: no session of '" + agent.login +
                    "' at Amazon Connect reports; open the page /amazon/, or the desktop that "
                    "hosts the bridge");
}

Contact* ContactCenter::Impl::mirrored_contact(const Agent& agent, const Request& request,
                                               std::optional<Refused>& refused) {
  std::vector<Contact*> calls = mirrored_contacts(agent);
  if (request.contact_id) {
    const ContactId named = message::bridge_id(*request.contact_id);
    for (Contact* call : calls) {
      if (call->id == named || call->leg(named) != nullptr) return call;
    }
    const bool others = contact(named) != nullptr;
    refused = refuse(others ? Reason::callNotOwned : Reason::noActiveCall,
                     others ? "contactId: the call '" + *request.contact_id +
                                  "' is not a call of '" + agent.login + "'"
                            : "contactId: there is no call '" + *request.contact_id + "'");
    return nullptr;
  }
  if (calls.empty()) {
    refused = refuse(Reason::noActiveCall, "agent: '" + agent.login + "' has no call");
    return nullptr;
  }
  if (calls.size() == 1) return calls.front();
  // The library mutes the agent, and so on all of his calls: one that he talks on is as good as
  // another.
  if (request.kind == RequestKind::mute || request.kind == RequestKind::unmute) {
    const auto talking = std::ranges::find_if(calls, &Contact::active);
    return talking == calls.end() ? calls.front() : *talking;
  }
  // Of several, the one that fits: who is offered one call while he talks on another means by
  // Answer and Reject the first, by all else the second.
  const bool wants_offer =
      request.kind == RequestKind::answer || request.kind == RequestKind::reject;
  Contact* fits = nullptr;
  for (Contact* call : calls) {
    if (call->offer.has_value() != wants_offer) continue;
    if (fits != nullptr) {
      refused = refuse(Reason::ambiguousCall, "contactId: '" + agent.login + "' has " +
                                                  std::to_string(calls.size()) +
                                                  " calls; name the one that is meant");
      return nullptr;
    }
    fits = call;
  }
  if (fits == nullptr)
    refused = refuse(Reason::noActiveCall, "agent: '" + agent.login + "' has no such call");
  return fits;
}

std::optional<Refused> ContactCenter::Impl::control(Agent& agent, const Request& request,
                                                    message::BridgeOrder body,
                                                    const ContactId& contact) {
  body.deadline_ms = kControlMs;
  agent.session->cause = request.id;
  agent.session->cause_until = now_ + kCauseMs;
  order(agent, std::move(body),
        {.purpose = Purpose::mirror_control,
         .contact = contact,
         .leg = {},
         .agent = {},
         .kind = request.kind,
         .request_id = request.id});
  return {};
}

std::optional<Refused> ContactCenter::Impl::mirror_login(Agent& agent) {
  if (auto refused = no_session(agent)) return refused;
  const bool first = !std::exchange(agent.logged_in, true);
  if (first) {
    agent.since = now_;
    agent.idle_since = now_;
    index_availability(agent);
  }
  tell_agent(publish<message::LoginSuccess>(agent).agent, agent);
  if (first) agent_changed(agent);
  return {};
}

std::optional<Refused> ContactCenter::Impl::mirror_state(Agent& agent,
                                                         const directory::AgentState* state,
                                                         const Request& request) {
  if (auto refused = no_session(agent)) return refused;
  // States are the instance's own: one that is not in the directory is asked for by its label.
  message::BridgeOrder body{.action = BridgeAction::setState};
  if (state != nullptr) {
    body.state = state->label;
    body.state_type = state->type;
  } else if (request.state && !request.state->label.empty()) {
    body.state = request.state->label;
    body.state_type = request.state->type;
  } else {
    return refuse(Reason::invalidDestination,
                  "data: there is no such agent state; GetStates lists them");
  }
  return control(agent, request, std::move(body), {});
}

std::optional<Refused> ContactCenter::Impl::mirror_call(Agent& agent, const RequestInput& input) {
  if (auto refused = no_session(agent)) return refused;
  if (const std::vector<Contact*> calls = mirrored_contacts(agent); !calls.empty()) {
    // Of two calls the one that is being transferred.
    const auto moving =
        std::ranges::find_if(calls, [](const Contact* c) { return c->transfer.has_value(); });
    return busy_refusal(agent, moving == calls.end() ? calls.front() : *moving);
  }
  Transfer wanted;
  wanted.agent = agent.login;
  if (auto refused = resolve(agent, input.request, input.number_facts, wanted)) return refused;
  if (wanted.kind != TransferKind::number) {
    return refuse(
        Reason::notSupported,
        "data.type: SetMakeCall calls a number; to reach a queue or an agent transfer a call");
  }
  if (auto refused = dial_rate_refusal(agent, wanted.number, now_)) return refused;
  count_dial(agent, wanted.number);
  agent.session->dialled =
      MirrorDial{.number = wanted.number, .request_id = input.request.id, .until = now_ + kDialMs};
  // The library calls numbers only; the quick connect's own is one.
  return control(agent, input.request,
                 {.action = BridgeAction::makeCall,
                  .endpoint =
                      message::BridgeEndpoint{
                          .type = "phone_number", .name = {}, .arn = {}, .number = wanted.number}},
                 {});
}

void ContactCenter::Impl::dial_shown(Agent& agent, DialOut& dial) {
  std::optional<MirrorDial>& asked = agent.session->dialled;
  if (!asked || now_ > asked->until) return;
  const auto number = message::normalize_e164(dial.number);
  if (number && *number != asked->number) return;
  dial.request_id = std::move(asked->request_id);
  dial.asked = true;
  asked.reset();
}

void ContactCenter::Impl::dial_over(Agent& agent, const Contact& contact,
                                    const message::BridgeContact& seen,
                                    const message::BridgeSnapshot& snapshot) {
  if (!contact.dial_out || !contact.dial_out->asked) return;
  Reason reason = unreached_by(snapshot.state);
  if (reason == Reason::none) {
    // It is over for the agent's own hang-up, too, which is no failure.
    if (seen.state != "error" && seen.state != "missed") return;
    reason = Reason::backendRefused;
  }
  const std::string text = "Amazon Connect ended the call before it was answered (" +
                           evidence(seen) + "; the agent is " + snapshot.state + ").";
  tell_call_not_made(agent, contact, reason, text, backend_error(text),
                     contact.dial_out->request_id);
}

void ContactCenter::Impl::dial_refused(Agent& agent, const std::optional<std::string>& request_id) {
  agent.session->dialled.reset();
  // One that is shown all the same is told as failed once.
  for (Contact* call : mirrored_contacts(agent)) {
    if (call->dial_out && call->dial_out->request_id == request_id) call->dial_out->asked = false;
  }
}

std::optional<Refused> ContactCenter::Impl::handle_mirrored(Agent& agent, const RequestInput& input,
                                                            Reply& reply) {
  const Request& request = input.request;
  const auto with_call = [&](BridgeAction action, auto why_not) -> std::optional<Refused> {
    if (auto refused = no_session(agent)) return refused;
    std::optional<Refused> refused;
    Contact* call = mirrored_contact(agent, request, refused);
    if (call == nullptr) return refused;
    if (call->transfer && (action == BridgeAction::hold || action == BridgeAction::resume)) {
      return refuse(Reason::transferInProgress,
                    "call: a transfer is running; wait for it or cancel it", call->transfer);
    }
    if (const std::string why = why_not(*call); !why.empty())
      return refuse(Reason::noActiveCall, why);
    if (action == BridgeAction::hold) call->mirror->resume_owed = false;
    return control(
        agent, request,
        {.action = action, .contact_id = call->mirror->last.id, .digits = request.digits},
        call->id);
  };
  const auto offered = [](const Contact& call) -> std::string {
    return call.offer ? "" : "call: it is not offered";
  };
  const auto talking = [](const Contact& call) -> std::string {
    return call.active() && !call.held ? "" : "call: the customer is not connected";
  };
  switch (request.kind) {
    case RequestKind::login:
      return mirror_login(agent);
    case RequestKind::logout:
      return refuse(Reason::notSupported,
                    "subtopic: the session belongs to Amazon Connect; sign out in the CCP");
    case RequestKind::update_state: {
      const message::AgentStateRef wanted = request.state.value_or(message::AgentStateRef{});
      return mirror_state(agent, directory_->agent_state(wanted.code, wanted.label), request);
    }
    case RequestKind::set_not_ready:
      return mirror_state(agent, directory_->agent_state(request.reason_code, {}), request);
    case RequestKind::answer:
      return with_call(BridgeAction::accept, offered);
    case RequestKind::reject:
      return with_call(BridgeAction::reject, offered);
    case RequestKind::hold:
      return with_call(BridgeAction::hold, talking);
    case RequestKind::resume:
      return with_call(BridgeAction::resume, [](const Contact& call) -> std::string {
        return call.active() && call.held ? "" : "call: it is not on hold";
      });
    case RequestKind::mute:
    case RequestKind::unmute:
      return with_call(
          request.kind == RequestKind::mute ? BridgeAction::mute : BridgeAction::unmute,
          [](const Contact& call) -> std::string {
            return call.active() ? "" : "agent: he is not talking on a call";
          });
    case RequestKind::send_dtmf:
      return with_call(BridgeAction::sendDigits, talking);
    case RequestKind::make_call:
      return mirror_call(agent, input);
    case RequestKind::disconnect: {
      if (auto refused = no_session(agent)) return refused;
      std::optional<Refused> refused;
      Contact* call = mirrored_contact(agent, request, refused);
      if (call == nullptr) return refused;
      Transfer* transfer = running_transfer(*call);
      if (transfer != nullptr && transfer->mirror->step == MirrorStep::cold) {
        return refuse(Reason::transferInProgress,
                      "call: the session hands it over in one step, and leaves it by itself",
                      transfer->id);
      }
      if (transfer != nullptr && transfer->mirror->step != MirrorStep::watching) {
        // It never ends the customer: with the third party there it is the release, before that
        // nobody would be left with him.
        if (transfer->mirror->third_party.empty() ||
            third_party_of(call->mirror->last) == nullptr) {
          return refuse(Reason::transferInProgress,
                        "call: the destination is not reached yet, and the customer would be lost; "
                        "cancel the transfer first",
                        transfer->id);
        }
        leave_contact(*call, *transfer);
        return {};
      }
      if (call->offer) {
        return refuse(Reason::noActiveCall,
                      "agent: '" + agent.login + "' has not answered this call; use Reject");
      }
      return with_call(BridgeAction::disconnect, [](const Contact&) -> std::string { return {}; });
    }
    case RequestKind::clear_contact: {
      if (auto refused = no_session(agent)) return refused;
      if (!agent.finished) {
        return refuse(
            Reason::noActiveCall,
            "agent: '" + agent.login + "' has no call in ACW, missed or rejected to clear");
      }
      // Of several the one that is named, else the one that ended last.
      const FinishedCall* meant = &*agent.finished;
      if (request.contact_id) {
        const ContactId named = message::bridge_id(*request.contact_id);
        const auto is_named = [&named](const FinishedCall& each) { return each.is(named); };
        if (!is_named(*meant)) {
          const auto found = std::ranges::find_if(agent.finished_before, is_named);
          if (found == agent.finished_before.end()) {
            return refuse(Reason::noActiveCall, "contactId: the call '" + *request.contact_id +
                                                    "' is not one in ACW, missed or rejected");
          }
          meant = &*found;
        }
      }
      return control(agent, request,
                     {.action = BridgeAction::clear, .contact_id = to_string(meant->contact)},
                     meant->contact);
    }
    case RequestKind::blind_transfer:
      if (auto refused = blind_transfer(agent, request, input.number_facts, reply, {})) {
        // What the session lists may have changed since it told.
        if (refused->reason == Reason::destinationNotPermitted && !no_session(agent))
          order(agent, {.action = BridgeAction::endpoints});
        return refused;
      }
      return {};
    case RequestKind::cancel_transfer:
      return cancel_transfer(agent, input);
    case RequestKind::move_contact:
      return move_contact(input);
    default:
      break;
  }
  return refuse(Reason::notSupported,
                "subtopic: '" + request.subtopic + "' is not supported by this back end");
}

}  // namespace baton::core
