#include "telephony/sip/leg_credentials.hpp"

#include <sofia-sip/sip.h>

#include <memory>
#include <string_view>
#include <utility>

#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/digest.hpp"
#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/leg.hpp"
#include "telephony/sip/trunks.hpp"

namespace baton::telephony::sip {

bool add_credential(TagList& tags, const sip_s* challenge, const Credentials& credentials,
                    const char* method, const std::string& uri) {
  if (credentials.username.empty() || challenge == nullptr || challenge->sip_status == nullptr) {
    return false;
  }
  const bool proxy = challenge->sip_status->st_status == 407;
  // The topmost that we can answer (RFC 8760 section 2.4); a carrier puts its strongest first.
  for (const std::string& value :
       text_headers(challenge, proxy ? "Proxy-Authenticate" : "WWW-Authenticate")) {
    const auto answer =
        answer_challenge(value, credentials.username, credentials.password, method, uri);
    if (!answer) continue;
    tags.header(proxy ? "Proxy-Authorization" : "Authorization", *answer);
    return true;
  }
  return false;
}

void Leg::use_trunks_credentials() {
  const TrunkConfig* trunk = context_.endpoint->trunks().by_name(party_.trunk);
  if (trunk == nullptr || trunk->username.empty()) return;
  credentials_ = std::make_unique<Credentials>(Credentials{trunk->username, trunk->password});
}

bool Leg::authorize(TagList& tags, const sip_s* response, const char* method,
                    const std::string& uri) const {
  return credentials_ && add_credential(tags, response, *credentials_, method, uri);
}

ClientTransaction* Leg::request(Dialog& dialog, const char* method, const RequestMaker& make,
                                ClientTransaction::Handler handler) {
  mend_way();
  TagList tags;
  make(tags);
  // Most legs have no credential, and their requests cost no more than before.
  if (!credentials_) return dialog.send(method, tags, std::move(handler));
  return dialog.send(
      method, tags,
      [leg = self(), &dialog, method, make, handler = std::move(handler)](
          ClientTransaction& transaction, const Response& response) {
        const bool challenged = response.status == 401 || response.status == 407;
        // A leg that has ended meanwhile has nothing to say any more but its BYE.
        if (challenged && (!leg->ended() || std::string_view(method) == "BYE")) {
          TagList again;
          make(again);
          if (leg->authorize(again, response.sip, method, dialog.snapshot().remote_target) &&
              dialog.send(method, again, handler) != nullptr) {
            return;
          }
        }
        handler(transaction, response);
      });
}

}  // namespace baton::telephony::sip
