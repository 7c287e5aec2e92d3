// How long who comes into a queue has to wait, by those who came before him.

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::RequestKind;
using message::TransferState;
using testing::to_quick_connect;

struct EstimatedWait : testing::Talking {
  void SetUp() override {
    Talking::SetUp();
    t.sign_in("agent2");
    ASSERT_TRUE(t.choose("agent2", "Break").accepted);
  }
  message::TransferStateChange to_the_queue() {
    EXPECT_TRUE(transfer(to_quick_connect(QuickConnectType::queue, "queue")).accepted);
    t.confirm<ParkLeg>();
    t.finish_ends();
    const message::TransferStateChange last = t.transfer_states("agent1").back();
    EXPECT_EQ(last.state, TransferState::queued);
    return last;
  }
};

TEST_F(EstimatedWait, IsNotKnownBeforeTheQueuesFirstCustomerWasTaken) {
  EXPECT_EQ(to_the_queue().estimated_wait_seconds, std::nullopt);
  EXPECT_EQ(t.center.queues().at(1).estimated_wait_seconds, std::nullopt) << "which is not 0 s";
}

TEST_F(EstimatedWait, IsHowLongTheOneBeforeWaited) {
  to_the_queue();
  t.pass(40'000);
  ASSERT_TRUE(t.choose("agent2", "Available").accepted);
  t.answer("agent2");
  ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::connected);

  ASSERT_TRUE(t.request("agent1", RequestKind::clear_contact).accepted);
  t.call_in(2);
  t.answer("agent1");
  t.finish_ends();
  const message::TransferStateChange next = to_the_queue();
  EXPECT_EQ(next.position, 1);
  EXPECT_EQ(next.estimated_wait_seconds, 41) << "40 s and some milliseconds";
  EXPECT_EQ(t.center.queues().at(1).estimated_wait_seconds, 81) << "for the second in it";
}

}  // namespace
}  // namespace baton::core
