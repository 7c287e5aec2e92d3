#include "telephony/sip/sdp.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace baton::telephony::sip {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPhone =
    "v=0\r\n"
    "o=alice 2890844526 2890844526 IN IP4 192.0.2.1\r\n"
    "s=call\r\n"
    "c=IN IP4 192.0.2.1\r\n"
    "t=0 0\r\n"
    "m=audio 49170 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000/1\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=x-unknown:whatever it may be\r\n";

Sdp parsed(std::string_view body) {
  auto result = Sdp::parse(body);
  if (const auto* error = std::get_if<SdpError>(&result)) {
    ADD_FAILURE() << error->text;
    return {};
  }
  return std::get<Sdp>(std::move(result));
}

SdpError refused(std::string_view body) {
  auto result = Sdp::parse(body);
  if (const auto* error = std::get_if<SdpError>(&result)) return *error;
  ADD_FAILURE() << "was taken: " << body;
  return {};
}

std::string with(std::string_view body, std::string_view from, std::string_view to) {
  std::string out(body);
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

std::string with_lf(std::string_view body) {
  std::string out(body);
  std::erase(out, '\r');
  return out;
}

TEST(Sdp, ReadsAnOrdinaryBody) {
  const auto sdp = parsed(kPhone);
  ASSERT_EQ(sdp.media.size(), 1U);
  const auto& m = sdp.media[0];
  EXPECT_EQ(m.kind, "audio");
  EXPECT_EQ(m.port, 49170);
  EXPECT_EQ(m.proto, "RTP/AVP");
  EXPECT_THAT(m.formats, testing::ElementsAre("0", "8", "101"));
  EXPECT_EQ(sdp.address(m), "192.0.2.1");
  EXPECT_EQ(sdp.direction(m), Direction::sendrecv);
  EXPECT_EQ(m.encoding("0"), "pcmu/8000");
  EXPECT_EQ(m.encoding("8"), "pcma/8000");
  EXPECT_EQ(m.encoding("101"), "telephone-event/8000");
  EXPECT_EQ(m.encoding("96"), "?96");
  EXPECT_EQ(m.attribute("x-unknown"), "whatever it may be");
  EXPECT_EQ(m.attribute("x-unknow"), std::nullopt);
}

TEST(Sdp, TakesAnyLineEnd) {
  const auto crlf = parsed(kPhone).print();
  EXPECT_EQ(parsed(with_lf(kPhone)).print(), crlf);
  std::string cr(kPhone);
  std::erase(cr, '\n');
  EXPECT_EQ(parsed(cr).print(), crlf);
  EXPECT_THAT(crlf, HasSubstr("a=x-unknown:whatever it may be\r\n"));
}

TEST(Sdp, PrintingIsStable) {
  const auto once = parsed(kPhone).print();
  EXPECT_EQ(parsed(once).print(), once);
}

TEST(Sdp, KnowsStaticPayloadTypesWithoutRtpmap) {
  const auto sdp = parsed("v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0 8 9 18 3\n");
  const auto& m = sdp.media[0];
  EXPECT_EQ(m.encoding("0"), "pcmu/8000");
  EXPECT_EQ(m.encoding("9"), "g722/8000");
  EXPECT_EQ(m.encoding("18"), "g729/8000");
}

TEST(Sdp, RefusesWhatItCannotUse) {
  struct Case {
    std::string body;
    int status;
    std::string_view says;
  };
  const Case cases[] = {
      {"", 488, "empty"},
      {"\r\n\r\n", 488, "empty"},
      {"hello", 488, "instead of v=0"},
      {"v=1\r\n", 488, "instead of v=0"},
      {"v=0\r\ns=-\r\n", 488, "no o= line"},
      {"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio\n", 488, "needs media, port"},
      {"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 1 RTP/AVP\n", 488, "no format"},
      {"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 65536 RTP/AVP 0\n", 488, "0 to 65535"},
      {"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio -1 RTP/AVP 0\n", 488, "0 to 65535"},
      {"v=0\no=- 1 1 IN IP4 192.0.2.1\nm=audio 1/0 RTP/AVP 0\n", 488, "1 to 255"},
      {"v=0\no=- 1 1 IN IP4 192.0.2.1\nnonsense\n", 488, "form x=value"},
      {std::string("v=0\no=- 1 1 IN IP4 192.0.2.1\na=b") + "\x01"
                                                           "c\n",
       488, "control character"},
      {std::string(kMaxSdpBytes + 1, 'a'), 413, "at most 16384"},
  };
  for (const auto& c : cases) {
    const auto error = refused(c.body);
    EXPECT_EQ(error.status, c.status) << c.says;
    EXPECT_THAT(error.text, HasSubstr(std::string(c.says)));
    EXPECT_LT(error.text.size(), 200U);
  }
}

TEST(Sdp, BoundsLinesAndMedia) {
  const std::string head = "v=0\no=- 1 1 IN IP4 192.0.2.1\n";
  std::string many = head;
  for (int i = 0; i < 33; ++i) many += "m=audio 4000 RTP/AVP 0\n";
  EXPECT_THAT(refused(many).text, HasSubstr("32 m-lines"));
  std::string lines = head;
  for (int i = 0; i < 1100; ++i) lines += "a=x\n";
  EXPECT_THAT(refused(lines).text, HasSubstr("1024 lines"));
  std::string formats = head + "m=audio 4000 RTP/AVP";
  for (int i = 0; i < 129; ++i) formats += " " + std::to_string(i);
  EXPECT_THAT(refused(formats + "\n").text, HasSubstr("128 formats"));
}

TEST(Sdp, TakesARejectedLineWithoutFormat) {
  const auto sdp = parsed("v=0\no=- 1 1 IN IP4 192.0.2.1\nm=video 0 RTP/AVP\n");
  EXPECT_FALSE(sdp.media[0].enabled());
  EXPECT_EQ(sdp.media[0].formats.size(), 1U);
}

TEST(Sdp, FindsTheDirection) {
  struct Case {
    std::string_view from;
    std::string_view to;
    Direction direction;
  };
  const Case cases[] = {
      {"a=x-", "a=sendonly\r\na=x-", Direction::sendonly},
      {"a=x-", "a=inactive\r\na=x-", Direction::inactive},
      {"t=0 0", "t=0 0\r\na=recvonly", Direction::recvonly},                    // For the session.
      {"c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0", Direction::sendonly},          // The old hold.
      {"c=IN IP4 192.0.2.1", "c=IN IP6 ::", Direction::sendonly},               // The same in IPv6.
      {"c=IN IP4 192.0.2.1", "c=IN IP4 hole.invalid", Direction::sendonly},     // RFC 6157.
      {"a=x-", "c=IN IP4 0.0.0.0\r\na=recvonly\r\na=x-", Direction::inactive},  // For one line.
      {"c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd", Direction::sendrecv},  // ICE.
      {"m=audio 49170", "m=audio 0", Direction::inactive},
      {"c=IN IP4 192.0.2.1", "c=IN IP6 2001:db8::1", Direction::sendrecv},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(direction_of(with(kPhone, c.from, c.to)), c.direction) << c.to;
  }
  EXPECT_EQ(direction_of("garbage"), std::nullopt);
}

TEST(Sdp, ReadsAddresses) {
  EXPECT_EQ(parsed(with(kPhone, "IP4 192.0.2.1\r\nt", "IP6 2001:db8::1\r\nt")).address({}),
            "2001:db8::1");
  EXPECT_EQ(parsed(with(kPhone, "IP4 192.0.2.1\r\nt", "IP4 224.2.1.1/127/3\r\nt")).address({}),
            "224.2.1.1");
  EXPECT_EQ(parsed("v=0\no=- 1 1 IN IP4 192.0.2.1\n").address({}), "");
  EXPECT_TRUE(is_numeric_media_address("192.0.2.1"));
  EXPECT_TRUE(is_numeric_media_address("2001:db8::1"));
  EXPECT_FALSE(is_numeric_media_address("example.com"));
  EXPECT_FALSE(is_numeric_media_address("[2001:db8::1]"));
  EXPECT_FALSE(is_numeric_media_address("192.0.2"));
  EXPECT_FALSE(is_numeric_media_address(""));
}

TEST(Sdp, ComparesByWhatIsAskedFor) {
  const std::string base(kPhone);
  EXPECT_TRUE(answers_same(base, with_lf(kPhone)));
  EXPECT_TRUE(answers_same(base, with(kPhone, "2890844526 2890844526", "1 7")));
  EXPECT_TRUE(answers_same(base, with(kPhone, "s=call", "s=other")));
  EXPECT_TRUE(answers_same(base, with(kPhone, "a=x-", "a=sendrecv\r\na=x-")));
  EXPECT_TRUE(answers_same(with(kPhone, "c=IN IP4 192.0.2.1\r\n", ""),
                           with(kPhone, "c=IN IP4 192.0.2.1\r\n", "")));
  // The same address, said for the line instead of for the session.
  EXPECT_TRUE(answers_same(base, with(with(kPhone, "c=IN IP4 192.0.2.1\r\n", ""), "a=rtpmap:0",
                                      "c=IN IP4 192.0.2.1\r\na=rtpmap:0")));
  EXPECT_FALSE(answers_same(base, with(kPhone, "49170", "49172")));
  EXPECT_FALSE(answers_same(base, with(kPhone, "c=IN IP4 192.0.2.1", "c=IN IP4 192.0.2.2")));
  EXPECT_FALSE(answers_same(base, with(kPhone, " 0 8 101", " 0 101")));
  EXPECT_FALSE(answers_same(base, with(kPhone, "a=x-", "a=sendonly\r\na=x-")));
  EXPECT_FALSE(answers_same(
      base, with(kPhone, "a=x-unknown:what", "a=crypto:1 X inline:y\r\na=x-unknown:what")));
  EXPECT_FALSE(answers_same(base, base + "m=video 0 RTP/AVP 96\r\n"));
  EXPECT_TRUE(answers_same("garbage", "garbage"));
  EXPECT_FALSE(answers_same("garbage", base));
}

TEST(Sdp, KnowsAnAnswerWithoutVoice) {
  EXPECT_TRUE(is_acceptable(kPhone));
  EXPECT_FALSE(is_acceptable(with(kPhone, "m=audio 49170", "m=audio 0")));
  EXPECT_FALSE(is_acceptable(with(kPhone, "RTP/AVP 0 8 101", "RTP/AVP 101 13")));
  EXPECT_FALSE(is_acceptable("v=0\no=- 1 1 IN IP4 192.0.2.1\nm=video 4000 RTP/AVP 96\n"));
  EXPECT_FALSE(is_acceptable(""));
}

TEST(Direction, IsAPairOfFlows) {
  EXPECT_EQ(reversed(Direction::sendonly), Direction::recvonly);
  EXPECT_EQ(reversed(Direction::sendrecv), Direction::sendrecv);
  EXPECT_EQ(both(Direction::sendonly, Direction::recvonly), Direction::inactive);
  EXPECT_EQ(both(Direction::sendrecv, Direction::recvonly), Direction::recvonly);
  EXPECT_EQ(make_direction(true, false), Direction::sendonly);
  EXPECT_EQ(to_string(Direction::inactive), "inactive");
}

}  // namespace
}  // namespace baton::telephony::sip
