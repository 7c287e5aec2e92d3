#include "engine/kept_events.hpp"

#include <gtest/gtest.h>

namespace baton::engine {
namespace {

Published event(std::uint64_t sequence, core::TimeMs at, std::size_t size = 10) {
  return {.agent = "agent1",
          .sequence = sequence,
          .at = at,
          .text = std::make_shared<const std::string>(size, 'x')};
}

TEST(KeptEvents, TheOldestGoBySizeAndByAge) {
  KeptEvents kept(30, 1000);
  for (std::uint64_t i = 1; i <= 5; ++i) kept.add(event(i, 100));
  EXPECT_EQ(kept.bytes(), 30U);
  kept.add(event(6, 1100));
  EXPECT_EQ(kept.bytes(), 30U) << "exactly as old as allowed";
  kept.add(event(7, 1101));
  EXPECT_EQ(kept.take().front().sequence, 6U);
  EXPECT_EQ(kept.bytes(), 0U);
  kept.add(event(8, 1102, 31));
  EXPECT_TRUE(kept.take().empty()) << "one that is larger than all may be";
}

TEST(KeptEvents, ComeBackFromTheirBytesSliceBySlice) {
  KeptEvents kept(1000, 1000);
  for (std::uint64_t i = 1; i <= 7; ++i) kept.add(event(i, static_cast<core::TimeMs>(100 + i)));
  std::deque<Published> events = kept.take();
  std::vector<Published> back;
  std::vector<core::TimeMs> newest;
  while (!events.empty()) {
    const std::string slice = encode_events(events, 25, newest.emplace_back());
    ASSERT_TRUE(decode_events(slice, back));
    EXPECT_FALSE(decode_events(slice.substr(1), back));
  }
  EXPECT_EQ(newest, (std::vector<core::TimeMs>{103, 106, 107}));
  ASSERT_EQ(back.size(), 7U);
  EXPECT_EQ(back.back().agent, "agent1");
  EXPECT_EQ(back.back().sequence, 7U);
  EXPECT_EQ(back.back().at, 107);
  EXPECT_EQ(*back.back().text, std::string(10, 'x'));
}

}  // namespace
}  // namespace baton::engine
