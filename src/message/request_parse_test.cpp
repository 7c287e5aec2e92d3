// Every row of the request table, every refusal, and which error each is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <string>
#include <vector>

#include "message/request.hpp"

namespace baton::message {
namespace {

using testing::HasSubstr;

constexpr std::string_view kArn =
    "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/"
    "transfer-destination/09258070-274e-489c-8e78-d228d8879067";

// An envelope with more members behind the four that each has.
std::string envelope(std::string_view topic, std::string_view subtopic,
                     std::string_view more = "") {
  std::string text = R"({"channel":"Amazon","topic":")" + std::string(topic) + R"(","subtopic":")" +
                     std::string(subtopic) + R"(","source":"ui")";
  if (!more.empty()) text += "," + std::string(more);
  return text + "}";
}
std::string blind(std::string_view data, std::string_view more = "") {
  std::string members = R"("data":)" + std::string(data);
  if (!more.empty()) members += "," + std::string(more);
  return envelope("InboundCall", "BlindTransfer", members);
}
// A quick connect, with one text in it replaced.
std::string quick_connect(std::string_view replace = "", std::string_view with = "") {
  std::string text =
      R"({"endpointARN":"ARN","endpointId":"ARN","type":"queue","name":"CallSummary-HVOC-Queue",)"
      R"("phoneNumber":null,"agentLogin":null,"queue":null})";
  if (!replace.empty()) {
    const std::size_t at = text.find(replace);
    EXPECT_NE(at, std::string::npos) << replace;
    text.replace(at, replace.size(), with);
  }
  for (std::size_t at = text.find("\"ARN\""); at != std::string::npos; at = text.find("\"ARN\"")) {
    text.replace(at + 1, 3, kArn);
  }
  return text;
}
std::string with_options(std::string_view options) {
  return blind(R"("+12082097345")", R"("options":)" + std::string(options));
}

Request accept(std::string_view text) {
  auto parsed = parse_request(text);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << text << "\nwas refused: " << refusal->msg;
    return {};
  }
  return std::get<Request>(parsed);
}
Refusal refuse(std::string_view text) {
  auto parsed = parse_request(text);
  if (std::holds_alternative<Request>(parsed)) {
    ADD_FAILURE() << text << "\nwas accepted";
    return {};
  }
  return std::get<Refusal>(parsed);
}

struct Row {
  std::string_view topic;
  std::string_view subtopic;
  std::string_view data;  // Empty: none.
  RequestKind kind;
  std::string_view canonical;
  std::string_view error_type;
};

