#include "journal/sqlite_journal.hpp"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "journal/any_value.hpp"
#include "journal/codec.hpp"
#include "store/faulty_files.hpp"
#include "store/reader.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::journal {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<core::Input> timers(std::uint64_t first, std::uint64_t count) {
  std::vector<core::Input> inputs(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    inputs[i].at = static_cast<std::int64_t>(first + i);
    inputs[i].body = core::TimerFired{first + i};
  }
  return inputs;
}

Records transfer(const std::string& id, const std::string& state) {
  return {{{id, "c", "agent1", state, 1, 2, "{}", ""}}, {}};
}

class SqliteJournalTest : public testing::Test {
 protected:
  SqliteJournalTest() { reopen(); }

  void reopen(const std::string& version = "1.0") {
    journal_.reset();
    store_.reset();
    store_.emplace(store::Store::open(path_, "baton"));
    journal_.emplace(*store_, version);
  }

  void append(std::uint64_t count) {
    const std::uint64_t first = journal_->last_index() + 1;
    const Appended result = journal_->append(timers(first, count), {});
    ASSERT_TRUE(result.status) << result.status.error;
    ASSERT_EQ(result.first_index, first);
  }

  /// Replays and checks that each input is the one that its index says.
  std::vector<std::uint64_t> replayed(std::uint64_t from) {
    std::vector<std::uint64_t> indices;
    last_replay_ = journal_->replay(from, [&](std::uint64_t index, const core::Input& input) {
      EXPECT_EQ(std::get<core::TimerFired>(input.body).timer, index);
      indices.push_back(index);
    });
    EXPECT_EQ(last_replay_.count, indices.size());
    return indices;
  }

  void execute(const std::string& sql) {
    const Status status = store_->database().execute(sql);
    ASSERT_TRUE(status) << status.error;
  }

  store::TempFolder folder_;
  std::string path_ = folder_.file("baton.db");
  std::optional<store::Store> store_;
  std::optional<SqliteJournal> journal_;
  Replayed last_replay_;
};

TEST_F(SqliteJournalTest, ANewOneIsEmpty) {
  EXPECT_EQ(journal_->last_index(), 0U);
  EXPECT_EQ(journal_->first_index(), 1U);
  EXPECT_THAT(replayed(1), IsEmpty());
  EXPECT_TRUE(last_replay_.ok());
  EXPECT_EQ(journal_->failed(), "");
}

TEST_F(SqliteJournalTest, IndicesCountOnOverBatchesAndRestarts) {
  append(3);
  append(1);
  reopen();
  EXPECT_EQ(journal_->last_index(), 4U);
  append(2);
  EXPECT_THAT(replayed(0), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(replayed(2), ElementsAre(2, 3, 4, 5, 6));
  EXPECT_THAT(replayed(6), ElementsAre(6));
  EXPECT_THAT(replayed(7), IsEmpty());
  EXPECT_TRUE(last_replay_.ok());
}

TEST_F(SqliteJournalTest, RecordsAloneAndNothingAtAll) {
  EXPECT_TRUE(journal_->append({}, transfer("t1", "failed")).status);
  EXPECT_EQ(store::StoreReader(path_).transfer("t1")->state, "failed");
  EXPECT_TRUE(journal_->append({}, {}).status);
  EXPECT_EQ(journal_->last_index(), 0U);
}

TEST_F(SqliteJournalTest, TruncationKeepsWholeBatchesAndNeverGivesAnIndexAgain) {
  append(3);
  append(3);
  append(3);
  ASSERT_TRUE(journal_->truncate_before(5));
  EXPECT_EQ(journal_->first_index(), 4U);
  EXPECT_THAT(replayed(1), ElementsAre(4, 5, 6, 7, 8, 9));
  ASSERT_TRUE(journal_->truncate_before(2));
  EXPECT_EQ(journal_->first_index(), 4U);
  ASSERT_TRUE(journal_->truncate_before(100));
  EXPECT_THAT(replayed(1), IsEmpty());
  EXPECT_EQ(journal_->first_index(), 10U);
  reopen();
  EXPECT_EQ(journal_->last_index(), 9U);
  EXPECT_EQ(journal_->first_index(), 10U);
  append(1);
  EXPECT_THAT(replayed(1), ElementsAre(10));
}

TEST_F(SqliteJournalTest, AnotherVersionsSegmentIsNotReplayed) {
  append(2);
  reopen("2.0");
  append(1);
  EXPECT_THAT(replayed(1), IsEmpty());
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::foreign);
  EXPECT_THAT(last_replay_.error, HasSubstr("was written by Baton 1.0"));
  EXPECT_THAT(replayed(3), ElementsAre(3));
  // What the new one wrote stays when the foreign part goes.
  ASSERT_TRUE(journal_->truncate_before(3));
  EXPECT_THAT(replayed(1), ElementsAre(3));
  EXPECT_EQ(store_->database().query_integer("SELECT count(*) FROM journal_segments"), 1);
  reopen("2.0");
  append(1);
  EXPECT_EQ(store_->database().query_integer("SELECT count(*) FROM journal_segments"), 1);
}

