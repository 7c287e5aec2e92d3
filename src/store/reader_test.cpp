#include "store/reader.hpp"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TransferRow row(const std::string& id, const std::string& agent, std::int64_t at,
                const std::string& state = "connected") {
  return {id,
          "contact-" + id,
          agent,
          state,
          at,
          at + 5,
          R"({"id":")" + id + R"("})",
          R"({"steps":[]})"};
}

std::vector<std::string> ids(const TransferPage& page) {
  std::vector<std::string> result;
  for (const TransferRow& item : page.items) result.push_back(item.id);
  return result;
}

class ReaderTest : public testing::Test {
 protected:
  void put(const Records& records) {
    const Status status = store_.transact([&] { return store_.upsert(records); });
    ASSERT_TRUE(status) << status.error;
  }
  [[nodiscard]] TransferPage list(const TransferFilter& filter) {
    return reader_.transfers(filter);
  }

  TempFolder folder_;
  Store store_ = Store::open(folder_.file("baton.db"), "baton");
  StoreReader reader_{folder_.file("baton.db")};
};

TEST_F(ReaderTest, AFileThatIsMissingIsNotMade) {
  const std::string path = folder_.file("none.db");
  EXPECT_THROW(StoreReader{path}, StoreError);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ReaderTest, RecordsComeBackAndTheLatestWins) {
  const TransferRow first = row("t1", "agent1", 1000, "accepted");
  TransferRow second = first;
  second.state = "connected";
  second.updated_at = 2000;
  second.json = R"({"text":"ünï\u0000 '"})";
  const ContactRow contact{"c1", "inbound", "+15550001", "Sales", "active", 900, 1000, "{}"};
  put({{first, second}, {contact}});
  EXPECT_EQ(reader_.transfer("t1"), second);
  EXPECT_EQ(reader_.contact("c1"), contact);
  EXPECT_EQ(reader_.transfer("t2"), std::nullopt);
  EXPECT_EQ(reader_.contact("t1"), std::nullopt);
  EXPECT_EQ(reader_.last_error(), "");
}

TEST_F(ReaderTest, OpenAreAllWithoutAnOutcome) {
  Records records;
  for (const char* state :
       {"accepted", "dialing", "alerting", "queued", "returning", "requeued", "outcomeUnknown",
        "connected", "completed", "returned", "canceled", "failed", "abandoned", "handedOver"}) {
    records.transfers.push_back(row(state, "agent1", 1000, state));
  }
  records.transfers.push_back(row("later", "agent2", 2000, "queued"));
  put(records);
  TransferFilter filter;
  filter.state = "open";
  EXPECT_THAT(ids(list(filter)), ElementsAre("later", "returning", "requeued", "queued",
                                             "outcomeUnknown", "dialing", "alerting", "accepted"));
  filter.agent = "agent2";
  EXPECT_THAT(ids(list(filter)), ElementsAre("later"));
}

TEST_F(ReaderTest, PreferencesAreKeptByLoginAndReplaced) {
  EXPECT_EQ(reader_.preferences("agent1"), std::nullopt);
  EXPECT_EQ(reader_.last_error(), "");
  ASSERT_TRUE(store_.put_preferences("agent1", R"({"theme":"dark"})"));
  ASSERT_TRUE(store_.put_preferences("agent2", R"({})"));
  EXPECT_EQ(reader_.preferences("agent1"), R"({"theme":"dark"})");
  ASSERT_TRUE(store_.put_preferences("agent1", R"({"n":1.50,"text":"ünï"})"));
  EXPECT_EQ(reader_.preferences("agent1"), R"({"n":1.50,"text":"ünï"})");
  EXPECT_EQ(reader_.preferences("agent2"), "{}");
  EXPECT_EQ(reader_.preferences("AGENT1"), std::nullopt);
}

TEST_F(ReaderTest, EachFilterAndAllTogether) {
  put({{row("t1", "agent1", 1000), row("t2", "agent1", 2000, "failed"), row("t3", "agent2", 3000),
        row("t4", "agent1", 4000)},
       {}});
  TransferFilter filter;
  EXPECT_THAT(ids(list(filter)), ElementsAre("t4", "t3", "t2", "t1"));
  filter.agent = "agent1";
  EXPECT_THAT(ids(list(filter)), ElementsAre("t4", "t2", "t1"));
  filter.from = 2000;
  EXPECT_THAT(ids(list(filter)), ElementsAre("t4", "t2"));
  filter.to = 4000;
  EXPECT_THAT(ids(list(filter)), ElementsAre("t2"));
  filter.state = "failed";
  filter.contact_id = "contact-t2";
  EXPECT_THAT(ids(list(filter)), ElementsAre("t2"));
  filter.state = "connected";
  EXPECT_THAT(ids(list(filter)), IsEmpty());
  filter = {};
  filter.state = "' OR 1 --";
  EXPECT_THAT(ids(list(filter)), IsEmpty());
}

