#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "telephony/sip/leg_restart_fixture.hpp"

// Parties whose connection died with the process before.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::kCustomerRtp;
using testing::Message;
using testing::TestUa;

class LegLostWayTest : public testing::RestartFixture {
 protected:
  /// A bridge whose second leg, the target's, is an agent's phone on a connection that died with
  /// the process before.
  LegId bridged_with_a_lost_phone(SipConfig config = {},
                                  const std::vector<ReferSubscription>& refers = {}) {
    start();
    const auto [a, b] = bridged();
    sip->stop();
    LegRecord record;
    EXPECT_EQ("", read(kept.at(b), record));
    record.party = {.trunk = "", .agent = "agent1"};
    record.dialog.send_to = "sip:127.0.0.3:9;transport=tcp";
    record.allows_update = Allowed::yes;
    record.refers = refers;
    if (config.session_expires_seconds == 1) {
      record.session.interval = 1;
      record.session.we_refresh = true;
    }
    kept[b] = print(record);
    sip.reset();
    config.listen = {{"udp", "127.0.0.1", port}, {"tcp", "127.0.0.1", 0}};
    start(config);
    return b;
  }
  std::optional<Message> info_of(std::string_view signal) {
    return target.wait([signal](const Message& m) {
      return m.method() == "INFO" &&
             m.body().find(fmt::format("Signal={}", signal)) != std::string::npos;
    });
  }
  /// Waits for that.
  bool nothing_is_kept() {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    for (;;) {
      {
        const std::lock_guard lock(mutex);
        if (kept.empty()) return true;
      }
      if (std::chrono::steady_clock::now() >= patience) return false;
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
  /// A parked party whose phone's connection died with the process before, and whose leg has ended.
  void ended_while_away(int reconnect_seconds = 20) {
    start();
    const LegId a = customer_parked();
    sip->stop();
    LegRecord record;
    ASSERT_EQ("", read(kept.at(a), record));
    record.party = {.trunk = "", .agent = "agent1"};
    record.dialog.send_to = "sip:127.0.0.2:5060;transport=tcp";
    kept[a] = print(record);
    sip.reset();
    SipConfig config;
    config.reconnect_seconds = reconnect_seconds;
    start(config);
    EXPECT_THAT(sip->awaited_legs(), ::testing::ElementsAre(a));
    ok(submit(core::EndLeg{a, 0, {}}));
    ASSERT_TRUE(events.wait<core::LegEnded>());
    const std::lock_guard lock(mutex);
    EXPECT_TRUE(kept.contains(a)) << "the next process owes it the BYE, too";
  }
};

TEST_F(LegLostWayTest, APhoneWhoseConnectionDiedIsForgottenWhereNoCallWaits) {
  start();
  sign_in(agent);
  sip->stop();
  ASSERT_EQ(1U, phones.size());
  phones[0].binding.via_route = "sip:127.0.0.4:5060;transport=tcp";
  sip.reset();
  start();
  EXPECT_TRUE(sip->reachable_phones().empty());
  const std::lock_guard lock(mutex);
  EXPECT_TRUE(phones.empty());
}

TEST_F(LegLostWayTest, WhatIsSentToAPhoneThatHasNotComeBackWaitsForIt) {
  const LegId b = bridged_with_a_lost_phone();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto digit = submit(core::SendDtmf{b, "1"});
  // Its being there is known by whatever it sends.
  target.ask("OPTIONS");
  auto info = info_of("5");
  ASSERT_TRUE(info);
  target.reply(*info, 200);
  EXPECT_TRUE(customer.response(200));
  info = info_of("1");
  ASSERT_TRUE(info);
  target.reply(*info, 200);
  ok(digit);
  EXPECT_EQ(0U, events.count<core::LegEnded>());
}

// Which shows "transferring" until it is told.
TEST_F(LegLostWayTest, HowATransferKeyEndedIsToldToAPhoneThatHasNotComeBackOnceItIs) {
  const LegId b = bridged_with_a_lost_phone({}, {{.refer = 7, .cseq = 3, .suppressed = false}});
  const auto told = submit(core::NotifyRefer{b, 7, 486, true});
  EXPECT_FALSE(events.result(told, milliseconds(100)));
  target.ask("OPTIONS");
  const auto notify = target.request("NOTIFY");
  ASSERT_TRUE(notify);
  EXPECT_EQ("refer;id=3", notify->header("Event"));
  EXPECT_THAT(notify->header("Subscription-State"), HasSubstr("terminated"));
  EXPECT_THAT(notify->body(), HasSubstr("SIP/2.0 486"));
  target.reply(*notify, 200);
  ok(told);
}

TEST_F(LegLostWayTest, HowATransferKeyEndedIsToldToNoPhoneThatStaysAway) {
  SipConfig config;
  config.reconnect_seconds = 1;
  const LegId b = bridged_with_a_lost_phone(config, {{.refer = 7, .cseq = 3, .suppressed = false}});
  const auto told = events.result(submit(core::NotifyRefer{b, 7, 486, true}));
  ASSERT_TRUE(told);
  EXPECT_EQ(481, told->code);
}

// Who sent it would take his own call for dead.
TEST_F(LegLostWayTest, AnInfoForAPhoneThatStaysAwayIsAnsweredInTime) {
  LegTimes quick;
  quick.request_waits = milliseconds(50);
  times = quick;
  const LegId b = bridged_with_a_lost_phone();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  EXPECT_TRUE(customer.response(503));
  target.ask("OPTIONS");
  submit(core::SendDtmf{b, "1"});
  const auto info = target.request("INFO");
  ASSERT_TRUE(info);
  EXPECT_THAT(info->body(), HasSubstr("Signal=1")) << "that of the customer is answered";
}

TEST_F(LegLostWayTest, NoRefreshIsSentToAPhoneThatHasNotComeBack) {
  LegTimes impatient;
  impatient.looks = 1;
  times = impatient;
  SipConfig config;
  config.reconnect_seconds = 2;
  config.session_expires_seconds = 1;
  const LegId b = bridged_with_a_lost_phone(config);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  EXPECT_THAT(ended->text, HasSubstr("did not connect again"));
}

// A join that has nothing to say to it is no refresh of its session.
TEST_F(LegLostWayTest, APhoneThatAJoinWaitedForIsRefreshedWhenItIsDue) {
  start();
  const auto [a, b] = bridged();
  sip->stop();
  LegRecord customers;
  ASSERT_EQ("", read(kept.at(a), customers));
  customers.bridged_to.reset();
  kept[a] = print(customers);
  LegRecord phones_leg;
  ASSERT_EQ("", read(kept.at(b), phones_leg));
  phones_leg.party = {.trunk = "", .agent = "agent1"};
  phones_leg.dialog.send_to = "sip:127.0.0.3:9;transport=tcp";
  phones_leg.allows_update = Allowed::yes;
  phones_leg.session.interval = 2;
  phones_leg.session.we_refresh = true;
  phones_leg.bridged_to.reset();
  phones_leg.fresh = true;
  kept[b] = print(phones_leg);
  sip.reset();
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", port}, {"tcp", "127.0.0.1", 0}};
  start(config);
  const auto join = submit(core::BridgeLegs{a, b});
  EXPECT_FALSE(target.request("UPDATE", milliseconds(1500))) << "it falls due meanwhile";
  target.ask("OPTIONS");
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  ok(join);
  EXPECT_TRUE(target.request("UPDATE"));
}

// Which has an address of its own, whatever the end of the connection was that it called by.
TEST_F(LegLostWayTest, ATrunksPartyOnAConnectionIsReachedAtTheTrunksAddress) {
  start();
  const LegId a = customer_parked();
  sip->stop();
  LegRecord record;
  ASSERT_EQ("", read(kept.at(a), record));
  record.dialog.send_to = "sip:127.0.0.2:9;transport=tcp";
  kept[a] = print(record);
  sip.reset();
  start();
  const auto id = submit(core::EndLeg{a, 0, {}});
  const auto bye = customer.request("BYE");
  ASSERT_TRUE(bye);
  customer.reply(*bye, 200);
  ok(id);
}

// The trunk's name may lead elsewhere by now, where nobody knows the call.
TEST_F(LegLostWayTest, ATrunksPartyIsReachedWhereItListensThoughTheTrunkHasAnotherAddressNow) {
  for (const bool we_called : {true, false}) {
    start();
    const LegId a = customer_parked();
    sip->stop();
    LegRecord record;
    ASSERT_EQ("", read(kept.at(a), record));
    // Where we called, or the trunk's port, at which a call that came in was sent to before.
    record.dialog.we_called = we_called;
    record.dialog.send_to =
        fmt::format("sip:127.0.0.2:{};transport=tcp", we_called ? 9 : customer.port);
    kept[a] = print(record);
    sip.reset();
    start();
    ok(submit(core::EndLeg{a, 0, {}}));
    ASSERT_TRUE(events.wait<core::LegEnded>());
    nothing_comes(customer);
    restart();
  }
}

// Of two starts in a row the second has to know it, too.
TEST_F(LegLostWayTest, APhoneWhoseConnectionDiedIsKeptWhileACallWaits) {
  start();
  sign_in(agent);
  const LegId a = customer_parked();
  sip->stop();
  phones[0].binding.via_route = "sip:127.0.0.4:5060;transport=tcp";
  LegRecord record;
  ASSERT_EQ("", read(kept.at(a), record));
  record.party = {.trunk = "", .agent = "agent1"};
  record.dialog.send_to = "sip:127.0.0.4:5060;transport=tcp";
  kept[a] = print(record);
  sip.reset();
  SipConfig config;
  config.reconnect_seconds = 1;
  start(config);
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(1U, phones.size());
  }
  ASSERT_TRUE(events.wait<core::LegEnded>());
  const auto forgotten = [this] {
    const std::lock_guard lock(mutex);
    return phones.empty();
  };
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!forgotten() && std::chrono::steady_clock::now() < patience) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_TRUE(forgotten());
}

TEST_F(LegLostWayTest, AnEndedLegsPartyIsToldWhenItIsBack) {
  ended_while_away();
  customer.ask("OPTIONS");
  const auto bye = customer.request("BYE");
  ASSERT_TRUE(bye);
  customer.reply(*bye, 200);
  EXPECT_TRUE(nothing_is_kept());
  EXPECT_EQ(0U, events.count<core::LegEnded>()) << "told once";
}

TEST_F(LegLostWayTest, AnEndedLegsPartyThatHangsUpItselfIsToldNothing) {
  ended_while_away();
  customer.ask("BYE");
  ASSERT_TRUE(customer.response(200));
  EXPECT_TRUE(nothing_is_kept());
  EXPECT_FALSE(customer.request("BYE", milliseconds(50)));
  EXPECT_TRUE(sip->snapshots().empty());
}

TEST_F(LegLostWayTest, AnEndedLegsPartyThatStaysAwayIsForgotten) {
  ended_while_away(1);
  EXPECT_EQ(1U, sip->snapshots().size());
  EXPECT_TRUE(nothing_is_kept());
  EXPECT_TRUE(sip->snapshots().empty());
}

}  // namespace
}  // namespace baton::telephony::sip
