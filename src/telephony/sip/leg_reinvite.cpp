#include "telephony/sip/leg_reinvite.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "telephony/sip/bridge_relay.hpp"
#include "telephony/sip/dialog_tags.hpp"

namespace baton::telephony::sip {
namespace {

constexpr int kRequestPending = 491;
constexpr const char* kPeerWasBusy = "The peer was busy with an exchange of its own for too long.";

}  // namespace

LegReinvite::LegReinvite(Leg& leg, Leg::OfferMaker make, Leg::Done done,
                         std::chrono::milliseconds within)
    : leg_(leg.self()),
      make_(std::move(make)),
      done_(std::move(done)),
      within_(within),
      give_up_at_(Loop::Clock::now() + within) {}

LegReinvite::~LegReinvite() {
  leg_->context().loop->cancel(retry_);
  leg_->context().loop->cancel(deadline_);
}

void LegReinvite::start() {
  const auto offer = make_();
  if (!offer) {
    done(488, "No media that both sides have.");
    return;
  }
  offer_ = *offer;
  leg_->context().counters.reinvites.fetch_add(1, std::memory_order_relaxed);
  send(nullptr);
}

void LegReinvite::send(const sip_s* challenge) {
  // One challenge for each attempt: the one after a back-off bears no credential at first.
  authorized_ = challenge != nullptr;
  last_rseq_ = 0;
  early_answer_.clear();
  leg_->mend_way();
  asked_ = leg_->reached_at();
  TagList tags;
  leg_->common_tags(tags, false);
  leg_->session_timer().on_request(tags);
  leg_->sdp_tags(tags, offer_);
  if (challenge != nullptr) {
    const std::string uri = leg_->dialog()->snapshot().remote_target;
    if (!leg_->authorize(tags, challenge, "INVITE", uri)) {
      leg_->media().offer_failed();
      done(challenge->sip_status->st_status, "The peer wants a credential that we do not have.");
      return;
    }
  }
  ClientTransaction* sent = leg_->dialog()->send(
      "INVITE", tags,
      [self = shared_from_this()](ClientTransaction& transaction, const Response& response) {
        self->on_response(transaction, response);
      });
  if (sent == nullptr) {
    leg_->media().offer_failed();
    done(503, "The re-INVITE could not be sent.");
    return;
  }
  open_ = sent;
  arm_deadline();
}

void LegReinvite::send_where_it_is() {
  give_up_at_ = Loop::Clock::now() + within_;
  cancelled_ = false;
  moved_ = true;
  send(nullptr);
}

void LegReinvite::party_moved() {
  if (open_ == nullptr || leg_->reached_at() == asked_) return;
  // A provisional response is on its record, also a 100, which the handler does not see.
  if (nta_outgoing_status(open_->raw()) >= 100) return;
  // What the old address does with it does not matter any more (superseded()).
  open_->cancel();
  send_where_it_is();
}

void LegReinvite::superseded(ClientTransaction& transaction, const Response& response) {
  if (!response.success()) return;
  if (leg_->dialog() != nullptr) {
    TagList tags;
    leg_->dialog()->ack(transaction, tags);
  }
  transaction.close();
}

void LegReinvite::arm_deadline() {
  Loop& loop = *leg_->context().loop;
  loop.cancel(deadline_);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at_ - Loop::Clock::now());
  deadline_ = loop.after(std::max(left, std::chrono::milliseconds(0)), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (!self || self->open_ == nullptr) return;
    // RFC 3261 section 9.1: where nothing answers this either, the stack ends the INVITE by a 408
    // after 32 s more.
    self->cancelled_ = true;
    self->open_->cancel();
  });
}

