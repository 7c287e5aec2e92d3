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

std::vector<std::uint64_t> sequences(KeptEvents kept) {
  std::vector<Published> back;
  std::vector<std::uint64_t> found;
  EXPECT_TRUE(decode_events(kept.take_slice(1'000'000, 1).body, back));
  for (const Published& each : back) found.push_back(each.sequence);
  return found;
}

TEST(KeptEvents, TheOldestGoBySizeAndByAge) {
  KeptEvents kept(30, 1000);
  for (std::uint64_t i = 1; i <= 5; ++i) kept.add(event(i, 100));
  EXPECT_EQ(kept.bytes(), 30U);
  kept.add(event(6, 1100));
  EXPECT_EQ(kept.bytes(), 30U) << "exactly as old as allowed";
  kept.add(event(7, 1101));
  EXPECT_EQ(sequences(kept.take()), (std::vector<std::uint64_t>{6, 7}));
  EXPECT_EQ(kept.bytes(), 0U);
  kept.add(event(8, 1102, 31));
  EXPECT_TRUE(kept.empty()) << "one that is larger than all may be";
  kept.add(event(9, 1103));
  kept.add(event(10, 1104));
  kept.forget_before(1104);
  EXPECT_EQ(sequences(kept.take()), (std::vector<std::uint64_t>{10}));
}

TEST(KeptEvents, ComeBackFromTheirRows) {
  KeptEvents kept(1000, 1000);
  for (std::uint64_t i = 1; i <= 7; ++i) kept.add(event(i, static_cast<core::TimeMs>(100 + i)));
  std::vector<Published> back;
  std::vector<journal::KeptEventsRow> rows;
  rows.push_back(kept.take_slice(25, 9));
  EXPECT_EQ(kept.bytes(), 40U);
  // Two of the same index are told apart, also where a snapshot takes what is left.
  KeptEvents rest = kept.take();
  EXPECT_TRUE(kept.empty());
  while (!rest.empty()) rows.push_back(rest.take_slice(25, 9));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].next_index, 9U);
    EXPECT_EQ(rows[i].part, i);
    ASSERT_TRUE(decode_events(rows[i].body, back));
    EXPECT_FALSE(decode_events(rows[i].body.substr(1), back));
    for (std::size_t size = 0; size < rows[i].body.size(); ++size) {
      EXPECT_FALSE(decode_events(rows[i].body.substr(0, size), back)) << size;
    }
  }
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].newest_at, 103);
  EXPECT_EQ(rows[1].newest_at, 106);
  EXPECT_EQ(rows[2].newest_at, 107);
  ASSERT_EQ(back.size(), 7U);
  EXPECT_EQ(back.back().agent, "agent1");
  EXPECT_EQ(back.back().sequence, 7U);
  EXPECT_EQ(back.back().at, 107);
  EXPECT_EQ(*back.back().text, std::string(10, 'x'));
  kept.add(event(8, 108));
  EXPECT_EQ(kept.take_slice(25, 10).part, 0U) << "of another index";
}

TEST(KeptEvents, AreMuchSmallerOnTheDiskThanTheirTexts) {
  KeptEvents kept(100000, 1000);
  for (std::uint64_t i = 1; i <= 20; ++i) kept.add(event(i, 100, 1400));
  EXPECT_LT(kept.take_slice(100000, 1).body.size(), 2000U);
}

TEST(KeptEvents, ThatWereNotCompressedAreReadToo) {
  // As Baton 0.1.0 wrote {agent: "a", sequence: 5, at: 7, text: "t"}.
  const std::string bytes(
      "\x29\x00\x00\x00"
      "\x02\x24\x00\x00\x00"
      "\x01\x02\x1e\x00\x00\x00"
      "\x06\x01\x00\x00\x00"
      "a"
      "\x09\x05\x00\x00\x00\x00\x00\x00\x00"
      "\x0d\x07\x00\x00\x00\x00\x00\x00\x00"
      "\x12\x01\x00\x00\x00"
      "t"
      "\x05\x06"
      "events\x05"
      "agent\x08"
      "sequence\x02"
      "at\x04"
      "text",
      76);
  std::vector<Published> back;
  ASSERT_TRUE(decode_events(bytes, back));
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(back.front().agent, "a");
  EXPECT_EQ(back.front().sequence, 5U);
  EXPECT_EQ(back.front().at, 7);
  EXPECT_EQ(*back.front().text, "t");
}

TEST(KeptEvents, BytesThatWereChangedAreRefusedOrReadButNeverOverrun) {
  KeptEvents kept(1000, 1000);
  for (std::uint64_t i = 1; i <= 3; ++i) kept.add(event(i, 100));
  const std::string body = kept.take_slice(1000, 1).body;
  for (std::size_t at = 0; at < body.size(); ++at) {
    for (const int flip : {0x01, 0x55, 0xff}) {
      std::string changed = body;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      std::vector<Published> back;
      (void)decode_events(changed, back);
    }
  }
}

}  // namespace
}  // namespace baton::engine
