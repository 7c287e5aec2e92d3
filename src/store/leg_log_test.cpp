#include "store/leg_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>

#include "store/schema.hpp"
#include "store/store_error.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct LegLogTest : ::testing::Test {
  TempFolder folder;
  Database database{folder.file("legs.db"), Database::Mode::read_write};
  std::optional<LegLog> log;
  std::size_t slack = 1000;
  LegLog::Clock::duration longest = std::chrono::hours(1);

  void SetUp() override {
    migrate(database);
    ASSERT_TRUE(database.execute("PRAGMA synchronous = OFF"));
    open();
  }
  void open() {
    log.reset();
    log.emplace(database, slack, longest);
  }
  void write(const std::vector<LegRow>& legs) {
    const Status status = log->write(legs);
    ASSERT_TRUE(status) << status.error;
  }
  std::int64_t rows() { return database.query_integer("SELECT count(*) FROM leg_log"); }
};

TEST_F(LegLogTest, TheLastChangeOfALegCounts) {
  write({{"a", "1"}, {"b", "1"}, {"a", "2"}});
  write({{"c", "1"}});
  write({{"b", ""}, {"c", "2"}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(log->legs(), ElementsAre(LegRow{"a", "2"}, LegRow{"c", "2"}));
    open();
  }
  write({{"c", ""}, {"a", ""}});
  EXPECT_THAT(log->legs(), IsEmpty());
  write({{"a", "again"}});
  open();
  EXPECT_THAT(log->legs(), ElementsAre(LegRow{"a", "again"}));
}

TEST_F(LegLogTest, WhatChangesNothingIsNotWritten) {
  write({});
  write({{"unknown", ""}});
  write({{"a", "1"}, {"a", ""}});
  EXPECT_EQ(rows(), 0);
  EXPECT_EQ(log->bytes(), 0U);
}

TEST_F(LegLogTest, ALegThatStaysIsWrittenAnewAndTheRestGoes) {
  write({{"stays", std::string(100, 's')}});
  const std::size_t before = log->bytes();
  for (int i = 0; i < 1000; ++i) {
    const std::string leg = "call" + std::to_string(i);
    write({{leg, std::string(100, 'x')}});
    write({{leg, ""}});
    EXPECT_LE(log->bytes(), 2 * before + slack + 300) << i;
  }
  EXPECT_LT(rows(), 30);
  open();
  EXPECT_THAT(log->legs(), ElementsAre(LegRow{"stays", std::string(100, 's')}));
}

TEST_F(LegLogTest, WhatIsOverGoesInTheEndHoweverLittleItIs) {
  slack = 1'000'000;
  longest = std::chrono::seconds(0);
  open();
  write({{"over", "secret"}, {"stays", "1"}});
  write({{"over", ""}});
  write({{"more", "1"}});
  EXPECT_EQ(database.query_integer("SELECT sum(instr(body, CAST('secret' AS BLOB))) FROM leg_log"),
            0);
  EXPECT_THAT(log->legs(), ElementsAre(LegRow{"more", "1"}, LegRow{"stays", "1"}));
  // And what another process left, whose age is not known.
  longest = std::chrono::hours(1);
  open();
  write({{"over", "secret"}});
  write({{"over", ""}});
  EXPECT_EQ(rows(), 2) << "the first write took out what was there before";
  open();
  write({{"last", "1"}});
  EXPECT_EQ(rows(), 1);
  EXPECT_EQ(log->legs().size(), 3U);
}

TEST_F(LegLogTest, WhatIsOverGoesWithACommitThatChangesNoLeg) {
  slack = 1'000'000;
  open();
  write({{"over", "secret"}, {"stays", "1"}});
  write({{"over", ""}});
  open();  // A start, from which on no leg changes.
  write({});
  EXPECT_EQ(database.query_integer("SELECT sum(instr(body, CAST('over' AS BLOB))) FROM leg_log"),
            0);
  EXPECT_THAT(log->legs(), ElementsAre(LegRow{"stays", "1"}));
  // And of a process that goes on, in each `longest`.
  longest = std::chrono::seconds(0);
  open();
  write({{"stays", ""}});
  write({});
  EXPECT_EQ(rows(), 0);
}

TEST_F(LegLogTest, AnyOrderOfChangesLeavesWhatAMapWould) {
  std::mt19937 random(7);
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    std::vector<LegRow> legs;
    const std::size_t count = random() % 4;
    for (std::size_t k = 0; k < count; ++k) {
      const std::string leg = "leg" + std::to_string(random() % 12);
      const std::string state(random() % 3 == 0 ? 0 : random() % 80 + 1,
                              static_cast<char>('a' + random() % 26));
      legs.push_back({leg, state});
      if (state.empty()) {
        expected.erase(leg);
      } else {
        expected[leg] = state;
      }
    }
    write(legs);
    if (i % 37 == 0) open();
    if (i % 10 != 0) continue;
    std::vector<LegRow> all;
    for (const auto& [leg, state] : expected) all.push_back({leg, state});
    ASSERT_EQ(log->legs(), all) << i;
  }
  EXPECT_LE(log->bytes(), 12 * 100 * 2 + slack + 1000);
}

TEST_F(LegLogTest, AllIsForgotten) {
  write({{"a", "1"}});
  ASSERT_TRUE(log->forget_all());
  EXPECT_EQ(rows(), 0);
  EXPECT_THAT(log->legs(), IsEmpty());
  write({{"b", "1"}});
  open();
  EXPECT_THAT(log->legs(), ElementsAre(LegRow{"b", "1"}));
}

TEST_F(LegLogTest, ADamagedRowIsReported) {
  write({{"a", "1"}});
  log.reset();
  ASSERT_TRUE(database.execute("UPDATE leg_log SET body = substr(body, 1, length(body) - 1)"));
  try {
    open();
    ADD_FAILURE() << "it was read";
  } catch (const StoreError& error) {
    EXPECT_THAT(error.what(), HasSubstr("row 1 of leg_log is damaged; restore a backup"));
  }
}

}  // namespace
}  // namespace baton::store