TEST_F(SqliteJournalTest, TheSameVersionWithOtherInputsIsForeignToo) {
  append(1);
  SegmentHeader other{kFormat, input_fingerprint() + 1, "1.0"};
  const std::string bytes = encode_header(other);
  store::Statement update = store_->database().prepare("UPDATE journal_segments SET header = ?1");
  ASSERT_TRUE(update.bind_blob(1, bytes).run());
  EXPECT_THAT(replayed(1), IsEmpty());
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::foreign);
  EXPECT_THAT(last_replay_.error, HasSubstr("with other inputs"));
}

TEST_F(SqliteJournalTest, ADamagedRowIsReportedWithItsIndex) {
  append(2);
  append(2);
  append(2);
  execute("UPDATE journal SET body = zeroblob(length(body)) WHERE first_index = 3");
  EXPECT_THAT(replayed(1), ElementsAre(1, 2));
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::corrupt);
  EXPECT_EQ(last_replay_.next_index, 3U);
  EXPECT_THAT(last_replay_.error,
              AllOf(HasSubstr("index 3 is damaged"), HasSubstr("good inputs follow")));
}

TEST_F(SqliteJournalTest, ATornEndIsToldFromADamagedMiddle) {
  append(2);
  append(2);
  append(2);
  execute("UPDATE journal SET body = substr(body, 1, length(body) - 1) WHERE first_index >= 3");
  EXPECT_THAT(replayed(1), ElementsAre(1, 2));
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::torn);
  EXPECT_EQ(last_replay_.next_index, 3U);
  EXPECT_EQ(journal_->last_index(), 6U) << "these are not given again";
  // A count that cannot be is that of a damaged row.
  execute("UPDATE journal SET count = -7 WHERE first_index = 5");
  reopen();
  EXPECT_EQ(journal_->last_index(), 5U);
  EXPECT_THAT(replayed(1), ElementsAre(1, 2));
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::torn);
}

TEST_F(SqliteJournalTest, AMissingOrMovedRowIsReported) {
  append(2);
  append(2);
  append(2);
  execute("DELETE FROM journal WHERE first_index = 3");
  EXPECT_THAT(replayed(1), ElementsAre(1, 2));
  EXPECT_THAT(last_replay_.error, HasSubstr("index 3 is missing"));
  execute("UPDATE journal SET first_index = 3 WHERE first_index = 5");
  EXPECT_THAT(replayed(1), ElementsAre(1, 2));
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::torn) << "its check sum is wrong";
}

TEST_F(SqliteJournalTest, AMissingSegmentHeaderIsReported) {
  append(1);
  execute("DELETE FROM journal_segments");
  EXPECT_THAT(replayed(1), IsEmpty());
  EXPECT_EQ(last_replay_.kind, Replayed::Kind::corrupt);
  EXPECT_THAT(last_replay_.error, HasSubstr("no readable header"));
}

