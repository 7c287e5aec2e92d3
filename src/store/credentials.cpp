#include "store/credentials.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <argon2.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace baton::store {

namespace {

// The second recommended set of OWASP's password storage cheat sheet for argon2id; about 20 ms on a
// small machine.
constexpr std::uint32_t kPasses = 2;
constexpr std::uint32_t kMemoryKib = 19 * 1024;
constexpr std::uint32_t kLanes = 1;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kHashBytes = 32;

std::string hash_password(std::string_view password) {
  std::array<unsigned char, kSaltBytes> salt{};
  if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) {
    throw StoreError("the system's random source failed while a password was hashed");
  }
  std::string encoded(
      argon2_encodedlen(kPasses, kMemoryKib, kLanes, kSaltBytes, kHashBytes, Argon2_id), '\0');
  const int code =
      argon2id_hash_encoded(kPasses, kMemoryKib, kLanes, password.data(), password.size(),
                            salt.data(), salt.size(), kHashBytes, encoded.data(), encoded.size());
  if (code != ARGON2_OK) {
    throw StoreError(std::string("a password could not be hashed: ") + argon2_error_message(code));
  }
  encoded.resize(encoded.find('\0'));
  return encoded;
}

}  // namespace

std::string make_ha1(std::string_view login, std::string_view realm, std::string_view password) {
  std::string text(login);
  text.append(":").append(realm).append(":").append(password);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
    throw StoreError("OpenSSL has no MD5, which SIP digest needs; do not run it in FIPS mode");
  }
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += "0123456789abcdef"[digest[i] >> 4U];
    hex += "0123456789abcdef"[digest[i] & 15U];
  }
  return hex;
}

std::string demo_password(std::string_view login) { return "demo-" + std::string(login); }

std::vector<Credential> hash_passwords(const std::map<std::string, std::string>& passwords,
                                       std::string_view realm, const std::vector<Credential>& known,
                                       const std::stop_token& stop) {
  std::map<std::string_view, const Credential*> by_login;
  for (const Credential& credential : known) by_login.emplace(credential.login, &credential);
  std::vector<Credential> result;
  result.reserve(passwords.size());
  for (const auto& [login, password] : passwords) {
    if (stop.stop_requested()) throw StoreError("the passwords' hashes were given up");
    Credential credential{login, std::string(realm), make_ha1(login, realm, password), {}};
    const auto found = by_login.find(login);
    const bool unchanged = found != by_login.end() && found->second->realm == realm &&
                           found->second->ha1 == credential.ha1;
    credential.encoded = unchanged ? found->second->encoded : hash_password(password);
    result.push_back(std::move(credential));
  }
  return result;
}

bool verify_encoded(std::string_view encoded, std::string_view password) {
  // Made before the branch, so that the first call takes the same time for a known and an unknown
  // account.
  static const std::string nobody = hash_password("nobody has this password");
  const std::string hash(encoded.empty() ? std::string_view(nobody) : encoded);
  const bool matches = argon2id_verify(hash.c_str(), password.data(), password.size()) == ARGON2_OK;
  return matches && !encoded.empty();
}

}  // namespace baton::store
