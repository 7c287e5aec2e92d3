// Several calls at Amazon Connect: one contact that is offered to one agent after the other, and
// one agent who has two.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/mirror.hpp"
#include "core/test_mirror.hpp"

namespace baton::core {
namespace {

using message::BridgeAction;
using message::Reason;
using message::RequestKind;
using testing::kOutside;
using testing::Mirrored;
using testing::Session;
using testing::to_number;

constexpr BridgeId kBridgeOfAgent2 = 20;

/// A call is offered to agent1. agent2 waits for calls at a session of his own, where it is shown
/// with a connection of its own.
struct TwoAgents : Mirrored {
  Session second;
  std::uint64_t second_epoch = 0;

  void SetUp() override {
    Mirrored::SetUp();
    session.end();
    session.clear();
    report();
    t.put(BridgeOpened{.agent = "agent2",
                       .bridge = kBridgeOfAgent2,
                       .hello = {.tab = "tab-of-agent2",
                                 .instance = "https://x.my.connect.aws/ccp-v2/",
                                 .agent_arn = "",
                                 .username = "agent2",
                                 .library = "2.28.2",
                                 .cold_transfer = false}});
    second_epoch = take(BridgeAction::lease).order.epoch;
    second.clear();
    report_of_agent2();
    session.offer();
    report();
    second.offer();
    second.contact.connections[1].id = "aaaaaaaa-0000-4000-8000-000000000022";
    ASSERT_EQ(t.last_call("agent1", "agent").leg.status, "connecting");
    t.events.clear();
  }
  void report_of_agent2() {
    t.put(BridgeReport{
        .agent = "agent2", .bridge = kBridgeOfAgent2, .snapshot = second.snapshot(second_epoch)});
  }
  static void miss(Session& session) {
    session.contact.state = "missed";
    session.state = "MissedCallAgent";
    session.state_type = "error";
  }
  void expect_agent2_may_answer() {
    EXPECT_EQ(t.last_call("agent2", "agent").leg.status, "connecting");
    EXPECT_EQ(to_string(t.last_call("agent2", "agent").leg.connection_id),
              second.contact.connections[1].id);
    EXPECT_EQ(t.state_of("agent2"), "PendingBusy");
    EXPECT_TRUE(t.request("agent2", RequestKind::answer).accepted);
    const BridgeCommand accept = take(BridgeAction::accept);
    EXPECT_EQ(accept.bridge, kBridgeOfAgent2);
    EXPECT_EQ(accept.order.contact_id, second.contact.id);
  }
  [[nodiscard]] bool has_call(const std::string& login) const {
    const auto list = t.center.agents();
    const auto found = std::ranges::find(list, login, &AgentStatus::login);
    return found != list.end() && found->contact.has_value();
  }
  [[nodiscard]] std::size_t shown_legs(const std::string& login) const {
    const message::Event event = t.center.read(login, RequestKind::call_state_sync);
    return std::get<message::CallStateSync>(event.body).calls.size();
  }
  [[nodiscard]] std::string call_events(const std::string& login) const {
    std::string told;
    for (const message::Event& each : t.events) {
      const auto* call = std::get_if<message::CallEvent>(&each.body);
      if (each.agent == login && call != nullptr) told += call->event + " ";
    }
    return told;
  }
  [[nodiscard]] bool was_told_of_a_call(const std::string& login) const {
    return std::ranges::any_of(t.events, [&login](const message::Event& each) {
      return each.agent == login && std::holds_alternative<message::CallEvent>(each.body);
    });
  }
};

TEST_F(TwoAgents, TheNextOneHasACallBeforeItIsToldThatTheFirstMissedIt) {
  report_of_agent2();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "missed");
  EXPECT_FALSE(has_call("agent1"));
  EXPECT_EQ(t.state_of("agent1"), "PendingBusy") << "his state is what his session says";
  miss(session);
  report();
  EXPECT_EQ(t.state_of("agent1"), "MissedCallAgent");
  expect_agent2_may_answer();
  EXPECT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  EXPECT_EQ(take(BridgeAction::clear).order.contact_id, session.contact.id);
  session.clear();
  report();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "Dropped");
  EXPECT_EQ(t.center.counters().contacts_open, 1U);
}

