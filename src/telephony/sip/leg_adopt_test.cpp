#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <vector>

#include "telephony/sip/leg_test_fixture.hpp"

// Legs that another process goes on with. The first switch is stopped without a word to anybody, as
// a kill would; the second one begins on its address with what was kept.

namespace baton::telephony::sip {
namespace {

using core::LegId;
using std::chrono::milliseconds;
using testing::audio_port;
using ::testing::HasSubstr;
using testing::kCustomerRtp;
using testing::kTargetRtp;
using testing::Message;
using ::testing::Not;
using testing::TestUa;

class LegAdoptTest : public testing::SwitchFixture {
 protected:
  void before_start() override {
    sip->keep_with(
        [this](SavedLeg leg, bool) {
          const std::lock_guard lock(mutex);
          ++saves;
          if (leg.state.empty()) {
            kept.erase(leg.leg);
          } else {
            kept[leg.leg] = std::move(leg.state);
          }
        },
        [this](SavedPhone phone, bool removed) {
          const std::lock_guard lock(mutex);
          std::erase_if(phones, [&](const SavedPhone& each) {
            return each.login == phone.login && each.binding.contact == phone.binding.contact;
          });
          if (!removed) phones.push_back(std::move(phone));
        });
    SavedSwitch saved{.key = std::string(32, 'k'), .legs = {}, .phones = phones};
    for (const auto& [leg, state] : kept) saved.legs.push_back({.leg = leg, .state = state});
    sip->restore(std::move(saved));
  }
  void restart() {
    sip->stop();
    sip.reset();
    start();
  }
  static std::string branch_of(const Message& message) {
    const std::string via = message.header("Via");
    const auto at = via.find("branch=") + 7;
    return via.substr(at, via.find_first_of(";\r", at) - at);
  }
  static int version_of(const Message& message) {
    const std::string body = message.body();
    std::size_t at = body.find("o=- ") + 4;
    at = body.find(' ', at) + 1;
    return std::stoi(body.substr(at));
  }

