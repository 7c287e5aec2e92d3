#include <algorithm>
#include <boost/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "gateway/gateway_fixture.hpp"

namespace baton::gateway {
namespace {

using message::Reason;
using testing_client::kPatience;
using Role = directory::Role;

constexpr const char* kProtocol = "baton.v1";

class GatewayWebSocket : public GatewayFixture {
 protected:
  int connect(WebSocket& socket, const std::string& query = "", const std::string& login = "agent1",
              Role role = Role::agent, std::int64_t seconds = 3600) {
    return socket.connect(address_, "/v1/ws" + query, kProtocol, bearer(login, role, seconds));
  }
};

TEST_F(GatewayWebSocket, RefusesAHandshakeThatIsNotInOrder) {
  start();
  WebSocket none;
  EXPECT_EQ(none.connect(address_, "/v1/ws", "", bearer("agent1")), 400);
  EXPECT_TRUE(contains(none.handshake().body, "baton.v1"));
  WebSocket other;
  EXPECT_EQ(other.connect(address_, "/v1/ws", "baton.v2, chat", bearer("agent1")), 400);
  WebSocket stranger;
  EXPECT_EQ(stranger.connect(address_, "/v1/ws", kProtocol), 401);
  WebSocket expired;
  EXPECT_EQ(connect(expired, "", "agent1", Role::agent, -1), 401);
  WebSocket elsewhere;
  EXPECT_EQ(elsewhere.connect(address_, "/v1/other", kProtocol, bearer("agent1")), 404);
  WebSocket half;
  EXPECT_EQ(connect(half, "?after=3"), 400);
  EXPECT_EQ(gateway_->websocket_count(), 0U);
}

TEST_F(GatewayWebSocket, AnswersReadsAndRefusalsToTheAskerOnly) {
  start();
  WebSocket asker;
  WebSocket tab;
  ASSERT_EQ(connect(asker), 101);
  ASSERT_EQ(connect(tab), 101);
  EXPECT_EQ(asker.handshake().header("sec-websocket-protocol"), "baton.v1");
  settle(tab);
  ASSERT_TRUE(asker.send(kRead));
  EXPECT_EQ(asker.read(), "{\"read\":\"StateSync\"}");

  ASSERT_TRUE(asker.send("not json"));
  std::string error = asker.read().value_or("");
  EXPECT_TRUE(contains(error, "INVALID_MESSAGE")) << error;

  backend_.refuse_with(Reason::noActiveCall);
  ASSERT_TRUE(asker.send(kChange));
  error = asker.read().value_or("");
  EXPECT_TRUE(contains(error, "BLIND_TRANSFER_FAILED")) << error;
  EXPECT_TRUE(contains(error, "noActiveCall")) << error;
  EXPECT_TRUE(contains(error, "\"id\":\"c1\"")) << error;

  // An accepted change is told by its events alone; the connection has stayed open through all of
  // this.
  backend_.on_request(nullptr);
  ASSERT_TRUE(asker.send(kChange));
  while (backend_.seen().size() < 4) std::this_thread::yield();
  publish("agent1", 1, "event 1");
  EXPECT_EQ(asker.read(), "event 1");
  EXPECT_EQ(tab.read(), "event 1");
}

TEST_F(GatewayWebSocket, KeepsAgentsToThemselves) {
  start();
  for (const char* query : {"?agents=agent2", "?agents=agent1,agent2", "?agents=*"}) {
    WebSocket socket;
    EXPECT_EQ(connect(socket, query), 403) << query;
  }
  WebSocket own;
  EXPECT_EQ(connect(own, "?agents=agent1"), 101);
  ASSERT_TRUE(own.send(
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"Hold","source":"t","agent":"agent2"})"));
  const std::string error = own.read().value_or("");
  EXPECT_TRUE(contains(error, "HOLD_CALL_FAILED")) << error;
  EXPECT_TRUE(contains(error, "callNotOwned")) << error;
}

TEST_F(GatewayWebSocket, LetsSupervisorsAndServicesFollow) {
  start();
  WebSocket some;
  WebSocket all;
  ASSERT_EQ(connect(some, "?agents=agent1,agent2", "boss", Role::supervisor), 101);
  ASSERT_EQ(connect(all, "?agents=*", "wall", Role::service), 101);
  settle(some);
  ASSERT_TRUE(all.send(kReadOfAnAgent));
  EXPECT_TRUE(contains(all.read().value_or(""), "agent is missing"));
  publish("agent3", 1, "three");
  publish("agent2", 1, "two");
  EXPECT_EQ(some.read(), "two");
  EXPECT_EQ(all.read(), "three");
  EXPECT_EQ(all.read(), "two");
}

TEST_F(GatewayWebSocket, TellsTheQueuesToWhoFollowsEverybody) {
  backend_.set_queues(
      {.queues = {{.arn = "arn:a", .name = "Sales"}, {.arn = "arn:b", .name = "Billing"}},
       .at = 1'700'000'000'000});
  start();
  WebSocket agent;
  WebSocket some;
  ASSERT_EQ(connect(agent), 101);
  ASSERT_EQ(connect(some, "?agents=agent1", "boss", Role::supervisor), 101);
  settle(agent);
  settle(some);
  EXPECT_EQ(backend_.queues_asked(), 0) << "nobody is there to be told";
  WebSocket boss;
  WebSocket wall;
  ASSERT_EQ(connect(boss, "?agents=*", "boss", Role::supervisor), 101);
  std::string told = boss.read().value_or("");
  EXPECT_TRUE(contains(told, "QueueStateChange")) << told;
  EXPECT_TRUE(contains(told, "Sales") && contains(told, "Billing")) << told;
  ASSERT_EQ(connect(wall, "?agents=*", "wall", Role::service), 101);
  EXPECT_EQ(wall.read(), told) << "the same list";
  backend_.set_queues({.queues = {{.arn = "arn:a", .name = "Sales"},
                                  {.arn = "arn:b", .name = "Billing", .waiting = 2}},
                       .at = 1'700'000'001'000});
  for (WebSocket* one : {&boss, &wall}) {
    told = one->read().value_or("");
    EXPECT_TRUE(contains(told, "\"waiting\":2")) << told;
    EXPECT_FALSE(contains(told, "Sales")) << told;
  }
  // Whoever follows single agents was told nothing meanwhile.
  publish("agent1", 1, "one");
  EXPECT_EQ(agent.read(), "one");
  EXPECT_EQ(some.read(), "one");
}

TEST_F(GatewayWebSocket, TakesATicketOnce) {
  start();
  const std::string once = ticket(bearer("agent2"));
  WebSocket first;
  ASSERT_EQ(first.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + once), 101);
  EXPECT_EQ(first.handshake().header("sec-websocket-protocol"), "baton.v1");
  WebSocket again;
  EXPECT_EQ(again.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + once), 401);
  WebSocket invented;
  EXPECT_EQ(invented.connect(address_, "/v1/ws", "baton.v1, baton.ticket.0000"), 401);
  settle(first);
  publish("agent2", 1, "for two");
  EXPECT_EQ(first.read(), "for two");
}