TEST_F(TwoAgents, TheNextOneHasACallOfAnAgentWhoseSessionIsGone) {
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  report_of_agent2();
  EXPECT_FALSE(has_call("agent1"));
  expect_agent2_may_answer();
  t.pass(600'100);
  EXPECT_EQ(t.state_of("agent1"), "LoggedOut");
  EXPECT_TRUE(has_call("agent2")) << "it is not given up with the session that had it before";
}

TEST_F(TwoAgents, TheNextOneHasACallThatHeAnsweredBeforeHisSessionWasHeard) {
  second.contact.state = "connected";
  second.contact.connections[1].state = "connected";
  second.state = "Busy";
  report_of_agent2();
  EXPECT_EQ(t.last_call("agent2", "agent").leg.status, "connected");
  EXPECT_EQ(t.last_call("agent1", "agent").event, "missed");
  EXPECT_TRUE(t.request("agent2", RequestKind::blind_transfer, to_number(kOutside)).accepted);
}

TEST_F(TwoAgents, APageThatIsBehindDoesNotTakeItBack) {
  report_of_agent2();
  t.events.clear();
  report();  // He still shows it as offered: his page has yet to hear that he missed it.
  EXPECT_FALSE(was_told_of_a_call("agent1"));
  EXPECT_FALSE(has_call("agent1"));
  report_of_agent2();
  EXPECT_TRUE(t.request("agent2", RequestKind::answer).accepted);
}

TEST_F(TwoAgents, APageThatIsBehindDoesNotBringBackACallThatIsOver) {
  report_of_agent2();
  miss(second);
  report_of_agent2();
  t.events.clear();
  report();
  EXPECT_FALSE(was_told_of_a_call("agent1"));
  EXPECT_EQ(t.center.counters().contacts_open, 0U);
}

TEST_F(TwoAgents, ItMayBeOfferedToTheFirstAgain) {
  report_of_agent2();
  miss(session);
  report();
  session.clear();
  report();
  session.offer();
  report();  // Before agent2's miss is told.
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connecting");
  EXPECT_EQ(t.last_call("agent2", "agent").event, "missed");
  EXPECT_TRUE(t.request("agent1", RequestKind::answer).accepted);
  EXPECT_EQ(take(BridgeAction::accept).bridge, bridge);
}

TEST_F(TwoAgents, ItMayBeOfferedToTheFirstAgainWhereHisSessionNeverToldThatHeMissedIt) {
  t.put(BridgeClosed{.agent = "agent1", .bridge = bridge});
  report_of_agent2();
  miss(second);
  report_of_agent2();
  second.clear();
  report_of_agent2();
  t.events.clear();
  session.contact.connections[1].id = "aaaaaaaa-0000-4000-8000-000000000032";
  hello(2, "tab-1");
  report();
  EXPECT_EQ(shown_legs("agent1"), 2U);
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connecting");
  EXPECT_TRUE(t.request("agent1", RequestKind::answer).accepted);
  EXPECT_EQ(take(BridgeAction::accept).order.contact_id, session.contact.id);
}

TEST_F(TwoAgents, OneThatIsOfferedToTheSameAgentAgainTakesThePlaceOfTheOneThatHeMissed) {
  miss(session);
  report();
  t.events.clear();
  session.offer();
  session.contact.connections[1].id = "aaaaaaaa-0000-4000-8000-000000000032";
  report();
  EXPECT_EQ(call_events("agent1"), "Dropped Dropped connecting connecting ");
  EXPECT_EQ(shown_legs("agent1"), 2U) << "those of the call that is offered";
  const Reply refused = t.request("agent1", RequestKind::clear_contact);
  ASSERT_TRUE(refused.error.has_value()) << "he would clear a call that rings";
  EXPECT_EQ(refused.error->reason, Reason::noActiveCall);

  session.contact.state = "connected";
  session.contact.connections[1].state = "connected";
  session.state = "Busy";
  report();
  session.end();
  report();
  EXPECT_EQ(shown_legs("agent1"), 2U);
  t.events.clear();
  session.clear();
  report();
  EXPECT_EQ(call_events("agent1"), "Dropped Dropped ") << "once, for each of its legs";
}

TEST_F(TwoAgents, ACallThatSomebodyTalksOnStaysHis) {
  session.contact.state = "connected";
  session.contact.connections[1].state = "connected";
  session.state = "Busy";
  report();
  t.events.clear();
  report_of_agent2();
  EXPECT_TRUE(t.request("agent1", RequestKind::hold).accepted);
  EXPECT_EQ(take(BridgeAction::hold).bridge, bridge);
  EXPECT_FALSE(was_told_of_a_call("agent2"));
}

TEST_F(TwoAgents, WhoListensInHasNoCall) {
  second.contact.state = "connected";
  second.contact.connections[1].state = "silent_monitor";
  report_of_agent2();
  EXPECT_FALSE(was_told_of_a_call("agent2"));
  EXPECT_TRUE(t.request("agent1", RequestKind::answer).accepted);
}

TEST_F(TwoAgents, WhoHasItOutlivesASnapshotOfTheCore) {
  report_of_agent2();
  ContactCenter loaded;
  ASSERT_EQ(loaded.load(t.center.save()), "");
  EXPECT_EQ(loaded.dump(), t.center.dump());
  t.center = std::move(loaded);
  t.events.clear();
  report();
  EXPECT_FALSE(was_told_of_a_call("agent1"));
}

// ---------------------------------------------------------------------------------------------------------------------
// One agent with two calls

struct SecondCall : Mirrored {
  TimeMs talking_since = 0;

  void SetUp() override {
    Mirrored::SetUp();
    session.muted = true;
    report();
    talking_since = since();
    t.pass(60'000);
    session.second_contact();
    session.others[0].state = "connecting";
    session.others[0].connections[1].state = "connecting";
    report();
    t.events.clear();
  }
  [[nodiscard]] TimeMs since() const { return t.center.agents().front().since; }
  [[nodiscard]] std::string states_told() const {
    std::string told;
    for (const message::Event& each : t.events) {
      if (const auto* state = std::get_if<message::SetAgentState>(&each.body))
        told += state->event + " ";
    }
    return told;
  }
  void expect_no_change_of_state() {
    EXPECT_EQ(states_told(), "");
    EXPECT_EQ(since(), talking_since);
    EXPECT_EQ(t.state_of("agent1"), "Busy");
    EXPECT_EQ(t.last_call("agent1", "agent").leg.contact_id,
              message::parse_uuid(session.others[0].id));
    EXPECT_TRUE(t.request("agent1", RequestKind::hold).accepted);
    EXPECT_EQ(take(BridgeAction::hold).order.contact_id, session.contact.id);
  }
};

TEST_F(SecondCall, AndTheFirstAreInTheWayOfOneThatHeMakes) {
  const auto refusal = [&] {
    return t.request("agent1", RequestKind::make_call, testing::to_number(testing::kOutside)).error;
  };
  ASSERT_TRUE(refusal());
  EXPECT_EQ(refusal()->reason, message::Reason::agentUnavailable);
  EXPECT_EQ(refusal()->suggested_action, "End or transfer your call first.");
  message::Request request = testing::to_number(testing::kOutside);
  request.contact_id = session.contact.id;
  const Reply accepted = t.request("agent1", RequestKind::blind_transfer, request);
  ASSERT_TRUE(accepted.accepted);
  EXPECT_EQ(refusal()->reason, message::Reason::transferInProgress);
  EXPECT_EQ(refusal()->running_transfer_id, accepted.transfer_id);
}

TEST_F(SecondCall, IsNoQuestionWhereTheAgentIsMuted) {
  session.others[0].state = "connected";
  session.others[0].connections[1].state = "connected";
  report();
  ASSERT_EQ(t.request("agent1", RequestKind::hold).error->reason, Reason::ambiguousCall);
  for (const auto& [kind, action] : {std::pair{RequestKind::mute, BridgeAction::mute},
                                     std::pair{RequestKind::unmute, BridgeAction::unmute}}) {
    EXPECT_TRUE(t.request("agent1", kind).accepted) << "it is he who is muted, not one of them";
    take(action);
  }
}

TEST_F(SecondCall, ThatHeDoesNotTalkOnIsNotMuted) {
  message::Request of_the_offer;
  of_the_offer.contact_id = session.others[0].id;
  EXPECT_FALSE(t.request("agent1", RequestKind::mute, of_the_offer).accepted);
  session.contact.state = "connecting";
  report();
  EXPECT_FALSE(t.request("agent1", RequestKind::mute).accepted);
}

TEST_F(SecondCall, ThatIsWithdrawnChangesNothingForTheFirst) {
  session.others[0].state = "ended";
  report();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "Dropped");
  expect_no_change_of_state();
}

TEST_F(SecondCall, ThatIsMissedChangesNothingForTheFirst) {
  session.others[0].state = "missed";
  report();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "missed");
  expect_no_change_of_state();
}

