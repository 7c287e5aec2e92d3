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
  for (const char* bad : {"", "127.0.0.1:8080", "https://desk.example", "http://", "http://a/b",
                          "http://a?b", "http://u:p@a", "http://a:", "http://a:port"}) {
    EXPECT_FALSE(parse_server_url(bad)) << bad;
  }
}

TEST(WebClient, FindsALocalServerWhereverItListens) {
  EXPECT_EQ(local_url("0.0.0.0:80"), "http://127.0.0.1:80");
  EXPECT_EQ(local_url("[::]:80"), "http://[::1]:80");
  EXPECT_EQ(local_url("192.0.2.1:8080"), "http://192.0.2.1:8080");
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
