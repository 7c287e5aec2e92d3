#include "message/bridge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace baton::message {
namespace {

using testing::HasSubstr;

std::string envelope(const std::string& data) {
  return R"({"channel":"Amazon","topic":"Bridge","subtopic":"x","source":"bridge","data":)" + data +
         "}";
}

template <class T>
T read(RequestKind kind, const std::string& data) {
  const auto parsed = parse_bridge(kind, envelope(data));
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    ADD_FAILURE() << refusal->msg;
    return {};
  }
  return std::get<T>(std::get<BridgeFrame>(parsed));
}

std::string refusal(RequestKind kind, const std::string& data) {
  const auto parsed = parse_bridge(kind, envelope(data));
  const auto* refused = std::get_if<Refusal>(&parsed);
  return refused == nullptr ? "" : refused->msg;
}

TEST(Bridge, HelloSaysWhoReports) {
  const auto hello = read<BridgeHello>(
      RequestKind::bridge_hello,
      R"({"tab":"t-1","instance":"https://x/ccp-v2/","agentArn":null,"library":"2.28.2"})");
  EXPECT_EQ(hello, (BridgeHello{.tab = "t-1",
                                .instance = "https://x/ccp-v2/",
                                .agent_arn = "",
                                .username = "",
                                .library = "2.28.2"}));
  EXPECT_FALSE(hello.cold_transfer);
  EXPECT_TRUE(read<BridgeHello>(RequestKind::bridge_hello, R"({"tab":"t-1","coldTransfer":true})")
                  .cold_transfer);
  EXPECT_THAT(refusal(RequestKind::bridge_hello, R"({"tab":"t-1","coldTransfer":1})"),
              HasSubstr("data.coldTransfer"));
  EXPECT_THAT(refusal(RequestKind::bridge_hello, "{}"), HasSubstr("data.tab"));
  EXPECT_THAT(refusal(RequestKind::bridge_hello, "7"), HasSubstr("an object is expected"));
}

TEST(Bridge, ASnapshotHasAgentContactsAndConnections) {
  const auto snapshot = read<BridgeSnapshot>(RequestKind::bridge_snapshot, R"({
      "epoch":3,"alive":false,"takenAtMs":1764400000123,"agent":{"state":"Busy","type":"system","muted":true},
      "contacts":[{"contactId":"c-1","type":"voice","state":"connected","queueARN":"q","queueName":"n",
        "connections":[{"connectionId":"l-1","type":"inbound","state":"hold","initial":true,
          "phoneNumber":"+16175550123","quickConnect":null}]}]})");
  EXPECT_EQ(snapshot.epoch, 3U);
  EXPECT_FALSE(snapshot.alive);
  EXPECT_EQ(snapshot.taken_at, 1'764'400'000'123U);
  EXPECT_TRUE(snapshot.muted);
  ASSERT_EQ(snapshot.contacts.size(), 1U);
  EXPECT_EQ(snapshot.contacts[0].id, "c-1");
  ASSERT_EQ(snapshot.contacts[0].connections.size(), 1U);
  EXPECT_EQ(snapshot.contacts[0].connections[0], (BridgeConnection{.id = "l-1",
                                                                   .type = "inbound",
                                                                   .state = "hold",
                                                                   .initial = true,
                                                                   .number = "+16175550123"}));
}

TEST(Bridge, WhatIsNoSnapshotIsRefusedWithItsField) {
  const auto refused = [](const std::string& data) {
    return refusal(RequestKind::bridge_snapshot, data);
  };
  EXPECT_THAT(refused(R"({"agent":{"state":"a"}})"), HasSubstr("data.epoch: nothing was seen"));
  EXPECT_THAT(refused(R"({"epoch":1.5,"agent":{"state":"a"}})"), HasSubstr("data.epoch"));
  EXPECT_THAT(refused(R"({"epoch":-1,"agent":{"state":"a"}})"), HasSubstr("data.epoch"));
  EXPECT_THAT(refused(R"({"epoch":1})"), HasSubstr("data.agent"));
  EXPECT_THAT(refused(R"({"epoch":1,"agent":{"state":"a"},"contacts":{}})"),
              HasSubstr("data.contacts: an object was seen, an array is expected"));
  EXPECT_THAT(refused(R"({"epoch":1,"agent":{"state":"a"},"contacts":[{"type":"voice"}]})"),
              HasSubstr("data.contacts.contactId"));
  EXPECT_THAT(refused(R"({"epoch":1,"alive":"yes","agent":{"state":"a"}})"),
              HasSubstr("data.alive"));
  EXPECT_THAT(refused(R"({"epoch":1,"takenAtMs":-1,"agent":{"state":"a"}})"),
              HasSubstr("data.takenAtMs"));
}

