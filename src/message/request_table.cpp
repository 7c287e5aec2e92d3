#include "message/request_table.hpp"

#include <array>
#include <utility>

#include "message/text.hpp"

namespace baton::message {
namespace {

using enum RequestKind;

// One row a published request. The pages print some subtopics in two ways, which are the aliases
// here. The error types are those of the pages; where a page could not be read, or prints another
// request's type by mistake (ExternalConsult), the family's pattern <X>_FAILED fills in.
constexpr std::array kRows = std::to_array<RequestRow>({
    {blind_transfer, "InboundCall", "BlindTransfer", "", "BLIND_TRANSFER_FAILED"},
    {hold, "InboundCall", "Hold", "", "HOLD_CALL_FAILED"},
    {resume, "InboundCall", "Resume", "", "RESUME_CALL_FAILED"},
    {answer, "InboundCall", "Answer", "", "ANSWER_CALL_FAILED"},
    {reject, "InboundCall", "Reject", "", "REJECT_CALL_FAILED"},
    {disconnect, "InboundCall", "Disconnect", "", "DISCONNECT_CALL_FAILED"},
    {clear_contact, "InboundCall", "ClearContact", "", "CLEAR_CONTACT_FAILED"},
    {send_dtmf, "InboundCall", "SendDTMF", "", "SEND_DTMF_FAILED"},
    {make_call, "InboundCall", "SetMakeCall", "", "MAKE_CALL_FAILED"},
    {call_state_sync, "InboundCall", "StateSync", "", kNotPermitted},
    {cancel_transfer, "InboundCall", "CancelTransfer", "", "CANCEL_TRANSFER_FAILED"},
    {move_contact, "InboundCall", "MoveContact", "", "MOVE_CONTACT_FAILED"},
    {app_state_sync, "App", "StateSync", "", kNotPermitted},
    {agent_state_sync, "Agent", "StateSync", "", kNotPermitted},
    {get_states, "Agent", "GetStates", "GetAgentState", kNotPermitted},
    {login, "Agent", "Login", "", "UPDATE_AGENT_STATE_FAILED"},
    {logout, "Agent", "Logout", "", "UPDATE_AGENT_STATE_FAILED"},
    {update_state, "Agent", "UpdateState", "Update", "UPDATE_AGENT_STATE_FAILED"},
    {set_not_ready, "Agent", "SetNotReady", "", "UPDATE_AGENT_STATE_FAILED"},
    {mute, "Agent", "Mute", "", "UPDATE_AGENT_STATE_FAILED"},
    {unmute, "Agent", "Unmute", "", "UPDATE_AGENT_STATE_FAILED"},
    {bridge_hello, "Bridge", "Hello", "", kNotPermitted},
    {bridge_snapshot, "Bridge", "Snapshot", "", kNotPermitted},
    {bridge_endpoints, "Bridge", "Endpoints", "", kNotPermitted},
    {bridge_result, "Bridge", "Result", "", kNotPermitted},
    {not_supported, "InboundCall", "Consult", "", "CONSULT_CALL_FAILED"},
    {not_supported, "InboundCall", "Swap", "", "SWAP_CALL_FAILED"},
    {not_supported, "InboundCall", "Conference", "", "CONFERENCE_CALL_FAILED"},
    {not_supported, "InboundCall", "Transfer", "", "TRANSFER_CALL_FAILED"},
    {not_supported, "OutboundCall", "MakeCall", "", "ACCEPT_CONTACT_FAILED"},
    {not_supported, "OutboundCall", "Skip", "", "SKIP_CONTACT_FAILED"},
    {not_supported, "OutboundCall", "Disconnect", "", "DISCONNECT_CALL_FAILED"},
    {not_supported, "OutboundCall", "SetHold", "", "HOLD_CALL_FAILED"},
    {not_supported, "OutboundCall", "Resume", "", "RESUME_CALL_FAILED"},
    {not_supported, "OutboundCall", "SendDTMF", "", "SEND_DTMF_FAILED"},
    {not_supported, "OutboundCall", "GetAgentList", "", "AGENTLIST_FETCH_FAILED"},
    {not_supported, "OutboundCall", "Consult", "", "CONSULT_CALL_FAILED"},
    {not_supported, "OutboundCall", "ExternalConsult", "", "EXTERNAL_CONSULT_FAILED"},
    {not_supported, "OutboundCall", "ConsultDrop", "", "CONSULT_DROP_FAILED"},
    {not_supported, "OutboundCall", "Swap", "", "SWAP_CALL_FAILED"},
    {not_supported, "OutboundCall", "Conference", "", "CONFERENCE_CALL_FAILED"},
    {not_supported, "OutboundCall", "Transfer", "", "SKIP_CTRANSFER_CALL_FAILED"},
    {not_supported, "OutboundCall", "QueueTransfer", "", "TRANSFER_CALL_FAILED"},
    {not_supported, "OutboundCall", "AcceptWarmTransfer", "", "ACCEPT_WARM_TRANSFER_FAILED"},
    {not_supported, "OutboundCall", "RejectWarmTransfer", "", "REJECT_WARM_TRANSFER_FAILED"},
    {not_supported, "OutboundCall", "ClearContact", "", "SET_AGENTSTATE_FAILED"},
    {not_supported, "OutboundCall", "DropNailedCall", "", "DROP_TETHERED_CALL_FAILED"},
});

// The fixed errorMessage of each errorType, in the published wording where there is one.
constexpr std::array kErrorMessages = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"BLIND_TRANSFER_FAILED", "Blind transfer failed."},
    {"HOLD_CALL_FAILED", "Call hold failed."},
    {"RESUME_CALL_FAILED", "Resuming call failed."},
    {"ANSWER_CALL_FAILED", "Answering call failed."},
    {"REJECT_CALL_FAILED", "Rejecting call failed."},
    {"DISCONNECT_CALL_FAILED", "Disconnecting call failed."},
    {"CLEAR_CONTACT_FAILED", "Clear contact failed."},
    {"SEND_DTMF_FAILED", "Failed to send DTMF."},
    {"MAKE_CALL_FAILED", "Make call failed."},
    {"CANCEL_TRANSFER_FAILED", "Cancel transfer failed."},
    {"MOVE_CONTACT_FAILED", "Move contact failed."},
    {"UPDATE_AGENT_STATE_FAILED", "Agent state change failed."},
    {"AGENT_STATE_NOT_FOUND", "Specified Agent State not found."},
    {"CONSULT_CALL_FAILED", "Consult call failed."},
    {"SWAP_CALL_FAILED", "Swap call failed."},
    {"CONFERENCE_CALL_FAILED", "Conference call failed."},
    {"TRANSFER_CALL_FAILED", "Call transfer failed."},
    {"ACCEPT_CONTACT_FAILED", "Accept contact failed."},
    {"SKIP_CONTACT_FAILED", "Skip contact failed."},
    {"AGENTLIST_FETCH_FAILED", "Agent list fetch failed."},
    {"EXTERNAL_CONSULT_FAILED", "External consult failed."},
    {"CONSULT_DROP_FAILED", "Consult drop failed."},
    {"SKIP_CTRANSFER_CALL_FAILED", "Transfer call failed."},
    {"ACCEPT_WARM_TRANSFER_FAILED", "Accept warm transfer failed."},
    {"REJECT_WARM_TRANSFER_FAILED", "Reject warm transfer failed."},
    {"SET_AGENTSTATE_FAILED", "Set agent state failed."},
    {"DROP_TETHERED_CALL_FAILED", "Drop tethered call failed."},
    {kInvalidMessage, "Message could not be processed."},
    {kNotPermitted, "Not permitted."},
});

}  // namespace

