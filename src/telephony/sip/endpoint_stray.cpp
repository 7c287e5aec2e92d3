#include "telephony/sip/endpoint_impl.hpp"

// Takes the place of the library's nta_msg_ackbye, to which it gives a second 2xx (another To tag)
// for an INVITE whose transaction it still has, which is so for some milliseconds after the first
// one, or until a delayed offer is answered. The library's own sends ACK and BYE to whatever the
// Contact names, and without Max-Forwards, so that a peer may drop them (RFC 3261 section 8.1.1).
// Told "not mine", the library hands the answer to Impl::stray_answer, as it does with one that
// comes later. Exported like su_getaddrinfo (see CMakeLists.txt).
extern "C" __attribute__((visibility("default"))) int nta_msg_ackbye(nta_agent_t* /*agent*/,
                                                                     msg_t* /*msg*/) {
  return -1;
}

namespace baton::telephony::sip {

void Endpoint::Impl::stray_answer(nta_outgoing_t* orq, const sip_t* sip) {
  // The INVITE's transaction was dropped for the process that comes next, which sends it again.
  if (ServerTransaction::drops_silently()) return;
  if (sip == nullptr || sip->sip_status == nullptr || sip->sip_cseq == nullptr ||
      sip->sip_cseq->cs_method != sip_method_invite || sip->sip_status->st_status < 200 ||
      sip->sip_status->st_status > 299 || sip->sip_via == nullptr ||
      sip->sip_via->v_next != nullptr || sip->sip_to == nullptr || sip->sip_to->a_tag == nullptr) {
    return;
  }
  MessageGuard answer(nta_outgoing_getresponse(orq));
  if (answer.get() == nullptr) return;
  const Source source = source_of(answer.get());
  // Only for those whom we may have called: nobody else gets us to send by an answer that he made
  // up.
  if (source.transport.empty() ||
      (!registrar.agent_at(source) && !trunks.sends_from(source.host))) {
    return;
  }
  // The answer to a re-INVITE of a process that died: its dialog was adopted and goes on.
  const bool adopted =
      nta_leg_by_dialog(endpoint.agent_, nullptr, sip->sip_call_id, sip->sip_to->a_tag,
                        sip->sip_to->a_url, sip->sip_from->a_tag, sip->sip_from->a_url) != nullptr;
  // The answer to an INVITE of that process which is about to go out again: it finds its leg then.
  if (!adopted && strays_wait) return;
  counters().stray_answers++;
  const std::string route = to_uri(source);
  const url_string_t* target = reinterpret_cast<const url_string_t*>(
      sip->sip_contact != nullptr ? sip->sip_contact->m_url : sip->sip_to->a_url);
  const auto send = [&](sip_method_t method, const char* name, std::uint32_t cseq) {
    MessageGuard out(nta_msg_create(endpoint.agent_, 0));
    if (out.get() == nullptr) return;
    su_home_t* home = msg_home(out.get());
    sip_t* request = sip_object(out.get());
    sip_request_t* line = sip_request_create(home, method, name, target, nullptr);
    sip_cseq_t* sequence = sip_cseq_create(home, cseq, static_cast<unsigned>(method), name);
    sip_route_t* routes = sip_route_reverse(home, sip->sip_record_route);
    if (line == nullptr || sequence == nullptr ||
        sip_add_tl(out.get(), request, SIPTAG_REQUEST(line), SIPTAG_TO(sip->sip_to),
                   SIPTAG_FROM(sip->sip_from), SIPTAG_CALL_ID(sip->sip_call_id),
                   SIPTAG_CSEQ(sequence), SIPTAG_MAX_FORWARDS_STR("70"),
                   TAG_IF(routes != nullptr, SIPTAG_ROUTE(routes)), TAG_END()) < 0) {
      return;
    }
    nta_outgoing_t* sent = nta_outgoing_mcreate(
        endpoint.agent_, nullptr, nullptr, URL_STRING_MAKE(route.c_str()), out.release(),
        TAG_IF(method == sip_method_ack, NTATAG_ACK_BRANCH(sip->sip_via->v_branch)),
        TAG_IF(method == sip_method_ack, NTATAG_STATELESS(1)), TAG_END());
    if (sent != nullptr && method == sip_method_ack) nta_outgoing_destroy(sent);
  };
  send(SIP_METHOD_ACK, sip->sip_cseq->cs_seq);
  if (adopted) return;
  // Above every number that the lost dialog can have used.
  send(SIP_METHOD_BYE, 0x7fffffff);
}

}  // namespace baton::telephony::sip
