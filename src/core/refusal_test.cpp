// What a refusal tells beside its reason, and who may not transfer where.

#include "core/test_center.hpp"

namespace baton::core {
namespace {

using message::QuickConnectType;
using message::Reason;
using message::RequestKind;
using testing::kOutside;
using testing::small_directory;
using testing::TestCenter;
using testing::to_number;
using testing::to_quick_connect;

message::ApiError refusal_of(TestCenter& t, message::Request request,
                             const std::string& agent = "agent1") {
  const Reply reply = t.request(agent, RequestKind::blind_transfer, std::move(request));
  EXPECT_FALSE(reply.accepted);
  return reply.error.value_or(message::ApiError{});
}

TEST(Refusal, TellsAnAgentWhoIsOfferedACallThatHeHasNoCustomer) {
  TestCenter t;
  t.sign_in("agent1");
  const ContactId call = t.call_in();
  const message::ApiError error = refusal_of(t, to_number(kOutside));
  EXPECT_EQ(error.reason, Reason::noActiveCall);
  EXPECT_EQ(error.contact_id, call);
  EXPECT_EQ(error.customer_location, std::nullopt);
}

TEST(Refusal, TellsAnAgentWhosePhoneStillRingsForHisCallThatHeHasNoCustomer) {
  TestCenter t;
  t.sign_in("agent1");
  ASSERT_TRUE(t.request("agent1", RequestKind::make_call, to_number(kOutside)).accepted);
  EXPECT_EQ(refusal_of(t, to_number(kOutside)).customer_location, std::nullopt);
}

struct RefusalWhileTalking : testing::Talking {};

TEST_F(RefusalWhileTalking, TellsThatHeHasTheCustomer) {
  const message::ApiError error = refusal_of(t, to_number("+1234567"));
  EXPECT_EQ(error.reason, Reason::numberNotPossible);
  EXPECT_EQ(error.contact_id, call);
  EXPECT_EQ(error.customer_location, "agent");
}

TEST_F(RefusalWhileTalking, NamesHisCallByItsConnectionToo) {
  message::Request request = to_number("+1234567");
  request.contact_id = to_string(agent_leg);
  const message::ApiError error = refusal_of(t, std::move(request));
  EXPECT_EQ(error.contact_id, call);
  EXPECT_EQ(error.customer_location, "agent");
}

TEST_F(RefusalWhileTalking, AboutAnothersCallDoesNotTellOfHisOwn) {
  t.sign_in("agent2");
  t.call_in(2);
  t.answer("agent2");
  message::Request request = to_number(kOutside);
  request.contact_id = to_string(call);
  const message::ApiError error = refusal_of(t, std::move(request), "agent2");
  EXPECT_EQ(error.reason, Reason::callNotOwned);
  EXPECT_EQ(error.contact_id, std::nullopt);
  EXPECT_EQ(error.customer_location, std::nullopt);
}

/// Each kind of destination, forbidden to agent1 alone.
TEST(Refusal, IsToldForEachKindOfDestinationThatTheAgentMayNotUse) {
  struct Kind {
    bool directory::AllowedDestinations::* allowed;
    message::Request request;
  };
  for (const auto& [allowed, request] :
       {Kind{&directory::AllowedDestinations::dial_pad, to_number(kOutside)},
        Kind{&directory::AllowedDestinations::phone_number,
             to_quick_connect(QuickConnectType::phone_number, "external")},
        Kind{&directory::AllowedDestinations::queue,
             to_quick_connect(QuickConnectType::queue, "queue")},
        Kind{&directory::AllowedDestinations::agent,
             to_quick_connect(QuickConnectType::agent, "agent2")}}) {
    directory::Directory directory = small_directory();
    directory.agents[0].allowed.*allowed = false;
    TestCenter t(directory);
    t.sign_in("agent1");
    t.call_in();
    t.answer("agent1");
    t.finish_ends();
    t.sign_in("agent2");
    EXPECT_EQ(refusal_of(t, request).reason, Reason::destinationNotPermitted);
    EXPECT_TRUE(t.commands.empty()) << "the customer was touched";
  }
}

}  // namespace
}  // namespace baton::core
