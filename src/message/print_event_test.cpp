#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "message/json_tree.hpp"
#include "message/samples/sample_events.hpp"

namespace baton::message {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

json::value read_fixture(const char* name) {
  std::ifstream in(std::filesystem::path(BATON_SOURCE_DIR) / "tests/fixtures/messages/events" /
                   name);
  EXPECT_TRUE(in) << name;
  return json::parse(std::string(std::istreambuf_iterator<char>(in), {}));
}

json::object print_to_json(EventBody body) {
  return json::parse(print(Event{"agent1", 7, "r1", std::move(body)}, "epoch-1")).as_object();
}

void erase_blind_transfer(json::value& value) {
  if (auto* object = value.if_object()) {
    object->erase("blindTransfer");
    for (auto& member : *object) erase_blind_transfer(member.value());
  } else if (auto* array = value.if_array()) {
    for (json::value& item : *array) erase_blind_transfer(item);
  }
}

// Without what is our own addition.
json::value published_part(json::object event) {
  for (const char* ours : {"agent", "epoch", "sequence", "id"})
    EXPECT_EQ(event.erase(ours), 1U) << ours;
  json::value value = std::move(event);
  erase_blind_transfer(value);
  return value;
}

TEST(PrintEvent, TheIncomingCallIsThePublishedOne) {
  json::value published = read_fixture("incoming-call.json");
  // The published sample has a blank before the queue's name here.
  published.at("message").at("call").at("ResponseFields").at("DN") = "InboundTest";
  EXPECT_EQ(published_part(print_to_json(samples::published_incoming_call())), published);
}

TEST(PrintEvent, TheCallStateSyncIsThePublishedOne) {
  EXPECT_EQ(published_part(print_to_json(samples::published_call_state_sync())),
            read_fixture("call-state-synchronization.json"));
}

TEST(PrintEvent, TheCallEventInThePublishedOrderOfKeys) {
  EXPECT_EQ(
      print(Event{"agent1", 7, std::nullopt, samples::published_incoming_call()}, "epoch-1"),
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"InboundCallStateChange","message":{"call":{"ButtonStates":)"
      R"({"items":{"answer":"Enable","reject":"Enable","disconnect":"Hide","hold":"Hide","resume":"Hide",)"
      R"("clearContact":"Hide","consult":"Hide","numberpad":"Hide","swap":"Hide","transfer":"Hide","conference":"Hide",)"
      R"("blindTransfer":"Hide"},"count":11},"ActionsAllowed":null,"ResponseType":0,"ResponseText":"Success",)"
      R"("ResponseActual":{"connectionId":"4bbfa29b-d5a8-4876-9276-09872a748397","contactId":)"
      R"("d675473e-7dbc-4a9b-ad92-b78f26e70b3b","phoneNumber":null,"status":"connecting","statusTimestamp":)"
      R"("2020-04-09T08:37:12.701Z","type":"agent","buttonStates":{"answer":true,"reject":true,"disconnect":false,)"
      R"("hold":false,"resume":false,"clearContact":false,"consult":false,"numberpad":false,"swap":false,)"
      R"("transfer":false,"conference":false,"blindTransfer":false}},"CallVariables":{"ANI":"+161081111","DNIS":)"
      R"("+16013261548"},"ExtendedCallVariables":null,"ResponseFields":{"Participants":[],"MediaProperties":)"
      R"({"callType":"agent","queueName":"InboundTest","queueTimestamp":"2020-04-09T08:37:12.701Z"},"fromAddress":null,)"
      R"("CallState":"connecting","Type":"agent","CurrentStateTime":"2020-04-09T08:37:12.701Z","Campaign":"","DN":)"
      R"("InboundTest"},"id":"4bbfa29b-d5a8-4876-9276-09872a748397","event":"connecting","CallType":"agent"},)"
      R"("source":"event"},"agent":"agent1","epoch":"epoch-1","sequence":7})");
}

TEST(PrintEvent, AnErrorCarriesDataInsteadOfMessage) {
  ApiError error;
  error.error_type = "BLIND_TRANSFER_FAILED";
  error.msg = "Busy Here";
  error.error_message = "Blind transfer failed.";
  error.reason = Reason::busy;
  error.transfer_id = Uuid{1, 2};
  error.contact_id = Uuid{3, 4};
  error.stage = "dialing";
  error.retryable = true;
  error.customer_location = "agent";
  error.agent_state = "Busy";
  error.suggested_action = "Try again.";
  error.backend = BackendError{"sip", 486, "Busy Here"};
  EXPECT_EQ(
      print(Event{"agent1", 7, "r1", error}, "e"),
      R"({"channel":"Amazon","topic":"Error","subtopic":"ApiError","data":{"errorType":"BLIND_TRANSFER_FAILED",)"
      R"("msg":"Busy Here","errorMessage":"Blind transfer failed.","transferId":)"
      R"("00000000-0000-0001-0000-000000000002","contactId":"00000000-0000-0003-0000-000000000004",)"
      R"("reason":"busy","stage":"dialing","retryable":true,"customerLocation":"agent","agentState":"Busy",)"
      R"("suggestedAction":"Try again.","backend":{"name":"sip","code":486,"text":"Busy Here"}},)"
      R"("agent":"agent1","epoch":"e","sequence":7,"id":"r1"})");
}

TEST(PrintEvent, ARefusalOfAStrangerHasNoMoreThanItNeeds) {
  ApiError error;
  error.error_type = "INVALID_MESSAGE";
  error.msg = "m";
  error.error_message = "e";
  EXPECT_EQ(print(Event{"", std::nullopt, std::nullopt, error}, ""),
            R"({"channel":"Amazon","topic":"Error","subtopic":"ApiError",)"
            R"("data":{"errorType":"INVALID_MESSAGE","msg":"m","errorMessage":"e"}})");
}

TEST(PrintEvent, ATransferSaysWhoHasTheCustomer) {
  const json::object event =
      print_to_json(samples::full_transfer(TransferState::handedOver, Custody::backend));
  EXPECT_EQ(event.at("topic"), "InboundCall");
  EXPECT_EQ(event.at("subtopic"), "TransferStateChange");
  const json::object& message = event.at("message").as_object();
  EXPECT_EQ(message.at("state"), "handedOver");
  EXPECT_EQ(message.at("custody"), "back end");
  EXPECT_EQ(message.at("reason"), "noAnswer");
  EXPECT_EQ(message.at("destination").at("endpointARN"),
            message.at("destination").at("endpointId"));
  EXPECT_EQ(message.at("options").at("onFailure").as_array().size(), 4U);
  EXPECT_EQ(message.at("options").at("onFailure").as_array()[0], "return");
  EXPECT_EQ(message.at("options").at("attributes").at("mood \\ tone"), "d\xC3\xA9tendu");
  EXPECT_EQ(message.at("position"), 1);
}

TEST(PrintEvent, ATransferLeavesOutWhatIsNotKnown) {
  TransferStateChange transfer;
  transfer.destination.own().type = "dial_pad";
  const json::object event = print_to_json(transfer);
  const json::object& message = event.at("message").as_object();
  for (const char* key : {"reason", "connectedTo", "connectedToAgent", "position",
                          "estimatedWaitSeconds", "queueName", "backend"}) {
    EXPECT_FALSE(message.contains(key)) << key;
  }
  EXPECT_TRUE(message.at("destination").at("endpointARN").is_null());
  EXPECT_TRUE(message.at("options").at("note").is_null());
}

TEST(PrintEvent, LoginSuccessHasThePublishedNulls) {
  for (const auto& [name, event] : samples::events()) {
    if (name != "LoginSuccess") continue;
    const json::value printed = json::parse(print(event, "e"));
    EXPECT_TRUE(printed.at("message").at("agentState").is_null());
    EXPECT_TRUE(printed.at("message").at("rules").is_null());
    EXPECT_EQ(printed.at("message").at("agentInfo").at("loginName"), "agent1");
  }
}

TEST(PrintEvent, AMutedAgentHasTheTwoPublishedButtons) {
  for (const auto& [name, event] : samples::events()) {
    if (name != "SetAgentState, muted") continue;
    const json::value message = json::parse(print(event, "e")).at("message");
    EXPECT_EQ(message.at("rules").at("ButtonStates"),
              (json::value{{"items", {{"mute", "Hide"}, {"unmute", "Enable"}}}, {"count", 2}}));
    EXPECT_EQ(message.at("rules").at("ResponseActual").at("name"), "Busy");
    EXPECT_EQ(message.at("data").at("reasonCode").at("id"), "Busy");
    EXPECT_EQ(message.at("data").at("muted"), true);
    EXPECT_EQ(message.at("source"), "event");
  }
}

TEST(PrintEvent, AnAgentWhoIsLoggedOutHasThePublishedEmptyRules) {
  AgentSnapshot agent;
  agent.login_state = "LoggedOut";
  const json::object event = print_to_json(AgentStateSync{agent});
  EXPECT_EQ(event.at("message"), (json::value{{"loginState", "LoggedOut"},
                                              {"agentInfo", nullptr},
                                              {"agentState", nullptr},
                                              {"rules", ""}}));
}

TEST(PrintEvent, CapabilitiesAreFoundByTheDestinationsType) {
  const json::object event = print_to_json(AppStateSync{});
  const json::value& release = event.at("message").at("capabilities").at("releaseOn");
  for (const char* type : {"dial_pad", "phone_number", "queue", "agent"}) {
    EXPECT_TRUE(release.at(type).at("values").is_array());
  }
  EXPECT_EQ(release.at("queue").at("default"), "accepted");
  EXPECT_EQ(event.at("message").at("initState"), "Loaded");
}

TEST(PrintEvent, EverySampleIsStrictJsonOnOneLine) {
  for (const auto& [name, event] : samples::events()) {
    const std::string text = print(event, samples::kEpoch);
    const JsonTree tree(text);
    EXPECT_EQ(tree.error(), "") << name;
    EXPECT_EQ(tree.fault(), "") << name;
    EXPECT_EQ(text.find('\n'), std::string::npos) << name;
  }
}

RC_GTEST_PROP(PrintEvent, IsValidJsonWhateverThePartiesAreCalled, (const std::string& raw)) {
  // Names and reason phrases come from the phones of strangers.
  CallEvent call = samples::published_incoming_call();
  call.queue_name = raw;
  call.call_variables.own() = {{raw, raw}};
  call.leg.phone_number = raw;
  const std::string text = print(Event{raw, 1, raw, call}, raw);
  const JsonTree tree(text);
  RC_ASSERT(tree.error().empty());
  RC_ASSERT(tree.fault().empty());
}

TEST(PrintEvent, BytesThatAreNoUtf8BecomeTheReplacementCharacter) {
  ApiError error;
  error.msg =
      "a\xFF"
      "b\xC3(\xE2\x82 \xED\xA0\x80 \xF0\x9F\x93\x9E \xC3\xA9\x7F\x01";
  const json::object event = print_to_json(error);
  EXPECT_EQ(event.at("data").at("msg"),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD "
            "\xF0\x9F\x93\x9E \xC3\xA9\x7F\x01");
}

TEST(PrintRest, ATransferTellsItsTimes) {
  const json::value transfer = json::parse(print(samples::transfer_view()));
  EXPECT_EQ(transfer.at("agent"), "agent1");
  EXPECT_EQ(transfer.at("acceptedAt"), "2020-04-09T08:37:12.701Z");
  EXPECT_EQ(transfer.at("outcomeAt"), "2020-04-09T08:37:17.701Z");
  EXPECT_EQ(transfer.at("state"), "connected");
  TransferView bare;
  EXPECT_TRUE(json::parse(print(bare)).at("releasedAt").is_null());
  EXPECT_TRUE(json::parse(print(bare)).at("id").is_null());
}

TEST(PrintRest, ATransferTellsTheQueueThatWasCalled) {
  EXPECT_EQ(json::parse(print(samples::transfer_view())).at("calledQueue"),
            "CallSummary-HVOC-Queue");
  EXPECT_TRUE(json::parse(print(TransferView{})).at("calledQueue").is_null());
}

TEST(PrintQueueStates, TellsWholeQueuesAndThoseThatAreGone) {
  const std::vector<QueueState> queues = samples::queue_states();
  const json::value event = json::parse(print_queue_states(queues, 1'586'421'432'701));
  EXPECT_EQ(event.at("topic"), "Queue");
  EXPECT_EQ(event.at("message").at("at"), "2020-04-09T08:37:12.701Z");
  ASSERT_EQ(event.at("message").at("queues").as_array().size(), 2U);
  const json::value& first = event.at("message").at("queues").at(0);
  EXPECT_EQ(first, json::parse(print(queues[0])));
  EXPECT_EQ(first.at("waiting"), 3);
  EXPECT_EQ(first.at("longestWaitingSince"), "2020-04-09T08:37:12.701Z");
  EXPECT_TRUE(event.at("message").at("queues").at(1).at("longestWaitingSince").is_null());
  EXPECT_FALSE(event.at("message").as_object().contains("removed"));
  const std::string gone = "arn:gone";
  const json::value removed = json::parse(print_queue_states({}, 0, {&gone, 1}));
  EXPECT_EQ(removed.at("message").at("removed").at(0), "arn:gone");
}

TEST(PrintRest, ATimelineIsAList) {
  const json::value timeline = json::parse(print_timeline(samples::transfer_view()));
  EXPECT_EQ(timeline.at("items").as_array().size(), 3U);
  EXPECT_FALSE(timeline.at("items").at(0).as_object().contains("reason"));
  EXPECT_EQ(timeline.at("items").at(2).at("reason"), "busy");
  EXPECT_TRUE(timeline.at("nextCursor").is_null());
}

TEST(PrintRest, AContactTellsItsLegs) {
  const json::value contact = json::parse(print(samples::contact_view()));
  EXPECT_EQ(contact.at("legs").at(1).at("endCode"), 486);
  EXPECT_TRUE(contact.at("legs").at(1).at("answeredAt").is_null());
  EXPECT_EQ(contact.at("transfers").at(0), "7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10");
  const json::value& move = contact.at("moves").at(0);
  EXPECT_EQ(move.at("at"), "2020-04-09T08:37:13.201Z");
  EXPECT_EQ(move.at("from"), "Billing");
  EXPECT_EQ(move.at("to"), "CallSummary-HVOC-Queue");
  EXPECT_EQ(move.at("by"), "supervisor1");
}

}  // namespace
}  // namespace baton::message
