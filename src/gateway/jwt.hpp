#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "directory/directory.hpp"
#include "gateway/key_set.hpp"

namespace baton::gateway {

/// What a token says (docs/signing-in.md).
struct TokenClaims {
  std::string login;                              ///< `sub`.
  directory::Role role = directory::Role::agent;  ///< `role`.
  std::string issuer;                             ///< `iss`.
  std::string audience;                           ///< `aud`.
  std::int64_t expires_at = 0;                    ///< `exp`, seconds since 1970 (RFC 7519, 4.1.4).
};

/// What a verifier insists on.
struct TokenPolicy {
  std::string issuer;
  std::string audience;
};

/// Whose signatures are believed. The algorithm and its kind of key belong together: the secret
/// serves HS256 alone, an issuer's public key RS256 or ES256 alone (RFC 8725, 3.1).
struct TokenKeys {
  std::string_view secret;
  const KeySet* issuer = nullptr;  ///< Null: HS256 only.
};

/// A compact JWS (RFC 7515, 3.1) of the claims, signed by HS256 with `secret`. `issued_at` is in
/// seconds since 1970. Throws std::runtime_error only where OpenSSL fails. Any thread.
[[nodiscard]] std::string make_token(const TokenClaims& claims, std::string_view secret,
                                     std::int64_t issued_at);

/// The claims of a token that is well-formed, signed with one of `keys` by that key's algorithm,
/// for this issuer and audience, and not expired at `now` (seconds since 1970); else a sentence
/// that says why not, without repeating the token. Never throws on bad input. Any thread.
[[nodiscard]] std::variant<TokenClaims, std::string> verify_token(std::string_view token,
                                                                  const TokenKeys& keys,
                                                                  const TokenPolicy& policy,
                                                                  std::int64_t now);

/// The payload's bytes of a compact JWS whose signature is right, else nothing. The claims are not
/// looked at. Any thread.
[[nodiscard]] std::optional<std::string> verify_signature(std::string_view token,
                                                          const TokenKeys& keys);

/// The signing secret that a file holds: its text without the white space around it, at least 32
/// bytes. Where the file does not exist it is made, mode 0600, with 32 random bytes in hexadecimal;
/// of two processes that make it at once, both get the same. Throws std::runtime_error naming the
/// file and the remedy when it cannot be read or made, is too short, or others may read or write it
/// (group may read). Any thread; does file I/O.
[[nodiscard]] std::string load_or_create_secret(const std::string& path);

}  // namespace baton::gateway
