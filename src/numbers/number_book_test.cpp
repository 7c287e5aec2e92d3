#include "numbers/number_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

namespace baton::numbers {
namespace {

using directory::NumberClass;
using directory::NumberFacts;

struct Case {
  const char* number;
  const char* country;
  NumberClass number_class;
};

TEST(LookUp, TheNumbersOfTheExamples) {
  for (const char* number : {"+12082097345", "+16579994374"}) {
    const NumberFacts facts = look_up(number);
    EXPECT_TRUE(facts.possible);
    EXPECT_EQ(facts.number, number);
    EXPECT_EQ(facts.country, "US");
    EXPECT_EQ(facts.number_class, NumberClass::fixed_line_or_mobile);
  }
  EXPECT_EQ(look_up("+18005550100").number_class, NumberClass::toll_free);
}

TEST(LookUp, CountryAndClass) {
  const std::vector<Case> cases = {
      {"+19005550100", "US", NumberClass::premium_rate},
      {"+442079460000", "GB", NumberClass::fixed_line},
      {"+33891234567", "FR", NumberClass::premium_rate},
      {"+18095551234", "DO", NumberClass::fixed_line_or_mobile},
      {"+18765550123", "JM", NumberClass::mobile},
      {"+870773111632", "001", NumberClass::satellite},
      {"+881612345678", "001", NumberClass::satellite},
      {"+88216123456", "001", NumberClass::satellite},
      {"+883510012345", "001", NumberClass::satellite},
      {"+80012345678", "001", NumberClass::toll_free},
      {"+979123456789", "001", NumberClass::premium_rate},
      // Possible by its length, and in no range that is given out.
      {"+15550000001", "ZZ", NumberClass::unknown},
  };
  for (const Case& each : cases) {
    const NumberFacts facts = look_up(each.number);
    EXPECT_TRUE(facts.possible) << each.number;
    EXPECT_EQ(facts.country, each.country) << each.number;
    EXPECT_EQ(facts.number_class, each.number_class) << each.number;
  }
}

TEST(LookUp, WhatCannotExist) {
  for (const char* number :
       {"+1208209734", "+120820973455", "+12345", "+999123456", "+19998888", "+112",
        "+123456789012345", "12082097345", "+1208CALLME", "", "+", "tel:+12082097345;ext=5"}) {
    EXPECT_FALSE(look_up(number).possible) << number;
  }
}

TEST(LookUp, ANationalPrefixBehindTheCountryCode) {
  // The library reads on behind it, so that another number would be judged than is dialled.
  for (const char* number : {"+112082097345", "+117125551234", "+118765550123", "+4402079460000",
                             "+4407012345678", "+49030123456"}) {
    EXPECT_FALSE(look_up(number).possible) << number;
  }
  // A zero that belongs to the number.
  EXPECT_TRUE(look_up("+390612345678").possible);
}

TEST(LookUp, WhatIsGivenOutAnywhereIsPossible) {
  using i18n::phonenumbers::PhoneNumber;
  using i18n::phonenumbers::PhoneNumberUtil;
  const PhoneNumberUtil& library = *PhoneNumberUtil::GetInstance();
  std::set<std::string> regions;
  library.GetSupportedRegions(&regions);
  int seen = 0;
  for (const std::string& region : regions) {
    for (int type = PhoneNumberUtil::FIXED_LINE; type <= PhoneNumberUtil::VOICEMAIL; ++type) {
      PhoneNumber example;
      if (!library.GetExampleNumberForType(
              region, static_cast<PhoneNumberUtil::PhoneNumberType>(type), &example)) {
        continue;
      }
      // Canada's 310 1234 is dialled within the country only.
      if (library.IsPossibleNumberWithReason(example) != PhoneNumberUtil::IS_POSSIBLE) continue;
      std::string number;
      library.Format(example, PhoneNumberUtil::E164, &number);
      EXPECT_TRUE(look_up(number).possible) << number << " of " << region;
      ++seen;
    }
  }
  EXPECT_GT(seen, 1000);
}

TEST(NumberBook, AnswersAsTheLibraryDoes) {
  NumberBook book;
  for (int round = 0; round < 2; ++round) {
    for (const char* number : {"+12082097345", "+19005550100", "+15550000001", "+1"})
      EXPECT_EQ(book.of(number), look_up(number));
  }
  EXPECT_EQ(book.remembered(), 4U);
}

TEST(NumberBook, RemembersNoMoreThanItMay) {
  NumberBook book(8);
  for (int i = 0; i < 100; ++i) {
    (void)book.of("+1208209" + std::to_string(1000 + i));
    (void)book.of("+12082097345");
    EXPECT_LE(book.remembered(), 8U);
  }
  EXPECT_TRUE(book.of("+12082097345").possible);
}

TEST(NumberBook, IsAskedFromSeveralThreads) {
  NumberBook book(64);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&book, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string number = "+1208209" + std::to_string(1000 + (i * (t + 1)) % 97);
        EXPECT_EQ(book.of(number).number, number);
        EXPECT_EQ(book.of(number).country, "US");
      }
    });
  }
  for (std::thread& each : threads) each.join();
}

TEST(MetadataVersion, NamesTheLibrary) {
  EXPECT_THAT(metadata_version(), testing::MatchesRegex("libphonenumber 8\\.12\\.[0-9]+"));
}

}  // namespace
}  // namespace baton::numbers
