#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "message/request.hpp"
#include "message/shared.hpp"
#include "message/uuid.hpp"

namespace baton::message {

/// Milliseconds since 1970-01-01T00:00:00Z; printed as RFC 3339 in UTC with milliseconds.
using TimeMs = std::int64_t;

/// The call buttons, in the published order; blind_transfer is Baton's own and not in `count`.
enum class CallButton : std::uint8_t {
  answer,
  reject,
  disconnect,
  hold,
  resume,
  clear_contact,
  consult,
  numberpad,
  swap,
  transfer,
  conference,
  blind_transfer,
};

/// A set of enabled call buttons; what is not in it is "Hide".
struct CallButtons {
  std::uint16_t bits = 0;

  constexpr CallButtons() = default;
  constexpr CallButtons(std::initializer_list<CallButton> enabled) {
    for (CallButton b : enabled)
      bits = static_cast<std::uint16_t>(bits | (1U << static_cast<unsigned>(b)));
  }
  [[nodiscard]] constexpr bool has(CallButton b) const {
    return ((bits >> static_cast<unsigned>(b)) & 1U) != 0;
  }
  friend bool operator==(const CallButtons&, const CallButtons&) = default;
};
BOOST_DESCRIBE_STRUCT(CallButtons, (), (bits))

/// Names and values that are told with a call.
using CallVariables = std::map<std::string, std::string>;

/// One leg of a call as the published `ResponseActual` tells it.
struct CallLegView {
  ToldUuid connection_id;
  ToldUuid contact_id;
  std::optional<std::string> phone_number;  ///< null on the agent leg.
  std::string status;                       ///< connecting, connected, hold, disconnected.
  TimeMs status_at = 0;
  std::string type;  ///< agent, inbound, outbound.
  CallButtons buttons;
  std::optional<std::string> previous_status;
};
BOOST_DESCRIBE_STRUCT(CallLegView, (),
                      (connection_id, contact_id, phone_number, status, status_at, type, buttons,
                       previous_status))

/// InboundCall / InboundCallStateChange: message `{call, source:"event"}`.
struct CallEvent {
  CallLegView leg;
  std::string
      event;  ///< connecting, connected, hold, missed, Rejected, ACW, Dropped (published spelling).
  Shared<CallVariables> call_variables;
  std::string queue_name;
  TimeMs queue_at = 0;
};
BOOST_DESCRIBE_STRUCT(CallEvent, (), (leg, event, call_variables, queue_name, queue_at))

/// InboundCall / StateSync.
struct CallStateSync {
  Shared<CallVariables> attributes;
  std::optional<std::string> queue_name;
  std::optional<TimeMs> queue_at;
  std::vector<CallLegView> calls;
};

/// `routingProfile` of the published `AgentInfo`.
struct RoutingView {
  std::string name;
  std::string arn;
  std::string default_outbound_queue_name;
  std::string default_outbound_queue_arn;
};

/// `AgentInfo` of the published appendix.
struct AgentInfo {
  std::string name;
  std::string id;
  std::string extension;
  std::string login_name;
  bool muted = false;
  bool softphone_enabled = true;
  std::string_view state;  ///< Ready, Not_Ready (published spelling): a literal.
  TimeMs state_changed_at = 0;
  std::string type;  ///< routable, not_routable, offline, system.
  std::optional<std::string> reason_code;
  Shared<RoutingView> routing;
};

/// `agentState` and `rules.ResponseActual`.
struct AgentStateView {
  std::string type;
  std::string name;  ///< "Available", "Busy", "AfterCallWork", "Not Ready Break", ...
  TimeMs started_at = 0;
};

/// `rules.ButtonStates.items`; `count` is the number of keys present.
struct AgentButtons {
  std::optional<bool> not_ready;
  std::optional<bool> ready;
  std::optional<bool> make_call;
  std::optional<bool> mute;
  std::optional<bool> unmute;
};

/// The agent as a whole: SetAgentState, Agent / StateSync, LoginSuccess and LogoutSuccess print
/// parts of it.
struct AgentSnapshot {
  std::string_view login_state;  ///< LoggedOut, LoggedIn: a literal.
  std::optional<AgentInfo> info;
  std::optional<AgentStateView> state;
  std::optional<AgentButtons> buttons;
};

struct SetAgentState {
  AgentSnapshot agent;
  std::string event;  ///< The state's name, mandatory in the published page.
};
struct AgentStateSync {
  AgentSnapshot agent;
};
struct LoginSuccess {
  AgentSnapshot agent;
};
struct LogoutSuccess {
  AgentSnapshot agent;
};
struct GetStates {
  std::vector<AgentStateRef> states;
};

/// What the back end can do, told in App / StateSync as `capabilities`.
struct Capabilities {
  std::string backend = "sip";
  std::vector<ReleaseOn> release_on_number{ReleaseOn::accepted, ReleaseOn::alerting,
                                           ReleaseOn::answered};
  std::vector<ReleaseOn> release_on_queue{ReleaseOn::accepted};
  std::vector<ReleaseOn> release_on_agent{ReleaseOn::accepted, ReleaseOn::alerting,
                                          ReleaseOn::answered};
  ReleaseOn default_release_on_number = ReleaseOn::alerting;
  ReleaseOn default_release_on_queue = ReleaseOn::accepted;
  ReleaseOn default_release_on_agent = ReleaseOn::alerting;
  bool tracks_after_release = true;
  bool take_back_after_release = true;
  bool fallback_after_release = true;
  bool sees_answer = true;
};
BOOST_DESCRIBE_STRUCT(Capabilities, (),
                      (backend, release_on_number, release_on_queue, release_on_agent,
                       default_release_on_number, default_release_on_queue,
                       default_release_on_agent, tracks_after_release, take_back_after_release,
                       fallback_after_release, sees_answer))

struct AppStateSync {
  std::string init_state = "Loaded";  ///< None, Loading, Loaded.
  Capabilities capabilities;
};

enum class TransferState : std::uint8_t {
  accepted,
  dialing,
  alerting,
  queued,
  returning,
  requeued,
  outcomeUnknown,
  connected,
  returned,
  canceled,
  failed,
  abandoned,
  handedOver,
  completed,
};
BOOST_DESCRIBE_ENUM(TransferState, accepted, dialing, alerting, queued, returning, requeued,
                    outcomeUnknown, connected, returned, canceled, failed, abandoned, handedOver,
                    completed)
[[nodiscard]] std::string_view to_string(TransferState state);
/// True for the seven outcomes: connected, returned, canceled, failed, abandoned, handedOver (and
/// completed, which follows connected).
[[nodiscard]] bool is_outcome(TransferState state);

enum class Custody : std::uint8_t { agent, server, queue, destination, backend, unknown, gone };
BOOST_DESCRIBE_ENUM(Custody, agent, server, queue, destination, backend, unknown, gone)
/// "backend" is printed "back end".
[[nodiscard]] std::string_view to_string(Custody custody);

/// Where a transfer goes, resolved: what the directory holds has won over what the message said.
struct DestinationView {
  std::string type;  ///< dial_pad, phone_number, queue, agent.
  std::string name;
  std::optional<std::string> endpoint_arn;
  std::optional<std::string> phone_number;
  std::optional<std::string> agent_login;
  std::optional<std::string> queue;
};
BOOST_DESCRIBE_STRUCT(DestinationView, (),
                      (type, name, endpoint_arn, phone_number, agent_login, queue))

/// The options in force.
struct OptionsInForce {
  ReleaseOn release_on = ReleaseOn::alerting;
  int ring_timeout_seconds = 20;
  int queue_timeout_seconds = 600;
  std::vector<FallbackStep> on_failure;
  std::optional<std::string> note;
  std::map<std::string, std::string> attributes;
};
BOOST_DESCRIBE_STRUCT(OptionsInForce, (),
                      (release_on, ring_timeout_seconds, queue_timeout_seconds, on_failure, note,
                       attributes))

/// The back end's own word on a failure.
struct BackendError {
  std::string name;  ///< "sip", "amazon-connect".
  int code = 0;      ///< SIP or HTTP status, or 0.
  std::string text;
  std::optional<std::string> error{};  ///< Amazon Connect: name of the exception.
};
BOOST_DESCRIBE_STRUCT(BackendError, (), (name, code, text, error))

/// InboundCall / TransferStateChange (+).
struct TransferStateChange {
  Uuid transfer_id;
  Uuid contact_id;
  TransferState state = TransferState::accepted;
  Custody custody = Custody::agent;
  Shared<DestinationView> destination;
  Shared<OptionsInForce> options;
  TimeMs at = 0;
  Reason reason = Reason::none;
  std::optional<std::string> connected_to;  ///< Login or number of who answered.
  std::optional<bool> connected_to_agent;   ///< True where a human is certain.
  std::optional<int> position;              ///< In queue, from 1.
  std::optional<int> estimated_wait_seconds;
  std::optional<std::string> queue_name;  ///< The queue that holds the customer.
  std::optional<BackendError> backend;
};
BOOST_DESCRIBE_STRUCT(TransferStateChange, (),
                      (transfer_id, contact_id, state, custody, destination, options, at, reason,
                       connected_to, connected_to_agent, position, estimated_wait_seconds,
                       queue_name, backend))

/// Error / ApiError.
struct ApiError {
  std::string error_type;
  std::string msg;
  std::string error_message;
  Reason reason = Reason::none;
  // The rest only where a transfer was accepted, or is named by the refusal.
  std::optional<Uuid> transfer_id;
  std::optional<Uuid> running_transfer_id;
  std::optional<Uuid> contact_id;
  std::optional<std::string> stage;  ///< The TransferState in which it failed.
  std::optional<bool> retryable;
  std::optional<int> retry_after_seconds;        ///< With rateLimited: when it may be tried again.
  std::optional<std::string> customer_location;  ///< A Custody.
  std::optional<std::string> agent_state;
  std::optional<std::string> suggested_action;
  std::optional<BackendError> backend;
};
BOOST_DESCRIBE_STRUCT(ApiError, (),
                      (error_type, msg, error_message, reason, transfer_id, running_transfer_id,
                       contact_id, stage, retryable, retry_after_seconds, customer_location,
                       agent_state, suggested_action, backend))

using EventBody =
    std::variant<AppStateSync, AgentStateSync, GetStates, LoginSuccess, LogoutSuccess,
                 SetAgentState, CallEvent, CallStateSync, TransferStateChange, ApiError>;

/// An event or reply as it goes to a desktop.
struct Event {
  std::string agent;
  std::optional<std::uint64_t> sequence;  ///< Absent on replies to reads and on refusals.
  std::optional<std::string> request_id;  ///< `id` of the request that caused it.
  /// Subtopic that a read came under, where it differs ("GetStates"); empty: the body's own.
  EventBody body;
};

/// The event's envelope as JSON text (UTF-8, one line). `epoch` is the store's. Any thread.
[[nodiscard]] std::string print(const Event& event, std::string_view epoch);

/// One step of a transfer's timeline.
struct TransferStep {
  TimeMs at = 0;
  TransferState state = TransferState::accepted;
  Custody custody = Custody::agent;
  Reason reason = Reason::none;
  std::string detail;  ///< Who, which queue, the back end's text.
};
BOOST_DESCRIBE_STRUCT(TransferStep, (), (at, state, custody, reason, detail))

/// A transfer as REST and the store tell it.
struct TransferView {
  TransferStateChange current;
  std::string agent;  ///< The primary agent's login.
  std::optional<std::string> request_id;
  std::string called_queue;  ///< Name of the queue that the customer had called; empty: none.
  std::vector<TransferStep> timeline;
  TimeMs accepted_at = 0;
  std::optional<TimeMs> released_at;
  std::optional<TimeMs> outcome_at;
};
BOOST_DESCRIBE_STRUCT(TransferView, (),
                      (current, agent, request_id, called_queue, timeline, accepted_at, released_at,
                       outcome_at))

/// A leg in a contact record.
struct LegRecord {
  Uuid connection_id;
  std::string_view type;  ///< agent, inbound, outbound: a literal.
  std::string party;      ///< Login or number.
  TimeMs started_at = 0;
  std::optional<TimeMs> answered_at;
  std::optional<TimeMs> ended_at;
  int end_code = 0;  ///< SIP status that ended it, 0 for a normal end.
  std::string end_text;
};

/// A move to another queue that was asked for (MoveContact) while the customer waited.
struct QueueMove {
  TimeMs at = 0;
  std::string from;  ///< The queues' names at that time; an ARN where the directory had it no more.
  std::string to;
  std::string by;  ///< Login of who asked for it.
};
BOOST_DESCRIBE_STRUCT(QueueMove, (), (at, from, to, by))

/// A contact as REST and the store tell it: legs, attempts, transfers, moves.
struct ContactView {
  Uuid contact_id;
  std::string_view direction;  ///< inbound, outbound: a literal.
  std::string customer;        ///< The customer's number.
  std::string dialed;
  std::string queue_name;
  std::string_view state;  ///< queued, offered, active, ended: a literal.
  TimeMs started_at = 0;
  std::optional<TimeMs> ended_at;
  std::vector<LegRecord> legs;
  std::vector<Uuid> transfers;
  std::vector<QueueMove> moves;
};

/// What is known of a phone number, as REST tells it.
struct NumberView {
  std::string number;  ///< E.164.
  bool possible = false;
  std::string country;       ///< ISO 3166-1 alpha-2, "001" or "ZZ".
  std::string number_class;  ///< "mobile", "premium_rate", ...
};

/// The answer of a preflight: what a BlindTransfer would be told.
struct PreflightView {
  DestinationView destination;       ///< Of an empty type when it was not found.
  std::optional<NumberView> number;  ///< Where a number would be dialled.
  std::optional<ApiError> refusal;   ///< Absent: it would be accepted.
};

/// JSON objects of the REST reads.
[[nodiscard]] std::string print(const TransferView& transfer);
[[nodiscard]] std::string print_timeline(const TransferView& transfer);
[[nodiscard]] std::string print(const ContactView& contact);
[[nodiscard]] std::string print(const PreflightView& preflight);

inline constexpr std::size_t kTimeTextLength = 24;

/// Writes the 24 characters of format_time() there.
void print_time_to(TimeMs at, char* text);

/// "2020-04-09T08:37:12.701Z".
[[nodiscard]] std::string format_time(TimeMs at);

}  // namespace baton::message
