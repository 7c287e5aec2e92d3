#include <string>

#include "gateway/gateway_fixture.hpp"

// What stands below /ccp-v2/, for the page that another site's pages embed (docs/signing-in.md).

namespace baton::gateway {
namespace {

class GatewayFrame : public GatewayFixture {
 protected:
  GatewayFrame() { config_.frame_origins = {"https://crm.example"}; }

  [[nodiscard]] Headers own() const {
    return {{"Origin", own_origin()}, {"Content-Type", "application/json"}};
  }
  [[nodiscard]] HttpReply sign_in(const std::string& login, const Headers& headers) const {
    return http("POST", "/ccp-v2/v1/login", headers,
                R"({"login":")" + login + R"(","password":"pw-)" + login + R"("})");
  }
  /// The ticket of a sign-in.
  [[nodiscard]] std::string ticket_of(const std::string& login) const {
    const HttpReply reply = sign_in(login, own());
    EXPECT_EQ(reply.status, 200) << reply.body;
    const std::size_t at = reply.body.find("\"ticket\":\"") + 10;
    return reply.body.substr(at, reply.body.find('"', at) - at);
  }
  [[nodiscard]] HttpReply open_session(const std::string& ticket, const Headers& headers) const {
    return http("POST", "/ccp-v2/v1/session", headers, R"({"ticket":")" + ticket + R"("})");
  }
  /// "baton_frame_session=..." of a sign-in.
  [[nodiscard]] std::string frame_cookie_of(const std::string& login) const {
    const HttpReply reply = open_session(ticket_of(login), own());
    EXPECT_EQ(reply.status, 200) << reply.body;
    const std::string cookie = reply.header("set-cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  /// Of baton_gateway_logins_total.
  [[nodiscard]] double logins(const std::string& result) const {
    for (const auto& family : registry_.Collect()) {
      if (family.name != "baton_gateway_logins_total") continue;
      for (const auto& metric : family.metric) {
        if (metric.label.at(0).value == result) return metric.counter.value;
      }
    }
    return -1;
  }
  /// The status of a request below /ccp-v2/ that shows this cookie.
  [[nodiscard]] int with(const std::string& cookie, const std::string& method,
                         const std::string& path, const Headers& more) const {
    Headers headers{{"Cookie", cookie}, {"Content-Type", "application/json"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return http(method, path, headers, method == "GET" ? "" : kRead).status;
  }
};

TEST_F(GatewayFrame, GivesThePopUpATicketAndTheFrameASession) {
  start();
  const HttpReply popup = sign_in("agent1", own());
  EXPECT_EQ(popup.status, 200);
  EXPECT_TRUE(contains(popup.body, R"("login":"agent1")")) << popup.body;
  EXPECT_TRUE(contains(popup.body, R"("expiresInSeconds":30)")) << popup.body;
  // A cookie of the pop-up's would replace that of somebody who uses another page of ours.
  EXPECT_EQ(popup.header("set-cookie"), "");

  const HttpReply frame = open_session(ticket_of("agent1"), own());
  EXPECT_EQ(frame.status, 200);
  EXPECT_EQ(frame.body, R"({"login":"agent1","role":"agent"})");
  const std::string cookie = frame.header("set-cookie");
  EXPECT_TRUE(cookie.starts_with("baton_frame_session=")) << cookie;
  EXPECT_TRUE(
      cookie.ends_with("; Path=/ccp-v2/; Max-Age=43200; HttpOnly; SameSite=None; Secure; "
                       "Partitioned"))
      << cookie;
}

TEST_F(GatewayFrame, TakesATicketOnceAndNoOther) {
  start();
  const std::string ticket = ticket_of("agent1");
  EXPECT_EQ(open_session(ticket, own()).status, 200);
  EXPECT_EQ(open_session(ticket, own()).status, 401);
  EXPECT_EQ(open_session("", own()).status, 401);
  EXPECT_EQ(http("POST", "/ccp-v2/v1/session", own(), "{}").status, 400);
  // A WebSocket's ticket opens no session, and a sign-in's no WebSocket.
  const HttpReply socket = http("POST", "/v1/ws-tickets", bearer("agent1"));
  ASSERT_EQ(socket.status, 200) << socket.body;
  const std::size_t at = socket.body.find("\"ticket\":\"") + 10;
  EXPECT_EQ(open_session(socket.body.substr(at, 64), own()).status, 401);
  WebSocket client;
  EXPECT_EQ(client.connect(address_, "/v1/ws", "baton.v1, baton.ticket." + ticket_of("agent1")),
            401);
}

TEST_F(GatewayFrame, OpensNoSessionForWhomWasDisabledMeanwhile) {
  start();
  const std::string ticket = ticket_of("agent1");
  backend_.disable("agent1");
  EXPECT_EQ(open_session(ticket, own()).status, 401);
}

TEST_F(GatewayFrame, IsForAgents) {
  start();
  EXPECT_EQ(sign_in("boss", own()).status, 403);
  const std::vector<AuditEntry> lines = backend_.audited();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].event, "login");
  EXPECT_EQ(lines[0].caller.login, "boss");
  EXPECT_FALSE(lines[0].accepted);
  EXPECT_EQ(lines[0].reason, "forbidden");
  EXPECT_EQ(logins("refused"), 1);
  EXPECT_EQ(logins("succeeded"), 0);

  EXPECT_EQ(sign_in("agent1", own()).status, 200);
  EXPECT_TRUE(backend_.audited().at(1).accepted);
  EXPECT_EQ(logins("succeeded"), 1);
}

TEST_F(GatewayFrame, IsForItsOwnPageAlone) {
  start();
  const std::string cookie = frame_cookie_of("agent1");
  for (const char* method : {"GET", "POST"}) {
    const std::string path =
        std::string(method) == "GET" ? "/ccp-v2/v1/queues" : "/ccp-v2/v1/messages";
    EXPECT_EQ(with(cookie, method, path, {{"Origin", own_origin()}}), 200);
    // Neither who embeds the page, nor who may use the API from elsewhere, has the page's session.
    for (const char* origin :
         {"https://crm.example", "https://desk.example", "https://evil.example", "null"}) {
      EXPECT_EQ(with(cookie, method, path, {{"Origin", origin}}), 403) << origin;
    }
    EXPECT_EQ(with(cookie, method, path, {}), 403);
  }
  EXPECT_EQ(with(cookie, "GET", "/ccp-v2/v1/queues", {{"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(with(cookie, "GET", "/ccp-v2/v1/queues", {{"Sec-Fetch-Site", "cross-site"}}), 403);
  for (const char* origin : {"https://crm.example", "https://desk.example"}) {
    const Headers headers{{"Origin", origin}, {"Content-Type", "application/json"}};
    EXPECT_EQ(sign_in("agent1", headers).status, 403) << origin;
    EXPECT_EQ(open_session(ticket_of("agent1"), headers).status, 403) << origin;
  }
}

TEST_F(GatewayFrame, KeepsItsSessionApart) {
  start();
  const std::string framed = frame_cookie_of("agent1");
  const std::string plain = cookie_of("agent1");
  const Headers origin{{"Origin", own_origin()}};
  // Each cookie counts in its own place only, whatever else is shown.
  EXPECT_EQ(with(framed, "GET", "/v1/queues", origin), 401);
  EXPECT_EQ(with(plain, "GET", "/ccp-v2/v1/queues", origin), 401);
  EXPECT_EQ(with(plain + "; " + framed, "GET", "/ccp-v2/v1/queues", origin), 200);
  Headers token = bearer("agent1");
  EXPECT_EQ(http("GET", "/ccp-v2/v1/queues", token).status, 401);
}

TEST_F(GatewayFrame, HasNoMoreThanItNeeds) {
  start();
  const std::string cookie = frame_cookie_of("agent1");
  const Headers origin{{"Origin", own_origin()}};
  for (const char* path : {"/ccp-v2/v1/quick-connects", "/ccp-v2/v1/transfers"})
    EXPECT_EQ(with(cookie, "GET", path, origin), 200) << path;
  for (const char* path :
       {"/ccp-v2/v1/agents", "/ccp-v2/v1/statistics", "/ccp-v2/v1/me/preferences",
        "/ccp-v2/v1/contacts/1", "/ccp-v2/v1/transfers/1", "/ccp-v2/v1", "/ccp-v2/v1/nothing"})
    EXPECT_EQ(with(cookie, "GET", path, origin), 404) << path;
  EXPECT_EQ(with(cookie, "POST", "/ccp-v2/v1/ws-tickets", origin), 404);
  EXPECT_EQ(with(cookie, "PUT", "/ccp-v2/v1/directory", origin), 404);
}

TEST_F(GatewayFrame, OpensAWebSocketAndEndsItWithTheSession) {
  start();
  const std::string cookie = frame_cookie_of("agent1");
  WebSocket stranger;
  EXPECT_EQ(stranger.connect(address_, "/ccp-v2/v1/ws", "baton.v1",
                             {{"Cookie", cookie}, {"Origin", "https://crm.example"}}),
            403);
  WebSocket client;
  ASSERT_EQ(client.connect(address_, "/ccp-v2/v1/ws", "baton.v1",
                           {{"Cookie", cookie}, {"Origin", own_origin()}}),
            101);
  publish("agent1", 1, "one");
  EXPECT_EQ(client.read(), "one");
  const HttpReply out =
      http("POST", "/ccp-v2/v1/logout", {{"Cookie", cookie}, {"Origin", own_origin()}});
  EXPECT_EQ(out.status, 204);
  EXPECT_TRUE(contains(out.header("set-cookie"), "baton_frame_session=; Path=/ccp-v2/; Max-Age=0"))
      << out.header("set-cookie");
  EXPECT_EQ(client.wait_for_close(), 4401);
}

TEST_F(GatewayFrame, TellsItsPageWhoMayEmbedIt) {
  start();
  const HttpReply reply = http("GET", "/ccp-v2/v1/embedders");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"origins":["https://crm.example"]})");
  EXPECT_EQ(http("POST", "/ccp-v2/v1/embedders", own(), "{}").status, 405);
}

TEST_F(GatewayFrame, IsNotThereUnlessSomebodyMayEmbedIt) {
  config_.frame_origins.clear();
  start();
  for (const char* path : {"/ccp-v2/v1/embedders", "/ccp-v2/v1/queues", "/ccp-v2/"}) {
    const HttpReply reply = http("GET", path, own());
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_TRUE(contains(reply.body, "http.frame_origins")) << path << reply.body;
  }
  EXPECT_EQ(sign_in("agent1", own()).status, 404);
}

}  // namespace
}  // namespace baton::gateway