const std::vector<Row>& rows() {
  using enum RequestKind;
  static const std::string connect = quick_connect();
  static const std::string move = R"({"contactId":"c1","destination":)" + connect + "}";
  static const std::vector<Row> all = {
      {"App", "StateSync", "", app_state_sync, "StateSync", "NOT_PERMITTED"},
      {"Agent", "StateSync", "", agent_state_sync, "StateSync", "NOT_PERMITTED"},
      {"Agent", "GetStates", "", get_states, "GetStates", "NOT_PERMITTED"},
      {"Agent", "GetAgentState", "", get_states, "GetStates", "NOT_PERMITTED"},
      {"Agent", "Login", "", login, "Login", "UPDATE_AGENT_STATE_FAILED"},
      {"Agent", "Logout", "", logout, "Logout", "UPDATE_AGENT_STATE_FAILED"},
      {"Agent", "UpdateState", R"({"label":"Available"})", update_state, "UpdateState",
       "UPDATE_AGENT_STATE_FAILED"},
      {"Agent", "Update", R"({"code":"Available"})", update_state, "UpdateState",
       "UPDATE_AGENT_STATE_FAILED"},
      {"Agent", "SetNotReady", R"({"ReasonCodeId":"Break"})", set_not_ready, "SetNotReady",
       "UPDATE_AGENT_STATE_FAILED"},
      {"Agent", "Mute", "", mute, "Mute", "UPDATE_AGENT_STATE_FAILED"},
      {"Agent", "Unmute", "", unmute, "Unmute", "UPDATE_AGENT_STATE_FAILED"},
      {"InboundCall", "StateSync", "", call_state_sync, "StateSync", "NOT_PERMITTED"},
      {"InboundCall", "Answer", "", answer, "Answer", "ANSWER_CALL_FAILED"},
      {"InboundCall", "Reject", "", reject, "Reject", "REJECT_CALL_FAILED"},
      {"InboundCall", "Hold", R"("leg-1")", hold, "Hold", "HOLD_CALL_FAILED"},
      {"InboundCall", "Resume", R"("leg-1")", resume, "Resume", "RESUME_CALL_FAILED"},
      {"InboundCall", "SendDTMF", R"("12*#D")", send_dtmf, "SendDTMF", "SEND_DTMF_FAILED"},
      {"InboundCall", "SetMakeCall", R"("+12082097345")", make_call, "SetMakeCall",
       "MAKE_CALL_FAILED"},
      {"InboundCall", "SetMakeCall", connect, make_call, "SetMakeCall", "MAKE_CALL_FAILED"},
      {"InboundCall", "Disconnect", "", disconnect, "Disconnect", "DISCONNECT_CALL_FAILED"},
      {"InboundCall", "ClearContact", "", clear_contact, "ClearContact", "CLEAR_CONTACT_FAILED"},
      {"InboundCall", "BlindTransfer", R"("+12082097345")", blind_transfer, "BlindTransfer",
       "BLIND_TRANSFER_FAILED"},
      {"InboundCall", "Blindtransfer", connect, blind_transfer, "BlindTransfer",
       "BLIND_TRANSFER_FAILED"},
      {"InboundCall", "CancelTransfer", "", cancel_transfer, "CancelTransfer",
       "CANCEL_TRANSFER_FAILED"},
      {"InboundCall", "MoveContact", move, move_contact, "MoveContact", "MOVE_CONTACT_FAILED"},
      {"InboundCall", "Consult", R"("x")", not_supported, "Consult", "CONSULT_CALL_FAILED"},
      {"InboundCall", "Swap", "", not_supported, "Swap", "SWAP_CALL_FAILED"},
      {"InboundCall", "Conference", "", not_supported, "Conference", "CONFERENCE_CALL_FAILED"},
      {"InboundCall", "Transfer", "", not_supported, "Transfer", "TRANSFER_CALL_FAILED"},
      {"OutboundCall", "MakeCall", "", not_supported, "MakeCall", "ACCEPT_CONTACT_FAILED"},
      {"OutboundCall", "Skip", "", not_supported, "Skip", "SKIP_CONTACT_FAILED"},
      {"OutboundCall", "Disconnect", "", not_supported, "Disconnect", "DISCONNECT_CALL_FAILED"},
      {"OutboundCall", "SetHold", "", not_supported, "SetHold", "HOLD_CALL_FAILED"},
      {"OutboundCall", "Resume", "", not_supported, "Resume", "RESUME_CALL_FAILED"},
      {"OutboundCall", "SendDTMF", "", not_supported, "SendDTMF", "SEND_DTMF_FAILED"},
      {"OutboundCall", "GetAgentList", "", not_supported, "GetAgentList", "AGENTLIST_FETCH_FAILED"},
      {"OutboundCall", "Consult", "", not_supported, "Consult", "CONSULT_CALL_FAILED"},
      {"OutboundCall", "ExternalConsult", "", not_supported, "ExternalConsult",
       "EXTERNAL_CONSULT_FAILED"},
      {"OutboundCall", "ConsultDrop", "", not_supported, "ConsultDrop", "CONSULT_DROP_FAILED"},
      {"OutboundCall", "Swap", "", not_supported, "Swap", "SWAP_CALL_FAILED"},
      {"OutboundCall", "Conference", "", not_supported, "Conference", "CONFERENCE_CALL_FAILED"},
      {"OutboundCall", "Transfer", R"("AECAgent")", not_supported, "Transfer",
       "SKIP_CTRANSFER_CALL_FAILED"},
      {"OutboundCall", " QueueTransfer", "", not_supported, "QueueTransfer",
       "TRANSFER_CALL_FAILED"},
      {"OutboundCall", "AcceptWarmTransfer", "", not_supported, "AcceptWarmTransfer",
       "ACCEPT_WARM_TRANSFER_FAILED"},
      {"OutboundCall", "RejectWarmTransfer", "", not_supported, "RejectWarmTransfer",
       "REJECT_WARM_TRANSFER_FAILED"},
      {"OutboundCall", "ClearContact", "", not_supported, "ClearContact", "SET_AGENTSTATE_FAILED"},
      {"OutboundCall", "DropNailedCall", "", not_supported, "DropNailedCall",
       "DROP_TETHERED_CALL_FAILED"},
  };
  return all;
}

std::string request_of(const Row& row, std::string_view more = "") {
  std::string members = row.data.empty() ? "" : R"("data":)" + std::string(row.data);
  if (!more.empty()) members += (members.empty() ? "" : ",") + std::string(more);
  return envelope(row.topic, row.subtopic, members);
}

std::string in_case(std::string_view text, int (*change)(int)) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return result;
}

TEST(EachRequest, IsRecognised) {
  for (const Row& row : rows()) {
    const Request request = accept(request_of(row));
    EXPECT_EQ(request.kind, row.kind) << row.subtopic;
    EXPECT_EQ(request.topic, row.topic);
    EXPECT_EQ(request.subtopic, row.canonical);
    EXPECT_EQ(error_type(request), row.error_type);
    if (row.error_type != "SKIP_CTRANSFER_CALL_FAILED") {
      EXPECT_EQ(error_type(request.kind, request.subtopic), row.error_type)
          << row.topic << row.subtopic;
    }
    EXPECT_THAT(std::string(error_message(row.error_type)), testing::EndsWith("."));
    EXPECT_NE(error_message(row.error_type), "The request failed.") << row.error_type;
  }
}

TEST(EachRequest, IsRecognisedInAnyCaseAndWithBlanksAround) {
  for (const Row& row : rows()) {
    for (int (*change)(int) : {&::toupper, &::tolower}) {
      Row changed = row;
      const std::string topic = " " + in_case(row.topic, change) + "\\t";
      const std::string subtopic = "\xC2\xA0" + in_case(row.subtopic, change) + " ";
      changed.topic = topic;
      changed.subtopic = subtopic;
      const Request request = accept(request_of(changed));
      EXPECT_EQ(request.kind, row.kind);
      EXPECT_EQ(request.topic, row.topic);
      EXPECT_EQ(request.subtopic, row.canonical);
    }
  }
}

TEST(EachRequest, IsRefusedWithItsOwnErrorTypeOnceRecognised) {
  for (const Row& row : rows()) {
    for (const std::string_view fault :
         {R"("id":7)", R"("id":"a","ID":"a")", R"("x":1,"x":2)", R"("x":1e999)", R"("agent":"")",
          R"("x":{"y":[{"z":1,"z":1}]})",
          R"("x":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]])"}) {
      const Refusal refusal = refuse(request_of(row, fault));
      EXPECT_EQ(refusal.error_type, row.error_type) << row.subtopic << " " << fault;
      EXPECT_EQ(refusal.reason, Reason::invalidMessage);
      EXPECT_EQ(refusal.topic, row.topic);
      EXPECT_EQ(refusal.subtopic, row.canonical);
      EXPECT_FALSE(refusal.msg.empty());
    }
  }
}

