#include "telephony/sip/media_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace baton::telephony::sip {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A party's body: o= and c= of its address, then what is given.
std::string body(std::string_view address, std::string_view media, std::string_view session = "") {
  const std::string family = address.find(':') == std::string_view::npos ? "IP4 " : "IP6 ";
  std::string out = "v=0\r\no=party 77 1 IN " + family + std::string(address) + "\r\ns=secret\r\n";
  out += "i=private\r\nc=IN " + family + std::string(address) + "\r\nt=0 0\r\n";
  out += session;
  return out + std::string(media);
}

constexpr std::string_view kAudio =
    "m=audio 4000 RTP/AVP 0 8 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n";
constexpr std::string_view kVideo =
    "m=video 4002 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\n"
    "a=fmtp:96 profile-level-id=42e01f\r\n";
constexpr std::string_view kPcmuOnly = "m=audio 6000 RTP/AVP 0\r\n";

const LocalMedia kSource = {.address = "127.0.0.1", .port = 40000};

LegMedia leg(std::uint64_t id) { return {"127.0.0.1", id}; }

/// A leg whose party has offered this.
LegMedia offered(std::uint64_t id, const std::string& text) {
  auto media = leg(id);
  const auto error = media.receive_offer(text);
  EXPECT_FALSE(error) << error->text;
  return media;
}

Sdp parsed(const std::optional<std::string>& text) {
  if (!text) {
    ADD_FAILURE() << "no body";
    return {};
  }
  auto result = Sdp::parse(*text);
  if (const auto* error = std::get_if<SdpError>(&result)) {
    ADD_FAILURE() << error->text << "\n" << *text;
    return {};
  }
  return std::get<Sdp>(std::move(result));
}

std::uint64_t version_of(const std::string& text) {
  const auto sdp = parsed(text);
  const auto first = sdp.origin.find(' ', 2);
  return std::stoull(sdp.origin.substr(first + 1));
}

void accept(LegMedia& media, const std::string& answer) {
  const auto error = media.receive_answer(answer);
  EXPECT_FALSE(error) << error->text;
}

/// Customer (offered) and agent (answered) in a bridge.
struct Call {
  LegMedia customer = leg(1);
  LegMedia agent = leg(2);
  std::string to_agent;
  std::string to_customer;

  explicit Call(const std::string& offer, const std::string& answer) {
    EXPECT_FALSE(customer.receive_offer(offer));
    to_agent = agent.offer_from(customer, OfferFrom::widest).value_or("");
    accept(agent, answer);
    to_customer = customer.answer_from(agent).value_or("");
  }
};

TEST(LegMedia, RelaysOfferAndAnswer) {
  const Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto offer = parsed(call.to_agent);
  ASSERT_EQ(offer.media.size(), 1U);
  EXPECT_EQ(offer.media[0].port, 4000);
  EXPECT_EQ(offer.address(offer.media[0]), "192.0.2.1");
  EXPECT_THAT(offer.media[0].formats, testing::ElementsAre("0", "8", "101"));
  EXPECT_EQ(offer.origin, "- 2 1 IN IP4 127.0.0.1");
  const auto answer = parsed(call.to_customer);
  EXPECT_EQ(answer.media[0].port, 6000);
  EXPECT_EQ(answer.address(answer.media[0]), "192.0.2.2");
  EXPECT_EQ(answer.origin, "- 1 1 IN IP4 127.0.0.1");
  EXPECT_FALSE(call.customer.parked());
}

TEST(LegMedia, KeepsPrivateLinesToItself) {
  const Call call(body("192.0.2.1", kAudio, "u=http://private\r\ne=private@example.com\r\n"),
                  body("192.0.2.2", kPcmuOnly));
  EXPECT_THAT(call.to_agent, Not(HasSubstr("private")));
  EXPECT_THAT(call.to_agent, Not(HasSubstr("secret")));
  EXPECT_THAT(call.to_agent, Not(HasSubstr("party")));
}

TEST(LegMedia, PassesIceDtlsAndSdesUntouched) {
  const std::string session =
      "a=group:BUNDLE audio\r\na=ice-ufrag:F7gI\r\na=ice-pwd:x9cml/YzichV2+XlhiMu8g\r\n"
      "a=fingerprint:sha-256 AA:BB\r\n";
  const std::string media =
      "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\n"
      "a=mid:audio\r\na=setup:actpass\r\na=rtcp-mux\r\n"
      "a=candidate:1 1 UDP 2130706431 192.0.2.1 8998 typ host\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
  const auto customer = offered(1, body("192.0.2.1", media, session));
  auto agent = leg(2);
  const auto offer = agent.offer_from(customer, OfferFrom::last).value_or("");
  const std::string sent = session + media;
  for (std::string_view rest = sent; !rest.empty();) {
    const auto line = rest.substr(0, rest.find("\r\n") + 2);
    EXPECT_THAT(offer, HasSubstr(std::string(line)));
    rest.remove_prefix(line.size());
  }
  // With candidates 0.0.0.0 is no hold.
  EXPECT_EQ(direction_of(offer), Direction::sendrecv);
  EXPECT_FALSE(customer.held_by_party());
}

