#include "directory/dial_policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::directory {
namespace {

using testing::HasSubstr;

NumberFacts facts(const std::string& number, const std::string& country, NumberClass number_class) {
  return {.number = number, .possible = true, .country = country, .number_class = number_class};
}

const NumberFacts kPlain = facts("+12082097345", "US", NumberClass::fixed_line_or_mobile);
const NumberFacts kPremium = facts("+19005550100", "US", NumberClass::premium_rate);

TEST(DialPolicy, AnOrdinaryNumberMayBeDialled) {
  const DialJudgement judgement = judge({}, kPlain);
  EXPECT_EQ(judgement.verdict, DialVerdict::allowed);
  EXPECT_EQ(judgement.why, "");
}

TEST(DialPolicy, ANumberThatCannotExistIsRefusedWhateverIsAllowed) {
  DialPolicy policy;
  policy.allowed_prefixes = {"+1"};
  NumberFacts none = kPlain;
  none.possible = false;
  EXPECT_EQ(judge(policy, none).verdict, DialVerdict::not_possible);
  EXPECT_EQ(judge(policy, NumberFacts{}).verdict, DialVerdict::not_possible);
}

TEST(DialPolicy, EachClassThatCostsIsBlockedByDefault) {
  for (const auto number_class :
       {NumberClass::premium_rate, NumberClass::shared_cost, NumberClass::satellite}) {
    const DialJudgement judgement = judge({}, facts("+19005550100", "US", number_class));
    EXPECT_EQ(judgement.verdict, DialVerdict::class_blocked);
    EXPECT_THAT(judgement.why, HasSubstr(std::string(to_string(number_class))));
    EXPECT_THAT(judgement.why, HasSubstr("dialing.blocked_classes"));
  }
  for (const auto number_class :
       {NumberClass::fixed_line, NumberClass::mobile, NumberClass::toll_free, NumberClass::voip,
        NumberClass::personal, NumberClass::pager, NumberClass::company, NumberClass::voicemail}) {
    EXPECT_EQ(judge({}, facts("+12082097345", "US", number_class)).verdict, DialVerdict::allowed);
  }
}

TEST(DialPolicy, AnUnassignedRangeCountsAsNoNumber) {
  const NumberFacts unassigned = facts("+15550000001", "ZZ", NumberClass::unknown);
  EXPECT_EQ(judge({}, unassigned).verdict, DialVerdict::not_possible);
  DialPolicy open;
  open.blocked_classes.clear();
  EXPECT_EQ(judge(open, unassigned).verdict, DialVerdict::allowed);
}

TEST(DialPolicy, ABlockedPrefixComesBeforeAnAllowedOne) {
  DialPolicy policy;
  policy.blocked_prefixes = {"+1208"};
  policy.allowed_prefixes = {"+12082097345"};
  const DialJudgement judgement = judge(policy, kPlain);
  EXPECT_EQ(judgement.verdict, DialVerdict::prefix_blocked);
  EXPECT_THAT(judgement.why, HasSubstr("+1208, which dialing.blocked_prefixes"));
  policy.blocked_prefixes = {"+1209"};
  EXPECT_EQ(judge(policy, kPlain).verdict, DialVerdict::allowed);
}

TEST(DialPolicy, AnAllowedPrefixOverridesTheClassAndNotTheCountry) {
  DialPolicy policy;
  policy.allowed_prefixes = {"+19005550"};
  EXPECT_EQ(judge(policy, kPremium).verdict, DialVerdict::allowed);
  policy.allowed_countries = {"DE"};
  EXPECT_EQ(judge(policy, kPremium).verdict, DialVerdict::country_not_allowed);
}

TEST(DialPolicy, AnAllowedPrefixLetsARangeThroughThatIsNoCountrysYet) {
  // A calling code that several countries share tells nothing of a range that was opened since.
  const NumberFacts opened = facts("+15550000001", "ZZ", NumberClass::unknown);
  DialPolicy policy;
  policy.allowed_countries = {"US"};
  policy.allowed_prefixes = {"+1555"};
  EXPECT_EQ(judge(policy, opened).verdict, DialVerdict::allowed);
  policy.allowed_prefixes = {"+1556"};
  policy.blocked_classes.clear();
  const DialJudgement judgement = judge(policy, opened);
  EXPECT_EQ(judgement.verdict, DialVerdict::country_not_allowed);
  EXPECT_THAT(judgement.why, HasSubstr("add its beginning to dialing.allowed_prefixes"));
  EXPECT_THAT(judgement.why, testing::Not(HasSubstr("ZZ")));
}

TEST(DialPolicy, TheClassComesBeforeTheCountry) {
  DialPolicy policy;
  policy.allowed_countries = {"DE"};
  EXPECT_EQ(judge(policy, kPremium).verdict, DialVerdict::class_blocked);
}

TEST(DialPolicy, OnlyTheListedCountries) {
  DialPolicy policy;
  policy.allowed_countries = {"US", "001"};
  EXPECT_EQ(judge(policy, kPlain).verdict, DialVerdict::allowed);
  EXPECT_EQ(judge(policy, facts("+80012345678", "001", NumberClass::toll_free)).verdict,
            DialVerdict::allowed);
  // The same country code, another country: the fraud that a country code alone would let through.
  const DialJudgement judgement =
      judge(policy, facts("+18095551234", "DO", NumberClass::fixed_line_or_mobile));
  EXPECT_EQ(judgement.verdict, DialVerdict::country_not_allowed);
  EXPECT_THAT(judgement.why, HasSubstr("DO, which dialing.allowed_countries"));
}

TEST(DialPolicy, ClassesAreSpelledAsTheyAreNamed) {
  EXPECT_EQ(to_string(NumberClass::fixed_line_or_mobile), "fixed_line_or_mobile");
  EXPECT_EQ(to_string(NumberClass::unknown), "unknown");
}

}  // namespace
}  // namespace baton::directory
