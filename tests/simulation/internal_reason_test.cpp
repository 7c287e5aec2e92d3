// The reason `internal` is for faults of Baton's own, which no input is known to cause: a planted
// one does.

#include <gtest/gtest.h>

#include "core/planted_fault.hpp"
#include "core/test_center.hpp"

namespace baton::core {
namespace {

struct AFaultOfOurs : testing::Talking {
  void TearDown() override { planted_fault = PlantedFault::none; }
};

TEST_F(AFaultOfOurs, IsToldAsInternal) {
  planted_fault = PlantedFault::customer_dropped;
  t.sign_in("agent2");
  ASSERT_TRUE(
      transfer(testing::to_quick_connect(message::QuickConnectType::queue, "queue")).accepted);
  t.fail<ParkLeg>(488);
  ASSERT_FALSE(t.errors("agent1").empty());
  const message::ApiError error = t.errors("agent1").back();
  EXPECT_EQ(error.error_type, "BLIND_TRANSFER_FAILED");
  EXPECT_EQ(error.reason, message::Reason::internal);
  EXPECT_EQ(error.customer_location, "gone");
  EXPECT_FALSE(error.retryable.value_or(true));
  EXPECT_FALSE(error.suggested_action->empty());
  EXPECT_EQ(t.transfer_states("agent1").back().state, message::TransferState::failed);
}

}  // namespace
}  // namespace baton::core
