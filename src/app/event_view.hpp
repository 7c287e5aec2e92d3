#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baton::app {

/// What the command line needs to know of an event (docs/message-api.md): the envelope, and what it
/// tells in one line.
struct EventView {
  std::string topic;
  std::string subtopic;
  std::string agent;
  std::string epoch;
  std::string id;
  std::optional<std::uint64_t> sequence;
  std::string transfer_id;  ///< Of TransferStateChange, and of an error about a transfer.
  std::string contact_id;
  std::string state;    ///< Of TransferStateChange.
  std::string custody;  ///< Of TransferStateChange and of an error about a transfer.
  std::string reason;
  std::string error_type;   ///< Of ApiError.
  std::string call_event;   ///< Of InboundCallStateChange: "connecting", "ACW", ...
  std::string call_type;    ///< Of the leg: "agent", "inbound" or "outbound".
  std::string agent_state;  ///< Of SetAgentState.
  std::string summary;      ///< For people, without time and agent.

  [[nodiscard]] bool is_error() const { return subtopic == "ApiError"; }
  [[nodiscard]] bool is_transfer() const { return subtopic == "TransferStateChange"; }
  /// A TransferStateChange after which nothing is open any more (docs/message-api.md, the bold
  /// states).
  [[nodiscard]] bool is_outcome() const;
};

/// Nothing where `text` is not an event.
[[nodiscard]] std::optional<EventView> read_event(std::string_view text);

}  // namespace baton::app
