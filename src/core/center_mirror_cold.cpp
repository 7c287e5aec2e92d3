// The blind transfer to an agent or a queue of Amazon Connect in one step: ContactClient.transfer()
// of the SDK adds the destination and has the agent leave. Its promise proves nothing: done is what
// a snapshot shows to be over. What it refuses may have happened all the same, and a snapshot
// decides. Nothing is asked for twice.

#include <algorithm>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::BridgeAction;
using message::BridgeConnection;
using message::BridgeContact;
using message::Reason;
using message::ReleaseOn;

bool ContactCenter::Impl::goes_cold(const Agent& agent, const Transfer& transfer) const {
  // The SDK takes no numbers, and waits for nobody: the agent leaves at once.
  return policy_.mirror.cold_transfer && transfer.kind != TransferKind::number &&
         transfer.view.current.options->release_on == ReleaseOn::accepted && agent.session &&
         agent.session->leased.cold_transfer;
}

void ContactCenter::Impl::start_cold(Contact& contact, Transfer& transfer) {
  Agent& primary = *agent(transfer.agent);
  MirrorTransfer& mirror = *transfer.mirror;
  mirror.step = MirrorStep::cold;
  mirror.cold = true;
  const message::DestinationView& to = *transfer.view.current.destination;
  order(
      primary,
      {.action = BridgeAction::coldTransfer,
       .contact_id = contact.mirror->last.id,
       .endpoint =
           message::BridgeEndpoint{
               .type = to.type, .name = to.name, .arn = to.endpoint_arn.value_or(""), .number = {}},
       .deadline_ms = policy_.mirror.add_timeout_seconds * 1000},
      {.purpose = Purpose::mirror_cold,
       .contact = contact.id,
       .leg = {},
       .agent = {},
       .kind = message::RequestKind::blind_transfer,
       .request_id = transfer.view.request_id,
       .transfer = transfer.id});
  // It may be handed over so late, then the SDK takes its time, and its word has to come here.
  mirror.timer =
      arm(TimerKind::mirror_step, contact.id,
          now_ + policy_.mirror.add_timeout_seconds * 1000LL + kSdkPatienceMs + kSettleMs);
}

void ContactCenter::Impl::cold_seen(Contact& contact, Transfer& transfer) {
  MirrorTransfer& mirror = *transfer.mirror;
  const BridgeContact& seen = contact.mirror->last;
  mirror.contact_over = false;
  const BridgeConnection* party = third_party_of(seen);
  if (party != nullptr) party_is_there(contact, transfer, *party);
  // The SDK's word is missing, or the end of the contact, and either may come first.
  if (mirror.step != MirrorStep::settling) return;
  if (!agent(transfer.agent)->session->alive || now_ < mirror.settle_after) return;
  if (customer_left(seen)) {
    cancel(mirror.timer);
    forget_word(contact);
    end_transfer(contact, transfer, TransferState::abandoned, Custody::gone,
                 Reason::customerHungUp);
    return;
  }
  // Somebody is being added, or the agent is leaving: where that leads to decides, and the agent
  // has it in the CCP before him.
  const BridgeConnection* own = agent_of(seen);
  if (party != nullptr || (own != nullptr && !is_active(*own))) return;
  forget_word(contact);
  fail_mirrored(contact, transfer,
                transfer.failure == Reason::none ? Reason::timeout : transfer.failure,
                transfer.backend.value_or(message::BackendError{}));
}

void ContactCenter::Impl::forget_word(const Contact& contact) {
  const auto open = std::ranges::find_if(commands_, [&contact](const auto& each) {
    return each.second.purpose == Purpose::mirror_cold && each.second.contact == contact.id;
  });
  if (open == commands_.end()) return;
  cancel(open->second.timer);
  commands_.erase(open);
}

bool ContactCenter::Impl::waits_for_sdk(Contact& contact, const BridgeContact* seen) {
  Transfer* transfer = running_transfer(contact);
  if (transfer == nullptr || !transfer->mirror || transfer->mirror->step != MirrorStep::cold ||
      transfer->mirror->confirmed) {
    return false;
  }
  MirrorTransfer& mirror = *transfer->mirror;
  mirror.contact_over = true;
  // After the end connections may still be shown as they were: they say that there was one.
  const BridgeConnection* party = seen == nullptr ? nullptr : third_party_of(*seen);
  if (party != nullptr && mirror.third_party.empty()) mirror.third_party = party->id;
  return true;
}

void ContactCenter::Impl::end_kept_call(Contact& contact) {
  Agent& primary = *agent(contact.mirror->agent);
  mirror_over(primary, contact, MirrorPhase::ended);
  // It was over a while ago, and the agent may have gone on since.
  ask_for_report(primary);
}

