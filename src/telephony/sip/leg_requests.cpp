#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/dtmf.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_dialling.hpp"

// What goes through a dialog beside offers: digits, "pick up", and the transfer key.

namespace baton::telephony::sip {

// ---- INFO ----

void Leg::on_info(ServerTransaction transaction, const sip_s* sip) {
  constexpr std::size_t kMaxBody = 4096;
  if (sip::body(sip).size() > kMaxBody) {
    transaction.reply(413);
    return;
  }
  Leg* const other = peer_;
  if (other == nullptr || other->state_ != LegState::confirmed) {
    // Nobody is there to hear it; the party need not know that it is parked.
    transaction.reply(200);
    return;
  }
  if (other->allows_info_ == Allowed::no) {
    transaction.reply(405);
    return;
  }
  const auto make = [other, type = clean_header(content_type(sip)),
                     body = std::string(sip::body(sip))](TagList& tags) {
    other->common_tags(tags, false);
    if (!type.empty()) tags.add(SIPTAG_CONTENT_TYPE_STR(tags.keep(type)));
    if (!body.empty()) tags.add(SIPTAG_PAYLOAD_STR(tags.keep(body)));
  };
  const auto asker = std::make_shared<ServerTransaction>(std::move(transaction));
  const auto carry = [asker, make, leg = other->self()] {
    if (!*asker) return;
    if (leg->ended()) {
      asker->reply(500);
      return;
    }
    ClientTransaction* sent = leg->request(
        *leg->dialog_, "INFO", make,
        [asker, leg, asked = leg->reached_at()](ClientTransaction&, const Response& response) {
          if (response.provisional()) return;
          if (response.status == 401 || response.status == 407) {
            // The challenge is ours, and a credential for it is not the asker's to have.
            asker->reply(500);
            return;
          }
          if (response.status != 408 && response.status != 481) {
            asker->reply(response.status);
            return;
          }
          // RFC 3261 section 12.2.1.2: these two end the dialog that they are about, which is not
          // the asker's.
          asker->reply(500);
          if (leg->reached_at() != asked) return;
          leg->give_up(core::EndCause::unreachable, response.status, reason_text(response.sip));
        });
    if (sent == nullptr) asker->reply(503);
  };
  if (other->lost_its_way()) {
    other->once_reachable(carry);
  } else {
    carry();
  }
  // Its own INFO runs out before ours does, which began later.
  context_.loop->after(context_.times.request_waits, [weak = std::weak_ptr(asker)] {
    if (const auto late = weak.lock()) late->reply(503);
  });
}

void Leg::send_dtmf(std::string digits, Completion completion) {
  if (state_ != LegState::confirmed) {
    completion.fail(ended() ? 481 : 500, "The leg is not connected.");
    return;
  }
  if (const auto bad = first_bad_digit(digits)) {
    completion.fail(400, std::string("'") + *bad + "' is no digit of 0-9, A-D, * and #.");
    return;
  }
  if (allows_info_ == Allowed::no) {
    completion.fail(405, "The peer does not allow INFO.");
    return;
  }
  // An INFO takes a round trip, and people type faster; nobody types this far ahead.
  constexpr std::size_t kMaxWaiting = 100;
  if (digits_.size() >= kMaxWaiting) {
    completion.fail(503, "Too many digits wait for the answers to those before them.");
    return;
  }
  digits_.push_back({std::move(digits), std::move(completion)});
  if (digits_.size() > 1) return;
  if (lost_its_way()) {
    once_reachable([this] { send_next_digit(); });
    return;
  }
  send_next_digit();
}

void Leg::send_next_digit() {
  if (ended()) {
    fail_digits();
    return;
  }
  while (!digits_.empty()) {
    Digits& next = digits_.front();
    if (next.left.empty()) {
      next.completion.ok();
      digits_.pop_front();
      continue;
    }
    const auto make = [this, digit = next.left.front()](TagList& tags) {
      common_tags(tags, false);
      tags.add(SIPTAG_CONTENT_TYPE_STR(kDtmfRelayType))
          .add(SIPTAG_PAYLOAD_STR(tags.keep(dtmf_relay_body(digit))));
    };
    next.left.erase(0, 1);
    ClientTransaction* sent = request(
        *dialog_, "INFO", make,
        [leg = self(), asked = reached_at()](ClientTransaction&, const Response& response) {
          // None waits any more where the leg has ended.
          if (response.provisional() || leg->digits_.empty()) return;
          if (!response.success()) {
            if (response.status == 405 || response.status == 501) {
              leg->allows_info_ = Allowed::no;
            }
            leg->digits_.front().completion.fail(response.status, "The peer refused the digit.");
            leg->digits_.pop_front();
            if ((response.status == 408 || response.status == 481) && leg->reached_at() == asked) {
              leg->give_up(core::EndCause::unreachable, response.status, reason_text(response.sip));
            }
          }
          leg->send_next_digit();
        });
    if (sent != nullptr) return;
    next.completion.fail(503, "The INFO could not be sent.");
    digits_.pop_front();
  }
}

void Leg::fail_digits() {
  for (const Digits& waiting : std::exchange(digits_, {})) {
    waiting.completion.fail(481, "The leg has ended.");
  }
}

void Leg::talk(Completion completion) {
  if (state_ == LegState::dialling && dialling_) {
    dialling_->talk(std::move(completion));
    return;
  }
  completion.fail(ended() ? 481 : 500, "The phone does not ring.");
}

// ---- REFER (RFC 3515) ----

void Leg::on_refer(ServerTransaction transaction, const sip_s* sip) {
  // Who is no agent is refused by the core, which is told of it once: for the audit.
  const bool stranger = party_.agent.empty();
  if ((stranger && stray_refer_told_) || state_ != LegState::confirmed) {
    transaction.reply(603);
    return;
  }
  ReferTarget target;
  if (!parse_refer(sip, target)) {
    transaction.reply(400, "Bad Refer-To");
    return;
  }
  stray_refer_told_ = stranger;
  PendingRefer refer;
  refer.refer = context_.next_refer++;
  refer.cseq = sip->sip_cseq->cs_seq;
  refer.suppressed = refuses_subscription(sip);
  refer.transaction = std::move(transaction);
  refer.deadline = context_.loop->after(
      context_.times.refer_answer, [weak = weak_from_this(), id = refer.refer] {
        const auto leg = weak.lock();
        if (!leg) return;
        std::erase_if(leg->pending_refers_, [&](PendingRefer& pending) {
          if (pending.refer != id) return false;
          pending.transaction.reply(503);
          return true;
        });
      });
  const core::ReferId id = refer.refer;
  pending_refers_.push_back(std::move(refer));
  context_.emit(core::LegRefer{id_, id, target.user, target.host, target.replaces});
}

void Leg::answer_refer(core::ReferId refer, int code, const Completion& completion) {
  const auto found =
      std::find_if(pending_refers_.begin(), pending_refers_.end(),
                   [&](const PendingRefer& pending) { return pending.refer == refer; });
  if (found == pending_refers_.end()) {
    completion.fail(481, "The REFER does not wait for an answer.");
    return;
  }
  TagList tags;
  common_tags(tags, true);
  contact_tag(tags, *dialog_);
  const bool accepted = code >= 200 && code < 300;
  if (accepted && found->suppressed) tags.header("Refer-Sub", "false");
  found->transaction.reply(code, nullptr, &tags);
  context_.loop->cancel(found->deadline);
  if (accepted) {
    refers_.push_back({found->refer, found->cseq, found->suppressed});
    changed();
  }
  pending_refers_.erase(found);
  completion.ok();
}

void Leg::notify_refer(core::ReferId refer, int code, bool final, Completion completion) {
  const auto found =
      std::find_if(refers_.begin(), refers_.end(),
                   [&](const ReferSubscription& known) { return known.refer == refer; });
  if (found == refers_.end()) {
    completion.fail(481, "The REFER was not accepted, or its last NOTIFY is out.");
    return;
  }
  const ReferSubscription subscription = *found;
  if (final) refers_.erase(found);
  if (subscription.suppressed) {
    completion.fail(481, "The phone wants no NOTIFY (Refer-Sub: false).");
    return;
  }
  const auto send = [leg = self(), subscription, code, final, completion] {
    if (leg->ended()) {
      completion.fail(481, "The leg has ended.");
      return;
    }
    TagList tags;
    leg->common_tags(tags, false);
    tags.header("Event", "refer;id=" + std::to_string(subscription.cseq))
        .header("Subscription-State", final ? "terminated;reason=noresource" : "active;expires=180")
        .add(SIPTAG_CONTENT_TYPE_STR("message/sipfrag;version=2.0"))
        .add(SIPTAG_PAYLOAD_STR(tags.keep(sipfrag(code))));
    ClientTransaction* sent = leg->dialog_->send(
        "NOTIFY", tags,
        [leg, completion, refer = subscription.refer](ClientTransaction&,
                                                      const Response& response) {
          if (response.provisional()) return;
          if (response.success()) {
            completion.ok();
            return;
          }
          // RFC 6665 section 4.2.2: a refused NOTIFY ends the subscription, not the call.
          std::erase_if(leg->refers_,
                        [&](const ReferSubscription& known) { return known.refer == refer; });
          completion.fail(response.status, "The phone refused the NOTIFY.");
        });
    if (sent == nullptr) completion.fail(503, "The NOTIFY could not be sent.");
  };
  if (lost_its_way()) {
    once_reachable(send);
  } else {
    send();
  }
}

}  // namespace baton::telephony::sip