TEST(LegMedia, RelaysHoldAndResume) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const std::string hold = body("192.0.2.1", std::string(kAudio) + "a=sendonly\r\n");
  ASSERT_FALSE(call.customer.receive_offer(hold));
  EXPECT_TRUE(call.customer.held_by_party());
  const auto to_agent = call.agent.offer_from(call.customer, OfferFrom::last).value_or("");
  EXPECT_EQ(direction_of(to_agent), Direction::sendonly);
  accept(call.agent, body("192.0.2.2", std::string(kPcmuOnly) + "a=recvonly\r\n"));
  const auto to_customer = call.customer.answer_from(call.agent).value_or("");
  EXPECT_EQ(direction_of(to_customer), Direction::recvonly);

  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.1", kAudio)));
  EXPECT_FALSE(call.customer.held_by_party());
  EXPECT_EQ(direction_of(*call.agent.offer_from(call.customer, OfferFrom::last)),
            Direction::sendrecv);
  accept(call.agent, body("192.0.2.2", kPcmuOnly));
  EXPECT_EQ(direction_of(*call.customer.answer_from(call.agent)), Direction::sendrecv);
}

TEST(LegMedia, TakesAHoldBackByTheAnswerToAnOfferThatWasAskedFor) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const std::string hold = body("192.0.2.1", std::string(kAudio) + "a=sendonly\r\n");
  ASSERT_FALSE(call.customer.receive_offer(hold));
  ASSERT_TRUE(call.agent.offer_from(call.customer, OfferFrom::last));
  accept(call.agent, body("192.0.2.2", std::string(kPcmuOnly) + "a=recvonly\r\n"));
  ASSERT_TRUE(call.customer.answer_from(call.agent));

  const auto asked = [&](std::string_view direction) {
    EXPECT_EQ(direction_of(*call.customer.offer_from(call.agent, OfferFrom::last)),
              Direction::sendrecv);
    const auto error = call.customer.receive_asked_answer(
        body("192.0.2.1", std::string(kAudio) + "a=" + std::string(direction) + "\r\n"));
    EXPECT_FALSE(error) << error->text;
  };
  asked("sendonly");
  EXPECT_TRUE(call.customer.held_by_party());
  EXPECT_FALSE(needs_reoffer(call.agent, call.customer));
  asked("sendrecv");
  EXPECT_FALSE(call.customer.held_by_party());
  EXPECT_TRUE(needs_reoffer(call.agent, call.customer)) << "it was told to be silent";
  ASSERT_TRUE(call.agent.offer_from(call.customer, OfferFrom::last));
  accept(call.agent, body("192.0.2.2", kPcmuOnly));
  asked("inactive");
  EXPECT_TRUE(call.customer.held_by_party());
  EXPECT_TRUE(needs_reoffer(call.agent, call.customer));
}

TEST(LegMedia, TakesNoAnswerForAHoldWhereNothingWasToBeHeard) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  ASSERT_FALSE(
      call.agent.receive_offer(body("192.0.2.2", std::string(kPcmuOnly) + "a=inactive\r\n")));
  ASSERT_TRUE(call.customer.offer_from(call.agent, OfferFrom::last));
  accept(call.customer, body("192.0.2.1", std::string(kAudio) + "a=inactive\r\n"));
  ASSERT_TRUE(call.customer.offer_from(call.agent, OfferFrom::last));
  ASSERT_FALSE(call.customer.receive_asked_answer(
      body("192.0.2.1", std::string(kAudio) + "a=inactive\r\n")));
  EXPECT_FALSE(call.customer.held_by_party());
}

TEST(LegMedia, NeverAnswersMoreThanWasOffered) {
  // A phone that answers sendrecv to a hold is put right.
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  ASSERT_FALSE(
      call.customer.receive_offer(body("192.0.2.1", std::string(kAudio) + "a=inactive\r\n")));
  ASSERT_TRUE(call.agent.offer_from(call.customer, OfferFrom::last));
  accept(call.agent, body("192.0.2.2", kPcmuOnly));
  EXPECT_EQ(direction_of(*call.customer.answer_from(call.agent)), Direction::inactive);
}

TEST(LegMedia, TurnsTheOldHoldIntoADirection) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  ASSERT_FALSE(call.customer.receive_offer(body("0.0.0.0", kAudio)));
  EXPECT_TRUE(call.customer.held_by_party());
  const auto offer = call.agent.offer_from(call.customer, OfferFrom::last).value_or("");
  EXPECT_THAT(offer, Not(HasSubstr("0.0.0.0")));
  const auto sdp = parsed(offer);
  EXPECT_EQ(sdp.address(sdp.media[0]), "192.0.2.1");  // Where it was before.
  EXPECT_EQ(sdp.direction(sdp.media[0]), Direction::sendonly);
  EXPECT_THAT(call.customer.widest(), HasSubstr("c=IN IP4 192.0.2.1"));
}

TEST(LegMedia, OffersOurAddressForABlackHoleFromTheStart) {
  const auto customer = offered(1, body("0.0.0.0", kAudio));
  auto agent = leg(2);
  for (const auto from : {OfferFrom::last, OfferFrom::widest}) {
    const auto sdp = parsed(agent.offer_from(customer, from));
    EXPECT_EQ(sdp.address(sdp.media[0]), "127.0.0.1");
    // Nobody may send to that place.
    EXPECT_EQ(sdp.direction(sdp.media[0]), Direction::sendonly);
  }
}

TEST(LegMedia, KeepsTheVersionUnlessTheBodyChanges) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto first = call.to_agent;
  // A refresh by the customer with the same SDP (another o= version of its own).
  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.1", kAudio)));
  EXPECT_EQ(call.agent.offer_from(call.customer, OfferFrom::last), first);
  accept(call.agent, body("192.0.2.2", kPcmuOnly));
  EXPECT_EQ(call.customer.answer_from(call.agent), call.to_customer);
  EXPECT_EQ(call.agent.offer_again(), first);
  accept(call.agent, body("192.0.2.2", kPcmuOnly));
  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.9", kAudio)));
  const auto moved = call.agent.offer_from(call.customer, OfferFrom::last).value_or("");
  EXPECT_EQ(version_of(moved), 2U);
  EXPECT_EQ(version_of(first), 1U);
}

