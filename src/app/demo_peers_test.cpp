#include "app/demo_peers.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace baton::app {
namespace {

constexpr std::string_view kTrace =
    "----------------------------------------------- 2026-11-22 21:02:34.546531\n"
    "UDP message sent (617 bytes):\n"
    "\n"
    "INVITE sip:+18005550100@127.0.0.1:5060 SIP/2.0\r\n"
    "To: <sip:+18005550100@127.0.0.1:5060>\r\n"
    "CSeq: 1 INVITE\r\n"
    "\n"
    "----------------------------------------------- 2026-11-22 21:02:34.546693\n"
    "UDP message received [309] bytes :\n"
    "\n"
    "SIP/2.0 180 Ringing\r\n"
    "To: <sip:+18005550100@127.0.0.1:5060>;tag=x\r\n"
    "CSeq: 1 INVITE\r\n"
    "\n"
    "----------------------------------------------- 2026-11-22 21:02:35.000001\n"
    "UDP message received [309] bytes :\n"
    "\n"
    "INVITE sip:+12025550181@127.0.0.1:49383 SIP/2.0\r\n"
    "To: <sip:+12025550181@127.0.0.1:49383>;tag=17681-1\r\n"
    "CSeq: 2 INVITE\r\n";

TEST(DemoPeers, ReadsTheTraceOfAPeer) {
  const auto messages = read_trace(kTrace);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].what, "INVITE");
  EXPECT_FALSE(messages[0].from_server);
  EXPECT_EQ(messages[1].what, "180 Ringing");
  EXPECT_EQ(messages[1].method, "INVITE");
  EXPECT_TRUE(messages[1].from_server);
  EXPECT_EQ(messages[2].what, "re-INVITE");
  EXPECT_EQ(messages[1].at_us - messages[0].at_us, 162);
  EXPECT_EQ(messages[2].at_us - messages[0].at_us, 453470);
}

TEST(DemoPeers, ReadsWhatAPeerNotedOfDescriptions) {
  const auto notes = read_sdp_notes(
      "SDP INVITE from 127.0.0.1:6100 for audio_port 6200 call 1-20171@127.0.0.1\n"
      "something else\n"
      "SDP ACK from : for audio_port 6200 call 1-20171@127.0.0.1\n"
      "SDP re-INVITE from 127.0.0.1:6300 for audio_port 6200 call 1-20171@127.0.0.1\n");
  ASSERT_EQ(notes.size(), 2U) << "a message without a description is left out";
  EXPECT_EQ(notes[0].message, "INVITE");
  EXPECT_EQ(notes[0].address, "127.0.0.1:6100");
  EXPECT_EQ(notes[0].own_port, "6200");
  EXPECT_EQ(notes[1].address, "127.0.0.1:6300");
}

TEST(DemoPeers, AMissingFileIsAnEmptyTrace) {
  EXPECT_TRUE(read_trace("").empty());
  EXPECT_TRUE(read_sdp_notes("").empty());
}

}  // namespace
}  // namespace baton::app
