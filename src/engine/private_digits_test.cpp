#include "engine/private_digits.hpp"

#include <gtest/gtest.h>

namespace baton::engine {
namespace {

core::RequestInput dtmf(core::ReplyKey reply, const std::string& digits, std::uint64_t hash) {
  core::RequestInput asked;
  asked.reply = reply;
  asked.request.kind = message::RequestKind::send_dtmf;
  asked.request.digits = digits;
  asked.request.content_hash = hash;
  return asked;
}

core::Outputs command() {
  core::Outputs outputs;
  outputs.emplace_back(core::Command{.id = 1, .body = core::SendDtmf{.leg = {}, .digits = {}}});
  return outputs;
}

std::string digits_of(const core::Outputs& outputs) {
  return std::get<core::SendDtmf>(std::get<core::Command>(outputs.front()).body).digits;
}

TEST(PrivateDigits, PassByTheJournalToTheCommand) {
  PrivateDigits digits;
  core::RequestInput first = dtmf(1, "4929", 7);
  core::RequestInput second = dtmf(2, "11#", 8);
  digits.take_from(first);
  digits.take_from(second);
  EXPECT_EQ(first.request.digits, "");
  core::Outputs outputs = command();
  digits.give_to(second, outputs);
  EXPECT_EQ(digits_of(outputs), "11#");
  digits.give_to(first, outputs);
  EXPECT_EQ(digits_of(outputs), "4929");
  core::Outputs again = command();
  digits.give_to(first, again);
  EXPECT_EQ(digits_of(again), "") << "they are given once";
}

TEST(PrivateDigits, TheHashTellsRepeatsInThisProcessOnly) {
  PrivateDigits digits;
  core::RequestInput one = dtmf(1, "1234", 7);
  core::RequestInput repeat = dtmf(2, "1234", 7);
  core::RequestInput other = dtmf(3, "1235", 8);
  for (core::RequestInput* each : {&one, &repeat, &other}) digits.take_from(*each);
  EXPECT_EQ(one.request.content_hash, repeat.request.content_hash);
  EXPECT_NE(one.request.content_hash, other.request.content_hash);
  EXPECT_NE(one.request.content_hash, 7U);
  PrivateDigits next_process;
  core::RequestInput later = dtmf(1, "1234", 7);
  next_process.take_from(later);
  EXPECT_NE(one.request.content_hash, later.request.content_hash);
}

TEST(PrivateDigits, OtherRequestsAreLeftAlone) {
  PrivateDigits digits;
  core::RequestInput asked;
  asked.request.kind = message::RequestKind::hold;
  asked.request.content_hash = 7;
  digits.take_from(asked);
  EXPECT_EQ(asked.request.content_hash, 7U);
  core::Outputs outputs = command();
  digits.give_to(asked, outputs);
  EXPECT_EQ(digits_of(outputs), "");
}

}  // namespace
}  // namespace baton::engine