TEST(LegMedia, KeepsRejectedVideoInItsPlace) {
  // The customer offers voice and video, the agent has no video.
  Call call(body("192.0.2.1", std::string(kAudio) + std::string(kVideo)),
            body("192.0.2.2", std::string(kPcmuOnly) + "m=video 0 RTP/AVP 96\r\n"));
  const auto answer = parsed(call.to_customer);
  ASSERT_EQ(answer.media.size(), 2U);
  EXPECT_TRUE(answer.media[0].enabled());
  EXPECT_FALSE(answer.media[1].enabled());
  EXPECT_EQ(answer.media[1].kind, "video");

  // A new party with video is offered it again.
  auto target = leg(3);
  const auto offer = parsed(target.offer_from(call.customer, OfferFrom::widest));
  ASSERT_EQ(offer.media.size(), 2U);
  EXPECT_EQ(offer.media[1].port, 4002);
  EXPECT_THAT(offer.print(), HasSubstr("profile-level-id=42e01f"));
}

TEST(LegMedia, TakesAMissingLineInAnAnswerAsRejected) {
  Call call(body("192.0.2.1", std::string(kAudio) + std::string(kVideo)),
            body("192.0.2.2", kPcmuOnly));
  const auto answer = parsed(call.to_customer);
  ASSERT_EQ(answer.media.size(), 2U);
  EXPECT_FALSE(answer.media[1].enabled());
}

TEST(LegMedia, IgnoresSurplusLinesInAnAnswer) {
  const Call call(body("192.0.2.1", kAudio),
                  body("192.0.2.2", std::string(kPcmuOnly) + std::string(kVideo)));
  EXPECT_EQ(parsed(call.to_customer).media.size(), 1U);
  EXPECT_EQ(call.agent.layout_size(), 1U);
}

TEST(LegMedia, AddsAnMLineAndNeverTakesItAway) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  ASSERT_FALSE(
      call.customer.receive_offer(body("192.0.2.1", std::string(kAudio) + std::string(kVideo))));
  EXPECT_EQ(parsed(call.agent.offer_from(call.customer, OfferFrom::last)).media.size(), 2U);
  accept(call.agent, body("192.0.2.2", std::string(kPcmuOnly) + "m=video 6002 RTP/AVP 96\r\n" +
                                           "a=rtpmap:96 H264/90000\r\n"));
  EXPECT_EQ(parsed(call.customer.answer_from(call.agent)).media.size(), 2U);
  // The customer leaves the line out, which the standard forbids: the agent's dialog keeps its
  // place.
  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.1", kAudio)));
  const auto offer = parsed(call.agent.offer_from(call.customer, OfferFrom::last));
  ASSERT_EQ(offer.media.size(), 2U);
  EXPECT_FALSE(offer.media[1].enabled());
  accept(call.agent, body("192.0.2.2", std::string(kPcmuOnly) + "m=video 0 RTP/AVP 96\r\n"));
  // An answer has exactly the offer's lines.
  EXPECT_EQ(parsed(call.customer.answer_from(call.agent)).media.size(), 1U);
  EXPECT_EQ(call.customer.layout_size(), 2U);
}

TEST(LegMedia, KeepsTheLayoutInOffersAfterAShortOneOfTheParty) {
  Call call(body("192.0.2.1", std::string(kAudio) + std::string(kVideo)),
            body("192.0.2.2", std::string(kPcmuOnly) + "m=video 0 RTP/AVP 96\r\n"));
  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.1", kAudio)));
  ASSERT_TRUE(call.customer.answer_from(call.agent));
  auto again = call.customer;
  const auto repeated = again.offer_again().value_or("");
  EXPECT_EQ(parsed(repeated).media.size(), 2U);
  EXPECT_EQ(version_of(repeated), 3U);  // It is not quite what was sent last.
  EXPECT_EQ(parsed(call.customer.offer_hold()).media.size(), 2U);
}

TEST(LegMedia, MapsAnswersBackToTheLineThatAsked) {
  // Two parties whose m-lines are in another order, since each learnt them in its own dialog.
  auto a = offered(1, body("192.0.2.1", std::string(kAudio) + std::string(kVideo)));
  auto b = offered(2, body("192.0.2.2", "m=video 6002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n" +
                                            std::string(kPcmuOnly)));
  static_cast<void>(b.answer_source(kSource));
  const auto offer = parsed(b.offer_from(a, OfferFrom::widest));
  ASSERT_EQ(offer.media.size(), 2U);
  EXPECT_EQ(offer.media[0].kind, "video");
  EXPECT_EQ(offer.media[0].port, 4002);
  EXPECT_EQ(offer.media[1].kind, "audio");
  EXPECT_EQ(offer.media[1].port, 4000);
  accept(b, body("192.0.2.2", "m=video 0 RTP/AVP 96\r\n" + std::string(kPcmuOnly)));
  const auto answer = parsed(a.answer_from(b));
  ASSERT_EQ(answer.media.size(), 2U);
  EXPECT_EQ(answer.media[0].kind, "audio");
  EXPECT_EQ(answer.media[0].port, 6000);
  EXPECT_FALSE(answer.media[1].enabled());
}

