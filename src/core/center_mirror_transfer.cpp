// The blind transfer of a call at Amazon Connect: add, wait for an active third party in a
// snapshot, leave, and done when the contact is over. A callback alone decides nothing but a
// failure; nothing is asked for twice; nobody's leg but the agent's own is ended.

#include <algorithm>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::BridgeAction;
using message::BridgeConnection;
using message::BridgeContact;
using message::Reason;
using message::ReleaseOn;

namespace {

constexpr std::string_view kBackend = "amazon-connect";

}  // namespace

std::string evidence(const BridgeContact& contact) {
  std::string text = "contact " + contact.state;
  const BridgeConnection* customer = customer_of(contact);
  for (const BridgeConnection& each : contact.connections) {
    const std::string_view who = &each == customer           ? "customer"
                                 : each.type == "agent"      ? "agent"
                                 : each.type == "monitoring" ? "supervisor"
                                                             : "third party";
    text += "; " + std::string(who) + " " + each.state;
  }
  return text;
}

message::BackendError backend_error(std::string text, std::string name, int status) {
  message::BackendError error{
      .name = std::string(kBackend), .code = status, .text = std::move(text)};
  if (!name.empty()) error.error = std::move(name);
  return error;
}

std::optional<Refused> ContactCenter::Impl::mirror_transfer_refusal(
    const Agent& agent, const Contact& contact, const message::Request& request) {
  if (auto refused = no_session(agent)) return refused;
  if (third_party_of(contact.mirror->last) != nullptr) {
    return refuse(Reason::transferInProgress,
                  "call: another party is on it already; end or leave that call in the CCP first");
  }
  const message::TransferOptions& options = request.options;
  const auto refuse_option = [](std::string_view name, std::string_view why) {
    return refuse(Reason::optionNotSupported,
                  "options." + std::string(name) + ": " + std::string(why));
  };
  if (options.note)
    return refuse_option("note", "Amazon Connect shows no note to the receiving agent");
  if (!options.attributes.empty())
    return refuse_option("attributes", "an agent's session cannot set attributes of a contact");
  if (options.queue_timeout_seconds)
    return refuse_option("queueTimeoutSeconds", "how long a customer waits is Amazon Connect's");
  return {};
}

std::optional<Refused> ContactCenter::Impl::unlisted_refusal(const Agent& agent,
                                                             const Transfer& transfer) const {
  const message::DestinationView& to = *transfer.view.current.destination;
  if (!to.endpoint_arn || !agent.session || !agent.session->endpoints.known) return {};
  if (std::ranges::binary_search(agent.session->endpoints.arns, *to.endpoint_arn)) return {};
  return refuse(Reason::destinationNotPermitted,
                "data.endpointARN: the session of '" + agent.login +
                    "' at Amazon Connect does not list the quick connect '" + to.name +
                    "'; there, add it to a queue of his routing profile");
}

void ContactCenter::Impl::step_timer(Contact& contact, Transfer& transfer, int seconds) {
  cancel(transfer.mirror->timer);
  transfer.mirror->timer = arm(TimerKind::mirror_step, contact.id, now_ + seconds * 1000LL);
}

void ContactCenter::Impl::start_mirrored(Contact& contact, Transfer& transfer) {
  const Agent& primary = *agent(transfer.agent);
  transfer.mirror.emplace();
  contact.mirror->failed_at = 0;
  contact.mirror->resume_owed = false;
  if (goes_cold(primary, transfer)) {
    start_cold(contact, transfer);
  } else {
    add_party(contact, transfer);
  }
}

void ContactCenter::Impl::add_party(Contact& contact, Transfer& transfer) {
  Agent& primary = *agent(transfer.agent);
  const message::DestinationView& to = *transfer.view.current.destination;
  message::BridgeEndpoint endpoint{.type = to.type == "dial_pad" ? "phone_number" : to.type,
                                   .name = to.type == "dial_pad" ? std::string{} : to.name,
                                   .arn = to.endpoint_arn.value_or(""),
                                   .number = to.phone_number.value_or("")};
  // Never on hold first: the service does that itself when it adds the third party, and a hold that
  // fails can leave the customer held all the same.
  order(primary,
        {.action = BridgeAction::addConnection,
         .contact_id = contact.mirror->last.id,
         .endpoint = std::move(endpoint),
         .deadline_ms = policy_.mirror.add_timeout_seconds * 1000},
        {.purpose = Purpose::mirror_add,
         .contact = contact.id,
         .leg = {},
         .agent = {},
         .kind = message::RequestKind::blind_transfer,
         .request_id = transfer.view.request_id,
         .transfer = transfer.id});
  step_timer(contact, transfer, policy_.mirror.add_timeout_seconds);
}

