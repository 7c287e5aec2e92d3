#include "journal/codec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "journal/any_value.hpp"
#include "journal/described_codec.hpp"

namespace baton::journal {
namespace {

using testing::HasSubstr;

core::Input decoded(const std::string& bytes) {
  core::Input input;
  std::string error;
  EXPECT_TRUE(decode(bytes, input, error)) << error;
  return input;
}

std::string encoded(const core::Input& input) {
  std::string bytes;
  encode(input, bytes);
  return bytes;
}

std::string decode_error(std::string_view bytes) {
  core::Input input;
  std::string error;
  return decode(bytes, input, error) ? "" : error;
}

/// One test for each alternative of InputBody, by its index.
template <class Index>
class CodecAlternative : public testing::Test {};

template <class List>
struct ToTypes;
template <class... T>
struct ToTypes<boost::mp11::mp_list<T...>> {
  using type = testing::Types<T...>;
};
using Indices = ToTypes<boost::mp11::mp_iota_c<std::variant_size_v<core::InputBody>>>::type;
TYPED_TEST_SUITE(CodecAlternative, Indices);

TYPED_TEST(CodecAlternative, RoundTripsRandomValues) {
  using Body = std::variant_alternative_t<TypeParam::value, core::InputBody>;
  EXPECT_TRUE(rc::check("decode(encode(x)) is x, and encodes to the same bytes", [] {
    core::Input input;
    input.at = *rc::gen::arbitrary<std::int64_t>();
    input.entropy_high = *rc::gen::arbitrary<std::uint64_t>();
    input.entropy_low = *rc::gen::arbitrary<std::uint64_t>();
    input.body = any_value<Body>();
    const std::string bytes = encoded(input);
    core::Input again;
    std::string error;
    RC_ASSERT(decode(bytes, again, error));
    RC_ASSERT(same(input, again));
    RC_ASSERT(encoded(again) == bytes);
  }));
}

TYPED_TEST(CodecAlternative, RefusesEveryCutAndSurvivesEveryFlippedByte) {
  using Body = std::variant_alternative_t<TypeParam::value, core::InputBody>;
  EXPECT_TRUE(rc::check("damaged bytes are refused, or are another input's bytes", [] {
    core::Input input;
    input.body = any_value<Body>();
    std::string bytes = encoded(input);
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size());
    RC_ASSERT(!decode_error(bytes.substr(0, cut)).empty());
    RC_ASSERT(!decode_error(bytes + '\0').empty());
    const auto at = *rc::gen::inRange<std::size_t>(0, bytes.size());
    bytes[at] = *rc::gen::arbitrary<char>();
    core::Input other;
    std::string error;
    if (decode(bytes, other, error)) RC_ASSERT(encoded(other) == bytes);
  }));
}

TEST(Codec, TheBytesOfTheDocument) {
  // The example of docs/journal-format.md: a change of these bytes is a change of the format.
  core::Input input;
  input.at = 1000;
  input.entropy_high = 1;
  input.entropy_low = 2;
  input.body = core::PhoneReachable{"agent1", true};
  const auto index = static_cast<char>(input.body.index());
  const std::string expected = std::string("\xe8\x03\0\0\0\0\0\0", 8) +
                               std::string("\1\0\0\0\0\0\0\0", 8) +
                               std::string("\2\0\0\0\0\0\0\0", 8) + index + "\6agent1\1";
  EXPECT_EQ(encoded(input), expected);
  EXPECT_EQ(std::get<core::PhoneReachable>(decoded(expected).body).login, "agent1");
}

TEST(Codec, ExtremesOfEachInteger) {
  core::Input input;
  input.at = std::numeric_limits<std::int64_t>::min();
  input.entropy_high = std::numeric_limits<std::uint64_t>::max();
  for (const int code : {0, -1, 1, 63, 64, -64, -65, std::numeric_limits<int>::max(),
                         std::numeric_limits<int>::min()}) {
    input.body = core::LegEnded{{1, 2}, core::EndCause::refused, code, "text"};
    EXPECT_TRUE(same(decoded(encoded(input)), input)) << code;
  }
}

TEST(Codec, WhatIsWrongIsSaid) {
  const auto head = std::string(24, '\0');
  EXPECT_THAT(decode_error(""), HasSubstr("ends within a number"));
  EXPECT_THAT(decode_error(head + "\x7f"), HasSubstr("alternative is unknown"));
  EXPECT_THAT(decode_error(head + std::string(10, '\xff')), HasSubstr("64 bits"));
  EXPECT_THAT(decode_error(head + std::string("\x80\0", 2)), HasSubstr("needless bytes"));
  core::Input input;
  input.body = core::PhoneReachable{"a", true};
  std::string bytes = encoded(input);
  bytes.back() = '\2';
  EXPECT_THAT(decode_error(bytes), HasSubstr("neither 0 nor 1"));
  bytes = encoded(input);
  bytes[bytes.size() - 3] = '\x7f';
  EXPECT_THAT(decode_error(bytes), HasSubstr("longer than what is left"));
  EXPECT_THAT(decode_error(encoded(input) + "x"), HasSubstr("follow after its end"));
  input.body = core::LegEnded{{1, 2}, core::EndCause::unreachable, 1, ""};
  bytes = encoded(input);
  bytes[bytes.size() - 3] = '\x7f';
  EXPECT_THAT(decode_error(bytes), HasSubstr("enumerated value is unknown"));
}

TEST(Codec, AHugeCountAllocatesNothing) {
  core::Input input;
  input.body = core::Started{"v", {}};
  std::string bytes = encoded(input);
  bytes.resize(bytes.size() - 2);  // How many legs are awaited, and the time for it.
  bytes += "\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_THAT(decode_error(bytes), HasSubstr("longer than what is left"));
}

TEST(Codec, MapsMustBeInOrder) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.put_varint(2);
  for (const char* text : {"b", "1", "a", "2"}) encoder.put(std::string(text));
  std::map<std::string, std::string> map;
  Decoder decoder(bytes);
  EXPECT_FALSE(decoder.get(map));
  EXPECT_STREQ(decoder.error(), "a map's keys are not in order");
}

