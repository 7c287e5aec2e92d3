#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::gateway {

/// 32 bytes of SHA-256 (FIPS 180-4).
using Digest = std::array<std::uint8_t, 32>;

/// The few primitives that signing in needs, on OpenSSL. All may be called from any thread and
/// throw std::runtime_error only where OpenSSL itself fails (no entropy, no memory).

[[nodiscard]] Digest sha256(std::string_view data);
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view data);

/// Compares in a time that depends on the lengths only.
[[nodiscard]] bool equal_constant_time(std::string_view left, std::string_view right);

/// `bytes` random bytes from OpenSSL's generator, in lower-case hexadecimal.
[[nodiscard]] std::string random_hex(std::size_t bytes);

/// RFC 4648, section 5, without padding.
[[nodiscard]] std::string base64url_encode(std::string_view bytes);
/// The bytes of a text in RFC 4648's section 5 alphabet without padding; nothing for any other
/// character, for a length that cannot be, and for unused bits that are not zero (section 3.5: one
/// text only for each value).
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace baton::gateway
