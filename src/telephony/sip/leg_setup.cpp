#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <utility>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_dialling.hpp"
#include "telephony/sip/leg_invite_server.hpp"

// How a leg comes up: an INVITE that came in, and those that we send.

namespace baton::telephony::sip {
namespace {

/// "sip:user@host" for From, with our own host.
std::string our_uri(std::string_view user, const std::string& contact) {
  std::string_view host = contact;
  if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    host = host.substr(colon + 1);
  }
  host = host.substr(0, host.find_first_of(";?"));
  if (const auto at = host.find('@'); at != std::string_view::npos) host = host.substr(at + 1);
  return "sip:" + escape_user(user) + "@" + std::string(host);
}

}  // namespace

// ---- Incoming ----

bool Leg::take_invite(ServerTransaction transaction, const sip_s* sip) {
  const std::string_view body = sdp_body(sip);
  const auto source = context_.endpoint->source_of(transaction.raw());
  TagList tags;
  common_tags(tags, true);
  if (!body.empty()) {
    if (const auto error = media_.receive_offer(body)) {
      tags.header("Warning", "399 baton \"" + clean_header(error->text) + "\"");
      transaction.reply(error->status, nullptr, &tags);
      return false;
    }
  } else if (has_strange_body(sip)) {
    tags.add(SIPTAG_ACCEPT_STR("application/sdp"));
    transaction.reply(415, nullptr, &tags);
    return false;
  }
  if (const auto least = session_timer_.too_small(sip)) {
    tags.header("Min-SE", std::to_string(*least));
    transaction.reply(422, "Session Interval Too Small", &tags);
    return false;
  }
  dialog_ = Dialog::accept(context_.dialogs(), this, transaction.raw(), sip,
                           context_.endpoint->contact_uri(transaction.raw()));
  if (!dialog_) {
    transaction.reply(500);
    return false;
  }
  // A phone behind a NAT, and a peer whose Contact is a name, are reached where they called from.
  if (sip->sip_record_route == nullptr && (!party_.agent.empty() || contact_is_a_name(sip))) {
    dialog_->set_send_to(to_uri(source));
  }
  learn_allow(sip);
  wants_reliable_ = requires_feature(sip, "100rel");
  session_timer_.settle(sip);
  state_ = LegState::incoming;
  invite_transport_ = source.transport;
  trunk_call_ = context_.endpoint->trunks().occupy(party_.trunk);
  use_trunks_credentials();
  invite_ = std::make_unique<InviteServer>(std::move(transaction), !body.empty());
  await_invite();
  context_.loop->after(context_.times.trying, [weak = weak_from_this()] {
    if (const auto leg = weak.lock(); leg && leg->invite_) leg->invite_->say_trying();
  });
  context_.counters.legs_incoming.fetch_add(1, std::memory_order_relaxed);
  changed();
  return true;
}

void Leg::await_invite() {
  invite_->set_handlers({.on_ack = {},
                         .on_cancel =
                             [weak = weak_from_this()](const sip_s* cancel) {
                               const auto leg = weak.lock();
                               if (!leg) return;
                               leg->context_.retire(std::move(leg->invite_));
                               leg->finish(core::EndCause::remote, 487, reason_text(cancel));
                             },
                         .on_silence =
                             [weak = weak_from_this()] {
                               const auto leg = weak.lock();
                               if (!leg) return;
                               leg->drop_peer_invite();
                               leg->finish(core::EndCause::unreachable, 408,
                                           "No PRACK came for the 180.");
                             }});
}

bool Leg::incoming_has_offer() const { return invite_ && invite_->has_offer(); }

void Leg::ring(const Completion& completion) {
  if (state_ != LegState::incoming || !invite_) {
    completion.fail(ended() ? 481 : 500, "The leg does not wait to be answered.");
    return;
  }
  TagList tags;
  common_tags(tags, true);
  contact_tag(tags, *dialog_);
  invite_->progress(180, tags, wants_reliable_);
  completion.ok();
}

void Leg::refuse(int code, const std::string& text) {
  if (state_ != LegState::incoming || !invite_) return;
  TagList tags;
  common_tags(tags, true);
  if (code == 503) {
    tags.header("Retry-After", std::to_string(context_.config().retry_after_seconds));
  }
  const std::string phrase = clean_header(text);
  invite_->refuse(code, phrase.empty() ? nullptr : phrase.c_str(), &tags);
  context_.retire(std::move(invite_));
  finish(core::EndCause::local, code, text);
}

