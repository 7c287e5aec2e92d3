#include "telephony/sip/wav.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <string>

namespace baton::telephony::sip {
namespace {

constexpr std::string_view kRemedy =
    "; wanted is mono, 8,000 samples a second, 16-bit PCM: sox IN -r 8000 -c 1 -b 16 OUT.wav";

[[noreturn]] void refuse(std::string_view name, std::string_view what) {
  throw std::runtime_error("sound file " + std::string(name) + ": " + std::string(what));
}

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  return value;
}

void check_format(std::string_view chunk, std::string_view name) {
  if (chunk.size() < 16) refuse(name, "its fmt chunk is cut short");
  auto coding = little(chunk, 0, 2);
  // The extensible form carries the coding in the first two bytes of its sub-format.
  if (coding == 0xfffe && chunk.size() >= 26) coding = little(chunk, 24, 2);
  const auto channels = little(chunk, 2, 2);
  const auto rate = little(chunk, 4, 4);
  const auto bits = little(chunk, 14, 2);
  if (coding == 1 && channels == 1 && rate == 8000 && bits == 16) return;
  refuse(name, "coding " + std::to_string(coding) + " (1 is PCM), " + std::to_string(channels) +
                   " channel(s), " + std::to_string(rate) + " samples a second, " +
                   std::to_string(bits) + " bits" + std::string(kRemedy));
}

}  // namespace

std::vector<std::int16_t> parse_wav(std::string_view bytes, std::string_view name) {
  if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE") {
    refuse(name, "is not a RIFF/WAVE file" + std::string(kRemedy));
  }
  bool format_seen = false;
  std::size_t at = 12;
  while (bytes.size() - at >= 8) {
    const auto id = bytes.substr(at, 4);
    const std::size_t size = little(bytes, at + 4, 4);
    at += 8;
    // A data chunk may claim more than there is: writers to a pipe cannot know its size.
    const auto chunk = bytes.substr(at, size);
    if (id == "fmt ") {
      check_format(chunk, name);
      format_seen = true;
    } else if (id == "data") {
      if (!format_seen) refuse(name, "its data comes before its fmt chunk");
      const std::size_t count = chunk.size() / 2;
      if (count == 0) refuse(name, "has no samples");
      if (count > kMaxWavSamples) {
        refuse(name, "is longer than ten minutes; cut it to a shorter loop");
      }
      std::vector<std::int16_t> samples(count);
      for (std::size_t i = 0; i < count; ++i) {
        samples[i] = static_cast<std::int16_t>(little(chunk, i * 2, 2));
      }
      return samples;
    }
    if (bytes.size() - at < size) break;
    at += size + (size & 1U);
    if (at > bytes.size()) break;
  }
  refuse(name, format_seen ? "has no data chunk" : "has no fmt chunk");
}

std::vector<std::int16_t> load_wav(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path.string(), "cannot be opened; check the path and its permissions");
  // Room for chunks of text around the longest sound; what is longer is refused as too long anyway.
  constexpr std::size_t kMost = kMaxWavSamples * 2 + std::size_t{1024} * 1024;
  std::string bytes(kMost + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (file.bad()) refuse(path.string(), "cannot be read");
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > kMost) refuse(path.string(), "is longer than ten minutes; cut it shorter");
  return parse_wav(bytes, path.string());
}

}  // namespace baton::telephony::sip
