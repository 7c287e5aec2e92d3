#include "message/text.hpp"

#include <gtest/gtest.h>

namespace baton::message::text {
namespace {

TEST(Text, TrimsAsciiWhiteSpaceAndNoBreakSpaces) {
  EXPECT_EQ(trim(" \t\r\n\xC2\xA0 BlindTransfer \xC2\xA0\xC2\xA0"), "BlindTransfer");
  EXPECT_EQ(trim("a b"), "a b");
  EXPECT_EQ(trim(" \xC2\xA0 "), "");
}

TEST(Text, FoldsAsciiOnly) {
  EXPECT_TRUE(equals_folded("EndpointARN", "endpointarn"));
  EXPECT_FALSE(equals_folded("topic", "topics"));
  EXPECT_FALSE(equals_folded("\xC3\x84", "\xC3\xA4"));
  EXPECT_FALSE(equals_folded("[", "{"));
}

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(count_code_points("na\xC3\xAFve \xF0\x9F\x93\x9E"), 7U);
  EXPECT_EQ(count_code_points(""), 0U);
}

TEST(Text, QuotesShortTextsWhole) {
  EXPECT_EQ(shown("ab"), "\"ab\"");
  EXPECT_EQ(shown(std::string(64, 'x')), "\"" + std::string(64, 'x') + "\"");
  EXPECT_EQ(shown(std::string("a\nb\0c\x7F", 6)), "\"a?b?c?\"");
}

TEST(Text, CutsLongTextsAtACharacter) {
  EXPECT_EQ(shown(std::string(65, 'x')), "\"" + std::string(64, 'x') + "...\"");
  // The last character of two bytes would be cut in half at 64 bytes.
  EXPECT_EQ(shown(std::string(63, 'x') + "\xC3\xA4y"), "\"" + std::string(63, 'x') + "...\"");
  EXPECT_EQ(shown(std::string(62, 'x') + "\xC3\xA4y"),
            "\"" + std::string(62, 'x') + "\xC3\xA4...\"");
}

constexpr std::string_view kKind = "transfer-destination";

TEST(ConnectArn, HasThreePartitions) {
  for (const std::string_view partition : {"aws", "aws-cn", "aws-us-gov"}) {
    const std::string arn =
        "arn:" + std::string(partition) +
        ":connect:us-east-1:975419294579:instance/a4c5-1/transfer-destination/0925";
    EXPECT_TRUE(is_connect_arn(arn, kKind)) << arn;
  }
}

TEST(ConnectArn, RefusesWhatDiffersInAnyPart) {
  for (const std::string_view arn : {
           "",
           "arn",
           "arn:aws",
           "ARN:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/b",
           "arn:aws-iso:connect:us-east-1:975419294579:instance/a/transfer-destination/b",
           "arn:aws:s3:us-east-1:975419294579:instance/a/transfer-destination/b",
           "arn:aws:connect::975419294579:instance/a/transfer-destination/b",
           "arn:aws:connect:us east:975419294579:instance/a/transfer-destination/b",
           "arn:aws:connect:us-east-1:97541929457:instance/a/transfer-destination/b",
           "arn:aws:connect:us-east-1:9754192945790:instance/a/transfer-destination/b",
           "arn:aws:connect:us-east-1:97541929457x:instance/a/transfer-destination/b",
           "arn:aws:connect:us-east-1:975419294579:instances/a/transfer-destination/b",
           "arn:aws:connect:us-east-1:975419294579:instance//transfer-destination/b",
           "arn:aws:connect:us-east-1:975419294579:instance/a/queue/b",
           "arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/",
           "arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination",
           "arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/b/c",
           "arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/b ",
           " arn:aws:connect:us-east-1:975419294579:instance/a/transfer-destination/b",
           "arn:aws:connect:us-east-1:975419294579:instance/a/transfer-\ndestination/b",
       }) {
    EXPECT_FALSE(is_connect_arn(arn, kKind)) << arn;
  }
}

}  // namespace
}  // namespace baton::message::text
