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

/// Texts that differ, as those of a call do.
EventLog::Text call_text(std::uint64_t sequence) {
  return std::make_shared<const std::string>("{\"sequence\":" + std::to_string(sequence) +
                                             std::string(1400, 'x') + "}");
}

std::vector<std::string> told(const EventLog& log, std::uint64_t after) {
  std::vector<std::string> texts;
  const auto missed = log.after(after);
  if (!missed) return {"a gap"};
  for (const EventLog::Text& each : *missed) texts.push_back(*each);
  return texts;
}

TEST(EventLog, TellsTheSameWhateverIsPacked) {
  EventLog plain{EventLogLimits{}};
  EventLog packed{EventLogLimits{}};
  EXPECT_EQ(packed.pack(kStart), 0U);
  for (std::uint64_t i = 1; i <= 30; ++i) {
    const std::int64_t at = kStart + static_cast<std::int64_t>(i) * 1000;
    plain.append(i, at, call_text(i));
    packed.append(i, at, call_text(i));
    if (i % 7 == 0) packed.pack(at);
    EXPECT_EQ(packed.bytes(), plain.bytes());
    EXPECT_EQ(packed.size(), plain.size());
    for (std::uint64_t after = 0; after <= i; ++after) {
      ASSERT_EQ(told(packed, after), told(plain, after)) << i << " after " << after;
    }
  }
  EXPECT_GT(packed.packed_bytes(), 0U);
  EXPECT_LT(packed.packed_bytes(), packed.bytes() / 10);
  for (std::int64_t now = kStart; now < kStart + 640'000; now += 500) {
    plain.expire(now);
    packed.expire(now);
    ASSERT_EQ(packed.size(), plain.size()) << "to the millisecond, packed or not";
    ASSERT_EQ(packed.bytes(), plain.bytes());
    ASSERT_EQ(told(packed, 20), told(plain, 20));
  }
  EXPECT_EQ(packed.packed_bytes(), 0U);
}

