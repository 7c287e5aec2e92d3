#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "telephony/sip/leg_test_fixture.hpp"
#include "telephony/sip/sip_test_client.hpp"

// A phone that registers anew in a call, from elsewhere, and says nothing of it in the call; a
// trunk that calls over a connection from another machine than the one that takes calls.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using testing::kAgentRtp;
using testing::kCustomerRtp;
using testing::Message;
using testing::TestUa;

class LegWayTest : public testing::SwitchFixture {
 protected:
  /// The agent's phone goes on as phone2: its registration does.
  void registers_anew() { sign_in(phone2, "agent1", agent.port); }
  /// The agent's phone sends a request in its dialog from phone2; returns its CSeq.
  int agent_goes_on_as_phone2(std::string_view method, std::string_view body) {
    phone2.call_id = agent.call_id;
    phone2.local = agent.local;
    phone2.remote = agent.remote;
    phone2.target = agent.target;
    phone2.cseq = agent.cseq;
    return phone2.ask(method, body);
  }
  /// The leg is up, and what is sent to it goes to phone2.
  void goes_on_at_phone2(LegId leg) {
    const auto id = submit(core::EndLeg{leg, 0, {}});
    const auto bye = phone2.request("BYE");
    ASSERT_TRUE(bye);
    phone2.reply(*bye, 200);
    ok(id);
    const auto ended =
        events.wait<core::LegEnded>([&](const core::LegEnded& each) { return each.leg == leg; });
    ASSERT_TRUE(ended);
    EXPECT_EQ(core::EndCause::local, ended->cause);
  }
  /// A customer in a bridge with the agent.
  std::pair<LegId, LegId> talking() {
    sign_in(agent);
    const LegId a = customer_parked();
    core::DialLeg dial;
    dial.leg = leg_id(50);
    dial.target = core::AgentPhone{"agent1", false};
    dial.media_of = a;
    ok(submit(dial));
    const auto invite = agent.request("INVITE");
    EXPECT_TRUE(invite);
    agent.reply(*invite, 200, TestUa::sdp(kAgentRtp, "sendrecv", 1, "0 101"));
    EXPECT_TRUE(agent.request("ACK"));
    EXPECT_TRUE(events.wait<core::LegAnswered>());
    const auto id = submit(core::BridgeLegs{a, dial.leg});
    const auto reinvite = customer.request("INVITE");
    EXPECT_TRUE(reinvite);
    customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 2, "0 101"));
    ok(id);
    return {a, dial.leg};
  }
};

/// A machine that takes connections at a free port.
class TcpServer {
 public:
  explicit TcpServer(const char* host) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in own{};
    own.sin_family = AF_INET;
    ::inet_pton(AF_INET, host, &own.sin_addr);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&own), sizeof own);
    ::listen(fd_, 1);
    socklen_t size = sizeof own;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    address = fmt::format("{}:{}", host, ntohs(own.sin_port));
  }
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;
  ~TcpServer() { ::close(fd_); }

  /// The first line that comes by the next connection, or nothing after the time.
  std::string first_line(milliseconds patience) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return {};
    const int connection = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    std::string text;
    char byte = 0;
    while (!text.ends_with("\r\n") && ::recv(connection, &byte, 1, 0) == 1) text.push_back(byte);
    ::close(connection);
    return text;
  }

  std::string address;

 private:
  int fd_;
};

class TrunkOnTcpTest : public LegWayTest {
 protected:
  static constexpr const char* kCaller = "127.0.0.9";

  /// It calls from a host that its address does not name, and its Contact is a name.
  LegId called() {
    adjust = [this](SipConfig& config) {
      config.listen.push_back({"tcp", "127.0.0.1", 0});
      config.trunks[0].address = takes_calls.address;
      config.trunks[0].transport = "tcp";
      config.trunks[0].sources = {kCaller};
    };
    start();
    caller->connect(sip->bound().back().port);
    caller->send(text("INVITE", 1, "", TestUa::sdp(kCustomerRtp)));
    const auto incoming = events.wait<core::LegIncoming>();
    EXPECT_TRUE(incoming);
    if (!incoming) return {};
    const auto id = submit(core::AnswerLeg{incoming->leg, core::Sound::queue});
    auto answer = caller->receive();
    while (answer && answer->code() < 200) answer = caller->receive();
    EXPECT_TRUE(answer);
    if (!answer) return incoming->leg;
    const std::string to = answer->header("To").value_or("");
    caller->send(text("ACK", 1, to.substr(to.find(";tag=")), ""));
    ok(id);
    return incoming->leg;
  }
  /// The first that a join does is a re-INVITE of the one who waited.
  core::CommandId join(LegId a) {
    const LegId b = leg_id(++legs);
    target_answers(dial_target(b, a));
    return submit(core::BridgeLegs{a, b});
  }
  std::string text(std::string_view method, int cseq, std::string_view tag, std::string_view body) {
    return fmt::format(
        "{0} sip:{1}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP {2}:{3};branch=z9hG4bK{0}{4}\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:+49301@{2}>;tag=c\r\nTo: <sip:{1}@127.0.0.1>{5}\r\n"
        "Call-ID: tcp-{3}\r\nCSeq: {4} {0}\r\n"
        "Contact: <sip:+49301@sbc.carrier.invalid;transport=tcp>\r\n{6}Content-Length: {7}\r\n\r\n"
        "{8}",
        method, testing::kInbound, kCaller, caller->port, cseq, tag,
        body.empty() ? "" : "Content-Type: application/sdp\r\n", body.size(), body);
  }

