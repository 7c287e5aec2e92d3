// What a transfer hands on with the call: who sent it, his note, the attributes.

#include <gmock/gmock.h>

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using message::TransferState;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using testing::kOutside;
using ::testing::Not;
using ::testing::Pair;
using testing::to_number;
using testing::to_quick_connect;

struct HandedOn : testing::Talking {
  static message::Request to_agent(const std::string& login) {
    return to_quick_connect(QuickConnectType::agent, login);
  }
  static message::Request with_note(message::Request request, std::string note) {
    request.options.note = std::move(note);
    return request;
  }
  static message::Request with_attribute(message::Request request, std::string name,
                                         std::string value) {
    request.options.attributes = {{std::move(name), std::move(value)}};
    return request;
  }
  message::CallVariables shown_to(const std::string& agent) {
    return *t.last_call(agent, "agent").call_variables;
  }
  Reply transfer_by(const std::string& agent, message::Request request) {
    return t.request(agent, RequestKind::blind_transfer, std::move(request));
  }
  /// Until the receiver, who signs in for it, is offered the call.
  void offer(const std::string& from, message::Request request, const std::string& to) {
    t.sign_in(to);
    ASSERT_TRUE(transfer_by(from, std::move(request)).accepted);
    t.confirm<ParkLeg>();
    t.finish_ends();
    ASSERT_EQ(t.state_of(to), "PendingBusy");
  }
  void hand_on(const std::string& from, message::Request request, const std::string& to) {
    offer(from, std::move(request), to);
    t.answer(to);
    ASSERT_EQ(t.transfer_states(from).back().state, TransferState::connected);
  }
  void fails(message::Request request) {
    ASSERT_TRUE(transfer(std::move(request)).accepted);
    t.fail<DialLeg>(486, "Busy Here");
    ASSERT_EQ(t.transfer_states("agent1").back().state, TransferState::failed);
  }
};

TEST_F(HandedOn, TheNoteAndTheSenderAreShownToTheReceiver) {
  offer("agent1", with_note(to_agent("agent2"), "Ask Eve"), "agent2");
  EXPECT_THAT(shown_to("agent2"), Contains(Pair("TransferNote", "Ask Eve")));
  EXPECT_THAT(shown_to("agent2"), Contains(Pair("TransferredBy", "agent1")));
  t.answer("agent2");
  EXPECT_THAT(shown_to("agent2"), Contains(Pair("TransferNote", "Ask Eve"))) << "and stay";
}

TEST_F(HandedOn, TheNoteOfATransferThatFailedIsNotShownToTheNextReceiver) {
  fails(with_note(with_attribute(to_number(kOutside), "for", "Eve"), "Ask Eve, never Bob"));
  EXPECT_THAT(shown_to("agent1"), Not(Contains(Key("TransferredBy")))) << "nobody sent it to him";
  offer("agent1", to_agent("agent2"), "agent2");
  EXPECT_THAT(shown_to("agent2"), Not(Contains(Key("TransferNote"))));
  EXPECT_THAT(shown_to("agent2"), Not(Contains(Key("for"))));
  EXPECT_THAT(shown_to("agent2"), Contains(Pair("TransferredBy", "agent1")));
}

TEST_F(HandedOn, TheNoteOfTheTransferBeforeIsNotShownAsTheNextSenders) {
  hand_on("agent1",
          with_note(with_attribute(to_agent("agent2"), "account", "4711"), "Wants a new address"),
          "agent2");
  offer("agent2", to_agent("agent3"), "agent3");
  EXPECT_THAT(shown_to("agent3"), Not(Contains(Key("TransferNote"))));
  EXPECT_THAT(shown_to("agent3"), Contains(Pair("TransferredBy", "agent2")));
  EXPECT_THAT(shown_to("agent3"), Contains(Pair("account", "4711"))) << "of the call, not of him";
}

TEST_F(HandedOn, WhoGetsTheCallBackSeesWhatItCameToHimWith) {
  hand_on("agent1", with_note(to_agent("agent2"), "Wants a new address"), "agent2");
  ASSERT_TRUE(transfer_by("agent2", with_note(to_number(kOutside), "Hurry")).accepted);
  t.fail<DialLeg>(486, "Busy Here");
  EXPECT_THAT(shown_to("agent2"), Contains(Pair("TransferNote", "Wants a new address")));
  EXPECT_THAT(shown_to("agent2"), Contains(Pair("TransferredBy", "agent1")));
}

TEST_F(HandedOn, AttributesOfTransfersThatAreCanceledDoNotAddUp) {
  t.sign_in("agent2");
  const std::string large(30'000, 'x');
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(transfer(with_attribute(to_quick_connect(QuickConnectType::queue, "queue"),
                                        "key" + std::to_string(i), large))
                    .accepted);
    ASSERT_TRUE(t.request("agent1", RequestKind::cancel_transfer).accepted);
  }
  EXPECT_EQ(shown_to("agent1").size(), 2U) << "the two numbers";
}

TEST_F(HandedOn, ACallKeepsSoManyAttributesAsOneTransferMayHave) {
  const std::string large(20'000, 'x');
  hand_on("agent1", with_attribute(to_agent("agent2"), "a", large), "agent2");
  t.sign_in("agent3");
  const Reply reply = transfer_by("agent2", with_attribute(to_agent("agent3"), "b", large));
  ASSERT_FALSE(reply.accepted);
  EXPECT_EQ(reply.error->reason, Reason::optionNotSupported);
  EXPECT_THAT(reply.error->msg, HasSubstr("options.attributes: 40002 bytes"));
  EXPECT_EQ(t.state_of("agent3"), "Available") << "nobody was offered it";
  EXPECT_TRUE(transfer_by("agent2", with_attribute(to_agent("agent3"), "a", large)).accepted)
      << "the same name is used anew";
}

}  // namespace
}  // namespace baton::core
