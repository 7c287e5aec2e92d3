#pragma once

#include <string>

struct sip_s;

namespace baton::telephony::sip {

class TagList;

/// What we answer a trunk's digest challenge with; empty: nothing.
struct Credentials {
  std::string username;
  std::string password;
};

/// Puts the Authorization or Proxy-Authorization that a 401 or 407 asks for on the next request.
/// False when there is no credential, or no challenge that we can answer (MD5, qop=auth).
[[nodiscard]] bool add_credential(TagList& tags, const sip_s* challenge,
                                  const Credentials& credentials, const char* method,
                                  const std::string& uri);

}  // namespace baton::telephony::sip
