#include "telephony/sip/bridge_relay.hpp"

#include <sofia-sip/sip.h>
#include <sofia-sip/sip_tag.h>

#include <memory>
#include <string>
#include <utility>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_invite_server.hpp"
#include "telephony/sip/leg_job.hpp"

namespace baton::telephony::sip {
namespace {

constexpr int kPending = 491;

void put_contact(TagList& tags, Leg& leg) { leg.contact_tag(tags, *leg.dialog()); }

/// Tells one leg's party what the other's now is, by a re-INVITE: after a party that was asked for
/// an offer answered with another SDP, or took back one that had been carried.
class Reoffer : public Job {
 public:
  /// `anyhow`: needs_reoffer() cannot tell, since the party only agreed to what was taken back.
  Reoffer(Leg& to, Leg& from, bool anyhow = false)
      : Job({to.self(), from.self()}), to_(to.self()), from_(from.self()), anyhow_(anyhow) {}

 private:
  void start() override {
    if (to_->peer() != from_.get() || (!anyhow_ && !needs_reoffer(to_->media(), from_->media()))) {
      finish();
      return;
    }
    to_->exchange([this] { return to_->media().offer_from(from_->media(), OfferFrom::last); },
                  [job = shared_from_this(), this](int, const std::string&) { finish(); });
  }
  void abort(const Leg&) override {}

  std::shared_ptr<Leg> to_;
  std::shared_ptr<Leg> from_;
  bool anyhow_;
};

class Refresh : public Job {
 public:
  explicit Refresh(Leg& leg) : Job({leg.self()}), leg_(leg.self()) {}

 private:
  void start() override {
    leg_->exchange([this] { return leg_->media().offer_again(); },
                   [job = shared_from_this(), this](int code, const std::string&) {
                     if (code != 200) leg_->session_refresh_refused();
                     if (code == 200) bridge_tell_peer(*leg_);
                     // A parked party may hear elsewhere now, or no longer.
                     if (code == 200 && leg_->peer() == nullptr) leg_->play(leg_->sound());
                     finish();
                   });
  }
  void abort(const Leg&) override {}

  std::shared_ptr<Leg> leg_;
};

/// Tells both parties of the bridge in which a leg then is what no longer is as they were told.
class Settle : public Job {
 public:
  explicit Settle(Leg& leg) : Job({leg.self()}), leg_(leg.self()) {}

 private:
  void start() override {
    bridge_tell_peer(*leg_);
    if (Leg* const peer = leg_->peer()) bridge_tell_peer(*peer);
    finish();
  }
  void abort(const Leg&) override {}

  std::shared_ptr<Leg> leg_;
};

/// One re-INVITE or UPDATE of a party, from its arrival to our final response (and its ACK).
class PeerOffer : public Job {
 public:
  /// `beside`: it is not to wait for the job that has the leg (Job::run_beside()).
  PeerOffer(Leg& leg, Leg* other, ServerTransaction transaction, const sip_s* sip, bool beside)
      : Job(other != nullptr ? std::vector{leg.self(), other->self()} : std::vector{leg.self()}),
        leg_(leg.self()),
        other_(other != nullptr ? other->self() : nullptr),
        invite_(sip->sip_request->rq_method == sip_method_invite),
        beside_(beside),
        body_(sdp_body(sip)),
        session_(leg.session_timer()) {
    session_.settle(sip);
    if (invite_) {
      leg_->set_peer_invite(std::make_unique<InviteServer>(std::move(transaction), !body_.empty()));
    } else {
      update_ = std::move(transaction);
    }
    held_before_ = leg_->media().held_by_party();
  }

 private:
  void start() override {
    if (body_.empty()) {
      offer_ours();
      return;
    }
    const std::string before = leg_->media().remote();
    if (const auto error = leg_->media().receive_offer(body_)) {
      refuse(error->status, error->text);
      return;
    }
    if (other_ == nullptr || leg_->peer() != other_.get()) {
      answer_here();
      return;
    }
    if (answers_same(before, body_)) {
      // A refresh: nothing that the other would need to know.
      answer(leg_->media().answer_from(other_->media()));
      return;
    }
    if (beside_) {
      answer_beside();
      return;
    }
    carry();
  }

