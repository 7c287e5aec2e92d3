#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace baton::message {

/// Every request of the API (docs/message-api.md, "Requests"), whatever alias it came under.
enum class RequestKind : std::uint8_t {
  app_state_sync,
  agent_state_sync,
  get_states,
  login,
  logout,
  update_state,
  set_not_ready,
  mute,
  unmute,
  call_state_sync,
  answer,
  reject,
  hold,
  resume,
  send_dtmf,
  make_call,
  disconnect,
  clear_contact,
  blind_transfer,
  cancel_transfer,
  move_contact,
  bridge_hello,  ///< Bridge / Hello, Snapshot, Endpoints, Result: message/bridge.hpp reads their
                 ///< data.
  bridge_snapshot,
  bridge_endpoints,
  bridge_result,
  not_supported,  ///< Consult, Swap, Conference, Transfer and all of OutboundCall: published, not
                  ///< built yet.
};
BOOST_DESCRIBE_ENUM(RequestKind, app_state_sync, agent_state_sync, get_states, login, logout,
                    update_state, set_not_ready, mute, unmute, call_state_sync, answer, reject,
                    hold, resume, send_dtmf, make_call, disconnect, clear_contact, blind_transfer,
                    cancel_transfer, move_contact, bridge_hello, bridge_snapshot, bridge_endpoints,
                    bridge_result, not_supported)

/// True for requests that only read: they are neither journalled nor numbered.
[[nodiscard]] constexpr bool is_read(RequestKind kind) {
  return kind == RequestKind::app_state_sync || kind == RequestKind::agent_state_sync ||
         kind == RequestKind::get_states || kind == RequestKind::call_state_sync;
}

/// True for what a bridge reports: over a WebSocket only, and never a RequestInput.
[[nodiscard]] constexpr bool is_of_bridge(RequestKind kind) {
  return kind == RequestKind::bridge_hello || kind == RequestKind::bridge_snapshot ||
         kind == RequestKind::bridge_endpoints || kind == RequestKind::bridge_result;
}

/// The stable reasons of a refusal or failure (docs/message-api.md, "reason").
enum class Reason : std::uint8_t {
  none,
  noActiveCall,
  callNotOwned,
  ambiguousCall,
  transferInProgress,
  invalidMessage,
  invalidDestination,
  destinationNotFound,
  destinationNotPermitted,
  optionNotSupported,
  notSupported,
  numberNotPossible,
  countryNotAllowed,
  premiumRateBlocked,
  queueClosed,
  queueFull,
  noAgentStaffed,
  agentUnavailable,
  busy,
  rejected,
  noAnswer,
  numberNotFound,
  carrierUnavailable,
  mediaNotAcceptable,
  customerHungUp,
  canceled,
  backendRefused,
  backendUnavailable,
  timeout,
  idempotencyConflict,
  rateLimited,
  internal,
};
BOOST_DESCRIBE_ENUM(Reason, none, noActiveCall, callNotOwned, ambiguousCall, transferInProgress,
                    invalidMessage, invalidDestination, destinationNotFound,
                    destinationNotPermitted, optionNotSupported, notSupported, numberNotPossible,
                    countryNotAllowed, premiumRateBlocked, queueClosed, queueFull, noAgentStaffed,
                    agentUnavailable, busy, rejected, noAnswer, numberNotFound, carrierUnavailable,
                    mediaNotAcceptable, customerHungUp, canceled, backendRefused,
                    backendUnavailable, timeout, idempotencyConflict, rateLimited, internal)

/// The wire spelling of a reason, which is the enumerator's own name ("noActiveCall").
[[nodiscard]] std::string_view to_string(Reason reason);

enum class QuickConnectType : std::uint8_t { phone_number, queue, agent };
BOOST_DESCRIBE_ENUM(QuickConnectType, phone_number, queue, agent)

/// The quick-connect object of the published samples, checked: type, name and ARN are present, and
/// endpointId equals endpointARN.
struct QuickConnectRef {
  QuickConnectType type = QuickConnectType::phone_number;
  std::string name;
  std::string endpoint_arn;
  std::optional<std::string> phone_number;  ///< As sent; E.164 checked where present.
  std::optional<std::string> agent_login;
  std::optional<std::string> queue;

  friend bool operator==(const QuickConnectRef&, const QuickConnectRef&) = default;
};
BOOST_DESCRIBE_STRUCT(QuickConnectRef, (),
                      (type, name, endpoint_arn, phone_number, agent_login, queue))

/// A number typed on the dial pad, normalised to E.164 ("+12082097345").
struct DialPad {
  std::string number;

  friend bool operator==(const DialPad&, const DialPad&) = default;
};
BOOST_DESCRIBE_STRUCT(DialPad, (), (number))

using Destination = std::variant<DialPad, QuickConnectRef>;

enum class ReleaseOn : std::uint8_t { accepted, alerting, answered };
BOOST_DESCRIBE_ENUM(ReleaseOn, accepted, alerting, answered)