TEST_F(SecondCall, ThatEndsAfterItWasTakenChangesNothingForTheFirst) {
  session.others[0].state = "connected";
  session.others[0].connections[1].state = "connected";
  report();
  session.others[0].state = "ended";
  report();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
  expect_no_change_of_state();
}

TEST_F(Mirrored, TheMuteButtonOfACallThatHeMakesIsEnabledOnceItIsAnswered) {
  const auto may_mute = [this] {
    for (auto it = t.events.rbegin(); it != t.events.rend(); ++it) {
      const auto* state = std::get_if<message::SetAgentState>(&it->body);
      if (state != nullptr && state->agent.buttons) return state->agent.buttons->mute;
    }
    ADD_FAILURE() << "no SetAgentState";
    return std::optional<bool>();
  };
  session.end();
  session.clear();
  report();
  session.call_out();
  report();
  EXPECT_EQ(may_mute(), false);
  ASSERT_TRUE(t.request("agent1", RequestKind::login).accepted);
  EXPECT_EQ(std::get<message::LoginSuccess>(t.events.back().body).agent.buttons->mute, false);
  t.events.clear();
  session.contact.state = "connected";
  session.contact.connections[0].state = "connected";
  session.state = "Busy";
  report();
  EXPECT_EQ(may_mute(), true) << "his state is the same as before for who looks at its name alone";
  t.events.clear();
  report();
  EXPECT_TRUE(t.events.empty()) << "nothing has changed";
}