TEST(EachRequest, IsPrintedSoThatItReadsBackEqual) {
  for (const Row& row : rows()) {
    const Request request = accept(request_of(row, R"("id":"7","agent":"agent2")"));
    EXPECT_EQ(accept(print(request)), request) << print(request);
  }
}

TEST(ErrorMessage, IsThePublishedText) {
  EXPECT_EQ(error_message("BLIND_TRANSFER_FAILED"), "Blind transfer failed.");
  EXPECT_EQ(error_message("HOLD_CALL_FAILED"), "Call hold failed.");
  EXPECT_EQ(error_message("RESUME_CALL_FAILED"), "Resuming call failed.");
  EXPECT_EQ(error_message("ANSWER_CALL_FAILED"), "Answering call failed.");
  EXPECT_EQ(error_message("DISCONNECT_CALL_FAILED"), "Disconnecting call failed.");
  EXPECT_EQ(error_message("SEND_DTMF_FAILED"), "Failed to send DTMF.");
  EXPECT_EQ(error_message("MAKE_CALL_FAILED"), "Make call failed.");
  EXPECT_EQ(error_message("UPDATE_AGENT_STATE_FAILED"), "Agent state change failed.");
  EXPECT_EQ(error_message("AGENT_STATE_NOT_FOUND"), "Specified Agent State not found.");
}

TEST(Envelope, KeysAreMatchedWithoutRegardToCase) {
  const Request request = accept(
      R"({"Channel":"AMAZON","TOPIC":"inboundcall","SubTopic":"blindtransfer"," Source ":"ui","Data":"+12082097345",)"
      R"("ID":"r1","ContactID":"c1","Agent":"agent2","OPTIONS":{"RingTimeoutSeconds":30}})");
  EXPECT_EQ(request.id, "r1");
  EXPECT_EQ(request.contact_id, "c1");
  EXPECT_EQ(request.agent, "agent2");
  EXPECT_EQ(request.options.ring_timeout_seconds, 30);
}

TEST(Envelope, UnknownKeysAreIgnored) {
  EXPECT_EQ(accept(blind(R"("+12082097345")", R"("version":2,"trace":{"a":[1,2]})")).kind,
            RequestKind::blind_transfer);
}

TEST(Envelope, NullIsAbsent) {
  const Request request = accept(
      blind(R"("+12082097345")", R"("id":null,"contactId":null,"agent":null,"options":null)"));
  EXPECT_FALSE(request.id);
  EXPECT_FALSE(request.contact_id);
  EXPECT_FALSE(request.agent);
  EXPECT_EQ(request.options, TransferOptions{});
}

TEST(Envelope, WhatMatchesNoRequestIsInvalidMessage) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "nothing was seen"},
      {"not json", "no JSON"},
      {"{", "ends too early"},
      {"[]", "an array was seen"},
      {"null", "null was seen"},
      {"\"BlindTransfer\"", "\"BlindTransfer\" was seen"},
      {"42", "the number 42 was seen"},
      {"true", "true was seen"},
      {"{}", "channel: nothing was seen"},
      {R"({"channel":1})", "channel: the number 1 was seen"},
      {R"({"channel":"Amazon"})", "topic: nothing was seen"},
      {R"({"channel":"Amazon","topic":"Agent"})", "subtopic: nothing was seen"},
      {R"({"channel":"Cisco","topic":"InboundCall","subtopic":"BlindTransfer"})",
       "channel: \"Cisco\" was seen"},
      {R"({"channel":"Amazon","topic":"Chat","subtopic":"BlindTransfer"})",
       "topic: \"Chat\" was seen"},
      {R"({"channel":"Amazon","topic":"InboundCall","subtopic":"Explode"})",
       "subtopic: \"Explode\" was seen"},
      {R"({"channel":"Amazon","topic":"OutboundCall","subtopic":"Explode"})",
       "subtopic: \"Explode\" was seen"},
      {R"({"channel":"Amazon","topic":["InboundCall"],"subtopic":"Hold"})",
       "topic: an array was seen"},
      {R"({"channel":"Amazon","topic":"Agent","subtopic":null})", "subtopic: null was seen"},
      {R"({"channel":"Amazon","channel":"Amazon","topic":"Agent","subtopic":"Mute","source":"ui"})",
       "channel: the key was given twice"},
      {R"({"channel":"Amazon","topic":"Agent","subtopic":"Mute","Topic":"Agent","source":"ui"})",
       "topic: the key was given twice"},
      {"{\"channel\":\"Amazon\",\"topic\":\"InboundCall\",\"subtopic\":\"BlindTransfer\","
       "\"source\":\"\xFF\"}",
       "UTF-8"},
      {R"({"channel":"Amazon","topic":"InboundCall","subtopic":"Hold","source":"ui"} {})",
       "more text follows"},
  };
  for (const auto& [text, msg] : cases) {
    const Refusal refusal = refuse(text);
    EXPECT_EQ(refusal.error_type, "INVALID_MESSAGE") << text;
    EXPECT_EQ(refusal.reason, Reason::invalidMessage);
    EXPECT_THAT(refusal.msg, HasSubstr(msg)) << text;
    EXPECT_THAT(refusal.msg, HasSubstr("expected")) << text;
    EXPECT_EQ(refusal.topic, "");
  }
}