enum class FallbackKind : std::uint8_t { return_to_agent, original_queue, queue, disconnect };
BOOST_DESCRIBE_ENUM(FallbackKind, return_to_agent, original_queue, queue, disconnect)

/// One step of `onFailure`: "return", "originalQueue", "queue:<ARN>" or "disconnect".
struct FallbackStep {
  FallbackKind kind = FallbackKind::return_to_agent;
  std::string queue_arn;  ///< Only for FallbackKind::queue.

  friend bool operator==(const FallbackStep&, const FallbackStep&) = default;
};
BOOST_DESCRIBE_STRUCT(FallbackStep, (), (kind, queue_arn))

/// `options` as asked for; what is absent takes its default in the core.
struct TransferOptions {
  std::optional<ReleaseOn> release_on;
  std::optional<int> ring_timeout_seconds;   ///< 5 to 120.
  std::optional<int> queue_timeout_seconds;  ///< 1 to 86,400.
  std::optional<std::vector<FallbackStep>> on_failure;
  std::optional<std::string> note;                ///< At most 2,000 characters.
  std::map<std::string, std::string> attributes;  ///< 32 KiB in all.

  friend bool operator==(const TransferOptions&, const TransferOptions&) = default;
};
BOOST_DESCRIBE_STRUCT(TransferOptions, (),
                      (release_on, ring_timeout_seconds, queue_timeout_seconds, on_failure, note,
                       attributes))

/// `data` of Agent / UpdateState.
struct AgentStateRef {
  std::string label;
  std::string code;
  std::string type;

  friend bool operator==(const AgentStateRef&, const AgentStateRef&) = default;
};
BOOST_DESCRIBE_STRUCT(AgentStateRef, (), (label, code, type))

/// A request of any kind, checked for form. Which fields are set depends on `kind`.
struct Request {
  RequestKind kind = RequestKind::app_state_sync;
  std::string topic;     ///< In the canonical spelling.
  std::string subtopic;  ///< In the canonical spelling.
  std::string source;
  std::optional<std::string> id;  ///< The client's idempotency key.
  std::optional<std::string>
      contact_id;  ///< `contactId` of the envelope, or `data` of the call requests.
  std::optional<std::string>
      agent;  ///< `agent` of the envelope: for whom a service or supervisor acts.
  std::optional<AgentStateRef> state;      ///< UpdateState.
  std::string reason_code;                 ///< SetNotReady.
  std::string digits;                      ///< SendDTMF.
  std::optional<Destination> destination;  ///< BlindTransfer, SetMakeCall, MoveContact.
  TransferOptions options;                 ///< BlindTransfer.
  std::optional<std::string> transfer_id;  ///< CancelTransfer.
  /// FNV-1a 64 of the canonical content without `id`: equal content, equal hash (idempotency).
  std::uint64_t content_hash = 0;

  friend bool operator==(const Request&, const Request&) = default;
};
BOOST_DESCRIBE_STRUCT(Request, (),
                      (kind, topic, subtopic, source, id, contact_id, agent, state, reason_code,
                       digits, destination, options, transfer_id, content_hash))

/// A request that was refused for its form, before anything was looked up.
struct Refusal {
  std::string error_type;  ///< The row's errorType once topic and subtopic were recognised, else
                           ///< INVALID_MESSAGE.
  Reason reason = Reason::invalidMessage;
  std::string msg;    ///< Which field is wrong, what was seen, what is expected.
  std::string topic;  ///< Canonical, or empty where it was not recognised.
  std::string subtopic;
  std::optional<std::string> id;  ///< Echoed where it could be read.
};

/// Reads one request envelope (strict JSON, UTF-8). Never throws on bad input. Any thread.
[[nodiscard]] std::variant<Request, Refusal> parse_request(std::string_view text);

/// The errorType with which a request of this kind is refused ("BLIND_TRANSFER_FAILED"), and its
/// fixed errorMessage ("Blind transfer failed."). For not_supported the subtopic decides.
[[nodiscard]] std::string_view error_type(RequestKind kind, std::string_view canonical_subtopic);
[[nodiscard]] std::string_view error_message(std::string_view error_type);

/// The same for a parsed request, whose topic tells apart InboundCall / Transfer and OutboundCall /
/// Transfer: their published errorTypes differ. Prefer it where the whole request is at hand.
[[nodiscard]] std::string_view error_type(const Request& request);

/// The request as a canonical envelope (JSON, UTF-8, one line): what a client of ours sends.
/// Parsing it again gives an equal request. Any thread.
[[nodiscard]] std::string print(const Request& request);

/// Normalises a typed number: spaces, dots, hyphens and brackets are removed; the rest must be
/// ^\+[1-9][0-9]{1,14}$ (ITU-T E.164). Nothing if it is not.
[[nodiscard]] std::optional<std::string> normalize_e164(std::string_view text);

}  // namespace baton::message
