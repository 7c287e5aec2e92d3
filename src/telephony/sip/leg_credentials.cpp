#include "telephony/sip/leg_credentials.hpp"

#include <sofia-sip/sip.h>

#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/digest.hpp"

namespace baton::telephony::sip {

bool add_credential(TagList& tags, const sip_s* challenge, const Credentials& credentials,
                    const char* method, const std::string& uri) {
  if (credentials.username.empty() || challenge == nullptr || challenge->sip_status == nullptr) {
    return false;
  }
  const bool proxy = challenge->sip_status->st_status == 407;
  const auto value = text_header(challenge, proxy ? "Proxy-Authenticate" : "WWW-Authenticate");
  if (!value) return false;
  const auto answer =
      answer_challenge(*value, credentials.username, credentials.password, method, uri);
  if (!answer) return false;
  tags.header(proxy ? "Proxy-Authorization" : "Authorization", *answer);
  return true;
}

}  // namespace baton::telephony::sip
