#include "amazon/merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>

#include "directory/directory_json.hpp"
#include "directory/syntax.hpp"

namespace baton::amazon {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kInstance = "11111111-1111-4111-8111-111111111111";
constexpr const char* kAnother = "22222222-2222-4222-8222-222222222222";

/// `id` is of two characters: their bytes end the UUID.
std::string arn(const std::string& kind, const std::string& id,
                const std::string& instance = kInstance) {
  std::string end = "0000";
  for (const char c : id) {
    constexpr std::string_view kHex = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    end = end + "00" + kHex[byte >> 4U] + kHex[byte & 15U];
  }
  return "arn:aws:connect:eu-central-1:000000000000:instance/" + instance + '/' + kind +
         "/00000000-0000-4000-8000-" + end;
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
    instance_.logins = {{"u1", "Ann"}, {"u2", "Boss"}};
    directory_.routing_profiles = {profile("Nothing", "r1", {})};
    directory_.agent_states = directory::default_agent_states();
    add_account("ann", directory::Role::agent);
  }

  static directory::RoutingProfile profile(const std::string& name, const std::string& id,
                                           std::vector<directory::ProfileQueue> queues) {
    return {.name = name,
            .arn = arn("routing-profile", id),
            .queues = std::move(queues),
            .default_outbound_queue_arn = ""};
  }

  void add_account(const std::string& login, directory::Role role) {
    directory::Agent& added = directory_.agents.emplace_back();
    added.login = login;
    added.name = login;
    added.id = directory::id_of_login(login);
    added.role = role;
    added.routing_profile = "Nothing";
  }

  /// Whatever the instance has, the directory's own check must take it.
  [[nodiscard]] Merged checked() const {
    Merged made = merge(directory_, instance_);
    const auto parsed =
        directory::parse_directory(directory::print_directory(made.directory, false));
    if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
      ADD_FAILURE() << directory::print_faults(*faults);
    }
    return made;
  }

  /// The directory after an import, which the next one begins with.
  void import() { directory_ = checked().directory; }
  [[nodiscard]] std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (const auto& each : directory_.quick_connects) result.push_back(each.name);
    return result;
  }

  Instance instance_;
  directory::Directory directory_;
};

TEST_F(Merge, AddsQueuesAndQuickConnects) {
  const Merged merged = checked();
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
  const Merged again = checked();
  EXPECT_THAT(again.changes, IsEmpty());
  EXPECT_EQ(again.directory, directory_);
}

TEST_F(Merge, KeepsWhatOnlyBatonKnowsOfAQueue) {
  import();
  directory_.queues.front().max_waiting = 7;
  instance_.queues.front().name = " Sales EU ";
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, ElementsAre("renamed queue \"Sales\" to \"Sales EU\""));
  EXPECT_EQ(merged.directory.queues.front().max_waiting, 7);
}

TEST_F(Merge, TellsWhatChangedOfAQuickConnect) {
  import();
  instance_.quick_connects = {phone("p1", "Cab", "+4930999")};
  instance_.quick_connects.front().shown_by = {arn("queue", "q1"), arn("queue", "q2")};
  EXPECT_THAT(checked().changes,
              ElementsAre("changed quick connect \"Cab\" (was \"Taxi\"; +4930123456 is now "
                          "+4930999; shown by 2 queues)"));
}

TEST_F(Merge, RemovesWhatIsGoneAndOnlyThat) {
  import();
  directory::QuickConnect own;
  own.arn = arn("transfer-destination", "p1", kAnother);
  own.name = "Ours";
  own.phone_number = "+4930123456";
  directory_.quick_connects.push_back(own);
  instance_.quick_connects.clear();
  instance_.queues.pop_back();
  const Merged merged = checked();
  EXPECT_THAT(merged.changes,
              ElementsAre("removed quick connect \"Taxi\"", "removed queue \"Service\""));
  EXPECT_THAT(merged.directory.quick_connects, ElementsAre(own));
}