TEST_F(GatewayWebSocket, TakesACookieOnlyBesideAnAllowedOrigin) {
  start();
  const std::string cookie = cookie_of("agent1");
  WebSocket good;
  EXPECT_EQ(
      good.connect(address_, "/v1/ws", kProtocol, {{"Cookie", cookie}, {"Origin", own_origin()}}),
      101);
  WebSocket evil;
  EXPECT_EQ(evil.connect(address_, "/v1/ws", kProtocol,
                         {{"Cookie", cookie}, {"Origin", "https://evil.example"}}),
            403);
  WebSocket silent;
  EXPECT_EQ(silent.connect(address_, "/v1/ws", kProtocol, {{"Cookie", cookie}}), 403);
}

TEST_F(GatewayWebSocket, ClosesWith4401WhenTheTokenExpires) {
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket, "", "agent1", Role::agent, 2), 101);
  EXPECT_EQ(socket.wait_for_close(), 4401);
}

TEST_F(GatewayWebSocket, ClosesWith4401WhenTheSessionIsSignedOut) {
  start();
  const Headers headers{{"Cookie", cookie_of("agent1")}, {"Origin", own_origin()}};
  WebSocket by_cookie;
  WebSocket by_ticket;
  WebSocket by_token;
  ASSERT_EQ(by_cookie.connect(address_, "/v1/ws", kProtocol, headers), 101);
  ASSERT_EQ(by_ticket.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + ticket(headers)),
            101);
  ASSERT_EQ(connect(by_token), 101);
  ASSERT_EQ(http("POST", "/v1/logout", headers).status, 204);
  EXPECT_EQ(by_cookie.wait_for_close(), 4401);
  EXPECT_EQ(by_ticket.wait_for_close(), 4401);
  settle(by_token);
}

