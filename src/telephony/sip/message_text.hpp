#pragma once

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/su.h>
#include <sofia-sip/url.h>

#include <optional>
#include <string>
#include <string_view>

#include "telephony/sip/digest.hpp"
#include "telephony/sip/registrar.hpp"

namespace baton::telephony::sip::text {

// Parts of the library's messages as our own values. Any thread.

/// The text, empty for a null pointer.
[[nodiscard]] std::string text_of(const char* text);

/// Percent escapes resolved (RFC 3261 section 19.1.2), but for an escaped NUL.
[[nodiscard]] std::string unescaped(const char* text);

/// The user part of who was dialled, or of who calls, unescaped; a tel: URI's number. Empty where
/// there is none.
[[nodiscard]] std::string dialled_user(const url_t* url);

/// The URI as text.
[[nodiscard]] std::string url_text(const url_t* url);

/// The Digest credential for that realm among several header fields, or nothing.
[[nodiscard]] std::optional<DigestParams> credential_for(const msg_auth_t* header,
                                                         std::string_view realm);

/// The credential's user name, empty without one.
[[nodiscard]] std::string username_of(const std::optional<DigestParams>& credential);

/// Writes host and port of a socket address; false for families other than IPv4 and IPv6.
bool read_sockaddr(const su_sockaddr_t* address, Source& source);

}  // namespace baton::telephony::sip::text
