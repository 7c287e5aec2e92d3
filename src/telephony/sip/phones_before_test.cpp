#include "telephony/sip/phones_before.hpp"

#include <gtest/gtest.h>

namespace baton::telephony::sip {
namespace {

Binding registered(const std::string& contact, const std::string& via_route,
                   const std::string& call_id, const std::string& instance = "") {
  Binding binding;
  binding.contact = contact;
  binding.via_route = via_route;
  binding.call_id = call_id;
  binding.instance = instance;
  return binding;
}

const Binding kSoft = registered("sip:a@10.0.0.5:4001", "sip:10.0.0.5:4001;transport=tls", "soft");
const Binding kDesk = registered("sip:a@10.0.0.6:5060", "sip:10.0.0.6:5060;transport=tls", "desk");
const PhonesBefore::Place kOnSoft{.send_to = kSoft.via_route, .target = kSoft.contact, .phone = {}};

TEST(PhonesBefore, TheOtherPhoneOfTheAgentIsNotTheOneInTheCall) {
  const PhonesBefore before({{"a", kSoft}, {"a", kDesk}});
  EXPECT_FALSE(before.is_of_call("a", kOnSoft, kDesk, {kDesk}));
  EXPECT_TRUE(before.is_of_call("a", kOnSoft, kSoft, {kSoft}));
  EXPECT_TRUE(before.is_of_call("a", kOnSoft, kSoft, {kSoft, kDesk}));
}

TEST(PhonesBefore, APhoneOnAnotherPortIsKnownByItsRegistrations) {
  const PhonesBefore before({{"a", kSoft}, {"a", kDesk}});
  const Binding moved =
      registered("sip:a@10.0.0.5:4999", "sip:10.0.0.5:4999;transport=tls", "soft");
  EXPECT_TRUE(before.is_of_call("a", kOnSoft, moved, {moved}));
  // Of an incoming call the Contact tells, which need not be that of the registration.
  EXPECT_TRUE(before.is_of_call("a", {.send_to = "", .target = moved.contact, .phone = {}}, moved,
                                {moved}));
}

TEST(PhonesBefore, APhoneThatStartedAnewIsKnownByItsInstance) {
  const Binding soft = registered(kSoft.contact, kSoft.via_route, "soft", "<urn:uuid:1>;reg-id=1");
  const PhonesBefore before({{"a", soft}, {"a", kDesk}});
  const Binding anew = registered("sip:a@10.0.0.5:4999", "sip:10.0.0.5:4999;transport=tls", "other",
                                  "<urn:uuid:1>;reg-id=1");
  EXPECT_TRUE(before.is_of_call("a", kOnSoft, anew, {anew}));
}

TEST(PhonesBefore, OneThatNobodyKnowsIsTheOneThatIsMissing) {
  const Binding unknown =
      registered("sip:a@10.0.0.5:4999", "sip:10.0.0.5:4999;transport=tls", "new");
  EXPECT_TRUE(PhonesBefore({{"a", kSoft}}).is_of_call("a", kOnSoft, unknown, {unknown}));
  const PhonesBefore before({{"a", kSoft}, {"a", kDesk}});
  EXPECT_FALSE(before.is_of_call("a", kOnSoft, unknown, {unknown})) << "it may be the desk phone";
  EXPECT_TRUE(before.is_of_call("a", kOnSoft, unknown, {unknown, kDesk}));
}

TEST(PhonesBefore, AnOnlyPhoneThatRegisteredFromElsewhereInTheCallIsTheOne) {
  const Binding moved =
      registered("sip:a@10.0.0.5:4002", "sip:10.0.0.5:4002;transport=tls", "soft");
  const Binding back = registered("sip:a@10.0.0.5:4003", "sip:10.0.0.5:4003;transport=tls", "soft");
  EXPECT_TRUE(PhonesBefore({{"a", moved}}).is_of_call("a", kOnSoft, back, {back}));
  // Nothing says which of two it is, until the other is there.
  const PhonesBefore two({{"a", moved}, {"a", kDesk}});
  EXPECT_FALSE(two.is_of_call("a", kOnSoft, kDesk, {kDesk}));
  EXPECT_FALSE(two.is_of_call("a", kOnSoft, back, {back}));
  EXPECT_TRUE(two.is_of_call("a", kOnSoft, back, {back, kDesk}));
}

TEST(PhonesBefore, ThePhoneThatTheCallNamesIsTheOneWhereverItRegisteredSince) {
  PhonesBefore::Place place = kOnSoft;
  place.phone = {.instance = "<urn:uuid:1>/1", .call_id = "soft"};
  const Binding moved = registered("sip:a@10.0.0.5:4002", "sip:10.0.0.5:4002;transport=tls",
                                   "other", "<urn:uuid:1>/1");
  const Binding back = registered("sip:a@10.0.0.5:4003", "sip:10.0.0.5:4003;transport=tls",
                                  "another", "<urn:uuid:1>/1");
  const PhonesBefore before({{"a", moved}, {"a", kDesk}});
  EXPECT_TRUE(before.is_of_call("a", place, back, {back}));
  EXPECT_FALSE(before.is_of_call("a", place, kDesk, {kDesk}));
  EXPECT_FALSE(before.is_of_call("a", place, kDesk, {kDesk, back}));
  const Binding by_call_id =
      registered("sip:a@10.0.0.5:4003", "sip:10.0.0.5:4003;transport=tls", "soft");
  EXPECT_TRUE(PhonesBefore().is_of_call("a", place, by_call_id, {by_call_id, kDesk}));
}

TEST(HasMoved, ACallGoesOnWhereItsPhoneRegistersAnew) {
  PhonesBefore::Place place = kOnSoft;
  place.phone = {.instance = "", .call_id = "soft"};
  const Binding moved =
      registered("sip:a@10.0.0.5:4002", "sip:10.0.0.5:4002;transport=tls", "soft");
  EXPECT_TRUE(has_moved(place, moved, {kSoft}));
  EXPECT_TRUE(has_moved(place, moved, {kDesk, kSoft}));
  EXPECT_TRUE(has_moved(place, moved, {kDesk})) << "its registration was over, or taken back";
  EXPECT_FALSE(has_moved(place, kSoft, {kSoft})) << "a refresh";
  // And back again, while what it registered at first has not run out.
  place.send_to = moved.via_route;
  EXPECT_TRUE(has_moved(place, kSoft, {moved, kSoft}));
  EXPECT_TRUE(has_moved(place, kSoft, {kSoft, moved})) << "as a restart may have them";
}

TEST(HasMoved, AnotherPhoneOfTheAgentDoesNotGetTheCall) {
  PhonesBefore::Place place = kOnSoft;
  place.phone = {.instance = "", .call_id = "soft"};
  EXPECT_FALSE(has_moved(place, kDesk, {kSoft}));
  EXPECT_FALSE(has_moved(place, kDesk, {})) << "though it is the only one";
  EXPECT_FALSE(has_moved({.send_to = kSoft.via_route, .target = "", .phone = {}}, kDesk, {}));
  // With the same private address in another network.
  place.phone.instance = "<urn:uuid:1>/1";
  const Binding twin =
      registered(kSoft.contact, "sip:203.0.113.9:4001;transport=tls", "twin", "<urn:uuid:2>/1");
  EXPECT_FALSE(has_moved(place, twin, {kSoft}));
}

TEST(HasMoved, ACallThatIsNotWhereItsPhoneIsRegisteredStays) {
  PhonesBefore::Place place = kOnSoft;
  place.send_to = "sip:10.0.0.5:9999;transport=tls";
  EXPECT_FALSE(has_moved(place, kSoft, {kSoft}));
  const Binding moved = registered(kSoft.contact, "sip:10.0.0.5:4002;transport=tls", "soft");
  EXPECT_FALSE(has_moved(place, moved, {kSoft}));
  place.send_to.clear();
  EXPECT_FALSE(has_moved(place, moved, {})) << "which is reached by its route set";
}

TEST(HasMoved, AnotherFlowOfThePhoneIsNotTheOneOfTheCall) {
  PhonesBefore::Place place = kOnSoft;
  place.phone = {.instance = "<urn:uuid:1>/1", .call_id = "soft"};
  const Binding second =
      registered(kSoft.contact, "sip:10.0.0.5:4002;transport=tls", "soft", "<urn:uuid:1>/2");
  EXPECT_FALSE(has_moved(place, second, {kSoft}));
}

TEST(PhonesBefore, WhereNoneIsKnownAnOnlyOneIsTaken) {
  EXPECT_FALSE(PhonesBefore().is_of_call("a", kOnSoft, kDesk, {kDesk, kDesk}));
  EXPECT_TRUE(PhonesBefore().is_of_call("a", kOnSoft, kDesk, {kDesk}));
  EXPECT_TRUE(PhonesBefore({{"b", kDesk}}).is_of_call("a", kOnSoft, kDesk, {kDesk}));
}

}  // namespace
}  // namespace baton::telephony::sip
