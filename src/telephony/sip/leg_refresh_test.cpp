#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "telephony/sip/leg_test_fixture.hpp"

// Session refreshes (RFC 4028), ours and the party's, and where a party is that moved.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::kAgentRtp;
using testing::kCustomerRtp;
using testing::kTargetRtp;
using testing::Message;
using testing::TestUa;

class LegRefreshTest : public testing::SwitchFixture {
 protected:
  void start_with_timer(int wanted) {
    SipConfig config;
    config.session_expires_seconds = wanted;
    start(config);
  }
  /// Joins the customer with a target whose 2xx has these headers.
  void bridge_with_target(std::string_view more) {
    const LegId a = customer_parked();
    const LegId b = leg_id(1);
    const Message invite = dial_target(b, a);
    target.reply(invite, 200, TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101"), more);
    ASSERT_TRUE(target.request("ACK"));
    target.take_dialog_as_callee();
    ASSERT_TRUE(events.wait<core::LegAnswered>());
    bridge(a, b);
  }
  /// The phone goes on from another address.
  static void move(const TestUa& from, TestUa& to) {
    to.call_id = from.call_id;
    to.local = from.local;
    to.remote = from.remote;
    to.target = from.target;
    to.cseq = from.cseq;
  }
};

constexpr const char* kWeRefresh =
    "Require: timer\r\nAllow: INVITE, ACK, BYE, UPDATE\r\nSession-Expires: 2;refresher=uac\r\n";
constexpr const char* kTheyWouldRefresh =
    "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\n";

TEST_F(LegRefreshTest, ARefusedReinviteLeavesTheSessionTimerAsItWas) {
  start_with_timer(4);
  ASSERT_NO_FATAL_FAILURE(bridge_with_target(kWeRefresh));
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"), kTheyWouldRefresh);
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 488);
  ASSERT_TRUE(target.response(488));
  target.ack();
  const auto update = target.request("UPDATE");
  ASSERT_TRUE(update);
  EXPECT_EQ("2;refresher=uac", update->header("Session-Expires"));
  EXPECT_EQ(0U, events.count<core::LegEnded>());
}

TEST_F(LegRefreshTest, AReinviteThatIsNotAnsweredYetLeavesTheSessionTimerAsItWas) {
  start_with_timer(4);
  ASSERT_NO_FATAL_FAILURE(bridge_with_target(kWeRefresh));
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"), kTheyWouldRefresh);
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  const auto update = target.request("UPDATE");
  ASSERT_TRUE(update);
  target.reply(*update, 200, "", "Session-Expires: 2;refresher=uac\r\n");
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  const auto answer = target.response(200);
  ASSERT_TRUE(answer);
  EXPECT_EQ("90;refresher=uac", answer->header("Session-Expires"));
  EXPECT_EQ("timer", answer->header("Require"));
  target.ack();
  EXPECT_EQ(0U, events.count<core::LegEnded>());
}

// Only a 2xx sets the peer's own timer anew, and it hangs up when that has run out.
TEST_F(LegRefreshTest, ARefusedRefreshIsTriedAgainBeforeThePeerHangsUp) {
  start_with_timer(8);
  agent_up(
      "Require: timer\r\nAllow: INVITE, ACK, BYE, UPDATE\r\n"
      "Session-Expires: 6;refresher=uac\r\n");
  auto update = agent.request("UPDATE");
  ASSERT_TRUE(update);
  agent.reply(*update, 503);
  const int refused = update->cseq();
  update =
      agent.wait([&](const Message& m) { return m.method() == "UPDATE" && m.cseq() > refused; },
                 milliseconds(2500));
  ASSERT_TRUE(update) << "not within the second that is left";
  // At once in the other way, where this one is none.
  agent.reply(*update, 501);
  const auto reinvite = agent.request("INVITE", milliseconds(800));
  ASSERT_TRUE(reinvite);
  agent.reply(*reinvite, 500);
  EXPECT_TRUE(agent.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > reinvite->cseq(); },
      milliseconds(2500)));
}

/// Where a party hears: a port of its own.
class Ear {
 public:
  Ear() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&own), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    port = ntohs(own.sin_port);
  }
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;
  ~Ear() { ::close(fd_); }

  [[nodiscard]] bool hears() const {
    pollfd ready{fd_, POLLIN, 0};
    return ::poll(&ready, 1, 5000) > 0;
  }

  int port = 0;

 private:
  int fd_;
};

TEST_F(LegRefreshTest, AParkedPartyThatAnswersARefreshFromElsewhereIsHeardThere) {
  start_with_timer(2);
  const LegId leg = agent_up();
  ok(submit(core::ParkLeg{leg, core::Sound::hold}));
  const auto refresh = agent.request("INVITE");
  ASSERT_TRUE(refresh);
  const Ear moved;
  agent.reply(*refresh, 200, TestUa::sdp(moved.port, "recvonly", 2));
  ASSERT_TRUE(agent.request("ACK"));
  EXPECT_TRUE(moved.hears());
}

TEST_F(LegRefreshTest, APhoneThatMovedIsFollowed) {
  start();
  const LegId leg = agent_up();
  move(agent, phone2);
  phone2.ask("INVITE", TestUa::sdp(kAgentRtp, "recvonly"));
  ASSERT_TRUE(phone2.response(200));
  phone2.ack();
  const auto id = submit(core::EndLeg{leg, 0, {}});
  const auto bye = phone2.request("BYE");
  ASSERT_TRUE(bye);
  EXPECT_THAT(bye->uri(), HasSubstr(phone2.host));
  phone2.reply(*bye, 200);
  ok(id);
}

TEST_F(LegRefreshTest, APhoneThatMovedIsFollowedByAnUpdateToo) {
  start();
  const LegId leg = agent_up();
  move(agent, phone2);
  phone2.ask("UPDATE");
  ASSERT_TRUE(phone2.response(200));
  const auto id = submit(core::EndLeg{leg, 0, {}});
  const auto bye = phone2.request("BYE");
  ASSERT_TRUE(bye);
  phone2.reply(*bye, 200);
  ok(id);
}

}  // namespace
}  // namespace baton::telephony::sip
