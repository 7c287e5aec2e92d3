#include "amazon/signed_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/url/pct_string_view.hpp>

namespace baton::amazon {
namespace {

using boost::asio::ip::tcp;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// Takes one request on loopback and keeps its head.
class OneRequest {
 public:
  explicit OneRequest(std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
      : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}),
        thread_([this, answer = std::move(reply)] {
          tcp::socket socket = acceptor_.accept();
          boost::asio::streambuf in;
          const std::size_t size = boost::asio::read_until(socket, in, "\r\n\r\n");
          head_.assign(boost::asio::buffers_begin(in.data()),
                       boost::asio::buffers_begin(in.data()) + static_cast<std::ptrdiff_t>(size));
          boost::asio::write(socket, boost::asio::buffer(answer));
        }) {}

  [[nodiscard]] std::string address() const {
    return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
  }
  /// What came, once it is there.
  const std::string& head() {
    thread_.join();
    return head_;
  }

 private:
  boost::asio::io_context context_;
  tcp::acceptor acceptor_;
  std::string head_;
  std::jthread thread_;  // Last: it uses the others.
};

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file << " cannot be read";
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string decoded(std::string_view text) {
  const boost::urls::pct_string_view escaped(boost::core::string_view(text.data(), text.size()));
  return escaped.decode();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    result.push_back(std::move(line));
    at = end + 1;
  }
  return result;
}

/// A vector's request.txt: "GET /path?query HTTP/1.1", then headers.
SignedRequest request_of(const fs::path& folder, const std::string& date) {
  const std::vector<std::string> text = lines(read(folder / "request.txt"));
  SignedRequest request;
  const std::string& first = text.at(0);
  request.method = first.substr(0, first.find(' '));
  std::string target = first.substr(request.method.size() + 1);
  target.erase(target.rfind(" HTTP/"));
  request.path = target.substr(0, target.find('?'));
  if (request.path.size() < target.size()) {
    std::string_view query = std::string_view(target).substr(request.path.size() + 1);
    while (!query.empty()) {
      const std::string_view pair = query.substr(0, query.find('&'));
      const std::size_t equals = pair.find('=');
      request.query.emplace_back(decoded(pair.substr(0, equals)), decoded(pair.substr(equals + 1)));
      query.remove_prefix(std::min(pair.size() + 1, query.size()));
    }
  }
  for (std::size_t i = 1; i < text.size() && !text[i].empty(); ++i) {
    const std::string& line = text[i];
    if (line.starts_with("Host:")) {
      request.endpoint = "http://" + line.substr(5);
    } else if (!line.starts_with("X-Amz-Security-Token:") && !line.starts_with("X-Amz-Date:")) {
      request.headers.push_back(line);
    }
  }
  request.headers.push_back("X-Amz-Date: " + date);
  return request;
}

class SigV4Vector : public ::testing::TestWithParam<std::string> {};

TEST_P(SigV4Vector, HasItsSignature) {
  const fs::path folder = fs::path(BATON_SIGV4_VECTORS) / GetParam();
  const boost::json::value context = boost::json::parse(read(folder / "context.json"));
  const boost::json::value& keys = context.at("credentials");
  Credentials credentials{keys.at("access_key_id").as_string().c_str(),
                          keys.at("secret_access_key").as_string().c_str(), ""};
  if (const auto* token = keys.as_object().if_contains("token")) {
    credentials.session_token = token->as_string().c_str();
  }
  // "2015-08-30T12:36:00Z" in the form of the header.
  std::string date = context.at("timestamp").as_string().c_str();
  std::erase_if(date, [](char c) { return c == '-' || c == ':'; });

  OneRequest peer;
  SignedRequest request = request_of(folder, date);
  request.region = context.at("region").as_string().c_str();
  request.service = context.at("service").as_string().c_str();
  request.connect_to = peer.address();
  const Reply reply = send(request, credentials);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(peer.head(), HasSubstr("Signature=" + read(folder / "header-signature.txt")));
}

std::vector<std::string> vectors() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(BATON_SIGV4_VECTORS)) {
    if (entry.is_directory()) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Published, SigV4Vector, ::testing::ValuesIn(vectors()),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(SigV4Vectors, AreThere) { EXPECT_EQ(vectors().size(), 14U); }

TEST(CanonicalQuery, IsSortedAndEncoded) {
  EXPECT_EQ(canonical_query({{"nextToken", "a+b/c=="}, {"maxResults", "100"}}),
            "maxResults=100&nextToken=a%2Bb%2Fc%3D%3D");
  EXPECT_EQ(canonical_query({{"b", "2"}, {"a", "x y"}, {"b", "1"}, {"c", ""}}),
            "a=x%20y&b=1&b=2&c=");
  EXPECT_EQ(canonical_query({}), "");
}

TEST(SendSigned, TellsTheErrorTypeAndWhenToAskAgain) {
  OneRequest peer(
      "HTTP/1.1 429 Too Many Requests\r\nx-amzn-ErrorType: TooManyRequestsException:http://x/\r\n"
      "Retry-After: 3\r\nContent-Length: 0\r\n\r\n");
  const Reply reply =
      send({.endpoint = "http://" + peer.address(), .path = "/", .region = "eu-central-1"},
           {"id", "secret", ""});
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.error_type, "TooManyRequestsException");
  EXPECT_EQ(reply.retry_after, std::chrono::seconds(3));
  EXPECT_THAT(peer.head(), HasSubstr("/eu-central-1/connect/aws4_request"));
}

TEST(SendSigned, TellsWhyNothingAnswers) {
  std::string nobody;
  {
    boost::asio::io_context context;
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    nobody = "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port());
  }
  const Reply reply = send({.endpoint = "http://" + nobody, .path = "/", .region = "eu-central-1"},
                           {"id", "secret", ""});
  EXPECT_EQ(reply.status, 0);
  EXPECT_THAT(reply.body, HasSubstr("connect"));
}

}  // namespace
}  // namespace baton::amazon
