#include "store/store.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/faulty_files.hpp"
#include "store/reader.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

directory::ImportedDirectory example() {
  std::ifstream file(std::string(BATON_SOURCE_DIR) + "/examples/directory.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return std::get<directory::ImportedDirectory>(directory::parse_directory(text));
}

/// What an open that must fail says.
std::string refusal(const std::string& path) {
  try {
    const Store store = Store::open(path, "baton");
  } catch (const StoreError& error) {
    return error.what();
  }
  return "it was opened";
}

class StoreTest : public testing::Test {
 protected:
  [[nodiscard]] Store open(const std::string& realm = "baton") const {
    return Store::open(path_, realm);
  }

  TempFolder folder_;
  std::string path_ = folder_.file("baton.db");
};

TEST_F(StoreTest, ANewStoreIsEmptyAndHasAnEpoch) {
  std::string epoch;
  {
    const Store store = open();
    epoch = store.epoch();
    EXPECT_EQ(epoch.size(), 36U);
    EXPECT_EQ(store.load_directory(), directory::Directory());
    EXPECT_THAT(store.secrets(), IsEmpty());
    EXPECT_EQ(store.realm(), "baton");
  }
  EXPECT_EQ(open().epoch(), epoch);
  EXPECT_NE(Store::open(folder_.file("other.db"), "baton").epoch(), epoch);
}

TEST_F(StoreTest, ABackupThatIsOpenedHasAnotherEpochFromThenOn) {
  const std::string backup = folder_.file("backup.db");
  Store store = open();
  ASSERT_TRUE(store.put_directory(example()).status);
  ASSERT_TRUE(store.database().execute("VACUUM INTO '" + backup + "'"));
  std::string renewed;
  {
    const Store copy = Store::open(backup, "baton");
    renewed = copy.epoch();
    EXPECT_EQ(renewed.size(), 36U);
    EXPECT_NE(renewed, store.epoch());
    EXPECT_EQ(copy.sip_key(), store.sip_key());
    EXPECT_EQ(copy.load_directory(), store.load_directory());
  }
  EXPECT_EQ(Store::open(backup, "baton").epoch(), renewed);
}

TEST_F(StoreTest, TheFileIsPrivateAndSynced) {
  Store store = open();
  for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
    struct stat info{};
    ASSERT_EQ(::stat((path_ + suffix).c_str(), &info), 0) << suffix;
    EXPECT_EQ(info.st_mode & 0777, 0600U) << suffix;
  }
  EXPECT_EQ(store.database().query_integer("PRAGMA synchronous"), 2);
}

TEST_F(StoreTest, ItsOwnFolderIsMadeButNoneAbove) {
  EXPECT_NO_THROW(static_cast<void>(Store::open(folder_.file("new/baton.db"), "baton")));
  EXPECT_THAT(refusal(folder_.file("far/away/baton.db")), HasSubstr("cannot make its folder"));
  EXPECT_THAT(refusal(""), HasSubstr("store.path is empty"));
  EXPECT_THAT(refusal(folder_.path()), HasSubstr("directory"));
}

TEST_F(StoreTest, ASecondWriterIsRefusedByName) {
  const Store store = open();
  const std::string text = refusal(path_);
  EXPECT_THAT(text, HasSubstr(path_));
  EXPECT_THAT(text,
              HasSubstr("in use by another Baton (process " + std::to_string(::getpid()) + ")"));
  EXPECT_THAT(text, HasSubstr("store.path"));
  // Another name of the same file is the same store.
  EXPECT_THAT(refusal(folder_.path() + "/./baton.db"), HasSubstr("in use"));
}

TEST_F(StoreTest, TheLockEndsWithItsProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const Store store = open();
    const char byte = 'x';
    [[maybe_unused]] const ssize_t written = ::write(ready[1], &byte, 1);
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_THAT(refusal(path_), HasSubstr("process " + std::to_string(child)));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  EXPECT_NO_THROW(static_cast<void>(open()));
}

