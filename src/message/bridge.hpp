#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "message/request.hpp"
#include "message/uuid.hpp"

namespace baton::message {

// What Baton and the bridge beside an agent's amazon-connect-streams tell each other
// (docs/amazon-connect.md, "The bridge"): the topic Bridge. Identifiers and states are Amazon
// Connect's own, as the library spells them.

/// Bridge / Hello: who reports.
struct BridgeHello {
  std::string tab;        ///< Stays the same when the page is loaded again, and is no other tab's.
  std::string instance;   ///< The page of the CCP, such as https://x.my.connect.aws/ccp-v2/.
  std::string agent_arn;  ///< As the library's configuration has it; empty: not known yet.
  std::string username;   ///< Likewise.
  std::string library;    ///< Version of amazon-connect-streams.
  bool cold_transfer = false;  ///< It has a client of the SDK for coldTransfer.

  friend bool operator==(const BridgeHello&, const BridgeHello&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeHello, (), (tab, instance, agent_arn, username, library, cold_transfer))

/// A connection (leg) of a contact.
struct BridgeConnection {
  std::string id;
  std::string type;      ///< agent, inbound, outbound, monitoring.
  std::string state;     ///< init, connecting, connected, hold, disconnected, ...
  bool initial = false;  ///< The customer's.
  std::string number;    ///< Empty: none is known; "INTERNAL-TRANSFER" for a queue or an agent.
  std::string quick_connect{};  ///< Its name, where the library knows it.

  friend bool operator==(const BridgeConnection&, const BridgeConnection&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeConnection, (), (id, type, state, initial, number, quick_connect))

/// A voice contact.
struct BridgeContact {
  std::string id;
  std::string type;       ///< voice, queue_callback.
  std::string state;      ///< incoming, connecting, connected, missed, error, ended, rejected, ...
  std::string queue_arn;  ///< Empty: none.
  std::string queue_name{};
  std::vector<BridgeConnection> connections{};

  friend bool operator==(const BridgeContact&, const BridgeContact&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeContact, (), (id, type, state, queue_arn, queue_name, connections))

/// Bridge / Snapshot: the agent and his voice contacts as the library sees them now.
struct BridgeSnapshot {
  std::uint64_t epoch = 0;  ///< Of the lease under which it is reported.
  /// False: the frame of the CCP has been silent for some seconds, so that this may be old.
  bool alive = true;
  /// When the service made what is shown, in Unix milliseconds by its clock; 0: not told.
  std::uint64_t taken_at = 0;
  std::string state;       ///< Name of the agent's state: Available, Busy, AfterCallWork, ...
  std::string state_type;  ///< routable, not_routable, offline, system, error.
  bool muted = false;
  std::vector<BridgeContact> contacts{};

  friend bool operator==(const BridgeSnapshot&, const BridgeSnapshot&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeSnapshot, (),
                      (epoch, alive, taken_at, state, state_type, muted, contacts))

/// Bridge / Endpoints: a part of what the agent's session lists that he may transfer to, the quick
/// connects of his queues. Sent with a new lease where it is not what Baton has, and when it has
/// changed.
struct BridgeEndpoints {
  std::uint64_t epoch = 0;  ///< Of the lease under which it is reported.
  std::string digest;       ///< Of the whole list; the bridge's own, and only compared.
  std::uint64_t part = 0;   ///< Counted from 0.
  bool last = true;         ///< No other part follows.
  bool known = false;       ///< False: the session does not tell, and nothing is checked by it.
  std::vector<std::string> arns{};  ///< Their endpoint ARNs.

  friend bool operator==(const BridgeEndpoints&, const BridgeEndpoints&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeEndpoints, (), (epoch, digest, part, last, known, arns))

/// Bridge / Result: the library called back.
struct BridgeResult {
  std::uint64_t command = 0;
  std::uint64_t epoch = 0;
  bool ok = true;
  std::string error{};  ///< Name of the exception; empty: it had none.
  std::string text{};   ///< The library's own text.
  int status = 0;       ///< HTTP status behind the error, where the library tells it.