TEST(Envelope, TheIdIsEchoedWhereItCouldBeRead) {
  EXPECT_EQ(refuse(blind("null", R"("id":"r1")")).id, "r1");
  EXPECT_EQ(refuse(R"({"channel":"Cisco","id":"r2"})").id, "r2");
  EXPECT_FALSE(refuse(blind("null", R"("id":7)")).id);
  EXPECT_FALSE(refuse(blind("null", R"("id":")" + std::string(129, 'x') + R"(")")).id);
}

TEST(Envelope, SourceIsNeededAndSubjectStandsInForIt) {
  const std::string head = R"({"channel":"Amazon","topic":"Agent","subtopic":"Mute")";
  EXPECT_EQ(accept(head + R"(,"subject":"myapp"})").source, "myapp");
  EXPECT_EQ(accept(head + R"(,"source":null,"subject":"myapp"})").source, "myapp");
  EXPECT_EQ(accept(head + R"(,"source":"ui","subject":7})").source, "ui");
  EXPECT_EQ(accept(head + R"(,"source":")" + std::string(128, 's') + R"("})").source.size(), 128U);
  for (const std::string& more :
       {std::string("}"), std::string(R"(,"source":""})"), std::string(R"(,"source":"  "})"),
        std::string(R"(,"source":{}})"), std::string(R"(,"source":"","subject":"myapp"})"),
        std::string(R"(,"subject":""})"), R"(,"source":")" + std::string(129, 's') + R"("})"}) {
    const Refusal refusal = refuse(head + more);
    EXPECT_EQ(refusal.error_type, "UPDATE_AGENT_STATE_FAILED") << more;
    EXPECT_THAT(refusal.msg, testing::AnyOf(HasSubstr("source: "), HasSubstr("subject: ")));
  }
}

TEST(Envelope, IdsHaveALength) {
  for (const std::string_view key : {"id", "contactId", "agent"}) {
    const std::string name(key);
    accept(blind(R"("+12082097345")", "\"" + name + "\":\"" + std::string(128, 'x') + "\""));
    for (const std::string& value : {"\"" + std::string(129, 'x') + "\"", std::string(R"("")"),
                                     std::string("7"), std::string("[]"), std::string("true")}) {
      const Refusal refusal = refuse(blind(R"("+12082097345")", "\"" + name + "\":" + value));
      EXPECT_EQ(refusal.error_type, "BLIND_TRANSFER_FAILED");
      EXPECT_THAT(refusal.msg, testing::StartsWith(name + ": "));
    }
  }
}

TEST(CallId, IsDataOrContactId) {
  for (const std::string_view subtopic : {"Answer", "Reject", "Hold", "Resume", "Disconnect"}) {
    EXPECT_EQ(accept(envelope("InboundCall", subtopic, R"("data":"c1")")).contact_id, "c1");
    EXPECT_EQ(accept(envelope("InboundCall", subtopic, R"("contactId":"c1")")).contact_id, "c1");
    EXPECT_EQ(
        accept(envelope("InboundCall", subtopic, R"("contactId":"c1","data":"c1")")).contact_id,
        "c1");
    EXPECT_EQ(
        accept(envelope("InboundCall", subtopic, R"("contactId":"c1","data":null)")).contact_id,
        "c1");
    EXPECT_FALSE(accept(envelope("InboundCall", subtopic)).contact_id);
    EXPECT_FALSE(accept(envelope("InboundCall", subtopic, R"("data":"")")).contact_id);
    EXPECT_FALSE(accept(envelope("InboundCall", subtopic, R"("data":{})")).contact_id);
    for (const std::string_view data : {"7", "[]", "true", R"({"id":"c1"})"}) {
      EXPECT_THAT(refuse(envelope("InboundCall", subtopic, R"("data":)" + std::string(data))).msg,
                  HasSubstr("data: "));
    }
    EXPECT_THAT(refuse(envelope("InboundCall", subtopic, R"("contactId":"c1","data":"c2")")).msg,
                HasSubstr("the same as contactId"));
  }
}

TEST(WithoutData, DataIsIgnored) {
  for (const std::string_view subtopic :
       {"Mute", "Unmute", "Login", "Logout", "StateSync", "GetStates"}) {
    accept(envelope("Agent", subtopic, R"("data":[1,{"x":2}])"));
  }
  accept(envelope("InboundCall", "ClearContact", R"("data":7)"));
}

TEST(UpdateState, ReadsLabelCodeAndType) {
  const Request request =
      accept(envelope("Agent", "UpdateState",
                      R"("data":{"Label":"Break","CODE":"Not-Ready","type":"not_routable"})"));
  EXPECT_EQ(request.state, (AgentStateRef{"Break", "Not-Ready", "not_routable"}));
  for (const auto& [data, msg] : std::vector<std::pair<std::string, std::string>>{
           {"null", "data: null was seen"},
           {R"("Available")", "data: \"Available\" was seen"},
           {"{}", "neither label nor code"},
           {R"({"label":" ","type":"routable"})", "neither label nor code"},
           {R"({"label":7})", "data.label: the number 7 was seen"},
           {R"({"label":"a","type":"system"})", "data.type: \"system\" was seen"},
           {R"({"label":"a","Label":"b"})", "different values"},
           {R"({"code":")" + std::string(129, 'x') + R"("})", "at most 128 bytes"}}) {
    EXPECT_THAT(refuse(envelope("Agent", "UpdateState", R"("data":)" + data)).msg, HasSubstr(msg));
  }
  EXPECT_THAT(refuse(envelope("Agent", "UpdateState")).msg, HasSubstr("data: nothing was seen"));
}

