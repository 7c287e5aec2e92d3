#include "app/file_access.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

namespace baton::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr uid_t kNobody = 65534;

/// A folder that everybody may enter, and nobody else may write to.
struct FileAccess : ::testing::Test {
  std::string folder;

  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "baton-access-XXXXXX";
    folder = ::mkdtemp(pattern.data());
    ::chmod(folder.c_str(), 0755);
  }
  void TearDown() override {
    ::chmod(folder.c_str(), 0755);
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] std::string file(const std::string& name, mode_t mode) const {
    const std::string path = folder + "/" + name;
    std::ofstream(path) << "x";
    ::chmod(path.c_str(), mode);
    return path;
  }
  /// What is refused to another user than the files' owner; empty where nothing is.
  static std::string refused(const std::function<void()>& check) {
    const uid_t us = ::geteuid();
    if (us == 0 && ::seteuid(kNobody) != 0) return "the test cannot be nobody";
    std::string why;
    try {
      check();
    } catch (const FileAccessError& error) {
      why = error.what();
    }
    if (us == 0 && ::seteuid(us) != 0) std::abort();
    return why;
  }
};

TEST_F(FileAccess, WhatIsNotThereIsNoFault) {
  EXPECT_EQ(refused([&] { require_readable(folder + "/missing"); }), "");
  EXPECT_EQ(refused([] { require_readable(""); }), "");
  EXPECT_EQ(refused([&] { require_store(folder + "/missing.db", StoreUse::read); }), "");
}

TEST_F(FileAccess, WhoMayUseItIsNotRefused) {
  const std::string store = file("baton.db", 0666);
  EXPECT_EQ(refused([&] { require_readable(store); }), "");
  EXPECT_EQ(refused([&] { require_store(store, StoreUse::read); }), "");
  ::chmod(folder.c_str(), 0777);
  EXPECT_EQ(refused([&] { require_store(store, StoreUse::write); }), "");
}

TEST_F(FileAccess, AFileOfAnotherUserIsNamedWithBothAndTheRemedy) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of another user";
  const std::string secret = file("jwt-secret", 0600);
  EXPECT_THAT(refused([&] { require_readable(secret); }),
              AllOf(HasSubstr("jwt-secret\" belongs to root"), HasSubstr("runs as nobody"),
                    HasSubstr("chown nobody " + secret)));
}

TEST_F(FileAccess, EachFileBesideTheStoreCounts) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of another user";
  ::chmod(folder.c_str(), 0777);
  const std::string store = file("baton.db", 0666);
  for (const char* suffix : {"-wal", "-shm", ".lock"}) {
    const std::string beside = file(std::string("baton.db") + suffix, 0600);
    EXPECT_THAT(refused([&] { require_store(store, StoreUse::write); }),
                HasSubstr("baton.db" + std::string(suffix) + "\" belongs to root"));
    ::unlink(beside.c_str());
  }
  ::chmod(folder.c_str(), 0755);
  EXPECT_THAT(refused([&] { require_store(store, StoreUse::write); }),
              HasSubstr("\"" + folder + "\" belongs to root"))
      << "the log is made beside it";
  ::chmod(folder.c_str(), 0700);
  EXPECT_THAT(refused([&] { require_store(store, StoreUse::read); }),
              AllOf(HasSubstr("\"" + folder + "\" belongs to root"), HasSubstr("chmod o+x")));
}

TEST_F(FileAccess, WhatLiesBesideALinkedStoreIsBesideTheFileItself) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can make a file of another user";
  const std::string data = folder + "/data";
  std::filesystem::create_directory(data);
  ::chmod(data.c_str(), 0777);
  const std::string store = file("data/baton.db", 0666);
  const std::string link = folder + "/baton.db";
  std::filesystem::create_symlink("data/baton.db", link);
  EXPECT_EQ(refused([&] { require_store(link, StoreUse::write); }), "")
      << "nothing is made in the folder of the link";
  const std::string lock = file("data/baton.db.lock", 0600);
  EXPECT_THAT(refused([&] { require_store(link, StoreUse::write); }),
              HasSubstr(lock + "\" belongs to root"));
  ::unlink(lock.c_str());
  ::chmod(data.c_str(), 0755);
  EXPECT_THAT(refused([&] { require_store(link, StoreUse::write); }),
              HasSubstr("\"" + data + "\" belongs to root"));
}

TEST_F(FileAccess, AFileOfOnesOwnIsNamedWithItsMode) {
  const std::string secret = file("jwt-secret", 0);
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(secret.c_str(), kNobody, kNobody), 0);
  }
  EXPECT_THAT(refused([&] { require_readable(secret); }),
              AllOf(HasSubstr("its mode is 0000"), HasSubstr("chmod u+r " + secret)));
}

}  // namespace
}  // namespace baton::app
