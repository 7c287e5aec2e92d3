#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using testing::kInbound;
using testing::kOtherQueueArn;
using testing::kOutside;
using testing::kQueueArn;
using testing::small_directory;
using testing::TestCenter;
using testing::to_number;

constexpr const char* kOtherInbound = "+18005550101";

/// With a number into the second queue, too.
directory::Directory two_numbers() {
  auto directory = small_directory();
  directory.inbound_numbers.push_back({.number = kOtherInbound, .queue_arn = kOtherQueueArn});
  return directory;
}

LegId call_to(TestCenter& t, const char* number, std::uint64_t leg, int max_forwards = 70) {
  LegIncoming incoming;
  incoming.leg = LegId{.high = 0xabc, .low = leg};
  incoming.trunk = "carrier";
  incoming.to_number = number;
  incoming.presentation.from_number = "+16175550199";
  incoming.max_forwards = max_forwards;
  t.put(incoming);
  return incoming.leg;
}

std::string offer_of(const TestCenter& t, const std::string& agent) {
  for (const AgentStatus& each : t.center.agents()) {
    if (each.login == agent && each.contact) return to_string(*each.contact);
  }
  return {};
}

message::ContactView last_record(const TestCenter& t) {
  for (auto it = t.all.rbegin(); it != t.all.rend(); ++it) {
    if (const auto* stored = std::get_if<StoreContact>(&*it)) return *stored->contact;
  }
  ADD_FAILURE() << "no record was kept";
  return {};
}

TEST(Routing, AFreeAgentServesTheQueueOfTheHigherPriorityFirst) {
  TestCenter t(two_numbers());
  const LegId earlier = call_to(t, kOtherInbound, 1);
  t.confirm<AnswerLeg>();
  const LegId preferred = call_to(t, kInbound, 2);
  t.confirm<AnswerLeg>();
  t.sign_in("agent1");
  EXPECT_EQ(offer_of(t, "agent1"), to_string(preferred));
  t.sign_in("agent2");
  EXPECT_EQ(offer_of(t, "agent2"), to_string(earlier));
}

TEST(Routing, OneQueueIsServedInTheOrderOfItsCustomers) {
  TestCenter t;
  const LegId first = call_to(t, kInbound, 2);
  t.confirm<AnswerLeg>();
  call_to(t, kInbound, 1);
  t.confirm<AnswerLeg>();
  t.sign_in("agent1");
  EXPECT_EQ(offer_of(t, "agent1"), to_string(first));
}

TEST(Routing, TheAgentIdleLongestIsOfferedTheCall) {
  TestCenter t;
  t.sign_in("agent3");
  t.sign_in("agent1");
  const LegId first = t.call_in(1);
  EXPECT_EQ(offer_of(t, "agent3"), to_string(first));
  // His own call makes him idle anew: he stands behind the other now.
  t.answer("agent3");
  t.put(LegEnded{.leg = first, .cause = EndCause::remote, .code = 0, .text = {}});
  t.finish_ends();
  ASSERT_TRUE(t.request("agent3", RequestKind::clear_contact).accepted);
  const LegId second = t.call_in(2);
  EXPECT_EQ(offer_of(t, "agent1"), to_string(second));
}

TEST(Routing, AmongAgentsThePriorityOfTheirProfilesComesBeforeTheirIdleness) {
  auto directory = small_directory();
  directory.routing_profiles.push_back({.name = "helpers",
                                        .arn = "arn:helpers",
                                        .queues = {{.queue_arn = kQueueArn, .priority = 5}},
                                        .default_outbound_queue_arn = kQueueArn});
  directory.agents[0].routing_profile = "helpers";
  TestCenter t(directory);
  t.sign_in("agent1");
  t.sign_in("agent2");
  const LegId first = t.call_in(1);
  EXPECT_EQ(offer_of(t, "agent2"), to_string(first));
  const LegId second = t.call_in(2);
  EXPECT_EQ(offer_of(t, "agent1"), to_string(second));
}

