// What is known of customers is in the state, and so in each snapshot, for as long as it counts
// (docs/operations.md, "Personal data").

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::RequestKind;
using testing::kCustomer;
using testing::kOutside;
using testing::small_directory;
using testing::to_number;

constexpr TimeMs kHour = 3'600'000;
constexpr const char* kNeverDialled = "+19005550100";

/// A customer is talking with agent1.
struct ForgottenNumbers : testing::Talking {
  [[nodiscard]] bool kept(const char* number) const {
    return t.center.save().find(number) != std::string::npos;
  }
  void hang_up() {
    t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
    t.finish_ends();
  }
  void change_agent1(bool removed) {
    directory::Directory changed = small_directory();
    if (removed) {
      changed.agents.erase(changed.agents.begin());
    } else {
      changed.agents.front().enabled = false;
    }
    t.put(DirectoryChanged{std::move(changed)});
  }
};

TEST_F(ForgottenNumbers, AReplyIsKeptForAsLongAsItsIdCounts) {
  message::Request premium = to_number(kNeverDialled);
  premium.id = "r1";
  ASSERT_FALSE(transfer(premium).accepted);
  t.pass(23 * kHour);
  t.put(PhoneReachable{.login = "agent2", .reachable = true});
  EXPECT_TRUE(kept(kNeverDialled)) << "it may be asked for again";
  t.pass(2 * kHour);
  t.put(PhoneReachable{.login = "agent2", .reachable = false});
  EXPECT_FALSE(kept(kNeverDialled));
}

TEST_F(ForgottenNumbers, ANumberThatWasDialledIsKeptForTheDay) {
  const message::Request dialled = to_number(kOutside);
  ASSERT_TRUE(transfer(dialled).accepted);
  t.fail<DialLeg>(486, "Busy Here");
  hang_up();
  ASSERT_TRUE(kept(kOutside));
  t.pass(25 * kHour);
  t.put(PhoneReachable{.login = "agent2", .reachable = true});
  EXPECT_FALSE(kept(kOutside));
}

TEST_F(ForgottenNumbers, TheLastCallOfWhoCannotClearItAnyMore) {
  for (const bool removed : {true, false}) {
    hang_up();
    ASSERT_EQ(t.state_of("agent1"), "AfterCallWork");
    ASSERT_TRUE(kept(kCustomer));
    change_agent1(removed);
    EXPECT_FALSE(kept(kCustomer)) << removed;
    EXPECT_EQ(t.last_call("agent1", "agent").event, "Dropped");
    t.put(DirectoryChanged{small_directory()});
    EXPECT_EQ(t.state_of("agent1"), "Available") << "as he was, and free";
    call = t.call_in();
    agent_leg = t.answer("agent1");
  }
}

TEST_F(ForgottenNumbers, TheCallThatWhoCannotClearItTalkedOn) {
  change_agent1(true);
  ASSERT_TRUE(kept(kCustomer)) << "they talk on";
  hang_up();
  EXPECT_FALSE(kept(kCustomer));
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
}

TEST_F(ForgottenNumbers, WhatIsForgottenIsPartOfTheState) {
  message::Request premium = to_number(kNeverDialled);
  premium.id = "r1";
  ASSERT_FALSE(transfer(premium).accepted);
  t.pass(25 * kHour);
  ContactCenter again;
  ASSERT_EQ(again.load(t.center.save()), "");
  EXPECT_EQ(again.save(), t.center.save());
  // The same input makes the same of both.
  Input input;
  input.at = t.now + 1;
  input.body = PhoneReachable{.login = "agent2", .reachable = true};
  for (ContactCenter* each : {&t.center, &again}) {
    Outputs outputs;
    each->apply(input, outputs);
  }
  EXPECT_EQ(again.save(), t.center.save());
  EXPECT_FALSE(kept(kNeverDialled));
}

}  // namespace
}  // namespace baton::core
