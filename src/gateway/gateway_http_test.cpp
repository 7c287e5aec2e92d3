#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/json.hpp>
#include <boost/system/error_code.hpp>
#include <cerrno>
#include <ctime>
#include <filesystem>
#include <functional>
#include <future>
#include <set>
#include <thread>
#include <vector>

#include "gateway/gateway_fixture.hpp"

namespace baton::gateway {
namespace {

using message::Reason;
using Role = directory::Role;

class GatewayHttp : public GatewayFixture {};

TEST_F(GatewayHttp, AnswersAReadWith200AndAChangeWith202) {
  start();
  HttpReply reply = post_message(kRead);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"read\":\"StateSync\"}");
  EXPECT_EQ(reply.header("content-type"), "application/json");

  backend_.on_request([](const message::Request&, const std::function<void(RequestReply)>& done) {
    RequestReply accepted;
    accepted.transfer_id = "t-1";
    accepted.sequence = 42;
    // The engine answers from a thread of its own.
    std::thread([done, accepted] { done(accepted); }).join();
  });
  reply = post_message(kChange);
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.body, R"({"id":"c1","accepted":true,"transferId":"t-1","sequence":42})");
  const auto seen = backend_.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].caller.login, "agent1");
  EXPECT_EQ(seen[1].agent, "agent1");
  EXPECT_EQ(seen[1].request.kind, message::RequestKind::blind_transfer);
}

TEST_F(GatewayHttp, MapsEachReasonToItsStatus) {
  start();
  const std::pair<Reason, int> rows[] = {
      {Reason::invalidMessage, 400},      {Reason::callNotOwned, 403},
      {Reason::noActiveCall, 409},        {Reason::transferInProgress, 409},
      {Reason::idempotencyConflict, 409}, {Reason::destinationNotFound, 422},
      {Reason::premiumRateBlocked, 422},  {Reason::rateLimited, 429},
      {Reason::backendUnavailable, 503}};
  for (const auto& [reason, status] : rows) {
    backend_.refuse_with(reason);
    const HttpReply reply = post_message(kChange);
    EXPECT_EQ(reply.status, status);
    EXPECT_TRUE(contains(reply.body, "\"ApiError\"")) << reply.body;
    EXPECT_TRUE(contains(reply.body, "BLIND_TRANSFER_FAILED")) << reply.body;
    EXPECT_TRUE(contains(reply.body, "\"id\":\"c1\"")) << reply.body;
    EXPECT_EQ(reply.header("retry-after"), status == 429 || status == 503 ? "1" : "");
  }
}

TEST_F(GatewayHttp, TellsWhenToTryAgain) {
  start();
  backend_.on_request([](const message::Request&, const std::function<void(RequestReply)>& done) {
    RequestReply refused;
    refused.accepted = false;
    message::ApiError error;
    error.error_type = "BLIND_TRANSFER_FAILED";
    error.reason = Reason::rateLimited;
    error.retry_after_seconds = 42;
    refused.error = std::move(error);
    done(refused);
  });
  const HttpReply reply = post_message(kChange);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.header("retry-after"), "42");
  EXPECT_TRUE(contains(reply.body, "\"retryAfterSeconds\":42")) << reply.body;
}

TEST_F(GatewayHttp, RefusesWhatIsNoRequestWith400) {
  start();
  const std::string bad[] = {"",
                             "{",
                             "[]",
                             "\"x\"",
                             "{}",
                             R"({"channel":"Amazon"})",
                             "\xff\xfe",
                             std::string(1000, '['),
                             R"({"channel":"Amazon","topic":"App","subtopic":"No","source":"s"})"};
  for (const std::string& body : bad) {
    const HttpReply reply = post_message(body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_TRUE(contains(reply.body, "INVALID_MESSAGE")) << reply.body;
  }
  EXPECT_TRUE(backend_.seen().empty());
}

TEST_F(GatewayHttp, RefusesStrangersWith401) {
  start();
  const std::string good = token("agent1");
  const Headers bad[] = {
      {},
      {{"Authorization", good}},
      {{"Authorization", "Basic YTpi"}},
      {{"Authorization", "Bearer " + good + "x"}},
      {{"Authorization", "Bearer " + token("agent1", Role::agent, -1)}},
      {{"Authorization", "Bearer " + token("stranger")}},
      {{"Cookie", "baton_session=0000"}, {"Origin", "https://desk.example"}},
  };
  for (Headers headers : bad) {
    headers.emplace_back("Content-Type", "application/json");
    const HttpReply reply = http("POST", "/v1/messages", headers, kRead);
    EXPECT_EQ(reply.status, 401);
    EXPECT_EQ(reply.header("www-authenticate"), "Bearer realm=\"baton\"");
    EXPECT_TRUE(contains(reply.body, "NOT_PERMITTED")) << reply.body;
    EXPECT_FALSE(contains(reply.body, good));
  }
  backend_.disable("agent1");
  EXPECT_EQ(post_message(kRead).status, 401);
  EXPECT_EQ(http("GET", "/v1/agents").status, 401);
}

TEST_F(GatewayHttp, LetsEachRoleActForWhomItMay) {
  start();
  const auto with_agent = [](const std::string& agent) {
    return R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"t",)"
           R"("data":"+12082097345","agent":")" +
           agent + "\"}";
  };
  EXPECT_EQ(post_message(with_agent("agent1")).status, 202);
  HttpReply reply = post_message(with_agent("agent2"));
  EXPECT_EQ(reply.status, 403);
  EXPECT_TRUE(contains(reply.body, "BLIND_TRANSFER_FAILED")) << reply.body;
  EXPECT_TRUE(contains(reply.body, "callNotOwned")) << reply.body;

  const auto as = [&](const std::string& login, Role role, const std::string& body) {
    return http("POST", "/v1/messages", bearer(login, role), body);
  };
  EXPECT_EQ(as("crm", Role::service, with_agent("agent2")).status, 202);
  EXPECT_EQ(as("boss", Role::supervisor, with_agent("agent3")).status, 202);
  EXPECT_EQ(backend_.seen().back().agent, "agent3");
  EXPECT_EQ(backend_.seen().back().caller.role, Role::supervisor);
  EXPECT_EQ(as("boss", Role::supervisor, kRead).status, 200);
  EXPECT_EQ(backend_.seen().back().agent, "boss");

  reply = as("crm", Role::service, kChange);
  EXPECT_EQ(reply.status, 400);
  EXPECT_TRUE(contains(reply.body, "agent is missing")) << reply.body;
  // Whom nobody has is moved for nobody.
  reply = as("crm", Role::service,
             R"({"channel":"Amazon","topic":"InboundCall","subtopic":"MoveContact","source":"t",)"
             R"("data":{"contactId":"c1","destination":"+12082097345"}})");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(backend_.seen().back().agent, "crm");
  reply = as("crm", Role::service, with_agent("nobody"));
  EXPECT_EQ(reply.status, 404);
  EXPECT_TRUE(contains(reply.body, "nobody")) << reply.body;
  backend_.disable("crm");
  EXPECT_EQ(as("crm", Role::service, with_agent("agent2")).status, 401);
}