TEST_F(StoreTest, WhatIsNoStoreIsRefusedAndLeftAlone) {
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_THAT(refusal(path_), HasSubstr("no SQLite file"));

  const std::string other = folder_.file("other.db");
  {
    Database database(other, Database::Mode::read_write);
    ASSERT_TRUE(database.execute("CREATE TABLE notes(text)"));
  }
  EXPECT_THAT(refusal(other), HasSubstr("not a Baton store"));
  Database database(other, Database::Mode::read_only);
  Statement mode = database.prepare("PRAGMA journal_mode");
  ASSERT_EQ(mode.step(), Statement::Step::row);
  EXPECT_EQ(mode.text(0), "delete") << "its header is as it was";
}

TEST_F(StoreTest, AnOlderFileIsMigratedAndKeepsWhatItHas) {
  for (std::size_t version = 1; version < schema_steps().size(); ++version) {
    const std::string path = folder_.file("v" + std::to_string(version) + ".db");
    {
      Database database(path, Database::Mode::read_write);
      for (std::size_t step = 0; step < version; ++step) {
        ASSERT_TRUE(database.execute(schema_steps()[step]));
      }
      ASSERT_TRUE(database.execute(
          "PRAGMA journal_mode = WAL; INSERT INTO meta VALUES('epoch', 'from-before');"
          "PRAGMA application_id = " +
          std::to_string(kApplicationId) + "; PRAGMA user_version = " + std::to_string(version)));
    }
    try {
      const StoreReader reader(path);
      ADD_FAILURE() << "a reader must not take an older file";
    } catch (const StoreError& error) {
      EXPECT_THAT(error.what(), HasSubstr("start the server once"));
    }
    Store store = Store::open(path, "baton");
    EXPECT_EQ(store.epoch(), "from-before");
    EXPECT_EQ(store.database().query_integer("PRAGMA user_version"), schema_version());
    EXPECT_TRUE(store.put_directory(example()).status);
    EXPECT_TRUE(store.transact(
        [&] { return store.upsert({{{"t", "c", "a", "s", 1, 2, "{}", ""}}, {}, {}, {}, {}}); }));
    Records records;
    records.audit.resize(1);
    EXPECT_TRUE(store.transact([&] { return store.upsert(records); })) << "it has an audit now";
  }
}

TEST_F(StoreTest, ANewerFileIsRefused) {
  {
    Store store = open();
    ASSERT_TRUE(store.database().execute("PRAGMA user_version = 99"));
  }
  EXPECT_THAT(refusal(path_), HasSubstr("newer Baton (schema 99"));
}

TEST_F(StoreTest, ADirectoryComesBackWithItsVersion) {
  const directory::ImportedDirectory imported = example();
  {
    Store store = open();
    const PutResult first = store.put_directory(imported);
    ASSERT_TRUE(first.status) << first.status.error;
    EXPECT_EQ(first.version, 1U);
    EXPECT_THAT(first.without_password, IsEmpty());
    EXPECT_EQ(store.put_directory(imported).version, 2U);
  }
  directory::Directory expected = imported.directory;
  expected.version = 2;
  const Store store = open();
  EXPECT_EQ(store.load_directory(), expected);
  StoreReader reader(path_);
  EXPECT_EQ(reader.directory_version(), 2U);
  EXPECT_EQ(reader.directory_json(), directory::print_directory(expected, false));
  EXPECT_EQ(reader.epoch(), store.epoch());
}

TEST_F(StoreTest, OldDirectoriesAreForgotten) {
  Store store = open();
  directory::ImportedDirectory imported = example();
  imported.passwords.clear();
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(store.put_directory(imported).status);
  EXPECT_EQ(store.database().query_integer("SELECT count(*) FROM directory"), 20);
  EXPECT_EQ(store.load_directory().version, 30U);
}