void ContactCenter::Impl::transfer_seen(Contact& contact, Transfer& transfer) {
  MirrorTransfer& mirror = *transfer.mirror;
  if (mirror.cold) {
    cold_seen(contact, transfer);
    return;
  }
  const BridgeContact& seen = contact.mirror->last;
  const BridgeConnection* party = third_party_of(seen);
  const bool shows_now =
      mirror.step != MirrorStep::settling || agent(transfer.agent)->session->alive;
  if (shows_now && customer_left(seen)) {
    cancel(mirror.timer);
    end_transfer(contact, transfer, TransferState::abandoned, Custody::gone,
                 Reason::customerHungUp);
    return;
  }
  if (mirror.step == MirrorStep::settling) {
    settle(contact, transfer);
    return;
  }
  if (party == nullptr) {
    if (mirror.third_party.empty()) return;  // Not there yet.
    if (mirror.step == MirrorStep::watching) {
      cancel(mirror.timer);
      end_transfer(contact, transfer, TransferState::canceled, Custody::agent, Reason::canceled);
      return;
    }
    // Gone before the agent was: the customer is still his.
    const bool was_connected = mirror.step == MirrorStep::leaving;
    fail_mirrored(contact, transfer, was_connected ? Reason::rejected : Reason::noAnswer,
                  backend_error("The destination left before the call was handed over (" +
                                evidence(seen) + ")."));
    return;
  }
  if (mirror.third_party.empty()) party_is_there(contact, transfer, *party);
  if (mirror.step == MirrorStep::watching || mirror.step == MirrorStep::leaving) return;
  const bool wait = transfer.view.current.options->release_on == ReleaseOn::answered;
  if (wait && party->state != "connected") {
    if (mirror.step != MirrorStep::ringing) {
      mirror.step = MirrorStep::ringing;
      step_timer(contact, transfer, transfer.view.current.options->ring_timeout_seconds);
    }
    return;
  }
  leave_contact(contact, transfer);
}

void ContactCenter::Impl::party_is_there(Contact& contact, Transfer& transfer,
                                         const BridgeConnection& party) {
  std::vector<std::string>& known = contact.mirror->known_parties;
  if (std::ranges::find(known, party.id) == known.end()) {
    known.push_back(party.id);
    contact.mirror->late_transfer = {};  // Whoever was expected has come.
  }
  if (transfer.mirror->third_party.empty()) transfer.mirror->third_party = party.id;
  if (transfer.state() == TransferState::accepted)
    move(contact, transfer, TransferState::dialing, Custody::agent);
}

void ContactCenter::Impl::leave_contact(Contact& contact, Transfer& transfer) {
  MirrorTransfer& mirror = *transfer.mirror;
  Agent& primary = *agent(transfer.agent);
  if (mirror.leave_sent) return;
  // Without a bridge nothing is asked for: the next one's snapshot comes here again.
  if (!primary.session || primary.session->leased.bridge == 0) return;
  mirror.step = MirrorStep::leaving;
  mirror.leave_sent = true;
  mirror.cold = false;  // From here on it is one that the agent has left by himself.
  transfer.backend = backend_error(evidence(contact.mirror->last));
  order(primary,
        {.action = BridgeAction::leaveContact,
         .contact_id = contact.mirror->last.id,
         .deadline_ms = policy_.mirror.leave_timeout_seconds * 1000},
        {.purpose = Purpose::mirror_leave,
         .contact = contact.id,
         .leg = {},
         .agent = {},
         .kind = message::RequestKind::blind_transfer,
         .request_id = transfer.view.request_id,
         .transfer = transfer.id});
  step_timer(contact, transfer, policy_.mirror.leave_timeout_seconds);
}

