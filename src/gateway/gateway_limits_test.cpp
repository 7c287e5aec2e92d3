#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "gateway/gateway_fixture.hpp"

// Limits of the configuration that the gateway keeps, at each of them and one past it.

namespace baton::gateway {
namespace {

class GatewayLimits : public GatewayFixture {
 protected:
  static constexpr const char* kVersion1 = "baton.v1";

  [[nodiscard]] Headers cookie(const std::string& login) const {
    return {{"Cookie", cookie_of(login)}, {"Origin", own_origin()}};
  }
  [[nodiscard]] int status(const Headers& headers) const {
    return http("GET", "/v1/agents", headers).status;
  }
  /// Events of agent1, each with its sequence for a text.
  [[nodiscard]] std::vector<PublishedEvent> events(std::uint64_t first, std::uint64_t last) const {
    std::vector<PublishedEvent> made;
    for (std::uint64_t each = first; each <= last; ++each)
      made.push_back({"agent1", each, backend_.clock_ms,
                      std::make_shared<const std::string>(std::to_string(each))});
    return made;
  }
  [[nodiscard]] std::vector<std::string> reasons_of_logouts(const std::string& login) {
    std::vector<std::string> reasons;
    for (const AuditEntry& each : backend_.audited()) {
      if (each.event == "logout" && each.caller.login == login) reasons.push_back(each.reason);
    }
    return reasons;
  }
};

TEST_F(GatewayLimits, TheOldestSessionOfALoginMakesRoomWithAllThatLivesOnIt) {
  config_.max_sessions_per_login = 2;
  start();
  const Headers oldest = cookie("agent1");
  WebSocket by_cookie;
  WebSocket by_ticket;
  ASSERT_EQ(by_cookie.connect(address_, "/v1/ws", kVersion1, oldest), 101);
  ASSERT_EQ(by_ticket.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + ticket(oldest)), 101);
  const std::string unused = ticket(oldest);
  const Headers second = cookie("agent1");
  const Headers others = cookie("agent2");
  WebSocket by_second;
  ASSERT_EQ(by_second.connect(address_, "/v1/ws", kVersion1, second), 101);
  settle(by_cookie);
  EXPECT_EQ(hits("auth.max_sessions_per_login"), 0);
  const Headers third = cookie("agent1");
  EXPECT_EQ(by_cookie.wait_for_close(), 4401);
  EXPECT_EQ(by_ticket.wait_for_close(), 4401);
  WebSocket late;
  EXPECT_EQ(late.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + unused), 401);
  EXPECT_EQ(status(oldest), 401);
  for (const Headers* stays : {&second, &third, &others}) EXPECT_EQ(status(*stays), 200);
  settle(by_second);
  EXPECT_EQ(hits("auth.max_sessions_per_login"), 1);
  EXPECT_EQ(hits("auth.max_sessions"), 0);
  EXPECT_EQ(reasons_of_logouts("agent1"), std::vector<std::string>{"tooManySessions"});
}

TEST_F(GatewayLimits, TheOldestSessionOfAllMakesRoom) {
  config_.max_sessions = 2;
  start();
  const Headers oldest = cookie("agent1");
  WebSocket socket;
  ASSERT_EQ(socket.connect(address_, "/v1/ws", kVersion1, oldest), 101);
  const Headers second = cookie("agent2");
  settle(socket);
  EXPECT_EQ(hits("auth.max_sessions"), 0);
  const Headers third = cookie("agent3");
  EXPECT_EQ(socket.wait_for_close(), 4401);
  EXPECT_EQ(status(oldest), 401);
  for (const Headers* stays : {&second, &third}) EXPECT_EQ(status(*stays), 200);
  EXPECT_EQ(hits("auth.max_sessions"), 1);
  EXPECT_EQ(hits("auth.max_sessions_per_login"), 0);
}