TEST(LegMedia, DoesNotMixUpTwoLinesOfAKind) {
  const std::string second =
      "m=video 4004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=content:slides\r\n";
  Call call(body("192.0.2.1", std::string(kAudio) + std::string(kVideo) + second),
            body("192.0.2.2", std::string(kPcmuOnly) + "m=video 0 RTP/AVP 96\r\n" +
                                  "m=video 6004 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"));
  const auto answer = parsed(call.to_customer);
  ASSERT_EQ(answer.media.size(), 3U);
  EXPECT_FALSE(answer.media[1].enabled());
  EXPECT_EQ(answer.media[2].port, 6004);
}

TEST(LegMedia, RejectsALineWithoutACommonEncoding) {
  auto a = offered(1, body("192.0.2.1", "m=audio 4000 RTP/AVP 18\r\n"));
  auto b = offered(2, body("192.0.2.2", kPcmuOnly));
  EXPECT_EQ(a.answer_from(b), std::nullopt);
  EXPECT_TRUE(a.answer_due());
}

TEST(LegMedia, RejectsAnotherTransportInAnAnswer) {
  auto a = offered(1, body("192.0.2.1", "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 X inline:k\r\n"));
  auto b = offered(2, body("192.0.2.2", kPcmuOnly));
  EXPECT_EQ(a.answer_from(b), std::nullopt);
}

TEST(LegMedia, ServesADelayedOffer) {
  // The customer's INVITE has no SDP: our 2xx offers, its ACK answers.
  auto customer = leg(1);
  auto agent = leg(2);
  EXPECT_EQ(agent.offer_from(customer, OfferFrom::widest), std::nullopt);
  EXPECT_EQ(customer.answer_from(agent), std::nullopt);
  const auto offer = parsed(customer.offer_source(kSource));
  EXPECT_THAT(offer.media[0].formats, testing::ElementsAre("0", "8", "101"));
  EXPECT_EQ(offer.media[0].port, 40000);
  EXPECT_EQ(offer.direction(offer.media[0]), Direction::sendonly);
  accept(customer, body("192.0.2.1", kAudio));
  EXPECT_TRUE(customer.listener());
  EXPECT_TRUE(agent.offer_from(customer, OfferFrom::widest));
}

TEST(LegMedia, ParksByReinvite) {
  Call call(body("192.0.2.1", std::string(kAudio) + std::string(kVideo)),
            body("192.0.2.2", std::string(kPcmuOnly) + "m=video 0 RTP/AVP 96\r\n"));
  const auto text = call.customer.offer_source(kSource).value_or("");
  const auto offer = parsed(text);
  ASSERT_EQ(offer.media.size(), 2U);
  EXPECT_FALSE(offer.media[1].enabled());
  EXPECT_EQ(offer.address(offer.media[0]), "127.0.0.1");
  EXPECT_EQ(offer.media[0].port, 40000);
  EXPECT_EQ(offer.direction(offer.media[0]), Direction::sendonly);
  EXPECT_EQ(version_of(text), 2U);
  EXPECT_EQ(call.customer.listener(), std::nullopt);  // Not answered yet.
  accept(call.customer, body("192.0.2.1",
                             "m=audio 4000 RTP/AVP 8 101\r\na=recvonly\r\n"
                             "m=video 0 RTP/AVP 96\r\n"));
  EXPECT_TRUE(call.customer.parked());
  const auto listener = call.customer.listener();
  ASSERT_TRUE(listener);
  EXPECT_EQ(*listener, (Listener{"192.0.2.1", 4000, 8, true}));

  // A new party is offered all that the customer can do, not what was left of it while parked.
  auto target = leg(3);
  const auto widest = parsed(target.offer_from(call.customer, OfferFrom::widest));
  EXPECT_THAT(widest.media[0].formats, testing::ElementsAre("0", "8", "101"));
  EXPECT_EQ(widest.direction(widest.media[0]), Direction::sendrecv);
  EXPECT_EQ(widest.media[1].port, 4002);
  // And the last SDP is read without the restriction, too.
  const auto last = parsed(target.offer_from(call.customer, OfferFrom::last));
  EXPECT_EQ(last.direction(last.media[0]), Direction::sendrecv);
  EXPECT_THAT(last.media[0].formats, testing::ElementsAre("0", "8", "101"));
}

TEST(LegMedia, AnswersAParkedPartysOwnOffers) {
  auto customer = offered(1, body("192.0.2.1", kAudio));
  const auto answer = parsed(customer.answer_source(kSource));
  EXPECT_THAT(answer.media[0].formats, testing::ElementsAre("0", "8", "101"));
  EXPECT_EQ(answer.direction(answer.media[0]), Direction::sendonly);
  EXPECT_EQ(customer.listener(), (Listener{"192.0.2.1", 4000, 0, false}));

  struct Case {
    std::string_view says;
    Direction answered;
    bool hears;
  };
  for (const auto& c : {Case{"a=sendonly\r\n", Direction::inactive, false},
                        Case{"a=recvonly\r\n", Direction::sendonly, true},
                        Case{"a=inactive\r\n", Direction::inactive, false},
                        Case{"a=sendrecv\r\n", Direction::sendonly, true},
                        Case{"c=IN IP4 0.0.0.0\r\n", Direction::inactive, false}}) {
    ASSERT_FALSE(
        customer.receive_offer(body("192.0.2.1", std::string(kAudio) + std::string(c.says))));
    EXPECT_EQ(direction_of(*customer.answer_source(kSource)), c.answered) << c.says;
    EXPECT_EQ(customer.listener().has_value(), c.hears) << c.says;
  }
}