  /// The other party is not this job's to ask: what it last said is the answer, and it is told
  /// behind the job that has it.
  void answer_beside() {
    if (auto sdp = leg_->media().answer_from(other_->media())) {
      answer(std::move(sdp));
    } else {
      refuse(kPending, {});
    }
  }

  void abort(const Leg&) override { refuse(487, {}); }

  void leg_gone(const Leg& gone) override {
    if (&gone != leg_.get()) return;
    if (!carrying_) {
      // The ACK will not come any more.
      finish();
      return;
    }
    // Our re-INVITE is still open, and no other may begin (RFC 3261 section 14.1): what the other
    // party is to do next waits for its answer. A re-INVITE of the one that left was refused with
    // the leg (section 15.1.2), an UPDATE is here.
    update_.reply(487);
  }

  /// Carries the offer to the other party and its answer back.
  void carry() {
    const LegTimes& times = leg_->context().times;
    leg_->context().counters.relayed_offers.fetch_add(1, std::memory_order_relaxed);
    if (invite_) {
      leg_->peer_invite()->set_handlers(
          {.on_ack = {},
           .on_cancel = [job = std::static_pointer_cast<PeerOffer>(shared_from_this())](
                            const sip_s*) { job->taken_back(); },
           .on_silence = {}});
    } else {
      leg_->context().loop->after(
          times.request_waits,
          [weak = std::weak_ptr(std::static_pointer_cast<PeerOffer>(shared_from_this()))] {
            const auto job = weak.lock();
            if (job && job->carrying_ && !job->leg_->ended()) job->too_late();
          });
    }
    carrying_ = true;
    other_->exchange([this] { return carried_offer(); },
                     [job = shared_from_this(), this](int code, const std::string& text) {
                       carrying_ = false;
                       if (leg_->ended()) {
                         finish();
                       } else if (taken_back_) {
                         // The other agreed to what does not hold.
                         if (code == 200) add(std::make_shared<Reoffer>(*other_, *leg_, true));
                         finish();
                       } else if (code == 200) {
                         other_agreed();
                       } else if (other_->ended() || leg_->peer() != other_.get()) {
                         // The other hung up meanwhile: the party is as good as parked.
                         answer_here();
                       } else {
                         // 408 and 481 are about the other's dialog and would end this one; a
                         // challenge is to us, and this party has no credential for it.
                         const bool ours = code == 401 || code == 407 || code == 408 || code == 481;
                         refuse(ours ? 500 : code, text);
                       }
                     },
                     invite_ ? times.carried_offer : times.request_waits);
  }

  void other_agreed() {
    auto sdp = leg_->media().answer_from(other_->media());
    // To less than a call needs, or to nothing: the offer is refused, and what was does not hold at
    // the other any more.
    if (!sdp) add(std::make_shared<Reoffer>(*other_, *leg_, true));
    answer(std::move(sdp));
  }

  std::optional<std::string> carried_offer() {
    // After a 491 there is nothing to try again with once the party took its offer back or left.
    if (taken_back_ || leg_->ended()) return std::nullopt;
    return other_->media().offer_from(leg_->media(), OfferFrom::last);
  }

  /// CANCEL, which has its 487. Our re-INVITE goes on: the other's 2xx could cross a CANCEL of ours
  /// just as well (RFC 3261 section 9.1), and would have to be undone all the same.
  void taken_back() {
    taken_back_ = true;
    leg_->media().refuse_offer();
    leg_->drop_peer_invite();
  }

  /// RFC 3311 section 5.2: an UPDATE that takes a human's answer is refused. What became of our
  /// re-INVITE is known later, as after a CANCEL.
  void too_late() {
    taken_back_ = true;
    leg_->media().refuse_offer();
    TagList tags;
    leg_->common_tags(tags, true);
    update_.reply(504, nullptr, &tags);
  }

