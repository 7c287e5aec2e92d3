#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/leg.hpp"
#include "message/bridge.hpp"

namespace baton::core {

// What the core keeps of a back end whose calls are not ours: agents, contacts and legs mirror what
// the agent's own session at Amazon Connect reports through a bridge (docs/amazon-connect.md). The
// core asks the session for one thing at a time and judges by its next snapshot, never by a
// callback alone.

/// Names the connection of a bridge. Given by the edge; unique in a process's life. 0: none.
using BridgeId = std::uint64_t;

/// A bridge that is connected and silent, since another one of the same agent acts.
struct BridgeTab {
  BridgeId bridge = 0;
  std::string tab;
  bool cold_transfer = false;  ///< It has a client of the SDK.
};
BOOST_DESCRIBE_STRUCT(BridgeTab, (), (bridge, tab, cold_transfer))

/// What a session lists that its agent may transfer to.
struct MirrorEndpoints {
  bool known = false;                ///< False: it was not told, or the session cannot tell it.
  std::string digest;                ///< Of the bridge that told it.
  std::vector<std::string> arns;     ///< Ascending.
  std::uint64_t next_part = 0;       ///< Of a list that is arriving,
  std::vector<std::string> arrived;  ///< and what has come of it.
};
BOOST_DESCRIBE_STRUCT(MirrorEndpoints, (), (known, digest, arns, next_part, arrived))

/// A number that the session was asked to call, until a snapshot shows the call.
struct MirrorDial {
  std::string number;
  std::optional<std::string> request_id;
  TimeMs until = 0;  ///< A call that is shown later is another one.
};
BOOST_DESCRIBE_STRUCT(MirrorDial, (), (number, request_id, until))

/// An agent's session at Amazon Connect: which of his bridges acts, and what it said last.
struct MirrorSession {
  std::uint64_t epoch = 0;          ///< Of the newest lease; it counts them.
  BridgeTab leased;                 ///< Whose lease it is; 0: nobody is connected.
  std::vector<BridgeTab> standbys;  ///< In the order in which they came.
  TimeMs leased_at = 0;             ///< When that was given.
  /// The service's time of the last snapshot that counted, whichever tab it came by; 0: not told.
  std::uint64_t taken_at = 0;
  bool reported = false;  ///< Something came under this lease.
  bool alive = false;     ///< The frame of the CCP answers.
  std::string instance;
  std::string library;
  std::string state;  ///< Of the agent, in Amazon Connect's words.
  std::string state_type;
  std::uint64_t lost_timer = 0;  ///< Runs while nobody is connected.
  /// The request whose effects the next snapshots show, until then.
  std::optional<std::string> cause;
  TimeMs cause_until = 0;
  MirrorEndpoints endpoints{};
  /// His connections of what was offered to somebody else since, while this session still shows
  /// them as offered: until it has heard that he missed it, it is not his.
  std::vector<message::Uuid> passed_on{};
  std::optional<MirrorDial> dialled{};
};
BOOST_DESCRIBE_STRUCT(MirrorSession, (),
                      (epoch, leased, standbys, leased_at, taken_at, reported, alive, instance,
                       library, state, state_type, lost_timer, cause, cause_until, endpoints,
                       passed_on, dialled))

/// What a mirrored contact has beside its legs.
struct MirrorContact {
  std::string agent;            ///< Login of the agent whose session reports it.
  message::BridgeContact last;  ///< As it was reported last while it was not over.
  std::string told;             ///< What the desktop was told of it, to know a change by.
  /// Connections of third parties that are accounted for: by a transfer, or as of none.
  std::vector<std::string> known_parties;
  TimeMs failed_at = 0;  ///< When a transfer was given up last.
  /// One that was given up and may take effect all the same; nil: none.
  message::Uuid late_transfer{};
  TimeMs late_until = 0;           ///< So long at least (may_come_until).
  TimeMs late_before = 0;          ///< And until then that of the one given up before it.
  std::string late_destination{};  ///< Its number, or the name of its quick connect.
  std::string late_endpoint{};     ///< Its number, or the ARN of its quick connect.
  bool late_cold = false;          ///< It was to end the contact by itself.
  bool resume_owed =
      false;  ///< Should the customer turn out to be on hold after it, he is resumed.
};
BOOST_DESCRIBE_STRUCT(MirrorContact, (),
                      (agent, last, told, known_parties, failed_at, late_transfer, late_until,
                       late_before, late_destination, late_endpoint, late_cold, resume_owed))

/// How long what was asked for may be on its way after the library has given up.
inline constexpr TimeMs kSettleMs = 3000;

/// So long after a lease was given a snapshot from before what was seen last says nothing: each
/// page of an agent has its own picture of the session, and they are not equally fast.
inline constexpr TimeMs kCatchUpMs = 10'000;

/// After so long the SDK gives up what it was asked for (@amazon-connect/core 1.0.12). Nobody can
/// set it, and what was asked for may take effect all the same.
inline constexpr TimeMs kSdkPatienceMs = 30'000;

enum class MirrorStep : std::uint8_t {
  adding,    ///< The third party was asked for; no snapshot has shown him yet.
  ringing,   ///< He is there, and is waited for to be connected.
  leaving,   ///< The agent's own connection was told to go.
  settling,  ///< The outcome is unknown: the next snapshot decides.
  watching,  ///< The agent does it by hand in the CCP.
  cold,      ///< The SDK was asked to do it in one step; its word or the contact's end is missing.
};
BOOST_DESCRIBE_ENUM(MirrorStep, adding, ringing, leaving, settling, watching, cold)

/// What a mirrored transfer has.
struct MirrorTransfer {
  MirrorStep step = MirrorStep::adding;
  std::string third_party;  ///< His connection, once a snapshot showed him active.
  bool leave_sent = false;
  /// Settling: a snapshot without the third party decides only from then on, since what was asked
  /// for may still be on its way.
  TimeMs settle_after = 0;
  bool report_asked = false;
  std::uint64_t timer = 0;    ///< The step's deadline.
  bool cold = false;          ///< By the SDK, in one step. Nothing else is asked for then.
  bool confirmed = false;     ///< Cold: the SDK says that it is done.
  bool contact_over = false;  ///< Cold: the contact has ended, and the SDK's word is missing.
};
BOOST_DESCRIBE_STRUCT(MirrorTransfer, (),
                      (step, third_party, leave_sent, settle_after, report_asked, timer, cold,
                       confirmed, contact_over))

/// What can be done with a call that is carried out by a session at Amazon Connect: once the agent
/// has left, its legs are nobody's that Baton could see.
[[nodiscard]] message::Capabilities mirrored_capabilities();

/// The reason for what the library called an exception; `status` is the HTTP status behind it, or
/// 0.
[[nodiscard]] message::Reason reason_of_exception(std::string_view name, int status);

/// True if the service has certainly not done what it was asked for. A 429 or 5xx may have had its
/// effect all the same: the library has asked up to four times. InvalidStateException may be what
/// its second try was told, where the first one had its effect and was answered by a 5xx: the
/// library passes on the last answer only.
[[nodiscard]] bool is_certain_failure(std::string_view name, int status);

/// What a bridge calls it when the SDK has no open channel to the CCP.
inline constexpr const char* kNoChannel = "NoChannel";

/// True if a bridge or the back end says that the library was not asked at all.
[[nodiscard]] bool was_never_asked(std::string_view name);

/// True for a connection that takes part: connecting, connected, hold, silent_monitor, barge.
[[nodiscard]] bool is_active(const message::BridgeConnection& connection);

/// The customer's connection, the agent's own, and the first active one of anybody else; nullptr
/// for none.
[[nodiscard]] const message::BridgeConnection* customer_of(const message::BridgeContact& contact);
[[nodiscard]] const message::BridgeConnection* agent_of(const message::BridgeContact& contact);
[[nodiscard]] const message::BridgeConnection* third_party_of(
    const message::BridgeContact& contact);
/// True where the customer's own connection is over: while the contact is not, he hung up.
[[nodiscard]] bool customer_left(const message::BridgeContact& contact);

/// Where a mirrored contact stands, whatever its connections say.
enum class MirrorPhase : std::uint8_t { offered, dialing, active, ended, missed, rejected };
[[nodiscard]] MirrorPhase phase_of(const message::BridgeContact& contact);

}  // namespace baton::core
