#include "amazon/merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace baton::amazon {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kInstance = "11111111-1111-4111-8111-111111111111";

std::string arn(const std::string& kind, const std::string& id) {
  return std::string("arn:aws:connect:eu-central-1:000000000000:instance/") + kInstance + '/' +
         kind + '/' + id;
}

InstanceQuickConnect phone(const std::string& id, const std::string& name,
                           const std::string& number = "+4930123456") {
  InstanceQuickConnect made;
  made.id = id;
  made.arn = arn("transfer-destination", id);
  made.name = name;
  made.type = "PHONE_NUMBER";
  made.phone_number = number;
  made.shown_by = {arn("queue", "q1")};
  return made;
}

class Merge : public ::testing::Test {
 protected:
  Merge() {
    instance_.id = kInstance;
    instance_.queues = {{"q1", arn("queue", "q1"), "Sales"}, {"q2", arn("queue", "q2"), "Service"}};
    instance_.quick_connects = {phone("p1", "Taxi")};
    instance_.logins = {{"u1", "Ann"}};
    directory_.agents.emplace_back().login = "ann";
  }

  /// The directory after an import, which the next one begins with.
  void import() { directory_ = merge(directory_, instance_).directory; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& each : directory_.quick_connects) result.push_back(each.name);
    return result;
  }

  Instance instance_;
  directory::Directory directory_;
};

TEST_F(Merge, AddsQueuesAndQuickConnects) {
  const Merged merged = merge(directory_, instance_);
  EXPECT_THAT(merged.changes, ElementsAre("added queue \"Sales\"", "added queue \"Service\"",
                                          "added quick connect \"Taxi\" (+4930123456)"));
  EXPECT_THAT(merged.notes, IsEmpty());
  ASSERT_EQ(merged.directory.quick_connects.size(), 1U);
  const directory::QuickConnect& made = merged.directory.quick_connects.front();
  EXPECT_EQ(made.arn, arn("transfer-destination", "p1"));
  EXPECT_EQ(made.phone_number, "+4930123456");
  EXPECT_THAT(made.shown_by, ElementsAre(arn("queue", "q1")));
}

TEST_F(Merge, ChangesNothingTheSecondTime) {
  import();
  const Merged again = merge(directory_, instance_);
  EXPECT_THAT(again.changes, IsEmpty());
  EXPECT_EQ(again.directory, directory_);
}

TEST_F(Merge, KeepsWhatOnlyBatonKnowsOfAQueue) {
  import();
  directory_.queues.front().max_waiting = 7;
  instance_.queues.front().name = " Sales EU ";
  const Merged merged = merge(directory_, instance_);
  EXPECT_THAT(merged.changes, ElementsAre("renamed queue \"Sales\" to \"Sales EU\""));
  EXPECT_EQ(merged.directory.queues.front().max_waiting, 7);
}

TEST_F(Merge, TellsWhatChangedOfAQuickConnect) {
  import();
  instance_.quick_connects = {phone("p1", "Cab", "+4930999")};
  instance_.quick_connects.front().shown_by = {arn("queue", "q1"), arn("queue", "q2")};
  EXPECT_THAT(merge(directory_, instance_).changes,
              ElementsAre("changed quick connect \"Cab\" (was \"Taxi\"; +4930123456 is now "
                          "+4930999; shown by 2 queues)"));
}

TEST_F(Merge, RemovesWhatIsGoneAndOnlyThat) {
  import();
  directory::QuickConnect own;
  own.arn =
      "arn:aws:connect:eu-central-1:000000000000:instance/22222222-2222-4222-8222-222222222222/"
      "transfer-destination/p1";
  own.name = "Ours";
  directory_.quick_connects.push_back(own);
  instance_.quick_connects.clear();
  instance_.queues.pop_back();
  const Merged merged = merge(directory_, instance_);
  EXPECT_THAT(merged.changes,
              ElementsAre("removed quick connect \"Taxi\"", "removed queue \"Service\""));
  EXPECT_THAT(merged.directory.quick_connects, ElementsAre(own));
}

