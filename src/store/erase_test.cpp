#include "store/erase.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "store/reader.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::store {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kNumber = "+12082097345";

/// The number internationally, with or without its plus, and nationally; what really counts is
/// numbers/written_number.cpp's business.
bool is_number(std::string_view digits, bool plus) {
  return digits == "12082097345" || (!plus && digits == "2082097345");
}

std::string without(std::string_view text) { return without_number(text, &is_number); }
std::string json_without(std::string_view text) { return json_without_number(text, &is_number); }

TEST(WithoutNumber, WholeNumbersOnly) {
  EXPECT_EQ(without("+12082097345"), "erased");
  EXPECT_EQ(without("to +12082097345, +12082097345."), "to erased, erased.");
  EXPECT_EQ(without("+112082097345 a12082097345b +12082097345;x +120820973451"),
            "+112082097345 a12082097345b erased;x +120820973451");
  EXPECT_EQ(without("0198c0de-0000-7000-8000-2082097345ab"),
            "0198c0de-0000-7000-8000-2082097345ab");
  EXPECT_EQ(without(""), "");
  EXPECT_EQ(without("1"), "1");
}

TEST(WithoutNumber, HoweverItIsWritten) {
  for (const char* text :
       {"+12082097345", "12082097345", "2082097345", "+1 208 209 7345", "+1-208-209-7345",
        "(208) 209-7345", "208.209.7345", "208/2097345", "+1 (208) 209 - 7345", "1 208 209 7345",
        "%2B12082097345", "208\u00a0209\u20117345"}) {
    EXPECT_EQ(without(text), "erased") << text;
    EXPECT_EQ(without("a " + std::string(text) + ", b"), "a erased, b") << text;
  }
  EXPECT_EQ(without("<sip:+12082097345@10.0.0.1:5060;user=phone>"),
            "<sip:erased@10.0.0.1:5060;user=phone>");
  EXPECT_EQ(without("tel:+1-208-209-7345;ext=12"), "tel:erased;ext=12");
  EXPECT_EQ(without("2 208 209 7345 99"), "2 erased 99") << "what stands beside it stays";
  EXPECT_EQ(without("2082097345x12"), "erasedx12");
  EXPECT_EQ(without("208  -  (209)  7345"), "208  -  (209)  7345")
      << "that far apart it is a table";
}

TEST(WithoutNumber, OfJsonInStringsOnly) {
  EXPECT_EQ(json_without(R"({"a":"+12082097345","b":"+120820973451","at":12082097345})"),
            R"({"a":"erased","b":"+120820973451","at":12082097345})");
  EXPECT_EQ(json_without(R"({"note":"call\n208-209-7345 \"now\""})"),
            R"({"note":"call\nerased \"now\""})");
  EXPECT_EQ(json_without(R"({"note":"a\\"})"), R"({"note":"a\\"})");
  EXPECT_EQ(json_without("\"2082097345"), "\"2082097345") << "is no JSON";
  EXPECT_EQ(json_without("[]"), "[]");
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
  EXPECT_EQ(erase_number_from_records(store, &is_number), 2U);
  StoreReader reader(folder.file("baton.db"));
  const auto transfer = reader.transfer("t1");
  ASSERT_TRUE(transfer);
  EXPECT_EQ(transfer->json, R"({"phoneNumber":"erased"})");
  EXPECT_EQ(transfer->timeline, R"([{"detail":"erased"}])");
  EXPECT_EQ(reader.transfer("t2")->json, R"({"phoneNumber":"+120820973451"})");
  EXPECT_EQ(reader.contact("c1")->customer, "erased");
  EXPECT_EQ(erase_number_from_records(store, &is_number), 0U);
  EXPECT_EQ(erase_number_from_records(store, [](auto, auto) { return false; }), 0U);
}

TEST_F(Erase, PreferencesThatHaveItGoAndOthersStay) {
  const std::pair<const char*, const char*> kept[] = {
      {"text", R"({"recent":["+1 208 209 7345"]})"},
      {"key", R"({"recent":{"12082097345":3}})"},
      {"number", R"({"recent":[12082097345]})"},
      {"escaped", R"({"recent":["\u002b1208\u00a02097345"]})"},
      {"other", R"({"recent":["+120820973451",12082097344],"theme":"dark"})"}};
  for (const auto& [login, json] : kept) ASSERT_TRUE(store.put_preferences(login, json));
  EXPECT_EQ(erase_number_from_preferences(store, &is_number), 4U);
  StoreReader reader(folder.file("baton.db"));
  for (const char* login : {"text", "key", "number", "escaped"})
    EXPECT_EQ(reader.preferences(login), std::nullopt) << login;
  EXPECT_EQ(reader.preferences("other"), kept[4].second);
  EXPECT_EQ(erase_number_from_preferences(store, &is_number), 0U);
}

TEST_F(Erase, WhatAReaderKeepsInTheFileIsNoSuccess) {
  ASSERT_TRUE(erase_number_from_records(store, &is_number));
  ASSERT_TRUE(store.forget_legs());
  Database reader(folder.file("baton.db"), Database::Mode::read_only);
  ASSERT_TRUE(reader.execute("BEGIN"));
  EXPECT_EQ(reader.query_integer("SELECT count(*) FROM transfers"), 2);
  ASSERT_TRUE(store.database().execute("PRAGMA busy_timeout = 20"));
  const Status status = scrub(store);
  EXPECT_FALSE(status);
  EXPECT_THAT(status.error, HasSubstr("another program reads it"));
  EXPECT_THAT(bytes(), HasSubstr("sip:+12082097345@"));
  ASSERT_TRUE(reader.execute("COMMIT"));
  ASSERT_TRUE(scrub(store));
  EXPECT_THAT(bytes(), Not(HasSubstr("sip:+12082097345@")));
}

TEST_F(Erase, NothingIsLeftOfItInTheFiles) {
  EXPECT_EQ(store.saved_legs().size(), 1U);
  ASSERT_TRUE(erase_number_from_records(store, &is_number));
  ASSERT_TRUE(store.forget_legs());
  EXPECT_TRUE(store.saved_legs().empty());
  EXPECT_THAT(bytes(), HasSubstr("+12082097345\"")) << "SQLite leaves it in what it freed";
  ASSERT_TRUE(scrub(store));
  EXPECT_THAT(bytes(), Not(HasSubstr("+12082097345\"")));
  EXPECT_THAT(bytes(), Not(HasSubstr("sip:+12082097345@")));
  EXPECT_THAT(bytes(), HasSubstr("+120820973451"));
}

}  // namespace
}  // namespace baton::store
