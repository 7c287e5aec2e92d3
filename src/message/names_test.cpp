#include <gtest/gtest.h>

#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::message {
namespace {

TEST(FormatTime, IsRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(1'586'421'432'701), "2020-04-09T08:37:12.701Z");
  EXPECT_EQ(format_time(951'782'400'000), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(format_time(1'709'251'199'999), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
}

TEST(FormatTime, KeepsToYearsOfFourDigits) {
  EXPECT_EQ(format_time(INT64_MAX), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(format_time(INT64_MIN), "0000-01-01T00:00:00.000Z");
}

TEST(Names, AreTheWireSpelling) {
  EXPECT_EQ(to_string(Reason::noActiveCall), "noActiveCall");
  EXPECT_EQ(to_string(Reason::idempotencyConflict), "idempotencyConflict");
  EXPECT_EQ(to_string(TransferState::outcomeUnknown), "outcomeUnknown");
  EXPECT_EQ(to_string(Custody::backend), "back end");
  EXPECT_EQ(to_string(Custody::gone), "gone");
}

TEST(Names, TellOutcomesFromStatesOnTheWay) {
  for (const TransferState state :
       {TransferState::connected, TransferState::returned, TransferState::canceled,
        TransferState::failed, TransferState::abandoned, TransferState::handedOver,
        TransferState::completed}) {
    EXPECT_TRUE(is_outcome(state)) << to_string(state);
  }
  for (const TransferState state :
       {TransferState::accepted, TransferState::dialing, TransferState::alerting,
        TransferState::queued, TransferState::returning, TransferState::requeued,
        TransferState::outcomeUnknown}) {
    EXPECT_FALSE(is_outcome(state)) << to_string(state);
  }
}

TEST(NormalizeE164, RemovesSeparators) {
  for (const std::string_view typed : {"+12082097345", "+1 208 209 7345", "+1-208-209-7345",
                                       "+1 (208) 209.7345", " +12082097345 ", "+1[208]2097345",
                                       "+1\xC2\xA0"
                                       "208\xC2\xA0"
                                       "2097345"}) {
    EXPECT_EQ(normalize_e164(typed), "+12082097345") << typed;
  }
}

TEST(NormalizeE164, HasTwoToFifteenDigits) {
  EXPECT_EQ(normalize_e164("+12"), "+12");
  EXPECT_EQ(normalize_e164("+123456789012345"), "+123456789012345");
  EXPECT_FALSE(normalize_e164("+1"));
  EXPECT_FALSE(normalize_e164("+1234567890123456"));
}

TEST(NormalizeE164, GuessesNothing) {
  for (const std::string_view typed :
       {"", "+", "12082097345", "0012082097345", "+02082097345", "++12082097345", "+1208209734a",
        "+1208+2097345", "tel:+12082097345", "+1\t2082097345", "\"+12082097345\"",
        "+12082097345;ext=1",
        "\xEF\xBC\x8B"
        "12082097345",
        "+1/2082097345"}) {
    EXPECT_FALSE(normalize_e164(typed)) << typed;
  }
}

}  // namespace
}  // namespace baton::message