TEST_F(GatewayLimits, ASignInMoreThanMayWaitIsRefused) {
  config_.max_waiting_logins = 1;
  start();
  std::promise<void> looked_at;
  std::promise<void> go_on;
  backend_.after_verify([&] {
    looked_at.set_value();
    go_on.get_future().wait();
  });
  // Each on a thread of its own, which the other clients of the tests cannot be used on.
  const auto sign_in = [this](const std::string& login) {
    return std::async(std::launch::async, [this, login] {
      const std::string body = R"({"login":")" + login + R"(","password":"pw-)" + login + R"("})";
      testing_client::SilentClient client;
      if (!client.connect(address_)) return std::string();
      client.send("POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
                  ("Content-Length: " + std::to_string(body.size())) + "\r\n\r\n" + body);
      return client.read_some();
    });
  };
  auto under_way = sign_in("agent1");
  looked_at.get_future().wait();
  // Two more, of which only one may wait: which of them it is, nothing decides.
  std::vector<std::future<std::string>> two;
  for (const char* login : {"agent2", "agent3"}) two.push_back(sign_in(login));
  const auto refused = std::ranges::find_if(two, [&](const std::future<std::string>& each) {
    const auto other = &each == two.data() ? two.begin() + 1 : two.begin();
    while (each.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      if (other->wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) return false;
    }
    return true;
  });
  ASSERT_NE(refused, two.end());
  const std::string reply = refused->get();
  EXPECT_TRUE(reply.starts_with("HTTP/1.1 429")) << reply;
  EXPECT_TRUE(contains(reply, "auth.max_waiting_logins")) << reply;
  EXPECT_EQ(hits("auth.max_waiting_logins"), 1);
  go_on.set_value();
  EXPECT_TRUE(under_way.get().starts_with("HTTP/1.1 200"));
  two.erase(refused);
  EXPECT_TRUE(two.front().get().starts_with("HTTP/1.1 200"));
}

TEST_F(GatewayLimits, AHeadMayBeAsLargeAsConfigured) {
  config_.max_head_bytes = 2048;
  start();
  // The fields take so many bytes, with the line that ends them.
  const auto fields = [this](std::size_t bytes) {
    const std::string begin = "X: ";
    const std::string end = "\r\n\r\n";
    return testing_client::raw(address_, "GET /healthy HTTP/1.0\r\n" + begin +
                                             std::string(bytes - begin.size() - end.size(), 'x') +
                                             end);
  };
  const std::string taken = fields(2048);
  EXPECT_TRUE(contains(taken, " 404 Not Found")) << taken;
  EXPECT_EQ(hits("http.max_head_bytes"), 0);
  const std::string refused = fields(2049);
  EXPECT_TRUE(refused.starts_with("HTTP/1.1 431")) << refused;
  EXPECT_TRUE(contains(refused, "has more than 2048 bytes (http.max_head_bytes)")) << refused;
  EXPECT_EQ(hits("http.max_head_bytes"), 1);
}

TEST_F(GatewayLimits, MoreEventsAtOnceThanMayWaitMakeEverybodyComeBack) {
  config_.max_waiting_events = 100;
  start();
  WebSocket socket;
  ASSERT_EQ(socket.connect(address_, "/v1/ws", kVersion1, bearer("agent1")), 101);
  gateway_->publish(events(1, 100));
  for (int i = 1; i <= 100; ++i) ASSERT_EQ(socket.read(), std::to_string(i));
  EXPECT_EQ(hits("http.max_waiting_events"), 0);
  gateway_->publish(events(101, 201));
  EXPECT_EQ(socket.wait_for_close(), 1013);
  EXPECT_EQ(hits("http.max_waiting_events"), 1);
}

/// As a start hands over what the process before it kept, before there is a loop to take it.
TEST_F(GatewayLimits, EventsOfBeforeTheStartAreKeptHoweverMany) {
  config_.max_waiting_events = 100;
  gateway_ = std::make_unique<Gateway>(config_, backend_, registry_);
  gateway_->publish(events(1, 150));
  gateway_->start();
  address_ = gateway_->http_address();
  gateway_->publish(events(151, 250));
  WebSocket socket;
  ASSERT_EQ(socket.connect(address_, "/v1/ws?epoch=epoch-1&after=148", kVersion1, bearer("agent1")),
            101);
  for (int i = 149; i <= 250; ++i) ASSERT_EQ(socket.read(), std::to_string(i));
  EXPECT_EQ(hits("http.max_waiting_events"), 0);
  gateway_->publish(events(251, 351));
  EXPECT_EQ(socket.wait_for_close(), 1013) << "from the start on it counts";
}

TEST_F(GatewayLimits, TheEndOfEachSessionIsInTheAuditOnce) {
  start();
  const Headers mine = cookie("agent1");
  const Headers theirs = cookie("agent2");
  const Headers disabled = cookie("agent3");
  gateway_->end_sessions("agent1");
  backend_.disable("agent3");
  EXPECT_EQ(status(disabled), 401);
  EXPECT_EQ(status(disabled), 401);
  ASSERT_EQ(http("POST", "/v1/logout", theirs).status, 204);
  EXPECT_EQ(status(mine), 401);
  EXPECT_EQ(reasons_of_logouts("agent1"), std::vector<std::string>{"disabled"});
  EXPECT_EQ(reasons_of_logouts("agent2"), std::vector<std::string>{""}) << "signed out";
  EXPECT_EQ(reasons_of_logouts("agent3"), std::vector<std::string>{"disabled"});
}

}  // namespace
}  // namespace baton::gateway
