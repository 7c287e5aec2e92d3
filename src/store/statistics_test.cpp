#include "store/statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "store/reader.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Stats = TransferStatistics;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMidnight = 1'700'006'400'000;  // 2023-11-15T00:00:00Z

/// "2023-11-15T00:00:07.100Z" of a moment on that day.
std::string time_text(std::int64_t at) {
  const std::int64_t ms = at - kMidnight;
  const auto two = [](std::int64_t value) {
    return std::string(value < 10 ? "0" : "") + std::to_string(value);
  };
  const std::string millis = std::to_string(1000 + ms % 1000).substr(1);
  return "2023-11-15T" + two(ms / kHour) + ":" + two(ms / 60'000 % 60) + ":" + two(ms / 1000 % 60) +
         "." + millis + "Z";
}

struct Planted {
  std::int64_t at = kMidnight;
  std::string state = "connected";
  std::string reason{};
  std::string agent = "agent1";
  std::string from = "Sales";
  std::string to = "Billing";
  std::string kind = "queue";
  std::int64_t after_ms = 1000;  ///< Until the outcome, on that day.
};

class StatisticsTest : public testing::Test {
 protected:
  void plant(const std::vector<Planted>& all) {
    Records records;
    for (const Planted& each : all) {
      TransferRow row;
      row.id = "t" + std::to_string(++planted_);
      row.contact_id = "c";
      row.agent = each.agent;
      row.state = each.state;
      row.accepted_at = each.at;
      row.updated_at = each.at;
      row.json = R"({"destination":{"name":")" + each.to + R"(","type":")" + each.kind + R"("})";
      if (!each.reason.empty()) row.json += R"(,"reason":")" + each.reason + '"';
      row.json +=
          each.from.empty() ? R"(,"calledQueue":null)" : R"(,"calledQueue":")" + each.from + '"';
      if (each.at >= kMidnight && each.at < kMidnight + kDay)
        row.json += R"(,"outcomeAt":")" + time_text(each.at + each.after_ms) + '"';
      row.json += "}";
      records.transfers.push_back(std::move(row));
    }
    const Status status = store_.transact([&] { return store_.upsert(records); });
    ASSERT_TRUE(status) << status.error;
  }

  static StatisticsQuery day() {
    StatisticsQuery query;
    query.from = kMidnight;
    query.to = kMidnight + kDay;
    return query;
  }

  TempFolder folder_;
  Store store_ = Store::open(folder_.file("baton.db"), "baton");
  StoreReader reader_{folder_.file("baton.db")};
  int planted_ = 0;
};

TEST_F(StatisticsTest, OfNothing) {
  const Stats found = reader_.statistics(day());
  EXPECT_TRUE(found.status) << found.status.error;
  EXPECT_EQ(found.total, TransferCounts{});
  EXPECT_THAT(found.buckets, IsEmpty());
  EXPECT_THAT(found.reasons, IsEmpty());
  EXPECT_THAT(found.flows, IsEmpty());
  EXPECT_EQ(found.timed, 0U);
}

TEST_F(StatisticsTest, EachStateCountsAsItsOutcomeAndTheRestAsOpen) {
  std::vector<Planted> all;
  for (const char* state :
       {"accepted", "dialing", "alerting", "queued", "returning", "requeued", "outcomeUnknown",
        "connected", "completed", "returned", "canceled", "failed", "abandoned", "handedOver"}) {
    all.push_back({.state = state});
  }
  plant(all);
  const Stats found = reader_.statistics(day());
  EXPECT_EQ(found.total, (TransferCounts{.accepted = 14,
                                         .connected = 2,
                                         .returned = 1,
                                         .canceled = 1,
                                         .failed = 1,
                                         .abandoned = 1,
                                         .handed_over = 1,
                                         .open = 7}));
}

