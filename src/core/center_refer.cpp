// The transfer key of the agent's phone: a REFER that runs as a blind transfer (RFC 3515).

#include <utility>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Request;

namespace {

/// A transfer key that is pressed again and again: each press is a subscription of its own.
constexpr std::size_t kMostRepeats = 4;

}  // namespace

void ContactCenter::Impl::tell_refer(Contact& contact, const Transfer& transfer, int code,
                                     bool final) {
  const auto tell = [&](const ReferLink& link) {
    const Leg* leg = contact.leg(link.leg);
    if (leg == nullptr || !leg->alive())
      return;  // RFC 3515: the subscription ends with its dialog.
    const CommandId told =
        command(NotifyRefer{.leg = link.leg, .refer = link.refer, .code = code, .final = final},
                {.purpose = final ? Purpose::refer_outcome : Purpose::none,
                 .contact = contact.id,
                 .leg = link.leg,
                 .agent = {},
                 .request_id = {}});
    if (final && link.leg == contact.agent_leg)
      contact.untold_refer = UntoldRefer{.leg = link.leg, .command = told, .until = end_deadline()};
  };
  if (transfer.refer) tell(*transfer.refer);
  for (const ReferLink& repeat : transfer.repeats) tell(repeat);
}

bool ContactCenter::Impl::outcome_untold(const Contact& contact, const LegId& leg) const {
  return contact.untold_refer && contact.untold_refer->leg == leg &&
         now_ < contact.untold_refer->until && !planted(PlantedFault::untold_lets_go);
}

void ContactCenter::Impl::accept_refer(const ReferLink& link) {
  command(AnswerRefer{.leg = link.leg, .refer = link.refer, .code = 202});
  // RFC 3515 section 2.4.4: the first NOTIFY follows at once, before any that tells of progress.
  command(NotifyRefer{.leg = link.leg, .refer = link.refer, .code = 100, .final = false});
}

void ContactCenter::Impl::on(const LegRefer& event) {
  const auto answer = [&](int code) {
    command(AnswerRefer{.leg = event.leg, .refer = event.refer, .code = code});
  };
  Contact* call = contact_of_leg(event.leg);
  const Agent* sender =
      call == nullptr || call->agent_leg != event.leg ? nullptr : agent(call->agent);
  // An agent may have been removed from the directory while he talks.
  if (sender == nullptr || !sender->may_act()) {
    answer(603);
    return;
  }
  if (event.replaces) {
    answer(501);
    return;
  }
  Agent& who = *agent(call->agent);
  if (const Transfer* running = running_transfer(*call);
      running != nullptr && running->repeats.size() >= kMostRepeats) {
    answer(491);
    return;
  }
  Request request;
  request.kind = message::RequestKind::blind_transfer;
  request.topic = "InboundCall";
  request.subtopic = "BlindTransfer";
  request.source = "phone";
  request.contact_id = to_string(call->id);
  const directory::QuickConnect* object = nullptr;
  if (const auto number = message::normalize_e164(event.target_user)) {
    request.destination = message::DialPad{*number};
  } else {
    object = directory_->quick_connect_by_name(event.target_user);
    if (object == nullptr) {
      for (const directory::QuickConnect& each : directory_->directory().quick_connects) {
        if (each.kind == directory::QuickConnectKind::agent &&
            each.agent_login == event.target_user) {
          object = &each;
          break;
        }
      }
    }
    if (object != nullptr) {
      message::QuickConnectRef ref;
      ref.type = static_cast<message::QuickConnectType>(object->kind);
      ref.name = object->name;
      ref.endpoint_arn = object->arn;
      request.destination = std::move(ref);
    }
  }
  // FNV-1a over the target, so that a phone's repeated REFER is known as a repeat.
  request.content_hash = 1469598103934665603ULL;
  for (const char c : event.target_user) {
    request.content_hash =
        (request.content_hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  }

  Reply reply;
  std::optional<Refused> refused;
  if (!request.destination) {
    refused = Refused{
        .reason = message::Reason::destinationNotFound,
        .msg = "Refer-To: '" + event.target_user +
               "' is neither an E.164 number nor the name of a quick connect nor an agent's login",
        .running = {}};
  } else {
    refused = blind_transfer(who, request, event.number_facts, reply,
                             ReferLink{.leg = event.leg, .refer = event.refer});
  }
  if (!refused) {
    Transfer* running = running_transfer(*call);
    // RFC 3515 section 2.4.5: each REFER that was accepted is told how it ends.
    if (running != nullptr && (!running->refer || running->refer->refer != event.refer))
      running->repeats.push_back({.leg = event.leg, .refer = event.refer});
    return;
  }
  count_limit(*refused);
  ++counters_.transfers_refused;
  // Not 202 and a NOTIFY: a phone may hang up once it has the 202, and would take the customer
  // along.
  answer(refer_status(refused->reason));
  // Nobody waits for a reply: the desktop is told as of any failure.
  message::ApiError error;
  error.error_type = message::error_type(message::RequestKind::blind_transfer, "BlindTransfer");
  error.error_message = message::error_message(error.error_type);
  error.msg = refused->msg;
  error.reason = refused->reason;
  error.running_transfer_id = refused->running;
  error.retry_after_seconds = refused->retry_after_seconds;
  error.contact_id = call->id;
  error.retryable = is_retryable(refused->reason);
  error.customer_location = "agent";
  error.agent_state = who.state_name();
  error.suggested_action = suggested_action(refused->reason);
  publish(who, std::move(error));
}

}  // namespace baton::core
