#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace baton::telephony::sip {

/// Parameters of one Digest challenge or of one Digest credential, by lower-case name, unquoted.
using DigestParams = std::map<std::string, std::string, std::less<>>;

/// Parses `Digest a="b", c=d` (RFC 2617 sections 3.2.1 and 3.2.2). Nothing when the scheme is
/// another or the text is malformed, or has a parameter twice.
[[nodiscard]] std::optional<DigestParams> parse_digest(std::string_view header);

/// MD5 in lower-case hex.
[[nodiscard]] std::string md5_hex(std::string_view text);

/// HA1 = MD5(user:realm:password) in lower-case hex (RFC 2617 section 3.2.2.2).
[[nodiscard]] std::string digest_ha1(std::string_view user, std::string_view realm,
                                     std::string_view password);

/// The `response` of a credential (RFC 2617 section 3.2.2.1); with an empty `qop` the form of RFC
/// 2069.
[[nodiscard]] std::string digest_response(std::string_view ha1, std::string_view nonce,
                                          std::string_view nc, std::string_view cnonce,
                                          std::string_view qop, std::string_view method,
                                          std::string_view uri);

/// Answers a 401's or 407's challenge: the value for an Authorization or Proxy-Authorization
/// header, for use on our own outgoing requests. `challenge` is the header's value, `uri` the
/// Request-URI as sent, `nonce_count` counts the requests made with this nonce from 1. Nothing when
/// the challenge is not Digest with MD5, or offers qop without `auth`. Any thread.
[[nodiscard]] std::optional<std::string> answer_challenge(
    std::string_view challenge, std::string_view username, std::string_view password,
    std::string_view method, std::string_view uri, std::uint32_t nonce_count = 1);

/// True when both URIs have the same user and host, whatever their ports and parameters, and
/// whichever characters of the user are escaped.
[[nodiscard]] bool same_target(std::string_view uri, std::string_view request_uri);

/// The server's side of Digest authentication: MD5, qop=auth, nonces that carry their own time
/// under an HMAC.
///
/// A nonce is for one client (the network it asks from). So nobody can send wrong credentials in
/// another's name: for a forged source address he never sees a nonce, and without one that the
/// client was given a credential is neither right nor wrong, and its response is not even looked
/// at.
///
/// A nonce needs no memory until it is used; then its highest count is remembered until it expires,
/// for at most `max_tracked` nonces (one more forgets the oldest, which is answered stale from then
/// on, never let in again). One thread at a time.
class DigestServer {
 public:
  using Key = std::array<unsigned char, 32>;

  enum class Verdict : std::uint8_t {
    ok,
    malformed,  ///< Not a credential of ours: another realm, qop or URI, or parameters missing.
    wrong,      ///< The response is not that user's.
    stale,      ///< The nonce is not one that this client was given, whatever the response is; or
                ///< the response is right and the nonce has expired, or its count was used before.
  };

  /// `lifetime_seconds` is how long a nonce may be used (at least 1). `key` must be this object's
  /// alone: which counts were used with another's nonces it cannot know.
  DigestServer(std::string realm, int lifetime_seconds, Key key, std::size_t max_tracked = 100'000);

  /// A key from the system's random source. Throws std::runtime_error when that fails.
  [[nodiscard]] static Key random_key();

  /// The value for WWW-Authenticate or Proxy-Authenticate. `now` in Unix seconds.
  [[nodiscard]] std::string challenge(std::string_view client, std::int64_t now,
                                      bool stale = false);

  /// Checks one credential. `ha1` is that of the user whom it must be (the caller compares the user
  /// name); `request_uri` is the Request-URI as received. A count must be higher than every one
  /// seen with that nonce (RFC 2617 section 3.2.2).
  [[nodiscard]] Verdict check(const DigestParams& credential, std::string_view ha1,
                              std::string_view method, std::string_view request_uri,
                              std::string_view client, std::int64_t now);

  [[nodiscard]] const std::string& realm() const { return realm_; }
  [[nodiscard]] std::size_t tracked() const { return counts_.size(); }

 private:
  struct Count {
    std::uint32_t highest = 0;
    std::int64_t expires_at = 0;
  };
  struct Nonce {
    std::int64_t at = 0;
    std::uint64_t serial = 0;
  };

  [[nodiscard]] std::string mac(std::string_view text) const;
  [[nodiscard]] std::string make_nonce(std::string_view client, std::int64_t now);
  [[nodiscard]] std::optional<Nonce> open_nonce(std::string_view client,
                                                std::string_view nonce) const;
  void forget(std::int64_t now);

  std::string realm_;
  int lifetime_;
  Key key_;
  std::size_t max_tracked_;
  std::uint64_t serial_ = 0;
  std::uint64_t forgotten_serial_ = 0;  // Nonces up to this one can no longer be told from replays.
  std::map<std::uint64_t, Count> counts_;  // By serial.
};

}  // namespace baton::telephony::sip
