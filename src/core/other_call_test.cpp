// A request that names a call, or a transfer, is about that one and no other.

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::Reason;
using message::RequestKind;
using message::TransferState;
using testing::kOutside;
using testing::to_number;

constexpr const char* kAnotherCall = "00000000-0000-4000-8000-000000000001";

message::Request of_call(const std::string& id) {
  message::Request request;
  request.contact_id = id;
  return request;
}

/// A customer is talking with agent1.
struct OtherCall : testing::Talking {
  void refused(RequestKind kind, const std::string& id, Reason reason) {
    const Reply reply = t.request("agent1", kind, of_call(id));
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.error->reason, reason);
    EXPECT_NE(reply.error->msg.find("contactId: "), std::string::npos) << reply.error->msg;
    EXPECT_NE(reply.error->msg.find(id), std::string::npos) << reply.error->msg;
  }
};

TEST_F(OtherCall, TheAfterCallWorkOfAnotherCallIsNotCleared) {
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  ASSERT_EQ(t.state_of("agent1"), "AfterCallWork");
  refused(RequestKind::clear_contact, kAnotherCall, Reason::noActiveCall);
  refused(RequestKind::clear_contact, "x", Reason::invalidMessage);
  EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
  EXPECT_TRUE(t.request("agent1", RequestKind::clear_contact, of_call(to_string(call))).accepted);
  EXPECT_EQ(t.state_of("agent1"), "Available");
}

TEST_F(OtherCall, TheAfterCallWorkIsClearedByAConnectionToo) {
  t.put(LegEnded{.leg = call, .cause = EndCause::remote, .code = 0, .text = {}});
  EXPECT_TRUE(
      t.request("agent1", RequestKind::clear_contact, of_call(to_string(agent_leg))).accepted);
}

TEST_F(OtherCall, AnotherCallIsNotMuted) {
  for (const RequestKind kind : {RequestKind::mute, RequestKind::unmute}) {
    refused(kind, kAnotherCall, Reason::noActiveCall);
    EXPECT_FALSE(t.take<MuteLeg>());
    EXPECT_TRUE(t.request("agent1", kind, of_call(to_string(call))).accepted);
    EXPECT_TRUE(t.take<MuteLeg>());
  }
}

TEST_F(OtherCall, ASupervisorWhoIsNoAgentOfTheDirectoryCancelsATransfer) {
  const Reply running = transfer(to_number(kOutside));
  ASSERT_TRUE(running.transfer_id);
  message::Request named;
  named.transfer_id = to_string(*running.transfer_id);
  EXPECT_EQ(t.request("stranger", RequestKind::cancel_transfer, named).error->reason,
            Reason::invalidMessage)
      << "an agent";
  const Reply unnamed =
      t.request("boss", RequestKind::cancel_transfer, {}, directory::Role::supervisor);
  ASSERT_TRUE(unnamed.error);
  EXPECT_NE(unnamed.error->msg.find("data.transferId"), std::string::npos) << unnamed.error->msg;
  EXPECT_FALSE(unnamed.error->agent_state) << "he is no agent";
  named.id = "c-1";
  EXPECT_TRUE(
      t.request("boss", RequestKind::cancel_transfer, named, directory::Role::supervisor).accepted);
  EXPECT_EQ(t.transfer_states("agent1").back().state, TransferState::canceled);
  EXPECT_TRUE(
      t.request("boss", RequestKind::cancel_transfer, named, directory::Role::supervisor).accepted)
      << "the id was remembered for him";
}

}  // namespace
}  // namespace baton::core