  /// A customer who takes UPDATE, parked.
  LegId updatable_customer_parked() {
    const LegId a =
        customer_calls(TestUa::sdp(kCustomerRtp), "Allow: INVITE, ACK, BYE, UPDATE\r\n");
    const auto id = submit(core::AnswerLeg{a, core::Sound::queue});
    const auto answer = customer.response(200);
    EXPECT_TRUE(answer);
    if (!answer) return a;
    customer.take(*answer);
    customer.ack();
    ok(id);
    return a;
  }
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
  /// Longer than a change without an event waits for its record (leg_keeper.cpp).
  static void nothing_comes(TestUa& ua) {
    EXPECT_FALSE(ua.wait([](const Message& m) { return !m.method().empty(); }, milliseconds(200)));
  }
  int saved() {
    const std::lock_guard lock(mutex);
    return saves;
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
  /// The check of a leg that was taken over comes after its record.
  void check_after_the_record() {
    LegTimes checks;
    checks.first_check = milliseconds(200);
    times = checks;
  }

  std::mutex mutex;
  std::map<LegId, std::string> kept;
  std::vector<SavedPhone> phones;
  int saves = 0;
};

TEST_F(LegAdoptTest, ABridgedCallGoesOn) {
  start();
  const auto [a, b] = bridged();
  const int told = version_of(target.invite);
  restart();
  EXPECT_THAT(sip->adopted_legs(), ::testing::UnorderedElementsAre(a, b));
  // The target's hold reaches the customer, so the two are joined; and what both are told has the
  // next version.
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "sendonly", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  EXPECT_THAT(carried->body(), HasSubstr("a=sendonly"));
  EXPECT_GT(carried->cseq(), 1000);
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  const auto answer = target.response(200);
  ASSERT_TRUE(answer);
  EXPECT_EQ(told + 1, version_of(*answer));
  EXPECT_THAT(answer->body(), HasSubstr("a=recvonly"));
  target.ack();
  const auto held = events.wait<core::LegHeld>();
  ASSERT_TRUE(held);
  EXPECT_EQ(b, held->leg);
  const auto done = submit(core::EndLeg{b, 0, {}});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(*bye, 200);
  ok(done);
  EXPECT_EQ(1U, kept.size());
  EXPECT_TRUE(kept.contains(a));
}

TEST_F(LegAdoptTest, AReinviteThatWasOpenIsMadeAgainUnderTheSameVersion) {
  start();
  const auto [a, b] = bridged();
  submit(core::ParkLeg{a, core::Sound::hold});
  const auto before = customer.request("INVITE");
  ASSERT_TRUE(before);
  restart();
  const auto again = submit(core::ParkLeg{a, core::Sound::hold});
  const auto after = customer.request("INVITE");
  ASSERT_TRUE(after);
  EXPECT_EQ(before->body(), after->body());
  EXPECT_GT(after->cseq(), before->cseq());
  customer.reply(*after, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  ASSERT_TRUE(customer.request("ACK"));
  ok(again);
}

TEST_F(LegAdoptTest, TheAnswerToAReinviteOfTheDeadIsAcknowledgedAndTheCallStays) {
  start();
  const auto [a, b] = bridged();
  submit(core::ParkLeg{a, core::Sound::hold});
  const auto reinvite = customer.request("INVITE");
  ASSERT_TRUE(reinvite);
  restart();
  customer.reply(*reinvite, 200, TestUa::sdp(kCustomerRtp, "recvonly", 3, "0 101"));
  const auto ack = customer.request("ACK");
  ASSERT_TRUE(ack);
  EXPECT_EQ(reinvite->cseq(), ack->cseq());
  // The next that comes is the park, and no BYE before it.
  submit(core::ParkLeg{a, core::Sound::hold});
  const auto next = customer.wait([](const Message& m) { return !m.method().empty(); });
  ASSERT_TRUE(next);
  EXPECT_EQ("INVITE", next->method());
}

TEST_F(LegAdoptTest, APhoneThatRingsIsCalledByTheSameInviteAndCanAnswer) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, a);
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  restart();
  const auto again = target.request("INVITE");
  ASSERT_TRUE(again);
  EXPECT_EQ(branch_of(invite), branch_of(*again));
  for (const char* name : {"Call-ID", "From", "To", "CSeq", "Contact"}) {
    EXPECT_EQ(invite.header(name), again->header(name));
  }
  EXPECT_EQ(invite.body(), again->body());
  ok(submit(core::DialLeg{.leg = b,
                          .contact = {},
                          .target = core::OutsideNumber{"+12082097345", ""},
                          .media_of = a,
                          .presentation = {}}));
  target_answers(*again);
  bridge(a, b);
}

// Killed after the INVITE had gone out and before its leg was kept: only the command is known.
TEST_F(LegAdoptTest, AnAnswerThatComesBeforeItsInviteGoesOutAgainIsNotEnded) {
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, a);
  sip->stop();
  kept.erase(b);
  sip.reset();
  start();
  const std::string answer = TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101");
  target.reply(invite, 200, answer);
  EXPECT_FALSE(
      target.wait([](const Message& m) { return !m.method().empty(); }, milliseconds(200)));
  const Message again = dial_target(b, a);
  EXPECT_EQ(branch_of(invite), branch_of(again));
  sip->open_commands_are_out();
  target_answers(again);
  bridge(a, b);
  // From now on nothing is to come that could belong to an answer of nobody's.
  Message lost = invite;
  lost.text.replace(lost.text.find("Call-ID: ") + 9, 1, "x");
  target.reply(lost, 200, answer);
  EXPECT_TRUE(target.request("ACK"));
  EXPECT_TRUE(target.request("BYE"));
}

// Handed over with the INVITE out: its transaction is dropped some milliseconds before the socket.
TEST_F(LegAdoptTest, AnAnswerIsNotEndedByTheProcessThatHandsOver) {
  start();
  const Message invite = dial_target(leg_id(7), {});
  Message of_a_dropped_transaction = invite;
  of_a_dropped_transaction.text.replace(invite.text.find("Call-ID: ") + 9, 1, "x");
  const std::string answer = TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101");
  sip->open_commands_are_out();
  sip->fall_silent();
  target.reply(of_a_dropped_transaction, 200, answer);
  EXPECT_FALSE(
      target.wait([](const Message& m) { return !m.method().empty(); }, milliseconds(200)));
}

TEST_F(LegAdoptTest, APhoneThatRingsCanBeCancelled) {
  start();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, {});
  target.reply(invite, 180);
  ASSERT_TRUE(events.wait<core::LegRinging>());
  restart();
  const auto again = target.request("INVITE");
  ASSERT_TRUE(again);
  target.reply(*again, 180);
  submit(core::EndLeg{b, 0, {}});
  const auto cancel = target.request("CANCEL");
  ASSERT_TRUE(cancel);
  EXPECT_EQ(branch_of(invite), branch_of(*cancel));
  target.reply(*cancel, 200);
  target.reply(*again, 487);
  ASSERT_TRUE(events.wait<core::LegEnded>());
  EXPECT_TRUE(kept.empty());
}

