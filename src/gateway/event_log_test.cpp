#include "gateway/event_log.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace baton::gateway {
namespace {

constexpr std::int64_t kStart = 1'700'000'000'000;

EventLog::Text text(std::size_t bytes, char fill = 'x') {
  return std::make_shared<const std::string>(bytes, fill);
}

TEST(EventLog, KnowsNothingBeforeTheFirstEvent) {
  const EventLog log{EventLogLimits{}};
  EXPECT_FALSE(log.after(0));
  EXPECT_FALSE(log.last_sequence());
}

TEST(EventLog, TellsWhatWasMissedInOrder) {
  EventLog log{EventLogLimits{}};
  for (std::uint64_t i = 5; i <= 8; ++i) {
    log.append(i, kStart, std::make_shared<const std::string>(std::to_string(i)));
  }
  const auto missed = log.after(6);
  ASSERT_TRUE(missed);
  ASSERT_EQ(missed->size(), 2U);
  EXPECT_EQ(*(*missed)[0], "7");
  EXPECT_EQ(*(*missed)[1], "8");
  EXPECT_EQ(log.after(8)->size(), 0U);
  EXPECT_EQ(log.after(4)->size(), 4U);
  EXPECT_FALSE(log.after(3));  // 4 was never seen.
  EXPECT_FALSE(log.after(9));  // That client knows more than we do.
}

TEST(EventLog, KeepsAThousandEventsAndNotOneMore) {
  EventLog log{EventLogLimits{}};
  for (std::uint64_t i = 1; i <= 1000; ++i) log.append(i, kStart, text(10));
  EXPECT_EQ(log.size(), 1000U);
  ASSERT_TRUE(log.after(0));
  EXPECT_EQ(log.after(0)->size(), 1000U);
  log.append(1001, kStart, text(10));
  EXPECT_EQ(log.size(), 1000U);
  EXPECT_FALSE(log.after(0));
  EXPECT_EQ(log.after(1)->size(), 1000U);
}

TEST(EventLog, Keeps256KiBAndNotOneByteMore) {
  EventLog log{EventLogLimits{}};
  for (std::uint64_t i = 1; i <= 4; ++i) log.append(i, kStart, text(65536));
  EXPECT_EQ(log.bytes(), 262144U);
  EXPECT_TRUE(log.after(0));
  log.append(5, kStart, text(1));
  EXPECT_EQ(log.bytes(), 3 * 65536U + 1);
  EXPECT_FALSE(log.after(0));
  EXPECT_EQ(log.after(1)->size(), 4U);
  // One event above the whole limit leaves nothing, but counting goes on.
  log.append(6, kStart, text(262145));
  EXPECT_EQ(log.size(), 0U);
  EXPECT_EQ(log.bytes(), 0U);
  EXPECT_FALSE(log.after(5));
  EXPECT_EQ(log.after(6)->size(), 0U);
}

TEST(EventLog, KeepsTenMinutesAndNotAMillisecondMore) {
  EventLog log{EventLogLimits{}};
  log.append(1, kStart, text(1));
  log.append(2, kStart + 1, text(1));
  log.expire(kStart + 600'000);
  EXPECT_TRUE(log.after(0));
  log.expire(kStart + 600'001);
  EXPECT_FALSE(log.after(0));
  EXPECT_EQ(log.after(1)->size(), 1U);
  // A later event makes room by itself.
  log.append(3, kStart + 700'000, text(1));
  EXPECT_FALSE(log.after(1));
  EXPECT_EQ(log.after(2)->size(), 1U);
  // When all have gone, whoever has seen the last one has still missed nothing.
  log.expire(kStart + 9'000'000);
  EXPECT_EQ(log.size(), 0U);
  EXPECT_EQ(log.after(3)->size(), 0U);
  EXPECT_FALSE(log.after(2));
}

TEST(EventLog, StartsOverAfterAGapOrANewCount) {
  EventLog log{EventLogLimits{}};
  log.append(1, kStart, text(1));
  log.append(3, kStart, text(1));
  EXPECT_EQ(log.size(), 1U);
  EXPECT_FALSE(log.after(1));
  EXPECT_EQ(log.after(2)->size(), 1U);
  log.append(1, kStart, text(7));
  EXPECT_EQ(log.bytes(), 7U);
  EXPECT_EQ(log.last_sequence(), 1U);
  log.clear();
  EXPECT_FALSE(log.after(1));
  EXPECT_EQ(log.bytes(), 0U);
}

}  // namespace
}  // namespace baton::gateway
