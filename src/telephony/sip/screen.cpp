#include "telephony/sip/screen.hpp"

#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/url.h>

#include <strings.h>

#include <cstring>

namespace baton::telephony::sip {

// What the library is known not to survive, and what can be done about it here.
//
// Out of reach: whatever it does before it hands a message to us (parsing, matching with running
// transactions and dialogs, its own 400s and 481s), and what a message inside a dialog does. Its
// some 800 assertions are live there. Two of them are known from reports of others:
// * `!orq->orq_reliable && orq->orq_interval != 0` in _nta_outgoing_timer
// (signalwire/freeswitch#1435, #2422): a
//   retransmission by UDP that fails at once resets the timer, which is then set again with an
//   interval of 0. No received message alone does it. We lower the odds on our side: every route
//   says its transport (to_uri, TrunkRoute::via_route), so that a request starts on the transport
//   that it stays on; and the datagram limit is above what we send.
// * tport_tsend's assert(self) (drachtio/drachtio-server#244): a stateless answer after the
// callback has ended, when the
//   Via names a transport that nobody listens on. The endpoint answers statelessly only inside the
//   callback, where the library still knows which socket the request came by.
// Name look-ups are dealt with in numeric_resolver.cpp.

namespace {

// More than any path of proxies that Max-Forwards allows.
constexpr int kMaxVias = 70;
constexpr int kMaxRoutes = 30;
constexpr std::size_t kMaxTag = 256;
constexpr std::size_t kMaxCallId = 256;

bool has_control_characters(const char* text) {
  if (text == nullptr) return false;
  for (; *text != '\0'; ++text) {
    const auto c = static_cast<unsigned char>(*text);
    if (c < 0x20 || c == 0x7f) return true;
  }
  return false;
}

bool too_long(const char* text, std::size_t limit) {
  return text != nullptr && strnlen(text, limit + 1) > limit;
}

}  // namespace

std::optional<Screened> screen(const sip_s* sip) {
  if (sip == nullptr || sip->sip_request == nullptr || sip->sip_via == nullptr ||
      sip->sip_from == nullptr || sip->sip_to == nullptr || sip->sip_call_id == nullptr ||
      sip->sip_cseq == nullptr) {
    return Screened{0, "Incomplete"};
  }
  // The answer goes to maddr if there is one: a stranger could have us send to whomever he names.
  if (sip->sip_via->v_maddr != nullptr) return Screened{0, "maddr"};

  int vias = 0;
  for (const sip_via_t* via = sip->sip_via; via != nullptr; via = via->v_next) ++vias;
  if (vias > kMaxVias) return Screened{400, "Too Many Vias"};
  int routes = 0;
  for (const sip_route_t* route = sip->sip_route; route != nullptr; route = route->r_next) ++routes;
  for (const sip_record_route_t* route = sip->sip_record_route; route != nullptr;
       route = route->r_next) {
    ++routes;
  }
  if (routes > kMaxRoutes) return Screened{400, "Too Many Routes"};

  if (too_long(sip->sip_call_id->i_id, kMaxCallId)) return Screened{400, "Call-ID Too Long"};
  if (too_long(sip->sip_from->a_tag, kMaxTag)) return Screened{400, "Tag Too Long"};
  if (has_control_characters(sip->sip_from->a_url->url_user) ||
      has_control_characters(sip->sip_to->a_url->url_user) ||
      has_control_characters(sip->sip_request->rq_url->url_user)) {
    return Screened{400, "Control Characters In A User Name"};
  }

  const auto scheme = sip->sip_request->rq_url->url_type;
  if (scheme != url_sip && scheme != url_sips && scheme != url_tel) {
    return Screened{416, "Unsupported URI Scheme"};
  }
  // A packed body is never looked into, so it cannot be checked or passed on with a clear
  // conscience.
  if (sip->sip_content_encoding != nullptr && sip->sip_content_encoding->k_items != nullptr) {
    for (const msg_param_t* item = sip->sip_content_encoding->k_items; *item != nullptr; ++item) {
      if (strcasecmp(*item, "identity") != 0) return Screened{415, "Unsupported Media Type"};
    }
  }
  return std::nullopt;
}

bool has_more_headers(const sip_s* sip, int limit) {
  // The library keeps a message's parts in their order, from the request line on; the empty line
  // and the body are among them.
  int headers = 0;
  for (const auto* each = reinterpret_cast<const msg_header_t*>(sip->sip_request)->sh_succ;
       each != nullptr; each = each->sh_succ) {
    if (each->sh_class == sip_separator_class || each->sh_class == sip_payload_class) continue;
    if (++headers > limit) return true;
  }
  return false;
}

}  // namespace baton::telephony::sip
