#include <functional>

#include "core/test_switch.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::RequestKind;
using testing::kOutside;
using testing::TestCenter;
using testing::TestSwitch;
using testing::to_number;
using testing::to_quick_connect;

message::Request released_on(message::Request request, message::ReleaseOn when) {
  request.options.release_on = when;
  return request;
}

/// A kind of transfer, from its request to where it ends.
struct Story {
  const char* name;
  std::function<void(TestSwitch&)> run;
};

void transfer(TestSwitch& s, message::Request request, bool answers = true) {
  s.request("agent1", RequestKind::blind_transfer, std::move(request));
  s.run(answers);
}

void cancel(TestSwitch& s) { s.request("agent1", RequestKind::cancel_transfer); }

std::vector<Story> stories() {
  using message::ReleaseOn;
  return {
      {"number", [](TestSwitch& s) { transfer(s, to_number(kOutside)); }},
      {"number, released at once",
       [](TestSwitch& s) { transfer(s, released_on(to_number(kOutside), ReleaseOn::accepted)); }},
      {"number, released when answered",
       [](TestSwitch& s) { transfer(s, released_on(to_number(kOutside), ReleaseOn::answered)); }},
      {"number that nobody answers",
       [](TestSwitch& s) {
         transfer(s, to_number(kOutside), false);
         s.pass(30'000);
       }},
      {"number, canceled before the release",
       [](TestSwitch& s) {
         transfer(s, released_on(to_number(kOutside), ReleaseOn::answered), false);
         cancel(s);
         s.run();
       }},
      {"number, taken back",
       [](TestSwitch& s) {
         transfer(s, to_number(kOutside), false);
         cancel(s);
         s.run();
       }},
      {"queue",
       [](TestSwitch& s) { transfer(s, to_quick_connect(QuickConnectType::queue, "queue")); }},
      {"queue where nobody is free",
       [](TestSwitch& s) {
         s.request("agent2", RequestKind::logout);
         s.sign_in("agent3");
         message::Request away;
         away.state = message::AgentStateRef{.label = "Break", .code = "Break", .type = ""};
         s.request("agent3", RequestKind::update_state, std::move(away));
         transfer(s, to_quick_connect(QuickConnectType::queue, "queue"));
         s.pass(700'000);
       }},
      {"agent",
       [](TestSwitch& s) { transfer(s, to_quick_connect(QuickConnectType::agent, "agent2")); }},
      {"agent, released when answered",
       [](TestSwitch& s) {
         transfer(s, released_on(to_quick_connect(QuickConnectType::agent, "agent2"),
                                 ReleaseOn::answered));
       }},
      {"hold and resume",
       [](TestSwitch& s) {
         s.request("agent1", RequestKind::hold);
         s.run();
         s.request("agent1", RequestKind::resume);
         s.run();
       }},
  };
}

/// A customer talks with agent1; agent2 is free.
LegId begin(TestSwitch& s) {
  s.sign_in("agent1");
  const LegId customer = s.call_in();
  s.run();
  s.sign_in("agent2");
  EXPECT_EQ(s.center.state_of("agent1"), "Busy");
  return customer;
}

/// Which legs the new process finds.
enum class Found : std::uint8_t { all, none, customer, all_but_agents, all_but_outside };

std::vector<LegId> adopted(const TestSwitch& s, const LegId& customer, Found found) {
  std::map<LegId, bool> outside;
  for (const Output& output : s.center.all) {
    const auto* command = std::get_if<Command>(&output);
    const auto* dial = command == nullptr ? nullptr : std::get_if<DialLeg>(&command->body);
    if (dial != nullptr) outside[dial->leg] = std::holds_alternative<OutsideNumber>(dial->target);
  }
  std::vector<LegId> list;
  for (const LegId& leg : s.legs) {
    const bool is_customer = leg == customer;
    const bool is_outside = !is_customer && outside[leg];
    const bool taken = found == Found::all || (found == Found::customer && is_customer) ||
                       (found == Found::all_but_agents && (is_customer || is_outside)) ||
                       (found == Found::all_but_outside && !is_outside);
    if (taken) list.push_back(leg);
  }
  return list;
}

void expect_one_outcome_each(const TestSwitch& s) {
  std::map<TransferId, int> outcomes;
  for (const message::Event& event : s.center.events) {
    const auto* change = std::get_if<message::TransferStateChange>(&event.body);
    if (change == nullptr) continue;
    outcomes[change->transfer_id] +=
        message::is_outcome(change->state) && change->state != message::TransferState::completed
            ? 1
            : 0;
  }
  for (const auto& [id, count] : outcomes) EXPECT_EQ(count, 1) << to_string(id);
}

void expect_no_gap(const TestSwitch& s) {
  std::map<std::string, std::uint64_t> last;
  for (const message::Event& event : s.center.events) {
    if (!event.sequence) continue;
    EXPECT_EQ(*event.sequence, last[event.agent] + 1) << event.agent;
    last[event.agent] = *event.sequence;
  }
}

/// The process dies before input `at` of the story and another one goes on. False when the story
/// is over before.
bool dies_and_goes_on(const Story& story, int at, Found found) {
  TestSwitch s;
  const LegId customer = begin(s);
  s.inputs_left = at;
  bool died = false;
  try {
    story.run(s);
  } catch (const TestSwitch::Killed&) {
    died = true;
  }
  if (!died) return false;
  s.inputs_left = -1;
  SCOPED_TRACE(std::string(story.name) + ", dies before input " + std::to_string(at) + ", finds " +
               std::to_string(static_cast<int>(found)));
  const std::vector<LegId> taken = adopted(s, customer, found);
  const bool connected =
      !s.center.transfer_states("agent1").empty() &&
      s.center.transfer_states("agent1").back().state == message::TransferState::connected;
  s.legs = std::set<LegId>(taken.begin(), taken.end());
  s.center.restart(taken);
  s.run();
  s.sign_in("agent3");  // Whoever waits is taken by somebody.
  s.pass(60'000);

  const Counters now = s.center.center.counters();
  EXPECT_EQ(now.illegal_moves, 0U) << s.center.way("agent1");
  if (found == Found::none) {
    EXPECT_EQ(now.contacts_open, 0U) << s.center.center.dump();
  } else if (!connected) {
    EXPECT_EQ(now.contacts_open, 1U) << "the customer is lost\n" << s.center.center.dump();
    EXPECT_EQ(now.transfers_open, 0U) << s.center.center.dump();
    EXPECT_TRUE(s.legs.contains(customer));
  }
  s.hang_up(customer);
  s.run();
  s.pass(60'000);
  const Counters end = s.center.center.counters();
  EXPECT_EQ(end.contacts_open, 0U) << s.center.center.dump();
  EXPECT_EQ(end.legs_open, 0U);
  EXPECT_EQ(end.commands_open, 0U) << s.center.center.dump();
  EXPECT_TRUE(s.legs.empty()) << "a leg is left up";
  EXPECT_TRUE(s.center.timers.empty());
  expect_one_outcome_each(s);
  expect_no_gap(s);
  return true;
}

class EachStory : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EachStory, EndsProperlyWhereverTheProcessDies) {
  const Story story = stories().at(GetParam());
  for (const Found found :
       {Found::all, Found::none, Found::customer, Found::all_but_agents, Found::all_but_outside}) {
    int at = 0;
    while (dies_and_goes_on(story, at, found)) {
      if (HasFailure()) return;
      ++at;
    }
    EXPECT_GT(at, 2) << story.name << ": the story is shorter than any";
  }
}

INSTANTIATE_TEST_SUITE_P(Restart, EachStory, ::testing::Range(std::size_t{0}, stories().size()));

using TalkingRestart = testing::Talking;

TEST_F(TalkingRestart, ACallGoesOnWithoutAWord) {
  t.restart({call, agent_leg});
  EXPECT_TRUE(t.events.empty()) << "nothing has changed for the desktop";
  EXPECT_TRUE(t.commands.empty());
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
}

TEST_F(TalkingRestart, AnOpenCommandIsPutOutAgainUnderTheSameId) {
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOutside)).accepted);
  ASSERT_EQ(t.commands.size(), 1U);
  const Command before = t.commands.front();
  t.restart({call, agent_leg});
  ASSERT_EQ(t.commands.size(), 1U);
  EXPECT_EQ(t.commands.front().id, before.id);
  const auto& dial = std::get<DialLeg>(t.commands.front().body);
  const auto& first = std::get<DialLeg>(before.body);
  EXPECT_EQ(dial.leg, first.leg);
  EXPECT_EQ(std::get<OutsideNumber>(dial.target).number, kOutside);
  EXPECT_EQ(dial.presentation.from_number, first.presentation.from_number);
  EXPECT_EQ(dial.max_forwards, first.max_forwards);
}

