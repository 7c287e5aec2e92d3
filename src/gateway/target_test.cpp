#include "gateway/target.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gateway/http.hpp"

namespace baton::gateway {
namespace {

TEST(ParseTarget, DecodesPathAndQuery) {
  const auto parsed = parse_target("/v1/transfers/a%2Fb/timeline?q=Sasi+Chime%21&agent=a1&flag");
  const Target* target = std::get_if<Target>(&parsed);
  ASSERT_NE(target, nullptr);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"v1", "transfers", "a/b", "timeline"}));
  EXPECT_EQ(target->query.at("q"), "Sasi Chime!");
  EXPECT_EQ(target->query.at("agent"), "a1");
  EXPECT_EQ(target->query.at("flag"), "");
}

TEST(ParseTarget, RefusesWhatIsBroken) {
  for (const char* target : {"", "v1/ws", "http://x/v1/ws", "/v1/%zz", "/v1?a=%4", "/v1/%00",
                             "/v1?a=%00", "/v1?a=1&a=2", "/v1 /ws", "*", "/./", "/.//v1"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_target(target))) << target;
  }
}

Following follow(const std::map<std::string, std::string>& query) {
  auto parsed = parse_following(query, "me");
  EXPECT_TRUE(std::holds_alternative<Following>(parsed));
  return std::get<Following>(parsed);
}

TEST(ParseFollowing, FollowsOneselfByDefault) {
  const Following following = follow({});
  EXPECT_FALSE(following.everybody);
  EXPECT_EQ(following.agents, std::vector<std::string>{"me"});
  EXPECT_TRUE(following.positions.empty());
}

TEST(ParseFollowing, ReadsPositions) {
  EXPECT_EQ(follow({{"epoch", "e"}, {"after", "7"}}).positions.at("me").after, 7U);
  const Following several = follow({{"agents", "a, b"}, {"epoch", "e"}, {"after", "a:5"}});
  EXPECT_EQ(several.positions.at("a").after, 5U);
  EXPECT_EQ(several.positions.at("a").epoch, "e");
  EXPECT_EQ(several.positions.at("b").epoch, "");  // Never told: gets its syncs.
  const Following one_number = follow({{"agents", "a,b"}, {"epoch", "e"}, {"after", "5"}});
  EXPECT_EQ(one_number.positions.at("a").epoch, "");
  EXPECT_TRUE(follow({{"agents", "*"}}).everybody);
}

TEST(ParseFollowing, RefusesWhatCannotBeMeant) {
  const std::map<std::string, std::string> bad[] = {
      {{"after", "7"}},
      {{"epoch", "e"}},
      {{"epoch", "e"}, {"after", "-1"}},
      {{"epoch", "e"}, {"after", ""}},
      {{"epoch", "e"}, {"after", "18446744073709551616"}},
      {{"epoch", "e"}, {"after", "7"}, {"agents", "*"}},
      {{"epoch", "e"}, {"after", "c:7"}, {"agents", "a,b"}},
      {{"epoch", "e"}, {"after", "a:x"}, {"agents", "a,b"}},
  };
  for (const auto& query : bad) {
    EXPECT_TRUE(std::holds_alternative<std::string>(parse_following(query, "me")));
  }
  std::string many = "a";
  for (int i = 0; i < 1000; ++i) many += ",a" + std::to_string(i);
  EXPECT_TRUE(std::holds_alternative<std::string>(parse_following({{"agents", many}}, "me")));
}

TEST(Headers, AreSplit) {
  EXPECT_EQ(split_list(" a,, b ,c"), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_TRUE(split_list("").empty());
  EXPECT_EQ(cookie_value("x=1; baton_session=abc; y=2", "baton_session"), "abc");
  EXPECT_EQ(cookie_value("xbaton_session=abc", "baton_session"), "");
  EXPECT_EQ(cookie_value("baton_session", "baton_session"), "");
}

}  // namespace
}  // namespace baton::gateway