TEST_F(StatisticsTest, BucketsBeginAtFromAndOnlyThoseWithSomethingAreThere) {
  plant({{.at = kMidnight - 1},
         {.at = kMidnight},
         {.at = kMidnight + 299'999, .state = "failed"},
         {.at = kMidnight + 300'000},
         {.at = kMidnight + 5 * kHour},
         {.at = kMidnight + kDay - 1},
         {.at = kMidnight + kDay}});
  const Stats found = reader_.statistics(day());
  EXPECT_EQ(found.total.accepted, 5U) << "from is in, to is not";
  const TransferCounts one{.accepted = 1, .connected = 1};
  EXPECT_THAT(found.buckets,
              ElementsAre(Stats::Bucket{kMidnight, {.accepted = 2, .connected = 1, .failed = 1}},
                          Stats::Bucket{kMidnight + 300'000, one},
                          Stats::Bucket{kMidnight + 5 * kHour, one},
                          Stats::Bucket{kMidnight + kDay - 300'000, one}));
  StatisticsQuery three_days = day();
  three_days.from -= kDay;
  three_days.to += kDay;
  three_days.bucket_ms = kDay;
  const Stats days = reader_.statistics(three_days);
  EXPECT_EQ(days.total.accepted, 7U);
  ASSERT_THAT(days.buckets, SizeIs(3));
  EXPECT_EQ(days.buckets[0].at, kMidnight - kDay);
  EXPECT_EQ(days.buckets[1].counts.accepted, 5U);
}

TEST_F(StatisticsTest, ReasonsOfOutcomesTheMostFrequentFirst) {
  plant({{.state = "failed", .reason = "busy"},
         {.state = "returned", .reason = "noAnswer"},
         {.state = "failed", .reason = "noAnswer"},
         {.state = "returned", .reason = "noAnswer"},
         {.state = "returning", .reason = "noAnswer"},
         {.state = "completed", .reason = "customerHungUp"}});
  EXPECT_THAT(reader_.statistics(day()).reasons,
              ElementsAre(Stats::OutcomeReason{"returned", "noAnswer", 2},
                          Stats::OutcomeReason{"failed", "busy", 1},
                          Stats::OutcomeReason{"failed", "noAnswer", 1}));
}

TEST_F(StatisticsTest, TimesFallIntoTheirBoundsAndPercentilesAreOfNearestRank) {
  std::vector<Planted> all;
  for (const int seconds : kTimeBounds) all.push_back({.after_ms = seconds * 1000});
  all.push_back({.after_ms = 5'001});
  all.push_back({.state = "completed", .after_ms = 600'001});
  all.push_back({.state = "failed", .after_ms = 1});
  plant(all);
  const Stats found = reader_.statistics(day());
  EXPECT_EQ(found.timed, 10U);
  EXPECT_THAT(found.times, ElementsAre(1, 2, 1, 1, 1, 1, 1, 1, 1));
  EXPECT_EQ(found.median_ms, 30'000) << "the fifth of 5, 5.001, 10, 20, 30, 60, ...";
  EXPECT_EQ(found.ninetieth_ms, 600'000) << "the ninth";
}

TEST_F(StatisticsTest, OfOneTimeEachPercentileIsIt) {
  plant({{.after_ms = 7'123}});
  const Stats found = reader_.statistics(day());
  EXPECT_EQ(found.median_ms, 7'123);
  EXPECT_EQ(found.ninetieth_ms, 7'123);
}

TEST_F(StatisticsTest, AConnectedOneWithoutItsTimeIsCountedAndNotTimed) {
  Records records;
  records.transfers.push_back({"x", "c", "agent1", "connected", kMidnight, kMidnight, "{}", ""});
  ASSERT_TRUE(store_.transact([&] { return store_.upsert(records); }));
  const Stats found = reader_.statistics(day());
  EXPECT_EQ(found.total.connected, 1U);
  EXPECT_EQ(found.timed, 0U);
  EXPECT_THAT(found.flows, ElementsAre(Stats::Flow{"", "", "", 1}));
}

TEST_F(StatisticsTest, FlowsFromWhereToWhere) {
  plant({{.from = "Sales", .to = "Billing"},
         {.from = "", .to = "+12082097345", .kind = "dial_pad"},
         {.state = "failed", .from = "Sales", .to = "Billing"},
         {.from = "Sales", .to = "Agent Two", .kind = "agent"}});
  EXPECT_THAT(reader_.statistics(day()).flows,
              ElementsAre(Stats::Flow{"Sales", "Billing", "queue", 2},
                          Stats::Flow{"", "+12082097345", "dial_pad", 1},
                          Stats::Flow{"Sales", "Agent Two", "agent", 1}));
}

TEST_F(StatisticsTest, TheMostFrequentFlowsOnly) {
  std::vector<Planted> all;
  for (std::size_t i = 0; i < kMostFlows; ++i) all.push_back({.to = "q" + std::to_string(i)});
  plant(all);
  EXPECT_THAT(reader_.statistics(day()).flows, SizeIs(kMostFlows));
  plant({{.to = "often"}, {.to = "often"}});
  const auto flows = reader_.statistics(day()).flows;
  EXPECT_THAT(flows, SizeIs(kMostFlows));
  EXPECT_EQ(flows.front().to, "often");
}

TEST_F(StatisticsTest, GroupsByAgentQueueAndKind) {
  plant({{.agent = "agent2", .kind = "agent"},
         {.state = "failed", .agent = "agent1", .from = ""},
         {.agent = "agent2"}});
  StatisticsQuery query = day();
  EXPECT_THAT(reader_.statistics(query).groups, IsEmpty());
  query.by = GroupBy::agent;
  EXPECT_THAT(reader_.statistics(query).groups,
              ElementsAre(Stats::Group{"agent2", {.accepted = 2, .connected = 2}},
                          Stats::Group{"agent1", {.accepted = 1, .failed = 1}}));
  query.by = GroupBy::queue;
  EXPECT_THAT(reader_.statistics(query).groups,
              ElementsAre(Stats::Group{"Sales", {.accepted = 2, .connected = 2}},
                          Stats::Group{"", {.accepted = 1, .failed = 1}}));
  query.by = GroupBy::kind;
  EXPECT_THAT(reader_.statistics(query).groups,
              ElementsAre(Stats::Group{"queue", {.accepted = 2, .connected = 1, .failed = 1}},
                          Stats::Group{"agent", {.accepted = 1, .connected = 1}}));
}

TEST_F(StatisticsTest, TooManyRowsAndTooMuchTimeAreGivenUp) {
  std::vector<Planted> all(200);
  plant(all);
  StatisticsQuery query = day();
  query.most_rows = 200;
  EXPECT_TRUE(reader_.statistics(query).status);
  query.most_rows = 199;
  Stats found = reader_.statistics(query);
  EXPECT_EQ(found.too_much, Stats::TooMuch::rows);
  EXPECT_THAT(found.status.error, HasSubstr("more than 199 transfers"));
  query = day();
  query.most_time = std::chrono::milliseconds(-1);
  found = reader_.statistics(query);
  EXPECT_EQ(found.too_much, Stats::TooMuch::time);
  EXPECT_THAT(found.status.error, HasSubstr("takes longer"));
  query = day();
  std::stop_source stop;
  query.stop = stop.get_token();
  EXPECT_TRUE(reader_.statistics(query).status);
  stop.request_stop();
  found = reader_.statistics(query);
  EXPECT_EQ(found.too_much, Stats::TooMuch::no);
  EXPECT_THAT(found.status.error, HasSubstr("given up"));
}

TEST_F(StatisticsTest, ReadBesideAWriter) {
  plant({{}});
  ASSERT_TRUE(store_.transact([&] {
    Records records;
    records.transfers.push_back({"y", "c", "agent1", "failed", kMidnight, kMidnight, "{}", ""});
    Status status = store_.upsert(records);
    EXPECT_EQ(reader_.statistics(day()).total.accepted, 1U) << "what is not committed is not there";
    return status;
  }));
  EXPECT_EQ(reader_.statistics(day()).total.accepted, 2U);
}

}  // namespace
}  // namespace baton::store