TEST_F(StoreTest, ADirectoryThatCouldNotBeReadBackIsRefused) {
  Store store = open();
  directory::Directory directory = example().directory;
  directory.inbound_numbers[0].number = "nobody";
  const PutResult result = store.put_directory(directory, {});
  EXPECT_THAT(result.status.error, HasSubstr("/inboundNumbers/0/number"));
  EXPECT_EQ(store.load_directory().version, 0U);
}

TEST_F(StoreTest, ADirectoryThatReplacesAVersionIsTakenOnlyWhileItIsInForce) {
  Store store = open();
  directory::ImportedDirectory imported = example();
  ASSERT_TRUE(store.put_directory(imported).status);
  imported.directory.version = 1;
  EXPECT_EQ(store.put_directory(imported).version, 2U);
  const PutResult late = store.put_directory(imported);
  EXPECT_TRUE(late.outdated);
  EXPECT_THAT(late.status.error, HasSubstr("replacesVersion is 1, and version 2 is in force"));
  EXPECT_EQ(store.load_directory().version, 2U);
}

TEST_F(StoreTest, PasswordsAreKeptChangedAndForgotten) {
  Store store = open();
  directory::ImportedDirectory imported = example();
  ASSERT_TRUE(store.put_directory(imported).status);
  const auto before = store.credentials();

  imported.passwords = {{"agent2", "another-password"}};
  auto& agents = imported.directory.agents;
  agents.erase(agents.begin() + 3);  // agent4
  imported.directory.quick_connects.pop_back();
  directory::Agent added;
  added.login = "agent5";
  added.name = "Agent Five";
  added.id = "00000000-0000-4000-8000-000000000005";
  added.routing_profile = agents[0].routing_profile;
  agents.push_back(added);
  const PutResult result = store.put_directory(imported);
  ASSERT_TRUE(result.status) << result.status.error;
  EXPECT_THAT(result.without_password, ElementsAre("agent5"));

  EXPECT_TRUE(store.verify_password("agent1", "demo-agent1"));
  EXPECT_FALSE(store.verify_password("agent2", "demo-agent2"));
  EXPECT_TRUE(store.verify_password("agent2", "another-password"));
  EXPECT_FALSE(store.verify_password("agent4", "demo-agent4"));
  EXPECT_FALSE(store.verify_password("agent5", ""));
  EXPECT_FALSE(store.verify_password("nobody", "nobody has this password"));
  StoreReader reader(path_);
  EXPECT_TRUE(reader.verify_password("agent2", "another-password"));
  EXPECT_FALSE(reader.verify_password("nobody", "nobody has this password"));
  // What did not change was not hashed again.
  EXPECT_EQ(store.credentials()[0], before[0]);
}

TEST_F(StoreTest, HashesThatNobodyWaitsForAreGivenUp) {
  std::stop_source stop;
  const std::map<std::string, std::string> passwords{{"agent1", "one-password"}};
  EXPECT_EQ(hash_passwords(passwords, "baton", {}, stop.get_token()).size(), 1U);
  stop.request_stop();
  EXPECT_THROW((void)hash_passwords(passwords, "baton", {}, stop.get_token()), StoreError);
}