TEST_F(GatewayWebSocket, ClosesWith4401WhenTheAgentIsRevoked) {
  start();
  const Headers cookie{{"Cookie", cookie_of("agent1")}, {"Origin", own_origin()}};
  WebSocket mine;
  WebSocket theirs;
  ASSERT_EQ(connect(mine), 101);
  ASSERT_EQ(connect(theirs, "", "agent2"), 101);
  gateway_->revoke("agent1");
  EXPECT_EQ(mine.wait_for_close(), 4401);
  settle(theirs);
  EXPECT_EQ(http("GET", "/v1/agents", cookie).status, 401);
}

TEST_F(GatewayWebSocket, ClosesWith4401WhatAPasswordOpenedThatIsAnotherOneNow) {
  start();
  const Headers cookie{{"Cookie", cookie_of("agent1")}, {"Origin", own_origin()}};
  const Headers others{{"Cookie", cookie_of("agent2")}, {"Origin", own_origin()}};
  WebSocket by_cookie;
  WebSocket by_ticket;
  WebSocket by_token;
  WebSocket theirs;
  ASSERT_EQ(by_cookie.connect(address_, "/v1/ws", kProtocol, cookie), 101);
  ASSERT_EQ(by_ticket.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + ticket(cookie)), 101);
  ASSERT_EQ(connect(by_token), 101);
  ASSERT_EQ(theirs.connect(address_, "/v1/ws", kProtocol, others), 101);
  const std::string unused = ticket(cookie);
  const std::string of_a_token = ticket(bearer("agent1"));
  gateway_->end_sessions("agent1");
  EXPECT_EQ(by_cookie.wait_for_close(), 4401);
  EXPECT_EQ(by_ticket.wait_for_close(), 4401);
  EXPECT_EQ(http("GET", "/v1/agents", cookie).status, 401);
  WebSocket late;
  WebSocket program;
  EXPECT_EQ(late.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + unused), 401);
  EXPECT_EQ(program.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + of_a_token), 101)
      << "a token knows no password";
  settle(by_token);
  settle(theirs);
}

TEST_F(GatewayWebSocket, NoticesADisabledAgentByItself) {
  config_.account_check_seconds = 1;
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket), 101);
  backend_.disable("agent1");
  EXPECT_EQ(socket.wait_for_close(), 4401);
}

TEST_F(GatewayWebSocket, AnswersABinaryFrameByAnErrorAndStaysOpen) {
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket), 101);
  ASSERT_TRUE(socket.send_binary(kRead));
  const std::string refusal = socket.read().value_or("");
  EXPECT_TRUE(contains(refusal, "INVALID_MESSAGE")) << refusal;
  EXPECT_TRUE(contains(refusal, "a text frame with one JSON object is expected")) << refusal;
  EXPECT_TRUE(backend_.seen().empty());
  ASSERT_TRUE(socket.send(kRead));
  EXPECT_TRUE(contains(socket.read().value_or(""), "StateSync"));
}

TEST_F(GatewayWebSocket, ClosesWith1009AboveTheFrameLimit) {
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket), 101);
  // At the limit it is only no good request.
  ASSERT_TRUE(socket.send(std::string(65536, ' ')));
  EXPECT_TRUE(contains(socket.read().value_or(""), "INVALID_MESSAGE"));
  ASSERT_TRUE(socket.send(std::string(65537, ' ')));
  EXPECT_EQ(socket.wait_for_close(), 1009);

  WebSocket huge;
  WebSocket bystander;
  ASSERT_EQ(connect(huge), 101);
  ASSERT_EQ(connect(bystander), 101);
  EXPECT_TRUE(huge.send(std::string(10'000'000, 'x')));
  EXPECT_EQ(huge.wait_for_close(), 1009);
  settle(bystander);
}

TEST_F(GatewayWebSocket, ClosesWith1007OnInvalidUtf8) {
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket), 101);
  ASSERT_TRUE(socket.send("\xc3\x28"));
  EXPECT_EQ(socket.wait_for_close(), 1007);
  EXPECT_TRUE(backend_.seen().empty());
}

TEST_F(GatewayWebSocket, ClosesWith1008OnAFlood) {
  config_.max_messages_per_second = 50;
  start();
  WebSocket socket;
  WebSocket bystander;
  ASSERT_EQ(connect(socket), 101);
  ASSERT_EQ(connect(bystander), 101);
  for (int i = 0; i < 500 && socket.send(kRead); ++i) {
  }
  EXPECT_EQ(socket.wait_for_close(), 1008);
  EXPECT_GE(socket.skipped(), 50U);
  settle(bystander);
}