struct Told {
  const char* state;
  const char* as;
};

class ErrorStates : public Mirrored, public ::testing::WithParamInterface<Told> {};

TEST_P(ErrorStates, AreToldByThePublishedNames) {
  session.clear();
  session.state = GetParam().state;
  session.state_type = "error";
  report();
  EXPECT_EQ(t.state_of("agent1"), GetParam().as);
}

INSTANTIATE_TEST_SUITE_P(All, ErrorStates,
                         ::testing::Values(Told{"MissedCallAgent", "MissedCallAgent"},
                                           Told{"FailedConnectAgent", "FailedConnectAgent"},
                                           Told{"LineEngagedAgent", "FailedConnectAgent"},
                                           Told{"BadAddressAgent", "FailedConnectAgent"},
                                           Told{"AgentHungUp", "FailedConnectAgent"},
                                           Told{"RealtimeCommunicationError", "FailedConnectAgent"},
                                           Told{"FailedConnectCustomer", "FailedConnectCustomer"},
                                           Told{"LineEngagedCustomer", "FailedConnectCustomer"},
                                           Told{"BadAddressCustomer", "FailedConnectCustomer"},
                                           Told{"MissedCallCustomer", "FailedConnectCustomer"}),
                         [](const auto& each) { return std::string(each.param.state); });

TEST_F(Mirrored, ANumberThatIsNotReachedIsNoMissedCallAndIsCleared) {
  session.end();
  session.clear();
  report();
  session.call_out();
  report();
  session.contact.state = "error";
  session.state = "LineEngagedCustomer";
  session.state_type = "error";
  report();
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
  EXPECT_TRUE(t.last_call("agent1", "agent").leg.buttons.has(message::CallButton::clear_contact));
  EXPECT_EQ(t.state_of("agent1"), "FailedConnectCustomer");
  EXPECT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  EXPECT_EQ(take(BridgeAction::clear).order.contact_id, session.contact.id);
}

/// The agent has no call, and asked for one to a number.
struct MadeByMessage : Mirrored {
  void SetUp() override {
    Mirrored::SetUp();
    session.end();
    session.clear();
    report();
    message::Request asked = to_number(kOutside);
    asked.id = "make-1";
    ASSERT_TRUE(t.request("agent1", RequestKind::make_call, asked).accepted);
    take(BridgeAction::makeCall);
    t.events.clear();
  }
  void is_shown(const std::string& number = kOutside) {
    session.call_out();
    session.contact.connections[0].number = number;
    report();
  }
  void is_answered() {
    session.contact.state = "connected";
    session.contact.connections[0].state = "connected";
    session.state = "Busy";
    report();
  }
  /// The ids of the requests that the customer's call events of this name are of.
  [[nodiscard]] std::vector<std::optional<std::string>> asked_by(const std::string& event) const {
    std::vector<std::optional<std::string>> found;
    for (const message::Event& each : t.events) {
      const auto* call = std::get_if<message::CallEvent>(&each.body);
      if (call != nullptr && call->event == event && call->leg.type != "agent")
        found.push_back(each.request_id);
    }
    return found;
  }
  void ends_by(const std::string& state) {
    session.contact.state = "error";
    session.state = state;
    session.state_type = "error";
    report();
  }
};

