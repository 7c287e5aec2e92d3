#include "store/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AuditTest : public testing::Test {
 protected:
  static AuditRow row(std::int64_t at, const std::string& target, const std::string& key = "") {
    AuditRow made;
    made.key = key;
    made.at = at;
    made.event = "request";
    made.caller = "agent1";
    made.role = "agent";
    made.address = "192.0.2.1";
    made.agent = "agent2";
    made.request = "InboundCall/BlindTransfer";
    made.request_id = "r";
    made.contact_id = "c";
    made.transfer_id = "t";
    made.target = target;
    made.result = "accepted";
    made.reason = "none";
    return made;
  }
  void write(std::vector<AuditRow> rows) {
    Records records;
    records.audit = std::move(rows);
    ASSERT_TRUE(store_.transact([&] { return store_.upsert(records); }));
  }
  [[nodiscard]] std::vector<AuditRow> rows(const AuditFilter& filter = {}) const {
    std::vector<AuditRow> found;
    read_audit(path_, filter, [&](const AuditRow& one) {
      found.push_back(one);
      return true;
    });
    return found;
  }

  std::optional<std::size_t> prune(std::int64_t before) {
    pruning_.before = before;
    return prune_audit(store_.database(), 2, pruning_);
  }

  static constexpr std::int64_t kNow = 1000;
  AuditPruning pruning_{.before = 0, .now = kNow};
  TempFolder folder_;
  std::string path_ = folder_.file("baton.db");
  Store store_ = Store::open(path_, "baton");
};

TEST_F(AuditTest, KeepsRowsInTheirOrder) {
  const AuditRow first = row(2, "+12082097345", "a");
  const AuditRow second = row(1, "Queue");
  write({first, second});
  write({second});
  EXPECT_THAT(rows(), ElementsAre(first, second, second));
}

TEST_F(AuditTest, TheFirstRowOfAKeyStays) {
  write({row(1, "first", "0198-7")});
  write({row(2, "second", "0198-7"), row(3, "other", "0198-8")});
  EXPECT_THAT(rows(), ElementsAre(row(1, "first", "0198-7"), row(3, "other", "0198-8")));
}

TEST_F(AuditTest, IsFilteredByTimeAndLogin) {
  AuditRow other = row(3, "x");
  other.caller = "agent3";
  other.agent = "agent3";
  write({row(1, "x"), row(2, "x"), other});
  EXPECT_THAT(rows({.from = 2, .to = 3, .login = {}}), ElementsAre(row(2, "x")));
  EXPECT_THAT(rows({.from = {}, .to = {}, .login = "agent3"}), ElementsAre(other));
  EXPECT_EQ(rows({.from = {}, .to = {}, .login = "agent2"}).size(), 2U);
}

TEST_F(AuditTest, WhoReadsSlowlyDoesNotKeepTheLogFromBeginningAnew) {
  std::vector<AuditRow> all;
  for (int at = 0; at < 2'500; ++at) all.push_back(row(at, "x"));
  write(all);
  std::vector<AuditRow> found;
  read_audit(path_, {}, [&](const AuditRow& one) {
    if (found.empty()) {
      EXPECT_EQ(store_.database().query_integer("PRAGMA wal_checkpoint(TRUNCATE)"), 0) << "busy";
      write({row(5'000, "written meanwhile")});
    }
    found.push_back(one);
    return true;
  });
  EXPECT_EQ(found, all);
}

TEST_F(AuditTest, OnlyGrows) {
  write({row(1, "+12082097345")});
  Database& database = store_.database();
  for (const char* change :
       {"UPDATE audit SET caller = 'x'", "UPDATE audit SET target = 'somebody else'",
        "UPDATE audit SET request_id = 'another'", "UPDATE audit SET agent = 'another'",
        "UPDATE audit SET contact_id = 'another'", "UPDATE audit SET transfer_id = 'another'",
        "UPDATE audit SET target = 'erased', result = 'refused'", "UPDATE audit SET at = 0",
        "UPDATE audit SET key = 'k'", "DELETE FROM audit"}) {
    const Status status = database.execute(change);
    EXPECT_FALSE(status.ok()) << change;
    EXPECT_THAT(status.error, HasSubstr("the audit only grows")) << change;
  }
  EXPECT_THAT(rows(), ElementsAre(row(1, "+12082097345")));
}

TEST_F(AuditTest, ANumberIsErasedFromWhatCallersFill) {
  AuditRow named = row(4, "12082097345");
  named.request_id = "to +12082097345 at noon";
  AuditRow keyed = row(5, "x");
  keyed.agent = keyed.contact_id = keyed.transfer_id = "+12082097345";
  const auto is_number = [](std::string_view digits, bool) { return digits == "12082097345"; };
  write({row(1, "+12082097345"), row(2, "+120820973456"), row(3, "+12082097345"), named, keyed});
  EXPECT_EQ(erase_number_from_audit(store_.database(), is_number), 4U);
  AuditRow erased = row(4, "erased");
  erased.request_id = "to erased at noon";
  keyed.agent = keyed.contact_id = keyed.transfer_id = "erased";
  EXPECT_THAT(rows(), ElementsAre(row(1, "erased"), row(2, "+120820973456"), row(3, "erased"),
                                  erased, keyed));
  EXPECT_EQ(erase_number_from_audit(store_.database(), is_number), 0U);
}

TEST_F(AuditTest, OldRowsGoAFewAtATimeAndNoOthers) {
  write({row(1, "a"), row(2, "b"), row(3, "c"), row(4, "d")});
  EXPECT_EQ(prune(4), 2U);
  EXPECT_THAT(rows(), ElementsAre(row(3, "c"), row(4, "d")));
  EXPECT_EQ(prune(4), 1U);
  EXPECT_EQ(prune(4), 0U);
  // A clock that went back does not put the kept rows at risk, nor forbid the next pruning.
  EXPECT_EQ(prune(2), 0U);
  EXPECT_FALSE(store_.database().execute("DELETE FROM audit").ok());
  EXPECT_THAT(rows(), ElementsAre(row(4, "d")));
}

TEST_F(AuditTest, OldRowsGoAlsoBehindThoseOfAClockThatWasAhead) {
  const std::int64_t ahead = kNow + 1;
  write({row(ahead, "a"), row(ahead, "b"), row(ahead, "c"), row(1, "d"), row(2, "e"), row(3, "f"),
         row(9, "g")});
  EXPECT_EQ(prune(5), 0U);
  EXPECT_TRUE(pruning_.more) << "nothing old in the first two, which say nothing of the rest";
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(prune(5), 1U);
    EXPECT_TRUE(pruning_.more);
  }
  EXPECT_EQ(prune(5), 0U);
  EXPECT_FALSE(pruning_.more);
  EXPECT_THAT(rows(), ElementsAre(row(ahead, "a"), row(ahead, "b"), row(ahead, "c"), row(9, "g")));
  // From the beginning the next time, when those may be old.
  pruning_.now = ahead + 10;
  EXPECT_EQ(prune(ahead + 1), 2U);
}

}  // namespace
}  // namespace baton::store
