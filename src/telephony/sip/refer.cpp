#include "telephony/sip/refer.hpp"

#include <sofia-sip/sip.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/url.h>
#include <strings.h>

#include <cstring>

#include "telephony/sip/dialog_message.hpp"

namespace baton::telephony::sip {

bool parse_refer(const sip_s* sip, ReferTarget& target) {
  if (sip->sip_refer_to == nullptr) return false;
  const url_t* url = sip->sip_refer_to->r_url;
  if (url->url_type == url_tel) {
    // The visual separators of tel:+1-201-555-0123 say nothing (RFC 3966 section 3).
    const char* number = url->url_user ? url->url_user : url->url_host ? url->url_host : "";
    for (const char* c = number; *c != '\0'; ++c) {
      if (std::strchr("-.()", *c) == nullptr) target.user.push_back(*c);
    }
  } else if (url->url_type == url_sip || url->url_type == url_sips) {
    if (url->url_user != nullptr) target.user = unescape(url->url_user);
    if (url->url_host != nullptr) target.host = url->url_host;
  } else {
    return false;
  }
  if (target.user.empty()) return false;
  for (const char* header = url->url_headers; header != nullptr;) {
    if (strncasecmp(header, "Replaces=", 9) == 0) target.replaces = true;
    header = std::strchr(header, '&');
    if (header != nullptr) ++header;
  }
  return true;
}

bool refuses_subscription(const sip_s* sip) {
  const auto value = text_header(sip, "Refer-Sub");
  return value && strncasecmp(value->c_str(), "false", 5) == 0;
}

std::string sipfrag(int code) {
  const char* phrase = sip_status_phrase(code);
  return "SIP/2.0 " + std::to_string(code) + " " + (phrase ? phrase : "Unknown") + "\r\n";
}

}  // namespace baton::telephony::sip
