// An Answer that the agent's phone does not carry out is told to him as ANSWER_CALL_FAILED.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::Reason;
using message::Request;
using message::RequestKind;
using testing::TestCenter;

struct AnswerFailed : ::testing::Test {
  TestCenter t;
  LegId leg;

  /// A call is offered to agent1, who presses Answer; his phone is dialled.
  void press(directory::Directory directory = testing::small_directory()) {
    t = TestCenter(std::move(directory));
    t.sign_in("agent1");
    t.call_in();
    t.events.clear();
    Request request;
    request.id = "a-1";
    ASSERT_TRUE(t.request("agent1", RequestKind::answer, request).accepted);
    for (const Command& command : t.commands) {
      if (const auto* dial = std::get_if<DialLeg>(&command.body)) leg = dial->leg;
    }
  }
  void expect_told(Reason reason, std::optional<int> code) {
    const auto is_error = [](const message::Event& event) {
      return std::holds_alternative<message::ApiError>(event.body);
    };
    ASSERT_EQ(std::ranges::count_if(t.events, is_error), 1);
    const message::Event& event = *std::ranges::find_if(t.events, is_error);
    const auto& error = std::get<message::ApiError>(event.body);
    EXPECT_EQ(event.agent, "agent1");
    EXPECT_EQ(event.request_id, "a-1");
    EXPECT_EQ(error.error_type, "ANSWER_CALL_FAILED");
    EXPECT_EQ(error.reason, reason);
    EXPECT_FALSE(error.msg.empty());
    ASSERT_EQ(error.backend.has_value(), code.has_value());
    if (code) {
      EXPECT_EQ(error.backend->code, *code);
    }
  }
  static directory::Directory by_phone() {
    auto directory = testing::small_directory();
    directory.agents[0].answer = directory::AgentAnswer::phone;
    return directory;
  }
};

TEST_F(AnswerFailed, WhereThePhoneRefuses) {
  press();
  t.confirm<DialLeg>();
  t.put(LegEnded{.leg = leg, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  expect_told(Reason::rejected, 486);
  EXPECT_EQ(t.last_call("agent1", "agent").event, "Rejected");
}

TEST_F(AnswerFailed, WhereThePhoneCannotBeDialled) {
  press();
  t.fail<DialLeg>(480, "No registered phone");
  expect_told(Reason::agentUnavailable, 480);
  EXPECT_EQ(t.last_call("agent1", "agent").event, "missed");
}

TEST_F(AnswerFailed, WhereThePhoneDoesNotPickUpInTime) {
  press();
  t.confirm<DialLeg>();
  const std::string saved = t.center.save();
  t.center = ContactCenter();
  ASSERT_EQ(t.center.load(saved), "");
  t.pass(60'000);
  expect_told(Reason::noAnswer, {});
  EXPECT_EQ(t.last_call("agent1", "agent").event, "missed");
}

TEST_F(AnswerFailed, WhereTheTwoCannotBeJoined) {
  press();
  t.confirm<DialLeg>();
  t.put(LegAnswered{leg});
  t.fail<BridgeLegs>(488, "Not Acceptable Here", leg);
  expect_told(Reason::mediaNotAcceptable, 488);
}

TEST_F(AnswerFailed, WhereTheJoinRunsOutOfTime) {
  press();
  t.confirm<DialLeg>();
  t.put(LegAnswered{leg});
  t.pass(10'000);
  expect_told(Reason::noAnswer, 408);
}

TEST_F(AnswerFailed, IsToldOnceOfARingingPhoneThatDidNotPickUpWhenTold) {
  press(by_phone());
  t.confirm<DialLeg>();
  t.confirm<TalkLeg>();
  t.put(LegEnded{.leg = leg, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  expect_told(Reason::rejected, 486);
}

TEST_F(AnswerFailed, IsToldOnceOfARingingPhoneThatCannotBeTold) {
  press(by_phone());
  t.confirm<DialLeg>();
  t.fail<TalkLeg>(489, "Bad Event");
  expect_told(Reason::backendRefused, 489);
  t.put(LegEnded{.leg = leg, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  expect_told(Reason::backendRefused, 489);
}

TEST_F(AnswerFailed, IsToldOnceWhereThePhoneRefusesBeforeItIsTold) {
  press(by_phone());
  t.confirm<DialLeg>();
  t.put(LegEnded{.leg = leg, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  t.fail<TalkLeg>(481, "No such dialog");
  expect_told(Reason::rejected, 486);
}

TEST_F(AnswerFailed, IsNotWhatItIsWhereNobodyPressedIt) {
  t = TestCenter(by_phone());
  t.sign_in("agent1");
  t.call_in();
  leg = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = leg, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(AnswerFailed, IsNotWhatItIsWhereHeRejectsAfterAll) {
  press();
  t.confirm<DialLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::reject).accepted);
  EXPECT_TRUE(t.errors("agent1").empty());
  EXPECT_EQ(t.last_call("agent1", "agent").event, "Rejected");
}

}  // namespace
}  // namespace baton::core
