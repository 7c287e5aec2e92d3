#include "telephony/sip/leg_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/named_codec.hpp"
#include "telephony/sip/leg_identifiers.hpp"

namespace baton::telephony::sip {
namespace {

/// Some of what was in a record when 88 names were known.
struct RecordBefore {
  LegState state = LegState::incoming;
  Party party;
  std::string invite_transport;
};
BOOST_DESCRIBE_STRUCT(RecordBefore, (), (state, party, invite_transport))

LegRecord full() {
  LegRecord record;
  record.state = LegState::confirmed;
  record.party = {.trunk = "carrier", .agent = {}};
  record.dialog.call_id = "c";
  record.dialog.local_tag = "lt";
  record.dialog.remote_tag = "rt";
  record.dialog.local_cseq = 7;
  record.dialog.route_set = {"<sip:a;lr>", "<sip:b;lr>"};
  record.media.session = 1ULL << 60U;
  record.media.version = 3;
  record.media.state.local = "v=0\r\n";
  record.media.state.layout = {{.kind = "audio", .proto = "RTP/AVP", .format = "0"}};
  record.media.state.pairs = {0, -1};
  record.media.state.turn = MediaTurn::remote_answered;
  record.session = {
      .wanted = 1800, .minimum = 90, .interval = 1800, .we_refresh = true, .peer_can = true};
  record.dial = DialRecord{.from = "<sip:a@b>",
                           .headers = {{.name = "User-to-User", .value = "x"}},
                           .offer = false,
                           .max_forwards = 0,
                           .ways = {{.request_uri = "sip:x@y", .send_to = {}, .internal = true}}};
  record.bridged_to = core::LegId{.high = 1, .low = 2};
  record.sound = core::Sound::ringback;
  record.allows_update = Allowed::yes;
  record.refers = {{.refer = 4, .cseq = 5, .suppressed = true}};
  record.phone = {.instance = "<urn:uuid:1>/1", .call_id = "r"};
  return record;
}

TEST(LegRecord, ComesBackAsItWasWritten) {
  const std::string bytes = print(full());
  LegRecord back;
  ASSERT_EQ("", read(bytes, back));
  EXPECT_EQ(bytes, print(back));
  EXPECT_EQ(full().dialog, back.dialog);
  EXPECT_EQ(3U, back.media.version);
  EXPECT_EQ(MediaTurn::remote_answered, back.media.state.turn);
  ASSERT_TRUE(back.dial);
  EXPECT_FALSE(back.dial->offer);
  EXPECT_EQ(0, back.dial->max_forwards);
  EXPECT_EQ("<urn:uuid:1>/1", back.phone.instance);
  EXPECT_EQ("r", back.phone.call_id);
}

TEST(LegRecord, AllNamesAreInTheListThatBothSidesKnow) {
  // Where one is missing it stands at the end, after how many do.
  EXPECT_EQ('\0', print(full()).back());
  LegRecord dialled = full();
  dialled.state = LegState::dialling;
  dialled.party = {.trunk = {}, .agent = "agent1"};
  dialled.dialog = {.call_id = "c",
                    .local_uri = "l",
                    .local_tag = "lt",
                    .remote_uri = "r",
                    .remote_tag = "rt",
                    .local_cseq = 1,
                    .remote_cseq = 2,
                    .local_contact = "lc",
                    .remote_target = "t",
                    .route_set = {"a"},
                    .send_to = "s",
                    .we_called = true,
                    .invite_branch = "b",
                    .invite_cseq = 3,
                    .invite_vias = {"v"},
                    .invite_record_routes = {"rr"}};
  dialled.media.muted = true;
  dialled.media.state.remote = "r";
  dialled.media.state.widest = "w";
  dialled.media.state.paired_with = 5;
  dialled.media.state.parked = true;
  dialled.media.state.on_source = true;
  dialled.media.state.held_by_party = true;
  dialled.media.state.remote_was_offer = true;
  dialled.dial->headers = {{.name = "n", .value = "v"}};
  dialled.dial->ways = {{.request_uri = "r", .send_to = "s", .internal = true}};
  dialled.fresh = true;
  dialled.allows_info = Allowed::no;
  dialled.wants_reliable = true;
  dialled.invite_offered = true;
  dialled.invite_transport = "udp";
  dialled.phone = {.instance = "i", .call_id = "c"};
  EXPECT_EQ('\0', print(dialled).back());
}

TEST(LegRecord, WhatTheFirstReleaseWroteIsRead) {
  // All names beside the values.
  std::string bytes;
  core::NamedEncoder::encode(full(), bytes);
  LegRecord back;
  ASSERT_EQ("", read(bytes, back));
  EXPECT_EQ(print(full()), print(back));
  EXPECT_LT(print(full()).size() + 300, bytes.size()) << "the list saves that much";
}

TEST(LegRecord, WhatWasWrittenBeforePhonesWereNotedNamesNone) {
  RecordBefore before;
  before.state = LegState::confirmed;
  before.party = {.trunk = {}, .agent = "agent1"};
  before.invite_transport = "tls";
  std::string bytes = std::string("BTNL") + static_cast<char>(88);
  core::NamedDictionary names(leg_record_names().first(88));
  core::NamedEncoder::encode(before, bytes, &names);
  LegRecord back;
  ASSERT_EQ("", read(bytes, back));
  EXPECT_EQ(LegState::confirmed, back.state);
  EXPECT_EQ("agent1", back.party.agent);
  EXPECT_EQ("tls", back.invite_transport);
  EXPECT_EQ("", back.phone.instance + back.phone.call_id);
}

TEST(LegRecord, TheListOfNamesOnlyGrows) {
  // FNV-1a of the first 88, which records on somebody's disk were written with.
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const std::string_view name : leg_record_names().first(88)) {
    for (const char c : std::string(name) + ',') {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
  }
  EXPECT_EQ(hash, 0xd5324d740e859334U) << "never change or move a name, add at the end";
  // A record of a version that knows more names.
  std::string newer = print(full());
  newer[4] = static_cast<char>(leg_record_names().size() + 1);
  LegRecord back;
  EXPECT_EQ("it was written by a newer Baton", read(newer, back));
}

TEST(LegRecord, CutOrChangedBytesAreRefusedOrReadButNeverOverrun) {
  const std::string bytes = print(full());
  LegRecord back;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE("", read(bytes.substr(0, size), back)) << size;
  }
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x55);
    (void)read(changed, back);
  }
}

TEST(LegIdentifiers, AreTheSameForTheSameKeyAndDifferForEverythingElse) {
  const LegIdentifiers one(std::string(32, 'a'));
  const LegIdentifiers same(std::string(32, 'a'));
  const LegIdentifiers other(std::string(32, 'b'));
  const core::LegId leg{.high = 1, .low = 2};
  EXPECT_EQ(one.call_id(leg, 0), same.call_id(leg, 0));
  EXPECT_EQ(one.branch(leg, 1, 2), same.branch(leg, 1, 2));
  EXPECT_NE(one.call_id(leg, 0), other.call_id(leg, 0));
  EXPECT_NE(one.call_id(leg, 0), one.call_id(leg, 1));
  EXPECT_NE(one.call_id(leg, 0).substr(0, 16), one.local_tag(leg, 0));
  EXPECT_NE(one.branch(leg, 0, 0), one.branch(leg, 0, 1));
  EXPECT_TRUE(one.branch(leg, 0, 0).starts_with("z9hG4bK"));
  // Without a key each process has its own.
  EXPECT_NE(LegIdentifiers({}).call_id(leg, 0), LegIdentifiers({}).call_id(leg, 0));
}

}  // namespace
}  // namespace baton::telephony::sip