TEST_F(TalkingRestart, ACommandWithAResultIsNotPutOutAgain) {
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.restart({call, agent_leg, target});
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(TalkingRestart, DigitsAreNotSentAgain) {
  message::Request digits;
  digits.digits = "4111";
  ASSERT_TRUE(t.request("agent1", RequestKind::send_dtmf, digits).accepted);
  t.restart({call, agent_leg});
  EXPECT_FALSE(t.take<SendDtmf>().has_value());
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.center.save().find("4111"), std::string::npos);
}

TEST_F(TalkingRestart, ALostPhoneSendsTheCustomerBackToHisQueue) {
  t.restart({call});
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::queue);
  EXPECT_EQ(t.center.counters().contacts_open, 1U);
  t.sign_in("agent2");
  EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
  t.answer("agent2");
}

TEST_F(TalkingRestart, ALegThatNobodyKnowsIsEnded) {
  const LegId stray{.high = 9, .low = 9};
  t.restart({call, agent_leg, stray});
  EXPECT_EQ(t.confirm<EndLeg>().leg, stray);
  EXPECT_TRUE(t.commands.empty());
}

TEST_F(TalkingRestart, ALegThatWasToldToEndIsToldAgain) {
  ASSERT_TRUE(t.request("agent1", RequestKind::disconnect).accepted);
  while (const auto end = t.take<EndLeg>()) {
    t.put(
        CommandResult{.command = end->first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
  }
  t.restart({call, agent_leg});
  EXPECT_EQ(t.finish_ends(), 2);
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

TEST_F(TalkingRestart, TimersAreArmedAgainAndPatienceIsNotRenewed) {
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  ASSERT_EQ(t.timers.size(), 1U);
  const auto before = t.timers;
  t.now += 5000;
  t.restart({call, target});
  EXPECT_EQ(t.timers, before);
  t.pass(16'000);
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::returning);
}

// A phone on a connection has to connect again before anything can be done with it.
TEST_F(TalkingRestart, AJoinWithAPhoneThatHasToConnectAgainWaitsForIt) {
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  t.confirm<ParkLeg>();
  t.confirm<ParkLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::resume).accepted);
  ASSERT_TRUE(t.take<BridgeLegs>());
  const TimeMs join = Policy{}.bridge_timeout_ms;
  const auto patience = [&](std::vector<LegId> awaited) {
    t.put(Started{.version = "test",
                  .adopted_legs = {call, agent_leg},
                  .reachable_phones = {"agent1"},
                  .awaited_legs = std::move(awaited),
                  .reconnect_ms = 20'000});
    EXPECT_EQ(t.timers.size(), 1U);
    return t.timers.begin()->second - t.now;
  };
  EXPECT_EQ(patience({}), join) << "nothing is missing";
  EXPECT_EQ(patience({agent_leg}), join + 20'000);
}

TEST_F(TalkingRestart, APhoneThatIsGoneIsNotRung) {
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOutside)).accepted);
  const LegId target = t.confirm<DialLeg>().leg;
  t.put(LegRinging{target});
  t.confirm<ParkLeg>();
  t.finish_ends();
  t.restart({call}, {});
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::requeued);
}

