// The dial policy and its limits, at every way by which an outside number is dialled.

#include <gmock/gmock.h>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::Reason;
using message::RequestKind;
using testing::facts_of;
using ::testing::HasSubstr;
using testing::kOutside;
using testing::small_directory;
using testing::Talking;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

constexpr const char* kPremium = "+19005550100";
constexpr const char* kGerman = "+493012345678";

struct Dialling : Talking {
  Policy policy;

  void use(const directory::DialPolicy& dial) {
    policy.dial = dial;
    t.put(PolicyChanged{policy});
  }
  Reply refused(const std::string& number, Reason reason) {
    const Reply reply = transfer(to_number(number));
    EXPECT_FALSE(reply.accepted);
    EXPECT_EQ(reply.error ? reply.error->reason : Reason::none, reason);
    EXPECT_TRUE(t.commands.empty()) << "the customer was touched";
    return reply;
  }
  /// A transfer to the number that ends before anybody is released.
  void dial_and_fail(const std::string& number) {
    ASSERT_TRUE(transfer(to_number(number)).accepted);
    t.fail<DialLeg>(486, "Busy Here");
    t.commands.clear();
  }
};

TEST_F(Dialling, EachVerdictHasItsReason) {
  directory::DialPolicy dial;
  dial.allowed_countries = {"US"};
  dial.blocked_prefixes = {"+1809"};
  use(dial);
  refused("+1234567", Reason::numberNotPossible);
  refused(kPremium, Reason::premiumRateBlocked);
  refused(kGerman, Reason::countryNotAllowed);
  const Reply blocked = refused("+18095550123", Reason::destinationNotPermitted);
  EXPECT_THAT(blocked.error->msg, HasSubstr("+18095550123"));
  EXPECT_THAT(blocked.error->msg, HasSubstr("dialing.blocked_prefixes"));
  EXPECT_FALSE(blocked.error->retryable.value_or(true));
  EXPECT_TRUE(transfer(to_number(kOutside)).accepted);
}

TEST_F(Dialling, AnExternalQuickConnectIsHeldToThePolicy) {
  directory::DialPolicy dial;
  dial.blocked_prefixes = {"+1657"};
  use(dial);
  const Reply reply =
      transfer(to_quick_connect(message::QuickConnectType::phone_number, "external"));
  ASSERT_FALSE(reply.accepted);
  EXPECT_EQ(reply.error->reason, Reason::destinationNotPermitted);
}

TEST_F(Dialling, ANumberThatNoEdgeLookedUpIsNotDialled) {
  message::Request request = to_number(kOutside);
  request.kind = RequestKind::blind_transfer;
  request.subtopic = "BlindTransfer";
  Input input;
  input.at = t.now + 1;
  RequestInput asked{.reply = 1,
                     .caller = "agent1",
                     .role = directory::Role::agent,
                     .agent = "agent1",
                     .request = request};
  Outputs outputs;
  input.body = asked;
  t.center.apply(input, outputs);
  ASSERT_EQ(outputs.size(), 1U);
  EXPECT_EQ(std::get<Reply>(outputs[0]).error->reason, Reason::numberNotPossible);
  // Nor one that another number's facts came with.
  asked.number_facts = facts_of("+16579994374");
  input.body = asked;
  outputs.clear();
  t.center.apply(input, outputs);
  EXPECT_EQ(std::get<Reply>(outputs[0]).error->reason, Reason::numberNotPossible);
}

TEST_F(Dialling, AReferIsHeldToThePolicy) {
  t.put(LegRefer{.leg = agent_leg, .refer = 1, .target_user = kPremium, .target_host = "x"});
  EXPECT_EQ(t.confirm<AnswerRefer>().code, 603);
  EXPECT_FALSE(t.take<NotifyRefer>());
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::premiumRateBlocked);
  EXPECT_FALSE(t.take<DialLeg>());
}

