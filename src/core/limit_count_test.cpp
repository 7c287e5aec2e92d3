// Each refusal by a limit is counted under that limit, and nothing else is.

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::RequestKind;
using testing::kInbound;
using testing::kOutside;
using testing::small_directory;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

struct Scene {
  const char* name;
  std::uint64_t Counters::* counter;
  std::function<void(Policy&, directory::Directory&)> limit;
  /// One refusal by the limit; the counter stands at 0 before it.
  std::function<void(TestCenter&)> meet_it;
};

void PrintTo(const Scene& scene, std::ostream* out) { *out << scene.name; }

LegId call(TestCenter& t, std::uint64_t leg, const std::string& number = kInbound,
           const std::string& from_agent = {}) {
  LegIncoming incoming;
  incoming.leg = LegId{.high = 0xabc, .low = leg};
  incoming.from_agent = from_agent;
  incoming.to_number = number;
  t.put(incoming);
  return incoming.leg;
}

void talk(TestCenter& t) {
  t.sign_in("agent1");
  t.call_in();
  t.answer("agent1");
}

Reply transfer(TestCenter& t, message::Request request) {
  return t.request("agent1", RequestKind::blind_transfer, std::move(request));
}

/// A transfer to the number that ends before anybody is released.
void dial(TestCenter& t, const std::string& number) {
  ASSERT_TRUE(transfer(t, to_number(number)).accepted);
  t.fail<DialLeg>(486, "Busy Here");
}

void dial_twice(TestCenter& t) {
  talk(t);
  dial(t, kOutside);
  EXPECT_FALSE(transfer(t, to_number(kOutside)).accepted);
}

const Scene kScenes[] = {
    {"ContactsByACall", &Counters::contacts_full,
     [](Policy& policy, auto&) { policy.max_contacts = 1; },
     [](TestCenter& t) {
       call(t, 1);
       t.confirm<AnswerLeg>();
       call(t, 2);
       EXPECT_EQ(t.confirm<EndLeg>().code, 503);
     }},
    {"ContactsByACallOut", &Counters::contacts_full,
     [](Policy& policy, auto&) { policy.max_contacts = 1; },
     [](TestCenter& t) {
       call(t, 1);
       t.put(PhoneReachable{.login = "agent1", .reachable = true});
       ASSERT_TRUE(t.request("agent1", RequestKind::login).accepted);
       EXPECT_FALSE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
     }},
    {"AgentMinute", &Counters::agent_minute_full,
     [](Policy& policy, auto&) { policy.dial.max_per_agent_per_minute = 1; }, dial_twice},
    {"AgentDay", &Counters::agent_day_full,
     [](Policy& policy, auto&) {
       policy.dial.max_per_agent_per_minute = 1;
       policy.dial.max_per_agent_per_day = 1;
     },
     dial_twice},
    {"NumberMinute", &Counters::number_minute_full,
     [](Policy& policy, auto&) { policy.dial.max_per_number_per_minute = 1; }, dial_twice},
    {"NumberDay", &Counters::number_day_full,
     [](Policy& policy, auto&) { policy.dial.max_per_number_per_day = 1; }, dial_twice},
    {"ByTheTransferKey", &Counters::number_day_full,
     [](Policy& policy, auto&) { policy.dial.max_per_number_per_day = 1; },
     [](TestCenter& t) {
       t.sign_in("agent1");
       t.call_in();
       const LegId leg = t.answer("agent1");
       dial(t, kOutside);
       t.put(LegRefer{.leg = leg, .refer = 1, .target_user = kOutside, .target_host = "x"});
     }},
    {"ByThePhoneItself", &Counters::number_day_full,
     [](Policy& policy, auto&) { policy.dial.max_per_number_per_day = 1; },
     [](TestCenter& t) {
       talk(t);
       dial(t, kOutside);
       t.sign_in("agent2");
       call(t, 5, kOutside, "agent2");
       EXPECT_EQ(t.take<EndLeg>()->second.code, 480);
     }},
    {"ByACallOut", &Counters::agent_minute_full,
     [](Policy& policy, auto&) { policy.dial.max_per_agent_per_minute = 1; },
     [](TestCenter& t) {
       t.sign_in("agent1");
       ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
       t.fail<DialLeg>(480, "gone");
       EXPECT_FALSE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
     }},
    {"QueueByACall", &Counters::queue_full,
     [](auto&, directory::Directory& directory) { directory.queues[0].max_waiting = 1; },
     [](TestCenter& t) {
       call(t, 1);
       t.confirm<AnswerLeg>();
       call(t, 2);
       EXPECT_EQ(t.confirm<EndLeg>().code, 486);
     }},
    {"QueueByATransfer", &Counters::queue_full,
     [](auto&, directory::Directory& directory) {
       directory.queues[1].max_waiting = 1;
       directory.inbound_numbers.push_back(
           {.number = "+18005550101", .queue_arn = testing::kOtherQueueArn});
     },
     [](TestCenter& t) {
       talk(t);
       call(t, 2, "+18005550101");
       t.confirm<AnswerLeg>();
       EXPECT_FALSE(transfer(t, to_quick_connect(QuickConnectType::queue, "queue")).accepted);
     }},
};

std::uint64_t all_of(const Counters& c) {
  return c.contacts_full + c.agent_minute_full + c.agent_day_full + c.number_minute_full +
         c.number_day_full + c.queue_full;
}

struct LimitCount : ::testing::TestWithParam<Scene> {};

TEST_P(LimitCount, OneRefusalIsOneHit) {
  Policy policy;
  directory::Directory directory = small_directory();
  GetParam().limit(policy, directory);
  TestCenter t(directory, policy);
  GetParam().meet_it(t);
  EXPECT_EQ(t.center.counters().*GetParam().counter, 1U);
  EXPECT_EQ(all_of(t.center.counters()), 1U) << "another limit was counted, too";
  ContactCenter again;
  ASSERT_EQ(again.load(t.center.save()), "");
  EXPECT_EQ(again.counters().*GetParam().counter, 1U) << "it outlives a restart";
}

INSTANTIATE_TEST_SUITE_P(Limits, LimitCount, ::testing::ValuesIn(kScenes),
                         [](const auto& each) { return std::string(each.param.name); });

TEST(LimitCount, APreflightIsNoHit) {
  Policy policy;
  policy.dial.max_per_agent_per_minute = 1;
  TestCenter t(small_directory(), policy);
  talk(t);
  dial(t, kOutside);
  RequestInput asked;
  asked.agent = "agent1";
  asked.request = to_number(kOutside);
  asked.request.kind = RequestKind::blind_transfer;
  look_up_numbers(asked, testing::facts_of);
  ASSERT_TRUE(t.center.preflight(asked, t.now).refusal);
  EXPECT_EQ(all_of(t.center.counters()), 0U);
}

}  // namespace
}  // namespace baton::core