  TcpServer takes_calls{"127.0.0.8"};
  std::unique_ptr<testing::SipPeer> caller = std::make_unique<testing::SipPeer>(kCaller, true);
};

TEST_F(TrunkOnTcpTest, IsReachedOverItsConnectionWhileThatIsUp) {
  const auto id = join(called());
  const auto reinvite = caller->receive();
  ASSERT_TRUE(reinvite);
  EXPECT_THAT(reinvite->text, ::testing::StartsWith("INVITE "));
  const std::string sdp = TestUa::sdp(kCustomerRtp, "sendrecv", 2, "0 101");
  std::string answer = "SIP/2.0 200 OK\r\n";
  for (const char* name : {"Via", "From", "To", "Call-ID", "CSeq"}) {
    answer += fmt::format("{}: {}\r\n", name, reinvite->header(name).value_or(""));
  }
  caller->send(answer + fmt::format("Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{}",
                                    sdp.size(), sdp));
  ok(id);
  const auto ack = caller->receive();
  ASSERT_TRUE(ack);
  EXPECT_THAT(ack->text, ::testing::StartsWith("ACK "));
}

TEST_F(TrunkOnTcpTest, IsReachedAtItsAddressOnceItsConnectionIsGone) {
  const LegId leg = called();
  caller.reset();
  join(leg);
  EXPECT_THAT(takes_calls.first_line(std::chrono::seconds(5)), ::testing::StartsWith("INVITE "));
}

TEST_F(LegWayTest, APhoneThatRegisteredAnewIsFollowed) {
  start();
  const LegId leg = agent_up();
  registers_anew();
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AnotherPhoneThatRegistersDoesNotGetTheCall) {
  start();
  const LegId leg = agent_up();
  sign_in(phone2);
  submit(core::EndLeg{leg, 0, {}});
  EXPECT_TRUE(agent.request("BYE"));
}