TEST_F(SqliteJournalTest, ARowThatPassesTheCheckSumButIsNoInputIsReported) {
  append(1);
  const std::string body = "\5hello";
  store::Statement update = store_->database().prepare("UPDATE journal SET body = ?1, crc = ?2");
  ASSERT_TRUE(update.bind_blob(1, body).bind(2, std::int64_t{row_crc(1, 1, 1, body)}).run());
  EXPECT_THAT(replayed(1), IsEmpty());
  EXPECT_THAT(last_replay_.error, HasSubstr("cannot be read (it ends within a number)"));
}

TEST_F(SqliteJournalTest, ASnapshotCountsOnceItIsFinished) {
  append(3);
  EXPECT_EQ(journal_->load_snapshot().kind, LoadedSnapshot::Kind::none);
  ASSERT_TRUE(journal_->put_snapshot_part(4, 0, "first"));
  ASSERT_TRUE(journal_->put_snapshot_part(4, 1, "second"));
  EXPECT_EQ(journal_->load_snapshot().kind, LoadedSnapshot::Kind::none);
  ASSERT_TRUE(journal_->finish_snapshot({.next_index = 4, .format = 7, .version = "1.0"}));
  append(2);
  // Another one, of a process that was killed before it was finished.
  ASSERT_TRUE(journal_->put_snapshot_part(6, 0, "other"));
  reopen();
  const LoadedSnapshot loaded = journal_->load_snapshot();
  EXPECT_EQ(loaded.kind, LoadedSnapshot::Kind::whole) << loaded.error;
  EXPECT_EQ(loaded.mark.next_index, 4U);
  EXPECT_EQ(loaded.mark.format, 7);
  EXPECT_EQ(loaded.mark.version, "1.0");
  EXPECT_THAT(loaded.parts, ElementsAre("first", "second"));
  EXPECT_THAT(replayed(loaded.mark.next_index), ElementsAre(4, 5));

  ASSERT_TRUE(journal_->put_snapshot_part(6, 0, "new"));
  ASSERT_TRUE(journal_->finish_snapshot({.next_index = 6, .format = 7, .version = "1.0"}));
  while (true) {
    const Forgotten step = journal_->forget_superseded(1);
    ASSERT_TRUE(step.status);
    if (!step.more) break;
  }
  EXPECT_EQ(journal_->first_index(), 6U);
  EXPECT_EQ(store_->database().query_integer("SELECT count(*) FROM snapshot_parts"), 1);
  EXPECT_THAT(journal_->load_snapshot().parts, ElementsAre("new"));
  reopen();
  append(1);
  EXPECT_THAT(replayed(0), ElementsAre(6)) << "indices go on";
}

TEST_F(SqliteJournalTest, AllCanBeForgottenAndNoIndexIsGivenAgain) {
  append(3);
  ASSERT_TRUE(journal_->put_snapshot_part(3, 0, "state"));
  ASSERT_TRUE(journal_->finish_snapshot({.next_index = 3, .format = 1, .version = "1.0"}));
  ASSERT_TRUE(
      journal_->put_events({.next_index = 3, .part = 0, .newest_at = 100, .body = "events"}));
  ASSERT_TRUE(journal_->forget_all());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(journal_->load_snapshot().kind, LoadedSnapshot::Kind::none);
    EXPECT_TRUE(journal_->load_events(0).empty());
    EXPECT_THAT(replayed(0), IsEmpty());
    EXPECT_EQ(journal_->first_index(), 4U);
    reopen();
  }
  append(1);
  EXPECT_THAT(replayed(0), ElementsAre(4));
}

TEST_F(SqliteJournalTest, ADamagedSnapshotIsReported) {
  ASSERT_TRUE(journal_->put_snapshot_part(1, 0, "first"));
  ASSERT_TRUE(journal_->put_snapshot_part(1, 1, "second"));
  ASSERT_TRUE(journal_->finish_snapshot({.next_index = 1, .format = 1, .version = "1.0"}));
  for (const char* fault :
       {"UPDATE snapshot_parts SET body = CAST('sEcond' AS BLOB) WHERE part = 1",
        "UPDATE snapshot_parts SET part = 2 WHERE part = 1",
        "DELETE FROM snapshot_parts WHERE part = 1"}) {
    execute(fault);
    EXPECT_EQ(journal_->load_snapshot().kind, LoadedSnapshot::Kind::corrupt) << fault;
    EXPECT_THAT(journal_->load_snapshot().error, HasSubstr("restore a backup"));
  }
}

