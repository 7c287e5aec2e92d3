#include "telephony/sip/tone_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

namespace baton::telephony::sip {
namespace {

TEST(G711, KnowsTheStandardsCornerstones) {
  EXPECT_EQ(to_mu_law(0), 0xff);
  EXPECT_EQ(to_mu_law(32767), 0x80);
  EXPECT_EQ(to_mu_law(-32768), 0x00);
  EXPECT_EQ(to_a_law(0), 0xd5);
  EXPECT_EQ(to_a_law(-1), 0x55);
  EXPECT_EQ(to_a_law(32767), 0xaa);
  EXPECT_EQ(to_a_law(-32768), 0x2a);
}

TEST(G711, ComesBackFromEveryCode) {
  for (int code = 0; code < 256; ++code) {
    const auto byte = static_cast<std::uint8_t>(code);
    EXPECT_EQ(to_a_law(from_a_law(byte)), byte) << code;
    // Mu-law has two zeros: the negative one comes back as the positive one.
    EXPECT_EQ(to_mu_law(from_mu_law(byte)), byte == 0x7f ? 0xff : byte) << code;
  }
}

TEST(G711, IsNearEverySample) {
  for (int sample = -32768; sample <= 32767; sample += 7) {
    const auto value = static_cast<std::int16_t>(sample);
    const int most = std::max(16, std::abs(sample) / 16);  // Half a step of the segment it is in.
    EXPECT_NEAR(from_a_law(to_a_law(value)), sample, most);
    // Mu-law clips the last 130 of full scale.
    EXPECT_NEAR(from_mu_law(to_mu_law(value)), sample,
                std::max(most, 8) + (std::abs(sample) > 32000 ? 650 : 0));
  }
}

TEST(Frames, FillTheLastWithSilence) {
  const std::vector<std::int16_t> samples(kFrameSamples + 1, 1000);
  const auto frames = encode(samples);
  ASSERT_EQ(frames.mu_law.size(), 2U);
  ASSERT_EQ(frames.a_law.size(), 2U);
  EXPECT_EQ(frames.mu_law[1][0], to_mu_law(1000));
  EXPECT_EQ(frames.mu_law[1][1], 0xff);
  EXPECT_EQ(frames.a_law[1][1], 0xd5);
}

TEST(Frames, AreNeverNone) { EXPECT_EQ(encode({}).mu_law.size(), 1U); }

TEST(Notes, BeginAndEndSoftly) {
  const Note notes[] = {{.first_hz = 440, .second_hz = 480, .milliseconds = 100, .level = 0.1},
                        {.milliseconds = 20}};
  const auto samples = render(notes);
  ASSERT_EQ(samples.size(), 960U);
  EXPECT_LT(std::abs(samples.front()), 100);
  EXPECT_LT(std::abs(samples[799]), 200);
  EXPECT_GT(*std::max_element(samples.begin(), samples.end()), 4000);
  EXPECT_LT(*std::max_element(samples.begin(), samples.end()), 7000);
  EXPECT_EQ(samples.back(), 0);
}

}  // namespace
}  // namespace baton::telephony::sip
