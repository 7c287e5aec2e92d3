#include "core/dial_count.hpp"

#include <gtest/gtest.h>

namespace baton::core {
namespace {

constexpr TimeMs kMidnight = 1'600'041'600'000;  // 2020-09-14, in UTC.

TEST(DialCount, CountsUpToTheLimitOfAMinute) {
  DialCount count;
  TimeMs now = kMidnight + 10'000;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(count.wait(now, 3, 0).seconds, 0) << i;
    count.add(now++);
  }
  EXPECT_EQ(count.wait(now, 3, 0).seconds, 50);
  EXPECT_EQ(count.wait(now, 4, 0).seconds, 0);
  EXPECT_EQ(count.wait(now, 0, 0).seconds, 0) << "0 is off";
  EXPECT_EQ(count.wait(kMidnight + 59'999, 3, 0).seconds, 1);
  EXPECT_EQ(count.wait(kMidnight + 60'000, 3, 0).seconds, 0) << "the next minute";
}

TEST(DialCount, CountsUpToTheLimitOfADay) {
  DialCount count;
  for (int i = 0; i < 5; ++i) count.add(kMidnight + i * 3'600'000LL);
  EXPECT_EQ(count.wait(kMidnight + 23 * 3'600'000LL, 1, 5).seconds, 3600);
  EXPECT_TRUE(count.wait(kMidnight + 23 * 3'600'000LL, 1, 5).of_day);
  EXPECT_EQ(count.wait(kMidnight + 23 * 3'600'000LL, 1, 6).seconds, 0);
  EXPECT_EQ(count.wait(kMidnight + 86'400'000, 1, 5).seconds, 0) << "the next day";
}

TEST(DialledNumbers, ForgetsTheLeastRecentlyDialled) {
  DialledNumbers numbers;
  numbers.add("+1", kMidnight, 3);
  numbers.add("+2", kMidnight, 3);
  numbers.add("+3", kMidnight, 3);
  numbers.add("+1", kMidnight, 3);
  numbers.add("+4", kMidnight, 3);
  EXPECT_EQ(numbers.size(), 3U);
  EXPECT_EQ(numbers.of("+1").in_day, 2);
  EXPECT_EQ(numbers.of("+2").in_day, 0);
  EXPECT_EQ(numbers.of("+3").in_day, 1);
  // A smaller bound, from a changed configuration.
  numbers.add("+4", kMidnight, 1);
  EXPECT_EQ(numbers.size(), 1U);
  EXPECT_EQ(numbers.of("+4").in_day, 2);
}

TEST(DialledNumbers, ThoseOfAnotherDayAreForgotten) {
  DialledNumbers numbers;
  numbers.add("+1", kMidnight - 1, 10);
  numbers.add("+2", kMidnight - 1, 10);
  EXPECT_EQ(numbers.size(), 2U);
  numbers.add("+3", kMidnight, 10);
  EXPECT_EQ(numbers.size(), 1U);
  EXPECT_EQ(numbers.of("+1").in_day, 0);
  numbers.add("+3", kMidnight + 86'399'999, 10);
  EXPECT_EQ(numbers.of("+3").in_day, 2) << "the same day";
}

TEST(DialledNumbers, GoOnWhereTheyWereSaved) {
  DialledNumbers numbers;
  for (const char* number : {"+1", "+2", "+3", "+1"}) numbers.add(number, kMidnight, 10);
  DialledNumbers again;
  again.load(numbers.save());
  EXPECT_EQ(again.save(), numbers.save());
  again.add("+5", kMidnight, 3);
  EXPECT_EQ(again.of("+2").in_day, 0) << "the order is saved, too";
  EXPECT_EQ(again.of("+1").in_day, 2);
}

}  // namespace
}  // namespace baton::core