void ContactCenter::Impl::transfer_over(Contact& contact, Transfer& transfer) {
  MirrorTransfer& mirror = *transfer.mirror;
  cancel(mirror.timer);
  if (mirror.cold) {
    cold_over(contact, transfer);
    return;
  }
  const bool unlooked_at =
      mirror.step == MirrorStep::settling && contact.mirror->last.state == kUnlisted;
  const bool taken_away = contact.mirror->late_cold && now_ < may_come_until(contact) &&
                          !customer_left(contact.mirror->last);
  if (mirror.third_party.empty() && (unlooked_at || taken_away)) {
    // It ended while nobody looked, or maybe by the cold transfer that was given up before this
    // one: nothing tells how.
    transfer.failure = Reason::timeout;
    transfer.failure_stage = message::to_string(transfer.state());
    end_transfer(contact, transfer, TransferState::failed, Custody::unknown, Reason::timeout);
    return;
  }
  if (mirror.third_party.empty() || customer_left(contact.mirror->last)) {
    // Nobody else was ever there, so that the end of the contact was the customer's.
    end_transfer(contact, transfer, TransferState::abandoned, Custody::gone,
                 Reason::customerHungUp);
    return;
  }
  transfer.view.released_at = now_;
  // The evidence: who was there when the contact was seen last.
  transfer.backend = backend_error(evidence(contact.mirror->last));
  end_transfer(contact, transfer, TransferState::handedOver, Custody::backend, Reason::none);
}

// ---------------------------------------------------------------------------------------------------------------------
// What does not go as it should

void ContactCenter::Impl::resume_customer(Contact& contact) {
  Agent* who = agent(contact.mirror->agent);
  if (who == nullptr || !who->session || who->session->leased.bridge == 0) return;
  order(*who,
        {.action = BridgeAction::resumeCustomer,
         .contact_id = contact.mirror->last.id,
         .deadline_ms = policy_.mirror.leave_timeout_seconds * 1000},
        {.purpose = Purpose::mirror_resume,
         .contact = contact.id,
         .leg = {},
         .agent = {},
         .kind = message::RequestKind::resume,
         .request_id = {}});
}

void ContactCenter::Impl::give_back_customer(Contact& contact, const Transfer& transfer) {
  MirrorContact& mirror = *contact.mirror;
  mirror.failed_at = now_;
  // Who is there for another reason is why the customer is held.
  const BridgeConnection* party = third_party_of(mirror.last);
  if (party != nullptr && party->id != transfer.mirror->third_party) return;
  const bool refused =
      transfer.mirror->step != MirrorStep::settling && transfer.failure != Reason::canceled;
  if (!refused) expect_late(contact, transfer);
  mirror.resume_owed = !transfer.was_held && !contact.held;
  if (!transfer.was_held && contact.held) resume_customer(contact);
}

void ContactCenter::Impl::fail_mirrored(Contact& contact, Transfer& transfer, Reason reason,
                                        message::BackendError error) {
  cancel(transfer.mirror->timer);
  transfer.failure = reason;
  transfer.failure_stage = message::to_string(transfer.state());
  transfer.backend = std::move(error);
  give_back_customer(contact, transfer);
  end_transfer(contact, transfer, TransferState::failed, Custody::agent, reason);
}

bool ContactCenter::Impl::session_shows_now(const Transfer& transfer) {
  const Agent* primary = agent(transfer.agent);
  return primary != nullptr && primary->session && primary->session->reported &&
         primary->session->leased.bridge != 0 && primary->session->alive;
}

void ContactCenter::Impl::outcome_unknown(Contact& contact, Transfer& transfer,
                                          std::string_view why, TimeMs wait_ms) {
  const bool sees = session_shows_now(transfer);
  MirrorTransfer& mirror = *transfer.mirror;
  mirror.step = MirrorStep::settling;
  mirror.settle_after = now_ + wait_ms;
  mirror.report_asked = false;
  if (!transfer.backend || transfer.backend->text.empty())
    transfer.backend = backend_error(std::string(why));
  // A session that still reports shows him with the agent; of another one nothing is known.
  move(contact, transfer, TransferState::outcomeUnknown, sees ? Custody::agent : Custody::unknown,
       Reason::none, std::string(why));
  if (wait_ms > 0) {
    cancel(mirror.timer);
    mirror.timer = arm(TimerKind::mirror_step, contact.id, mirror.settle_after);
  } else {
    wait_for_report(contact, transfer);
  }
}

