#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/command.hpp"
#include "core/leg.hpp"
#include "core/mirror.hpp"
#include "directory/directory.hpp"
#include "message/request.hpp"

namespace baton::core {

/// Names the asker of a request, so that its reply finds him. Given by the engine; 0: nobody waits
/// (replay).
using ReplyKey = std::uint64_t;

/// A change asked for by a desktop or a server. Reads never become inputs.
struct RequestInput {
  ReplyKey reply = 0;
  std::string caller;  ///< Login of who signed in.
  directory::Role role = directory::Role::agent;
  std::string
      agent;  ///< Whose request it is: the caller, or whom a service or supervisor acts for.
  message::Request request;
  /// Of the number on the dial pad, where there is one (core/number_facts.hpp).
  std::optional<directory::NumberFacts> number_facts{};
};
BOOST_DESCRIBE_STRUCT(RequestInput, (), (reply, caller, role, agent, request, number_facts))

/// An INVITE came in from a trunk (`from_agent` empty) or from an agent's own phone. Nothing but
/// 100 was answered.
struct LegIncoming {
  LegId leg;
  std::string trunk;       ///< Name of the trunk.
  std::string from_agent;  ///< Login, authenticated.
  std::string to_number;   ///< The dialled user part, E.164 where it is one.
  Presentation presentation;
  int max_forwards = 70;
  std::optional<directory::NumberFacts> number_facts{};  ///< Of what an agent's phone dialled.
};
BOOST_DESCRIBE_STRUCT(LegIncoming, (),
                      (leg, trunk, from_agent, to_number, presentation, max_forwards, number_facts))

/// A dialled leg's phone rings: a 180 (a 183 alone is not ringing).
struct LegRinging {
  LegId leg;
};
BOOST_DESCRIBE_STRUCT(LegRinging, (), (leg))

/// Something came back for a leg that was dialled by a trunk, if only a 100, though it does not
/// ring: the trunk is there. Not told of a leg that rings, is answered or ends by then, nor at once
/// (LegTimes::heard), but before the shortest ringTimeoutSeconds.
struct LegHeard {
  LegId leg;
};
BOOST_DESCRIBE_STRUCT(LegHeard, (), (leg))

/// A dialled leg was answered by a 2xx; the media is not joined yet (BridgeLegs does that). Or an
/// incoming one was answered by a BridgeLegs and has acknowledged it, whatever becomes of the join.
struct LegAnswered {
  LegId leg;
};
BOOST_DESCRIBE_STRUCT(LegAnswered, (), (leg))

/// Who or what ended a leg.
enum class EndCause : std::uint8_t {
  remote,       ///< The party hung up or sent CANCEL.
  local,        ///< We ended it, by EndLeg.
  refused,      ///< A dialled leg got a final refusal: `code`.
  unreachable,  ///< No answer to a request (408, 481, transport error), or the session timer ran
                ///< out.
};
BOOST_DESCRIBE_ENUM(EndCause, remote, local, refused, unreachable)

/// The leg is over. Sent exactly once for each leg that existed; nothing about the leg follows
/// (but the results of commands that were open).
struct LegEnded {
  LegId leg;
  EndCause cause = EndCause::remote;
  int code = 0;      ///< SIP status, or 0.
  std::string text;  ///< Reason phrase or Reason header, for people.
};
BOOST_DESCRIBE_STRUCT(LegEnded, (), (leg, cause, code, text))

/// The party put us on hold, or took us back, by its own re-INVITE. The switch has relayed it
/// already.
struct LegHeld {
  LegId leg;
  bool held = false;
};
BOOST_DESCRIBE_STRUCT(LegHeld, (), (leg, held))

/// A leg is muted, or is not, against what the failure of its MuteLeg said: the party did it too
/// late, and did not take it back.
struct LegMuted {
  LegId leg;
  bool muted = false;
};
BOOST_DESCRIBE_STRUCT(LegMuted, (), (leg, muted))

/// A REFER on a confirmed leg, unanswered yet.
struct LegRefer {
  LegId leg;
  ReferId refer = 0;
  std::string target_user;  ///< User part of Refer-To, unescaped.
  std::string target_host;
  bool replaces = false;
  std::optional<directory::NumberFacts> number_facts{};  ///< Of target_user, where it is a number.
};
BOOST_DESCRIBE_STRUCT(LegRefer, (), (leg, refer, target_user, target_host, replaces, number_facts))

/// A command's result: exactly one for each command.
struct CommandResult {
  CommandId command = 0;
  bool ok = true;
  int code = 0;  ///< SIP status of the failure.
  std::string text;
  std::optional<LegId> failed_leg;  ///< BridgeLegs: whose side failed.
};
BOOST_DESCRIBE_STRUCT(CommandResult, (), (command, ok, code, text, failed_leg))

/// An agent's phone is reachable now (at least one registered contact), or no longer.
struct PhoneReachable {
  std::string login;
  bool reachable = false;
};
BOOST_DESCRIBE_STRUCT(PhoneReachable, (), (login, reachable))

/// A bridge of this agent has said hello (docs/amazon-connect.md).
struct BridgeOpened {
  std::string agent;
  BridgeId bridge = 0;
  message::BridgeHello hello;
};
BOOST_DESCRIBE_STRUCT(BridgeOpened, (), (agent, bridge, hello))

/// Its connection has ended.
struct BridgeClosed {
  std::string agent;
  BridgeId bridge = 0;
};
BOOST_DESCRIBE_STRUCT(BridgeClosed, (), (agent, bridge))

/// It reports what the agent's session shows.
struct BridgeReport {
  std::string agent;
  BridgeId bridge = 0;
  message::BridgeSnapshot snapshot;
};
BOOST_DESCRIBE_STRUCT(BridgeReport, (), (agent, bridge, snapshot))

/// It reports a part of what the session lists as destinations.
struct BridgeListed {
  std::string agent;
  BridgeId bridge = 0;
  message::BridgeEndpoints endpoints;
};
BOOST_DESCRIBE_STRUCT(BridgeListed, (), (agent, bridge, endpoints))

/// The library called back, or the command was never handed over (error "NotSent"). One at most for
/// each BridgeCommand: after a 401 or 403, and when the page is gone, none comes.
struct BridgeDone {
  std::string agent;
  BridgeId bridge = 0;
  message::BridgeResult result;
};
BOOST_DESCRIBE_STRUCT(BridgeDone, (), (agent, bridge, result))

using TimerId = std::uint64_t;

/// A timer that the core armed has run out. Timers that were cancelled meanwhile are ignored.
struct TimerFired {
  TimerId timer = 0;
};
BOOST_DESCRIBE_STRUCT(TimerFired, (), (timer))

/// The directory as it is from now on.
struct DirectoryChanged {
  directory::Directory directory;
};
BOOST_DESCRIBE_STRUCT(DirectoryChanged, (), (directory))

/// A queue opened or closed by its hours, as the edge's clock and time-zone data have it.
struct QueueHours {
  std::string queue_arn;
  bool open = true;
};
BOOST_DESCRIBE_STRUCT(QueueHours, (), (queue_arn, open))

/// How a session at Amazon Connect is mirrored.
struct MirrorPolicy {
  bool enabled = false;            ///< The back end is amazon-connect: calls are not ours.
  int add_timeout_seconds = 10;    ///< How long the third party may take to show up.
  int leave_timeout_seconds = 10;  ///< How long the agent's own connection may take to go.
  /// How long an unknown outcome waits for a snapshot, and a session for its bridge.
  int settle_timeout_seconds = 600;
  /// Agents and queues are reached by the SDK's cold transfer, where a bridge has its client.
  bool cold_transfer = false;
};
BOOST_DESCRIBE_STRUCT(MirrorPolicy, (),
                      (enabled, add_timeout_seconds, leave_timeout_seconds, settle_timeout_seconds,
                       cold_transfer))

/// What the configuration lets the core decide by. Times in milliseconds.
struct Policy {
  int ring_timeout_seconds = 20;    ///< Default of options.ringTimeoutSeconds (5 to 120).
  int queue_timeout_seconds = 600;  ///< Default of options.queueTimeoutSeconds.
  int offer_timeout_seconds = 20;   ///< How long an agent is offered a queued call before the next.
  int park_timeout_ms = 2000;       ///< How long a release waits for the customer's hold.
  int bridge_timeout_ms = 10000;    ///< How long a join may take before it counts as failed.
  int answer_timeout_seconds =
      10;  ///< How long a phone may take to pick up after `Answer` was pressed.
  int return_ring_seconds = 20;   ///< How long the primary agent is rung when a transfer returns.
  int end_timeout_ms = 5000;      ///< After that an ended leg is forgotten.
  std::string last_resort_queue;  ///< ARN or name; empty: none.
  int max_contacts = 20000;       ///< Contacts at once; one more is refused with 503.
  int idempotency_hours = 24;
  int idempotency_ids_per_agent = 1000;
  std::string default_caller_id;  ///< For outside calls; empty: the customer's or the trunk's own.
  directory::DialPolicy dial;     ///< Which outside numbers may be dialled, and how often.
  MirrorPolicy mirror{};
  /// Of the back end that the process began with: a journal is replayed with those that it was
  /// recorded with, whatever is configured since.
  message::Capabilities capabilities{};
};
BOOST_DESCRIBE_STRUCT(Policy, (),
                      (ring_timeout_seconds, queue_timeout_seconds, offer_timeout_seconds,
                       park_timeout_ms, bridge_timeout_ms, answer_timeout_seconds,
                       return_ring_seconds, end_timeout_ms, last_resort_queue, max_contacts,
                       idempotency_hours, idempotency_ids_per_agent, default_caller_id, dial,
                       mirror, capabilities))

struct PolicyChanged {
  Policy policy;
};
BOOST_DESCRIBE_STRUCT(PolicyChanged, (), (policy))

/// A process started on this store: an input of each start, before any other. Legs of the process
/// before are gone unless the switch adopted them. A leg that was adopted and is unknown here is
/// told to end.
struct Started {
  std::string version;  ///< Of the program.
  std::vector<LegId> adopted_legs;
  /// Logins whose phones are still registered. All others count as unreachable until
  /// PhoneReachable.
  std::vector<std::string> reachable_phones{};
  /// Of the adopted legs those whose party has to connect again first, and how long the switch
  /// waits for that: what is to be done with them waits, too.
  std::vector<LegId> awaited_legs{};
  int reconnect_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Started, (),
                      (version, adopted_legs, reachable_phones, awaited_legs, reconnect_ms))

using InputBody =
    std::variant<Started, PolicyChanged, DirectoryChanged, QueueHours, RequestInput, LegIncoming,
                 LegRinging, LegAnswered, LegEnded, LegHeld, LegRefer, CommandResult,
                 PhoneReachable, TimerFired, BridgeOpened, BridgeClosed, BridgeReport, BridgeDone,
                 BridgeListed, LegHeard, LegMuted>;

/// One thing that happened, with everything that the core may depend on: its time and its
/// randomness.
struct Input {
  TimeMs at = 0;
  std::uint64_t entropy_high =
      0;  ///< Seed of the identifiers that the core draws while it applies this input.
  std::uint64_t entropy_low = 0;
  InputBody body;
};
BOOST_DESCRIBE_STRUCT(Input, (), (at, entropy_high, entropy_low, body))

}  // namespace baton::core
