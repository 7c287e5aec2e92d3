#include "gateway/crypto.hpp"

#include <gtest/gtest.h>

#include <string>

namespace baton::gateway {
namespace {

// RFC 4648, section 10, in the alphabet of section 5 and without padding.
TEST(Base64Url, FollowsTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> vectors[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
}

TEST(Base64Url, RefusesWhatIsNotTheOneSpelling) {
  for (const char* text : {"Z", "Zg==", "Zm9v ", "+/8", "Zh", "Zm9", "Zm\n9v"}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

TEST(RandomHex, IsLongEnoughAndNeverTheSame) {
  EXPECT_EQ(random_hex(32).size(), 64U);
  EXPECT_NE(random_hex(32), random_hex(32));
}

TEST(EqualConstantTime, ComparesLengthAndBytes) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
  EXPECT_TRUE(equal_constant_time("", ""));
}

}  // namespace
}  // namespace baton::gateway
