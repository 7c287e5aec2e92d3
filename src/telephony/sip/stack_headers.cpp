#include "telephony/sip/stack_headers.hpp"

#include <new>

#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_tag.h>

namespace baton::telephony::sip {
namespace {

constexpr const char* kDialogAllow =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, PRACK, UPDATE, INFO, REFER, NOTIFY";
constexpr const char* kDialogSupported = "timer, 100rel";

}  // namespace

StackHeaders::StackHeaders(const std::string& user_agent) {
  if (su_home_init(home_) != 0) throw std::bad_alloc();
  allow_ = sip_allow_make(home_, kDialogAllow);
  supported_ = sip_supported_make(home_, kDialogSupported);
  sdp_type_ = sip_content_type_make(home_, "application/sdp");
  if (!user_agent.empty()) {
    user_agent_ = sip_user_agent_make(home_, user_agent.c_str());
    server_ = sip_server_make(home_, user_agent.c_str());
  }
}

StackHeaders::~StackHeaders() { su_home_deinit(home_); }

void StackHeaders::add_common(TagList& tags, bool response) const {
  tags.add(SIPTAG_ALLOW(allow_)).add(SIPTAG_SUPPORTED(supported_));
  if (user_agent_ == nullptr) return;
  if (response) {
    tags.add(SIPTAG_SERVER(server_));
  } else {
    tags.add(SIPTAG_USER_AGENT(user_agent_));
  }
}

void StackHeaders::add_contact(TagList& tags, const std::string& uri) {
  auto known = contacts_.find(uri);
  if (known == contacts_.end()) {
    const std::string text = "<" + uri + ">";
    known = contacts_.emplace(uri, sip_contact_make(home_, text.c_str())).first;
  }
  tags.add(SIPTAG_CONTACT(known->second));
}

void StackHeaders::add_sdp_type(TagList& tags) const { tags.add(SIPTAG_CONTENT_TYPE(sdp_type_)); }

}  // namespace baton::telephony::sip