TEST_F(LegAdoptTest, AnAnswerIsAcknowledgedOnceItIsKnownToBeKept) {
  LegTimes slow;
  slow.acknowledge = std::chrono::seconds(30);
  times = slow;
  start();
  const LegId a = customer_parked();
  const LegId b = leg_id(7);
  const Message invite = dial_target(b, a);
  target.reply(invite, 200, TestUa::sdp(kTargetRtp, "sendrecv", 1, "0 101"));
  ASSERT_TRUE(events.wait<core::LegAnswered>());
  EXPECT_FALSE(target.request("ACK", milliseconds(100)));
  // The core's next command says that the answer is in the journal.
  submit(core::BridgeLegs{a, b});
  EXPECT_TRUE(target.request("ACK"));
}

TEST_F(LegAdoptTest, ACustomerWhoWasNotAnsweredYetIsAnswered) {
  start();
  const LegId a = customer_calls();
  restart();
  const auto done = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  EXPECT_THAT(answer->body(), HasSubstr("a=sendonly"));
  customer.take(*answer);
  customer.ack();
  ok(done);
  // And his hang-up is heard.
  customer.ask("BYE");
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(core::EndCause::remote, ended->cause);
}

TEST_F(LegAdoptTest, ACustomerWhoWasNotAnsweredYetCanGiveUp) {
  start();
  customer_calls();
  restart();
  customer.cancel();
  ASSERT_TRUE(customer.response(487));
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(487, ended->code);
}

TEST_F(LegAdoptTest, AnAnswerWithoutItsAckIsGivenAgain) {
  start();
  const LegId a = customer_calls();
  submit(core::AnswerLeg{a, core::Sound::queue});
  const auto first = customer.response(200);
  ASSERT_TRUE(first);
  restart();
  const auto done = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto second = customer.response(200);
  ASSERT_TRUE(second);
  EXPECT_EQ(first->header("To"), second->header("To"));
  EXPECT_EQ(first->body(), second->body());
  customer.take(*second);
  customer.ack();
  ok(done);
}

TEST_F(LegAdoptTest, AnInviteThatComesAgainIsTheCallThatWaits) {
  start();
  const LegId a = customer_calls();
  restart();
  customer.call_again();
  const auto done = submit(core::AnswerLeg{a, core::Sound::queue});
  const auto answer = customer.response(200);
  ASSERT_TRUE(answer);
  customer.take(*answer);
  customer.ack();
  ok(done);
  EXPECT_EQ(0U, events.count<core::LegIncoming>());
}

