#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "core/leg.hpp"
#include "telephony/sip/binding.hpp"
#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/dialog_snapshot.hpp"
#include "telephony/sip/media_plan.hpp"

namespace baton::telephony::sip {

/// Where a leg stands.
enum class LegState : std::uint8_t {
  incoming,        ///< Its INVITE waits for our answer.
  answering,       ///< Our 200 is out, its ACK is not in.
  dialling,        ///< Our INVITEs wait for an answer.
  unacknowledged,  ///< It answered our INVITE without offer with an offer that waits for a bridge.
  confirmed,
  ending,  ///< Our BYE or CANCEL is out.
  ended,
};
BOOST_DESCRIBE_ENUM(LegState, incoming, answering, dialling, unacknowledged, confirmed, ending,
                    ended)

/// Who is at the other end of a leg.
struct Party {
  std::string trunk;  ///< Name; empty for an agent's phone.
  std::string agent;  ///< Login; empty for a trunk's party.
};
BOOST_DESCRIBE_STRUCT(Party, (), (trunk, agent))

/// Where one INVITE of a leg that is dialled goes.
struct DialWay {
  std::string request_uri;
  std::string send_to;    ///< Empty: where the Request-URI says.
  bool internal = false;  ///< To ourselves.
};
BOOST_DESCRIBE_STRUCT(DialWay, (), (request_uri, send_to, internal))

/// A header line of an INVITE of ours.
struct DialHeader {
  std::string name;
  std::string value;
};
BOOST_DESCRIBE_STRUCT(DialHeader, (), (name, value))

/// What all INVITEs of a leg that is dialled say, and where they go. The offer is the leg's last
/// SDP.
struct DialRecord {
  std::string from;  ///< name-addr.
  std::vector<DialHeader> headers;
  bool offer = true;  ///< False: none, the answer brings it.
  int max_forwards = 70;
  std::vector<DialWay> ways;
};
BOOST_DESCRIBE_STRUCT(DialRecord, (), (from, headers, offer, max_forwards, ways))

/// What was agreed on about session timers (RFC 4028), in seconds.
struct SessionRecord {
  int wanted = 0;
  int minimum = 0;
  int interval = 0;
  bool we_refresh = false;
  bool peer_can = false;
};
BOOST_DESCRIBE_STRUCT(SessionRecord, (), (wanted, minimum, interval, we_refresh, peer_can))

/// A REFER that was accepted, until its last NOTIFY.
struct ReferSubscription {
  std::uint64_t refer = 0;
  std::uint32_t cseq = 0;   ///< Of the REFER: the subscription's id (RFC 3515 section 2.4.6).
  bool suppressed = false;  ///< By Refer-Sub: false.
};
BOOST_DESCRIBE_STRUCT(ReferSubscription, (), (refer, cseq, suppressed))

/// All that a restarted process needs in order to go on with a leg: incoming, dialling or
/// confirmed. Written as its members by name (core/named_codec.hpp; the names themselves stand in a
/// list in leg_record.cpp), so that an upgrade reads what the release before wrote.
struct LegRecord {
  LegState state = LegState::incoming;
  Party party;
  DialogSnapshot dialog;  ///< Not of a dialled one, whose dialogs are worked out again.
  MediaRecord media;
  SessionRecord session;
  std::optional<DialRecord> dial;
  std::optional<core::LegId> bridged_to;
  bool fresh = false;  ///< It answered, and was in no bridge when this was written.
  core::Sound sound = core::Sound::hold;
  Allowed allows_info = Allowed::unknown;
  Allowed allows_update = Allowed::unknown;
  bool wants_reliable = false;   ///< The INVITE required 100rel.
  bool invite_offered = false;   ///< The INVITE came with an offer.
  std::string invite_transport;  ///< What the INVITE came by: udp, tcp, tls.
  std::vector<ReferSubscription> refers;
  PhoneIdentity phone;  ///< Of an agent's leg, once it is confirmed.
};
BOOST_DESCRIBE_STRUCT(LegRecord, (),
                      (state, party, dialog, media, session, dial, bridged_to, fresh, sound,
                       allows_info, allows_update, wants_reliable, invite_offered, invite_transport,
                       refers, phone))

/// The bytes of a record. Any thread.
[[nodiscard]] std::string print(const LegRecord& record);
/// The names that a record is written without, since both sides know them. For tests.
[[nodiscard]] std::span<const std::string_view> leg_record_names();
/// Empty, or what is wrong with the bytes, which may be anything. Any thread.
[[nodiscard]] std::string read(std::string_view bytes, LegRecord& record);

}  // namespace baton::telephony::sip
