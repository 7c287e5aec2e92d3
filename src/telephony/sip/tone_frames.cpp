#include "telephony/sip/tone_frames.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace baton::telephony::sip {
namespace {

constexpr int kRate = 8000;

}  // namespace

std::uint8_t to_mu_law(std::int16_t sample) {
  constexpr int kBias = 0x84;
  constexpr int kClip = 32635;
  const int sign = sample < 0 ? 0x80 : 0;
  const int magnitude = std::min(std::abs(static_cast<int>(sample)), kClip) + kBias;
  int exponent = 7;
  for (int mask = 0x4000; (magnitude & mask) == 0 && exponent > 0; mask >>= 1) --exponent;
  const int mantissa = (magnitude >> (exponent + 3)) & 0x0f;
  return static_cast<std::uint8_t>(~(sign | (exponent << 4) | mantissa));
}

std::uint8_t to_a_law(std::int16_t sample) {
  const int sign = sample >= 0 ? 0x80 : 0;
  // One's complement for the negative half, as the standard has it: -1 is the smallest step below
  // zero.
  const int magnitude = (sample >= 0 ? sample : -1 - sample) >> 4;
  int exponent = 7;
  for (int mask = 0x400; (magnitude & mask) == 0 && exponent > 0; mask >>= 1) --exponent;
  const int mantissa = exponent == 0 ? (magnitude & 0x0f) : ((magnitude >> (exponent - 1)) & 0x0f);
  return static_cast<std::uint8_t>((sign | (exponent << 4) | mantissa) ^ 0x55);
}

std::int16_t from_mu_law(std::uint8_t byte) {
  const int value = ~byte & 0xff;
  const int exponent = (value >> 4) & 0x07;
  const int magnitude = ((((value & 0x0f) << 3) + 0x84) << exponent) - 0x84;
  return static_cast<std::int16_t>((value & 0x80) != 0 ? -magnitude : magnitude);
}

std::int16_t from_a_law(std::uint8_t byte) {
  const int value = byte ^ 0x55;
  const int exponent = (value >> 4) & 0x07;
  int magnitude = ((value & 0x0f) << 4) + 8;
  if (exponent > 0) magnitude = (magnitude + 0x100) << (exponent - 1);
  return static_cast<std::int16_t>((value & 0x80) != 0 ? magnitude : -magnitude);
}

SoundFrames encode(std::span<const std::int16_t> samples) {
  const std::size_t frames =
      std::max<std::size_t>(1, (samples.size() + kFrameSamples - 1) / kFrameSamples);
  SoundFrames out;
  out.mu_law.resize(frames);
  out.a_law.resize(frames);
  for (std::size_t i = 0; i < frames * kFrameSamples; ++i) {
    const std::int16_t sample = i < samples.size() ? samples[i] : std::int16_t{0};
    out.mu_law[i / kFrameSamples][i % kFrameSamples] = to_mu_law(sample);
    out.a_law[i / kFrameSamples][i % kFrameSamples] = to_a_law(sample);
  }
  return out;
}

std::vector<std::int16_t> render(std::span<const Note> notes) {
  constexpr double kFade = 0.010 * kRate;
  std::vector<std::int16_t> out;
  for (const auto& note : notes) {
    const int count = note.milliseconds * (kRate / 1000);
    for (int i = 0; i < count; ++i) {
      const double edge = std::min({1.0, (i + 1) / kFade, (count - i) / kFade});
      const double phase = 2.0 * std::numbers::pi * i / kRate;
      double value = 0;
      if (note.first_hz > 0) value += std::sin(phase * note.first_hz);
      if (note.second_hz > 0) value += std::sin(phase * note.second_hz);
      out.push_back(static_cast<std::int16_t>(std::lround(value * note.level * edge * 32767.0)));
    }
  }
  return out;
}

}  // namespace baton::telephony::sip
