#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/input.hpp"
#include "core/output.hpp"
#include "message/event.hpp"
#include "message/queue_state.hpp"

namespace baton::core {

/// An agent as REST tells him.
struct AgentStatus {
  std::string login;
  std::string name;
  bool logged_in = false;
  std::string state;  ///< Available, Busy, AfterCallWork, Offline, ...
  std::string state_type;
  TimeMs since = 0;
  bool phone_reachable = false;
  std::optional<ContactId> contact;
};

/// A queue as REST tells it.
using QueueStatus = message::QueueState;

/// A customer who waits in a queue, as REST tells him.
struct WaitingCustomer {
  ContactId contact;
  std::string queue_arn;
  std::string queue_name;  ///< Empty where the directory has the queue no more.
  TimeMs since = 0;        ///< With what is credited to him.
  int position = 0;        ///< In his queue, from 1.
  std::string customer;    ///< His number.
  std::optional<TransferId> transfer;
  std::string offered_to;  ///< Login of the agent who is being offered the call; empty: nobody.
};

/// What a blind transfer to a destination would be answered with now.
struct Preflight {
  std::optional<message::ApiError> refusal;      ///< Absent: it would be accepted.
  message::DestinationView destination;          ///< As far as it was found.
  std::optional<directory::NumberFacts> number;  ///< Of the number that would be dialled.
};

/// Counters since the state began, which restarts do not end, for metrics and for the sum that must
/// add up: accepted = connected + returned + canceled + failed + abandoned + handed_over + open.
struct Counters {
  std::uint64_t inputs = 0;
  std::uint64_t transfers_accepted = 0;
  std::uint64_t transfers_refused = 0;
  std::uint64_t connected = 0;
  std::uint64_t returned = 0;
  std::uint64_t canceled = 0;
  std::uint64_t failed = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t handed_over = 0;
  std::uint64_t transfers_open = 0;
  std::uint64_t contacts_open = 0;
  std::uint64_t legs_open = 0;
  std::uint64_t commands_open = 0;
  /// Transfer states that followed each other, or were told with a custody, against the table: a
  /// fault of ours, 0 in every test.
  std::uint64_t illegal_moves = 0;
  // Refusals because a limit was reached: of the configuration, and of a queue in the directory.
  std::uint64_t contacts_full = 0;      ///< limits.max_contacts.
  std::uint64_t agent_minute_full = 0;  ///< dialing.max_per_agent_per_minute; and so on.
  std::uint64_t agent_day_full = 0;
  std::uint64_t number_minute_full = 0;
  std::uint64_t number_day_full = 0;
  std::uint64_t queue_full = 0;  ///< A queue's maxWaiting.
};
BOOST_DESCRIBE_STRUCT(Counters, (),
                      (inputs, transfers_accepted, transfers_refused, connected, returned, canceled,
                       failed, abandoned, handed_over, transfers_open, contacts_open, legs_open,
                       commands_open, illegal_moves, contacts_full, agent_minute_full,
                       agent_day_full, number_minute_full, number_day_full, queue_full))

/// What a leg is part of, for the log and the audit.
struct LegOwner {
  ContactId contact;
  std::optional<TransferId> transfer;  ///< The running one, else the last.
  std::string agent;                   ///< Whose leg it is; empty: no agent's.
};

/// How many there are of what, for metrics.
struct Census {
  struct Line {
    std::string name;
    std::uint64_t waiting = 0;
    TimeMs longest_waiting_since = 0;  ///< 0: nobody waits.
  };
  std::map<std::string, std::uint64_t> agents;    ///< Who are signed in, by the published state.
  std::map<std::string, std::uint64_t> contacts;  ///< By message::ContactView::state.
  std::vector<Line> queues;                       ///< In the directory's order.
};

/// Number of the form of save(); raised when an older program's bytes can no longer be read by
/// name.
inline constexpr std::uint16_t kSnapshotFormat = 1;

/// The contact centre: agents, contacts, queues and transfers, tied together. Pure: no I/O, no
/// clock, no randomness, no threads; the same inputs always give the same outputs. One thread at a
/// time.
class ContactCenter {
 public:
  ContactCenter();
  ~ContactCenter();
  ContactCenter(ContactCenter&&) noexcept;
  ContactCenter& operator=(ContactCenter&&) noexcept;

  /// Applies one input and appends what follows from it to `outputs`, in order. Never throws on any
  /// input.
  void apply(const Input& input, Outputs& outputs);

  /// Reads (App/StateSync, Agent/StateSync, GetStates, InboundCall/StateSync) for an agent: the
  /// event without `request_id`, with `sequence` of the last published event in *at_sequence where
  /// wanted.
  [[nodiscard]] message::Event read(std::string_view agent, message::RequestKind kind) const;
  [[nodiscard]] std::uint64_t sequence_of(std::string_view agent) const;

  /// Checks the destination of a BlindTransfer as apply() would for this agent, but for his call:
  /// he needs none. Changes and counts nothing. `now` is Unix milliseconds.
  [[nodiscard]] Preflight preflight(const RequestInput& input, TimeMs now) const;

  [[nodiscard]] std::vector<AgentStatus> agents() const;
  [[nodiscard]] std::vector<QueueStatus> queues() const;
  /// Why the queue takes nobody now, whoever works in it: queueClosed, queueFull (by those who are
  /// being answered into it, too), destinationNotFound; none: it does.
  [[nodiscard]] message::Reason queue_refusal(std::string_view arn) const;
  /// Who waits in the queue, or in any (an empty ARN), `most` of those who have waited longest, the
  /// longest first. Looks at everybody who waits.
  [[nodiscard]] std::vector<WaitingCustomer> waiting(std::string_view queue_arn,
                                                     std::size_t most) const;
  [[nodiscard]] Counters counters() const;
  /// Takes some tenths of a millisecond for thousands of agents.
  [[nodiscard]] Census census() const;
  /// Legs that are neither ended nor told to end, for an ordered stop.
  [[nodiscard]] std::vector<LegId> live_legs() const;
  /// The legs that the end of this one ends: all of the customer's, or the customer of the party
  /// who had him. For the engine when the journal has failed, since ending the other leg of a call
  /// that ended need not wait for it.
  [[nodiscard]] std::vector<LegId> ends_with(const LegId& leg) const;
  /// Nothing where the leg is not known, or no longer.
  [[nodiscard]] std::optional<LegOwner> owner_of(const LegId& leg) const;
  [[nodiscard]] const directory::DirectoryIndex& directory() const;

  /// The whole state as bytes: all that load() needs in order to go on as if nothing had happened.
  /// The same state gives the same bytes. Takes some milliseconds for thousands of calls.
  [[nodiscard]] std::string save() const;
  /// Goes on with a saved state, of this version of the program or an older one; what was there
  /// before is gone. Returns what is wrong, or empty; then nothing has
  /// changed. Never throws on bad bytes but for want of memory.
  [[nodiscard]] std::string load(std::string_view snapshot);

  /// All state as canonical text, one fact a line: equal text, equal state. For replay tests and
  /// for debugging.
  [[nodiscard]] std::string dump() const;

 private:
  friend struct Inspection;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::core
