#include "app/rest_views.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stop_token>

#include "store/faulty_files.hpp"
#include "store/store.hpp"
#include "store/temp_folder.hpp"

namespace baton::app {
namespace {

using testing::HasSubstr;

TEST(RestViews, WhatCannotBeReadIsNotCalledAbsent) {
  store::FaultyFiles files;
  const store::TempFolder folder;
  const auto store = store::Store::open(folder.file("baton.db"), "baton");
  const gateway::Caller boss{.login = "boss", .role = directory::Role::supervisor};
  for (const char* resource : {"transfer", "timeline", "contact"}) {
    store::StoreReader reader(folder.file("baton.db"));  // A new one, which has no page in memory.
    const auto asked = [&] {
      return stored_json(reader, boss, {.resource = resource, .id = "t1", .query = {}}, 0);
    };
    files.fail_read = true;
    const gateway::RestReply unread = asked();
    EXPECT_EQ(unread.status, 503) << resource;
    EXPECT_THAT(unread.body, HasSubstr("backendUnavailable"));
    files.fail_read = false;
    EXPECT_EQ(asked().status, 404) << resource;
  }
}

TEST(RestViews, AFileIsGivenUpAtAStop) {
  const store::TempFolder folder;
  const auto store = store::Store::open(folder.file("baton.db"), "baton");
  store::StoreReader reader(folder.file("baton.db"));
  const gateway::Caller boss{.login = "boss", .role = directory::Role::supervisor};
  std::stop_source stop;
  const auto asked = [&] {
    return stored_json(reader, boss,
                       {.resource = "transfers", .id = "", .query = {{"format", "csv"}}}, 1'000'000,
                       stop.get_token());
  };
  EXPECT_EQ(asked().status, 200);
  stop.request_stop();
  const gateway::RestReply given_up = asked();
  EXPECT_EQ(given_up.status, 503);
  EXPECT_THAT(given_up.body, HasSubstr("the server stops"));
}

}  // namespace
}  // namespace baton::app
