#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace baton::telephony::sip {

/// The longest sound that is loaded, in samples: ten minutes at 8,000 a second.
inline constexpr std::size_t kMaxWavSamples = std::size_t{8000} * 600;

/// The samples of a RIFF/WAVE file with 16-bit PCM, mono, 8,000 samples a second; chunks other than
/// fmt and data are skipped. `name` is what errors call it. Throws std::runtime_error that says
/// what was found, what is wanted and how to convert it.
[[nodiscard]] std::vector<std::int16_t> parse_wav(std::string_view bytes, std::string_view name);

/// The same from a file. Also throws when it cannot be read.
[[nodiscard]] std::vector<std::int16_t> load_wav(const std::filesystem::path& path);

}  // namespace baton::telephony::sip