void Leg::accept(const std::string& sdp, Done done) {
  if (state_ != LegState::incoming || !invite_) {
    done(ended() ? 481 : 500, "The leg does not wait to be answered.");
    return;
  }
  const bool answer_follows = !invite_->has_offer();
  TagList tags;
  common_tags(tags, true);
  contact_tag(tags, *dialog_);
  session_timer_.on_answer(tags);
  sdp_tags(tags, sdp);
  state_ = LegState::answering;
  accepted_ = std::move(done);
  invite_->set_handlers(
      {.on_ack =
           [weak = weak_from_this(), answer_follows](const sip_s* ack) {
             const auto leg = weak.lock();
             if (!leg) return;
             if (leg->ends_after_ack() || leg->state_ != LegState::answering) return;
             leg->context_.retire(std::move(leg->invite_));
             leg->confirm();
             const auto accepted = std::exchange(leg->accepted_, nullptr);
             if (answer_follows) {
               if (const auto error = leg->media_.receive_answer(sdp_body(ack))) {
                 leg->about_to_be_lost();
                 if (accepted) accepted(488, error->text);
                 leg->give_up(core::EndCause::unreachable, 488, error->text);
                 return;
               }
             }
             if (accepted) accepted(200, {});
           },
       .on_cancel = {},
       .on_silence =
           [weak = weak_from_this()] {
             const auto leg = weak.lock();
             if (!leg) return;
             if (leg->ends_after_ack() || leg->state_ != LegState::answering) return;
             leg->context_.counters.unacknowledged.fetch_add(1, std::memory_order_relaxed);
             leg->context_.retire(std::move(leg->invite_));
             // RFC 3261 section 13.3.1.4: no ACK within 64*T1: the session is over, by a BYE.
             leg->give_up(core::EndCause::unreachable, 408, "Nobody acknowledged the answer.");
           }});
  invite_->accept(tags);
}

bool Leg::ends_after_ack() {
  held_.reset();
  if (!std::exchange(end_on_ack_, false)) return false;
  context_.retire(std::move(invite_));
  if (state_ == LegState::answering) state_ = LegState::ending;
  send_bye([leg = self()] { leg->finish(core::EndCause::local, 0, {}); });
  return true;
}

// ---- Outgoing ----

std::optional<Leg::Refusal> Leg::dial(const core::DialLeg& command, Leg* media_of) {
  call_ = {.contact = command.contact, .transfer = command.transfer};
  LegDialling::Content content;
  content.max_forwards = std::clamp(command.max_forwards, 0, 255);
  std::vector<LegDialling::Way> ways;
  std::string from_user = command.presentation.from_number;
  bool shows_none = false;
  // Of several phones the one that registered last.
  const auto contact = [this, &ways] {
    const LegDialling::Way& way = ways.front();
    return context_.endpoint->contact_uri("udp",
                                          way.send_to.empty() ? way.request_uri : way.send_to);
  };
  if (const auto* phone = std::get_if<core::AgentPhone>(&command.target)) {
    for (const Binding& binding : context_.endpoint->bindings(phone->login)) {
      ways.push_back({binding.contact, binding.via_route, {}, false});
    }
    if (ways.empty()) return Refusal{480, "No phone of the agent is registered."};
    if (phone->auto_answer) {
      content.headers.emplace_back("Call-Info", "<" + contact() + ">;answer-after=0");
      content.headers.emplace_back(
          "Alert-Info", "<http://" + our_uri("", contact()).substr(5) + ">;info=alert-autoanswer");
    }
  } else {
    const auto& outside = std::get<core::OutsideNumber>(command.target);
    const auto route = context_.endpoint->route(outside.number, outside.caller_id);
    // Not 404, which says that nobody has the number: it was not asked for.
    if (!route) return Refusal{503, "No trunk that has an address carries the number."};
    if (route->full_at > 0) {
      context_.endpoint->trunks().count_refusal(route->trunk);
      return Refusal{503, "The trunk " + route->trunk + " has its limit of " +
                              std::to_string(route->full_at) + " calls."};
    }
    ways.push_back({route->request_uri, {}, {route->username, route->password}, route->internal});
    if (!route->username.empty()) {
      credentials_ = std::make_unique<Credentials>(ways.back().credentials);
    }
    party_.trunk = route->trunk;
    trunk_call_ = context_.endpoint->trunks().occupy(party_.trunk);
    // A trunk that may show no number shows none. Our own queues may see who calls.
    if (!route->internal || !route->caller_id.empty()) from_user = route->caller_id;
    shows_none = !route->internal && from_user.empty();
  }
  content.from = from_user.empty() ? name_addr("Anonymous", "sip:anonymous@anonymous.invalid")
                                   : name_addr(clean_header(command.presentation.from_name),
                                               our_uri(from_user, contact()));
  for (const auto& [name, value] : command.presentation.headers) {
    // Whoever is shown no number is not asserted one either, which he would show (RFC 3325).
    if (shows_none && name == "P-Asserted-Identity") continue;
    content.headers.emplace_back(name, clean_header(value));
  }
  std::optional<std::string> offer;
  if (media_of != nullptr) offer = media_.offer_from(media_of->media_, OfferFrom::widest);
  fresh_ = offer.has_value();
  if (!offer && context_.tone != nullptr) offer = media_.offer_source(context_.tone->local_media());
  // Without an offer the party makes one (RFC 3261 section 13.2.1).
  content.offer = offer.value_or(std::string());
  state_ = LegState::dialling;
  dialling_ = std::make_unique<LegDialling>(*this, std::move(content));
  if (!dialling_->start(ways)) {
    media_.offer_failed();
    return Refusal{503, "The INVITE could not be sent."};
  }
  context_.counters.legs_dialled.fetch_add(1, std::memory_order_relaxed);
  changed();
  return std::nullopt;
}

