#include "telephony/sip/session_timer.hpp"

#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>

#include <gtest/gtest.h>

#include <string>

#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_tags.hpp"
#include "telephony/sip/dtmf.hpp"
#include "telephony/sip/refer.hpp"

// The parts of a leg that are about a message alone: each message is parsed by the library.

namespace baton::telephony::sip {
namespace {

/// A message with these header fields.
class Parsed {
 public:
  explicit Parsed(std::string_view start, std::string_view fields) {
    std::string text(start);
    text.append(
        "\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 7 INVITE\r\n");
    text.append(fields).append("Content-Length: 0\r\n\r\n");
    msg_ = msg_make(sip_default_mclass(), 0, text.data(), static_cast<ssize_t>(text.size()));
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;
  ~Parsed() { msg_destroy(msg_); }
  [[nodiscard]] const sip_s* sip() const { return sip_object(msg_); }

  static Parsed request(std::string_view fields) {
    return Parsed("INVITE sip:c@d SIP/2.0", fields);
  }
  static Parsed response(int code, std::string_view fields) {
    return Parsed("SIP/2.0 " + std::to_string(code) + " Text", fields);
  }

 private:
  msg_t* msg_;
};

/// The tags as the text of the header fields that they put on a message.
std::string text_of(TagList& tags) {
  std::string text;
  for (const tagi_t* tag = tags.done(); tag->t_tag != nullptr; ++tag) {
    if (tag->t_value != 0) text.append(reinterpret_cast<const char*>(tag->t_value)).append("\n");
  }
  return text;
}

TEST(SessionTimer, AsksForTheConfiguredIntervalAndTakesWhatThePeerSettles) {
  SessionTimer timer(1800, 90);
  TagList asked;
  timer.on_request(asked);
  EXPECT_EQ("Session-Expires: 1800\n", text_of(asked));
  const auto answer = Parsed::response(200, "Session-Expires: 600;refresher=uas\r\n");
  timer.learn_answer(answer.sip());
  EXPECT_EQ(600, timer.interval());
  EXPECT_FALSE(timer.we_refresh());
  EXPECT_EQ(600 - 32, timer.seconds_to_act());
  TagList again;
  timer.on_request(again);
  EXPECT_EQ("Session-Expires: 600;refresher=uas\n", text_of(again));
}

TEST(SessionTimer, RefreshesAloneWhereThePeerHasNoTimers) {
  SessionTimer timer(1800, 90);
  const auto answer = Parsed::response(200, "");
  timer.learn_answer(answer.sip());
  EXPECT_TRUE(timer.we_refresh());
  EXPECT_EQ(900, timer.seconds_to_act());
  const auto request = Parsed::request("");
  SessionTimer other(1800, 90);
  other.settle(request.sip());
  EXPECT_TRUE(other.we_refresh());
  TagList quiet;
  other.on_answer(quiet);
  EXPECT_EQ("", text_of(quiet));
}

TEST(SessionTimer, SettlesAPeersWishWithinBothMinima) {
  SessionTimer timer(1800, 120);
  const auto small = Parsed::request("Supported: timer\r\nSession-Expires: 100\r\n");
  EXPECT_EQ(120, timer.too_small(small.sip()));
  const auto unable = Parsed::request("Session-Expires: 100\r\n");
  EXPECT_FALSE(timer.too_small(unable.sip()));
  const auto good =
      Parsed::request("Supported: timer\r\nSession-Expires: 300;refresher=uas\r\nMin-SE: 200\r\n");
  EXPECT_FALSE(timer.too_small(good.sip()));
  timer.settle(good.sip());
  EXPECT_EQ(300, timer.interval());
  EXPECT_TRUE(timer.we_refresh());
  TagList ours;
  timer.on_answer(ours);
  EXPECT_EQ("Session-Expires: 300;refresher=uas\n", text_of(ours));
  const auto theirs = Parsed::request("Supported: timer\r\nSession-Expires: 7200\r\n");
  timer.settle(theirs.sip());
  EXPECT_EQ(1800, timer.interval());
  EXPECT_FALSE(timer.we_refresh());
}

TEST(SessionTimer, TriesAgainInTimeWhereThePeerKeepsTimeItself) {
  SessionTimer timer(1800, 90);
  const auto keeps_time = Parsed::response(200, "Session-Expires: 90;refresher=uac\r\n");
  timer.learn_answer(keeps_time.sip());
  EXPECT_EQ(45, timer.seconds_to_act());
  EXPECT_EQ(7, timer.seconds_to_retry()) << "twice before the peer hangs up, at 60 s";
  const auto does_not = Parsed::response(200, "");
  timer.learn_answer(does_not.sip());
  EXPECT_EQ(45, timer.seconds_to_retry());
  const auto refreshes = Parsed::response(200, "Session-Expires: 90;refresher=uas\r\n");
  timer.learn_answer(refreshes.sip());
  EXPECT_EQ(60, timer.seconds_to_retry()) << "the end of our patience with it, as ever";
}

TEST(SessionTimer, ObeysA422OnlyIfThatHelps) {
  SessionTimer timer(1800, 90);
  const auto more = Parsed::response(422, "Min-SE: 3600\r\n");
  EXPECT_TRUE(timer.learn_too_small(more.sip()));
  EXPECT_FALSE(timer.learn_too_small(more.sip()));
  const auto silent = Parsed::response(422, "");
  EXPECT_FALSE(timer.learn_too_small(silent.sip()));
}

TEST(SessionTimer, IsOffWhereNobodyWantsIt) {
  SessionTimer timer(0, 90);
  TagList asked;
  timer.on_request(asked);
  EXPECT_EQ("", text_of(asked));
  const auto answer = Parsed::response(200, "");
  timer.learn_answer(answer.sip());
  EXPECT_EQ(0, timer.interval());
  EXPECT_EQ(0, timer.seconds_to_act());
}

TEST(Refer, ReadsTheTargetInEachForm) {
  const auto read = [](std::string_view to) {
    const auto request = Parsed::request("Refer-To: " + std::string(to) + "\r\n");
    ReferTarget target;
    return parse_refer(request.sip(), target)
               ? target.user + "@" + target.host + (target.replaces ? " replaces" : "")
               : std::string("none");
  };
  EXPECT_EQ("+12082097345@baton", read("<sip:+12082097345@baton>"));
  EXPECT_EQ("a b@baton", read("\"A\" <sip:a%20b@baton;user=phone>"));
  EXPECT_EQ("+12082097345@", read("<tel:+1-208-209-7345>"));
  EXPECT_EQ("x@y replaces", read("<sip:x@y?Replaces=1%3Bto-tag%3D2>"));
  EXPECT_EQ("x@y replaces", read("<sip:x@y?Subject=a&replaces=1>"));
  EXPECT_EQ("none", read("<http://x/y>"));
  EXPECT_EQ("none", read("<sip:baton>"));
}

TEST(Refer, KnowsWhoWantsNoNotifies) {
  EXPECT_TRUE(refuses_subscription(Parsed::request("Refer-Sub: false\r\n").sip()));
  EXPECT_FALSE(refuses_subscription(Parsed::request("Refer-Sub: true\r\n").sip()));
  EXPECT_FALSE(refuses_subscription(Parsed::request("").sip()));
  EXPECT_EQ("SIP/2.0 486 Busy Here\r\n", sipfrag(486));
}

TEST(Dtmf, WritesADigitAsPhonesDo) {
  EXPECT_EQ("Signal=A\r\nDuration=160\r\n", dtmf_relay_body('a'));
  EXPECT_EQ(std::nullopt, first_bad_digit("0123456789ABCDabcd*#"));
  EXPECT_EQ('x', first_bad_digit("12x"));
}

TEST(Message, CleansWhatIsPutIntoHeaders) {
  EXPECT_EQ("a  b", clean_header("a\r\nb"));
  EXPECT_EQ(1024U, clean_header(std::string(5000, 'a')).size());
  EXPECT_EQ("+1208%20%40%3E", escape_user("+1208 @>"));
  EXPECT_EQ("a b%", unescape("a%20b%"));
  EXPECT_EQ("%zz", unescape("%zz"));
}

TEST(Message, TellsNamesFromAddressesInAContact) {
  EXPECT_TRUE(contact_is_a_name(Parsed::request("Contact: <sip:a@pbx.example>\r\n").sip()));
  EXPECT_FALSE(contact_is_a_name(Parsed::request("Contact: <sip:a@127.0.0.1:5>\r\n").sip()));
  EXPECT_FALSE(contact_is_a_name(Parsed::request("Contact: <sip:a@[::1]:5>\r\n").sip()));
  EXPECT_FALSE(contact_is_a_name(Parsed::request("").sip()));
}

TEST(Message, FindsHeadersWhetherTheParserKnowsThemOrNot) {
  const auto request = Parsed::request("X-Case-Id: 4711\r\nSubject: hello\r\n");
  EXPECT_EQ("4711", text_header(request.sip(), "x-case-id"));
  EXPECT_EQ("hello", text_header(request.sip(), "Subject"));
  EXPECT_EQ(std::nullopt, text_header(request.sip(), "X-Other"));
}

}  // namespace
}  // namespace baton::telephony::sip