TEST_F(Merge, KeepsAQueueThatIsStillNeeded) {
  import();
  directory_.routing_profiles.push_back(profile("Day", "r2", {{arn("queue", "q2"), 1}}));
  directory_.inbound_numbers.push_back({"+4930111", arn("queue", "q1")});
  instance_.queues.clear();
  instance_.quick_connects.clear();
  const Merged merged = checked();
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

TEST_F(Merge, TakesAQueueThatWasMadeAgainOnceItsArnIsChanged) {
  InstanceQuickConnect queue = phone("p2", "To service");
  queue.type = "QUEUE";
  queue.queue_id = "q2";
  queue.shown_by = {arn("queue", "q1"), arn("queue", "q2")};
  instance_.quick_connects = {queue};
  import();
  directory_.routing_profiles.push_back(profile("Day", "r2", {{arn("queue", "q2"), 1}}));
  const directory::Directory before = directory_;
  instance_.queues[1] = {"q9", arn("queue", "q9"), "Service"};
  instance_.quick_connects[0].queue_id = "q9";
  instance_.quick_connects[0].shown_by = {arn("queue", "q1"), arn("queue", "q9")};
  const Merged kept = checked();
  EXPECT_THAT(kept.changes, IsEmpty());
  EXPECT_EQ(kept.directory, before) << "nobody is sent to a queue that no profile has";
  EXPECT_THAT(kept.notes, ElementsAre(AllOf(HasSubstr("routing profile \"Day\" needs it"),
                                            HasSubstr(arn("queue", "q9")))));

  directory_.queues[1].arn = arn("queue", "q9");
  directory_.routing_profiles[1].queues[0].queue_arn = arn("queue", "q9");
  directory_.quick_connects[0].queue_arn = arn("queue", "q9");
  directory_.quick_connects[0].shown_by[1] = arn("queue", "q9");
  const Merged done = checked();
  EXPECT_THAT(done.changes, IsEmpty());
  EXPECT_THAT(done.notes, IsEmpty());
}

TEST_F(Merge, ReplacesAQueueThatWasMadeAgainAndThatNobodyNeeds) {
  import();
  instance_.queues[0] = {"q9", arn("queue", "q9"), "Sales"};
  instance_.quick_connects[0].shown_by = {arn("queue", "q9")};
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, ElementsAre("added queue \"Sales\"",
                                          "changed quick connect \"Taxi\" (shown by 1 queue)",
                                          "removed queue \"Sales\""));
  EXPECT_THAT(merged.notes, IsEmpty());
}

TEST_F(Merge, LeavesOutAQueueWhoseNameIsTakenAndWhatOnlyItShows) {
  directory::Queue& own = directory_.queues.emplace_back();
  own.name = "Service";
  own.arn = arn("queue", "q2", kAnother);
  InstanceQuickConnect queue = phone("p2", "To service");
  queue.type = "QUEUE";
  queue.queue_id = "q2";
  InstanceQuickConnect hidden = phone("p3", "Hotel");
  hidden.shown_by = {arn("queue", "q2")};
  instance_.quick_connects = {queue, hidden};
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, ElementsAre("added queue \"Sales\""));
  EXPECT_THAT(merged.notes, ElementsAre(AllOf(HasSubstr("queue \"Service\" was left out"),
                                              HasSubstr(arn("queue", "q2", kAnother))),
                                        HasSubstr("its queue \"Service\" was left out"),
                                        HasSubstr("each queue that shows it was left out")));
}

TEST_F(Merge, KeepsTheNameOfAQueueWhoseNewOneCannotBeTaken) {
  import();
  instance_.queues[0].name = std::string(129, 'x');
  // Its name is not free then, though the instance has it for another one.
  instance_.queues[1].name = "Sales";
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, IsEmpty());
  EXPECT_THAT(merged.notes, ElementsAre(AllOf(HasSubstr("queue \"Sales\" was not renamed"),
                                              HasSubstr("has 129 bytes; at most 128 are allowed")),
                                        HasSubstr("queue \"Service\" was not renamed")));
}