TEST(SetNotReady, ReadsTheReasonCode) {
  EXPECT_EQ(
      accept(envelope("Agent", "SetNotReady", R"("data":{"reasoncodeid":"Break"})")).reason_code,
      "Break");
  for (const std::string_view data :
       {"null", "\"Break\"", "{}", R"({"ReasonCodeId":null})", R"({"ReasonCodeId":""})",
        R"({"ReasonCodeId":7})", R"({"ReasonCodeId":"a","reasonCodeId":"b"})"}) {
    const Refusal refusal =
        refuse(envelope("Agent", "SetNotReady", R"("data":)" + std::string(data)));
    EXPECT_EQ(refusal.error_type, "UPDATE_AGENT_STATE_FAILED") << data;
    EXPECT_THAT(refusal.msg, HasSubstr("data"));
  }
}

TEST(SendDtmf, TakesOneTo32Digits) {
  EXPECT_EQ(
      accept(envelope("InboundCall", "SendDTMF", R"("data":"0123456789ABCD*#0123456789ABCD*#")"))
          .digits,
      "0123456789ABCD*#0123456789ABCD*#");
  for (const std::string_view data : {"null", "5", R"("")", R"("a")", R"("1 2")", R"("E")",
                                      R"(["1"])", R"("0123456789ABCD*#0123456789ABCD*#1")"}) {
    const Refusal refusal =
        refuse(envelope("InboundCall", "SendDTMF", R"("data":)" + std::string(data)));
    EXPECT_EQ(refusal.error_type, "SEND_DTMF_FAILED");
    EXPECT_THAT(refusal.msg, HasSubstr("1 to 32"));
  }
  refuse(envelope("InboundCall", "SendDTMF"));
}

TEST(CancelTransfer, NamesATransferOrNone) {
  constexpr std::string_view kId = "d675473e-7dbc-4a9b-ad92-b78f26e70b3b";
  const auto cancel = [](std::string_view data) {
    return envelope("InboundCall", "CancelTransfer", data);
  };
  EXPECT_EQ(accept(cancel(R"("data":"d675473e-7dbc-4a9b-ad92-b78f26e70b3b")")).transfer_id, kId);
  EXPECT_EQ(
      accept(cancel(R"("data":{"transferID":"D675473E-7dbc-4a9b-ad92-b78f26e70b3b"})")).transfer_id,
      kId);
  EXPECT_FALSE(accept(cancel("")).transfer_id);
  EXPECT_FALSE(accept(cancel(R"("data":null)")).transfer_id);
  EXPECT_FALSE(accept(cancel(R"("data":{})")).transfer_id);
  for (const std::string_view data :
       {"7", R"("t1")", R"({"transferId":"t1"})", R"({"transferId":7})", "[]"}) {
    EXPECT_EQ(refuse(cancel(R"("data":)" + std::string(data))).error_type, "CANCEL_TRANSFER_FAILED")
        << data;
  }
}

TEST(MoveContact, IsAnotherRequestForAnotherContactOrQueue) {
  const auto hash = [](std::string_view contact, std::string_view destination) {
    return accept(envelope("InboundCall", "MoveContact",
                           R"("data":{"contactId":")" + std::string(contact) +
                               R"(","destination":)" + std::string(destination) + "}"))
        .content_hash;
  };
  EXPECT_EQ(hash("c1", quick_connect()), hash("c1", quick_connect()));
  EXPECT_NE(hash("c1", quick_connect()), hash("c2", quick_connect()));
  EXPECT_NE(hash("c1", quick_connect()), hash("c1", R"("+12082097345")"));
}

TEST(MoveContact, NamesContactAndDestination) {
  const auto move = [](std::string_view data) {
    return envelope("InboundCall", "MoveContact", data);
  };
  const Request request =
      accept(move(R"("data":{"contactId":"c1","destination":)" + quick_connect() + "}"));
  EXPECT_EQ(request.contact_id, "c1");
  ASSERT_TRUE(request.destination);
  EXPECT_EQ(std::get<QuickConnectRef>(*request.destination).endpoint_arn, kArn);
  EXPECT_EQ(accept(move(R"("contactId":"c1","data":{"destination":"+12082097345"})")).contact_id,
            "c1");
  for (const auto& [data, msg] : std::vector<std::pair<std::string, std::string>>{
           {R"("data":null)", "data: null was seen"},
           {R"("data":{"destination":"+12082097345"})", "data.contactId: nothing was seen"},
           {R"("data":{"contactId":"c1"})", "data.destination: nothing was seen"},
           {R"("data":{"contactId":"c1","destination":{"type":"queue"}})",
            "data.destination.name: nothing was seen"},
           {R"("contactId":"c2","data":{"contactId":"c1","destination":"+12082097345"})",
            "the same as contactId"}}) {
    const Refusal refusal = refuse(move(data));
    EXPECT_EQ(refusal.error_type, "MOVE_CONTACT_FAILED");
    EXPECT_THAT(refusal.msg, HasSubstr(msg));
  }
}

TEST(DialPadData, IsNormalised) {
  for (const std::string_view data :
       {R"("+12082097345")", R"("+1 (208) 209-7345")", R"("\u002B1.208.209.7345 ")"}) {
    EXPECT_EQ(accept(blind(data)).destination, Destination(DialPad{"+12082097345"})) << data;
  }
}

TEST(DialPadData, IsRefusedWhereItIsNoNumber) {
  for (const std::string_view data :
       {R"("12082097345")", R"("+0123456")", R"("+1")", R"("+1208209734A")",
        R"("+12345678901234567")", R"("agent2")", R"("sip:+12082097345@x")", R"("+12\u00002")"}) {
    const Refusal refusal = refuse(blind(data));
    EXPECT_EQ(refusal.error_type, "BLIND_TRANSFER_FAILED");
    EXPECT_EQ(refusal.reason, Reason::invalidDestination);
    EXPECT_THAT(refusal.msg, HasSubstr("E.164"));
  }
  EXPECT_THAT(refuse(blind(R"("")")).msg, HasSubstr("empty string"));
  EXPECT_THAT(refuse(blind(R"(" ")")).msg, HasSubstr("empty string"));
}

TEST(DialPadData, AQuoteInsideIsCalledByItsName) {
  for (const std::string_view data :
       {"\"\xE2\x80\x9C\\\"+12082097345\"", "\"\xE2\x80\x9C+12082097345\xE2\x80\x9D\"",
        R"("\"+12082097345\"")", R"("'+12082097345'")", "\"\xE2\x80\x98+12082097345\xE2\x80\x99\"",
        "\"\xC2\xAB+12082097345\xC2\xBB\""}) {
    EXPECT_THAT(refuse(blind(data)).msg, HasSubstr("quotation mark")) << data;
  }
}

TEST(Destination, OtherKindsOfValueAreRefused) {
  for (const auto& [data, seen] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"null", "null"},
           {"12082097345", "the number 1208209"},
           {"true", "true"},
           {"[]", "an array"},
           {R"(["+12082097345"])", "an array"}}) {
    for (const std::string_view subtopic : {"BlindTransfer", "SetMakeCall"}) {
      const Refusal refusal =
          refuse(envelope("InboundCall", subtopic, R"("data":)" + std::string(data)));
      EXPECT_EQ(refusal.reason, Reason::invalidDestination);
      EXPECT_THAT(refusal.msg, HasSubstr("data: " + std::string(seen).substr(0, 10)));
    }
  }
  EXPECT_THAT(refuse(envelope("InboundCall", "BlindTransfer")).msg,
              HasSubstr("data: nothing was seen"));
}

