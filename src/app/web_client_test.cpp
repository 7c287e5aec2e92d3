#include "app/web_client.hpp"

#include <gtest/gtest.h>

#include "app/inbox.hpp"
#include "app/session.hpp"

namespace baton::app {
namespace {

using namespace std::chrono_literals;

TEST(WebClient, ReadsServerUrls) {
  const auto plain = parse_server_url("http://127.0.0.1:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->authority(), "127.0.0.1:8080");
  EXPECT_EQ(parse_server_url("ws://[::1]:8080/")->authority(), "[::1]:8080");
  EXPECT_EQ(parse_server_url("http://desk.example")->authority(), "desk.example:80");
  for (const char* bad : {"", "127.0.0.1:8080", "ftp://desk.example", "http://", "http://a/b",
                          "http://a?b", "http://u:p@a", "http://a:", "http://a:port"}) {
    EXPECT_FALSE(parse_server_url(bad)) << bad;
  }
}

TEST(WebClient, ReadsUrlsOfTlsServers) {
  const auto plain = parse_server_url("http://desk.example");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  for (const char* secure : {"https://desk.example", "wss://desk.example/"}) {
    const auto url = parse_server_url(secure);
    ASSERT_TRUE(url) << secure;
    EXPECT_TRUE(url->tls);
    EXPECT_EQ(url->authority(), "desk.example:443");
  }
}

TEST(WebClient, FindsALocalServerWhereverItListens) {
  AppConfig config;
  const auto at = [&config](const char* listen) {
    config.gateway.listen = listen;
    return local_server(config).authority();
  };
  EXPECT_EQ(at("0.0.0.0:80"), "127.0.0.1:80");
  EXPECT_EQ(at("[::]:80"), "[::1]:80");
  EXPECT_EQ(at("192.0.2.1:8080"), "192.0.2.1:8080");
}

TEST(WebClient, TrustsTheLocalServersOwnCertificate) {
  AppConfig config;
  EXPECT_FALSE(local_server(config).tls);
  config.gateway.tls_certificate = "server.pem";
  const ServerUrl url = local_server(config);
  EXPECT_TRUE(url.tls);
  EXPECT_TRUE(url.pinned);
  EXPECT_EQ(url.ca_file, "server.pem");
}

TEST(WebClient, SaysWhichCertificatesItCannotRead) {
  ServerUrl url{"127.0.0.1", "1"};
  url.tls = true;
  url.ca_file = "/nowhere/ca.pem";
  EXPECT_NE(http_request(url, "GET", "/", "", "", 5s).body.find("/nowhere/ca.pem"),
            std::string::npos);
}

TEST(WebClient, EncodesQueries) {
  EXPECT_EQ(url_encode("Agent One+&=/\xc3\xa9~"), "Agent%20One%2B%26%3D%2F%C3%A9~");
}

TEST(WebClient, TellsThatNobodyListens) {
  const ServerUrl nobody{"127.0.0.1", "1"};
  const HttpReply reply = http_request(nobody, "GET", "/", "", "", 5s);
  EXPECT_EQ(reply.status, 0);
  EXPECT_NE(reply.body.find("127.0.0.1:1 cannot be reached"), std::string::npos) << reply.body;

  Inbox<SocketEvent> inbox;
  const WebSocketClient client(nobody, "token", "",
                               [&](SocketEvent event) { inbox.put(std::move(event)); });
  const auto event = inbox.take(std::chrono::steady_clock::now() + 5s);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->kind, SocketEvent::Kind::closed);
  EXPECT_EQ(event->code, 0);
  EXPECT_NE(event->text.find("cannot be reached"), std::string::npos);
}

}  // namespace
}  // namespace baton::app
