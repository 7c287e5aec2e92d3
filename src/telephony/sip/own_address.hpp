#pragma once

#include <string>
#include <string_view>

#include "telephony/sip/config.hpp"

namespace baton::telephony::sip {

// Which of our addresses a peer is told, in a Contact and in SDP: it must be one that it can send
// to (RFC 3261 section 8.1.1.8). Any thread.

/// 0.0.0.0 or ::, with or without brackets: an address to listen on, but nobody's to send to.
[[nodiscard]] bool is_wildcard(std::string_view host);

/// Of a numeric host, with or without brackets.
[[nodiscard]] bool is_ipv6(std::string_view host);

/// IPv6 as it stands in a URI.
[[nodiscard]] std::string bracketed(const std::string& host);

[[nodiscard]] std::string_view without_brackets(std::string_view host);

/// A host without brackets as Source::host is written: an address has several spellings in IPv6
/// (RFC 5952 section 4). What is none stays as it is.
[[nodiscard]] std::string canonical(const std::string& host);

/// What we call ourselves in SDP, without brackets: the first listen address, or
/// sip.media_address where that is a wildcard.
[[nodiscard]] std::string sdp_address(const SipConfig& config);

/// Where the built-in sounds come from, without brackets: sip.media_address, or the first listen
/// address.
[[nodiscard]] std::string sound_address(const SipConfig& config);

}  // namespace baton::telephony::sip
