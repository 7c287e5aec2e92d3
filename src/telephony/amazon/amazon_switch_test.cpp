#include "telephony/amazon/amazon_switch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::telephony::amazon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct AmazonSwitchTest : testing::Test {
  std::vector<core::InputBody> inputs;
  std::vector<std::pair<core::BridgeId, std::string>> sent;
  AmazonSwitch back_end{
      AmazonConfig{.max_tabs = 2},
      [this](core::InputBody body) { inputs.push_back(std::move(body)); },
      [this](core::BridgeId bridge, std::string text) { sent.emplace_back(bridge, text); }};

  [[nodiscard]] std::string hello(const std::string& agent, core::BridgeId bridge) {
    return hello(agent, bridge, "tab-" + std::to_string(bridge));
  }
  [[nodiscard]] std::string hello(const std::string& agent, core::BridgeId bridge,
                                  std::string tab) {
    message::BridgeHello said;
    said.tab = std::move(tab);
    return back_end.frame(agent, bridge, said);
  }
  void submit(core::BridgeId bridge, core::CommandId id, message::BridgeAction action) {
    message::BridgeOrder order;
    order.epoch = 4;
    order.action = action;
    order.contact_id = "contact";
    back_end.submit(
        {{.id = id,
          .body = core::BridgeCommand{.agent = "agent1", .bridge = bridge, .order = order}}});
  }
};

TEST_F(AmazonSwitchTest, ACommandGoesToItsBridgeAlone) {
  EXPECT_THAT(hello("agent1", 1), IsEmpty());
  EXPECT_THAT(hello("agent1", 2), IsEmpty());
  submit(2, 7, message::BridgeAction::leaveContact);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].first, 2U);
  EXPECT_THAT(sent[0].second, HasSubstr(R"("command":7,"epoch":4,"action":"leaveContact")"));
  EXPECT_THAT(sent[0].second, HasSubstr(R"("contactId":"contact")"));
}

TEST_F(AmazonSwitchTest, ACommandForABridgeThatIsGoneWasNotSent) {
  EXPECT_THAT(hello("agent1", 1), IsEmpty());
  back_end.closed(1);
  inputs.clear();
  submit(1, 7, message::BridgeAction::addConnection);
  EXPECT_TRUE(sent.empty());
  ASSERT_EQ(inputs.size(), 1U);
  const auto& done = std::get<core::BridgeDone>(inputs[0]);
  EXPECT_EQ(done.result.command, 7U);
  EXPECT_FALSE(done.result.ok);
  EXPECT_EQ(done.result.error, "NotSent");
  submit(1, 0, message::BridgeAction::report);
  EXPECT_EQ(inputs.size(), 1U) << "what expects no answer gets none";
}

TEST_F(AmazonSwitchTest, FramesBecomeInputs) {
  EXPECT_THAT(back_end.frame("agent1", 1, message::BridgeSnapshot{}), HasSubstr("Hello"));
  EXPECT_THAT(hello("agent1", 1), IsEmpty());
  EXPECT_THAT(hello("agent1", 1), HasSubstr("already"));
  EXPECT_THAT(back_end.frame("agent1", 1, message::BridgeSnapshot{}), IsEmpty());
  EXPECT_THAT(back_end.frame("agent1", 1, message::BridgeResult{}), IsEmpty());
  EXPECT_THAT(back_end.frame("agent2", 1, message::BridgeResult{}), HasSubstr("agent1"));
  back_end.closed(1);
  back_end.closed(1);
  ASSERT_EQ(inputs.size(), 4U);
  EXPECT_TRUE(std::holds_alternative<core::BridgeOpened>(inputs[0]));
  EXPECT_TRUE(std::holds_alternative<core::BridgeReport>(inputs[1]));
  EXPECT_TRUE(std::holds_alternative<core::BridgeDone>(inputs[2]));
  EXPECT_TRUE(std::holds_alternative<core::BridgeClosed>(inputs[3]));
  EXPECT_EQ(back_end.stats().bridges, 0U);
}

TEST_F(AmazonSwitchTest, AnAgentHasSoManyTabsAndNoMore) {
  EXPECT_THAT(hello("agent1", 1), IsEmpty());
  EXPECT_THAT(hello("agent1", 2), IsEmpty());
  EXPECT_THAT(hello("agent1", 3), HasSubstr("amazon.max_tabs"));
  EXPECT_THAT(hello("agent2", 4), IsEmpty());
  EXPECT_EQ(back_end.stats().tabs_refused, 1U);
  back_end.closed(1);
  EXPECT_THAT(hello("agent1", 3), IsEmpty());
}

TEST_F(AmazonSwitchTest, ATabThatComesBackAtTheLimitTakesThePlaceOfItsDeadConnection) {
  EXPECT_THAT(hello("agent1", 1), IsEmpty());
  EXPECT_THAT(hello("agent1", 2), IsEmpty());
  EXPECT_THAT(hello("agent2", 9, "tab-3"), IsEmpty()) << "another agent's tab is another one";
  EXPECT_THAT(hello("agent1", 3, "tab-3"), HasSubstr("amazon.max_tabs"));
  inputs.clear();
  EXPECT_THAT(hello("agent1", 3, "tab-1"), IsEmpty());
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(std::get<core::BridgeOpened>(inputs[0]).hello.tab, "tab-1");
  EXPECT_EQ(back_end.stats().bridges, 3U);
  back_end.closed(1);
  EXPECT_EQ(inputs.size(), 1U) << "its end is no news";
  EXPECT_THAT(hello("agent1", 4), HasSubstr("amazon.max_tabs")) << "and frees no second place";
}

TEST_F(AmazonSwitchTest, ABridgeSaysThatItHasAClientOfTheSdk) {
  message::BridgeHello said;
  said.tab = "tab";
  said.cold_transfer = true;
  EXPECT_THAT(back_end.frame("agent1", 1, said), IsEmpty());
  EXPECT_TRUE(std::get<core::BridgeOpened>(inputs.back()).hello.cold_transfer);
  submit(1, 7, message::BridgeAction::coldTransfer);
  submit(1, 8, message::BridgeAction::leaveContact);
  EXPECT_EQ(back_end.stats().cold_transfers, 1U);
}

TEST_F(AmazonSwitchTest, ThereAreNoLegs) {
  back_end.submit({{.id = 9, .body = core::TalkLeg{}}});
  ASSERT_EQ(inputs.size(), 1U);
  EXPECT_EQ(std::get<core::CommandResult>(inputs[0]).code, 501);
}

}  // namespace
}  // namespace baton::telephony::amazon