TEST(Routing, WhoDoesNotServeTheQueueIsNotOfferedItsCalls) {
  auto directory = small_directory();
  directory.routing_profiles.push_back({.name = "others",
                                        .arn = "arn:others",
                                        .queues = {{.queue_arn = kOtherQueueArn, .priority = 1}},
                                        .default_outbound_queue_arn = kOtherQueueArn});
  directory.agents[0].routing_profile = "others";
  TestCenter t(directory);
  t.sign_in("agent1");
  t.call_in();
  EXPECT_EQ(t.state_of("agent1"), "Available");
}

TEST(Routing, WhoIsOnABreakOrHasNoPhoneIsNotOfferedACall) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.choose("agent1", "Break").accepted);
  t.sign_in("agent2");
  t.put(PhoneReachable{.login = "agent2", .reachable = false});
  const LegId call = t.call_in();
  EXPECT_EQ(offer_of(t, "agent1"), "");
  EXPECT_EQ(offer_of(t, "agent2"), "");
  t.put(PhoneReachable{.login = "agent2", .reachable = true});
  EXPECT_EQ(offer_of(t, "agent2"), to_string(call));
}

TEST(Routing, AClosedQueueRefusesItsCallersWith480AndAFullOneWith486) {
  auto directory = small_directory();
  directory.queues[0].max_waiting = 1;
  TestCenter t(directory);
  t.put(QueueHours{.queue_arn = kQueueArn, .open = false});
  call_to(t, kInbound, 1);
  EXPECT_EQ(t.confirm<EndLeg>().code, 480);
  t.put(QueueHours{.queue_arn = kQueueArn, .open = true});
  call_to(t, kInbound, 2);
  t.confirm<AnswerLeg>();
  call_to(t, kInbound, 3);
  EXPECT_EQ(t.confirm<EndLeg>().code, 486);
}

