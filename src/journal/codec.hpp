#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/input.hpp"

namespace baton::journal {

// The journal's bytes (docs/journal-format.md). All functions: any thread; decoding never throws on
// bad bytes but for want of memory.

/// Number of the format of headers and rows; a change of either raises it.
inline constexpr std::uint16_t kFormat = 1;

/// Appends an input's binary form.
void encode(const core::Input& input, std::string& out);

/// Reads an input that fills `bytes` exactly. False with `error` set where it is not one.
[[nodiscard]] bool decode(std::string_view bytes, core::Input& input, std::string& error);

/// The structure of an input as text, and its FNV-1a 64 hash: different where a field, an
/// enumerator or an alternative was added, removed, renamed or moved, so that a row is never read
/// by the wrong program.
[[nodiscard]] const std::string& input_structure();
[[nodiscard]] std::uint64_t input_fingerprint();

/// Says who wrote a segment of the journal.
struct SegmentHeader {
  std::uint16_t format = kFormat;
  std::uint64_t fingerprint = 0;
  std::string core_version;

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};
[[nodiscard]] std::string encode_header(const SegmentHeader& header);
[[nodiscard]] bool decode_header(std::string_view bytes, SegmentHeader& header);

/// Appends a batch: each input with its length before it.
void encode_batch(std::span<const core::Input> inputs, std::string& out);

/// Reads a batch of exactly `count` inputs; `apply` gets each with its place in the batch, from 0.
/// Inputs before `skip` are stepped over. Nothing is handed over after the first fault; false with
/// `error` set then.
[[nodiscard]] bool decode_batch(
    std::string_view body, std::uint64_t count, std::uint64_t skip, std::string& error,
    const std::function<void(std::uint64_t place, const core::Input& input)>& apply);

/// A CRC-32C (Castagnoli; RFC 3720, section 12.1) that is being worked out.
class Crc32c {
 public:
  void process_bytes(std::string_view bytes);
  /// Of all bytes so far; more may follow.
  [[nodiscard]] std::uint32_t checksum() const { return ~remainder_; }
  void reset() { remainder_ = kInitial; }

 private:
  static constexpr std::uint32_t kInitial = 0xFFFFFFFF;
  std::uint32_t remainder_ = kInitial;
};
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

/// The CRC-32C of a row: its numbers as 8 bytes each, little-endian, then its
/// body.
[[nodiscard]] std::uint32_t row_crc(std::uint64_t first_index, std::uint64_t count,
                                    std::uint64_t segment, std::string_view body);

}  // namespace baton::journal