  /// A parked party, or one that waits for its bridge.
  void answer_here() { answer(leg_->media().answer_parked(leg_->context().source())); }

  void answer(std::optional<std::string> sdp) {
    if (!sdp) {
      refuse(488, "No media that both sides have.");
      return;
    }
    respond(*sdp);
    tell_hold();
    if (leg_->peer() == nullptr) leg_->play(leg_->sound());
    if (!invite_) finish();
  }

  /// A re-INVITE without offer gets ours, and its ACK brings the answer; an UPDATE without offer is
  /// a refresh.
  void offer_ours() {
    if (!invite_) {
      respond({});
      finish();
      return;
    }
    const auto sdp = asked_offer();
    if (!sdp) {
      refuse(488, "No media to offer.");
      return;
    }
    respond(*sdp);
  }

  /// As if the call were new (RFC 3261 section 14.2): what the party had restricted itself, as by a
  /// hold, it may take back by its answer, or restrict again.
  std::optional<std::string> asked_offer() {
    auto& media = leg_->media();
    if (other_ != nullptr && leg_->peer() == other_.get()) {
      if (auto offer = media.offer_from(other_->media(), OfferFrom::last)) return offer;
    } else if (media.parked() || media.held_by_party()) {
      return media.offer_parked(leg_->context().source());
    }
    return media.offer_again();
  }

  void respond(const std::string& sdp) {
    TagList tags;
    leg_->common_tags(tags, true);
    put_contact(tags, *leg_);
    leg_->session_timer() = session_;
    leg_->session_timer().on_answer(tags);
    leg_->sdp_tags(tags, sdp);
    leg_->arm_session_timer();
    leg_->changed();
    if (beside_) add(std::make_shared<Settle>(*leg_));
    if (!invite_) {
      update_.reply(200, nullptr, &tags);
      return;
    }
    InviteServer* const server = leg_->peer_invite();
    if (server == nullptr) {
      finish();
      return;
    }
    server->set_handlers(
        {.on_ack = [job = std::static_pointer_cast<PeerOffer>(shared_from_this())](
                       const sip_s* ack) { job->acknowledged(ack); },
         .on_cancel = {},
         .on_silence =
             [job = std::static_pointer_cast<PeerOffer>(shared_from_this())] {
               job->leg_->context().counters.unacknowledged.fetch_add(1, std::memory_order_relaxed);
               job->leg_->give_up(core::EndCause::unreachable, 408,
                                  "Nobody acknowledged the answer to a re-INVITE.");
               job->finish();
             }});
    server->accept(tags);
  }

  void acknowledged(const sip_s* ack) {
    leg_->drop_peer_invite();
    if (leg_->ended()) {
      finish();
      return;
    }
    if (body_.empty()) {
      if (leg_->media().receive_asked_answer(sdp_body(ack))) leg_->media().offer_failed();
      leg_->changed();
      tell_hold();
      if (other_ != nullptr && leg_->peer() == other_.get() && !beside_ &&
          needs_reoffer(other_->media(), leg_->media())) {
        add(std::make_shared<Reoffer>(*other_, *leg_));
      } else if (leg_->peer() == nullptr) {
        leg_->play(leg_->sound());
      }
    }
    finish();
    leg_->party_is_done();
  }

  void refuse(int code, const std::string& text) {
    leg_->media().refuse_offer();
    TagList tags;
    leg_->common_tags(tags, true);
    if (!text.empty()) tags.header("Warning", "399 baton \"" + clean_header(text) + "\"");
    if (code == 500) tags.header("Retry-After", "5");
    if (!invite_) {
      update_.reply(code, nullptr, &tags);
    } else if (leg_->peer_invite() != nullptr) {
      leg_->peer_invite()->refuse(code, nullptr, &tags);
      leg_->drop_peer_invite();
    }
    finish();
  }

