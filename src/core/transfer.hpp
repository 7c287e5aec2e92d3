#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/input.hpp"
#include "core/leg.hpp"
#include "core/mirror.hpp"
#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::core {

using message::Custody;
using message::TransferState;

enum class TransferKind : std::uint8_t { number, queue, agent };
BOOST_DESCRIBE_ENUM(TransferKind, number, queue, agent)

/// A REFER that runs as this transfer, and is told how it goes.
struct ReferLink {
  LegId leg;
  ReferId refer = 0;
};
BOOST_DESCRIBE_STRUCT(ReferLink, (), (leg, refer))

/// Where the customer stood in a queue that he was taken out of for an agent who wants him back.
struct KeptPlace {
  std::string arn;
  TimeMs since = 0;
  TimeMs until = 0;
  bool requeued = false;  ///< By the fallback chain; else it is the transfer's own destination.
  message::Reason failure = message::Reason::none;
  std::string failure_stage;
  std::optional<message::BackendError> backend;
};
BOOST_DESCRIBE_STRUCT(KeptPlace, (), (arn, since, until, requeued, failure, failure_stage, backend))

/// One blind transfer: who has the customer at every instant, and what was tried.
struct Transfer {
  TransferId id;
  ContactId contact;
  std::string agent;  ///< The primary agent.
  TransferKind kind = TransferKind::number;
  std::string number;
  directory::NumberFacts number_facts;
  std::string target_agent;
  std::string target_queue_arn;
  std::uint64_t content_hash = 0;  ///< Of the request, to know a double click by.
  std::optional<ReferLink> refer;
  std::vector<ReferLink> repeats{};  ///< The key was pressed again: each is told the same.

  bool releasing = false;  ///< The customer's park is out, the agent still has his leg.
  bool released = false;
  bool left = false;  ///< The agent has hung up: whatever ends the release, he has let go.
  /// Of the request that let the agent go: this transfer's, or the Disconnect that came first.
  std::optional<std::string> release_request{};
  bool was_held = false;  ///< On hold when it began: what a failure restores of a mirrored call.
  LegId target_leg;       ///< The destination's leg, once dialled.
  bool answered = false;  ///< The destination's first 2xx is journalled.
  bool taking_back = false;
  bool last_resort = false;   ///< In the configured last-resort queue: the chain's end.
  std::size_t next_step = 0;  ///< Index into options.on_failure.
  /// He goes back there if the agent does not take him after all.
  std::optional<KeptPlace> kept_place{};

  TimerId ring_timer = 0;
  TimerId park_timer = 0;

  message::Reason failure = message::Reason::none;  ///< The first one: what the agent is told.
  std::string failure_stage;
  std::optional<message::BackendError> backend;

  std::optional<MirrorTransfer> mirror{};  ///< Of a call that is not ours.

  message::TransferView view;  ///< What is told: state, custody, destination, options, timeline.

  [[nodiscard]] TransferState state() const { return view.current.state; }
  [[nodiscard]] Custody custody() const { return view.current.custody; }
};
BOOST_DESCRIBE_STRUCT(Transfer, (),
                      (id, contact, agent, kind, number, number_facts, target_agent,
                       target_queue_arn, content_hash, refer, repeats, releasing, released, left,
                       release_request, was_held, target_leg, answered, taking_back, last_resort,
                       next_step, kept_place, ring_timer, park_timer, failure, failure_stage,
                       backend, mirror, view))

/// The table of states of docs/message-api.md, which transfer_states_test.cpp holds to this:
/// whether `to` may follow `from`. A state may be told again, with another custody (a release while
/// it alerts) or another place in the queue.
[[nodiscard]] bool may_follow(TransferState from, TransferState to);

/// Its other column: whether that may be who has the customer while the transfer is in `state`.
[[nodiscard]] bool may_have(TransferState state, Custody custody);

/// The stable reason for a SIP status with which a destination refused a call (RFC 3261 section
/// 21).
[[nodiscard]] message::Reason reason_of_status(int code);

/// The SIP status that a phone which sent REFER is told for a refusal or a failure.
[[nodiscard]] int refer_status(message::Reason reason);

/// Whether trying the same again may help, and what to do next, for the error's `retryable` and
/// `suggestedAction`.
[[nodiscard]] bool is_retryable(message::Reason reason);
[[nodiscard]] std::string suggested_action(message::Reason reason);

}  // namespace baton::core