TEST(QuickConnect, IsReadInAnyCaseOfItsKeys) {
  std::string text =
      R"({"EndpointARN":"ARN","ENDPOINTID":"ARN","Type":"phone_number","Name":"Sasi_Chime",)"
      R"("phonenumber":"+16579994374","AgentLogin":"a","Queue":"q","extra":[1]})";
  for (std::size_t at = text.find("\"ARN\""); at != std::string::npos; at = text.find("\"ARN\"")) {
    text.replace(at + 1, 3, kArn);
  }
  EXPECT_EQ(accept(blind(text)).destination,
            Destination(QuickConnectRef{QuickConnectType::phone_number, "Sasi_Chime",
                                        std::string(kArn), "+16579994374", "a", "q"}));
}

TEST(QuickConnect, HasThreeTypes) {
  const auto type_of = [](std::string_view type) {
    const Request request =
        accept(blind(quick_connect("\"queue\",", "\"" + std::string(type) + "\",")));
    return std::get<QuickConnectRef>(request.destination.value()).type;
  };
  EXPECT_EQ(type_of("queue"), QuickConnectType::queue);
  EXPECT_EQ(type_of("phone_number"), QuickConnectType::phone_number);
  EXPECT_EQ(type_of("agent"), QuickConnectType::agent);
}

TEST(QuickConnect, AnExternalWithoutItsNumberIsKnownByItsArn) {
  const Request request = accept(blind(quick_connect("\"queue\",", "\"phone_number\",")));
  EXPECT_FALSE(std::get<QuickConnectRef>(request.destination.value()).phone_number);
}

TEST(QuickConnect, BlankOptionalsAreAbsent) {
  const Request request =
      accept(blind(quick_connect("\"phoneNumber\":null", "\"phoneNumber\":\"\"")));
  EXPECT_FALSE(std::get<QuickConnectRef>(request.destination.value()).phone_number);
}

TEST(QuickConnect, KeysThatFoldToOneMustAgree) {
  accept(blind(quick_connect("\"type\"", "\"Type\":\"queue\",\"type\"")));
  EXPECT_THAT(refuse(blind(quick_connect("\"type\"", "\"Type\":\"agent\",\"type\""))).msg,
              HasSubstr("different values"));
  EXPECT_THAT(refuse(blind(quick_connect("\"type\"", "\"EndpointArn\":\"x\",\"type\""))).msg,
              HasSubstr("different values"));
  EXPECT_THAT(refuse(blind(quick_connect("\"type\"", "\"X\":{},\"x\":{},\"type\""))).msg,
              HasSubstr("different values"));
}

