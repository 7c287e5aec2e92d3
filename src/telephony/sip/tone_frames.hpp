#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace baton::telephony::sip {

/// Samples of one packet: 20 ms at 8,000 a second.
inline constexpr std::size_t kFrameSamples = 160;
using Frame = std::array<std::uint8_t, kFrameSamples>;

/// G.711 of one 16-bit sample (ITU-T G.711; mu-law as 14 bits, A-law as 13).
[[nodiscard]] std::uint8_t to_mu_law(std::int16_t sample);
[[nodiscard]] std::uint8_t to_a_law(std::int16_t sample);
/// The sample that a G.711 byte stands for.
[[nodiscard]] std::int16_t from_mu_law(std::uint8_t byte);
[[nodiscard]] std::int16_t from_a_law(std::uint8_t byte);

/// A sound that is played in a loop, encoded once for all who listen. Never empty, never changed.
struct SoundFrames {
  std::vector<Frame> mu_law;
  std::vector<Frame> a_law;
};

/// Encodes samples; the last frame is filled up with silence.
[[nodiscard]] SoundFrames encode(std::span<const std::int16_t> samples);

/// One stretch of a built-in sound: up to two sine waves at once, or silence.
struct Note {
  double first_hz = 0;   ///< 0: none.
  double second_hz = 0;  ///< 0: none.
  int milliseconds = 0;
  double level = 0.0;  ///< Of each wave, 0 to 0.5 of full scale.
};

/// The samples of notes in a row. Each begins and ends softly over 10 ms, so that it does not
/// click.
[[nodiscard]] std::vector<std::int16_t> render(std::span<const Note> notes);

}  // namespace baton::telephony::sip