TEST(EventLog, PacksWhatHasLainForAWhileAndIsEnough) {
  EventLog log{EventLogLimits{}};
  for (std::uint64_t i = 1; i <= 3; ++i) log.append(i, kStart, text(1365));
  EXPECT_FALSE(log.may_pack(kStart + EventLog::kPackAfterMs - 1));
  EXPECT_TRUE(log.may_pack(kStart + EventLog::kPackAfterMs));
  EXPECT_EQ(log.pack(kStart + EventLog::kPackAfterMs), 0U) << "4,095 bytes are too few";
  log.append(4, kStart + 1, text(1));
  EXPECT_EQ(log.pack(kStart + EventLog::kPackAfterMs), 0U) << "the fourth is too young";
  EXPECT_EQ(log.pack(kStart + EventLog::kPackAfterMs + 1), 4096U);
  EXPECT_EQ(log.size(), 4U);
  EXPECT_FALSE(log.may_pack(kStart + 100'000));
  // No more at once than the most, but for one that is larger by itself.
  EventLog large{EventLogLimits{}};
  large.append(1, kStart, text(EventLog::kMostPack / 2));
  large.append(2, kStart, text(EventLog::kMostPack / 2));
  large.append(3, kStart, text(EventLog::kMostPack + 1));
  EXPECT_EQ(large.pack(kStart + 20'000), EventLog::kMostPack);
  EXPECT_EQ(large.pack(kStart + 20'000), EventLog::kMostPack + 1);
  EXPECT_EQ(large.pack(kStart + 20'000), 0U);
  EXPECT_EQ(large.after(0)->size(), 3U);
}

TEST(EventLog, PacksFewBytesTogetherWithTheLargeEventAfterThem) {
  const std::int64_t later = kStart + EventLog::kPackAfterMs;
  EventLog few{EventLogLimits{}};
  few.append(1, kStart, text(EventLog::kLeastPack - 1, 'a'));
  few.append(2, kStart, text(EventLog::kMostPack + 1, 'b'));
  few.append(3, kStart, text(EventLog::kLeastPack, 'c'));
  EXPECT_EQ(few.pack(later), EventLog::kLeastPack + EventLog::kMostPack);
  EXPECT_EQ(few.pack(later), EventLog::kLeastPack);
  EXPECT_FALSE(few.may_pack(later));
  EXPECT_EQ(told(few, 0), (std::vector<std::string>{std::string(EventLog::kLeastPack - 1, 'a'),
                                                    std::string(EventLog::kMostPack + 1, 'b'),
                                                    std::string(EventLog::kLeastPack, 'c')}));
  EventLog enough{EventLogLimits{}};
  enough.append(1, kStart, text(EventLog::kLeastPack));
  enough.append(2, kStart, text(EventLog::kMostPack));
  EXPECT_EQ(enough.pack(later), EventLog::kLeastPack);
  EXPECT_EQ(enough.pack(later), EventLog::kMostPack);
}

TEST(EventLog, PacksFewBytesOnceTheyHaveLainForLong) {
  EventLog log{EventLogLimits{}};
  log.append(1, kStart, call_text(1));
  EXPECT_EQ(log.pack(kStart + EventLog::kPackAllAfterMs - 1), 0U);
  EXPECT_EQ(log.packed_bytes(), 0U);
  EXPECT_EQ(log.pack(kStart + EventLog::kPackAllAfterMs), call_text(1)->size());
  EXPECT_GT(log.packed_bytes(), 0U);
  EXPECT_FALSE(log.may_pack(kStart + EventLog::kPackAllAfterMs));

  // The next one joins the pack, which is small: together they take little more than one.
  const std::size_t alone = log.packed_bytes();
  log.append(2, kStart + 60'000, call_text(2));
  const std::size_t both = call_text(1)->size() + call_text(2)->size();
  EXPECT_EQ(log.pack(kStart + 60'000 + EventLog::kPackAllAfterMs), both);
  EXPECT_LT(log.packed_bytes(), 2 * alone);
  EXPECT_EQ(told(log, 0), (std::vector<std::string>{*call_text(1), *call_text(2)}));
  EXPECT_EQ(log.bytes(), both);

  // Without what was dropped meanwhile.
  log.expire(kStart + 600'001);
  log.append(3, kStart + 600'001, call_text(3));
  EXPECT_EQ(log.pack(kStart + 600'001 + EventLog::kPackAllAfterMs), both);
  EXPECT_EQ(told(log, 1), (std::vector<std::string>{*call_text(2), *call_text(3)}));
  EXPECT_EQ(log.size(), 2U);

  // A pack that holds enough stays as it is.
  EventLog full{EventLogLimits{}};
  full.append(1, kStart, text(EventLog::kLeastPack));
  ASSERT_EQ(full.pack(kStart + EventLog::kPackAfterMs), EventLog::kLeastPack);
  full.append(2, kStart, text(10));
  EXPECT_EQ(full.pack(kStart + EventLog::kPackAllAfterMs), 10U);
  EXPECT_EQ(full.after(0)->size(), 2U);
}

TEST(EventLog, DropsPackedEventsBySizeAndByCount) {
  EventLogLimits limits;
  limits.events = 5;
  EventLog log{limits};
  for (std::uint64_t i = 1; i <= 4; ++i) log.append(i, kStart, call_text(i));
  ASSERT_GT(log.pack(kStart + 20'000), 0U);
  for (std::uint64_t i = 5; i <= 7; ++i) log.append(i, kStart + 20'000, call_text(i));
  EXPECT_EQ(log.size(), 5U);
  EXPECT_FALSE(log.after(1));
  ASSERT_TRUE(log.after(2));
  EXPECT_EQ(*log.after(2)->front(), *call_text(3));
  log.append(9, kStart + 20'000, call_text(9));
  EXPECT_EQ(log.size(), 1U) << "a gap ends the packed ones, too";
  EXPECT_EQ(log.packed_bytes(), 0U);
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