TEST_F(LegAdoptTest, APhoneThatHungUpMeanwhileIsFound) {
  LegTimes quick;
  quick.first_check = milliseconds(50);
  times = quick;
  start();
  const auto [a, b] = bridged();
  restart();
  const auto asked = target.request("INVITE");
  ASSERT_TRUE(asked);
  target.reply(*asked, 481);
  const auto ended = events.wait<core::LegEnded>();
  ASSERT_TRUE(ended);
  EXPECT_EQ(b, ended->leg);
  EXPECT_EQ(core::EndCause::unreachable, ended->cause);
}

TEST_F(LegAdoptTest, CseqRisesOverEachRestart) {
  check_after_the_record();
  start();
  updatable_customer_parked();
  int before = 0;
  for (int i = 0; i < 3; ++i) {
    restart();
    const auto check = customer.request("UPDATE");
    ASSERT_TRUE(check);
    EXPECT_GT(check->cseq(), before);
    before = check->cseq();
    customer.reply(*check, 200);
  }
}

TEST_F(LegAdoptTest, AnAddressLearntFromAnUpdateIsKept) {
  start();
  const LegId a = customer_parked();
  phone2.call_id = customer.call_id;
  phone2.local = customer.local;
  phone2.remote = customer.remote;
  phone2.target = customer.target;
  phone2.cseq = customer.cseq;
  phone2.ask("UPDATE");
  ASSERT_TRUE(phone2.response(200));
  nothing_comes(phone2);
  const int records = saved();
  phone2.ask("UPDATE");
  ASSERT_TRUE(phone2.response(200));
  nothing_comes(phone2);
  EXPECT_EQ(records, saved()) << "a refresh by which nothing changes costs no record";
  restart();
  submit(core::EndLeg{a, 0, {}});
  EXPECT_TRUE(phone2.request("BYE"));
}

TEST_F(LegAdoptTest, AnAddressLearntFromTheAnswerToAnUpdateIsKept) {
  check_after_the_record();
  start();
  const LegId a = updatable_customer_parked();
  restart();
  const auto check = customer.request("UPDATE");
  ASSERT_TRUE(check);
  phone2.reply(*check, 200);
  nothing_comes(phone2);
  restart();
  submit(core::EndLeg{a, 0, {}});
  EXPECT_TRUE(phone2.request("BYE"));
}

