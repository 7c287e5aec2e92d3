#include "store/checkpointer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "store/faulty_files.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

constexpr std::uintmax_t kPage = 4096;

struct CheckpointerTest : ::testing::Test {
  TempFolder folder;
  FaultyFiles files;
  std::string path = folder.file("log.db");
  Database writer{path, Database::Mode::read_write};
  std::atomic<int> failures = 0;
  std::optional<Checkpointer> checkpointer;

  void SetUp() override {
    ASSERT_TRUE(
        writer.execute("PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = "
                       "OFF; CREATE TABLE t(body BLOB); PRAGMA wal_checkpoint(TRUNCATE)"));
  }
  void begin(int copied_at_once, int most) {
    checkpointer.emplace(writer,
                         Checkpointer::Limits{.copied_at_once = copied_at_once, .most = most},
                         [this](const std::string&) { ++failures; });
  }
  void write_pages(int pages) {
    const Status status =
        writer.execute("INSERT INTO t VALUES(zeroblob(" +
                       std::to_string(static_cast<std::uintmax_t>(pages) * kPage) + "))");
    ASSERT_TRUE(status) << status.error;
  }
  [[nodiscard]] std::uintmax_t pages(const std::string& of) const {
    return std::filesystem::exists(of) ? std::filesystem::file_size(of) / kPage : 0;
  }
  /// Until it holds; the time is the test's failure.
  template <typename Condition>
  [[nodiscard]] static bool soon(Condition holds) {
    for (int i = 0; i < 1000; ++i) {
      if (holds()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
};

TEST_F(CheckpointerTest, TheLogIsCopiedOnceThereIsEnoughOfIt) {
  begin(50, 1'000'000);
  write_pages(40);
  EXPECT_LT(pages(path), 40U) << "the commit does not copy";
  write_pages(40);
  EXPECT_TRUE(soon([&] { return pages(path) > 80; }));
  EXPECT_EQ(failures, 0);
}

TEST_F(CheckpointerTest, TheLogStaysBoundedUnderAWriterThatNeverRests) {
  begin(50, 200);
  const std::string log = path + "-wal";
  for (int i = 0; i < 5000; ++i) {
    write_pages(4);
    // Of 20,000 in all; beyond the limit by what is committed while the other thread is at it.
    ASSERT_LT(pages(log), 10'000U);
  }
  EXPECT_GT(pages(path), 2000U);
  EXPECT_EQ(writer.query_integer("SELECT count(*) FROM t"), 5000);
  EXPECT_EQ(failures, 0);
}

TEST_F(CheckpointerTest, AReaderHoldsTheWriterUpForNoMoreThanAMoment) {
  begin(50, 200);
  Database reader(path, Database::Mode::read_only);
  ASSERT_TRUE(reader.execute("BEGIN"));
  ASSERT_EQ(reader.query_integer("SELECT count(*) FROM t"), 0);
  auto longest = std::chrono::steady_clock::duration::zero();
  for (int i = 0; i < 100; ++i) {
    const auto began = std::chrono::steady_clock::now();
    write_pages(10);
    longest = std::max(longest, std::chrono::steady_clock::now() - began);
  }
  EXPECT_LT(longest, std::chrono::seconds(2)) << "SQLite's own time to wait would be five";
  EXPECT_EQ(reader.query_integer("SELECT count(*) FROM t"), 0) << "what it sees stays";
  ASSERT_TRUE(reader.execute("COMMIT"));
  write_pages(50);
  EXPECT_TRUE(soon([&] { return pages(path) > 1000; }));
}

TEST_F(CheckpointerTest, AFailureIsToldAndTriedAgainAndCommitsGoOn) {
  ASSERT_TRUE(writer.execute("PRAGMA synchronous = OFF"));
  begin(50, 200);
  files.fail_sync = true;
  write_pages(60);  // Not synced, so that it works.
  EXPECT_TRUE(soon([&] { return failures > 0; }));
  write_pages(1);
  files.fail_sync = false;
  EXPECT_TRUE(soon([&] { return pages(path) > 50; }));
  EXPECT_EQ(writer.query_integer("SELECT count(*) FROM t"), 2);
}

TEST_F(CheckpointerTest, WithoutItCommitsGoOn) {
  begin(50, 200);
  checkpointer.reset();
  write_pages(60);
  EXPECT_EQ(writer.query_integer("SELECT count(*) FROM t"), 1);
}

}  // namespace
}  // namespace baton::store