// What was sent to the old address says nothing of the phone.
TEST_F(LegWayTest, ARefreshThatTheOldAddressDidNotAnswerIsSentToTheNewOne) {
  start();
  const LegId leg = agent_up(
      "Require: timer\r\nAllow: INVITE, ACK, BYE, UPDATE\r\nSession-Expires: 2;refresher=uac\r\n");
  const auto update = agent.request("UPDATE");
  ASSERT_TRUE(update);
  registers_anew();
  agent.reply(*update, 408);
  const auto again = phone2.request("UPDATE");
  ASSERT_TRUE(again);
  phone2.reply(*again, 200);
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AReinviteThatTheOldAddressDidNotAnswerIsSentToTheNewOne) {
  start();
  const LegId leg = talking().second;
  const auto park = submit(core::ParkLeg{leg, core::Sound::hold});
  const auto hold = agent.request("INVITE");
  ASSERT_TRUE(hold);
  registers_anew();
  agent.reply(*hold, 408);
  const auto again = phone2.request("INVITE");
  ASSERT_TRUE(again);
  EXPECT_EQ(hold->body(), again->body());
  phone2.reply(*again, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  ok(park);
  goes_on_at_phone2(leg);
}

// Nobody is at the old address, and its silence would last 32 s.
TEST_F(LegWayTest, AReinviteThatAMovedPhoneNeverHadGoesAfterItAtOnce) {
  start();
  const LegId leg = talking().second;
  const auto park = submit(core::ParkLeg{leg, core::Sound::hold});
  const auto hold = agent.request("INVITE");
  ASSERT_TRUE(hold);
  registers_anew();
  const auto again = phone2.request("INVITE");
  ASSERT_TRUE(again);
  EXPECT_EQ(hold->body(), again->body());
  phone2.reply(*again, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  ASSERT_TRUE(phone2.request("ACK"));
  ok(park);
  // It had it before it moved: its answer counts no more, but is not to be repeated for 32 s.
  agent.reply(*hold, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  const auto ack = phone2.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_EQ(hold->cseq(), ack->cseq());
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AReinviteOfAMovedPhoneHasOursSentAfterIt) {
  start();
  const auto [a, b] = talking();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto lost = agent.request("INVITE");
  ASSERT_TRUE(lost);
  const int cseq =
      agent_goes_on_as_phone2("INVITE", TestUa::sdp(kAgentRtp + 4, "sendrecv", 2, "0 101"));
  const auto pending = phone2.response(491);
  ASSERT_TRUE(pending);
  EXPECT_EQ(cseq, pending->cseq());
  phone2.ack();
  const auto ours = phone2.request("INVITE");
  ASSERT_TRUE(ours);
  EXPECT_THAT(ours->uri(), HasSubstr(fmt::format("{}:{}", phone2.host, phone2.port)));
  phone2.reply(*ours, 200, TestUa::sdp(kAgentRtp + 4, "recvonly", 2, "0 101"));
  ASSERT_TRUE(phone2.request("ACK"));
  ok(mute);
  // The customer is told where it hears now, though the agent cannot be heard.
  const auto told = customer.request("INVITE");
  ASSERT_TRUE(told);
  EXPECT_EQ(std::to_string(kAgentRtp + 4), testing::audio_port(*told));
  customer.reply(*told, 200, TestUa::sdp(kCustomerRtp, "sendonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  goes_on_at_phone2(b);
}

TEST_F(LegWayTest, ARefreshOfAMovedPhoneHasOursSentAfterIt) {
  start();
  const LegId leg = talking().second;
  const auto park = submit(core::ParkLeg{leg, core::Sound::hold});
  ASSERT_TRUE(agent.request("INVITE"));
  agent_goes_on_as_phone2("UPDATE", "");
  ASSERT_TRUE(phone2.response(200));
  const auto ours = phone2.request("INVITE");
  ASSERT_TRUE(ours);
  phone2.reply(*ours, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  ok(park);
  goes_on_at_phone2(leg);
}

// Its answer comes from wherever it is.
TEST_F(LegWayTest, AReinviteThatThePhoneHadBeforeItMovedIsNotSentAgain) {
  start();
  const LegId leg = talking().second;
  const auto park = submit(core::ParkLeg{leg, core::Sound::hold});
  const auto hold = agent.request("INVITE");
  ASSERT_TRUE(hold);
  agent.reply(*hold, 100);
  agent.ask("OPTIONS");
  ASSERT_TRUE(agent.response(200)) << "the 100 before it was read, too";
  registers_anew();
  EXPECT_FALSE(phone2.request("INVITE", milliseconds(100)));
  phone2.reply(*hold, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  ASSERT_TRUE(phone2.request("ACK"));
  ok(park);
  goes_on_at_phone2(leg);
}

// The silence of an address lasts for longer than a re-INVITE may take.
TEST_F(LegWayTest, AReinviteThatIsSentToTheNewAddressHasItsTimeThere) {
  times = LegTimes{};
  times->job_deadline = milliseconds(1000);
  start();
  const LegId leg = talking().second;
  submit(core::ParkLeg{leg, core::Sound::hold});
  const auto hold = agent.request("INVITE");
  ASSERT_TRUE(hold);
  agent.reply(*hold, 100);
  const auto cancel = agent.request("CANCEL");
  ASSERT_TRUE(cancel);
  agent.reply(*cancel, 200);
  registers_anew();
  agent.reply(*hold, 408);
  const auto again = phone2.request("INVITE");
  ASSERT_TRUE(again);
  phone2.reply(*again, 100);
  EXPECT_FALSE(phone2.request("CANCEL", milliseconds(200)));
  phone2.reply(*again, 200, TestUa::sdp(kAgentRtp, "recvonly", 2, "0 101"));
  ASSERT_TRUE(phone2.request("ACK"));
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, ADigitThatTheOldAddressDidNotAnswerIsLostAndTheCallIsNot) {
  start();
  const LegId leg = agent_up();
  const auto digit = submit(core::SendDtmf{leg, "1"});
  const auto info = agent.request("INFO");
  ASSERT_TRUE(info);
  registers_anew();
  agent.reply(*info, 408);
  const auto result = events.result(digit);
  ASSERT_TRUE(result);
  EXPECT_EQ(408, result->code);
  goes_on_at_phone2(leg);
}

TEST_F(LegWayTest, AnInfoThatTheOldAddressDidNotAnswerIsLostAndTheCallIsNot) {
  start();
  const auto [a, b] = talking();
  customer.ask("INFO", "Signal=5\r\nDuration=100\r\n");
  const auto info = agent.request("INFO");
  ASSERT_TRUE(info);
  registers_anew();
  agent.reply(*info, 408);
  EXPECT_TRUE(customer.response(500));
  goes_on_at_phone2(b);
}

}  // namespace
}  // namespace baton::telephony::sip
