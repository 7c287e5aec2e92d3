#include "store/erase.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/reader.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNumber = "+12082097345";

TEST(WithoutNumber, WholeNumbersOnly) {
  EXPECT_EQ(without_number(R"({"a":"+12082097345","b":"+120820973451"})", kNumber),
            R"({"a":"erased","b":"+120820973451"})");
  EXPECT_EQ(without_number("+12082097345", kNumber), "erased");
  EXPECT_EQ(without_number("to +12082097345, +12082097345.", kNumber), "to erased, erased.");
  EXPECT_EQ(without_number("<sip:12082097345@10.0.0.1>", kNumber), "<sip:erased@10.0.0.1>");
  EXPECT_EQ(without_number("+112082097345 a12082097345b +12082097345;x", kNumber),
            "+112082097345 a12082097345b erased;x");
  EXPECT_EQ(without_number("", kNumber), "");
  EXPECT_EQ(without_number("+1", ""), "+1");
}

struct Erase : ::testing::Test {
  TempFolder folder;
  Store store = Store::open(folder.file("baton.db"), "baton");

  void SetUp() override {
    Records records;
    records.transfers.push_back({.id = "t1",
                                 .contact_id = "c1",
                                 .agent = "agent1",
                                 .state = "connected",
                                 .accepted_at = 1,
                                 .updated_at = 2,
                                 .json = R"({"phoneNumber":"+12082097345"})",
                                 .timeline = R"([{"detail":"+12082097345"}])"});
    records.transfers.push_back({.id = "t2",
                                 .contact_id = "c2",
                                 .agent = "agent1",
                                 .state = "connected",
                                 .accepted_at = 1,
                                 .updated_at = 2,
                                 .json = R"({"phoneNumber":"+120820973451"})",
                                 .timeline = "[]"});
    records.contacts.push_back({.id = "c1",
                                .direction = "inbound",
                                .customer = kNumber,
                                .queue_name = "Main",
                                .state = "ended",
                                .started_at = 1,
                                .updated_at = 2,
                                .json = R"({"customer":"+12082097345"})"});
    records.legs.push_back({.leg = "l1", .state = "sip:+12082097345@127.0.0.1"});
    const Status status = store.transact([&] { return store.upsert(records); });
    ASSERT_TRUE(status) << status.error;
  }
  [[nodiscard]] std::string bytes() const {
    std::string all;
    for (const char* suffix : {"", "-wal"}) {
      std::ifstream file(folder.file("baton.db") + suffix, std::ios::binary);
      all.append(std::istreambuf_iterator<char>(file), {});
    }
    return all;
  }
};

TEST_F(Erase, TheNumberGoesAndTheRecordsStay) {
  EXPECT_EQ(erase_number_from_records(store, kNumber), 2U);
  StoreReader reader(folder.file("baton.db"));
  const auto transfer = reader.transfer("t1");
  ASSERT_TRUE(transfer);
  EXPECT_EQ(transfer->json, R"({"phoneNumber":"erased"})");
  EXPECT_EQ(transfer->timeline, R"([{"detail":"erased"}])");
  EXPECT_EQ(reader.transfer("t2")->json, R"({"phoneNumber":"+120820973451"})");
  EXPECT_EQ(reader.contact("c1")->customer, "erased");
  EXPECT_EQ(erase_number_from_records(store, kNumber), 0U);
  EXPECT_EQ(erase_number_from_records(store, "+4930123456"), 0U);
}

TEST_F(Erase, NothingIsLeftOfItInTheFiles) {
  EXPECT_EQ(store.saved_legs().size(), 1U);
  ASSERT_TRUE(erase_number_from_records(store, kNumber));
  ASSERT_TRUE(forget_legs(store));
  EXPECT_TRUE(store.saved_legs().empty());
  EXPECT_THAT(bytes(), HasSubstr("+12082097345\"")) << "SQLite leaves it in what it freed";
  ASSERT_TRUE(scrub(store));
  EXPECT_THAT(bytes(), Not(HasSubstr("+12082097345\"")));
  EXPECT_THAT(bytes(), Not(HasSubstr("sip:+12082097345@")));
  EXPECT_THAT(bytes(), HasSubstr("+120820973451"));
}

}  // namespace
}  // namespace baton::store