TEST(QuickConnect, IsRefusedWithTheFieldThatIsWrong) {
  struct Case {
    std::string_view replace;
    std::string_view with;
    std::string_view msg;
  };
  for (const Case& c : {
           Case{"\"type\":\"queue\"", "\"type\":null", "data.type: null was seen"},
           {"\"type\":\"queue\"", "\"type\":\"\"", "data.type: \"\" was seen"},
           {"\"type\":\"queue\"", "\"type\":\"external\"", "data.type: \"external\" was seen"},
           {"\"type\":\"queue\"", "\"type\":\"Queue\"", "data.type: \"Queue\" was seen"},
           {"\"type\":\"queue\"", "\"type\":1", "data.type: the number 1 was seen"},
           {"\"type\":\"queue\",", "", "data.type: nothing was seen"},
           {"\"name\":\"CallSummary-HVOC-Queue\"", "\"name\":\" \"", "data.name: \" \" was seen"},
           {"\"name\":\"CallSummary-HVOC-Queue\"", "\"name\":null", "data.name: null was seen"},
           {"\"name\":\"CallSummary-HVOC-Queue\",", "", "data.name: nothing was seen"},
           {"\"name\":\"CallSummary-HVOC-Queue\"", "\"name\":[]", "data.name: an array was seen"},
           {"\"endpointARN\":\"ARN\",", "", "data.endpointARN: nothing was seen"},
           {"\"endpointARN\":\"ARN\"", "\"endpointARN\":null", "data.endpointARN: null was seen"},
           {"\"endpointARN\":\"ARN\"", "\"endpointARN\":\"x\"", "data.endpointARN: \"x\" was seen"},
           {"\"endpointId\":\"ARN\",", "", "data.endpointId: nothing was seen"},
           {"\"endpointId\":\"ARN\"", "\"endpointId\":\"\"", "data.endpointId: \"\" was seen"},
           {"\"endpointId\":\"ARN\"", "\"endpointId\":\"x\"", "the same as endpointARN"},
           {"\"phoneNumber\":null", "\"phoneNumber\":\"6579994374\"",
            "data.phoneNumber: \"6579994374\" was seen"},
           {"\"phoneNumber\":null", "\"phoneNumber\":16579994374", "data.phoneNumber: the number"},
           {"\"agentLogin\":null", "\"agentLogin\":{}", "data.agentLogin: an object was seen"},
           {"\"queue\":null", "\"queue\":false", "data.queue: false was seen"},
       }) {
    for (const std::string_view subtopic : {"BlindTransfer", "SetMakeCall"}) {
      const Refusal refusal = refuse(
          envelope("InboundCall", subtopic, R"("data":)" + quick_connect(c.replace, c.with)));
      EXPECT_EQ(refusal.reason, Reason::invalidDestination) << c.with;
      EXPECT_THAT(refusal.msg, HasSubstr(c.msg)) << c.with;
    }
  }
}

TEST(QuickConnect, AnArnWithAWrappedLineIsRefused) {
  std::string wrapped(kArn);
  wrapped.insert(40, " ");
  std::string text = quick_connect();
  for (std::size_t at = text.find(kArn); at != std::string::npos; at = text.find(kArn)) {
    text.replace(at, kArn.size(), wrapped);
  }
  EXPECT_THAT(refuse(blind(text)).msg, HasSubstr("data.endpointARN"));
}

TEST(QuickConnect, NamesHaveALength) {
  EXPECT_THAT(refuse(blind(quick_connect("CallSummary-HVOC-Queue", std::string(513, 'x')))).msg,
              HasSubstr("at most 512 bytes"));
}

TEST(Options, AreRead) {
  const Request request = accept(with_options(
      R"({"releaseOn":"answered","ringTimeoutSeconds":5,"queueTimeoutSeconds":86400,)"
      R"("onFailure":["return","originalQueue","queue:)" +
      std::string(kArn) +
      R"(","disconnect"],"note":"hi","attributes":{"a":"1","A":"2","":""},"other":1})"));
  EXPECT_EQ(request.options.release_on, ReleaseOn::answered);
  EXPECT_EQ(request.options.ring_timeout_seconds, 5);
  EXPECT_EQ(request.options.queue_timeout_seconds, 86'400);
  EXPECT_EQ(request.options.on_failure,
            (std::vector<FallbackStep>{{FallbackKind::return_to_agent, ""},
                                       {FallbackKind::original_queue, ""},
                                       {FallbackKind::queue, std::string(kArn)},
                                       {FallbackKind::disconnect, ""}}));
  EXPECT_EQ(request.options.note, "hi");
  EXPECT_EQ(request.options.attributes,
            (std::map<std::string, std::string>{{"", ""}, {"A", "2"}, {"a", "1"}}));
}

TEST(Options, NullsAreAbsentAndAnEmptyListIsNot) {
  EXPECT_EQ(accept(with_options(
                       R"({"releaseOn":null,"ringTimeoutSeconds":null,"queueTimeoutSeconds":null,)"
                       R"("onFailure":null,"note":null,"attributes":null})"))
                .options,
            TransferOptions{});
  EXPECT_EQ(accept(with_options(R"({"onFailure":[]})")).options.on_failure,
            std::vector<FallbackStep>{});
}

TEST(Options, AWholeNumberMayBeWrittenAsAFraction) {
  EXPECT_EQ(accept(with_options(R"({"ringTimeoutSeconds":20.0})")).options.ring_timeout_seconds,
            20);
}

TEST(Options, TheNoteIsMeasuredInCharacters) {
  std::string note;
  for (int i = 0; i < 2'000; ++i) note += "\xF0\x9F\x93\x9E";
  EXPECT_EQ(accept(with_options(R"({"note":")" + note + R"("})")).options.note, note);
  EXPECT_THAT(refuse(with_options(R"({"note":"x)" + note + R"("})")).msg,
              HasSubstr("2001 characters"));
}

TEST(Options, AttributesAreMeasuredInAll) {
  const std::string half(16'383, 'x');
  const auto attributes = [&half](std::string_view key) {
    return R"({"attributes":{"a":")" + half + R"(",")" + std::string(key) + R"(":")" + half +
           R"("}})";
  };
  EXPECT_EQ(accept(with_options(attributes("b"))).options.attributes.size(), 2U);
  EXPECT_THAT(refuse(with_options(attributes("bb"))).msg, HasSubstr("32769 bytes"));
}

