#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace baton::telephony::sip {

/// The largest SDP body that is looked at, in bytes. Phones send 300 to 3,000; browsers up to
/// 8,000.
inline constexpr std::size_t kMaxSdpBytes = 16 * 1024;
/// The most m-lines of a body or of a dialog's layout.
inline constexpr std::size_t kMaxSdpMedia = 32;

/// Why a body was refused, as the SIP answer that tells the peer.
struct SdpError {
  int status =
      488;  ///< 413 too large, 488 not understood or not usable, 491 an offer of our own is open.
  std::string text;  ///< What was wrong, for the Warning header and the log. Never quotes more than
                     ///< 64 bytes.
};

/// Which way media flows, seen by whoever wrote the SDP (RFC 8866 section 6.7).
enum class Direction : std::uint8_t { inactive = 0, sendonly = 1, recvonly = 2, sendrecv = 3 };

[[nodiscard]] constexpr bool sends(Direction d) { return (static_cast<unsigned>(d) & 1U) != 0; }
[[nodiscard]] constexpr bool receives(Direction d) { return (static_cast<unsigned>(d) & 2U) != 0; }
[[nodiscard]] constexpr Direction make_direction(bool send, bool receive) {
  return static_cast<Direction>((send ? 1U : 0U) | (receive ? 2U : 0U));
}
/// The same flow seen from the other end.
[[nodiscard]] constexpr Direction reversed(Direction d) {
  return make_direction(receives(d), sends(d));
}
/// What both allow.
[[nodiscard]] constexpr Direction both(Direction a, Direction b) {
  return static_cast<Direction>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
/// "sendrecv", "sendonly", "recvonly" or "inactive".
[[nodiscard]] std::string_view to_string(Direction d);

/// One m-line and what belongs to it.
struct SdpMedia {
  std::string kind;    ///< audio, video, application, ...
  int port = 0;        ///< 0: rejected or disabled.
  int port_count = 1;  ///< The "/2" of "49170/2".
  std::string proto;   ///< RTP/AVP, RTP/SAVPF, udptl, ...
  std::vector<std::string>
      formats;  ///< Payload type numbers for RTP, else whatever the proto says.
  std::vector<std::string>
      lines;  ///< All lines under the m-line, as they came ("c=...", "a=..."), without line end.

  [[nodiscard]] bool enabled() const { return port != 0; }
  /// The media speaks RTP, so that its formats are payload type numbers.
  [[nodiscard]] bool rtp() const;
  /// The value of the first "a=<name>" or "a=<name>:<value>", empty for a flag; nullopt where there
  /// is none.
  [[nodiscard]] std::optional<std::string_view> attribute(std::string_view name) const;
  /// The encoding of a payload type in lower case, "pcmu/8000", from its rtpmap or, for the static
  /// types without one, from RFC 3551 table 4. For media that is not RTP: the format itself.
  [[nodiscard]] std::string encoding(std::string_view format) const;
};

/// An SDP body as lines: what is not understood is kept as it came (RFC 8866). A value.
///
/// It is our own line model rather than the stack's parser, since that one's printer leaves out
/// what it does not know and reorders, and ICE, DTLS and SDES attributes must pass from party to
/// party untouched.
struct Sdp {
  std::string origin;  ///< Value of o=.
  std::vector<std::string>
      lines;  ///< Session-level lines but v=, o=, s=, t=, r= and z=: c=, b=, a=, k=, i=, ...
  std::vector<SdpMedia> media;

  /// Reads a body with CRLF, LF or CR line ends. Bounded by kMaxSdpBytes and kMaxSdpMedia. Any
  /// bytes are allowed in; it never throws but for memory. A body must start with "v=0", have an o=
  /// line and well-formed m-lines.
  [[nodiscard]] static std::variant<Sdp, SdpError> parse(std::string_view body);

  /// The text, with CRLF. v=, s=- and t=0 0 are added.
  [[nodiscard]] std::string print() const;

  /// The direction of a media line: its own attribute, else the session's, else sendrecv.
  [[nodiscard]] Direction direction(const SdpMedia& m) const;
  /// The address in the c= line that holds for a media line: "192.0.2.1", "2001:db8::1", a name, or
  /// empty.
  [[nodiscard]] std::string_view address(const SdpMedia& m) const;
  /// The media line is put on hold the old way: c= is 0.0.0.0, :: or ends in .invalid (RFC 3264
  /// section 8.4, RFC 6157), and it is not ICE, where such an address only means "see the
  /// candidates" (RFC 8839 section 4.3.1).
  [[nodiscard]] bool black_holed(const SdpMedia& m) const;
  /// direction(), without reception where black_holed().
  [[nodiscard]] Direction effective_direction(const SdpMedia& m) const;
};

/// The direction of the first enabled audio line, with 0.0.0.0 taken as "does not receive";
/// inactive if all are rejected, nullopt for a body that is no SDP.
[[nodiscard]] std::optional<Direction> direction_of(std::string_view body);

[[nodiscard]] Direction direction_of(const Sdp& sdp);

/// Two bodies ask for the same media: equal but for o=, s=, t=, descriptive lines and the order of
/// attributes. Bodies that are no SDP are only the same if they are equal bytes.
[[nodiscard]] bool answers_same(std::string_view a, std::string_view b);

/// An answer that leaves at least one audio line with a port and a format (else the call has no
/// voice: 488).
[[nodiscard]] bool is_acceptable(std::string_view answer);

/// An address written as numbers: IPv4, or IPv6 without brackets.
[[nodiscard]] bool is_numeric_media_address(std::string_view address);

}  // namespace baton::telephony::sip