TEST_F(Dialling, AnAgentMayDialAsOftenAsTheLimitSays) {
  directory::DialPolicy dial;
  dial.max_per_agent_per_minute = 2;
  dial.max_per_agent_per_day = 3;
  use(dial);
  t.now = 1'600'041'600'000;  // A day of UTC begins.
  dial_and_fail(kOutside);
  dial_and_fail("+12082097346");
  const Reply limited = refused(kOutside, Reason::rateLimited);
  EXPECT_TRUE(limited.error->retryable.value_or(false));
  EXPECT_EQ(limited.error->retry_after_seconds, 60);
  EXPECT_THAT(limited.error->msg, HasSubstr("dialing.max_per_agent_per_minute"));
  t.pass(60'000);
  dial_and_fail(kOutside);
  EXPECT_NEAR(refused(kOutside, Reason::rateLimited).error->retry_after_seconds.value_or(0), 86'340,
              1);
  t.pass(86'400'000);
  dial_and_fail(kOutside);
  dial_and_fail(kOutside);
  refused(kOutside, Reason::rateLimited);
  EXPECT_TRUE(transfer(to_quick_connect(message::QuickConnectType::queue, "queue")).accepted)
      << "a queue is no outside number";
}

TEST_F(Dialling, ANumberMayBeDialledAsOftenAsTheLimitSays) {
  directory::DialPolicy dial;
  dial.max_per_number_per_minute = 1;
  use(dial);
  dial_and_fail(kOutside);
  const Reply limited = refused(kOutside, Reason::rateLimited);
  EXPECT_THAT(limited.error->msg, HasSubstr(kOutside));
  dial_and_fail("+12082097346");
}

TEST_F(Dialling, ARepeatIsNotCountedTwice) {
  directory::DialPolicy dial;
  dial.max_per_agent_per_minute = 1;
  use(dial);
  ASSERT_TRUE(transfer(to_number(kOutside)).accepted);
  EXPECT_TRUE(transfer(to_number(kOutside)).accepted) << "a double click gets the running one";
}

TEST_F(Dialling, TheCountsOutliveARestartAndASnapshot) {
  directory::DialPolicy dial;
  dial.max_per_agent_per_minute = 1;
  dial.max_per_number_per_minute = 1;
  use(dial);
  dial_and_fail(kOutside);
  const std::string before = t.center.dump();
  ContactCenter again;
  ASSERT_EQ(again.load(t.center.save()), "");
  EXPECT_EQ(again.dump(), before);
  EXPECT_THAT(before, HasSubstr("dialled +12082097345 1@"));
}

TEST_F(Dialling, ReleaseOnAcceptedWaitsForTheInvite) {
  message::Request request = to_number(kOutside);
  request.options.release_on = message::ReleaseOn::accepted;
  ASSERT_TRUE(transfer(request).accepted);
  EXPECT_FALSE(t.take<ParkLeg>()) << "no trunk may have room: the customer is not touched yet";
  t.fail<DialLeg>(503, "All trunks are full");
  EXPECT_EQ(t.way("agent1"), "accepted/agent failed/agent");
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::carrierUnavailable);

  request.content_hash = 2;
  ASSERT_TRUE(transfer(request).accepted);
  t.confirm<DialLeg>();
  EXPECT_EQ(t.confirm<ParkLeg>().sound, Sound::ringback);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
}

struct CallingOut : ::testing::Test {
  TestCenter t;
  Policy policy;

  void SetUp() override { t.sign_in("agent1"); }
  Reply call(const std::string& number) {
    return t.request("agent1", RequestKind::make_call, to_number(number));
  }
  void allow_only(const std::string& country) {
    policy.dial.allowed_countries = {country};
    t.put(PolicyChanged{policy});
  }
};

TEST_F(CallingOut, ACallIsHeldToThePolicy) {
  EXPECT_EQ(call(kPremium).error->reason, Reason::premiumRateBlocked);
  policy.dial.max_per_agent_per_minute = 1;
  t.put(PolicyChanged{policy});
  ASSERT_TRUE(call(kOutside).accepted);
  t.fail<DialLeg>(480, "gone");
  EXPECT_EQ(t.state_of("agent1"), "Available");
  EXPECT_EQ(call(kOutside).error->reason, Reason::rateLimited);
}