void LegReinvite::on_response(ClientTransaction& transaction, const Response& response) {
  if (&transaction != open_) {
    superseded(transaction, response);
    return;
  }
  if (response.provisional()) {
    on_provisional(response.sip);
    return;
  }
  open_ = nullptr;
  if (response.success()) {
    // The ACK is owed whatever has become of the leg (RFC 3261 section 13.2.2.4).
    if (leg_->dialog() != nullptr) {
      leg_->dialog()->refresh_target(response.sip);
      TagList tags;
      leg_->dialog()->ack(transaction, tags);
    }
    transaction.close();
    if (leg_->ended()) return;
    leg_->learn_allow(response.sip);
    leg_->session_timer().learn_answer(response.sip);
    leg_->arm_session_timer();
    std::string_view answer = sdp_body(response.sip);
    // It may have come already (RFC 3262 section 5).
    if (answer.empty()) answer = early_answer_;
    if (const auto error = leg_->media().receive_answer(answer)) {
      leg_->media().offer_failed();
      done(488, error->text);
      return;
    }
    leg_->changed();
    // It hears elsewhere now. The party's own re-INVITE to say so met ours.
    if (moved_) bridge_tell_peer(*leg_);
    done(200, {});
    return;
  }
  if (leg_->ended()) return;
  if (cancelled_ && response.status != 408 && response.status != 481) {
    leg_->media().offer_failed();
    done(504, "The party took too long.");
    return;
  }
  const std::string text = response.sip != nullptr ? reason_text(response.sip) : "No answer";
  if (response.status != 408 && nta_sip_is_internal(response.sip) != 0) {
    look_again(text);
    return;
  }
  switch (response.status) {
    case kRequestPending:
      back_off({});
      return;
    case 500:
      // Section 14.2: an earlier INVITE of ours, of a process that died maybe, is not over there.
      if (response.sip != nullptr && response.sip->sip_retry_after != nullptr) {
        back_off(std::chrono::seconds(response.sip->sip_retry_after->af_delta));
        return;
      }
      break;
    case 422:
      if (!lengthened_ && leg_->session_timer().learn_too_small(response.sip)) {
        lengthened_ = true;
        send(nullptr);
        return;
      }
      break;
    case 401:
    case 407:
      if (!authorized_ && response.sip != nullptr) {
        send(response.sip);
        return;
      }
      break;
    case 408:
    case 481:
      if (leg_->reached_at() != asked_) {
        // The silence of the old address lasts longer than the time that the party has, of which
        // it has had nothing yet at the new one.
        send_where_it_is();
        return;
      }
      leg_->media().offer_failed();
      leg_->about_to_be_lost();
      done(response.status, text);
      // The dialog is gone (section 12.2.1.2); BYE, so that a peer who only lost it knows too.
      leg_->give_up(core::EndCause::unreachable, response.status, text);
      return;
    default:
      break;
  }
  leg_->media().offer_failed();
  done(response.status, text);
}

void LegReinvite::on_provisional(const sip_s* response) {
  if (!is_reliable(response) || leg_->ended()) return;
  const auto rseq = static_cast<std::uint32_t>(response->sip_rseq->rs_response);
  // RFC 3262 section 4: one that comes again, or out of order, is not acknowledged.
  if (last_rseq_ != 0 && rseq != last_rseq_ + 1) return;
  last_rseq_ = rseq;
  if (const auto sdp = sdp_body(response); !sdp.empty()) early_answer_ = sdp;
  leg_->request(
      *leg_->dialog(), "PRACK",
      [value = rack(response)](TagList& tags) { tags.header("RAck", value); },
      [](ClientTransaction&, const Response&) {});
}

void LegReinvite::look_again(const std::string& text) {
  const LegTimes& times = leg_->context().times;
  if (++unreachable_ < times.looks) {
    retry_ = leg_->context().loop->after(times.look_again, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (self && self->done_) self->send(nullptr);
    });
    return;
  }
  leg_->media().offer_failed();
  // As after silence: whoever waits must know that the leg is gone.
  leg_->about_to_be_lost();
  done(408, text);
  leg_->give_up(core::EndCause::unreachable, 503, text);
}

void LegReinvite::back_off(std::chrono::milliseconds at_least) {
  auto& context = leg_->context();
  context.counters.glare.fetch_add(1, std::memory_order_relaxed);
  leg_->media().offer_failed();
  // Section 14.1: 2.1 to 4 seconds if we own the Call-ID, else 0 to 2, in units of 10 ms.
  const std::uint64_t units =
      leg_->dialog()->we_called() ? context.between(210, 400) : context.between(0, 200);
  const auto delay = std::max(std::chrono::milliseconds(10 * units), at_least);
  const auto now = Loop::Clock::now();
  if (now + delay >= give_up_at_) {
    done(kRequestPending, kPeerWasBusy);
    return;
  }
  backs_off_ = true;
  retry_not_before_ = now + at_least;
  retry_ = context.loop->after(delay, [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->done_) self->try_again();
  });
}

void LegReinvite::try_again() {
  // Section 14.1: not while an INVITE of the party's is open, whose ACK brings it on.
  if (leg_->peer_invite() != nullptr) return;
  backs_off_ = false;
  if (Loop::Clock::now() >= give_up_at_) {
    done(kRequestPending, kPeerWasBusy);
    return;
  }
  start();
}

void LegReinvite::party_is_done() {
  if (!backs_off_ || Loop::Clock::now() < retry_not_before_) return;
  leg_->context().loop->cancel(retry_);
  try_again();
}

void LegReinvite::leg_ended() {
  // The deadline stays: an INVITE without an end would keep the leg's memory for good.
  leg_->context().loop->cancel(retry_);
  done(481, "The leg has ended.");
}

void LegReinvite::done(int code, const std::string& text) {
  const auto handler = std::exchange(done_, nullptr);
  make_ = nullptr;
  if (!handler) return;
  const auto leg = leg_;
  leg->reinvite_over(*this);
  handler(code, text);
}

}  // namespace baton::telephony::sip
