#include "telephony/sip/broken_connection.hpp"

#include <sofia-sip/nta.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_tag.h>

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/sip_test_client.hpp"

// A phone closes its connection in the moment in which it is sent a request. The loop's only thread
// is held meanwhile, so that it knows of neither the end nor the reset when it writes.

namespace baton::telephony::sip {
namespace {

using testing::SipPeer;

constexpr auto kPatience = std::chrono::seconds(10);  // Timer F would be 32.
constexpr const char* kLogin = "agent1";

class BrokenConnection : public ::testing::Test {
 protected:
  BrokenConnection()
      : endpoint_(config(), nullptr,
                  [this](const core::InputBody& body) {
                    const auto* told = std::get_if<core::PhoneReachable>(&body);
                    if (told != nullptr && !told->reachable) gone_.set_value();
                  }),
        phone_(std::make_unique<SipPeer>("127.0.0.1", true)) {
    endpoint_.set_agents({{kLogin, digest_ha1(kLogin, "baton", "right")}});
    endpoint_.start();
    phone_->connect(endpoint_.bound()[0].port);
    phone_->send(registration(""));
    challenge_ = phone_->receive().value_or(testing::SipText{});
  }
  ~BrokenConnection() override {
    endpoint_.stop([this] {
      if (request_ != nullptr) nta_outgoing_destroy(request_);
      if (leg_ != nullptr) nta_leg_destroy(leg_);
    });
  }

  static SipConfig config() {
    SipConfig config;
    config.listen = {{"tcp", "127.0.0.1", 0}};
    return config;
  }
  std::string registration(const std::string& more) {
    const std::string aor = fmt::format("sip:{}@baton", kLogin);
    return phone_->request("REGISTER", "sip:baton", aor, aor,
                           "Contact: <sip:agent1@phone.invalid;transport=tcp>\r\n" + more);
  }
  std::string credential(std::uint32_t nonce_count) {
    return SipPeer::credential(challenge_, "REGISTER", "sip:baton", kLogin, "right", nonce_count);
  }
  void sign_in() {
    phone_->send(registration(credential(1)));
    const auto answer = phone_->receive();
    ASSERT_TRUE(answer);
    ASSERT_EQ(200, answer->code()) << answer->text;
  }

  /// Sends the phone a request after `last`, and no turn of the loop in between.
  void ask_after(const std::function<void()>& last) {
    endpoint_.loop().call([&] {
      const auto binding = endpoint_.bindings(kLogin).at(0);
      leg_ = nta_leg_tcreate(endpoint_.agent(), nullptr, nullptr, SIPTAG_FROM_STR("<sip:baton>"),
                             SIPTAG_TO_STR("<sip:agent1@baton>"), TAG_END());
      last();
      request_ = nta_outgoing_tcreate(
          leg_, &BrokenConnection::on_answer, reinterpret_cast<nta_outgoing_magic_t*>(this),
          URL_STRING_MAKE(binding.via_route.c_str()), SIP_METHOD_OPTIONS,
          URL_STRING_MAKE(binding.contact.c_str()), TAG_END());
    });
    ASSERT_NE(nullptr, request_);
  }
  static int on_answer(nta_outgoing_magic_t* magic, nta_outgoing_t* request, const sip_t*) {
    reinterpret_cast<BrokenConnection*>(magic)->answered_.set_value(nta_outgoing_status(request));
    return 0;
  }

  std::promise<void> gone_;     ///< The phone is no longer registered.
  std::promise<int> answered_;  ///< The status that the request ended with.
  Endpoint endpoint_;
  std::unique_ptr<SipPeer> phone_;
  testing::SipText challenge_;
  nta_leg_t* leg_ = nullptr;
  nta_outgoing_t* request_ = nullptr;
};

TEST_F(BrokenConnection, ARequestIntoOneThatThePeerHadClosedFailsAtOnce) {
  sign_in();
  ask_after([this] { phone_.reset(); });
  auto status = answered_.get_future();
  ASSERT_EQ(std::future_status::ready, status.wait_for(kPatience));
  EXPECT_EQ(503, status.get()) << "RFC 3261, 8.1.3.1: as if the peer had said so";
}

TEST_F(BrokenConnection, WhatThePeerSaidBeforeItClosedItIsTakenIn) {
  sign_in();
  ask_after([this] {
    phone_->send(registration("Expires: 0\r\n" + credential(2)));
    phone_.reset();
  });
  EXPECT_EQ(std::future_status::ready, gone_.get_future().wait_for(kPatience));
}

}  // namespace
}  // namespace baton::telephony::sip