TEST_F(CallingOut, WhoAnsweredIsNotHungUpOnByTheRingTimeOut) {
  ASSERT_TRUE(call(kOutside).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  const LegId number = t.confirm<DialLeg>().leg;
  t.pass(59'900);
  t.put(LegAnswered{number});
  t.pass(200);
  EXPECT_FALSE(t.take<EndLeg>());
  t.confirm<BridgeLegs>();
  EXPECT_EQ(t.last_call("agent1", "agent").leg.status, "connected");
  EXPECT_TRUE(t.errors("agent1").empty());
}

TEST_F(CallingOut, ATrunkOfWhichNothingComesIsToldAsTheCarriersFault) {
  for (const bool heard : {false, true}) {
    ASSERT_TRUE(call(kOutside).accepted);
    t.put(LegAnswered{t.confirm<DialLeg>().leg});
    const LegId number = t.confirm<DialLeg>().leg;
    if (heard) t.put(LegHeard{number});
    t.pass(60'000);
    EXPECT_EQ(t.errors("agent1").back().reason,
              heard ? Reason::noAnswer : Reason::carrierUnavailable);
    t.finish_ends();
  }
}

TEST_F(CallingOut, AJoinThatIsNeverDoneEndsTheCallByItsOwnDeadline) {
  ASSERT_TRUE(call(kOutside).accepted);
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.put(LegAnswered{t.confirm<DialLeg>().leg});
  t.pass(10'000);
  EXPECT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.finish_ends(), 2);
}

TEST_F(CallingOut, AnAgentWhoHangsUpHisPhoneHasGivenUpAndIsToldOfNoFailure) {
  for (const int code : {0, 487}) {
    ASSERT_TRUE(call(kOutside).accepted);
    const LegId phone = t.confirm<DialLeg>().leg;
    t.put(LegAnswered{phone});
    t.confirm<DialLeg>();
    t.put(LegEnded{.leg = phone, .cause = EndCause::remote, .code = code, .text = {}});
    EXPECT_TRUE(t.errors("agent1").empty());
    t.finish_ends();
    EXPECT_EQ(t.state_of("agent1"), "Available");
  }
}

TEST_F(CallingOut, ThePolicyIsAskedAgainWhenTheNumberIsDialled) {
  ASSERT_TRUE(call(kOutside).accepted);
  const LegId phone = t.confirm<DialLeg>().leg;
  allow_only("DE");  // While the agent's phone rings.
  t.put(LegAnswered{phone});
  EXPECT_FALSE(t.take<DialLeg>());
  ASSERT_EQ(t.errors("agent1").size(), 1U);
  EXPECT_EQ(t.errors("agent1").front().error_type, "MAKE_CALL_FAILED");
  EXPECT_EQ(t.errors("agent1").front().reason, Reason::countryNotAllowed);
  EXPECT_FALSE(t.errors("agent1").front().backend) << "it was our own decision";
  EXPECT_EQ(t.finish_ends(), 1) << "the agent's phone is let go";
  EXPECT_EQ(t.state_of("agent1"), "Available");
}

TEST_F(CallingOut, APhoneThatDialsByItselfIsHeldToThePolicy) {
  const auto dial = [&](const std::string& number, std::uint64_t leg) {
    LegIncoming call;
    call.leg = {.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000000ULL + leg};
    call.from_agent = "agent1";
    call.to_number = number;
    t.put(std::move(call));
  };
  dial(kPremium, 1);
  EXPECT_EQ(t.confirm<EndLeg>().code, 403);
  dial("+1234567", 2);
  EXPECT_EQ(t.confirm<EndLeg>().code, 404);
  policy.dial.max_per_number_per_day = 1;
  t.put(PolicyChanged{policy});
  dial(kOutside, 3);
  t.fail<AnswerLeg>(481, "gone");
  t.put(LegEnded{.leg = {.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000003ULL},
                 .cause = EndCause::remote,
                 .code = 487,
                 .text = {}});
  EXPECT_EQ(t.state_of("agent1"), "Available");
  dial(kOutside, 4);
  EXPECT_EQ(t.confirm<EndLeg>().code, 480);
}

TEST(Preflight, GivesTheVerdictAndDialsNothing) {
  TestCenter t;
  t.sign_in("agent1");
  RequestInput asked;
  asked.agent = "agent1";
  const auto verdict = [&](message::Request request) {
    request.kind = RequestKind::blind_transfer;
    request.subtopic = "BlindTransfer";
    asked.request = std::move(request);
    look_up_numbers(asked, facts_of);
    const std::string before = t.center.dump();
    Preflight result = t.center.preflight(asked, t.now);
    EXPECT_EQ(t.center.dump(), before);
    return result;
  };
  const Preflight good = verdict(to_number(kOutside));
  EXPECT_FALSE(good.refusal);
  EXPECT_EQ(good.destination.phone_number, kOutside);
  EXPECT_EQ(good.number, facts_of(kOutside));
  const Preflight premium = verdict(to_number(kPremium));
  ASSERT_TRUE(premium.refusal);
  EXPECT_EQ(premium.refusal->reason, Reason::premiumRateBlocked);
  EXPECT_EQ(premium.refusal->error_type, "BLIND_TRANSFER_FAILED");
  const Preflight agent = verdict(to_quick_connect(message::QuickConnectType::agent, "agent2"));
  EXPECT_EQ(agent.refusal->reason, Reason::agentUnavailable);
  EXPECT_FALSE(agent.number);
  const Preflight queue = verdict(to_quick_connect(message::QuickConnectType::queue, "queue"));
  EXPECT_FALSE(queue.refusal) << queue.refusal->msg;
  asked.agent = "nobody";
  EXPECT_EQ(verdict(to_number(kOutside)).refusal->reason, Reason::invalidMessage);
}

}  // namespace
}  // namespace baton::core
