#include "numbers/number_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

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
