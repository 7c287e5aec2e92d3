#include "telephony/sip/wav.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace baton::telephony::sip {
namespace {

std::string little(std::uint32_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
  return out;
}

struct Format {
  std::uint32_t coding = 1;
  std::uint32_t channels = 1;
  std::uint32_t rate = 8000;
  std::uint32_t bits = 16;
};

std::string fmt_chunk(const Format& f) {
  return "fmt " + little(16, 4) + little(f.coding, 2) + little(f.channels, 2) + little(f.rate, 4) +
         little(f.rate * f.channels * f.bits / 8, 4) + little(f.channels * f.bits / 8, 2) +
         little(f.bits, 2);
}

std::string wav(const std::string& chunks) {
  return "RIFF" + little(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WAVE" + chunks;
}

std::string data_chunk(const std::string& samples) {
  return "data" + little(static_cast<std::uint32_t>(samples.size()), 4) + samples;
}

void expect_refused(const std::string& bytes, const std::string& says) {
  try {
    static_cast<void>(parse_wav(bytes, "hold.wav"));
    FAIL() << "was taken; expected: " << says;
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("hold.wav"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr(says));
  }
}

TEST(Wav, ReadsSamples) {
  const auto samples =
      parse_wav(wav(fmt_chunk({}) + data_chunk(little(1, 2) + little(0xffff, 2))), "x");
  EXPECT_THAT(samples, ::testing::ElementsAre(1, -1));
}

TEST(Wav, SkipsOtherChunks) {
  // A chunk of odd length is followed by a filling byte.
  const std::string note = "LIST" + little(3, 4) + "abc" + std::string(1, '\0');
  const auto samples = parse_wav(wav(note + fmt_chunk({}) + note + data_chunk(little(7, 2))), "x");
  EXPECT_THAT(samples, ::testing::ElementsAre(7));
}

TEST(Wav, TakesTheSizeOfAPipedFile) {
  const auto samples =
      parse_wav(wav(fmt_chunk({}) + "data" + little(0xffffffff, 4) + little(7, 2)), "x");
  EXPECT_THAT(samples, ::testing::ElementsAre(7));
}

TEST(Wav, SaysWhatIsWrong) {
  expect_refused("", "not a RIFF/WAVE");
  expect_refused("ID3 this is an mp3 file", "not a RIFF/WAVE");
  expect_refused(wav(""), "no fmt chunk");
  expect_refused(wav(fmt_chunk({})), "no data chunk");
  expect_refused(wav(data_chunk(little(1, 2))), "before its fmt");
  expect_refused(wav(fmt_chunk({}) + data_chunk("")), "no samples");
  expect_refused(wav("fmt " + little(4, 4) + "abcd"), "cut short");
  expect_refused(wav(fmt_chunk({.channels = 2})), "2 channel(s)");
  expect_refused(wav(fmt_chunk({.rate = 44100})), "44100 samples a second");
  expect_refused(wav(fmt_chunk({.bits = 8})), "8 bits");
  expect_refused(wav(fmt_chunk({.coding = 7})), "coding 7");
  expect_refused(wav(fmt_chunk({.rate = 44100})), "sox IN -r 8000");
  expect_refused(wav(fmt_chunk({}) + data_chunk(std::string(kMaxWavSamples * 2 + 2, 'a'))),
                 "ten minutes");
}

TEST(Wav, NamesAFileThatIsNotThere) {
  EXPECT_THROW(
      {
        try {
          static_cast<void>(load_wav("does/not/exist.wav"));
        } catch (const std::runtime_error& error) {
          EXPECT_THAT(error.what(), ::testing::HasSubstr("does/not/exist.wav"));
          EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot be opened"));
          throw;
        }
      },
      std::runtime_error);
}

}  // namespace
}  // namespace baton::telephony::sip