TEST(Routing, TheLongestWaitEndsACallOrMovesItToTheLastResort) {
  auto directory = small_directory();
  directory.queues[0].max_wait_seconds = 30;
  TestCenter t(directory);
  const LegId call = t.call_in();
  t.pass(29'000);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
  t.pass(1'000);
  EXPECT_EQ(t.take<EndLeg>()->second.leg, call);

  Policy policy;
  policy.last_resort_queue = kOtherQueueArn;
  TestCenter with_resort(directory, policy);
  with_resort.call_in();
  with_resort.pass(31'000);
  EXPECT_FALSE(with_resort.take<EndLeg>().has_value());
  EXPECT_EQ(with_resort.center.queues().at(1).waiting, 1);
}

TEST(Routing, ACallLeftRingingEndsBeforeTheCarriersTimerC) {
  auto directory = small_directory();
  directory.queues[0].answer = directory::QueueAnswer::on_agent;
  TestCenter t(directory);
  const LegId call = call_to(t, kInbound, 1);
  EXPECT_EQ(t.confirm<RingLeg>().leg, call);
  EXPECT_FALSE(t.take<AnswerLeg>().has_value());
  t.pass(169'000);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
  t.pass(2'000);
  const auto end = t.take<EndLeg>();
  ASSERT_TRUE(end.has_value());
  EXPECT_EQ(end->second.code, 480);
}

TEST(Routing, ACallLeftRingingIsAnsweredByALastResortThatAnswers) {
  auto directory = small_directory();
  directory.queues[0].answer = directory::QueueAnswer::on_agent;
  Policy policy;
  policy.last_resort_queue = kOtherQueueArn;
  TestCenter t(directory, policy);
  const LegId call = call_to(t, kInbound, 1);
  t.confirm<RingLeg>();
  t.pass(170'000);
  EXPECT_EQ(t.confirm<AnswerLeg>().leg, call);
  EXPECT_EQ(t.center.queues().at(1).waiting, 1);
  t.pass(60'000);
  EXPECT_FALSE(t.take<EndLeg>());
}

TEST(Routing, ACallLeftRingingEndsInALastResortThatDoesNotAnswerEither) {
  auto directory = small_directory();
  for (auto& queue : directory.queues) queue.answer = directory::QueueAnswer::on_agent;
  Policy policy;
  policy.last_resort_queue = kOtherQueueArn;
  TestCenter t(directory, policy);
  call_to(t, kInbound, 1);
  t.confirm<RingLeg>();
  t.pass(171'000);
  EXPECT_EQ(t.confirm<EndLeg>().code, 480);
}

TEST(Routing, WhoIsBeingAnsweredCountsAsOneWhoWaits) {
  auto directory = small_directory();
  directory.queues[0].max_waiting = 1;
  TestCenter t(directory);
  call_to(t, kInbound, 1);
  call_to(t, kInbound, 2);
  EXPECT_EQ(t.confirm<EndLeg>().code, 486);
  EXPECT_EQ(t.center.queue_refusal(kQueueArn), message::Reason::queueFull);
  t.confirm<AnswerLeg>();
  EXPECT_EQ(t.center.queues().at(0).waiting, 1);
}

TEST(Routing, ACallThatWasAnsweredInVainWaitsAsLongAsTheQueueLets) {
  auto directory = small_directory();
  directory.queues[0].answer = directory::QueueAnswer::on_agent;
  TestCenter t(directory);
  t.sign_in("agent1");
  const LegId call = call_to(t, kInbound, 1);
  t.confirm<RingLeg>();
  ASSERT_TRUE(t.request("agent1", RequestKind::answer).accepted);
  const LegId phone = t.confirm<DialLeg>().leg;
  t.put(LegAnswered{phone});
  t.put(LegAnswered{call});
  t.fail<BridgeLegs>(488, "No", phone);
  t.finish_ends();
  ASSERT_TRUE(t.choose("agent1", "Break").accepted);
  const int longest = directory.queues[0].max_wait_seconds;
  ASSERT_GT(longest, 180);
  t.pass((longest - 1) * 1000);
  EXPECT_FALSE(t.take<EndLeg>().has_value());
  t.pass(2'000);
  EXPECT_EQ(t.take<EndLeg>()->second.leg, call);
}

TEST(Routing, TheRecordKeepsEachAttempt) {
  TestCenter t;
  t.sign_in("agent1");
  const LegId call = t.call_in();
  t.sign_in("agent2");
  t.pass(20'000);
  ASSERT_EQ(t.state_of("agent1"), "MissedCallAgent");
  ASSERT_TRUE(t.request("agent2", RequestKind::answer).accepted);
  const LegId refused = t.confirm<DialLeg>().leg;
  t.put(LegEnded{.leg = refused, .cause = EndCause::refused, .code = 480, .text = "Away"});
  t.sign_in("agent3");
  const LegId answered = t.answer("agent3");
  const message::ContactView record = last_record(t);
  ASSERT_EQ(record.legs.size(), 4U);
  EXPECT_EQ(record.legs[0].connection_id, call);
  EXPECT_EQ(record.legs[1].party, "agent1");
  EXPECT_EQ(record.legs[1].end_text, "missed");
  EXPECT_FALSE(record.legs[1].answered_at.has_value());
  // The clock of the tests moves on by a millisecond with each input.
  EXPECT_NEAR(static_cast<double>(*record.legs[1].ended_at - record.legs[1].started_at), 20'000, 2);
  EXPECT_EQ(record.legs[2].party, "agent2");
  EXPECT_EQ(record.legs[2].end_code, 480);
  EXPECT_EQ(record.legs[3].connection_id, answered);
  EXPECT_TRUE(record.legs[3].answered_at.has_value());
  EXPECT_EQ(record.state, "active");
}

TEST(Routing, HopsAreCountedDownOnWhateverIsDialledForACall) {
  TestCenter t(two_numbers());
  t.sign_in("agent1");
  const LegId call = call_to(t, kInbound, 1, 12);
  t.confirm<AnswerLeg>();
  t.answer("agent1");
  t.finish_ends();
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, to_number(kOtherInbound)).accepted);
  const DialLeg dial = t.confirm<DialLeg>();
  EXPECT_EQ(dial.max_forwards, 11);
  EXPECT_EQ(dial.media_of, call);

  // An agent's own phone that calls out, to a number of ours as it may be.
  t.sign_in("agent2");
  LegIncoming own;
  own.leg = LegId{.high = 0xdef, .low = 1};
  own.from_agent = "agent2";
  own.to_number = kOtherInbound;
  own.max_forwards = 9;
  t.put(own);
  t.confirm<AnswerLeg>();
  EXPECT_EQ(t.confirm<DialLeg>().max_forwards, 8);
}

}  // namespace
}  // namespace baton::core
