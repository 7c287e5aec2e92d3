#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

struct evp_pkey_st;

namespace baton::gateway {

/// How a token may be signed by somebody else's key (RFC 7518, 3.1).
enum class KeyAlgorithm : std::uint8_t {
  rs256,  ///< RSASSA-PKCS1-v1_5 with SHA-256, of an RSA key of 2048 to 8192 bits.
  es256,  ///< ECDSA with SHA-256, of a key on P-256.
};

/// The public keys of whoever issues tokens: a JWK Set (RFC 7517). Each key is for one algorithm
/// alone, which the key's kind decides, never the token (RFC 8725, 3.1). A value; any thread.
class KeySet {
 public:
  /// At most 64 keys; what is neither RSA nor P-256, or not for signatures, is left out (RFC 7517,
  /// section 5). Refused, with a sentence for people: text that is no JWK Set, a key that is broken
  /// or too weak, a private or symmetric one (which has no business in a file for others), the same
  /// `kid` twice for one algorithm, and a set without any key left.
  [[nodiscard]] static std::variant<KeySet, std::string> parse(std::string_view text);

  /// Whether `signature`, the bytes of a JWS (RFC 7518, 3.3 and 3.4), was made over `data` with the
  /// key that `kid` names; without a `kid`, with the only key of the algorithm. False for an
  /// unknown key and for one of the other algorithm. Never throws on bad input.
  [[nodiscard]] bool verify(KeyAlgorithm algorithm, const std::optional<std::string>& kid,
                            std::string_view data, std::string_view signature) const;

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  struct Key {
    KeyAlgorithm algorithm;
    std::optional<std::string> kid;
    std::shared_ptr<evp_pkey_st> key;  ///< Never changed once it is here.
  };
  std::vector<Key> keys_;
};

/// The key set in a file of at most 1 MiB, which nobody but its owner may be able to change, since
/// whoever can may sign in as anyone. Throws std::runtime_error naming the file, what is wrong and
/// the remedy. Any thread; reads the file.
[[nodiscard]] KeySet load_key_set(const std::string& path);

}  // namespace baton::gateway
