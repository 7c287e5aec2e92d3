#pragma once

#include <map>
#include <string>

#include <sofia-sip/su_alloc.h>

#include "telephony/sip/dialog_tags.hpp"

namespace baton::telephony::sip {

/// The headers that most of our messages carry, parsed once: the stack would parse a text anew for
/// each message. What it gives to a tag list lives as long as this object. Loop thread only, but
/// for construction.
class StackHeaders {
 public:
  /// `user_agent` goes into User-Agent and Server; empty: into neither. Throws std::bad_alloc.
  explicit StackHeaders(const std::string& user_agent);
  StackHeaders(const StackHeaders&) = delete;
  StackHeaders& operator=(const StackHeaders&) = delete;
  ~StackHeaders();

  /// Allow, Supported, and Server in a response, User-Agent in a request.
  void add_common(TagList& tags, bool response) const;
  /// Contact with a URI of ours (without brackets). Each URI is kept: there are as many as
  /// transports.
  void add_contact(TagList& tags, const std::string& uri);
  /// Content-Type of SDP (RFC 8866).
  void add_sdp_type(TagList& tags) const;

 private:
  su_home_t home_[1] = {};
  sip_allow_t* allow_ = nullptr;
  sip_supported_t* supported_ = nullptr;
  sip_user_agent_t* user_agent_ = nullptr;
  sip_server_t* server_ = nullptr;
  sip_content_type_t* sdp_type_ = nullptr;
  std::map<std::string, sip_contact_t*> contacts_;
};

}  // namespace baton::telephony::sip