  void tell_hold() {
    const bool held = leg_->media().held_by_party();
    if (held != held_before_ && !leg_->ended()) {
      leg_->context().emit(core::LegHeld{leg_->id(), held});
    }
    held_before_ = held;
  }

  std::shared_ptr<Leg> leg_;
  std::shared_ptr<Leg> other_;
  bool invite_;
  bool beside_;
  std::string body_;
  // As it is once we accept: a refused request changes nothing (RFC 4028 section 9).
  SessionTimer session_;
  bool held_before_ = false;
  bool carrying_ = false;
  bool taken_back_ = false;
  ServerTransaction update_;
};

}  // namespace

void bridge_peer_offer(Leg& leg, ServerTransaction transaction, const sip_s* sip) {
  const bool invite = sip->sip_request->rq_method == sip_method_invite;
  const bool offer = !sdp_body(sip).empty();
  auto& context = leg.context();
  TagList tags;
  leg.common_tags(tags, true);
  if (const auto least = leg.session_timer().too_small(sip)) {
    tags.header("Min-SE", std::to_string(*least));
    transaction.reply(422, "Session Interval Too Small", &tags);
    return;
  }
  if (leg.state() != LegState::confirmed) {
    if (!invite && !offer && leg.dialog() != nullptr) {
      put_contact(tags, leg);
      transaction.reply(200, nullptr, &tags);
    } else if (leg.peer_invite() != nullptr && (invite || leg.media().answer_due())) {
      // The first INVITE has no final response, or no ACK, yet (RFC 3261 section 14.2), or its
      // offer no answer (RFC 3311 section 5.2).
      tags.header("Retry-After", std::to_string(context.between(0, 10)));
      transaction.reply(500, nullptr, &tags);
    } else {
      transaction.reply(kPending, nullptr, &tags);
    }
    return;
  }
  if (leg.peer_invite() != nullptr && (invite || offer)) {
    tags.header("Retry-After", std::to_string(context.between(0, 10)));
    transaction.reply(500, nullptr, &tags);
    return;
  }
  Leg* const other = leg.peer();
  const auto take = [&](bool beside) {
    leg.learn_allow(sip);
    if (leg.follow(transaction, sip)) leg.changed();
    return std::make_shared<PeerOffer>(leg, other, std::move(transaction), sip, beside);
  };
  if (!invite && !offer) {
    // A refresh by UPDATE has no offer to collide with.
    const SessionTimer before = leg.session_timer();
    leg.session_timer().settle(sip);
    const bool moved = leg.follow(transaction, sip);
    if (moved || leg.session_timer() != before) leg.changed();
    leg.arm_session_timer();
    put_contact(tags, leg);
    leg.session_timer().on_answer(tags);
    transaction.reply(200, nullptr, &tags);
    if (moved) leg.ask_where_it_is();
    return;
  }
  if (leg.backs_off()) {
    Job::run_beside(take(true));
    return;
  }
  if (!leg.jobs().empty() || (other != nullptr && !other->jobs().empty())) {
    context.counters.glare.fetch_add(1, std::memory_order_relaxed);
    // Where the party is holds though its offer does not (RFC 3261 section 12.2.2), and what it is
    // asked now may be what it would never hear of at the old address.
    const bool moved = leg.follow(transaction, sip);
    transaction.reply(kPending, nullptr, &tags);
    if (moved) {
      leg.changed();
      leg.ask_where_it_is();
    }
    return;
  }
  Job::add(take(false));
}

void bridge_tell_peer(Leg& leg) {
  Leg* const peer = leg.peer();
  if (peer == nullptr || !needs_reoffer(peer->media(), leg.media())) return;
  Job::add(std::make_shared<Reoffer>(*peer, leg));
}

void bridge_refresh(Leg& leg) { Job::add(std::make_shared<Refresh>(leg)); }

}  // namespace baton::telephony::sip