TEST_F(SqliteJournalTest, EventsGoWithTheCommitOfABatch) {
  const KeptEventsRow row{.next_index = 1, .part = 0, .newest_at = 100, .body = "events"};
  ASSERT_TRUE(journal_->append(timers(1, 2), {}, &row).status);
  const KeptEventsRow alone{.next_index = 3, .part = 0, .newest_at = 100, .body = "more"};
  ASSERT_TRUE(journal_->append({}, {}, &alone).status);
  ASSERT_TRUE(journal_->put_snapshot_part(3, 0, "x"));
  ASSERT_TRUE(journal_->finish_snapshot({.next_index = 3, .format = 1, .version = "1.0"}));
  reopen();
  EXPECT_EQ(journal_->load_events(0).size(), 2U);
  EXPECT_EQ(journal_->last_index(), 2U);
}

TEST_F(SqliteJournalTest, KeptEventsGoByAgeAndSize) {
  ASSERT_TRUE(journal_->put_snapshot_part(5, 0, "x"));
  ASSERT_TRUE(journal_->finish_snapshot({.next_index = 5, .format = 1, .version = "1.0"}));
  for (std::uint64_t i = 1; i <= 5; ++i) {
    ASSERT_TRUE(journal_->put_events({.next_index = i,
                                      .part = 0,
                                      .newest_at = static_cast<std::int64_t>(100 * i),
                                      .body = std::string(10, static_cast<char>('a' + i))}));
  }
  // Of a snapshot that was never finished: the journal makes them again.
  ASSERT_TRUE(journal_->put_events({.next_index = 9, .part = 0, .newest_at = 900, .body = "z"}));
  const auto indices = [&](std::int64_t since) {
    std::vector<std::uint64_t> found;
    for (const KeptEventsRow& row : journal_->load_events(since)) found.push_back(row.next_index);
    return found;
  };
  EXPECT_THAT(indices(0), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(indices(301), ElementsAre(4, 5));
  ASSERT_TRUE(journal_->forget_events_to_come());
  EXPECT_EQ(store_->database().query_integer("SELECT max(next_index) FROM kept_events"), 5);
  execute("UPDATE kept_events SET body = CAST('bbb' AS BLOB) WHERE next_index = 4");
  EXPECT_THAT(indices(301), ElementsAre(5)) << "a damaged row is left out";
  ASSERT_TRUE(journal_->forget_events(200, 1000, 9).status);
  EXPECT_THAT(indices(0), ElementsAre(2, 3, 5));
  ASSERT_TRUE(journal_->forget_events(0, 12, 9).status);
  EXPECT_THAT(indices(0), ElementsAre(5)) << "the newest are kept";
  ASSERT_TRUE(journal_->forget_events(0, 0, 9).status);
  EXPECT_THAT(indices(0), IsEmpty());
}

class SqliteJournalFaults : public SqliteJournalTest {
 protected:
  SqliteJournalFaults() {
    files_.emplace();
    reopen();
  }
  ~SqliteJournalFaults() override {
    // The files go back to the system's layer only after those who use them are closed.
    files_->fail_sync = false;
    files_->fail_write = false;
    files_->read_only = false;
    journal_.reset();
    store_.reset();
    files_.reset();
  }
  std::optional<store::FaultyFiles> files_;
};

TEST_F(SqliteJournalFaults, OneCommitServesInputsAndRecords) {
  append(1);
  const int before = files_->syncs;
  const Appended result = journal_->append(timers(2, 64), transfer("t1", "accepted"));
  ASSERT_TRUE(result.status);
  EXPECT_EQ(files_->syncs - before, 1);
  EXPECT_GT(result.commit_time.count(), 0);
  EXPECT_EQ(store::StoreReader(path_).transfer("t1")->state, "accepted");
}

TEST_F(SqliteJournalFaults, WhatIsToOutliveTheProcessOnlyDoesNotWaitForTheDisk) {
  journal_.reset();
  store_.reset();
  store_.emplace(store::Store::open(path_, "baton", store::Durability::process));
  journal_.emplace(*store_, "1.0");
  append(1);
  const int before = files_->syncs;
  append(64);
  EXPECT_EQ(files_->syncs, before);
  // Another process sees it at once.
  reopen();
  EXPECT_EQ(journal_->last_index(), 65U);
}

TEST_F(SqliteJournalFaults, ASnapshotThatCannotBeWrittenEndsAllWritingToo) {
  append(1);
  files_->read_only = true;
  EXPECT_FALSE(journal_->put_snapshot_part(2, 0, std::string(100000, 'x')));
  files_->read_only = false;
  EXPECT_THAT(journal_->failed(), HasSubstr("until a restart"));
  EXPECT_FALSE(journal_->append(timers(2, 1), {}).status);
}

TEST_F(SqliteJournalFaults, AFailedSyncEndsAllWritingUntilARestart) {
  append(2);
  files_->fail_sync = true;
  const Appended failed = journal_->append(timers(3, 1), transfer("t1", "accepted"));
  EXPECT_FALSE(failed.status);
  EXPECT_THAT(failed.status.error, HasSubstr("check the disk"));
  EXPECT_EQ(journal_->last_index(), 2U);

  // A disk that works again does not help: what it holds is unknown.
  files_->fail_sync = false;
  EXPECT_FALSE(journal_->append(timers(3, 1), {}).status);
  EXPECT_FALSE(journal_->append({}, transfer("t1", "accepted")).status);
  EXPECT_THAT(journal_->failed(), HasSubstr("until a restart"));
  EXPECT_THAT(replayed(1), ElementsAre(1, 2));

  reopen();
  EXPECT_EQ(journal_->failed(), "");
  // Unacknowledged inputs may be there or not, but whole: nothing torn, no gap.
  const auto indices = replayed(1);
  EXPECT_TRUE(last_replay_.ok()) << last_replay_.error;
  append(1);
  EXPECT_EQ(replayed(1).size(), indices.size() + 1);
}

TEST_F(SqliteJournalFaults, AFullDiskEndsAllWriting) {
  append(1);
  files_->fail_write = true;
  EXPECT_THAT(journal_->append(timers(2, 1), {}).status.error, HasSubstr("free space"));
  files_->fail_write = false;
  EXPECT_FALSE(journal_->append(timers(2, 1), {}).status);
  reopen();
  EXPECT_THAT(replayed(1), ElementsAre(1));
}

TEST_F(SqliteJournalFaults, AFailedFirstAppendLeavesNoHalfSegment) {
  files_->fail_write = true;
  EXPECT_FALSE(journal_->append(timers(1, 1), {}).status);
  files_->fail_write = false;
  reopen();
  append(1);
  EXPECT_THAT(replayed(1), ElementsAre(1));
}

RC_GTEST_PROP(SqliteJournalProperty, WhatIsAppendedIsReplayed, ()) {
  const store::TempFolder folder;
  std::vector<core::Input> all;
  const auto batches = *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 5));
  std::optional<store::Store> store(store::Store::open(folder.file("baton.db"), "baton"));
  {
    SqliteJournal journal(*store, "1.0");
    for (const int size : batches) {
      std::vector<core::Input> batch;
      for (int i = 0; i < size; ++i) batch.push_back(any_value<core::Input>());
      RC_ASSERT(journal.append(batch, {}).status.ok());
      all.insert(all.end(), batch.begin(), batch.end());
    }
  }
  SqliteJournal journal(*store, "1.0");
  const auto from = *rc::gen::inRange<std::uint64_t>(1, all.size() + 2);
  std::uint64_t next = from;
  const Replayed result = journal.replay(from, [&](std::uint64_t index, const core::Input& input) {
    RC_ASSERT(index == next);
    RC_ASSERT(same(input, all[index - 1]));
    ++next;
  });
  RC_ASSERT(result.ok());
  RC_ASSERT(next == all.size() + 1);
}

}  // namespace
}  // namespace baton::journal
