#include "message/samples/sample_events.hpp"

#include <boost/describe/enum_to_string.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>

namespace baton::message::samples {
namespace {

constexpr TimeMs kIncomingAt = 1'586'421'432'701;   // 2020-04-09T08:37:12.701Z
constexpr TimeMs kSyncLegsAt = 1'586'440'802'485;   // 2020-04-09T14:00:02.485Z
constexpr TimeMs kSyncQueueAt = 1'586'440'818'485;  // 2020-04-09T14:00:18.485Z
constexpr std::string_view kQueueArn =
    "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/"
    "transfer-destination/09258070-274e-489c-8e78-d228d8879067";
constexpr std::string_view kExternalArn =
    "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c-158f-4d7f-ab32-94d7e9b95974/"
    "transfer-destination/24b4cb36-0331-4368-b085-9c5d4d075efb";

Uuid uuid(std::string_view text) { return parse_uuid(text).value_or(Uuid{}); }

AgentInfo agent_info() {
  AgentInfo info;
  info.name = "testuser";
  info.id = "704fbb61-4f16-40dc-aa0e-09993cda4ce6";
  info.extension = "5064";
  info.login_name = "agent1";
  info.state = "Ready";
  info.state_changed_at = kIncomingAt;
  info.type = "routable";
  info.routing.own().name = "Basic Routing Profile";
  info.routing.own().arn =
      "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c/routing-profile/1";
  info.routing.own().default_outbound_queue_name = "BasicQueue";
  info.routing.own().default_outbound_queue_arn =
      "arn:aws:connect:us-east-1:975419294579:instance/a4c52a8c/queue/1";
  return info;
}

AgentSnapshot ready_agent() {
  AgentSnapshot agent;
  agent.login_state = "LoggedIn";
  agent.info = agent_info();
  agent.state = AgentStateView{"routable", "Available", kIncomingAt};
  agent.buttons = AgentButtons{true, false, true, std::nullopt, std::nullopt};
  return agent;
}

AgentSnapshot muted_agent() {
  AgentSnapshot agent = ready_agent();
  agent.info->muted = true;
  agent.info->state = "Not_Ready";
  agent.info->type = "system";
  agent.info->reason_code = "Busy";
  agent.state = AgentStateView{"system", "Busy", kIncomingAt};
  agent.buttons = AgentButtons{std::nullopt, std::nullopt, std::nullopt, false, true};
  return agent;
}

AgentSnapshot logged_out_agent() {
  AgentSnapshot agent;
  agent.login_state = "LoggedOut";
  return agent;
}

CallEvent acw_event() {
  CallEvent event = published_incoming_call();
  event.leg.status = "disconnected";
  event.leg.previous_status = "connected";
  event.leg.buttons = {CallButton::clear_contact};
  event.event = "ACW";
  return event;
}

CallEvent customer_event() {
  CallEvent event = published_incoming_call();
  event.leg.connection_id = event.leg.contact_id;
  event.leg.phone_number = "+161081111";
  event.leg.status = "hold";
  event.leg.type = "inbound";
  event.leg.buttons = {CallButton::disconnect, CallButton::resume, CallButton::transfer,
                       CallButton::blind_transfer};
  event.event = "hold";
  return event;
}

CallEvent dialed_call_event() {
  CallEvent event = published_incoming_call();
  event.leg.phone_number = "+12082097345";
  event.leg.type = "outbound";
  event.leg.buttons = {};
  event.call_variables = {};
  event.queue_name.clear();
  event.queue_at = 0;
  return event;
}

TransferStateChange dial_pad_transfer() {
  TransferStateChange transfer;
  transfer.transfer_id = uuid("7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10");
  transfer.contact_id = uuid("d675473e-7dbc-4a9b-ad92-b78f26e70b3b");
  transfer.destination.own().type = "dial_pad";
  transfer.destination.own().name = "+12082097345";
  transfer.destination.own().phone_number = "+12082097345";
  transfer.at = kIncomingAt;
  transfer.options.own().on_failure = {{FallbackKind::return_to_agent, ""},
                                       {FallbackKind::original_queue, ""}};
  return transfer;
}

ApiError refusal() {
  ApiError error;
  error.error_type = "BLIND_TRANSFER_FAILED";
  error.msg = "data: null was seen, a phone number or a quick-connect object is expected";
  error.error_message = std::string(error_message(error.error_type));
  error.reason = Reason::invalidDestination;
  return error;
}

ApiError full_error() {
  ApiError error = refusal();
  error.msg = "Busy Here";
  error.reason = Reason::busy;
  error.transfer_id = uuid("7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10");
  error.contact_id = uuid("d675473e-7dbc-4a9b-ad92-b78f26e70b3b");
  error.stage = "dialing";
  error.retryable = true;
  error.customer_location = std::string(to_string(Custody::agent));
  error.agent_state = "Busy";
  error.suggested_action = "Try again in a minute, or choose another destination.";
  error.backend = BackendError{"sip", 486, "Busy Here"};
  return error;
}

ApiError running_error() {
  ApiError error = refusal();
  error.msg = "contact: a transfer of it is running";
  error.reason = Reason::transferInProgress;
  error.running_transfer_id = uuid("7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10");
  return error;
}

Custody custody_of(TransferState state) {
  switch (state) {
    case TransferState::accepted:
    case TransferState::dialing:
    case TransferState::returned:
    case TransferState::canceled:
    case TransferState::failed:
      return Custody::agent;
    case TransferState::alerting:
    case TransferState::returning:
      return Custody::server;
    case TransferState::queued:
    case TransferState::requeued:
      return Custody::queue;
    case TransferState::outcomeUnknown:
      return Custody::unknown;
    case TransferState::connected:
      return Custody::destination;
    case TransferState::handedOver:
      return Custody::backend;
    case TransferState::abandoned:
    case TransferState::completed:
      return Custody::gone;
  }
  return Custody::unknown;
}

}  // namespace

CallEvent published_incoming_call() {
  CallEvent event;
  event.leg.connection_id = uuid("4bbfa29b-d5a8-4876-9276-09872a748397");
  event.leg.contact_id = uuid("d675473e-7dbc-4a9b-ad92-b78f26e70b3b");
  event.leg.status = "connecting";
  event.leg.status_at = kIncomingAt;
  event.leg.type = "agent";
  event.leg.buttons = {CallButton::answer, CallButton::reject};
  event.event = "connecting";
  event.call_variables.own() = {{"ANI", "+161081111"}, {"DNIS", "+16013261548"}};
  event.queue_name = "InboundTest";
  event.queue_at = kIncomingAt;
  return event;
}

CallStateSync published_call_state_sync() {
  CallStateSync sync;
  sync.attributes.own() = {{"ANI", "+161081111"}, {"DNIS", "+16013261548"}};
  sync.queue_name = "InboundTest";
  sync.queue_at = kSyncQueueAt;
  CallLegView agent;
  agent.connection_id = uuid("71707025-ca65-4693-84b0-d05d80bbccbc");
  agent.contact_id = uuid("4f9d6eda-8df1-481b-a2e6-e4379b7401f4");
  agent.status = "connected";
  agent.status_at = kSyncLegsAt;
  agent.type = "agent";
  agent.buttons = {CallButton::consult, CallButton::numberpad};
  CallLegView customer = agent;
  customer.connection_id = agent.contact_id;
  customer.phone_number = "+161081111";
  customer.type = "inbound";
  customer.buttons = {CallButton::disconnect, CallButton::hold};
  sync.calls = {agent, customer};
  return sync;
}

TransferStateChange full_transfer(TransferState state, Custody custody) {
  TransferStateChange transfer = dial_pad_transfer();
  transfer.state = state;
  transfer.custody = custody;
  transfer.destination.own() = {
      "queue",      "CallSummary-HVOC-Queue", std::string(kQueueArn), std::nullopt,
      std::nullopt, "CallSummary-HVOC-Queue"};
  transfer.options.own().on_failure.push_back({FallbackKind::queue, std::string(kQueueArn)});
  transfer.options.own().on_failure.push_back({FallbackKind::disconnect, ""});
  transfer.options.own().note = "Wants to change the address.\nSpeaks \"French\".";
  transfer.options.own().attributes = {{"account", "4711"}, {"mood \\ tone", "d\xC3\xA9tendu"}};
  transfer.reason = Reason::noAnswer;
  transfer.connected_to = "agent2";
  transfer.connected_to_agent = true;
  transfer.position = 1;
  transfer.estimated_wait_seconds = 35;
  transfer.queue_name = "CallSummary-HVOC-Queue";
  transfer.backend = BackendError{"sip", 480, "Temporarily Unavailable"};
  return transfer;
}

std::vector<std::pair<std::string, Event>> events() {
  std::vector<std::pair<std::string, Event>> all;
  const auto add = [&all](std::string name, EventBody body, bool change, bool asked) {
    Event event;
    event.agent = "agent1";
    if (change) event.sequence = all.size() + 1;
    if (asked) event.request_id = "request-1";
    event.body = std::move(body);
    all.emplace_back(std::move(name), std::move(event));
  };

  add("App StateSync", AppStateSync{}, false, true);
  add("Agent StateSync, ready", AgentStateSync{ready_agent()}, false, true);
  add("Agent StateSync, logged out", AgentStateSync{logged_out_agent()}, false, false);
  add("GetStates",
      GetStates{{{"Available", "Available", "routable"}, {"Break", "Not-Ready", "not_routable"}}},
      false, true);
  add("GetStates, none", GetStates{}, false, true);
  add("LoginSuccess", LoginSuccess{ready_agent()}, true, true);
  add("LogoutSuccess", LogoutSuccess{[] {
        AgentSnapshot agent = ready_agent();
        agent.login_state = "LoggedOut";
        agent.info->routing.own().default_outbound_queue_arn.clear();
        agent.info->routing.own().default_outbound_queue_name.clear();
        return agent;
      }()},
      true, true);
  add("LogoutSuccess, bare", LogoutSuccess{logged_out_agent()}, true, false);
  add("SetAgentState, Available", SetAgentState{ready_agent(), "Available"}, true, true);
  add("SetAgentState, muted", SetAgentState{muted_agent(), "Busy"}, true, false);
  add("Call event, connecting", published_incoming_call(), true, false);
  add("Call event, customer held", customer_event(), true, false);
  add("Call event, ACW", acw_event(), true, true);
  add("Call event, dialed by the agent", dialed_call_event(), true, true);
  add("InboundCall StateSync", published_call_state_sync(), false, true);
  add("InboundCall StateSync, no call", CallStateSync{}, false, true);
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<TransferState>>(
      [&add](auto state) {
        add(std::string("TransferStateChange ") + state.name,
            full_transfer(state.value, custody_of(state.value)), true, true);
      });
  add("TransferStateChange, dial pad", dial_pad_transfer(), true, false);
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<Reason>>([&add](auto reason) {
    ApiError error = refusal();
    error.reason = reason.value;
    add(std::string("ApiError ") + reason.name, error, false, true);
  });
  add("ApiError, transfer failed", full_error(), true, true);
  add("ApiError, transfer in progress", running_error(), false, true);
  all.emplace_back("ApiError, nobody signed in", Event{"", std::nullopt, std::nullopt, refusal()});
  return all;
}

std::vector<QueueState> queue_states() {
  return {{.arn = "arn:aws:connect:us-east-1:000000000000:instance/i/queue/q1",
           .name = "CallSummary-HVOC-Queue",
           .waiting = 3,
           .longest_waiting_since = kIncomingAt,
           .agents_staffed = 4,
           .agents_available = 0,
           .estimated_wait_seconds = 90},
          {.arn = "arn:aws:connect:us-east-1:000000000000:instance/i/queue/q2",
           .name = "Sales",
           .open = false}};
}

TransferView transfer_view() {
  TransferView view;
  view.current = full_transfer(TransferState::connected, Custody::destination);
  view.current.destination.own().type = "phone_number";
  view.current.destination.own().endpoint_arn = std::string(kExternalArn);
  view.agent = "agent1";
  view.request_id = "request-1";
  view.called_queue = "CallSummary-HVOC-Queue";
  view.accepted_at = kIncomingAt;
  view.released_at = kIncomingAt + 1'200;
  view.outcome_at = kIncomingAt + 5'000;
  view.timeline = {
      {kIncomingAt, TransferState::accepted, Custody::agent, Reason::none, ""},
      {kIncomingAt + 10, TransferState::dialing, Custody::agent, Reason::none, "+16579994374"},
      {kIncomingAt + 900, TransferState::failed, Custody::agent, Reason::busy, "486 Busy Here"},
  };
  return view;
}

std::vector<BridgeOrder> bridge_orders() {
  std::vector<BridgeOrder> orders;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<BridgeAction>>([&](auto each) {
    BridgeOrder& order = orders.emplace_back();
    order.epoch = 3;
    order.action = each.value;
    order.at = kIncomingAt;
    if (each.value == BridgeAction::lease || each.value == BridgeAction::report) return;
    order.deadline_ms = 10'000;
    order.contact_id = "d675473e-7dbc-4a9b-ad92-b78f26e70b3b";
    if (each.value == BridgeAction::addConnection || each.value == BridgeAction::coldTransfer) {
      order.endpoint = BridgeEndpoint{.type = "queue",
                                      .name = "CallSummary-HVOC-Queue",
                                      .arn = std::string(kQueueArn),
                                      .number = ""};
    } else if (each.value == BridgeAction::makeCall) {
      order.endpoint =
          BridgeEndpoint{.type = "phone_number", .name = "", .arn = "", .number = "+12082097345"};
    } else if (each.value == BridgeAction::sendDigits) {
      order.digits = "12#";
    } else if (each.value == BridgeAction::setState) {
      order.state = "Available";
      order.state_type = "routable";
    }
  });
  return orders;
}

ContactView contact_view() {
  ContactView view;
  view.contact_id = uuid("d675473e-7dbc-4a9b-ad92-b78f26e70b3b");
  view.direction = "inbound";
  view.customer = "+161081111";
  view.dialed = "+18005550100";
  view.queue_name = "CallSummary-HVOC-Queue";
  view.state = "ended";
  view.started_at = kIncomingAt;
  view.ended_at = kIncomingAt + 60'000;
  view.legs = {
      {view.contact_id, "inbound", "+161081111", kIncomingAt, kIncomingAt + 20,
       kIncomingAt + 60'000, 0, ""},
      {uuid("4bbfa29b-d5a8-4876-9276-09872a748397"), "agent", "agent1", kIncomingAt, std::nullopt,
       kIncomingAt + 900, 486, "Busy Here"},
  };
  view.transfers = {uuid("7c1e1f0e-4f7a-4f43-9b57-6d4f1c9d2a10")};
  view.moves = {{kIncomingAt + 500, "Billing", "CallSummary-HVOC-Queue", "supervisor1"}};
  return view;
}

PreflightView preflight_view(bool allowed) {
  PreflightView view;
  view.destination.type = "dial_pad";
  view.destination.name = allowed ? "+12082097345" : "+19005550100";
  view.destination.phone_number = view.destination.name;
  view.number = NumberView{.number = view.destination.name,
                           .possible = true,
                           .country = "US",
                           .number_class = allowed ? "fixed_line_or_mobile" : "premium_rate"};
  if (!allowed) {
    view.refusal.emplace();
    view.refusal->error_type = "BLIND_TRANSFER_FAILED";
    view.refusal->msg = "data: the number +19005550100 is of the class premium_rate";
    view.refusal->error_message = "Blind transfer failed.";
    view.refusal->reason = Reason::premiumRateBlocked;
    view.refusal->retryable = false;
    view.refusal->suggested_action = "Choose another destination.";
  }
  return view;
}

}  // namespace baton::message::samples