TEST(LegMedia, UsesThePartysNumberForG711) {
  auto customer = offered(1, body("192.0.2.1",
                                  "m=audio 4000 RTP/AVP 111 96\r\n"
                                  "a=rtpmap:111 opus/48000/2\r\na=rtpmap:96 PCMA/8000\r\n"));
  const auto answer = parsed(customer.answer_source(kSource));
  EXPECT_THAT(answer.media[0].formats, testing::ElementsAre("96"));
  EXPECT_EQ(customer.listener(), (Listener{"192.0.2.1", 4000, 96, true}));
}

TEST(LegMedia, CannotPlayToEverybody) {
  struct Case {
    std::string text;
    std::string_view why;
  };
  for (const auto& c :
       {Case{body("192.0.2.1", "m=audio 4000 RTP/AVP 18 101\r\n"), "no G.711"},
        Case{body("192.0.2.1", "m=audio 4000 RTP/SAVP 0\r\n"), "SRTP"},
        Case{body("2001:db8::1", kAudio), "IPv6"}, Case{body("192.0.2.1", kVideo), "no voice"},
        Case{body("192.0.2.1", "m=audio 0 RTP/AVP 0\r\n"), "disabled"}}) {
    auto customer = offered(1, c.text);
    EXPECT_EQ(customer.answer_source(kSource), std::nullopt) << c.why;
    EXPECT_TRUE(customer.answer_due()) << c.why;
    // The same by an offer of ours, in a dialog where its voice is known.
    auto agent = offered(2, body("192.0.2.2", kAudio));
    if (customer.answer_from(agent)) {
      EXPECT_EQ(customer.offer_source(kSource), std::nullopt) << c.why;
      EXPECT_EQ(direction_of(customer.offer_hold()), Direction::inactive) << c.why;
    }
  }
  auto name = offered(1, body("phone.example.com", kAudio));
  ASSERT_TRUE(name.answer_source(kSource));
  EXPECT_EQ(name.listener(), std::nullopt);  // Not numeric: nothing is sent.
}

TEST(LegMedia, PlaysOverIpv6) {
  auto customer = offered(1, body("2001:db8::1", kAudio));
  const auto answer = parsed(customer.answer_source({.address = "2001:db8::2", .port = 40000}));
  EXPECT_THAT(answer.print(), HasSubstr("c=IN IP6 2001:db8::2"));
  EXPECT_EQ(customer.listener(), (Listener{"2001:db8::1", 4000, 0, false}));
}

TEST(LegMedia, HoldsWithoutASound) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto offer = parsed(call.customer.offer_hold());
  EXPECT_EQ(offer.direction(offer.media[0]), Direction::inactive);
  EXPECT_EQ(offer.address(offer.media[0]), "192.0.2.2");
  EXPECT_EQ(offer.media[0].port, 6000);
  accept(call.customer, body("192.0.2.1", std::string(kAudio) + "a=inactive\r\n"));
  EXPECT_TRUE(call.customer.parked());
  EXPECT_EQ(call.customer.listener(), std::nullopt);
  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.1", kAudio)));
  EXPECT_EQ(direction_of(*call.customer.answer_hold()), Direction::inactive);
  // What it hears next is an ordinary call again.
  EXPECT_EQ(direction_of(*call.customer.offer_from(call.agent, OfferFrom::last)),
            Direction::sendrecv);
}

TEST(LegMedia, HoldsALegThatWasNeverSentAnything) {
  auto customer = leg(1);
  const auto sdp = parsed(customer.offer_hold());
  ASSERT_EQ(sdp.media.size(), 1U);
  EXPECT_EQ(sdp.direction(sdp.media[0]), Direction::inactive);
  auto first = offered(2, body("192.0.2.1", kAudio));
  EXPECT_EQ(first.answer_hold(), std::nullopt);
}

TEST(LegMedia, OwesAnAnswerToEveryOffer) {
  EXPECT_EQ(leg(1).answer_owed(kSource), "");
  auto party = offered(2, body("192.0.2.1", kAudio));
  EXPECT_EQ(direction_of(party.answer_owed(kSource)), Direction::sendonly);
  EXPECT_TRUE(party.listener());
  // Without the source, or where it does not suit, and nothing of ours was ever sent.
  auto silent = offered(3, body("192.0.2.1", kAudio));
  EXPECT_FALSE(parsed(silent.answer_owed({})).media[0].enabled());
  auto secure =
      offered(4, body("192.0.2.1", "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 X inline:k\r\n" +
                                       std::string("m=video 4002 RTP/AVP 99\r\n")));
  const auto answer = parsed(secure.answer_owed(kSource));
  ASSERT_EQ(answer.media.size(), 2U);
  for (const auto& media : answer.media) EXPECT_FALSE(media.enabled());
  EXPECT_FALSE(secure.answer_due());
  EXPECT_TRUE(secure.parked());
}

TEST(LegMedia, GoesBackWhenAnOfferFails) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto before = call.customer.local();
  const auto parked = call.customer.offer_source(kSource).value_or("");
  EXPECT_EQ(call.customer.receive_offer(body("192.0.2.1", kAudio))->status, 491);
  call.customer.offer_failed();
  EXPECT_EQ(call.customer.local(), before);
  EXPECT_FALSE(call.customer.parked());
  EXPECT_FALSE(call.customer.offer_open());
  // Said again it is a new version: the first may have been seen.
  const auto again = call.customer.offer_source(kSource).value_or("");
  EXPECT_GT(version_of(again), version_of(parked));
  EXPECT_TRUE(answers_same(parked, again));
  accept(call.customer, body("192.0.2.1", kAudio));
  call.customer.offer_failed();  // No effect: it is settled.
  EXPECT_EQ(call.customer.local(), again);
}