std::string_view find_topic(std::string_view topic) {
  topic = text::trim(topic);
  for (const std::string_view known : {"InboundCall", "Agent", "App", "OutboundCall", "Bridge"}) {
    if (text::equals_folded(topic, known)) return known;
  }
  return {};
}

const RequestRow* find_row(std::string_view topic, std::string_view subtopic) {
  topic = find_topic(topic);
  subtopic = text::trim(subtopic);
  for (const RequestRow& row : kRows) {
    if (row.topic != topic) continue;
    if (text::equals_folded(subtopic, row.subtopic)) return &row;
    if (!row.alias.empty() && text::equals_folded(subtopic, row.alias)) return &row;
  }
  return nullptr;
}

std::string_view error_type(RequestKind kind, std::string_view canonical_subtopic) {
  for (const RequestRow& row : kRows) {
    if (row.kind != kind) continue;
    if (kind != not_supported || row.subtopic == canonical_subtopic) return row.error_type;
  }
  return kInvalidMessage;
}

std::string_view error_type(const Request& request) {
  for (const RequestRow& row : kRows) {
    if (row.kind == request.kind && row.topic == request.topic &&
        row.subtopic == request.subtopic) {
      return row.error_type;
    }
  }
  return error_type(request.kind, request.subtopic);
}

std::string_view error_message(std::string_view error_type) {
  for (const auto& [type, message] : kErrorMessages) {
    if (type == error_type) return message;
  }
  return "The request failed.";
}

}  // namespace baton::message
