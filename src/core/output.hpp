#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/command.hpp"
#include "core/input.hpp"
#include "message/event.hpp"

namespace baton::core {

/// An event for all of an agent's connections. `event.sequence` is set.
struct Publish {
  message::Event event;

  explicit Publish(message::Event told) : event(std::move(told)) {}
  /// With a body of that kind, to be filled in where it is: events are large.
  template <class Body>
  Publish(std::in_place_type_t<Body> body, const std::string& agent, std::uint64_t sequence,
          std::optional<std::string>&& request_id)
      : event{.agent = agent,
              .sequence = sequence,
              .request_id = std::move(request_id),
              .body = message::EventBody(body)} {}
};

/// The one answer to a RequestInput: what HTTP prints, and what a refused WebSocket asker gets.
struct Reply {
  ReplyKey key = 0;
  bool accepted = true;
  std::optional<message::Uuid> transfer_id;
  std::optional<std::uint64_t> sequence;  ///< The agent's sequence after the change.
  std::optional<std::string> request_id;
  std::optional<message::ApiError> error;  ///< Set when refused.
  /// A repeat of a BlindTransfer: the transfer's current event, or its last one, again, for the
  /// asker alone (no new sequence).
  std::optional<message::TransferStateChange> current;
};
BOOST_DESCRIBE_STRUCT(Reply, (), (key, accepted, transfer_id, sequence, request_id, error, current))

struct ArmTimer {
  TimerId timer = 0;
  TimeMs at = 0;
};
struct CancelTimer {
  TimerId timer = 0;
};

/// Upserted by key; the latest of a batch wins.
struct StoreTransfer {
  std::shared_ptr<const message::TransferView> transfer;
};
struct StoreContact {
  std::shared_ptr<const message::ContactView> contact;
};

/// How a customer's wait in a queue ended.
enum class QueueExit : std::uint8_t {
  taken,     ///< Somebody has him.
  timedOut,  ///< The longest wait of the queue or the transfer ran out.
  canceled,  ///< The transfer into it was taken back or canceled.
  hungUp,    ///< His call ended.
  moved,     ///< Into another queue, or on because the directory has it no more.
};
BOOST_DESCRIBE_ENUM(QueueExit, taken, timedOut, canceled, hungUp, moved)

/// A customer left a queue. For metrics; nothing is kept of it.
struct LeftQueue {
  std::string queue;  ///< Its name, or its ARN where the directory no longer has it.
  QueueExit how = QueueExit::taken;
  TimeMs waited_ms = 0;  ///< In this queue, without credit for others.
};

using Output = std::variant<Publish, Reply, Command, ArmTimer, CancelTimer, StoreTransfer,
                            StoreContact, LeftQueue>;
using Outputs = std::vector<Output>;

}  // namespace baton::core
