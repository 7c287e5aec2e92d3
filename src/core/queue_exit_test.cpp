// How waits in a queue end, as the metrics are told (docs/operations.md).

#include <gtest/gtest.h>

#include <boost/describe/enum_to_string.hpp>

#include <string>
#include <vector>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::RequestKind;
using testing::kOtherQueueArn;
using testing::small_directory;
using testing::TestCenter;
using testing::to_quick_connect;

/// "First taken, Second timedOut": all exits so far, in order.
std::string exits(const TestCenter& t) {
  std::string text;
  for (const Output& output : t.all) {
    const auto* left = std::get_if<LeftQueue>(&output);
    if (left == nullptr) continue;
    if (!text.empty()) text += ", ";
    text += left->queue + ' ' + boost::describe::enum_to_string(left->how, "?");
  }
  return text;
}

/// agent1's customer waits in the second queue, which agent2 staffs on a break.
void transfer_to_second(TestCenter& t) {
  t.sign_in("agent1");
  t.call_in();
  t.answer("agent1");
  t.sign_in("agent2");
  ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  message::Request request = to_quick_connect(QuickConnectType::queue, "queue");
  request.options.queue_timeout_seconds = 30;
  ASSERT_TRUE(t.request("agent1", RequestKind::blind_transfer, std::move(request)).accepted);
  t.confirm<ParkLeg>();
  t.finish_ends();
}

TEST(QueueExits, WhoIsTakenHasWaited) {
  TestCenter t;
  t.call_in();
  t.pass(5'000);
  t.sign_in("agent1");
  EXPECT_EQ(exits(t), "") << "an offer is not the end of the wait";
  t.answer("agent1");
  EXPECT_EQ(exits(t), "First taken");
  for (const Output& output : t.all) {
    if (const auto* left = std::get_if<LeftQueue>(&output)) {
      EXPECT_NEAR(static_cast<double>(left->waited_ms), 5'000, 20);
    }
  }
}

TEST(QueueExits, WhoseWaitRanOutAndWhoWasGivenBackWasNotTaken) {
  TestCenter t;
  transfer_to_second(t);
  EXPECT_EQ(exits(t), "First taken");
  t.pass(30'000);
  EXPECT_EQ(exits(t), "First taken, Second timedOut");
  t.answer("agent1");
  ASSERT_EQ(t.transfer_states("agent1").back().state, message::TransferState::returned);
  EXPECT_EQ(exits(t), "First taken, Second timedOut") << "he waited in no queue for that";
}

TEST(QueueExits, WhoIsTakenBackWasNotTaken) {
  TestCenter t;
  transfer_to_second(t);
  ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  EXPECT_EQ(exits(t), "First taken, Second canceled");
}

TEST(QueueExits, WhoHangsUpIsCountedOnce) {
  TestCenter t;
  transfer_to_second(t);
  const ContactId other = t.call_in(2);
  t.put(LegEnded{.leg = t.transfer_states("agent1").back().contact_id,
                 .cause = EndCause::remote,
                 .code = 0,
                 .text = {}});
  EXPECT_EQ(exits(t), "First taken, Second hungUp");
  t.put(LegEnded{.leg = other, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(exits(t), "First taken, Second hungUp, First hungUp");
}

TEST(QueueExits, TheLongestWaitOfACallEndsItOrMovesIt) {
  auto directory = small_directory();
  directory.queues[0].max_wait_seconds = 30;
  TestCenter t(directory);
  t.call_in();
  t.pass(31'000);
  EXPECT_EQ(exits(t), "First timedOut");
  Policy policy;
  policy.last_resort_queue = kOtherQueueArn;
  TestCenter with_resort(directory, policy);
  with_resort.call_in();
  with_resort.pass(31'000);
  EXPECT_EQ(exits(with_resort), "First timedOut") << "he waits on, elsewhere";
}

TEST(QueueExits, AQueueThatLeftTheDirectoryIsNamedByItsArn) {
  auto directory = small_directory();
  TestCenter t(directory);
  const ContactId call = t.call_in();
  directory.queues.erase(directory.queues.begin());
  t.put(DirectoryChanged{directory});
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_EQ(exits(t), std::string(testing::kQueueArn) + " hungUp");
}

}  // namespace
}  // namespace baton::core
