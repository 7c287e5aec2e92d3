#include "telephony/sip/leg_invite_server.hpp"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>

#include <utility>

#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/response_figures.hpp"

namespace baton::telephony::sip {

InviteServer::InviteServer(ServerTransaction transaction, bool has_offer)
    : transaction_(std::move(transaction)), has_offer_(has_offer) {
  nta_incoming_bind(transaction_.raw(), &InviteServer::on_event,
                    reinterpret_cast<nta_incoming_magic_t*>(this));
}

void InviteServer::add_to(DialogSnapshot& snapshot) const {
  msg_t* request = nta_incoming_getrequest(transaction_.raw());
  const sip_t* sip = request != nullptr ? sip_object(request) : nullptr;
  if (sip == nullptr) return;
  su_home_t home{};
  su_home_init(&home);
  const auto text = [&home](const void* header) {
    char* value = sip_header_as_string(&home, static_cast<const sip_header_t*>(header));
    return std::string(value != nullptr ? value : "");
  };
  snapshot.invite_cseq = sip->sip_cseq->cs_seq;
  for (const sip_via_t* via = sip->sip_via; via != nullptr; via = via->v_next) {
    snapshot.invite_vias.push_back(text(via));
  }
  for (const sip_record_route_t* route = sip->sip_record_route; route != nullptr;
       route = route->r_next) {
    snapshot.invite_record_routes.push_back(text(route));
  }
  su_home_deinit(&home);
  msg_destroy(request);
}

void InviteServer::say_trying() {
  if (transaction_ && nta_incoming_status(transaction_.raw()) < 100) transaction_.reply(100);
}

void InviteServer::progress(int status, TagList& tags, bool reliably) {
  if (answered_ || !transaction_) return;
  if (reliably) {
    // Without a callback of ours the stack answers the PRACK itself.
    if (nta_reliable_treply(transaction_.raw(), nullptr, nullptr, status, sip_status_phrase(status),
                            TAG_NEXT(tags.done())) != nullptr) {
      responses_sent.count(status);
      return;
    }
  }
  transaction_.reply(status, nullptr, &tags);
}

void InviteServer::accept(TagList& tags) {
  if (answered_) return;
  answered_ = true;
  transaction_.reply(200, sip_200_OK, &tags);
}

void InviteServer::refuse(int status, const char* phrase, TagList* tags) {
  if (answered_) return;
  answered_ = true;
  transaction_.reply(status, phrase, tags);
}

int InviteServer::on_event(nta_incoming_magic_s* magic, nta_incoming_s* /*irq*/, const sip_s* sip) {
  auto* self = reinterpret_cast<InviteServer*>(magic);
  // The handler may let go of this object; the copies keep what runs alive.
  if (sip == nullptr) {
    const auto handler = std::exchange(self->handlers_.on_silence, nullptr);
    if (handler) handler();
    return 0;
  }
  const sip_method_t method = sip->sip_request->rq_method;
  if (method == sip_method_cancel && !self->answered_) {
    const auto handler = std::exchange(self->handlers_.on_cancel, nullptr);
    self->refuse(487, sip_487_Request_terminated);
    if (handler) handler(sip);
  } else if (method == sip_method_ack && self->answered_) {
    const auto handler = std::exchange(self->handlers_.on_ack, nullptr);
    self->transaction_.close();
    if (handler) handler(sip);
  }
  return 0;
}

}  // namespace baton::telephony::sip