TEST(LegMedia, OffersAgainAfterAChallengeInTheSameExchange) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto before = call.customer.local();
  const auto first = call.customer.offer_source(kSource);
  EXPECT_EQ(call.customer.offer_source(kSource), first);
  call.customer.offer_failed();
  EXPECT_EQ(call.customer.local(), before);
}

TEST(LegMedia, GoesBackWhenAnOfferIsRefused) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto before = call.customer.remote();
  ASSERT_FALSE(call.customer.receive_offer(body("192.0.2.1", "m=audio 4000 RTP/AVP 18\r\n")));
  EXPECT_EQ(call.customer.answer_from(call.agent), std::nullopt);
  call.customer.refuse_offer();
  EXPECT_EQ(call.customer.remote(), before);
  EXPECT_FALSE(call.customer.answer_due());
}

TEST(LegMedia, TakesBackAnEarlyAnswer) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  const auto before = call.agent.remote();
  ASSERT_TRUE(call.agent.offer_source(kSource));
  ASSERT_FALSE(call.agent.receive_answer(body("192.0.2.3", kPcmuOnly), false));
  call.agent.offer_failed();
  EXPECT_EQ(call.agent.remote(), before);
}

TEST(LegMedia, TakesTheLastOfSeveralAnswers) {
  // Early media of one branch, then the 2xx of another.
  auto customer = offered(1, body("192.0.2.1", kAudio));
  auto target = leg(2);
  ASSERT_TRUE(target.offer_from(customer, OfferFrom::widest));
  ASSERT_FALSE(target.receive_answer(body("192.0.2.2", kPcmuOnly), false));
  EXPECT_THAT(*customer.answer_from(target), HasSubstr("192.0.2.2"));
  ASSERT_FALSE(target.receive_answer(body("192.0.2.3", kPcmuOnly)));
  EXPECT_THAT(*customer.answer_from(target), HasSubstr("192.0.2.3"));
}

TEST(LegMedia, RefusesWhatComesOutOfOrder) {
  auto media = leg(1);
  EXPECT_EQ(media.receive_answer(body("192.0.2.1", kAudio))->status, 488);
  EXPECT_EQ(media.receive_offer("garbage")->status, 488);
  EXPECT_EQ(media.receive_offer(std::string(20000, 'x'))->status, 413);
  EXPECT_EQ(media.receive_offer("v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n")->status, 488);
  EXPECT_EQ(media.offer_again(), std::nullopt);
  EXPECT_EQ(media.answer_hold(), std::nullopt);
  EXPECT_EQ(media.answer_source(kSource), std::nullopt);
  EXPECT_TRUE(media.remote().empty());
  ASSERT_FALSE(media.receive_offer(body("192.0.2.1", kAudio)));
  EXPECT_EQ(media.offer_source(kSource), std::nullopt);  // Its offer comes first.
  EXPECT_EQ(media.offer_again(), std::nullopt);
}

TEST(LegMedia, MutesByDirection) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  call.agent.set_muted(true);
  // The muted party is told that we only send, so it only receives.
  const auto offer = call.agent.offer_from(call.customer, OfferFrom::last).value_or("");
  EXPECT_EQ(direction_of(offer), Direction::sendonly);
  accept(call.agent, body("192.0.2.2", std::string(kPcmuOnly) + "a=recvonly\r\n"));
  EXPECT_FALSE(call.agent.held_by_party());
  // The other, if told at all, is told that it will hear nothing but is heard.
  EXPECT_EQ(direction_of(*call.customer.offer_from(call.agent, OfferFrom::last)),
            Direction::recvonly);
  accept(call.customer, body("192.0.2.1", std::string(kAudio) + "a=sendonly\r\n"));
  // Its own re-INVITE does not unmute it.
  ASSERT_FALSE(call.agent.receive_offer(body("192.0.2.2", kPcmuOnly)));
  EXPECT_EQ(direction_of(*call.agent.answer_from(call.customer)), Direction::sendonly);
  call.agent.set_muted(false);
  EXPECT_EQ(direction_of(*call.agent.offer_from(call.customer, OfferFrom::last)),
            Direction::sendrecv);
  accept(call.agent, body("192.0.2.2", kPcmuOnly));
  EXPECT_EQ(direction_of(*call.customer.offer_from(call.agent, OfferFrom::last)),
            Direction::sendrecv);
}

TEST(LegMedia, FreesTheDtlsRoleForANewParty) {
  const std::string media =
      "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-256 AA\r\na=setup:";
  Call call(body("192.0.2.1", media + "actpass\r\n"), body("192.0.2.2", media + "active\r\n"));
  auto target = leg(3);
  EXPECT_THAT(*target.offer_from(call.agent, OfferFrom::widest), HasSubstr("a=setup:actpass"));
}

TEST(LegMedia, TakesRejectedLinesOutOfABundle) {
  const std::string media =
      "m=audio 4000 RTP/AVP 0\r\na=mid:0\r\nm=video 4002 RTP/AVP 96\r\n"
      "a=rtpmap:96 H264/90000\r\na=mid:1\r\n";
  Call call(body("192.0.2.1", media, "a=group:BUNDLE 0 1\r\n"),
            body("192.0.2.2", media, "a=group:BUNDLE 0 1\r\n"));
  EXPECT_THAT(call.to_customer, HasSubstr("a=group:BUNDLE 0 1\r\n"));
  ASSERT_TRUE(call.customer.offer_hold().size());
  accept(call.customer,
         body("192.0.2.1", "m=audio 4000 RTP/AVP 0\r\na=mid:0\r\nm=video 0 RTP/AVP 96\r\n",
              "a=group:BUNDLE 0 1\r\n"));
  EXPECT_THAT(*call.agent.offer_from(call.customer, OfferFrom::last),
              HasSubstr("a=group:BUNDLE 0\r\n"));
}