TEST_F(Merge, KeepsAQueueThatIsStillNeeded) {
  import();
  directory_.routing_profiles.push_back({.name = "Day",
                                         .arn = "",
                                         .queues = {{arn("queue", "q2"), 1}},
                                         .default_outbound_queue_arn = ""});
  directory_.inbound_numbers.push_back({"+4930111", arn("queue", "q1")});
  instance_.queues.clear();
  instance_.quick_connects.clear();
  const Merged merged = merge(directory_, instance_);
  EXPECT_THAT(merged.changes, ElementsAre("removed quick connect \"Taxi\""));
  EXPECT_EQ(merged.directory.queues.size(), 2U);
  EXPECT_THAT(merged.notes, ElementsAre(HasSubstr("inbound number +4930111 needs it"),
                                        HasSubstr("routing profile \"Day\" needs it")));
}

TEST_F(Merge, FindsTheAgentAndTheQueueOfAQuickConnect) {
  InstanceQuickConnect user = phone("p2", "Ann");
  user.type = "USER";
  user.user_id = "u1";
  InstanceQuickConnect queue = phone("p3", "To service");
  queue.type = "QUEUE";
  queue.queue_id = "q2";
  instance_.quick_connects = {user, queue};
  import();
  ASSERT_EQ(directory_.quick_connects.size(), 2U);
  EXPECT_EQ(directory_.quick_connects[0].agent_login, "ann");
  EXPECT_EQ(directory_.quick_connects[0].kind, directory::QuickConnectKind::agent);
  EXPECT_EQ(directory_.quick_connects[1].queue_arn, arn("queue", "q2"));
}

/// Quick connects that are left out, and why.
struct LeftOut {
  const char* what;
  void (*make)(InstanceQuickConnect&);
  const char* note;
};

class MergeLeavesOut : public Merge, public ::testing::WithParamInterface<LeftOut> {};

TEST_P(MergeLeavesOut, WithANote) {
  import();
  if (std::string(GetParam().what) == "no_account") directory_.agents.clear();
  GetParam().make(instance_.quick_connects.front());
  const Merged merged = merge(directory_, instance_);
  EXPECT_THAT(merged.notes, Contains(HasSubstr(GetParam().note)));
  // One that was transferable until now is removed: agents must not be offered it any more.
  EXPECT_THAT(merged.changes, ElementsAre("removed quick connect \"Taxi\""));
}

INSTANTIATE_TEST_SUITE_P(
    Each, MergeLeavesOut,
    ::testing::Values(
        LeftOut{"flow", [](InstanceQuickConnect& each) { each.type = "FLOW"; },
                "not transferable: FLOW quick connect \"Taxi\": a flow has no counterpart"},
        LeftOut{"new_type", [](InstanceQuickConnect& each) { each.type = "ROBOT"; },
                "its type \"ROBOT\" is not known"},
        LeftOut{"unknown_user",
                [](InstanceQuickConnect& each) {
                  each.type = "USER";
                  each.user_id = "u9";
                },
                "the instance has no user u9"},
        LeftOut{"no_account",
                [](InstanceQuickConnect& each) {
                  each.type = "USER";
                  each.user_id = "u1";
                },
                "no account with the login \"Ann\""},
        LeftOut{"agents_own_queue",
                [](InstanceQuickConnect& each) {
                  each.type = "QUEUE";
                  each.queue_id = "q9";
                },
                "none of the instance's standard queues"},
        LeftOut{"sip_uri",
                [](InstanceQuickConnect& each) { each.phone_number = "sip:taxi@example.com"; },
                "is not in E.164 form"},
        LeftOut{"shown_nowhere", [](InstanceQuickConnect& each) { each.shown_by.clear(); },
                "no queue shows it"}),
    [](const auto& each) { return std::string(each.param.what); });

}  // namespace
}  // namespace baton::amazon