void ContactCenter::Impl::wait_for_report(Contact& contact, Transfer& transfer) {
  transfer.mirror->report_asked = true;
  step_timer(contact, transfer, policy_.mirror.settle_timeout_seconds);
  ask_for_report(*agent(transfer.agent));
}

void ContactCenter::Impl::settle(Contact& contact, Transfer& transfer) {
  MirrorTransfer& mirror = *transfer.mirror;
  const Agent& primary = *agent(transfer.agent);
  // A frame that does not answer shows what was, not what is.
  if (!primary.session->alive) return;
  const BridgeContact& seen = contact.mirror->last;
  const BridgeConnection* party = third_party_of(seen);
  const message::BackendError noted = transfer.backend.value_or(message::BackendError{});
  const Reason reason = transfer.failure == Reason::none ? Reason::timeout : transfer.failure;
  if (party == nullptr || mirror.leave_sent) {
    if (now_ < mirror.settle_after) return;
    fail_mirrored(contact, transfer, reason, noted);
    return;
  }
  // It was done after all: on with it.
  transfer.failure = Reason::none;
  transfer.backend.reset();
  move(contact, transfer, TransferState::dialing, Custody::agent, Reason::none, evidence(seen));
  mirror.step = MirrorStep::adding;
  transfer_seen(contact, transfer);
}

void ContactCenter::Impl::step_expired(Contact& contact, Transfer& transfer) {
  const auto seconds = [](int value) { return std::to_string(value) + " s"; };
  switch (transfer.mirror->step) {
    case MirrorStep::adding:
      outcome_unknown(contact, transfer,
                      "Amazon Connect showed no third party within " +
                          seconds(policy_.mirror.add_timeout_seconds) + ".",
                      0);
      break;
    case MirrorStep::ringing:
      if (!session_shows_now(transfer)) {
        outcome_unknown(contact, transfer, "Nobody reported when the ring time was over.", 0);
        break;
      }
      // His leg is not ours to end. The customer does not wait for it any longer.
      fail_mirrored(
          contact, transfer, Reason::noAnswer,
          backend_error(
              "Nobody answered within " +
              seconds(transfer.view.current.options->ring_timeout_seconds) +
              "; the third party's connection is still there, and can be ended in the CCP."));
      publish_call(contact);
      break;
    case MirrorStep::leaving:
      transfer.backend.reset();
      outcome_unknown(contact, transfer,
                      "Amazon Connect did not end the agent's connection within " +
                          seconds(policy_.mirror.leave_timeout_seconds) + ".",
                      0);
      break;
    case MirrorStep::settling:
      // Where a snapshot shows that nothing is decided yet, as by a third party whom the SDK added
      // and nobody has left with the customer, it stays so.
      if (!transfer.mirror->report_asked || (transfer.mirror->cold && session_shows_now(transfer) &&
                                             third_party_of(contact.mirror->last) != nullptr)) {
        wait_for_report(contact, transfer);
        break;
      }
      // No snapshot came. What it was is not known, and that is what is told.
      expect_late(contact, transfer);
      transfer.failure = Reason::timeout;
      transfer.failure_stage = message::to_string(transfer.state());
      end_transfer(contact, transfer, TransferState::failed, Custody::unknown, Reason::timeout);
      break;
    case MirrorStep::watching:
      break;
    case MirrorStep::cold:
      cold_expired(contact, transfer);
      break;
  }
}

void ContactCenter::Impl::on(const BridgeDone& event) {
  const auto found = commands_.find(event.result.command);
  if (found == commands_.end() || found->second.agent != event.agent ||
      !std::holds_alternative<BridgeCommand>(found->second.body)) {
    return;
  }
  OpenCommand open = std::move(found->second);
  commands_.erase(found);
  cancel(open.timer);
  mirrored_done(open, event.result);
}