// The blind transfer as the legs carry it out.
TEST(LegMedia, CarriesABlindTransfer) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  auto target = leg(3);
  ASSERT_TRUE(target.offer_from(call.customer, OfferFrom::widest));
  ASSERT_TRUE(call.customer.offer_source(kSource));
  accept(call.customer, body("192.0.2.1", std::string(kAudio) + "a=recvonly\r\n"));
  accept(target, body("192.0.2.3",
                      "m=audio 7000 RTP/AVP 8 101\r\n"
                      "a=rtpmap:101 telephone-event/8000\r\n"));
  const auto offer = parsed(call.customer.offer_from(target, OfferFrom::last));
  EXPECT_EQ(offer.media[0].port, 7000);
  EXPECT_EQ(offer.address(offer.media[0]), "192.0.2.3");
  EXPECT_EQ(offer.direction(offer.media[0]), Direction::sendrecv);
  accept(call.customer, body("192.0.2.1",
                             "m=audio 4000 RTP/AVP 8 101\r\n"
                             "a=rtpmap:101 telephone-event/8000\r\n"));
  EXPECT_FALSE(needs_reoffer(target, call.customer));
}

struct Reoffer {
  std::string_view name;
  std::string target;    ///< The target's answer to the customer's widest offer.
  std::string customer;  ///< The customer's answer to the offer made of it.
  bool needed;
};

class NeedsReoffer : public testing::TestWithParam<Reoffer> {};

TEST_P(NeedsReoffer, AsTheTargetWasTold) {
  auto customer = offered(1, body("192.0.2.1", kAudio));
  ASSERT_TRUE(customer.answer_source(kSource));
  auto target = leg(3);
  ASSERT_TRUE(target.offer_from(customer, OfferFrom::widest));
  accept(target, GetParam().target);
  ASSERT_TRUE(customer.offer_from(target, OfferFrom::last));
  accept(customer, GetParam().customer);
  EXPECT_EQ(needs_reoffer(target, customer), GetParam().needed);
}

const std::string kTarget = body("192.0.2.3", "m=audio 7000 RTP/AVP 0 8\r\n");

