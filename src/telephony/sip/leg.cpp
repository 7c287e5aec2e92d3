#include "telephony/sip/leg.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "message/text.hpp"
#include "telephony/sip/bridge_relay.hpp"
#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/leg_dialling.hpp"
#include "telephony/sip/leg_invite_server.hpp"
#include "telephony/sip/leg_job.hpp"
#include "telephony/sip/leg_reinvite.hpp"
#include "telephony/sip/own_address.hpp"
#include "telephony/sip/screen.hpp"

namespace baton::telephony::sip {

Leg::Leg(LegContext& context, core::LegId id, Party party)
    : context_(context),
      id_(id),
      party_(std::move(party)),
      call_{.contact = id_, .transfer = {}},  // As that of a customer who calls in.
      media_(sdp_address(context.config()), context.next_session++),
      session_timer_(context.config().session_expires_seconds, context.config().min_se_seconds) {
  context_.counters.legs_open.fetch_add(1, std::memory_order_relaxed);
}

Leg::~Leg() {
  context_.loop->cancel(session_due_);
  context_.loop->cancel(guard_);
  context_.loop->cancel(ack_due_);
  for (auto& refer : pending_refers_) context_.loop->cancel(refer.deadline);
  context_.counters.legs_open.fetch_sub(1, std::memory_order_relaxed);
}

void Leg::common_tags(TagList& tags, bool response) const {
  context_.headers->add_common(tags, response);
}

void Leg::contact_tag(TagList& tags, const Dialog& dialog) const {
  context_.headers->add_contact(tags, dialog.local_contact());
}

void Leg::sdp_tags(TagList& tags, const std::string& sdp) const {
  if (sdp.empty()) return;
  context_.headers->add_sdp_type(tags);
  tags.add(SIPTAG_PAYLOAD_STR(tags.keep(sdp)));
}

void Leg::learn_allow(const sip_s* sip) {
  if (const Allowed info = allows(sip, "INFO"); info != Allowed::unknown) allows_info_ = info;
  if (const Allowed update = allows(sip, "UPDATE"); update != Allowed::unknown) {
    allows_update_ = update;
  }
}

void Leg::confirm() {
  state_ = LegState::confirmed;
  learn_phone();
  context_.loop->cancel(guard_);
  // What is left of the dialling (losing phones) is kept alive by its own transactions.
  arm_session_timer();
  changed();
}

// ---- The session timer (RFC 4028) ----

void Leg::arm_session_timer() { arm_session_timer(session_timer_.seconds_to_act()); }

void Leg::session_refresh_refused() { arm_session_timer(session_timer_.seconds_to_retry()); }

void Leg::arm_session_timer(int seconds) {
  context_.loop->cancel(session_due_);
  if (session_timer_.interval() <= 0 || ended()) return;
  session_due_ = context_.loop->after(std::chrono::seconds(seconds), [weak = weak_from_this()] {
    if (const auto leg = weak.lock()) leg->on_session_timer();
  });
}

void Leg::on_session_timer() {
  if (state_ != LegState::confirmed) return;
  if (!session_timer_.we_refresh()) {
    context_.counters.sessions_expired.fetch_add(1, std::memory_order_relaxed);
    give_up(core::EndCause::unreachable, 408, "The session timer ran out.");
    return;
  }
  // Once it is back it is asked at once, unless a command waited for it, which may ask the other
  // party only.
  if (lost_its_way()) {
    session_refresh_refused();
    return;
  }
  if (allows_update_ == Allowed::yes) {
    refresh_by_update();
  } else {
    bridge_refresh(*this);
  }
}

void Leg::refresh_by_update() {
  ClientTransaction* sent = request(
      *dialog_, "UPDATE",
      [this](TagList& tags) {
        common_tags(tags, false);
        session_timer_.on_request(tags);
      },
      [leg = self(), asked = reached_at()](ClientTransaction&, const Response& response) {
        if (response.provisional() || leg->ended()) return;
        if (response.status != 408 && nta_sip_is_internal(response.sip) != 0) {
          leg->look_again(reason_text(response.sip));
          return;
        }
        leg->unreachable_ = 0;
        if (response.success()) {
          const SessionTimer before = leg->session_timer_;
          leg->session_timer_.learn_answer(response.sip);
          const bool moved = leg->dialog_->refresh_target(response.sip);
          if (moved || leg->session_timer_ != before) leg->changed();
          leg->arm_session_timer();
          return;
        }
        if (response.status == 408 || response.status == 481) {
          if (leg->reached_at() != asked) {
            leg->refresh_by_update();
            return;
          }
          leg->context_.counters.sessions_expired.fetch_add(1, std::memory_order_relaxed);
          leg->give_up(core::EndCause::unreachable, response.status,
                       "The peer did not answer the session refresh.");
          return;
        }
        if (response.status == 422 && leg->session_timer_.learn_too_small(response.sip)) {
          leg->refresh_by_update();
          return;
        }
        if (response.status == 405 || response.status == 501) {
          leg->allows_update_ = Allowed::no;
          bridge_refresh(*leg);
          return;
        }
        leg->session_refresh_refused();
      });
  if (sent == nullptr) session_refresh_refused();
}

void Leg::look_again(const std::string& text) {
  if (++unreachable_ >= context_.times.looks) {
    context_.counters.sessions_expired.fetch_add(1, std::memory_order_relaxed);
    give_up(core::EndCause::unreachable, 503, text);
    return;
  }
  context_.loop->cancel(session_due_);
  session_due_ = context_.loop->after(context_.times.look_again, [weak = weak_from_this()] {
    const auto leg = weak.lock();
    if (leg && leg->state_ == LegState::confirmed) leg->refresh_by_update();
  });
}

void Leg::ask_if_it_lives() {
  if (state_ != LegState::confirmed || !jobs_.empty()) return;
  if (allows_update_ == Allowed::yes) {
    refresh_by_update();
  } else {
    bridge_refresh(*this);
  }
}

// ---- Requests of the party inside the dialog ----

void Leg::on_request(Dialog& dialog, ServerTransaction transaction, const sip_s* sip) {
  const auto keep = self();
  acknowledge_answer();
  // One that hangs up need not be told anything.
  if (lost_its_way() && sip->sip_request->rq_method != sip_method_bye) {
    found_its_way(to_uri(context_.endpoint->source_of(transaction.raw())));
  }
  if (sip->sip_to->a_tag == nullptr) {
    // Outside any dialog, but the library matches it to ours by Call-ID and From tag: a CANCEL
    // whose INVITE is answered and over, or an INVITE that came by a second way (RFC 3261
    // section 8.2.2.2).
    transaction.reply(sip->sip_request->rq_method == sip_method_invite ? 482 : 481);
    return;
  }
  if (dialog_ && &dialog != dialog_.get()) {
    // A fork or phone that lost: it is being ended, and its farewell is not the leg's.
    transaction.reply(sip->sip_request->rq_method == sip_method_bye ? 200 : 481);
    return;
  }
  const sip_method_t method = sip->sip_request->rq_method;
  TagList tags;
  common_tags(tags, true);
  if (method == sip_method_bye) {
    on_bye(std::move(transaction), sip);
    return;
  }
  if (ended()) {
    transaction.reply(481);
    return;
  }
  // Not before, since a BYE is taken whatever it carries.
  if (has_more_headers(sip, context_.config().max_headers)) {
    context_.counters.headers_full++;
    transaction.reply(400, kTooManyHeaders);
    return;
  }
  if (const std::string unknown = unknown_extensions(sip); !unknown.empty()) {
    tags.header("Unsupported", unknown);
    transaction.reply(420, nullptr, &tags);
    return;
  }
  switch (method) {
    case sip_method_invite:
    case sip_method_update:
      if (has_strange_body(sip)) {
        tags.add(SIPTAG_ACCEPT_STR("application/sdp"));
        transaction.reply(415, nullptr, &tags);
        return;
      }
      if (method == sip_method_update && !dialog_ && dialling_) {
        dialling_->on_update(dialog, std::move(transaction), sip);
        return;
      }
      bridge_peer_offer(*this, std::move(transaction), sip);
      return;
    case sip_method_info:
      on_info(std::move(transaction), sip);
      return;
    case sip_method_options:
      tags.add(SIPTAG_ACCEPT_STR("application/sdp, application/dtmf-relay"));
      transaction.reply(200, nullptr, &tags);
      return;
    case sip_method_refer:
      on_refer(std::move(transaction), sip);
      return;
    case sip_method_notify:
      // Nothing was subscribed to (RFC 6665 section 4.1.3).
      transaction.reply(481, "Subscription Does Not Exist");
      return;
    case sip_method_subscribe:
      transaction.reply(489);
      return;
    case sip_method_prack:
      transaction.reply(481);
      return;
    default:
      transaction.reply(405, nullptr, &tags);
      return;
  }
}

void Leg::on_bye(ServerTransaction transaction, const sip_s* sip) {
  transaction.reply(200);
  if (std::exchange(way_, nullptr) != nullptr && reported_) forget_late();
  if (state_ == LegState::ended || state_ == LegState::dialling) return;
  // A party that hangs up before it saw our ACK, or while its own re-INVITE is open.
  acknowledge();
  drop_peer_invite();
  finish(state_ == LegState::ending ? core::EndCause::local : core::EndCause::remote, 0,
         sip->sip_reason != nullptr ? reason_text(sip) : std::string());
}

void Leg::set_peer_invite(std::unique_ptr<InviteServer> invite) {
  context_.retire(std::move(invite_));
  invite_ = std::move(invite);
}

void Leg::drop_peer_invite() {
  // No ACK of it will be heard of any more.
  end_on_ack_ = false;
  held_.reset();
  if (!invite_) return;
  if (!invite_->answered()) invite_->refuse(487);
  context_.retire(std::move(invite_));
}

// ---- Media ----

void Leg::play(core::Sound sound) {
  if (sound_ != sound) changed();
  sound_ = sound;
  if (context_.tone == nullptr) return;
  const auto listener = ended() ? std::nullopt : media_.listener();
  if (listener && sound != core::Sound::silence) {
    context_.tone->start(media_.session_id(), *listener, sound);
  } else {
    context_.tone->stop(media_.session_id());
  }
}

void Leg::exchange(OfferMaker make, Done done, std::optional<std::chrono::milliseconds> within) {
  if (state_ != LegState::confirmed || reinvite_) {
    done(ended() ? 481 : 500, ended() ? "The leg has ended." : "The leg is not connected.");
    return;
  }
  const auto reinvite = std::make_shared<LegReinvite>(*this, std::move(make), std::move(done),
                                                      within.value_or(context_.times.job_deadline));
  reinvite_ = reinvite;
  reinvite->start();
}

void Leg::reinvite_over(const LegReinvite& reinvite) {
  if (reinvite_.get() == &reinvite) reinvite_.reset();
}

bool Leg::backs_off() const { return reinvite_ && reinvite_->backs_off(); }

void Leg::party_is_done() {
  if (const auto reinvite = reinvite_) reinvite->party_is_done();
}

void Leg::join(Leg& a, Leg& b) {
  if (a.peer_ != &b) a.leave_bridge();
  if (b.peer_ != &a) b.leave_bridge();
  a.peer_ = &b;
  b.peer_ = &a;
  // One that has just answered is known to be so by its record, and that the other is joined to it
  // by the other's (leg_adopt.cpp): one record less a transfer.
  if (!a.fresh_ || b.fresh_) a.changed();
  if (!b.fresh_) b.changed();
  a.fresh_ = false;
  b.fresh_ = false;
  // Nobody is parked any more: this stops the sounds.
  a.play(a.sound_);
  b.play(b.sound_);
}

void Leg::leave_bridge() {
  if (peer_ == nullptr) return;
  peer_->peer_ = nullptr;
  peer_ = nullptr;
}

// ---- The end ----

void Leg::send_bye(std::function<void()> answered) {
  acknowledge_answer();
  // Into a dead connection it would be lost: found_its_way() sends it.
  if (!dialog_ || lost_its_way()) {
    if (answered) answered();
    return;
  }
  ClientTransaction* sent = request(
      *dialog_, "BYE", [](TagList&) {},
      [leg = self(), answered](ClientTransaction&, const Response& response) {
        if (response.provisional()) return;
        if (answered) answered();
      });
  if (sent == nullptr && answered) answered();
}

void Leg::give_up(core::EndCause cause, int code, const std::string& text) {
  if (ended()) return;
  const auto keep = self();
  drop_peer_invite();
  send_bye({});
  finish(cause, code, text);
}

void Leg::end_stray(std::shared_ptr<Dialog> dialog, ClientTransaction& invite,
                    std::string_view offer) {
  TagList ack;
  if (!offer.empty()) {
    // The leg's own media has nothing to do with this dialog any more.
    LegMedia media = media_;
    media.offer_failed();
    if (!media.receive_offer(offer)) sdp_tags(ack, media.answer_owed(context_.source()));
  }
  dialog->ack(invite, ack);
  invite.close();
  // The dialog lasts until the answer, which may be a challenge.
  request(
      *dialog, "BYE", [](TagList&) {},
      [leg = self(), dialog](ClientTransaction&, const Response&) {});
}

void Leg::end(int code, const std::string& text, Completion completion) {
  const auto keep = self();
  if (state_ == LegState::ended) {
    completion.ok();
    return;
  }
  end_completions_.push_back(completion);
  if (state_ == LegState::ending || end_on_ack_) return;
  end_cause_ = core::EndCause::local;
  switch (state_) {
    case LegState::incoming:
      refuse(code >= 300 && code <= 699 ? code : 480, text);
      return;
    case LegState::answering:
      // RFC 3261 section 15: no BYE before the ACK of our 200, or the end of waiting for it.
      end_on_ack_ = true;
      break;
    case LegState::dialling:
      end_dialling();
      return;
    case LegState::unacknowledged:
      acknowledge();
      break;
    default:
      break;
  }
  if (!end_on_ack_) {
    state_ = LegState::ending;
    drop_peer_invite();
    send_bye([leg = self()] { leg->finish(core::EndCause::local, 0, {}); });
  }
  if (state_ == LegState::ended) return;
  leave_bridge();
  play(core::Sound::silence);
  context_.loop->cancel(guard_);
  guard_ = context_.loop->after(context_.times.end_report, [weak = weak_from_this()] {
    if (const auto leg = weak.lock()) {
      if (leg->end_on_ack_) leg->held_ = leg;
      leg->report_end(core::EndCause::local, 0, "The peer did not answer the BYE.");
    }
  });
}

void Leg::end_dialling() {
  state_ = LegState::ending;
  if (dialling_->cancel()) {
    finish(core::EndCause::local, 487, {});
    return;
  }
  guard_ = context_.loop->after(context_.times.end_report, [weak = weak_from_this()] {
    if (const auto leg = weak.lock()) {
      leg->report_end(core::EndCause::local, 487, "The phone did not answer the CANCEL.");
    }
  });
}

void Leg::finish(core::EndCause cause, int code, const std::string& text) {
  if (state_ == LegState::ended) return;
  const auto keep = self();
  state_ = LegState::ended;
  report_end(cause, code, text);
}

void Leg::report_end(core::EndCause cause, int code, const std::string& text) {
  if (reported_) return;
  reported_ = true;
  const auto keep = self();
  if (code >= 300 && cause != core::EndCause::local) {
    const log::About about(call_);
    spdlog::info("SIP: {} {} {}: {} {}", party_.trunk.empty() ? "the phone of" : "trunk",
                 party_.trunk.empty() ? party_.agent : party_.trunk,
                 cause == core::EndCause::refused ? "refused a call" : "was lost in a call", code,
                 message::text::without_numbers(clean_header(text)));
  }
  if (state_ != LegState::ended) state_ = LegState::ending;
  context_.loop->cancel(session_due_);
  context_.loop->cancel(guard_);
  trunk_call_.reset();
  leave_bridge();
  if (context_.tone != nullptr) context_.tone->stop(media_.session_id());
  for (auto& refer : pending_refers_) {
    context_.loop->cancel(refer.deadline);
    refer.transaction.reply(481);
  }
  pending_refers_.clear();
  if (!end_on_ack_) drop_peer_invite();
  const auto reinvite = std::exchange(reinvite_, nullptr);
  if (reinvite) reinvite->leg_ended();
  if (const auto accepted = std::exchange(accepted_, nullptr)) accepted(481, "The leg has ended.");
  Job::leg_ended(*this);
  fail_digits();
  // A party that has to connect again cannot be told before: this process or the next one waits
  // for it (found_its_way()).
  if (!lost_its_way()) context_.keeper->ended(*this);
  context_.emit(core::LegEnded{id_, cause, code, text});
  for (const auto& completion : end_completions_) completion.ok();
  end_completions_.clear();
  if (!lost_its_way()) context_.forget(id_);
}

void Leg::abandon() {
  const auto keep = self();
  state_ = LegState::ended;
  reported_ = true;
  trunk_call_.reset();
  leave_bridge();
  context_.loop->cancel(session_due_);
  context_.loop->cancel(guard_);
  context_.loop->cancel(ack_due_);
  answered_ = nullptr;
  if (context_.tone != nullptr) context_.tone->stop(media_.session_id());
  pending_refers_.clear();
  invite_.reset();
  dialling_.reset();
  dialog_.reset();
  reinvite_.reset();
  accepted_ = nullptr;
  digits_.clear();
  end_completions_.clear();
  way_.reset();
  jobs_.clear();
  held_.reset();
}

LegSnapshot Leg::snapshot() const {
  LegSnapshot snapshot;
  snapshot.leg = id_;
  snapshot.state = state_;
  snapshot.party = party_;
  if (dialog_) {
    snapshot.dialogs.push_back(dialog_->snapshot());
    if (invite_ && state_ == LegState::incoming) invite_->add_to(snapshot.dialogs.back());
  } else if (dialling_) {
    snapshot.dialogs = dialling_->snapshots();
  }
  snapshot.remote_sdp = media_.remote();
  snapshot.local_sdp = media_.local();
  snapshot.sdp_session = media_.session_id();
  snapshot.sdp_version = media_.version();
  if (peer_ != nullptr) snapshot.bridged_to = peer_->id_;
  return snapshot;
}

}  // namespace baton::telephony::sip