void Leg::answered(std::unique_ptr<Dialog> dialog, const sip_s* sip, bool offer_due,
                   ClientTransaction& invite, std::string early_sdp) {
  dialog_ = std::move(dialog);
  learn_allow(sip);
  session_timer_.learn_answer(sip);
  std::string body(sdp_body(sip));
  // The answer may have come in a reliable provisional response already (RFC 3262 section 5).
  if (body.empty()) body = std::move(early_sdp);
  if (!offer_due) {
    answered_ = &invite;
    // Where an UPDATE of the early dialog came after the answer, this was no answer to it, and SDP
    // of the 2xx does not count (RFC 6337 section 3.1.1).
    const auto error = media_.offer_open() ? media_.receive_answer(body) : std::nullopt;
    if (error) {
      confirm();
      give_up(core::EndCause::refused, 488, error->text);
      return;
    }
    confirm();
    forget_dialling();
    ack_due_ = context_.loop->after(context_.times.acknowledge, [weak = weak_from_this()] {
      if (const auto leg = weak.lock()) leg->acknowledge_answer();
    });
    context_.emit(core::LegAnswered{id_});
    return;
  }
  media_.offer_failed();
  fresh_ = true;
  if (const auto error = media_.receive_offer(body)) {
    state_ = LegState::confirmed;
    end_stray(std::move(dialog_), invite, {});
    finish(core::EndCause::refused, 488, error->text);
    return;
  }
  unacknowledged_ = &invite;
  state_ = LegState::unacknowledged;
  guard_ = context_.loop->after(context_.times.delayed_answer, [weak = weak_from_this()] {
    const auto leg = weak.lock();
    if (!leg || leg->state_ != LegState::unacknowledged) return;
    // Nobody bridged it: the peer gives up at 32 s, so it is acknowledged, and held.
    leg->acknowledge();
  });
  context_.emit(core::LegAnswered{id_});
}

void Leg::acknowledge_answer() {
  if (answered_ == nullptr) return;
  context_.loop->cancel(ack_due_);
  ClientTransaction* const invite = std::exchange(answered_, nullptr);
  TagList tags;
  dialog_->ack(*invite, tags);
  invite->close();
}

void Leg::acknowledge(const std::string& sdp) {
  if (state_ != LegState::unacknowledged || unacknowledged_ == nullptr) return;
  TagList tags;
  sdp_tags(tags, sdp);
  dialog_->ack(*unacknowledged_, tags);
  std::exchange(unacknowledged_, nullptr)->close();
  confirm();
  forget_dialling();
}

void Leg::acknowledge() {
  if (state_ != LegState::unacknowledged) return;
  acknowledge(media_.answer_owed(context_.source()));
  play(sound_);
}

void Leg::forget_dialling() {
  // Phones that lost still owe the answer to their CANCEL, and are kept until they gave it.
  if (dialling_ && dialling_->idle()) context_.retire(std::move(dialling_));
}

}  // namespace baton::telephony::sip
