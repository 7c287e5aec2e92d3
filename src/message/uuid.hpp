#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

namespace baton::message {

/// An identifier of 128 bits, written as a lower-case RFC 9562 UUID. Plain value; any thread.
struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  [[nodiscard]] bool is_nil() const { return high == 0 && low == 0; }
  friend bool operator==(const Uuid&, const Uuid&) = default;
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};
BOOST_DESCRIBE_STRUCT(Uuid, (), (high, low))

/// One that is told to people and programs only, and is saved as its text.
struct ToldUuid : Uuid {
  ToldUuid() = default;
  ToldUuid(const Uuid& id) : Uuid(id) {}  // NOLINT(google-explicit-constructor): it is one.
};

inline constexpr std::size_t kUuidTextLength = 36;

/// A UUID of version 7 (RFC 9562, section 5.7) made at that time, Unix milliseconds, with 12 and 62
/// of the random bits. Ids that begin with the time grow the store's indexes at their end; random
/// ones would change another page for each row.
[[nodiscard]] constexpr Uuid uuid_v7(std::int64_t at_ms, std::uint64_t random_high,
                                     std::uint64_t random_low) {
  return {.high = (static_cast<std::uint64_t>(at_ms) << 16U) | 0x7000ULL | (random_high & 0xfffULL),
          .low = (random_low & 0x3fffffffffffffffULL) | 0x8000000000000000ULL};
}

/// Writes the 36 characters of to_string() there.
void print_to(const Uuid& id, char* text);

/// "d675473e-7dbc-4a9b-ad92-b78f26e70b3b".
[[nodiscard]] std::string to_string(const Uuid& id);

/// The UUID that the text writes in the 8-4-4-4-12 form (either case), or nothing.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);

}  // namespace baton::message

template <>
struct std::hash<baton::message::Uuid> {
  std::size_t operator()(const baton::message::Uuid& id) const noexcept {
    return static_cast<std::size_t>(id.high ^ (id.low * 0x9e3779b97f4a7c15ULL));
  }
};