TEST_F(LegAdoptTest, AMuteThatWasRefusedDoesNotComeBack) {
  start();
  const auto [a, b] = bridged();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto reinvite = target.request("INVITE");
  ASSERT_TRUE(reinvite);
  EXPECT_THAT(reinvite->body(), HasSubstr("a=sendonly"));
  // Kept while it is open, by whatever it is.
  target.ask("UPDATE", "", "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
  ASSERT_TRUE(target.response(200));
  nothing_comes(customer);
  target.reply(*reinvite, 488);
  const auto result = events.result(mute);
  ASSERT_TRUE(result);
  EXPECT_FALSE(result->ok);
  nothing_comes(customer);
  restart();
  submit(core::ParkLeg{b, core::Sound::hold});
  const auto hold = target.request("INVITE");
  ASSERT_TRUE(hold);
  target.reply(*hold, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ASSERT_TRUE(target.request("ACK"));
  submit(core::BridgeLegs{a, b});
  const auto resumed = customer.request("INVITE");
  ASSERT_TRUE(resumed);
  customer.reply(*resumed, 200, TestUa::sdp(kCustomerRtp, "sendrecv", 3, "0 101"));
  const auto joined = target.request("INVITE");
  ASSERT_TRUE(joined);
  EXPECT_THAT(joined->body(), HasSubstr("a=sendrecv"));
}

// The phone may not have seen it, and the agent would speak to the customer as one who is muted.
TEST_F(LegAdoptTest, AMuteThatWasOpenIsCarriedOutAgain) {
  start();
  const auto [a, b] = bridged();
  submit(core::MuteLeg{b, true});
  const auto before = target.request("INVITE");
  ASSERT_TRUE(before);
  nothing_comes(customer);
  restart();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto again = target.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > before->cseq(); });
  ASSERT_TRUE(again);
  EXPECT_EQ(before->body(), again->body());
  target.reply(*again, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(mute);
}

TEST_F(LegAdoptTest, AMuteThatWasKeptWhileItWasOpenIsCarriedOutAgain) {
  start();
  const auto [a, b] = bridged();
  submit(core::MuteLeg{b, true});
  const auto before = target.request("INVITE");
  ASSERT_TRUE(before);
  target.ask("UPDATE", "", "Supported: timer\r\nSession-Expires: 600;refresher=uac\r\n");
  ASSERT_TRUE(target.response(200));
  nothing_comes(customer);
  restart();
  const auto mute = submit(core::MuteLeg{b, true});
  const auto again = target.wait(
      [&](const Message& m) { return m.method() == "INVITE" && m.cseq() > before->cseq(); });
  ASSERT_TRUE(again);
  EXPECT_THAT(again->body(), HasSubstr("a=sendonly"));
  target.reply(*again, 200, TestUa::sdp(kTargetRtp, "recvonly", 2, "0 101"));
  ok(mute);
}

TEST_F(LegAdoptTest, WhatWasTakenOverCountsOnItsTrunk) {
  carrier_calls = 1;
  start();
  const auto [a, b] = bridged();
  restart();
  core::DialLeg dial;
  dial.leg = leg_id(60);
  dial.target = core::OutsideNumber{"+12082097345", ""};
  const auto refused = events.result(submit(dial));
  ASSERT_TRUE(refused);
  EXPECT_FALSE(refused->ok);
  EXPECT_EQ(503, refused->code);
  EXPECT_THAT(refused->text, HasSubstr("limit of 1 calls"));
  const auto ended = submit(core::EndLeg{b, 0, {}});
  const auto bye = target.request("BYE");
  ASSERT_TRUE(bye);
  target.reply(*bye, 200);
  ok(ended);
  dial.leg = leg_id(61);
  ok(submit(dial));
  EXPECT_TRUE(target.request("INVITE"));
}

TEST_F(LegAdoptTest, ARecordThatCannotBeReadLosesThatLegAlone) {
  start();
  const LegId a = customer_parked();
  kept[leg_id(99)] = "\x01garbage";
  restart();
  EXPECT_THAT(sip->adopted_legs(), ::testing::ElementsAre(a));
  EXPECT_FALSE(kept.contains(leg_id(99)));
}

TEST_F(LegAdoptTest, TheEndOfALegThatIsNotThereIsDone) {
  start();
  ok(submit(core::EndLeg{leg_id(12), 0, {}}));
}

TEST_F(LegAdoptTest, APhoneNeedNotRegisterAgain) {
  start();
  sign_in(agent);
  restart();
  EXPECT_THAT(sip->reachable_phones(), ::testing::ElementsAre("agent1"));
  core::DialLeg dial;
  dial.leg = leg_id(50);
  dial.target = core::AgentPhone{"agent1", false};
  ok(submit(dial));
  EXPECT_TRUE(agent.request("INVITE"));
  EXPECT_EQ(1U, events.count<core::PhoneReachable>()) << "told by the first switch only";
}

TEST_F(LegAdoptTest, APhoneWhoseConnectionDiedIsForgottenWhereNoCallWaits) {
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

TEST_F(LegAdoptTest, WhatIsSentToAPhoneThatHasNotComeBackWaitsForIt) {
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
TEST_F(LegAdoptTest, HowATransferKeyEndedIsToldToAPhoneThatHasNotComeBackOnceItIs) {
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

TEST_F(LegAdoptTest, HowATransferKeyEndedIsToldToNoPhoneThatStaysAway) {
  SipConfig config;
  config.reconnect_seconds = 1;
  const LegId b = bridged_with_a_lost_phone(config, {{.refer = 7, .cseq = 3, .suppressed = false}});
  const auto told = events.result(submit(core::NotifyRefer{b, 7, 486, true}));
  ASSERT_TRUE(told);
  EXPECT_EQ(481, told->code);
}

// Who sent it would take his own call for dead.
TEST_F(LegAdoptTest, AnInfoForAPhoneThatStaysAwayIsAnsweredInTime) {
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

TEST_F(LegAdoptTest, NoRefreshIsSentToAPhoneThatHasNotComeBack) {
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

// The answer says the same as before: whose hold it is has not changed.
TEST_F(LegAdoptTest, APartysHoldIsInForceAfterItWasAskedWhetherItLives) {
  start();
  bridged();
  target.ask("INVITE", TestUa::sdp(kTargetRtp, "inactive", 2, "0 101"));
  const auto carried = customer.request("INVITE");
  ASSERT_TRUE(carried);
  customer.reply(*carried, 200, TestUa::sdp(kCustomerRtp, "inactive", 3, "0 101"));
  ASSERT_TRUE(target.response(200));
  target.ack();
  ASSERT_TRUE(events.wait<core::LegHeld>());
  nothing_comes(target);
  restart();
  int asked = 0;
  for (auto [ua, rtp, version] :
       {std::tuple{&customer, kCustomerRtp, 3}, {&target, kTargetRtp, 2}}) {
    const auto lives = ua->wait([&](const Message& m) {
      return m.method() == "INVITE" && (ua == &target || m.cseq() > carried->cseq());
    });
    ASSERT_TRUE(lives);
    EXPECT_THAT(lives->body(), HasSubstr("a=inactive"));
    asked = ua == &customer ? lives->cseq() : asked;
    ua->reply(*lives, 200, TestUa::sdp(rtp, "inactive", version, "0 101"));
    ASSERT_TRUE(ua->request("ACK"));
  }
  EXPECT_FALSE(
      customer.wait([&](const Message& m) { return m.method() == "INVITE" && m.cseq() > asked; },
                    milliseconds(300)));
}

// A join that has nothing to say to it is no refresh of its session.
TEST_F(LegAdoptTest, APhoneThatAJoinWaitedForIsRefreshedWhenItIsDue) {
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
TEST_F(LegAdoptTest, ATrunksPartyOnAConnectionIsReachedAtTheTrunksAddress) {
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
TEST_F(LegAdoptTest, ATrunksPartyIsReachedWhereItListensThoughTheTrunkHasAnotherAddressNow) {
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
TEST_F(LegAdoptTest, APhoneWhoseConnectionDiedIsKeptWhileACallWaits) {
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

TEST_F(LegAdoptTest, AnEndedLegsPartyIsToldWhenItIsBack) {
  ended_while_away();
  customer.ask("OPTIONS");
  const auto bye = customer.request("BYE");
  ASSERT_TRUE(bye);
  customer.reply(*bye, 200);
  EXPECT_TRUE(nothing_is_kept());
  EXPECT_EQ(0U, events.count<core::LegEnded>()) << "told once";
}

TEST_F(LegAdoptTest, AnEndedLegsPartyThatHangsUpItselfIsToldNothing) {
  ended_while_away();
  customer.ask("BYE");
  ASSERT_TRUE(customer.response(200));
  EXPECT_TRUE(nothing_is_kept());
  EXPECT_FALSE(customer.request("BYE", milliseconds(50)));
  EXPECT_TRUE(sip->snapshots().empty());
}

TEST_F(LegAdoptTest, AnEndedLegsPartyThatStaysAwayIsForgotten) {
  ended_while_away(1);
  EXPECT_EQ(1U, sip->snapshots().size());
  EXPECT_TRUE(nothing_is_kept());
  EXPECT_TRUE(sip->snapshots().empty());
}

TEST_F(LegAdoptTest, ACallCostsFewRecords) {
  start();
  const auto [a, b] = bridged();
  // The customer came, was answered, and joined; the target was dialled and answered.
  EXPECT_EQ(5, saves);
  ASSERT_TRUE(kept.contains(a));
  EXPECT_LT(kept.at(a).size(), 2600U);
  EXPECT_LT(kept.at(b).size(), 2600U);
}

}  // namespace
}  // namespace baton::telephony::sip
