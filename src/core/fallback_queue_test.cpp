// A queue in `options.onFailure`: named by its own ARN, or by that of a quick connect to it.

#include <gmock/gmock.h>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::FallbackKind;
using message::Reason;
using message::TransferState;
using ::testing::HasSubstr;
using testing::kOtherQueueArn;
using testing::kOutside;
using testing::quick_connect_arn;
using testing::to_number;

struct FallbackQueue : testing::Talking {
  static message::Request on_failure(const std::string& arn) {
    message::Request request = to_number(kOutside);
    request.options.on_failure = {{{.kind = FallbackKind::queue, .queue_arn = arn}}};
    return request;
  }
  message::TransferStateChange last() { return t.transfer_states("agent1").back(); }
  void takes_the_customer_of_a_busy_number(const std::string& arn) {
    ASSERT_TRUE(transfer(on_failure(arn)).accepted);
    EXPECT_EQ(last().options->on_failure.at(0).queue_arn, kOtherQueueArn) << "as it is told";
    const LegId target = t.confirm<DialLeg>().leg;
    t.put(LegRinging{target});
    t.confirm<ParkLeg>();
    t.finish_ends();
    t.put(LegEnded{.leg = target, .cause = EndCause::refused, .code = 486, .text = "Busy Here"});
    EXPECT_EQ(last().state, TransferState::requeued);
    EXPECT_EQ(last().queue_name, "Second");
  }
  void is_refused(const std::string& arn) {
    const Reply reply = transfer(on_failure(arn));
    ASSERT_FALSE(reply.accepted);
    EXPECT_EQ(reply.error->reason, Reason::destinationNotFound);
    EXPECT_THAT(reply.error->msg, HasSubstr("options.onFailure: there is no queue '" + arn + "'"));
    EXPECT_FALSE(t.take<DialLeg>());
  }
};

TEST_F(FallbackQueue, ByItsOwnArnTakesTheCustomer) {
  takes_the_customer_of_a_busy_number(kOtherQueueArn);
}

TEST_F(FallbackQueue, ByItsQuickConnectTakesTheCustomer) {
  takes_the_customer_of_a_busy_number(quick_connect_arn("queue"));
}

TEST_F(FallbackQueue, ThatIsNotThereIsRefused) {
  is_refused("arn:aws:connect:us-east-1:975419294579:instance/i/queue/q9");
  is_refused(quick_connect_arn("nothing"));
}

TEST_F(FallbackQueue, ByAQuickConnectOfAnotherKindIsRefused) {
  is_refused(quick_connect_arn("external"));
}

}  // namespace
}  // namespace baton::core