TEST(Options, AreRefusedWithTheFieldThatIsWrong) {
  const std::string eleven =
      R"({"onFailure":["return","return","return","return","return","return","return","return","return","return","return"]})";
  for (const auto& [options, msg] : std::vector<std::pair<std::string, std::string>>{
           {"[]", "options: an array was seen"},
           {R"("accepted")", "options: \"accepted\" was seen"},
           {R"({"releaseOn":"ringing"})", "options.releaseOn: \"ringing\" was seen"},
           {R"({"releaseOn":"accepted\u0000"})", "options.releaseOn"},
           {R"({"releaseOn":1})", "options.releaseOn: the number 1"},
           {R"({"ringTimeoutSeconds":4})",
            "options.ringTimeoutSeconds: the number 4 was seen, a whole number from 5 to 120"},
           {R"({"ringTimeoutSeconds":121})", "options.ringTimeoutSeconds"},
           {R"({"ringTimeoutSeconds":20.5})", "options.ringTimeoutSeconds: the number 20.5"},
           {R"({"ringTimeoutSeconds":"20"})", "options.ringTimeoutSeconds: \"20\""},
           {R"({"queueTimeoutSeconds":0})", "options.queueTimeoutSeconds"},
           {R"({"queueTimeoutSeconds":86401})", "options.queueTimeoutSeconds"},
           {R"({"queueTimeoutSeconds":-1e300})", "options.queueTimeoutSeconds"},
           {R"({"onFailure":"return"})", "options.onFailure: \"return\" was seen"},
           {R"({"onFailure":["Return"]})", "options.onFailure: \"Return\" was seen"},
           {R"({"onFailure":["return",7]})", "options.onFailure: the number 7"},
           {R"({"onFailure":["queue:"]})", "options.onFailure: \"queue:\""},
           {R"({"onFailure":["queue:Sales"]})", "options.onFailure"},
           {eleven, "options.onFailure: an array of more"},
           {R"({"note":["x"]})", "options.note: an array"},
           {R"({"attributes":[]})", "options.attributes: an array"},
           {R"({"attributes":{"a":1}})", "options.attributes.\"a\": the number 1"},
           {R"({"attributes":{"a":null}})", "options.attributes.\"a\": null"},
           {R"({"note":"a","Note":"b"})", "different values"}}) {
    const Refusal refusal = refuse(with_options(options));
    EXPECT_EQ(refusal.error_type, "BLIND_TRANSFER_FAILED");
    EXPECT_EQ(refusal.reason, Reason::invalidMessage) << options;
    EXPECT_THAT(refusal.msg, HasSubstr(msg));
  }
}

TEST(Refusals, ShowNoMoreThanAShortPieceOfWhatWasSeen) {
  EXPECT_LT(refuse(blind("\"" + std::string(60'000, 'x') + "\"")).msg.size(), 300U);
}

TEST(ContentHash, IsOfWhatIsAskedFor) {
  const std::uint64_t hash = accept(blind(R"("+12082097345")", R"("id":"r1")")).content_hash;
  EXPECT_EQ(accept(blind(R"("+1 208 209 7345")", R"("id":"r2","agent":"agent1")")).content_hash,
            hash);
  EXPECT_EQ(accept(blind(R"("+12082097345")", R"("options":{},"unknown":1)")).content_hash, hash);
  EXPECT_NE(accept(blind(R"("+12082097346")")).content_hash, hash);
  EXPECT_NE(accept(blind(R"("+12082097345")", R"("contactId":"c1")")).content_hash, hash);
  EXPECT_NE(accept(with_options(R"({"ringTimeoutSeconds":20})")).content_hash, hash);
  EXPECT_NE(accept(with_options(R"({"onFailure":[]})")).content_hash, hash);
  EXPECT_NE(accept(envelope("InboundCall", "SetMakeCall", R"("data":"+12082097345")")).content_hash,
            hash);
  EXPECT_NE(accept(with_options(R"({"attributes":{"ab":"c"}})")).content_hash,
            accept(with_options(R"({"attributes":{"a":"bc"}})")).content_hash);
}

/// What a message asks for beside a destination and its options.
TEST(ContentHash, IsOfTheStateTheReasonTheDigitsAndTheTransfer) {
  const auto state = [](std::string_view label, std::string_view code, std::string_view type) {
    return accept(envelope("Agent", "UpdateState",
                           R"("data":{"label":")" + std::string(label) + R"(","code":")" +
                               std::string(code) + R"(","type":")" + std::string(type) + R"("})"))
        .content_hash;
  };
  const std::uint64_t available = state("Available", "Available", "routable");
  EXPECT_EQ(state("Available", "Available", "routable"), available);
  EXPECT_NE(state("Break", "Available", "routable"), available);
  EXPECT_NE(state("Available", "Break", "routable"), available);
  EXPECT_NE(state("Available", "Available", "not_routable"), available);

  const auto with_data = [](std::string_view topic, std::string_view subtopic,
                            std::string_view data) {
    return accept(envelope(topic, subtopic, R"("data":)" + std::string(data))).content_hash;
  };
  EXPECT_NE(with_data("Agent", "SetNotReady", R"({"ReasonCodeId":"Break"})"),
            with_data("Agent", "SetNotReady", R"({"ReasonCodeId":"Lunch"})"));
  EXPECT_NE(with_data("InboundCall", "SendDTMF", R"("12")"),
            with_data("InboundCall", "SendDTMF", R"("13")"));
  EXPECT_NE(
      with_data("InboundCall", "CancelTransfer", R"("7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10")"),
      with_data("InboundCall", "CancelTransfer", R"("7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a11")"));
}

TEST(ContentHash, IsTheSameInEveryRelease) {
  // It is stored, so that a repeat is known after a restart: a change of it would make repeats
  // conflicts.
  EXPECT_EQ(accept(blind(R"("+12082097345")")).content_hash, 7974478033441233958ULL);
}

}  // namespace
}  // namespace baton::message
