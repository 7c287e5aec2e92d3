#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/enum.hpp>

struct sip_s;

namespace baton::telephony::sip {

/// What a leg needs to know of a peer's message, without the stack's types. Loop thread; the views
/// live as long as the message.

/// The body when it is SDP (or when nothing says what it is), else empty.
[[nodiscard]] std::string_view sdp_body(const sip_s* sip);
/// There is a body that the server would have to understand and does not: it is no SDP, and not
/// marked as optional (section 20.11 of RFC 3261). Answer 415.
[[nodiscard]] bool has_strange_body(const sip_s* sip);
/// The body and its media type with its parameters, whatever it is.
[[nodiscard]] std::string_view body(const sip_s* sip);
[[nodiscard]] std::string content_type(const sip_s* sip);

/// The value of a header that the stack keeps as text, or nothing. Names match without regard to
/// case; of several, the first.
[[nodiscard]] std::optional<std::string> text_header(const sip_s* sip, std::string_view name);
/// All of them, in the message's order.
[[nodiscard]] std::vector<std::string> text_headers(const sip_s* sip, std::string_view name);

/// Supported or Require lists the feature.
[[nodiscard]] bool supports(const sip_s* sip, const char* feature);
[[nodiscard]] bool requires_feature(const sip_s* sip, const char* feature);

/// The option tags of Require that the server does not know, as Unsupported lists them; empty where
/// it knows all (RFC 3261 section 8.2.2.3).
[[nodiscard]] std::string unknown_extensions(const sip_s* sip);

/// A provisional response that is owed a PRACK, and the RAck of that (RFC 3262 section 7.2).
[[nodiscard]] bool is_reliable(const sip_s* response);
[[nodiscard]] std::string rack(const sip_s* response);

/// What the peer's Allow says of a method; unknown where it sent none.
enum class Allowed : unsigned char { unknown, yes, no };
BOOST_DESCRIBE_ENUM(Allowed, unknown, yes, no)
[[nodiscard]] Allowed allows(const sip_s* sip, const char* method);

/// The peer asked that its identity is not shown (RFC 3325 section 9.3: Privacy: id, or user).
[[nodiscard]] bool wants_privacy(const sip_s* sip);

/// The text of a Reason header, or the response's phrase.
[[nodiscard]] std::string reason_text(const sip_s* sip);

/// The To tag of a message, or empty.
[[nodiscard]] std::string to_tag(const sip_s* sip);

/// The host of the Contact is a name, which must not reach the stack's name look-up.
[[nodiscard]] bool contact_is_a_name(const sip_s* sip);

/// A header value without line breaks and other control characters, at most 1,024 bytes: what may
/// be put into a message of ours.
[[nodiscard]] std::string clean_header(std::string_view value);

/// A URI's user part with everything escaped that RFC 3261 section 25.1 does not allow in it.
[[nodiscard]] std::string escape_user(std::string_view user);

/// The number of a user part that is a telephone-subscriber, without the visual separators and the
/// parameters that it may have (RFC 3261 section 19.1.6, RFC 3966 section 3: "+1-202-555-0199;cpc=
/// ordinary"); any other user part as it is.
[[nodiscard]] std::string subscriber_number(std::string_view user);

/// A URI's part with its %xx taken back.
[[nodiscard]] std::string unescape(std::string_view text);

}  // namespace baton::telephony::sip
