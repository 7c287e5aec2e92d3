#pragma once

#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "store/store_error.hpp"

namespace baton::store {

/// What is kept of one password, never the password itself.
struct Credential {
  std::string login;
  std::string realm;    ///< Of the HA1.
  std::string ha1;      ///< MD5(login:realm:password) in lower-case hex: what SIP digest needs (RFC
                        ///< 7616, 3.4.2).
  std::string encoded;  ///< Argon2id in its encoded form (RFC 9106; m = 19 MiB, t = 2, p = 1), for
                        ///< the desktop.

  friend bool operator==(const Credential&, const Credential&) = default;
};

/// MD5(login:realm:password) in lower-case hex. Any thread.
[[nodiscard]] std::string make_ha1(std::string_view login, std::string_view realm,
                                   std::string_view password);

/// What the shipped example gives the account for a password, so that everybody knows it.
[[nodiscard]] std::string demo_password(std::string_view login);

/// Hashes passwords (login -> password). Slow on purpose, about 20 ms and 19 MiB each, so never on
/// the engine's thread. A password that `known` holds already (equal HA1 of the same realm) keeps
/// its stored hash and costs nothing. Throws StoreError where the library or the system's random
/// source fails, and, before the next password, once `stop` is requested. Any thread.
[[nodiscard]] std::vector<Credential> hash_passwords(
    const std::map<std::string, std::string>& passwords, std::string_view realm,
    const std::vector<Credential>& known, const std::stop_token& stop = {});

/// True if `password` belongs to the encoded hash; constant time in the comparison. An empty
/// `encoded` burns the same time as a real one and is always false. Any thread.
[[nodiscard]] bool verify_encoded(std::string_view encoded, std::string_view password);

}  // namespace baton::store