TEST(Codec, TheStructureNamesEveryAlternativeAndField) {
  EXPECT_THAT(input_structure(),
              HasSubstr("{at:i64,entropy_high:u64,entropy_low:u64,body:variant<"));
  EXPECT_THAT(input_structure(), HasSubstr("{login:string,reachable:bool,}"));
  EXPECT_THAT(input_structure(), HasSubstr("map<string,string>"));
  EXPECT_THAT(input_structure(), HasSubstr("optional<variant<{number:string,}"));
  EXPECT_THAT(input_structure(), HasSubstr("enum(remote=0,local=1,"));
  EXPECT_NE(input_fingerprint(), 0U);
}

TEST(Codec, HeadersRoundTripAndRefuseWhatTheyAreNot) {
  const SegmentHeader header{kFormat, 0x1122334455667788ULL, "0.1.0"};
  const std::string bytes = encode_header(header);
  EXPECT_EQ(bytes, std::string("BTNJ\1\0\x88\x77\x66\x55\x44\x33\x22\x11\5", 15) + "0.1.0");
  SegmentHeader again;
  ASSERT_TRUE(decode_header(bytes, again));
  EXPECT_EQ(again, header);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(decode_header(bytes.substr(0, cut), again)) << cut;
  }
  EXPECT_FALSE(decode_header(bytes + "x", again));
  EXPECT_FALSE(decode_header("XTNJ" + bytes.substr(4), again));
}

TEST(Codec, BatchesStepOverWhatIsNotWanted) {
  std::vector<core::Input> inputs(3);
  for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i].body = core::TimerFired{i};
  std::string body;
  encode_batch(inputs, body);
  std::vector<std::uint64_t> seen;
  std::string error;
  const auto collect = [&](std::uint64_t place, const core::Input& input) {
    EXPECT_EQ(std::get<core::TimerFired>(input.body).timer, place);
    seen.push_back(place);
  };
  EXPECT_TRUE(decode_batch(body, 3, 1, error, collect));
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_FALSE(decode_batch(body, 4, 0, error, [](auto, const auto&) {}));
  EXPECT_FALSE(decode_batch(body, 2, 0, error, [](auto, const auto&) {}));
  EXPECT_THAT(error, HasSubstr("follow after the last input"));
}

TEST(Codec, CheckSumIsCrc32c) {
  // RFC 3720, appendix B.4: 32 bytes of zero. Here they are three numbers and a body of 8 bytes.
  EXPECT_EQ(row_crc(0, 0, 0, std::string(8, '\0')), 0x8A9136AAU);
  EXPECT_NE(row_crc(1, 0, 0, "x"), row_crc(0, 1, 0, "x"));
}

}  // namespace
}  // namespace baton::journal
