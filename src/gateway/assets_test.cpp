#include "gateway/assets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

namespace baton::gateway {
namespace {

constexpr std::array<Asset, 4> kFiles{{
    {"/assets/index-AAAAAAAA.js", "text/javascript; charset=utf-8", "h1", true, "plain js", "gz js",
     "br js"},
    {"/ccp-v2/index.html", "text/html; charset=utf-8", "h2", false, "<p>frame</p>", {}, {}},
    {"/index.html", "text/html; charset=utf-8", "h3", false, "<p>desk</p>", "gz html", {}},
    {"/lib/client.js", "text/javascript; charset=utf-8", "h4", false, "export {};", {}, {}},
}};

RequestHead get(std::string_view target) {
  RequestHead head;
  head.method = "GET";
  head.target = target;
  return head;
}

std::string header(const Response& response, std::string_view name) {
  const auto found = std::find_if(response.headers.begin(), response.headers.end(),
                                  [name](const auto& one) { return one.first == name; });
  return found == response.headers.end() ? std::string("(none)") : found->second;
}

class AssetServerTest : public testing::Test {
 protected:
  AssetServer server_{{kFiles,
                       {{.folder = "/", .frame_ancestors = {}, .frame_src = {}, .connect_src = {}},
                        {.folder = "/ccp-v2/",
                         .frame_ancestors = {"https://desk.example", "https://two.example"},
                         .frame_src = {"https://instance.example"},
                         .connect_src = {"wss://else.example"}}}}};
};

TEST_F(AssetServerTest, TakesTheSmallestCodingThatTheClientReads) {
  RequestHead head = get("/assets/index-AAAAAAAA.js");
  EXPECT_EQ(server_.serve(head)->body, "plain js");
  EXPECT_EQ(header(*server_.serve(head), "Content-Encoding"), "(none)");
  head.accept_encoding = "gzip, deflate, br";
  EXPECT_EQ(server_.serve(head)->body, "br js");
  EXPECT_EQ(header(*server_.serve(head), "Content-Encoding"), "br");
  EXPECT_EQ(header(*server_.serve(head), "Vary"), "Accept-Encoding");
  head.accept_encoding = "gzip";
  EXPECT_EQ(server_.serve(head)->body, "gz js");
  head.accept_encoding = "br;q=0, *";
  EXPECT_EQ(server_.serve(head)->body, "gz js");
  head.accept_encoding = "identity";
  EXPECT_EQ(server_.serve(head)->body, "plain js");
  head = get("/lib/client.js");
  head.accept_encoding = "br";
  EXPECT_EQ(server_.serve(head)->body, "export {};");
}

TEST_F(AssetServerTest, SaysThatTheClientHasTheFileOnlyOfTheSameCoding) {
  RequestHead head = get("/index.html");
  const std::string tag = header(*server_.serve(head), "ETag");
  ASSERT_TRUE(tag.starts_with("\"h3-") && tag.ends_with('"')) << tag;
  for (const std::string& has : {tag, "W/" + tag, "\"x\", " + tag, std::string("*")}) {
    head.if_none_match = has;
    const std::optional<Response> response = server_.serve(head);
    EXPECT_EQ(response->status, 304) << has;
    EXPECT_TRUE(response->body.empty());
    EXPECT_EQ(header(*response, "ETag"), tag);
  }
  head.accept_encoding = "gzip";
  head.if_none_match = {};
  const std::string packed = header(*server_.serve(head), "ETag");
  head.if_none_match = packed;
  EXPECT_EQ(server_.serve(head)->status, 304);
  head.accept_encoding = {};
  for (const std::string& has : {packed, std::string("\"h3\""), tag.substr(1, tag.size() - 2),
                                 header(*server_.serve(get("/lib/client.js")), "ETag")}) {
    head.if_none_match = has;
    EXPECT_EQ(server_.serve(head)->status, 200) << has;
  }
}

TEST_F(AssetServerTest, SendsThePageAnewWhenItMayDoSomethingElse) {
  RequestHead head = get("/ccp-v2/");
  const std::string tag = header(*server_.serve(head), "ETag");
  head.if_none_match = tag;
  const PagePolicy policy{.folder = "/ccp-v2/",
                          .frame_ancestors = {"https://desk.example"},
                          .frame_src = {"https://instance.example"},
                          .connect_src = {"wss://else.example"}};
  const Response anew = *AssetServer({kFiles, {policy}}).serve(head);
  EXPECT_EQ(anew.status, 200);
  const std::string other = header(anew, "ETag");
  EXPECT_NE(other, tag);
  // The same policy has the same tag, after a restart, too.
  head.if_none_match = other;
  EXPECT_EQ(AssetServer({kFiles, {policy}}).serve(head)->status, 304);
}

TEST_F(AssetServerTest, KeepsForEverOnlyWhatHasAHashInItsName) {
  EXPECT_EQ(header(*server_.serve(get("/assets/index-AAAAAAAA.js")), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(header(*server_.serve(get("/")), "Cache-Control"), "no-cache");
}

TEST_F(AssetServerTest, FindsTheIndexOfAFolder) {
  EXPECT_EQ(server_.serve(get("/"))->body, "<p>desk</p>");
  EXPECT_EQ(server_.serve(get("/?login=agent1"))->body, "<p>desk</p>");
  EXPECT_EQ(server_.serve(get("/ccp-v2/"))->body, "<p>frame</p>");
  const std::optional<Response> moved = server_.serve(get("/ccp-v2"));
  EXPECT_EQ(moved->status, 308);
  EXPECT_EQ(header(*moved, "Location"), "/ccp-v2/");
  for (const char* nothing : {"/lib/", "/lib", "/ccp-v2/x", "/Index.html", "/assets", "", "/%2e"}) {
    EXPECT_FALSE(server_.serve(get(nothing))) << nothing;
  }
}

TEST_F(AssetServerTest, LetsEachFolderDoWhatItsPolicySays) {
  const std::string desk = header(*server_.serve(get("/")), "Content-Security-Policy");
  EXPECT_NE(desk.find("default-src 'none'; script-src 'self';"), std::string::npos) << desk;
  EXPECT_NE(desk.find("connect-src 'self'; frame-src 'none'; frame-ancestors 'none';"),
            std::string::npos)
      << desk;
  EXPECT_EQ(desk.find("unsafe"), std::string::npos);
  const Response frame = *server_.serve(get("/ccp-v2/"));
  const std::string policy = header(frame, "Content-Security-Policy");
  EXPECT_NE(policy.find("connect-src 'self' wss://else.example; frame-src "
                        "https://instance.example; frame-ancestors https://desk.example "
                        "https://two.example;"),
            std::string::npos)
      << policy;
  EXPECT_EQ(header(*server_.serve(get("/")), "X-Frame-Options"), "(none)");
  EXPECT_EQ(header(frame, "X-Frame-Options"), "");
}

TEST(AssetServerAlone, RefusesATableThatIsNotSorted) {
  std::array<Asset, 2> files{kFiles[2], kFiles[0]};
  EXPECT_THROW(AssetServer({files, {}}), std::invalid_argument);
}

TEST(AcceptsCoding, ReadsWeightsAndTheStar) {
  EXPECT_TRUE(accepts_coding("gzip", "gzip"));
  EXPECT_TRUE(accepts_coding("deflate, GZIP;q=0.1", "gzip"));
  EXPECT_TRUE(accepts_coding("*", "gzip"));
  EXPECT_TRUE(accepts_coding("br;q=1.0, *;q=0.5", "gzip"));
  for (const char* no : {"", "br", "gzip;q=0", "gzip; q=0.000", "*;q=0", "*, gzip;q=0", "x-gzip"}) {
    EXPECT_FALSE(accepts_coding(no, "gzip")) << no;
  }
}

}  // namespace
}  // namespace baton::gateway