TEST(Bridge, ASnapshotHasSoManyContactsAndNoMore) {
  const auto with = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) {
      all += std::string(i == 0 ? "" : ",") + R"({"contactId":"c)" + std::to_string(i) +
             R"(","type":"voice","state":"ended"})";
    }
    return R"({"epoch":1,"agent":{"state":"a"},"contacts":[)" + all + "]}";
  };
  EXPECT_EQ(refusal(RequestKind::bridge_snapshot, with(kMaxBridgeContacts)), "");
  EXPECT_THAT(refusal(RequestKind::bridge_snapshot, with(kMaxBridgeContacts + 1)),
              HasSubstr("more than 32"));
}

TEST(Bridge, EndpointsAreAPartOfAList) {
  const auto list = read<BridgeEndpoints>(
      RequestKind::bridge_endpoints,
      R"({"epoch":3,"digest":"d","part":1,"more":true,"arns":["arn:a","arn:b"]})");
  EXPECT_EQ(list, (BridgeEndpoints{.epoch = 3,
                                   .digest = "d",
                                   .part = 1,
                                   .last = false,
                                   .known = true,
                                   .arns = {"arn:a", "arn:b"}}));
  const auto unknown =
      read<BridgeEndpoints>(RequestKind::bridge_endpoints,
                            R"({"epoch":3,"digest":"","part":0,"more":false,"arns":null})");
  EXPECT_EQ(unknown, (BridgeEndpoints{.epoch = 3, .digest = ""}));
}

TEST(Bridge, WhatIsNoListOfEndpointsIsRefusedWithItsField) {
  const auto refused = [](const std::string& data) {
    return refusal(RequestKind::bridge_endpoints, data);
  };
  EXPECT_THAT(refused("[]"), HasSubstr("an object is expected"));
  EXPECT_THAT(refused(R"({"arns":[]})"), HasSubstr("data.epoch"));
  EXPECT_THAT(refused(R"({"epoch":1,"arns":{}})"), HasSubstr("data.arns"));
  EXPECT_THAT(refused(R"({"epoch":1,"arns":[7]})"), HasSubstr("data.arns"));
  EXPECT_THAT(refused(R"({"epoch":1,"arns":[null]})"), HasSubstr("data.arns"));
  EXPECT_THAT(refused(R"({"epoch":1,"part":-1})"), HasSubstr("data.part"));
}

TEST(Bridge, APartHasSoManyEndpointsAndNoMore) {
  const auto with = [](std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += std::string(i == 0 ? "" : ",") + "\"arn\"";
    return R"({"epoch":1,"arns":[)" + all + "]}";
  };
  EXPECT_EQ(refusal(RequestKind::bridge_endpoints, with(kMaxBridgeEndpointsOfPart)), "");
  EXPECT_THAT(refusal(RequestKind::bridge_endpoints, with(kMaxBridgeEndpointsOfPart + 1)),
              HasSubstr("more than 200"));
}

TEST(Bridge, AResultHasTheLibrarysWord) {
  const auto good =
      read<BridgeResult>(RequestKind::bridge_result, R"({"command":7,"epoch":3,"ok":true})");
  EXPECT_EQ(good, (BridgeResult{.command = 7, .epoch = 3, .ok = true}));
  const auto bad = read<BridgeResult>(RequestKind::bridge_result, R"({"command":7,"epoch":3,
      "ok":false,"error":{"name":"BadEndpointException","message":"No.","status":400}})");
  EXPECT_EQ(bad, (BridgeResult{.command = 7,
                               .epoch = 3,
                               .ok = false,
                               .error = "BadEndpointException",
                               .text = "No.",
                               .status = 400}));
  EXPECT_THAT(refusal(RequestKind::bridge_result, R"({"epoch":3})"), HasSubstr("data.command"));
}

TEST(Bridge, ACommandHasTheLibrarysEndpoint) {
  BridgeOrder order;
  order.epoch = 2;
  order.action = BridgeAction::addConnection;
  order.contact_id = "c-1";
  order.endpoint =
      BridgeEndpoint{.type = "phone_number", .name = "", .arn = "", .number = "+12082097345"};
  order.deadline_ms = 10'000;
  order.at = 1'586'421'432'701;
  EXPECT_EQ(
      print(order, 9, "agent1"),
      R"({"channel":"Amazon","topic":"Bridge","subtopic":"Command","message":{"command":9,"epoch":2,)"
      R"("action":"addConnection","at":"2020-04-09T08:37:12.701Z","deadlineMs":10000,"contactId":"c-1",)"
      R"("endpoint":{"endpointARN":null,"endpointId":null,"type":"phone_number","name":null,)"
      R"("phoneNumber":"+12082097345","agentLogin":null,"queue":null}},"agent":"agent1"})");
}

TEST(Bridge, AnIdentifierIsItsUuidOrWorkedOutFromTheText) {
  EXPECT_EQ(to_string(bridge_id("D675473E-7dbc-4a9b-ad92-b78f26e70b3b")),
            "d675473e-7dbc-4a9b-ad92-b78f26e70b3b");
  EXPECT_EQ(bridge_id("c-1"), bridge_id("c-1"));
  EXPECT_NE(bridge_id("c-1"), bridge_id("c-2"));
  EXPECT_EQ(to_string(bridge_id("c-1"))[14], '8');
}

}  // namespace
}  // namespace baton::message
