#include "message/uuid.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton::message {
namespace {

TEST(Uuid, WritesTheLowerCaseForm) {
  EXPECT_EQ(to_string(Uuid{0xd675473e7dbc4a9bULL, 0xad92b78f26e70b3bULL}),
            "d675473e-7dbc-4a9b-ad92-b78f26e70b3b");
  EXPECT_EQ(to_string(Uuid{}), "00000000-0000-0000-0000-000000000000");
  EXPECT_TRUE(Uuid{}.is_nil());
}

TEST(Uuid, ReadsEitherCase) {
  EXPECT_EQ(parse_uuid("D675473E-7dbc-4A9B-ad92-b78f26e70b3b"),
            (Uuid{0xd675473e7dbc4a9bULL, 0xad92b78f26e70b3bULL}));
}

TEST(Uuid, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "d675473e", "d675473e-7dbc-4a9b-ad92-b78f26e70b3",
        "d675473e-7dbc-4a9b-ad92-b78f26e70b3b0", "d675473e7dbc-4a9b--ad92-b78f26e70b3b",
        "g675473e-7dbc-4a9b-ad92-b78f26e70b3b", "{675473e-7dbc-4a9b-ad92-b78f26e70b3b",
        "d675473e_7dbc_4a9b_ad92_b78f26e70b3b"}) {
    EXPECT_FALSE(parse_uuid(text)) << text;
  }
}

TEST(Uuid, MakesThePublishedVersion7) {
  // RFC 9562, appendix A.6: 2022-02-22 14:22:22.000 GMT-05:00.
  EXPECT_EQ(to_string(uuid_v7(1645557742000, 0xcc3, 0x18c4dc0c0c07398f)),
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  // Whatever else is random, version and variant stay.
  EXPECT_EQ(to_string(uuid_v7(0, ~0ULL, ~0ULL)), "00000000-0000-7fff-bfff-ffffffffffff");
  EXPECT_LT(uuid_v7(1, ~0ULL, ~0ULL), uuid_v7(2, 0, 0));
}

RC_GTEST_PROP(Uuid, ReadsWhatItWrites, (std::uint64_t high, std::uint64_t low)) {
  const Uuid id{high, low};
  RC_ASSERT(parse_uuid(to_string(id)) == id);
}

}  // namespace
}  // namespace baton::message