TEST_F(TalkingRestart, TheSameRequestStillGetsItsFirstAnswer) {
  message::Request request = to_number(kOutside);
  request.id = "first";
  const Reply reply = t.request("agent1", RequestKind::blind_transfer, request);
  ASSERT_TRUE(reply.accepted);
  t.restart({call, agent_leg});
  const Reply again = t.request("agent1", RequestKind::blind_transfer, request);
  EXPECT_EQ(again.accepted, reply.accepted);
  EXPECT_EQ(again.transfer_id, reply.transfer_id);
  EXPECT_EQ(again.sequence, reply.sequence);
}

TEST(RestartOnAnEmptyState, KnowsOfThePhonesThatAreStillRegistered) {
  TestCenter t;
  t.center = ContactCenter();
  t.put(Started{.version = "test", .adopted_legs = {}, .reachable_phones = {"agent1"}});
  t.put(PolicyChanged{});
  t.put(DirectoryChanged{testing::small_directory()});
  ASSERT_TRUE(t.request("agent1", RequestKind::login).accepted);
  EXPECT_TRUE(t.choose("agent1", "Available").accepted);
  ASSERT_TRUE(t.request("agent2", RequestKind::login).accepted);
  EXPECT_FALSE(t.choose("agent2", "Available").accepted) << "his phone is not registered";
}

TEST(RestartOnAnOlderState, OffersACustomerToWhoseAgentsPhoneHasRegisteredSince) {
  TestCenter t;
  t.sign_in("agent1");
  t.put(PhoneReachable{.login = "agent1", .reachable = false});
  const ContactId call = t.call_in();
  ASSERT_EQ(t.state_of("agent1"), "Available");
  t.restart({call}, {"agent1"});
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy");
}

}  // namespace
}  // namespace baton::core