void ContactCenter::Impl::cold_answered(Contact& contact, Transfer& transfer,
                                        const message::BridgeResult& result) {
  MirrorTransfer& mirror = *transfer.mirror;
  if (mirror.step == MirrorStep::settling && mirror.cold) {
    // The page had lost its connection for a moment. A snapshot decides all the same.
    mirror.confirmed = mirror.confirmed || result.ok;
    return;
  }
  if (mirror.step != MirrorStep::cold) return;
  if (result.ok) {
    mirror.confirmed = true;
    if (transfer.state() == TransferState::accepted)
      move(contact, transfer, TransferState::dialing, Custody::agent);
    if (mirror.contact_over) {
      end_kept_call(contact);
    } else {
      step_timer(contact, transfer, policy_.mirror.leave_timeout_seconds);
    }
    return;
  }
  const Reason reason = reason_of_exception(result.error, result.status);
  const std::string text =
      result.text.empty() ? "Amazon Connect refused it without a word." : result.text;
  if (was_never_asked(result.error)) {
    mirror.step = MirrorStep::adding;
    mirror.cold = false;
    const BridgeConnection* by_hand = third_party_of(contact.mirror->last);
    if (by_hand != nullptr) {
      mirror.third_party.clear();
      std::erase(contact.mirror->known_parties, by_hand->id);
      fail_mirrored(
          contact, transfer, Reason::transferInProgress,
          backend_error("Another party was added by hand meanwhile.", result.error, result.status));
      third_party_seen(contact, *by_hand);
    }
    if (mirror.contact_over) {
      end_kept_call(contact);
    } else if (by_hand != nullptr) {
      return;
    } else if (result.error == kNoChannel) {
      add_party(contact, transfer);
    } else {
      fail_mirrored(contact, transfer, reason, backend_error(text, result.error, result.status));
      publish_call(contact);
    }
    return;
  }
  transfer.failure = reason;
  transfer.backend = backend_error(text, result.error, result.status);
  if (mirror.contact_over) {
    end_kept_call(contact);
    return;
  }
  outcome_unknown(contact, transfer, text, kSettleMs);
}

void ContactCenter::Impl::cold_expired(Contact& contact, Transfer& transfer) {
  const MirrorTransfer& mirror = *transfer.mirror;
  if (mirror.contact_over) {
    transfer.backend =
        backend_error("The contact ended, and the SDK did not say what came of the transfer (" +
                      evidence(contact.mirror->last) + " before).");
    end_kept_call(contact);
    return;
  }
  outcome_unknown(contact, transfer,
                  mirror.confirmed
                      ? "The SDK said that it had handed the contact over, and Amazon "
                        "Connect did not end it within " +
                            std::to_string(policy_.mirror.leave_timeout_seconds) + " s."
                      : std::string("The SDK did not answer."),
                  0);
}

void ContactCenter::Impl::sdk_is_gone(Agent& agent) {
  for (Contact* call : mirrored_contacts(agent)) {
    Transfer* transfer = running_transfer(*call);
    // Of a contact that is over the word may still come: no snapshot tells more.
    if (transfer == nullptr || !transfer->mirror || transfer->mirror->step != MirrorStep::cold ||
        transfer->mirror->confirmed || transfer->mirror->contact_over) {
      continue;
    }
    outcome_unknown(*call, *transfer, "The page that was asked is gone.", kSettleMs);
  }
}

void ContactCenter::Impl::cold_over(Contact& contact, Transfer& transfer) {
  const MirrorTransfer& mirror = *transfer.mirror;
  const BridgeContact& last = contact.mirror->last;
  forget_word(contact);
  if (!mirror.confirmed && customer_left(last)) {
    end_transfer(contact, transfer, TransferState::abandoned, Custody::gone,
                 Reason::customerHungUp);
    return;
  }
  if (mirror.confirmed || !mirror.third_party.empty()) {
    transfer.failure = Reason::none;
    transfer.view.released_at = now_;
    // The evidence: who was there when the contact was seen last, and what became of it.
    transfer.backend =
        backend_error(evidence(last) + (mirror.confirmed ? "; handed over by the SDK"
                                                         : "; a third party was there at the end"));
    end_transfer(contact, transfer, TransferState::handedOver, Custody::backend, Reason::none);
    return;
  }
  // The customer may have hung up, or have been handed over: nothing tells, and it is not guessed.
  if (transfer.failure == Reason::none) transfer.failure = Reason::timeout;
  transfer.failure_stage = message::to_string(transfer.state());
  end_transfer(contact, transfer, TransferState::failed, Custody::unknown, transfer.failure);
}

}  // namespace baton::core
