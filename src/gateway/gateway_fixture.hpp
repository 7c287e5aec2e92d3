#pragma once

#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "gateway/fake_backend.hpp"
#include "gateway/gateway.hpp"
#include "gateway/jwt.hpp"
#include "gateway/loopback_client.hpp"

namespace baton::gateway {

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A gateway on free loopback ports, with a fake backend behind it and a secret of its own.
class GatewayFixture : public testing::Test {
 protected:
  using Headers = testing_client::Headers;
  using HttpReply = testing_client::HttpReply;
  using WebSocket = testing_client::WebSocket;

  GatewayFixture() {
    std::string pattern = testing::TempDir() + "baton-gateway-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    config_.listen = "127.0.0.1:0";
    config_.metrics_listen = "127.0.0.1:0";
    config_.jwt_secret_file = folder_ + "/jwt.secret";
    config_.allowed_origins = {"https://desk.example"};
  }
  ~GatewayFixture() override {
    gateway_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start() {
    gateway_ = std::make_unique<Gateway>(config_, backend_, registry_);
    gateway_->start();
    address_ = gateway_->http_address();
  }

  [[nodiscard]] std::string token(const std::string& login,
                                  directory::Role role = directory::Role::agent,
                                  std::int64_t seconds = 3600) const {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    return make_token({login, role, "baton", "baton", now + seconds},
                      load_or_create_secret(config_.jwt_secret_file), now);
  }
  [[nodiscard]] Headers bearer(const std::string& login,
                               directory::Role role = directory::Role::agent,
                               std::int64_t seconds = 3600) const {
    return {{"Authorization", "Bearer " + token(login, role, seconds)},
            {"Content-Type", "application/json"}};
  }
  [[nodiscard]] HttpReply http(const std::string& method, const std::string& target,
                               const Headers& headers = {}, const std::string& body = "") const {
    return testing_client::http(address_, method, target, headers, body);
  }
  [[nodiscard]] HttpReply post_message(const std::string& body,
                                       const std::string& login = "agent1") const {
    return http("POST", "/v1/messages", bearer(login), body);
  }
  /// "baton_session=..." of a password login.
  [[nodiscard]] std::string cookie_of(const std::string& login) const {
    const HttpReply reply = http("POST", "/v1/login", {{"Content-Type", "application/json"}},
                                 "{\"login\":\"" + login + "\",\"password\":\"pw-" + login + "\"}");
    EXPECT_EQ(reply.status, 200) << reply.body;
    const std::string cookie = reply.header("set-cookie");
    return cookie.substr(0, cookie.find(';'));
  }
  /// A ticket for whoever these headers are.
  [[nodiscard]] std::string ticket(const Headers& headers) const {
    const HttpReply reply = http("POST", "/v1/ws-tickets", headers);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return std::string(boost::json::parse(reply.body).at("ticket").as_string());
  }
  /// Events flow once a round trip on the socket is done.
  static void settle(WebSocket& socket) {
    ASSERT_TRUE(socket.send(kRead));
    ASSERT_TRUE(contains(socket.read().value_or(""), "\"read\""));
  }
  /// What baton_limit_hits_total counts of a key.
  [[nodiscard]] double hits(const std::string& key) const {
    for (const prometheus::MetricFamily& family : registry_.Collect()) {
      if (family.name != "baton_limit_hits_total") continue;
      for (const prometheus::ClientMetric& metric : family.metric) {
        if (metric.label.front().value == key) return metric.counter.value;
      }
    }
    ADD_FAILURE() << "nothing counts " << key;
    return -1;
  }
  [[nodiscard]] std::string own_origin() const { return "http://" + address_; }

  void publish(const std::string& agent, std::uint64_t sequence, const std::string& text) const {
    gateway_->publish(
        {agent, sequence, backend_.clock_ms, std::make_shared<const std::string>(text)});
  }

  static constexpr const char* kRead =
      R"({"channel":"Amazon","topic":"App","subtopic":"StateSync","source":"test","id":"r1"})";
  static constexpr const char* kReadOfAnAgent =
      R"({"channel":"Amazon","topic":"Agent","subtopic":"StateSync","source":"test","id":"r1"})";
  static constexpr const char* kChange =
      R"({"channel":"Amazon","topic":"InboundCall","subtopic":"BlindTransfer","source":"test",)"
      R"("id":"c1","data":"+12082097345"})";

  std::string folder_;
  GatewayConfig config_;
  FakeBackend backend_;
  prometheus::Registry registry_;
  std::unique_ptr<Gateway> gateway_;
  std::string address_;
};

}  // namespace baton::gateway