INSTANTIATE_TEST_SUITE_P(
    Bridge, NeedsReoffer,
    testing::Values(
        Reoffer{"same", kTarget, body("192.0.2.1", "m=audio 4000 RTP/AVP 0 8\r\n"), false},
        Reoffer{"other_port", kTarget, body("192.0.2.1", "m=audio 4010 RTP/AVP 0 8\r\n"), true},
        Reoffer{"other_address", kTarget, body("192.0.2.7", "m=audio 4000 RTP/AVP 0 8\r\n"), true},
        Reoffer{"encoding_dropped", kTarget, body("192.0.2.1", "m=audio 4000 RTP/AVP 0\r\n"), true},
        Reoffer{"unused_encoding_dropped", body("192.0.2.3", "m=audio 7000 RTP/AVP 0\r\n"),
                body("192.0.2.1", "m=audio 4000 RTP/AVP 0\r\n"), false},
        Reoffer{
            "other_number",
            body("192.0.2.3",
                 "m=audio 7000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"),
            body("192.0.2.1", "m=audio 4000 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/8000\r\n"),
            true},
        Reoffer{"held", kTarget, body("192.0.2.1", "m=audio 4000 RTP/AVP 0 8\r\na=sendonly\r\n"),
                true},
        Reoffer{"held_by_both", body("192.0.2.3", "m=audio 7000 RTP/AVP 0 8\r\na=inactive\r\n"),
                body("192.0.2.1", "m=audio 4000 RTP/AVP 0 8\r\na=inactive\r\n"), false},
        Reoffer{"rejected", kTarget, body("192.0.2.1", "m=audio 0 RTP/AVP 0\r\n"), true},
        Reoffer{"new_key", kTarget,
                body("192.0.2.1", "m=audio 4000 RTP/AVP 0 8\r\na=crypto:1 X inline:k\r\n"), true}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(LegMedia, NeedsAnOfferOfAPartyThatIsHeardAgain) {
  Call call(body("192.0.2.1", kAudio), body("192.0.2.2", kPcmuOnly));
  call.agent.set_muted(true);
  ASSERT_TRUE(call.customer.offer_from(call.agent, OfferFrom::last));
  accept(call.customer, body("192.0.2.1", std::string(kAudio) + "a=sendonly\r\n"));
  EXPECT_FALSE(needs_reoffer(call.customer, call.agent));
  call.agent.set_muted(false);
  EXPECT_TRUE(needs_reoffer(call.customer, call.agent));
  // Who holds does not want to hear, whatever the other does.
  ASSERT_FALSE(
      call.customer.receive_offer(body("192.0.2.1", std::string(kAudio) + "a=sendonly\r\n")));
  ASSERT_TRUE(call.customer.answer_from(call.agent));
  call.agent.set_muted(true);
  EXPECT_FALSE(needs_reoffer(call.customer, call.agent));
}

TEST(LegMedia, NeedsAnOfferWhereNothingWasTold) {
  const auto customer = offered(1, body("192.0.2.1", kAudio));
  EXPECT_TRUE(needs_reoffer(leg(2), customer));
}

// Properties over random sequences of what two parties may do to each other.

std::string random_media() {
  const int lines = *rc::gen::inRange(1, 5);
  std::string out;
  for (int i = 0; i < lines; ++i) {
    const auto kind = *rc::gen::element<std::string>("audio", "video", "application");
    const auto proto = *rc::gen::element<std::string>("RTP/AVP", "RTP/SAVP", "RTP/AVP");
    const auto formats = *rc::gen::element<std::string>("0 8 101", "8", "0", "96 0", "18 101");
    const int port = *rc::gen::element(0, 4000, 4002, 65535);
    out += "m=" + kind + " " + std::to_string(port) + " " + proto + " " + formats + "\r\n";
    out += *rc::gen::element<std::string>("", "a=sendonly\r\n", "a=inactive\r\n",
                                          "c=IN IP4 0.0.0.0\r\n", "a=rtpmap:96 opus/48000/2\r\n",
                                          "a=crypto:1 X inline:k\r\n");
  }
  return out;
}

std::string random_body() {
  return body(*rc::gen::element<std::string>("192.0.2.1", "192.0.2.2", "2001:db8::1", "0.0.0.0"),
              random_media());
}

/// One leg with what was last sent to it.
struct Watched {
  LegMedia media;
  std::uint64_t version = 0;
  std::size_t layout = 0;
  std::string sent{};

  void check(const std::optional<std::string>& text, bool answer) {
    if (!text) return;
    const auto parsed_text = Sdp::parse(*text);
    const auto* sdp = std::get_if<Sdp>(&parsed_text);
    RC_ASSERT(sdp != nullptr);
    const auto now = version_of(*text);
    // The version goes up by one with a change, and only then.
    if (*text == sent) {
      RC_ASSERT(now == version);
    } else {
      RC_ASSERT(now == version + 1);
    }
    version = now;
    sent = *text;
    RC_ASSERT(media.layout_size() >= layout);
    if (answer) {
      const auto offer = std::get<Sdp>(Sdp::parse(media.remote()));
      RC_ASSERT(sdp->media.size() == offer.media.size());
      for (std::size_t i = 0; i < offer.media.size(); ++i) {
        const auto& asked = offer.media[i];
        const auto& given = sdp->media[i];
        RC_ASSERT(given.kind == asked.kind);
        RC_ASSERT(given.proto == asked.proto);
        RC_ASSERT(asked.enabled() || !given.enabled());
        if (!given.enabled()) continue;
        const auto allowed = reversed(offer.effective_direction(asked));
        RC_ASSERT(both(sdp->direction(given), allowed) == sdp->direction(given));
      }
    } else {
      RC_ASSERT(sdp->media.size() == media.layout_size());
    }
    layout = media.layout_size();
    RC_ASSERT(text->find("0.0.0.0") == std::string::npos);
  }
};

RC_GTEST_PROP(LegMediaProperty, KeepsTheRulesOfOfferAndAnswer, ()) {
  std::vector<Watched> legs;
  for (std::uint64_t id = 1; id <= 3; ++id) legs.push_back({.media = leg(id)});
  const int steps = *rc::gen::inRange(1, 25);
  for (int step = 0; step < steps; ++step) {
    auto& to = legs[*rc::gen::inRange<std::size_t>(0, legs.size())];
    const auto& other = legs[*rc::gen::inRange<std::size_t>(0, legs.size())];
    if (&to == &other) continue;
    if (to.media.offer_open()) {
      if (*rc::gen::inRange(0, 4) == 0) {
        to.media.offer_failed();
        to.layout = to.media.layout_size();
        to.sent = to.media.local();
        continue;
      }
      if (to.media.receive_answer(random_body())) RC_FAIL("an answer was refused");
      continue;
    }
    if (to.media.answer_due()) {
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          to.check(to.media.answer_from(other.media), true);
          break;
        case 1:
          to.check(to.media.answer_source(kSource), true);
          break;
        default:
          to.check(to.media.answer_hold(), true);
          break;
      }
      if (to.media.answer_due()) {
        to.media.refuse_offer();
        to.layout = to.media.layout_size();
      }
      continue;
    }
    switch (*rc::gen::inRange(0, 9)) {
      case 0:
        to.check(to.media.offer_from(other.media, OfferFrom::last), false);
        break;
      case 1:
        to.check(to.media.offer_from(other.media, OfferFrom::widest), false);
        break;
      case 2:
        to.check(to.media.offer_source(kSource), false);
        break;
      case 3:
        to.check(to.media.offer_hold(), false);
        break;
      case 4:
        static_cast<void>(needs_reoffer(to.media, other.media));
        break;
      case 5:
        to.media.set_muted(*rc::gen::arbitrary<bool>());
        break;
      case 6:
        to.check(to.media.offer_again(), false);
        break;
      default:
        if (to.media.receive_offer(random_body())) RC_FAIL("an offer was refused");
        break;
    }
  }
}

RC_GTEST_PROP(LegMediaProperty, SurvivesAnyBytes, (const std::string& bytes)) {
  auto media = leg(1);
  static_cast<void>(media.receive_offer(bytes));
  static_cast<void>(media.receive_offer("v=0\r\no=x\r\n" + bytes));
  static_cast<void>(media.receive_offer("v=0\r\no=x\r\nm=audio 1 RTP/AVP 0\r\n" + bytes));
  static_cast<void>(media.answer_source(kSource));
  static_cast<void>(media.listener());
}

}  // namespace
}  // namespace baton::telephony::sip