struct Unreached {
  const char* state;
  Reason reason;
};

class NumberNotReached : public MadeByMessage, public ::testing::WithParamInterface<Unreached> {};

TEST_P(NumberNotReached, IsAFailureOfTheRequest) {
  done();
  is_shown();
  ends_by(GetParam().state);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  const message::ApiError error = t.errors("agent1").front();
  EXPECT_EQ(error.error_type, "MAKE_CALL_FAILED");
  EXPECT_EQ(error.reason, GetParam().reason);
  EXPECT_EQ(error.contact_id, message::parse_uuid(session.contact.id));
  EXPECT_NE(error.msg.find(GetParam().state), std::string::npos) << error.msg;
  ASSERT_TRUE(error.backend);
  EXPECT_EQ(error.backend->name, "amazon-connect");
  report();
  EXPECT_EQ(t.errors("agent1").size(), 1U) << "it is told once";
  EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
}

INSTANTIATE_TEST_SUITE_P(All, NumberNotReached,
                         ::testing::Values(Unreached{"BadAddressCustomer", Reason::numberNotFound},
                                           Unreached{"LineEngagedCustomer", Reason::busy},
                                           Unreached{"MissedCallCustomer", Reason::noAnswer},
                                           Unreached{"FailedConnectCustomer",
                                                     Reason::backendRefused},
                                           Unreached{"FailedConnectAgent", Reason::backendRefused}),
                         [](const auto& each) { return std::string(each.param.state); });

TEST_F(MadeByMessage, OneThatEndsBeforeTheLibraryCallsBackFails) {
  is_shown();
  ends_by("LineEngagedCustomer");
  EXPECT_EQ(t.errors("agent1").size(), 1U);
}

TEST_F(MadeByMessage, TheAgentsOwnHangUpIsNoFailure) {
  is_shown();
  session.end();
  report();
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(MadeByMessage, OneThatWasAnsweredCannotFailAnyMore) {
  is_shown();
  is_answered();
  ends_by("FailedConnectCustomer");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(MadeByMessage, OneThatIsAnsweredLateIsToldWithTheRequestsId) {
  done();
  is_shown();
  t.pass(20'000);
  is_answered();
  EXPECT_THAT(asked_by("connected"), ::testing::ElementsAre("make-1"));
  session.end();
  report();
  EXPECT_THAT(asked_by("ACW"), ::testing::ElementsAre(std::nullopt));
}

TEST_F(MadeByMessage, OneThatIsShownFirstWhenItIsAnsweredIsToldWithTheRequestsId) {
  done();
  t.pass(20'000);
  session.call_out();
  session.contact.connections[0].number = kOutside;
  is_answered();
  EXPECT_THAT(asked_by("connected"), ::testing::ElementsAre("make-1"));
}

TEST_F(MadeByMessage, OneThatTheAgentHangsUpLateIsToldWithTheRequestsId) {
  done();
  is_shown();
  t.pass(20'000);
  session.end();
  report();
  EXPECT_THAT(asked_by("ACW"), ::testing::ElementsAre("make-1"));
}

TEST_F(MadeByMessage, OneThatIsNoLongerListedFailsByTheAgentsState) {
  done();
  is_shown();
  session.clear();
  session.state = "LineEngagedCustomer";
  session.state_type = "error";
  report();
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::busy);
}

TEST_F(MadeByMessage, WhatTheAgentDialsHimselfIsNoRequests) {
  is_shown("+12082097340");
  ends_by("LineEngagedCustomer");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(MadeByMessage, ACallOfMuchLaterIsAnotherOne) {
  done();
  t.pass(31'000);
  is_shown();
  ends_by("LineEngagedCustomer");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(MadeByMessage, OneThatWasRefusedFailsOnce) {
  is_shown();
  done("InternalServiceError", "Try later", 500);
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  ends_by("FailedConnectCustomer");
  EXPECT_EQ(t.errors("agent1").size(), 1U);
}

TEST_F(Mirrored, TheEndOfACallIsToldBeforeTheStateThatFollows) {
  session.end();
  report();
  ASSERT_EQ(t.events.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<message::CallEvent>(t.events[0].body));
  EXPECT_TRUE(std::holds_alternative<message::CallEvent>(t.events[1].body));
  EXPECT_EQ(std::get<message::SetAgentState>(t.events[2].body).event, "AfterCallWork");
}

}  // namespace
}  // namespace baton::core
