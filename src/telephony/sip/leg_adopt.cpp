#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/tport.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "telephony/sip/leg.hpp"
#include "telephony/sip/leg_dialling.hpp"
#include "telephony/sip/leg_invite_server.hpp"
#include "telephony/sip/own_address.hpp"

// How a leg goes on in another process: what is kept of it, and what is made of that.

namespace baton::telephony::sip {
namespace {

/// More requests than a leg can have sent after its last record: digits and session refreshes leave
/// none, and CSeq must rise (RFC 3261 section 12.2.1.1) but need not rise by one.
constexpr std::uint32_t kCseqMargin = 1000;

/// The socket that an INVITE came by, for the response to it.
tport_t* tport_of(nta_agent_t* agent, const std::string& transport, const std::string& contact) {
  tport_t* first = nullptr;
  for (tport_t* each = tport_primaries(nta_agent_tports(agent)); each != nullptr;
       each = tport_next(each)) {
    const tp_name_t* name = tport_name(each);
    if (transport != name->tpn_proto) continue;
    if (first == nullptr) first = each;
    if (contact.find(fmt::format(":{}:{}", name->tpn_host, name->tpn_port)) != std::string::npos) {
      return each;
    }
  }
  return first;
}

}  // namespace

std::optional<LegRecord> Leg::record() const {
  LegRecord record;
  switch (state_) {
    case LegState::incoming:
    case LegState::answering:
      record.state = LegState::incoming;
      break;
    case LegState::dialling:
    case LegState::confirmed:
      record.state = state_;
      break;
    default:
      // One that is about to be answered or to end goes on as it was before.
      return std::nullopt;
  }
  if (reported_ || (!dialog_ && !dialling_)) return std::nullopt;
  record.party = party_;
  if (state_ == LegState::dialling) {
    record.dial = dialling_->record();
  } else {
    record.dialog = dialog_->snapshot();
    if (record.state == LegState::incoming && invite_) {
      invite_->add_to(record.dialog);
      record.invite_offered = invite_->has_offer();
      record.invite_transport = invite_transport_;
    }
  }
  record.media = media_.record(state_ == LegState::confirmed);
  record.session = session_timer_.record();
  if (peer_ != nullptr) record.bridged_to = peer_->id_;
  record.fresh = fresh_;
  record.sound = sound_;
  record.allows_info = allows_info_;
  record.allows_update = allows_update_;
  record.wants_reliable = wants_reliable_;
  record.refers = refers_;
  record.phone = phone_;
  return record;
}

std::shared_ptr<Leg> Leg::adopt(LegContext& context, const core::LegId& id, const LegRecord& record,
                                std::string& why) {
  auto leg = std::make_shared<Leg>(context, id, record.party);
  if (leg->restore(record, why)) {
    leg->kept_.stored = true;
    return leg;
  }
  leg->abandon();
  return nullptr;
}

bool Leg::restore(const LegRecord& record, std::string& why) {
  media_ = LegMedia(sdp_address(context_.config()), record.media);
  session_timer_ = SessionTimer(record.session);
  fresh_ = record.fresh;
  sound_ = record.sound;
  allows_info_ = record.allows_info;
  allows_update_ = record.allows_update;
  wants_reliable_ = record.wants_reliable;
  refers_ = record.refers;
  phone_ = record.phone;
  trunk_call_ = context_.endpoint->trunks().occupy(party_.trunk);
  for (const ReferSubscription& refer : refers_) {
    context_.next_refer = std::max(context_.next_refer, refer.refer + 1);
  }
  use_trunks_credentials();
  if (record.state == LegState::dialling) {
    if (!record.dial) {
      why = "its record does not say whom it called";
      return false;
    }
    LegDialling::Content content;
    content.from = record.dial->from;
    for (const DialHeader& header : record.dial->headers) {
      content.headers.emplace_back(header.name, header.value);
    }
    content.max_forwards = record.dial->max_forwards;
    if (record.dial->offer) content.offer = media_.local();
    std::vector<LegDialling::Way> ways;
    for (const DialWay& way : record.dial->ways) {
      ways.push_back({way.request_uri, way.send_to, credentials_ ? *credentials_ : Credentials{},
                      way.internal});
    }
    // The same INVITE by the same identifiers: whoever has it already answers as he answered, and
    // whoever never got it is called now.
    state_ = LegState::dialling;
    dialling_ = std::make_unique<LegDialling>(*this, std::move(content));
    if (dialling_->start(ways)) return true;
    why = "its INVITE could not be sent again";
    return false;
  }
  DialogSnapshot snapshot = record.dialog;
  snapshot.local_cseq += kCseqMargin;
  dialog_ = Dialog::adopt(context_.dialogs(), this, snapshot);
  if (!dialog_) {
    why = "the SIP stack does not take its dialog";
    return false;
  }
  if (record.state == LegState::confirmed) {
    state_ = LegState::confirmed;
    arm_session_timer();
    restore_way();
    return true;
  }
  if (record.state != LegState::incoming || !restore_invite(record)) {
    why = "its INVITE cannot be answered any more";
    return false;
  }
  return true;
}

bool Leg::restore_invite(const LegRecord& record) {
  // Over a connection that died with the other process there is no way back to the caller.
  if (record.invite_transport != "udp" || record.dialog.invite_vias.empty()) return false;
  const DialogSnapshot& from = record.dialog;
  // What a response copies of the request (RFC 3261 section 8.2.6.2).
  std::string text = fmt::format("INVITE {} SIP/2.0\r\n", from.local_contact);
  for (const std::string& via : from.invite_vias) text += fmt::format("Via: {}\r\n", via);
  for (const std::string& route : from.invite_record_routes) {
    text += fmt::format("Record-Route: {}\r\n", route);
  }
  text += fmt::format(
      "From: {};tag={}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {} INVITE\r\nContent-Length: 0\r\n\r\n",
      from.remote_uri, from.remote_tag, from.local_uri, from.call_id, from.invite_cseq);
  msg_t* msg = msg_make(sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size()));
  if (msg == nullptr) return false;
  // Without a transport named, the stack takes its root transport and aborts at the end.
  nta_incoming_t* irq =
      nta_incoming_create(context_.endpoint->agent(), dialog_->raw(), msg, sip_object(msg),
                          NTATAG_TPORT(tport_of(context_.endpoint->agent(), record.invite_transport,
                                                from.local_contact)),
                          TAG_END());
  if (irq == nullptr) return false;
  nta_incoming_tag(irq, from.local_tag.c_str());
  invite_transport_ = record.invite_transport;
  state_ = LegState::incoming;
  invite_ = std::make_unique<InviteServer>(ServerTransaction(irq), record.invite_offered);
  await_invite();
  return true;
}

}  // namespace baton::telephony::sip