TEST_F(StoreTest, SessionsAreKeptUntilTheyAreRemovedOrTheirPasswordChanges) {
  const auto session = [](char of, const std::string& login) {
    return SessionRow{std::string(31, '\0') + of, login, "agent", 1'700'000'000};
  };
  directory::ImportedDirectory imported = example();
  {
    Store store = open();
    ASSERT_TRUE(store.put_directory(imported).status);
    for (const SessionRow& each : {session('a', "agent1"), session('b', "agent1"),
                                   session('c', "agent2"), session('d', "agent4")}) {
      ASSERT_TRUE(store.put_session(each));
    }
    ASSERT_TRUE(store.remove_sessions({session('a', "").digest, session('x', "").digest}));
    ASSERT_TRUE(store.remove_sessions({}));
  }
  Store store = open();
  StoreReader reader(path_);
  EXPECT_THAT(reader.sessions(),
              ElementsAre(session('b', "agent1"), session('c', "agent2"), session('d', "agent4")));
  PutResult put = store.put_directory(imported);
  ASSERT_TRUE(put.status);
  EXPECT_EQ(reader.sessions().size(), 3U) << "the same passwords change nothing";
  EXPECT_THAT(put.sessions_forgotten, IsEmpty());
  imported.passwords = {{"agent2", "another-password"}};
  imported.directory.agents.erase(imported.directory.agents.begin() + 3);  // agent4
  imported.directory.quick_connects.pop_back();
  put = store.put_directory(imported);
  ASSERT_TRUE(put.status);
  EXPECT_THAT(reader.sessions(), ElementsAre(session('b', "agent1")));
  EXPECT_THAT(put.sessions_forgotten, ElementsAre("agent4", "agent2"));
  EXPECT_THAT(put.ended_sessions, ElementsAre(session('d', "agent4"), session('c', "agent2")));
}

TEST_F(StoreTest, APhoneOfWhomItIsNoMoreIsForgotten) {
  const auto phone = [](const std::string& login) {
    Registration registration;
    registration.login = login;
    registration.contact = "sip:" + login + "@127.0.0.9:5070";
    registration.via_route = "sip:127.0.0.9:5070;transport=udp";
    registration.expires_at = 7;
    return registration;
  };
  const auto ended = [&phone](const std::string& login) {
    return PutResult::Phone{
        .login = login, .via_route = phone(login).via_route, .expires_at = phone(login).expires_at};
  };
  directory::ImportedDirectory imported = example();
  Store store = open();
  ASSERT_TRUE(store.put_directory(imported).status);
  for (const char* login : {"agent1", "agent2", "agent3", "agent4"}) {
    ASSERT_TRUE(store.put_registration(phone(login)));
  }
  PutResult put = store.put_directory(imported);
  ASSERT_TRUE(put.status);
  EXPECT_EQ(store.registrations().size(), 4U) << "the same passwords change nothing";
  EXPECT_THAT(put.ended_phones, IsEmpty());
  imported.passwords = {{"agent2", "another-password"}};
  imported.directory.agents.at(2).enabled = false;
  imported.directory.agents.erase(imported.directory.agents.begin() + 3);  // agent4
  imported.directory.quick_connects.pop_back();
  put = store.put_directory(imported);
  ASSERT_TRUE(put.status);
  EXPECT_THAT(put.ended_phones, ElementsAre(ended("agent3"), ended("agent4"), ended("agent2")));
  EXPECT_THAT(store.registrations(), ElementsAre(phone("agent1")));
}

TEST_F(StoreTest, NoPasswordIsInTheFile) {
  {
    Store store = open();
    ASSERT_TRUE(store.put_directory(example()).status);
  }
  std::ifstream file(path_, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(bytes, HasSubstr("agent1"));
  EXPECT_THAT(bytes, testing::Not(HasSubstr("demo-agent1")));
  EXPECT_THAT(bytes, HasSubstr("$argon2id$v=19$m=19456,t=2,p=1$"));
}

TEST_F(StoreTest, TheSamePasswordHasAnotherHashEachTime) {
  Store store = open();
  directory::ImportedDirectory imported = example();
  imported.passwords = {{"agent1", "the same for both"}, {"agent2", "the same for both"}};
  ASSERT_TRUE(store.put_directory(imported).status);
  const auto encoded = [&store](std::string_view login) {
    for (const Credential& one : store.credentials())
      if (one.login == login) return one.encoded;
    return std::string();
  };
  EXPECT_THAT(encoded("agent1"), HasSubstr("$argon2id$"));
  EXPECT_THAT(encoded("agent2"), HasSubstr("$argon2id$"));
  EXPECT_NE(encoded("agent1"), encoded("agent2")) << "each with a salt of its own";
}

TEST_F(StoreTest, SecretsAreForThosePhonesThatMayRegister) {
  {
    Store store = open();
    directory::ImportedDirectory imported = example();
    imported.directory.agents[2].enabled = false;
    ASSERT_TRUE(store.put_directory(imported).status);
    std::vector<std::string> logins;
    for (const Secret& secret : store.secrets()) logins.push_back(secret.login);
    EXPECT_THAT(logins, ElementsAre("agent1", "agent2", "agent4", "supervisor1"));
    // printf 'agent1:baton:demo-agent1' | md5sum
    EXPECT_EQ(store.secrets()[0].ha1, make_ha1("agent1", "baton", "demo-agent1"));
    EXPECT_THAT(store.stale_secrets(), IsEmpty());
    EXPECT_EQ(store.demo_accounts().size(), 6U);
  }
  const Store store = open("another.realm");
  EXPECT_THAT(store.secrets(), IsEmpty());
  EXPECT_THAT(store.stale_secrets(), ElementsAre("agent1", "agent2", "agent4", "supervisor1"));
}

TEST_F(StoreTest, DemoAccountsAreThoseNotChanged) {
  Store store = open();
  directory::ImportedDirectory imported = example();
  for (auto& [login, password] : imported.passwords) {
    if (login != "agent3") password = "changed-" + login;
  }
  ASSERT_TRUE(store.put_directory(imported).status);
  EXPECT_THAT(store.demo_accounts(), ElementsAre("agent3"));
}

TEST(Credentials, Ha1IsThatOfTheStandardsExample) {
  // RFC 2617, section 3.5: the HA1 behind its example's response.
  EXPECT_EQ(make_ha1("Mufasa", "testrealm@host.com", "Circle Of Life"),
            "939e7578ed9e3c518a452acee763bce9");
}

TEST(Credentials, ADamagedHashVerifiesNothing) {
  EXPECT_FALSE(verify_encoded("$argon2id$v=19$m=19456,t=2,p=1$xx", "x"));
  EXPECT_FALSE(verify_encoded("plain", "plain"));
  EXPECT_FALSE(verify_encoded("", ""));
}

TEST_F(StoreTest, RegistrationsSurvive) {
  const Registration phone{"agent1",
                           "sip:agent1@127.0.0.9:5070",
                           "sip:127.0.0.9:5070",
                           "call-1",
                           7,
                           1000,
                           "phone",
                           "<urn:uuid:1>;1"};
  Registration other = phone;
  other.contact = "sip:agent1@127.0.0.9:5071";
  {
    Store store = open();
    ASSERT_TRUE(store.put_registration(phone));
    ASSERT_TRUE(store.put_registration(other));
    other.cseq = 4294967295U;
    ASSERT_TRUE(store.put_registration(other));
  }
  Store store = open();
  EXPECT_THAT(store.registrations(), ElementsAre(phone, other));
  ASSERT_TRUE(store.remove_registration("agent1", phone.contact));
  EXPECT_THAT(store.registrations(), ElementsAre(other));
}

TEST_F(StoreTest, LegsAndRegistrationsGoWithABatch) {
  const Registration phone{
      "agent1", "sip:agent1@127.0.0.9:5070", "sip:127.0.0.9:5070", "call-1", 7, 1000, "phone", ""};
  const std::string bytes("\0\xff;", 3);
  {
    Store store = open();
    Records records;
    records.legs = {{"a", "old"}, {"b", bytes}, {"c", "3"}, {"a", "new"}};
    records.registrations = {{phone, false}, {phone, true}, {phone, false}};
    ASSERT_TRUE(store.transact([&] { return store.upsert(records); }));
  }
  Store store = open();
  EXPECT_THAT(store.saved_legs(),
              ElementsAre(LegRow{"a", "new"}, LegRow{"b", bytes}, LegRow{"c", "3"}));
  EXPECT_THAT(store.registrations(), ElementsAre(phone));
  Records records;
  records.legs = {{"b", ""}, {"c", "4"}, {"c", ""}, {"unknown", ""}};
  records.registrations = {{phone, true}};
  ASSERT_TRUE(store.transact([&] { return store.upsert(records); }));
  EXPECT_THAT(store.saved_legs(), ElementsAre(LegRow{"a", "new"}));
  EXPECT_THAT(store.registrations(), IsEmpty());
}

TEST_F(StoreTest, LegsOfAnOlderFileAreTakenOver) {
  {
    Database database(path_, Database::Mode::read_write);
    for (std::size_t step = 0; step < 6; ++step) {
      ASSERT_TRUE(database.execute(schema_steps()[step]));
    }
    ASSERT_TRUE(
        database.execute("INSERT INTO legs VALUES('b', x'00ff3b'), ('a', x'31');"
                         "PRAGMA application_id = " +
                         std::to_string(kApplicationId) + "; PRAGMA user_version = 6"));
  }
  for (int i = 0; i < 2; ++i) {
    Store store = open();
    EXPECT_THAT(store.saved_legs(),
                ElementsAre(LegRow{"a", "1"}, LegRow{"b", std::string("\0\xff;", 3)}));
    EXPECT_EQ(store.database().query_integer("SELECT count(*) FROM legs"), 0);
  }
}

TEST_F(StoreTest, TheSipKeyIsDrawnOnce) {
  std::string key;
  {
    const Store store = open();
    key = store.sip_key();
    EXPECT_EQ(key.size(), 32U);
  }
  EXPECT_EQ(open().sip_key(), key);
  EXPECT_NE(Store::open(folder_.file("other.db"), "baton").sip_key(), key);
}

TEST_F(StoreTest, ADamagedSipKeyIsRefused) {
  {
    Store store = open();
    ASSERT_TRUE(
        store.database().execute("UPDATE meta SET value = 'not hex' WHERE key = 'sip_key'"));
  }
  EXPECT_THAT(refusal(path_), HasSubstr("sip_key is damaged"));
}

TEST_F(StoreTest, IdsAreNeverGivenTwice) {
  {
    Store store = open();
    EXPECT_EQ(store.take_ids("command", 10), 1U);
    EXPECT_EQ(store.take_ids("command", 1), 11U);
    EXPECT_EQ(store.take_ids("other", 1), 1U);
  }
  EXPECT_EQ(open().take_ids("command", 1), 12U);
}

TEST_F(StoreTest, AFailedTransactionLeavesNothing) {
  Store store = open();
  const Status status = store.transact([&] {
    EXPECT_TRUE(store.upsert({{{"t1", "c", "a", "s", 1, 2, "{}", ""}}, {}}));
    return Status::failure("changed my mind");
  });
  EXPECT_EQ(status.error, "changed my mind");
  EXPECT_EQ(StoreReader(path_).transfer("t1"), std::nullopt);
  EXPECT_TRUE(store.transact([] { return Status{}; }));
}

TEST(StoreFaults, AFullDiskIsAnErrorWithARemedyAndNothingIsLost) {
  FaultyFiles files;
  const TempFolder folder;
  Store store = Store::open(folder.file("baton.db"), "baton");
  ASSERT_TRUE(store.put_directory(example()).status);
  files.fail_write = true;
  const PutResult result = store.put_directory(example());
  EXPECT_THAT(result.status.error, HasSubstr("free space"));
  EXPECT_EQ(result.version, 0U);
  EXPECT_EQ(store.take_ids("x", 1), std::nullopt);
  EXPECT_EQ(store.prune_records(100, 100), 0U);  // Nothing to delete, nothing to write.
  files.fail_write = false;
  EXPECT_EQ(store.load_directory().version, 1U);
  EXPECT_EQ(store.put_directory(example()).version, 2U);
}

}  // namespace
}  // namespace baton::store
