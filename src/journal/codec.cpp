#include "journal/codec.hpp"

#include <isa-l/crc.h>

#include "journal/described_codec.hpp"

namespace baton::journal {

namespace {

constexpr std::string_view kMagic = "BTNJ";

}  // namespace

void encode(const core::Input& input, std::string& out) { Encoder(out).put(input); }

bool decode(std::string_view bytes, core::Input& input, std::string& error) {
  Decoder decoder(bytes);
  if (decoder.get(input) && !decoder.at_end()) decoder.fail("bytes follow after its end");
  if (decoder.ok()) return true;
  error = decoder.error();
  return false;
}

const std::string& input_structure() {
  static const std::string structure = [] {
    std::string text;
    append_structure<core::Input>(text);
    return text;
  }();
  return structure;
}

std::uint64_t input_fingerprint() {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : input_structure()) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

std::string encode_header(const SegmentHeader& header) {
  std::string out(kMagic);
  out += static_cast<char>(header.format & 0xffU);
  out += static_cast<char>(header.format >> 8U);
  Encoder encoder(out);
  encoder.put(header.fingerprint);
  encoder.put(header.core_version);
  return out;
}

bool decode_header(std::string_view bytes, SegmentHeader& header) {
  constexpr std::size_t kFixed = kMagic.size() + 2;
  if (bytes.size() < kFixed || !bytes.starts_with(kMagic)) return false;
  header.format = static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[4]) |
                                             static_cast<unsigned char>(bytes[5]) << 8U);
  Decoder decoder(bytes.substr(kFixed));
  return decoder.get(header.fingerprint) && decoder.get(header.core_version) && decoder.at_end();
}

void encode_batch(std::span<const core::Input> inputs, std::string& out) {
  std::string one;
  Encoder encoder(out);
  for (const core::Input& input : inputs) {
    one.clear();
    encode(input, one);
    encoder.put(one);
  }
}

bool decode_batch(std::string_view body, std::uint64_t count, std::uint64_t skip,
                  std::string& error,
                  const std::function<void(std::uint64_t, const core::Input&)>& apply) {
  Decoder decoder(body);
  for (std::uint64_t place = 0; place < count; ++place) {
    std::string_view bytes;
    if (!decoder.get_bytes(bytes)) break;
    if (place < skip) continue;
    core::Input input;
    if (!decode(bytes, input, error)) return false;
    apply(place, input);
  }
  if (decoder.ok() && !decoder.at_end()) decoder.fail("bytes follow after the last input");
  if (decoder.ok()) return true;
  error = decoder.error();
  return false;
}

void Crc32c::process_bytes(std::string_view bytes) {
  // The library counts bytes in an int, and takes them as not const, though it only reads them.
  constexpr std::size_t kAtOnce = std::size_t{1} << 30U;
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kAtOnce);
    auto* const data = reinterpret_cast<unsigned char*>(const_cast<char*>(part.data()));
    remainder_ = crc32_iscsi(data, static_cast<int>(part.size()), remainder_);
    bytes.remove_prefix(part.size());
  }
}

std::uint32_t row_crc(std::uint64_t first_index, std::uint64_t count, std::uint64_t segment,
                      std::string_view body) {
  std::string numbers;
  Encoder encoder(numbers);
  for (const std::uint64_t number : {first_index, count, segment}) encoder.put_fixed(number);
  Crc32c crc;
  crc.process_bytes(numbers);
  crc.process_bytes(body);
  return crc.checksum();
}

std::uint32_t crc32c(std::string_view bytes) {
  Crc32c crc;
  crc.process_bytes(bytes);
  return crc.checksum();
}

}  // namespace baton::journal
