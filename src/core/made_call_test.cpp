// A call that the agent makes, as his desktop sees it.

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::RequestKind;
using testing::kOutside;
using testing::TestCenter;
using testing::to_number;

message::AgentButtons last_buttons(const TestCenter& t) {
  for (auto it = t.events.rbegin(); it != t.events.rend(); ++it) {
    const auto* state = std::get_if<message::SetAgentState>(&it->body);
    if (state != nullptr && state->agent.buttons) return *state->agent.buttons;
  }
  ADD_FAILURE() << "no SetAgentState";
  return {};
}

TEST(MadeCall, IsMutedOnceItIsConnectedAndItsButtonSaysSo) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  const LegId number = t.confirm<DialLeg>().leg;
  EXPECT_EQ(t.state_of("agent1"), "Busy");
  EXPECT_EQ(last_buttons(t).mute, false);
  EXPECT_FALSE(t.request("agent1", RequestKind::mute).accepted);
  const message::Event sync = t.center.read("agent1", RequestKind::agent_state_sync);
  EXPECT_EQ(std::get<message::AgentStateSync>(sync.body).agent.buttons->mute, false);

  ASSERT_TRUE(t.request("agent1", RequestKind::login).accepted);  // By a second tab.
  EXPECT_EQ(std::get<message::LoginSuccess>(t.events.back().body).agent.buttons->mute, false);

  t.put(LegAnswered{number});
  t.confirm<BridgeLegs>();
  EXPECT_EQ(last_buttons(t).mute, true);
  EXPECT_TRUE(t.request("agent1", RequestKind::mute).accepted);
}

TEST(MadeCall, WhoseJoinRunsOutOfTimeIsToldSo) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.pass(10'000);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").back().error_type, "MAKE_CALL_FAILED");
  EXPECT_EQ(t.errors("agent1").back().reason, message::Reason::noAnswer);
}

struct Held : testing::Talking {};

TEST_F(Held, ACallIsMutedToo) {
  ASSERT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  t.confirm<ParkLeg>();
  ASSERT_EQ(t.last_call("agent1", "inbound").event, "hold");
  EXPECT_TRUE(t.request("agent1", RequestKind::mute).accepted);
}

}  // namespace
}  // namespace baton::core