TEST_F(Merge, QueuesMaySwapTheirNames) {
  import();
  std::swap(instance_.queues[0].name, instance_.queues[1].name);
  EXPECT_THAT(checked().changes, ElementsAre("renamed queue \"Sales\" to \"Service\"",
                                             "renamed queue \"Service\" to \"Sales\""));
}

TEST_F(Merge, TwoQueuesWhoseNamesDifferByBlanksAreOneName) {
  // Amazon takes both; "Service" must not be held up by it.
  instance_.queues.insert(instance_.queues.begin() + 1, {"q3", arn("queue", "q3"), "Sales "});
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, ElementsAre("added queue \"Sales\"", "added queue \"Service\"",
                                          "added quick connect \"Taxi\" (+4930123456)"));
  EXPECT_THAT(merged.notes, ElementsAre(AllOf(HasSubstr("queue \"Sales\" was left out"),
                                              HasSubstr(arn("queue", "q1")))));
}

TEST_F(Merge, AQueueKeepsItsNameWhereAnotherOfTheInstanceIsToGetTheSame) {
  import();
  instance_.queues[0].name = "Service ";
  // One that comes first has no better claim than the one whose name it is.
  instance_.queues.insert(instance_.queues.begin(), {"q3", arn("queue", "q3"), " Service"});
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, IsEmpty());
  EXPECT_THAT(
      merged.notes,
      ElementsAre(
          AllOf(HasSubstr("queue \"Service\" was left out"), HasSubstr(arn("queue", "q2"))),
          AllOf(HasSubstr("queue \"Sales\" was not renamed"), HasSubstr(arn("queue", "q2")))));
}

TEST_F(Merge, AQueueThatKeepsItsNameTakesItFromTheFirstOfTwoThatWantIt) {
  import();
  instance_.queues[0].name = std::string(129, 'x');
  instance_.queues[1].name = "Sales ";
  instance_.queues.insert(instance_.queues.begin(), {"q3", arn("queue", "q3"), "Sales"});
  const Merged merged = checked();
  EXPECT_THAT(merged.changes, IsEmpty());
  EXPECT_THAT(merged.notes, ElementsAre(HasSubstr("queue \"Sales\" was not renamed to \"xxx"),
                                        HasSubstr("queue \"Service\" was not renamed to \"Sales\""),
                                        HasSubstr("queue \"Sales\" was left out")));
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
  add_account("boss", directory::Role::supervisor);
  directory::QuickConnect& own = directory_.quick_connects.emplace_back();
  own.arn = arn("transfer-destination", "p1", kAnother);
  own.name = "Ours";
  own.phone_number = "+4930123456";
  if (std::string(GetParam().what) == "no_account") directory_.agents.front().login = "bob";
  GetParam().make(instance_.quick_connects.front());
  const Merged merged = checked();
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
        LeftOut{"supervisor",
                [](InstanceQuickConnect& each) {
                  each.type = "USER";
                  each.user_id = "u2";
                },
                "the account \"boss\" has the role supervisor"},
        LeftOut{"long_name",
                [](InstanceQuickConnect& each) {
                  each.name.clear();
                  for (int i = 0; i < 50; ++i) each.name += "\u6771";
                },
                "its name has 150 bytes; at most 128 are allowed"},
        LeftOut{"no_name", [](InstanceQuickConnect& each) { each.name = " "; },
                "its name is empty"},
        LeftOut{"control_character", [](InstanceQuickConnect& each) { each.name = "Ta\nxi"; },
                "its name has a control character"},
        LeftOut{"taken_name", [](InstanceQuickConnect& each) { each.name = "Ours"; },
                "another quick connect has that name"},
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