TEST_F(ReaderTest, PagesMeetWithoutGapOrRepeatEvenAtEqualTimes) {
  Records records;
  for (int i = 0; i < 25; ++i) {
    const std::string id = "t" + std::to_string(100 + i);
    records.transfers.push_back(row(id, "agent1", 1000 + i / 10));
  }
  put(records);
  TransferFilter filter;
  filter.agent = "agent1";
  filter.limit = 4;
  EXPECT_EQ(reader_.count_transfers(filter), 25U) << "whatever the limit";
  std::vector<std::string> seen;
  int pages = 0;
  while (pages < 20) {
    const TransferPage page = list(filter);
    ASSERT_TRUE(page.status) << page.status.error;
    ++pages;
    for (const std::string& id : ids(page)) seen.push_back(id);
    if (!page.next_cursor) break;
    filter.cursor = *page.next_cursor;
    // What comes meanwhile is newer and does not shift the pages.
    put({{row("u" + std::to_string(pages), "agent1", 5000 + pages)}, {}});
    EXPECT_EQ(reader_.count_transfers(filter), 25 - seen.size());
  }
  EXPECT_EQ(pages, 7);
  ASSERT_EQ(seen.size(), 25U);
  EXPECT_TRUE(std::is_sorted(seen.rbegin(), seen.rend()));
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST_F(ReaderTest, ACursorOfNobodyIsRefused) {
  for (const char* cursor : {"x", "0000000000000000", "0000000000000000.", "zzzzzzzzzzzzzzzz.t1",
                             "00000000000003e8-t1", " 00000000000003e8.t1"}) {
    TransferFilter filter;
    filter.cursor = cursor;
    const TransferPage page = list(filter);
    EXPECT_TRUE(page.bad_cursor) << cursor;
    EXPECT_FALSE(reader_.count_transfers(filter)) << cursor;
    EXPECT_THAT(page.status.error, HasSubstr("cursor"));
  }
}

TEST_F(ReaderTest, LimitsAreKeptInTheirRange) {
  put({{row("t1", "agent1", 1), row("t2", "agent1", 2)}, {}});
  TransferFilter filter;
  filter.limit = 0;
  EXPECT_EQ(list(filter).items.size(), 1U);
  filter.limit = 1'000'000'000;
  EXPECT_EQ(list(filter).items.size(), 2U);
}

TEST_F(ReaderTest, ListsUseAnIndex) {
  // A list that sorts or scans the whole table would stop readers of a big store.
  Database database(folder_.file("baton.db"), Database::Mode::read_only);
  const std::string open = kOpenTransfers;
  for (const std::string& conditions :
       {std::string(), std::string("WHERE agent = 'a' "), std::string("WHERE contact_id = 'c' "),
        std::string("WHERE agent = 'a' AND (accepted_at, id) < (5, 'x') "), "WHERE " + open + ' ',
        "WHERE " + open + " AND accepted_at >= 3 AND (accepted_at, id) < (5, 'x') "}) {
    Statement plan = database.prepare("EXPLAIN QUERY PLAN SELECT id FROM transfers " + conditions +
                                      "ORDER BY accepted_at DESC, id DESC LIMIT 10");
    std::string text;
    while (plan.step() == Statement::Step::row) text += plan.text(3) + "; ";
    // The state is in no index: of those without an outcome it has what is in transfers_open.
    const bool asks_open = conditions.find(open) != std::string::npos;
    EXPECT_THAT(text, HasSubstr(asks_open ? "USING INDEX transfers_open" : "USING COVERING INDEX"))
        << conditions;
    EXPECT_THAT(text, testing::Not(HasSubstr("TEMP B-TREE"))) << conditions;
  }
}

TEST_F(ReaderTest, PruningForgetsWhatIsOldAndDone) {
  TransferRow running = row("t1", "agent1", 1000);
  running.updated_at = 9000;
  put({{running, row("t2", "agent1", 1000), row("t3", "agent1", 1100), row("t4", "agent1", 8000)},
       {{"c1", "inbound", "", "", "ended", 10, 20, "{}"}}});
  EXPECT_EQ(store_.prune_records(5000, 1), 2U);
  EXPECT_EQ(store_.prune_records(5000, 100), 1U);
  EXPECT_EQ(store_.prune_records(5000, 100), 0U);
  EXPECT_THAT(ids(list({})), ElementsAre("t4", "t1"));
  EXPECT_EQ(reader_.contact("c1"), std::nullopt);
}

TEST_F(ReaderTest, ReadersOfOtherThreadsSeeOnlyWholeCommits) {
  std::atomic<bool> stop = false;
  std::atomic<int> torn = 0;
  std::atomic<int> reads = 0;
  std::thread reader([&] {
    StoreReader mine(folder_.file("baton.db"));
    while (!stop) {
      const TransferPage page = mine.transfers({});
      if (page.items.size() % 2 != 0 || !page.status) ++torn;
      ++reads;
    }
  });
  for (int i = 0; i < 100 || reads == 0; ++i) {
    const std::string n = std::to_string(i % 400);
    put({{row("a" + n, "agent1", i), row("b" + n, "agent1", i)}, {}});
  }
  stop = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_GT(reads, 0);
}

}  // namespace
}  // namespace baton::store