TEST_F(GatewayWebSocket, ClosesWith1013WhoReadsTooSlowly) {
  config_.max_send_queue_bytes = 1'000'000;
  start();
  WebSocket slow;
  WebSocket quick;
  ASSERT_EQ(slow.connect(address_, "/v1/ws", kProtocol, bearer("agent1"), 4096), 101);
  ASSERT_EQ(connect(quick, "", "agent2"), 101);
  // More than the kernel's buffers (a few megabytes) and the queue can hold together.
  const std::string text(100'000, 'x');
  for (std::uint64_t i = 1; i <= 300; ++i) publish("agent1", i, text);
  publish("agent2", 1, "still here");
  EXPECT_EQ(quick.read(), "still here");
  EXPECT_EQ(slow.wait_for_close(), 1013);
  EXPECT_LT(slow.skipped(), 300U);
  settle(quick);
}

TEST_F(GatewayWebSocket, LetsGoOfASlowReaderThatNeverReadsAgain) {
  config_.max_send_queue_bytes = 1'000'000;
  start();
  WebSocket slow;
  ASSERT_EQ(slow.connect(address_, "/v1/ws", kProtocol, bearer("agent1"), 4096), 101);
  ASSERT_EQ(gateway_->websocket_count(), 1U);
  const std::string text(100'000, 'x');
  for (std::uint64_t i = 1; i <= 300; ++i) publish("agent1", i, text);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (gateway_->websocket_count() != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(gateway_->websocket_count(), 0U);
}

TEST_F(GatewayWebSocket, ReplaysWhatWasMissed) {
  start();
  WebSocket before;
  ASSERT_EQ(connect(before), 101);
  settle(before);
  for (std::uint64_t i = 1; i <= 5; ++i) publish("agent1", i, std::to_string(i));
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(before.read(), std::to_string(i));
  before.close();
  WebSocket back;
  ASSERT_EQ(connect(back, "?epoch=epoch-1&after=3"), 101);
  publish("agent1", 6, "6");
  for (int i = 4; i <= 6; ++i) EXPECT_EQ(back.read(), std::to_string(i));
}

TEST_F(GatewayWebSocket, DoesNotTakeALongCatchUpForSlowness) {
  config_.max_send_queue_bytes = 10'000;
  start();
  for (std::uint64_t i = 1; i <= 100; ++i) publish("agent1", i, std::string(2000, 'x'));
  WebSocket back;
  ASSERT_EQ(connect(back, "?epoch=epoch-1&after=0"), 101);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(back.read());
  settle(back);
}

TEST_F(GatewayWebSocket, SaysNothingUnaskedToAFreshConnection) {
  start();
  publish("agent1", 1, "before");
  WebSocket fresh;
  ASSERT_EQ(connect(fresh), 101);
  settle(fresh);  // The first thing it hears is the answer to its own question.
  publish("agent1", 2, "after");
  EXPECT_EQ(fresh.read(), "after");
}

TEST_F(GatewayWebSocket, SyncsWithoutAGapAndWithoutARepeat) {
  start();
  // The sync's answer is held back while events go on, and is then older than some of them.
  std::mutex mutex;
  std::function<void(SyncReply)> held;
  backend_.on_sync([&](const std::string& agent, std::function<void(SyncReply)> done) {
    EXPECT_EQ(agent, "agent1");
    const std::lock_guard lock(mutex);
    held = std::move(done);
  });
  WebSocket back;
  ASSERT_EQ(connect(back, "?epoch=old&after=90"), 101);
  const auto is_held = [&] {
    const std::lock_guard lock(mutex);
    return held != nullptr;
  };
  while (!is_held()) std::this_thread::yield();
  for (std::uint64_t i = 101; i <= 104; ++i) publish("agent1", i, std::to_string(i));
  {
    const std::lock_guard lock(mutex);
    held({"app@102", "agent@102", "call@102", 102});
  }
  publish("agent1", 105, "105");
  for (const char* expected : {"app@102", "agent@102", "call@102", "103", "104", "105"}) {
    EXPECT_EQ(back.read(), expected);
  }
}

TEST_F(GatewayWebSocket, KeepsEventsInOrderWithRepliesAndNewEpochs) {
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket), 101);
  settle(socket);
  backend_.on_request(
      [this](const message::Request&, const std::function<void(RequestReply)>& done) {
        publish("agent1", 1, "published before the reply");
        RequestReply reply;
        reply.event_text = "reply";
        done(std::move(reply));
        publish("agent1", 2, "published after the reply");
      });
  ASSERT_TRUE(socket.send(kRead));
  for (const char* expected :
       {"published before the reply", "reply", "published after the reply"}) {
    EXPECT_EQ(socket.read(), expected);
  }
  gateway_->set_epoch("epoch-2");
  publish("agent1", 1, "first of the new epoch");
  EXPECT_EQ(socket.read(), "first of the new epoch");
  WebSocket old;
  ASSERT_EQ(connect(old, "?epoch=epoch-1&after=2"), 101);
  EXPECT_EQ(old.read(), "app");
  WebSocket current;
  ASSERT_EQ(connect(current, "?epoch=epoch-2&after=0"), 101);
  EXPECT_EQ(current.read(), "first of the new epoch");
}

TEST_F(GatewayWebSocket, MeasuresTheLagOfEventsByTheClockThatStampedThem) {
  // As after the machine's clock was set back: what is stamped is hours ahead of it.
  backend_.clock_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::system_clock::now().time_since_epoch())
                          .count() +
                      7'200'000;
  start();
  WebSocket agent;
  ASSERT_EQ(connect(agent), 101);
  settle(agent);
  publish("agent1", 1, "one");
  EXPECT_EQ(agent.read(), "one");
  // After the event's turn, in which it was measured.
  publish("agent1", 2, "two");
  EXPECT_EQ(agent.read(), "two");
  const std::string text =
      testing_client::http(gateway_->metrics_address(), "GET", "/metrics").body;
  EXPECT_TRUE(contains(text, "\nbaton_event_lag_seconds_sum 0\n")) << text;
  EXPECT_FALSE(contains(text, "\nbaton_event_lag_seconds_count 0\n")) << text;
}