  friend bool operator==(const BridgeResult&, const BridgeResult&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeResult, (), (command, epoch, ok, error, text, status))

/// What a bridge is told. The names on the wire are the enumerators' own.
enum class BridgeAction : std::uint8_t {
  lease,           ///< This connection acts for the agent from now on; it reports at once.
  report,          ///< Report now, changed or not.
  addConnection,   ///< contact.addConnection(endpoint).
  leaveContact,    ///< Destroys the agent's own connection, while others stay.
  resumeCustomer,  ///< getInitialConnection().resume().
  accept,          ///< contact.accept().
  reject,          ///< contact.reject().
  hold,            ///< getInitialConnection().hold().
  resume,          ///< As resumeCustomer, because a desktop asked for it.
  sendDigits,      ///< On the customer's connection.
  makeCall,        ///< agent.connect(endpoint).
  disconnect,      ///< As leaveContact, because a desktop asked for it.
  clear,           ///< contact.clear().
  mute,            ///< agent.mute().
  unmute,
  setState,      ///< agent.setState().
  endpoints,     ///< agent.getEndpoints(), and report what has changed of it.
  coldTransfer,  ///< ContactClient.transfer(endpoint) of the SDK: the agent leaves in the same
                 ///< step.
};
BOOST_DESCRIBE_ENUM(BridgeAction, lease, report, addConnection, leaveContact, resumeCustomer,
                    accept, reject, hold, resume, sendDigits, makeCall, disconnect, clear, mute,
                    unmute, setState, endpoints, coldTransfer)

/// Where a connection is added to: the library's Endpoint.
struct BridgeEndpoint {
  std::string type;  ///< phone_number, queue, agent.
  std::string name;
  std::string arn;     ///< Empty: a number that was typed.
  std::string number;  ///< Empty: none.

  friend bool operator==(const BridgeEndpoint&, const BridgeEndpoint&) = default;
};
BOOST_DESCRIBE_STRUCT(BridgeEndpoint, (), (type, name, arn, number))

/// Bridge / Command, to one bridge. Which fields are set depends on `action`.
struct BridgeOrder {
  std::uint64_t epoch = 0;
  BridgeAction action = BridgeAction::report;
  std::string contact_id{};
  std::optional<BridgeEndpoint> endpoint{};
  std::string digits{};
  std::string state{};       ///< Name of the agent's new state,
  std::string state_type{};  ///< and its type.
  int deadline_ms = 0;       ///< Counted from `at`: later it is not carried out; 0: whenever.
  std::int64_t at = 0;       ///< When it was decided, in Unix milliseconds.
  std::string endpoints{};   ///< With a lease: the digest of the list that Baton has; empty: none.
};
BOOST_DESCRIBE_STRUCT(BridgeOrder, (),
                      (epoch, action, contact_id, endpoint, digits, state, state_type, deadline_ms,
                       at, endpoints))

/// The Command's envelope as JSON text. `command` is what its Result will name; 0: none is
/// expected. Any thread.
[[nodiscard]] std::string print(const BridgeOrder& order, std::uint64_t command,
                                std::string_view agent);

using BridgeFrame = std::variant<BridgeHello, BridgeSnapshot, BridgeEndpoints, BridgeResult>;

/// Most contacts of a snapshot, and most connections of a contact. An agent has a handful.
inline constexpr std::size_t kMaxBridgeContacts = 32;
inline constexpr std::size_t kMaxBridgeConnections = 32;
/// Most endpoints of a part, which must fit into http.max_frame_bytes, and of a whole list. Amazon
/// Connect lets a queue show 700 quick connects.
inline constexpr std::size_t kMaxBridgeEndpointsOfPart = 200;
inline constexpr std::size_t kMaxBridgeEndpoints = 4000;

/// Reads the `data` of an envelope that parse_request() has recognised as of this kind
/// (bridge_hello, bridge_snapshot, bridge_endpoints, bridge_result). Never throws on bad input. Any
/// thread.
[[nodiscard]] std::variant<BridgeFrame, Refusal> parse_bridge(RequestKind kind,
                                                              std::string_view text);

/// The identifier of a contact or connection of Amazon Connect, which is a UUID; of any other text
/// one that is worked out from it.
[[nodiscard]] Uuid bridge_id(std::string_view text);

}  // namespace baton::message