void ContactCenter::Impl::mirrored_done(const OpenCommand& open,
                                        const message::BridgeResult& result) {
  Contact* call = contact(open.contact);
  Transfer* transfer = call == nullptr ? nullptr : running_transfer(*call);
  const bool steps = open.purpose == Purpose::mirror_add || open.purpose == Purpose::mirror_leave ||
                     open.purpose == Purpose::mirror_cold;
  if (!steps) {
    Agent* asker = agent(open.agent);
    if (result.ok || asker == nullptr || !asker->session ||
        open.purpose != Purpose::mirror_control) {
      return;
    }
    asker->session->cause.reset();
    if (open.kind == message::RequestKind::make_call) dial_refused(*asker, open.request_id);
    message::ApiError error;
    error.error_type = message::error_type(open.kind, "");
    error.error_message = message::error_message(error.error_type);
    error.msg = result.text.empty() ? "Amazon Connect did not carry it out." : result.text;
    error.reason = reason_of_exception(result.error, result.status);
    error.retryable = is_retryable(error.reason);
    error.suggested_action = suggested_action(error.reason);
    if (call != nullptr) error.contact_id = call->id;
    error.backend = backend_error(result.text, result.error, result.status);
    publish(*asker, std::move(error), open.request_id);
    return;
  }
  if (call == nullptr || !call->mirror) return;
  if (!open.transfer.is_nil() && (transfer == nullptr || transfer->id != open.transfer)) {
    // Of one that was given up: it says nothing of the next one, but perhaps that nobody comes.
    const bool refused = open.purpose == Purpose::mirror_cold
                             ? was_never_asked(result.error)
                             : is_certain_failure(result.error, result.status);
    if (call->mirror->late_transfer == open.transfer && !result.ok && refused) comes_no_more(*call);
    return;
  }
  if (transfer == nullptr || !transfer->mirror) return;
  if (open.purpose == Purpose::mirror_cold) {
    cold_answered(*call, *transfer, result);
    return;
  }
  MirrorTransfer& mirror = *transfer->mirror;
  const MirrorStep expected =
      open.purpose == Purpose::mirror_add ? MirrorStep::adding : MirrorStep::leaving;
  // Of a step that is behind us, as where a snapshot was faster, or where the outcome is unknown
  // and waits for one.
  if (mirror.step != expected) return;
  if (result.ok) {
    if (transfer->state() == TransferState::accepted)
      move(*call, *transfer, TransferState::dialing, Custody::agent);
    return;
  }
  const Reason reason = reason_of_exception(result.error, result.status);
  const std::string text =
      result.text.empty() ? "Amazon Connect refused it without a word." : result.text;
  // A leave that failed says nothing of where the customer is: the agent may have gone by the CCP.
  if (open.purpose == Purpose::mirror_add && is_certain_failure(result.error, result.status)) {
    fail_mirrored(*call, *transfer, reason, backend_error(text, result.error, result.status));
    publish_call(*call);  // It may be transferred again; no snapshot need follow.
    return;
  }
  // It may have been done all the same. A fresh snapshot tells.
  transfer->failure = reason;
  transfer->backend = backend_error(text, result.error, result.status);
  outcome_unknown(*call, *transfer, text, kSettleMs);
}

std::optional<Refused> ContactCenter::Impl::cancel_mirrored(Contact& contact, Transfer& transfer) {
  MirrorTransfer& mirror = *transfer.mirror;
  if (mirror.step == MirrorStep::watching) {
    return refuse(Reason::transferInProgress,
                  "the agent does it by hand in the CCP, where it can be undone", transfer.id);
  }
  if (mirror.step == MirrorStep::cold) {
    return refuse(
        Reason::transferInProgress,
        "the session was asked to hand the call over in one step, which nothing takes back",
        transfer.id);
  }
  if (mirror.leave_sent) {
    return refuse(Reason::transferInProgress, "the agent has left the call already", transfer.id);
  }
  if (mirror.step == MirrorStep::settling) {
    return refuse(Reason::transferInProgress,
                  "what became of it is not known yet; the next snapshot tells", transfer.id);
  }
  if (auto refused = no_session(*agent(transfer.agent))) return refused;
  cancel(mirror.timer);
  transfer.failure = Reason::canceled;
  transfer.failure_stage = message::to_string(transfer.state());
  give_back_customer(contact, transfer);
  end_transfer(contact, transfer, TransferState::canceled, Custody::agent, Reason::canceled);
  publish_call(contact);
  return {};
}

}  // namespace baton::core