TEST_F(GatewayWebSocket, FansOutToTwoHundredConnections) {
  start();
  std::vector<WebSocket> desktops(200);
  for (std::size_t i = 0; i < desktops.size(); ++i) {
    ASSERT_EQ(connect(desktops[i], "", "agent" + std::to_string(i / 2)), 101);
  }
  WebSocket wall;
  ASSERT_EQ(connect(wall, "?agents=*", "wall", Role::service), 101);
  EXPECT_EQ(gateway_->websocket_count(), 201U);
  std::vector<PublishedEvent> events;
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    for (int agent = 0; agent < 100; ++agent) {
      events.push_back({"agent" + std::to_string(agent), sequence, 0,
                        std::make_shared<const std::string>(std::to_string(agent) + "/" +
                                                            std::to_string(sequence))});
    }
  }
  gateway_->publish(std::move(events));
  for (std::size_t i = 0; i < desktops.size(); ++i) {
    for (int sequence = 1; sequence <= 5; ++sequence) {
      ASSERT_EQ(desktops[i].read(), std::to_string(i / 2) + "/" + std::to_string(sequence));
    }
  }
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(wall.read());
}

TEST_F(GatewayWebSocket, PingsIdleClientsAndDropsDeadOnes) {
  config_.idle_ping_seconds = 1;
  start();
  // This client's loop runs only while it waits, so it answers no ping and is given up.
  WebSocket dead;
  ASSERT_EQ(connect(dead), 101);
  ASSERT_EQ(gateway_->websocket_count(), 1U);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (gateway_->websocket_count() != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(gateway_->websocket_count(), 0U);
  // This one waits, and its answers keep it alive for longer than that took.
  WebSocket alive;
  ASSERT_EQ(connect(alive), 101);
  std::thread later([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(3500));
    publish("agent1", 1, "after three and a half seconds");
  });
  EXPECT_EQ(alive.read(), "after three and a half seconds");
  later.join();
}

TEST_F(GatewayWebSocket, ClosesWith1001WhenTheServerStops) {
  start();
  WebSocket socket;
  ASSERT_EQ(connect(socket), 101);
  std::thread stopper([this] { gateway_->stop(std::chrono::seconds(20)); });
  EXPECT_EQ(socket.wait_for_close(), 1001);
  stopper.join();
  EXPECT_EQ(gateway_->websocket_count(), 0U);
  publish("agent1", 1, "too late, and harmless");
}

}  // namespace
}  // namespace baton::gateway