TEST_F(GatewayHttp, WritesNoLineOfTheAuditForAReadThatIsRefused) {
  start();
  HttpReply reply = http("POST", "/v1/messages", bearer("crm", Role::service), kReadOfAnAgent);
  EXPECT_EQ(reply.status, 400);
  EXPECT_TRUE(contains(reply.body, "agent is missing")) << reply.body;
  EXPECT_TRUE(backend_.audited().empty());
  EXPECT_EQ(http("POST", "/v1/messages", bearer("crm", Role::service), kChange).status, 400);
  ASSERT_EQ(backend_.audited().size(), 1U);
  EXPECT_EQ(backend_.audited()[0].event, "refused");
}

TEST_F(GatewayHttp, InsistsOnJsonForChanges) {
  start();
  Headers headers = bearer("agent1");
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded"}) {
    headers[1].second = type;
    EXPECT_EQ(http("POST", "/v1/messages", headers, kRead).status, 415) << type;
    EXPECT_EQ(http("POST", "/v1/login", {{"Content-Type", type}}, "{}").status, 415) << type;
  }
  headers[1].second = "Application/JSON; charset=utf-8";
  EXPECT_EQ(http("POST", "/v1/messages", headers, kRead).status, 200);
}

TEST_F(GatewayHttp, LimitsBodies) {
  config_.max_body_bytes = 10'000;
  start();
  EXPECT_EQ(post_message(std::string(10'000, ' ')).status, 400);
  EXPECT_EQ(post_message(std::string(10'001, ' ')).status, 413);
  EXPECT_EQ(post_message(std::string(10'000'000, ' ')).status, 413);
  EXPECT_EQ(
      http("POST", "/v1/login", {{"Content-Type", "application/json"}}, std::string(5000, ' '))
          .status,
      413);
  // A chunked body does not tell its length before.
  std::string chunked =
      "POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
      "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
      "Authorization: Bearer " +
      token("agent1") + "\r\n\r\n";
  for (int i = 0; i < 3; ++i) chunked += "1000\r\n" + std::string(4096, ' ') + "\r\n";
  chunked += "0\r\n\r\n";
  EXPECT_TRUE(testing_client::raw(address_, chunked).starts_with("HTTP/1.1 413"));
  EXPECT_EQ(post_message(kRead).status, 200);
}

TEST_F(GatewayHttp, KeepsNoMoreOfAChunksLineOrATrailerThanItsBuffer) {
  start();
  const std::string head =
      "POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  const std::string endless(1'000'000, 'a');
  for (const char* begun : {"1;", "1\r\n \r\n0\r\nX: "}) {
    EXPECT_TRUE(testing_client::raw(address_, head + begun + endless).starts_with("HTTP/1.1 400"))
        << begun;
  }
  const std::string body = R"({"login":"agent1","password":"pw-agent1"})";
  const std::string chunk =
      fmt::format("{:x};{}\r\n{}\r\n0\r\nX: y\r\n\r\n", body.size(), std::string(1000, 'a'), body);
  testing_client::SilentClient client;
  ASSERT_TRUE(client.connect(address_));
  ASSERT_TRUE(client.send(head + chunk));
  EXPECT_TRUE(client.read_some().starts_with("HTTP/1.1 200"));
}

TEST_F(GatewayHttp, AnswersExpectContinue) {
  start();
  testing_client::SilentClient client;
  ASSERT_TRUE(client.connect(address_));
  const std::string body = kRead;
  ASSERT_TRUE(client.send(
      "POST /v1/messages HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\nAuthorization: Bearer " + token("agent1") + "\r\n\r\n"));
  EXPECT_EQ(client.read_some(), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(client.send(body));
  EXPECT_TRUE(client.read_some().starts_with("HTTP/1.1 200"));
}

TEST_F(GatewayHttp, KeepsAConnectionForManyRequests) {
  start();
  testing_client::SilentClient client;
  ASSERT_TRUE(client.connect(address_));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send("GET /v1/agents HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
                            token("agent1") + "\r\n\r\n"));
    EXPECT_TRUE(client.read_some().starts_with("HTTP/1.1 200"));
  }
}

TEST_F(GatewayHttp, RefusesWhatIsNoHttp) {
  start();
  EXPECT_TRUE(testing_client::raw(address_, "hello\r\n\r\n").starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(
      testing_client::raw(address_, "GET /v1/agents?a=%zz HTTP/1.1\r\nConnection: close\r\n\r\n")
          .starts_with("HTTP/1.1 400"));
  EXPECT_TRUE(
      testing_client::raw(address_, "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n")
          .starts_with("HTTP/1.1 431"));
  EXPECT_EQ(post_message(kRead).status, 200);
}

TEST_F(GatewayHttp, KnowsItsPathsAndMethods) {
  start();
  for (const char* path : {"/", "/v1", "/v2/messages", "/v1/nothing", "/v1/transfers/x/y",
                           "/v1/transfers/", "/v1/messages/", "/metrics", "/v1/contacts"}) {
    EXPECT_EQ(http("GET", path, bearer("agent1")).status, 404) << path;
  }
  HttpReply reply = http("GET", "/v1/messages", bearer("agent1"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("allow"), "POST, OPTIONS");
  EXPECT_EQ(http("DELETE", "/v1/agents", bearer("agent1")).status, 405);
  EXPECT_EQ(http("BREW", "/v1/agents", bearer("agent1")).status, 405);
  reply = http("OPTIONS", "/v1/transfers");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("allow"), "GET, HEAD, OPTIONS");
  reply = http("HEAD", "/v1/agents", bearer("agent1"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
  EXPECT_EQ(reply.header("content-length"), "29");
  EXPECT_EQ(http("GET", "/v1/ws", bearer("agent1")).status, 426);
}

TEST_F(GatewayHttp, PassesReadsOn) {
  start();
  const std::pair<std::string, std::string> paths[] = {{"/v1/transfers", "transfers"},
                                                       {"/v1/transfers/t1", "transfer"},
                                                       {"/v1/transfers/t1/timeline", "timeline"},
                                                       {"/v1/contacts/c1", "contact"},
                                                       {"/v1/agents", "agents"},
                                                       {"/v1/queues", "queues"},
                                                       {"/v1/queues/waiting", "waiting"},
                                                       {"/v1/quick-connects", "quick-connects"},
                                                       {"/v1/statistics", "statistics"},
                                                       {"/v1/me/preferences", "preferences"}};
  for (const auto& [path, resource] : paths) {
    const HttpReply reply = http("GET", path, bearer("agent1"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(backend_.seen_rest().back().request.resource, resource);
    EXPECT_EQ(backend_.seen_rest().back().caller.login, "agent1");
  }
  EXPECT_EQ(http("GET", "/v1/transfers/unknown", bearer("agent1")).status, 404);
  Headers headers = bearer("boss", Role::supervisor);
  headers.emplace_back("Accept", "application/json;q=0.5, text/csv;q=0.9");
  const HttpReply reply = http("GET", "/v1/transfers?agent=agent2&state=failed", headers);
  EXPECT_EQ(reply.header("content-type"), "text/csv");
  const auto query = backend_.seen_rest().back().request.query;
  EXPECT_EQ(query.at("agent"), "agent2");
  EXPECT_EQ(query.at("state"), "failed");
  EXPECT_EQ(query.at("format"), "csv");
  EXPECT_EQ(http("GET", "/v1/transfers?state=a&state=b", bearer("agent1")).status, 400);
}

TEST_F(GatewayHttp, ADownloadHasItsFileNameAndSaysHowMuchOfAllItIs) {
  start();
  HttpReply reply = http("GET", "/v1/transfers?format=csv", bearer("boss", Role::supervisor));
  EXPECT_EQ(reply.header("content-disposition"), R"(attachment; filename="list.csv")");
  EXPECT_EQ(reply.header("baton-rows"), "2");
  EXPECT_EQ(reply.header("baton-total"), "5");
  reply = http("GET", "/v1/transfers", bearer("boss", Role::supervisor));
  EXPECT_EQ(reply.header("content-disposition"), "");
  EXPECT_EQ(reply.header("baton-rows"), "");
}

TEST_F(GatewayHttp, PassesPreferencesOnUpToTheirLimit) {
  config_.max_preferences_bytes = 20;
  start();
  const std::string path = "/v1/me/preferences";
  EXPECT_EQ(http("PUT", path, bearer("agent1"), R"({"theme":"darkest"})").status, 200);
  const auto seen = backend_.seen_rest().back();
  EXPECT_EQ(seen.caller.login, "agent1");
  EXPECT_EQ(seen.request.resource, "keep-preferences");
  EXPECT_EQ(seen.request.body, R"({"theme":"darkest"})");
  EXPECT_EQ(http("PUT", path, bearer("agent1"), std::string(20, 'x')).status, 200);
  HttpReply reply = http("PUT", path, bearer("agent1"), std::string(21, 'x'));
  EXPECT_EQ(reply.status, 413);
  EXPECT_TRUE(contains(reply.body, "larger than 20 bytes")) << reply.body;
  EXPECT_EQ(backend_.seen_rest().size(), 2U);
  EXPECT_EQ(http("PUT", path, {}, "{}").status, 415);
  EXPECT_EQ(http("PUT", path, {{"Content-Type", "application/json"}}, "{}").status, 401);
  EXPECT_EQ(http("GET", path).status, 401);
  EXPECT_EQ(http("HEAD", path, bearer("agent1")).status, 200);
  reply = http("DELETE", path, bearer("agent1"));
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("allow"), "GET, HEAD, PUT, OPTIONS");
  // A stranger's page may neither change them nor, without the cookie's origin, be answered.
  const std::string cookie = cookie_of("agent1");
  const auto from = [&](const std::string& origin) {
    return http("PUT", path,
                {{"Cookie", cookie}, {"Content-Type", "application/json"}, {"Origin", origin}},
                "{}");
  };
  EXPECT_EQ(from("https://evil.example").status, 403);
  EXPECT_EQ(from(own_origin()).status, 200);
}

TEST_F(GatewayHttp, PreferencesAreNoLargerThanABodyMayBe) {
  config_.max_body_bytes = 1024;
  start();
  EXPECT_EQ(http("PUT", "/v1/me/preferences", bearer("agent1"), std::string(1024, 'x')).status,
            200);
  EXPECT_EQ(http("PUT", "/v1/me/preferences", bearer("agent1"), std::string(1025, 'x')).status,
            413);
}

TEST_F(GatewayHttp, TellsTheTimeOfEventsWithEverything) {
  start();
  for (const char* path : {"/v1/agents", "/v1/nothing", "/elsewhere"}) {
    const std::string date = http("GET", path, bearer("agent1")).header("date");
    std::tm told{};
    const char* rest = strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S", &told);
    ASSERT_NE(rest, nullptr) << path << ": " << date;
    EXPECT_STREQ(rest, " GMT");
    EXPECT_EQ(date.size(), 29U) << date;
    EXPECT_EQ(timegm(&told), backend_.clock_ms / 1000);
  }
}

TEST_F(GatewayHttp, SendsSecurityHeadersOnEverything) {
  start();
  for (const HttpReply& reply :
       {http("GET", "/nothing"), http("GET", "/v1/agents"), post_message(kRead),
        testing_client::http(gateway_->metrics_address(), "GET", "/healthz")}) {
    EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(reply.header("x-frame-options"), "DENY");
    EXPECT_EQ(reply.header("cache-control"), "no-store");
    EXPECT_TRUE(contains(reply.header("content-security-policy"), "default-src 'none'"));
  }
}

TEST_F(GatewayHttp, SignsInByPassword) {
  start();
  const Headers json{{"Content-Type", "application/json"}};
  HttpReply reply = http("POST", "/v1/login", json, R"({"login":"boss","password":"pw-boss"})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"login":"boss","role":"supervisor"})");
  const std::string cookie = reply.header("set-cookie");
  for (const char* part :
       {"baton_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"}) {
    EXPECT_TRUE(contains(cookie, part)) << cookie;
  }
  EXPECT_FALSE(contains(cookie, "Secure"));

  for (const char* body :
       {R"({"login":"boss","password":"wrong"})", R"({"login":"nobody","password":"pw-nobody"})"}) {
    reply = http("POST", "/v1/login", json, body);
    EXPECT_EQ(reply.status, 401) << body;
    EXPECT_EQ(reply.header("set-cookie"), "");
  }
  backend_.disable("agent3");
  EXPECT_EQ(http("POST", "/v1/login", json, R"({"login":"agent3","password":"pw-agent3"})").status,
            401);
  for (const char* body : {"", "[]", R"({"login":"boss"})", R"({"login":1,"password":"x"})",
                           R"({"login":"","password":"x"})"}) {
    EXPECT_EQ(http("POST", "/v1/login", json, body).status, 400) << body;
  }
  EXPECT_EQ(http("POST", "/v1/login",
                 {{"Content-Type", "application/json"}, {"Origin", "https://evil.example"}},
                 R"({"login":"boss","password":"pw-boss"})")
                .status,
            403);
}

TEST_F(GatewayHttp, RefusesThePasswordThatBecameAnotherWhileItWasLookedAt) {
  start();
  const Headers json{{"Content-Type", "application/json"}};
  const auto change = [this](const std::string& password) {
    backend_.change_password("boss", password);
    gateway_->end_sessions("boss");
  };
  backend_.after_verify([&] { change("another"); });
  HttpReply reply = http("POST", "/v1/login", json, R"({"login":"boss","password":"pw-boss"})");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.header("set-cookie"), "");
  // Somebody else's is looked at once more, and is right.
  backend_.after_verify([&] { change("a third"); });
  reply = http("POST", "/v1/login", json, R"({"login":"agent1","password":"pw-agent1"})");
  EXPECT_EQ(reply.status, 200);
}

TEST_F(GatewayHttp, MarksTheCookieSecureWhereConfigured) {
  config_.cookie_secure = true;
  start();
  const HttpReply reply = http("POST", "/v1/login", {{"Content-Type", "application/json"}},
                               R"({"login":"boss","password":"pw-boss"})");
  EXPECT_TRUE(contains(reply.header("set-cookie"), "; Secure"));
  EXPECT_TRUE(contains(reply.header("strict-transport-security"), "max-age="));
}

TEST_F(GatewayHttp, TakesACookieOnlyBesideAnAllowedOrigin) {
  start();
  const std::string cookie = cookie_of("agent1");
  const auto with = [&](const std::string& method, const Headers& more) {
    Headers headers{{"Cookie", "a=b; " + cookie}, {"Content-Type", "application/json"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return method == "GET" ? http("GET", "/v1/agents", headers).status
                           : http("POST", "/v1/messages", headers, kRead).status;
  };
  for (const char* method : {"GET", "POST"}) {
    EXPECT_EQ(with(method, {{"Origin", own_origin()}}), 200);
    EXPECT_EQ(with(method, {{"Origin", "https://desk.example"}}), 200);
    for (const char* origin : {"https://evil.example", "null", "https://desk.example.evil.example",
                               "http://desk.example", "https://desk.example:8443"}) {
      EXPECT_EQ(with(method, {{"Origin", origin}}), 403) << origin;
    }
    EXPECT_EQ(with(method, {}), 403);
  }
  // A browser leaves the Origin out of a page's own reads.
  EXPECT_EQ(with("GET", {{"Sec-Fetch-Site", "same-origin"}}), 200);
  EXPECT_EQ(with("GET", {{"Referer", own_origin() + "/desk"}}), 200);
  EXPECT_EQ(with("GET", {{"Referer", "https://evil.example/"}}), 403);
  EXPECT_EQ(with("GET", {{"Sec-Fetch-Site", "cross-site"}, {"Referer", own_origin() + "/"}}), 403);
  EXPECT_EQ(with("POST", {{"Sec-Fetch-Site", "same-origin"}}), 403);
}

TEST_F(GatewayHttp, LetsPagesOfAllowedOriginsRead) {
  start();
  HttpReply reply =
      http("OPTIONS", "/v1/messages",
           {{"Origin", "https://desk.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "https://desk.example");
  // Tokens only: a page elsewhere has no cookie to send (docs/signing-in.md).
  EXPECT_EQ(reply.header("access-control-allow-credentials"), "");
  EXPECT_EQ(reply.header("access-control-allow-headers"), "Authorization, Content-Type");
  EXPECT_EQ(reply.header("access-control-allow-methods"), "POST");
  EXPECT_EQ(reply.header("vary"), "Origin");
  reply = http("OPTIONS", "/v1/messages", {{"Origin", "https://evil.example"}});
  EXPECT_EQ(reply.header("access-control-allow-origin"), "");
}

TEST_F(GatewayHttp, RefusesChangesOfForeignPagesWhateverTheyShow) {
  start();
  const auto status = [&](const std::string& method, const std::string& target,
                          const std::string& origin) {
    Headers headers = bearer("boss", directory::Role::supervisor);
    headers.emplace_back("Origin", origin);
    return http(method, target, headers, method == "GET" ? "" : "{}").status;
  };
  for (const auto& [method, target] :
       std::vector<std::pair<std::string, std::string>>{{"POST", "/v1/messages"},
                                                        {"POST", "/v1/ws-tickets"},
                                                        {"POST", "/v1/login"},
                                                        {"POST", "/v1/logout"},
                                                        {"PUT", "/v1/directory"},
                                                        {"GET", "/v1/ws"}}) {
    EXPECT_EQ(status(method, target, "https://evil.example"), 403) << target;
    EXPECT_EQ(status(method, target, "null"), 403) << target;
    EXPECT_NE(status(method, target, "https://desk.example"), 403) << target;
    EXPECT_NE(status(method, target, own_origin()), 403) << target;
  }
  // A read that a foreign page may send, it cannot read.
  EXPECT_EQ(status("GET", "/v1/agents", "https://evil.example"), 200);
}

TEST_F(GatewayHttp, MakesGuessingPasswordsSlow) {
  config_.login_failures = 3;
  config_.login_failures_per_address = 6;
  start();
  const auto login = [&](const std::string& name, const std::string& password) {
    return http("POST", "/v1/login", {{"Content-Type", "application/json"}},
                "{\"login\":\"" + name + "\",\"password\":\"" + password + "\"}");
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(login("agent1", "wrong").status, 401);
  HttpReply reply = login("agent1", "pw-agent1");
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.header("retry-after"), "1");
  EXPECT_TRUE(contains(reply.body, "rateLimited")) << reply.body;
  // Others are let in meanwhile, and what they get right is not held against their address.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(login("agent2", "pw-agent2").status, 200);
  // An unknown login is treated no better, and the address fills up.
  for (int i = 0; i < 3; ++i) EXPECT_EQ(login("nobody", "x").status, 401);
  EXPECT_EQ(login("agent2", "pw-agent2").status, 429);
}

TEST_F(GatewayHttp, APasswordThatCannotBeLookedAtIsNotCalledWrongAndCountsForNothing) {
  config_.login_failures = 1;
  config_.login_failures_per_address = 1;
  start();
  const auto login = [&] {
    return http("POST", "/v1/login", {{"Content-Type", "application/json"}},
                R"({"login":"agent1","password":"pw-agent1"})");
  };
  backend_.passwords_unreadable(true);
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply = login();
    EXPECT_EQ(reply.status, 503);
    EXPECT_TRUE(contains(reply.body, "backendUnavailable")) << reply.body;
  }
  EXPECT_TRUE(backend_.audited().empty());
  backend_.passwords_unreadable(false);
  EXPECT_EQ(login().status, 200);
}

TEST_F(GatewayHttp, CountsByTheClientsOwnAddressBehindATrustedProxy) {
  config_.login_failures_per_address = 1;
  config_.trusted_proxies = {"127.0.0.1"};
  start();
  const auto login = [&](const std::string& client, const std::string& password) {
    return http("POST", "/v1/login",
                {{"Content-Type", "application/json"}, {"X-Forwarded-For", client}},
                "{\"login\":\"agent1\",\"password\":\"" + password + "\"}")
        .status;
  };
  EXPECT_EQ(login("203.0.113.9", "wrong"), 401);
  EXPECT_EQ(login("203.0.113.9", "pw-agent1"), 429);
  EXPECT_EQ(login("203.0.113.10", "pw-agent1"), 200);

  // A proxy may add a line of its own instead of a hop to the client's, which says what it likes.
  const auto add_line = [&](const std::string& written, const std::string& who) {
    const std::string body = "{\"login\":\"" + who + "\",\"password\":\"wrong\"}";
    return testing_client::raw(address_,
                               "POST /v1/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                               "Content-Type: application/json\r\nX-Forwarded-For: " +
                                   written +
                                   "\r\nX-Forwarded-For: 198.51.100.7\r\nContent-Length: " +
                                   std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  EXPECT_TRUE(add_line("203.0.113.20", "agent2").starts_with("HTTP/1.1 401"));
  EXPECT_TRUE(add_line("203.0.113.21", "agent3").starts_with("HTTP/1.1 429"));
}

TEST_F(GatewayHttp, LimitsWhatOneCallerAsks) {
  config_.requests_per_second = 2;  // Four at once.
  config_.service_requests_per_second = 0;
  start();
  int good = 0;
  HttpReply refused;
  for (int i = 0; i < 12; ++i) {
    HttpReply reply = post_message(kRead);
    if (reply.status == 200) ++good;
    if (reply.status == 429) refused = std::move(reply);
  }
  // On a slow machine some tokens come back meanwhile.
  EXPECT_GE(good, 4);
  ASSERT_EQ(refused.status, 429);
  EXPECT_GE(std::stoi(refused.header("retry-after")), 1);
  EXPECT_TRUE(contains(refused.body, "\"reason\":\"rateLimited\"")) << refused.body;
  EXPECT_TRUE(contains(refused.body, "\"retryable\":true")) << refused.body;
  EXPECT_TRUE(contains(refused.body, "limits.requests_per_second")) << refused.body;
  // Reads count, too; the others have a limit of their own each, and services have none here.
  int limited = 0;
  for (int i = 0; i < 12; ++i) limited += http("GET", "/v1/agents", bearer("agent1")).status == 429;
  EXPECT_GT(limited, 0);
  EXPECT_EQ(post_message(kRead, "agent2").status, 200);
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(http("GET", "/v1/agents", bearer("crm", directory::Role::service)).status, 200);
  }
}

TEST_F(GatewayHttp, SignsOut) {
  start();
  const Headers headers{{"Cookie", cookie_of("agent1")}, {"Origin", own_origin()}};
  EXPECT_EQ(http("GET", "/v1/agents", headers).status, 200);
  const HttpReply reply = http("POST", "/v1/logout", headers);
  EXPECT_EQ(reply.status, 204);
  EXPECT_TRUE(contains(reply.header("set-cookie"), "Max-Age=0"));
  EXPECT_EQ(http("GET", "/v1/agents", headers).status, 401);
  EXPECT_EQ(http("POST", "/v1/logout", headers).status, 401);
  EXPECT_EQ(http("POST", "/v1/logout", bearer("agent1")).status, 400);
}

TEST_F(GatewayHttp, DoesNotCallASessionEndedThatARestartWouldBringBack) {
  start();
  const Headers headers{{"Cookie", cookie_of("agent1")}, {"Origin", own_origin()}};
  backend_.forget_nothing();
  const HttpReply reply = http("POST", "/v1/logout", headers);
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(contains(reply.body, "backendUnavailable")) << reply.body;
  EXPECT_TRUE(contains(reply.header("set-cookie"), "Max-Age=0"));
  EXPECT_EQ(http("GET", "/v1/agents", headers).status, 401);
  EXPECT_EQ(
      http("GET", "/v1/agents", {{"Cookie", cookie_of("agent1")}, {"Origin", own_origin()}}).status,
      200)
      << "a sign-in needs the store for its restart only";
}

TEST_F(GatewayHttp, IssuesTickets) {
  start();
  const HttpReply reply = http("POST", "/v1/ws-tickets", bearer("agent1"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(contains(reply.body, "\"expiresInSeconds\":30")) << reply.body;
  EXPECT_EQ(http("POST", "/v1/ws-tickets").status, 401);
}

TEST_F(GatewayHttp, TakesADirectoryFromSupervisorsAndServices) {
  start();
  EXPECT_EQ(http("PUT", "/v1/directory", bearer("agent1"), "{}").status, 403);
  EXPECT_EQ(http("PUT", "/v1/directory", {{"Content-Type", "application/json"}}, "{}").status, 401);
  HttpReply reply = http("PUT", "/v1/directory", bearer("boss", Role::supervisor), "{}");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(contains(reply.body, "\"version\":2"));
  const std::string large(3'000'000, ' ');
  reply = http("PUT", "/v1/directory", bearer("importer", Role::service), large);
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(contains(reply.body, "3000000"));
  reply = http("PUT", "/v1/directory", bearer("importer", Role::service), "{\"bad\":1}");
  EXPECT_EQ(reply.status, 422);
  EXPECT_TRUE(contains(reply.body, "unknown key"));
}

TEST_F(GatewayHttp, AnImportThatTheBackEndCannotTakeIsNoFaultOfTheFile) {
  backend_.on_import([](const std::function<void(ImportReply)>& done) {
    done({.ok = false, .body = {}, .unavailable = "the disk is full"});
  });
  start();
  const HttpReply reply = http("PUT", "/v1/directory", bearer("boss", Role::supervisor), "{}");
  EXPECT_EQ(reply.status, 503);
  EXPECT_TRUE(contains(reply.body, "the disk is full")) << reply.body;
  EXPECT_TRUE(contains(reply.body, "backendUnavailable")) << reply.body;
  const std::vector<AuditEntry> audited = backend_.audited();
  ASSERT_EQ(audited.size(), 1U);
  EXPECT_EQ(audited[0].reason, "backendUnavailable");
  EXPECT_FALSE(audited[0].accepted);
}

TEST_F(GatewayHttp, AnImportThatNobodyLookedAtIsInNoLineOfTheAudit) {
  backend_.on_import([](const std::function<void(ImportReply)>& done) {
    done({.ok = false, .body = {}, .unavailable = "4 directories wait", .unlooked = true});
  });
  start();
  EXPECT_EQ(http("PUT", "/v1/directory", bearer("boss", Role::supervisor), "{}").status, 503);
  EXPECT_TRUE(backend_.audited().empty());
}

TEST_F(GatewayHttp, WaitsLongerForWhatTakesLonger) {
  config_.answer_seconds = 1;
  std::promise<std::function<void(ImportReply)>> import;
  std::promise<std::function<void(RestReply)>> statistics;
  std::function<void(RestReply)> never;  // The gateway's thread, until it is stopped.
  backend_.on_import(
      [&](std::function<void(ImportReply)> done) { import.set_value(std::move(done)); });
  backend_.on_rest([&](const RestRequest& request, std::function<void(RestReply)> done) {
    if (request.resource == "statistics") return statistics.set_value(std::move(done));
    never = std::move(done);
  });
  start();
  const std::string head =
      "HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Authorization: Bearer " +
      token("boss", Role::supervisor) + "\r\n";
  testing_client::SilentClient importing;
  testing_client::SilentClient counting;
  ASSERT_TRUE(importing.connect(address_) && counting.connect(address_));
  ASSERT_TRUE(importing.send("PUT /v1/directory " + head + "Content-Length: 2\r\n\r\n{}"));
  ASSERT_TRUE(counting.send("GET /v1/statistics " + head + "\r\n"));
  const std::function<void(ImportReply)> import_done = import.get_future().get();
  const std::function<void(RestReply)> statistics_done = statistics.get_future().get();
  // It comes after them, so their time is over, too, where it is no longer than its own.
  const HttpReply late = http("GET", "/v1/agents", bearer("boss", Role::supervisor));
  EXPECT_EQ(late.status, 503);
  EXPECT_TRUE(contains(late.body, "no answer within 1 seconds; try again")) << late.body;
  import_done({.ok = true, .body = "{\"version\":2}"});
  statistics_done({.body = "{}"});
  EXPECT_TRUE(contains(importing.read_some(), "HTTP/1.1 200 "));
  EXPECT_TRUE(contains(counting.read_some(), "HTTP/1.1 200 "));
  gateway_.reset();
}

TEST_F(GatewayHttp, TellsWhichRequestHasNoAnswerInTime) {
  config_.answer_seconds = 1;
  std::function<void(RequestReply)> never;
  backend_.on_request([&](const message::Request&, std::function<void(RequestReply)> done) {
    never = std::move(done);
  });
  start();
  const HttpReply late = post_message(kChange);
  EXPECT_EQ(late.status, 503);
  const boost::json::object error = boost::json::parse(late.body).as_object();
  const boost::json::object& data = error.at("data").as_object();
  EXPECT_EQ(data.at("errorType"), "BLIND_TRANSFER_FAILED");
  EXPECT_EQ(data.at("errorMessage"), "Blind transfer failed.");
  EXPECT_EQ(data.at("reason"), "backendUnavailable");
  EXPECT_TRUE(contains(std::string(data.at("msg").as_string()), "repeat it with the same id"));
  EXPECT_EQ(error.at("id"), "c1");
  EXPECT_EQ(error.at("agent"), "agent1");
  gateway_.reset();
}

TEST_F(GatewayHttp, TellsItsHealthOnAListenerOfItsOwn) {
  start();
  const auto get = [this](const std::string& path, const std::string& method = "GET") {
    return testing_client::http(gateway_->metrics_address(), method, path);
  };
  EXPECT_EQ(get("/healthz").body, "ok\n");
  EXPECT_EQ(get("/readyz").status, 200);
  backend_.not_ready("the journal cannot be written");
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/readyz").body, "not ready: the journal cannot be written\n");
  EXPECT_EQ(get("/healthz").status, 200);
  const HttpReply metrics = get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_TRUE(contains(metrics.body, "baton_gateway_connections{kind=\"http\"} ")) << metrics.body;
  EXPECT_EQ(get("/metrics", "HEAD").status, 200);
  EXPECT_EQ(get("/metrics", "POST").status, 405);
  EXPECT_EQ(get("/v1/agents").status, 404);
  EXPECT_EQ(http("GET", "/healthz").status, 404);
}

TEST_F(GatewayHttp, RefusesConnectionsAboveTheLimitWith503) {
  config_.max_connections = 3;
  start();
  {
    std::vector<testing_client::SilentClient> clients(3);
    for (auto& client : clients) {
      ASSERT_TRUE(client.connect(address_));
      // Answered, so it has been accepted and counted.
      ASSERT_TRUE(client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"));
      ASSERT_TRUE(client.read_some().starts_with("HTTP/1.1 404"));
    }
    const HttpReply reply = post_message(kRead);
    EXPECT_EQ(reply.status, 503);
    EXPECT_TRUE(contains(reply.body, "max_connections")) << reply.body;
    // The metrics listener is not the clients' business.
    EXPECT_EQ(testing_client::http(gateway_->metrics_address(), "GET", "/healthz").status, 200);
  }
  // The places of those who left are free again as soon as the server has seen them leave.
  int status = 0;
  for (int i = 0; i < 1000 && status != 200; ++i) status = post_message(kRead).status;
  EXPECT_EQ(status, 200);
}

TEST_F(GatewayHttp, OutlivesAWantOfFileDescriptors) {
  // The undefined-behaviour sanitizer opens a pipe the first time it sees an object of a class. The
  // server logs while there is no descriptor for that, so the logger's classes are shown to it now.
  spdlog::warn("{} takes all file descriptors: the server's warning follows",
               std::string("this test"));
  start();
  ASSERT_EQ(post_message(kRead).status, 200);
  std::vector<testing_client::SilentClient> clients(2);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlim_t highest = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    highest = std::max<rlim_t>(highest, static_cast<rlim_t>(std::stoul(entry.path().filename())));
  }
  // Fill the holes below the highest one, so that accept() finds nothing free.
  std::vector<int> fillers;
  while (fillers.empty() || static_cast<rlim_t>(fillers.back()) < highest) {
    fillers.push_back(::dup(0));
  }
  // What the server will say of the failure, said before: the undefined-behaviour sanitizer needs a
  // descriptor to look at an object of a class that it meets for the first time.
  const boost::system::error_code none_left(EMFILE, boost::system::system_category());
  EXPECT_FALSE(none_left.message().empty());
  rlimit tight = before;
  tight.rlim_cur = static_cast<rlim_t>(fillers.back()) + 1;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  for (auto& client : clients) {
    EXPECT_TRUE(client.connect(address_));  // Into the backlog.
    EXPECT_TRUE(client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  // The counter shows that accept() has failed; reading it needs no descriptor.
  const auto failed = [this] {
    for (const auto& family : registry_.Collect()) {
      if (family.name == "baton_gateway_failed_accepts_total") {
        return family.metric.front().counter.value;
      }
    }
    return 0.0;
  };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (failed() < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_GE(failed(), 2);
  EXPECT_LT(failed(), 100);  // It pauses instead of spinning.
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  for (int filler : fillers) ::close(filler);
  for (auto& client : clients) EXPECT_TRUE(client.read_some().starts_with("HTTP/1.1 404"));
}

TEST_F(GatewayHttp, SaysWhatToDoAboutABusyPort) {
  start();
  GatewayConfig second = config_;
  second.listen = address_;
  Gateway other(second, backend_, registry_);
  try {
    other.start();
    FAIL() << "two listen on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_TRUE(contains(error.what(), address_)) << error.what();
    EXPECT_TRUE(contains(error.what(), "another program listens there")) << error.what();
  }
  EXPECT_EQ(post_message(kRead).status, 200);
}

TEST_F(GatewayHttp, RefusesWrongConfigurationAtOnce) {
  const auto why = [this](auto change) -> std::string {
    GatewayConfig config = config_;
    change(config);
    try {
      Gateway gateway(config, backend_, registry_);
      return "";
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
  };
  EXPECT_TRUE(contains(why([](GatewayConfig& c) { c.listen = "localhost:8080"; }), "numeric"));
  EXPECT_TRUE(contains(why([](GatewayConfig& c) { c.listen = "127.0.0.1:99999"; }), "99999"));
  EXPECT_TRUE(contains(why([](GatewayConfig& c) { c.metrics_listen = "8081"; }), "metrics_listen"));
  EXPECT_TRUE(contains(why([](GatewayConfig& c) { c.ticket_seconds = 1; }), "5 to 300"));
  EXPECT_EQ(why([](GatewayConfig& c) { c.listen = "[::1]:0"; }), "");
}

TEST_F(GatewayHttp, StopsWithAnswersUnderWay) {
  start();
  std::function<void(RequestReply)> held;
  std::mutex mutex;
  backend_.on_request([&](const message::Request&, std::function<void(RequestReply)> done) {
    const std::lock_guard lock(mutex);
    held = std::move(done);
  });
  HttpReply reply;
  std::thread client([&] { reply = post_message(kChange); });
  while (backend_.seen().empty()) std::this_thread::yield();
  std::thread stopper([this] { gateway_->stop(std::chrono::seconds(20)); });
  // Once a new connection is refused, the server is draining; then the engine answers.
  testing_client::SilentClient probe;
  while (testing_client::SilentClient().connect(address_)) std::this_thread::yield();
  {
    const std::lock_guard lock(mutex);
    held(RequestReply{});
  }
  client.join();
  stopper.join();
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.header("connection"), "close");
}

TEST_F(GatewayHttp, StopsThoughTheEngineNeverAnswers) {
  start();
  std::function<void(RequestReply)> held;
  backend_.on_request([&](const message::Request&, std::function<void(RequestReply)> done) {
    held = std::move(done);
  });
  std::thread client([&] { EXPECT_EQ(post_message(kChange).status, 0); });
  while (backend_.seen().empty()) std::this_thread::yield();
  gateway_->stop(std::chrono::milliseconds(50));
  client.join();
  gateway_.reset();
  held(RequestReply{});  // Too late, and harmless.
}

}  // namespace
}  // namespace baton::gateway
