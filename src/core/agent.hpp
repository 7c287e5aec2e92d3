#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/dial_count.hpp"
#include "core/leg.hpp"
#include "core/mirror.hpp"
#include "core/output.hpp"
#include "directory/directory.hpp"
#include "message/event.hpp"

namespace baton::core {

/// What an agent is doing, beside the state he chose. The published names: PendingBusy, Busy,
/// AfterCallWork, MissedCallAgent, FailedConnectAgent, FailedConnectCustomer. `unreached`, at
/// Amazon Connect only: the number that he called was not, and he has to clear that.
enum class Activity : std::uint8_t { idle, offered, busy, acw, missed, rejected, unreached };
BOOST_DESCRIBE_ENUM(Activity, idle, offered, busy, acw, missed, rejected, unreached)

/// The first reply to a request id, kept for its repeats.
struct StoredReply {
  std::uint64_t content_hash = 0;
  TimeMs at = 0;
  Reply reply;
};
BOOST_DESCRIBE_STRUCT(StoredReply, (), (content_hash, at, reply))

/// What the desktop still shows of a call that is over for this agent: ACW, missed, rejected.
struct FinishedCall {
  ContactId contact;
  message::CallEvent agent_leg;
  message::CallEvent customer_leg;

  /// Whether the id is the contact's or that of one of its connections.
  [[nodiscard]] bool is(const message::Uuid& id) const {
    return id == contact || id == agent_leg.leg.connection_id ||
           id == customer_leg.leg.connection_id;
  }
};
BOOST_DESCRIBE_STRUCT(FinishedCall, (), (contact, agent_leg, customer_leg))

/// An agent's state machine: the state he chose, and what the calls make of it.
struct Agent {
  std::string login;
  const directory::Agent* record =
      nullptr;  ///< In the current directory; null once he was removed.
  message::Shared<message::RoutingView> routing;  ///< Of `record`, as it is told.
  bool logged_in = false;
  bool phone_reachable = false;
  bool muted = false;
  directory::AgentState chosen{"Offline", "Offline", "offline"};
  Activity activity = Activity::idle;
  TimeMs since = 0;                  ///< When the state shown began.
  TimeMs idle_since = 0;             ///< For longest-idle routing.
  std::optional<ContactId> contact;  ///< Offered or active.
  std::optional<FinishedCall> finished;
  /// At Amazon Connect: those that ended before `finished` and are not cleared yet, oldest first.
  std::vector<FinishedCall> finished_before{};
  /// While he is offered a returning call: what his refusal restores.
  Activity before_offer = Activity::idle;
  /// Where ContactCenter's index of available agents holds him: queue ARN and priority, under
  /// `indexed_since`.
  std::vector<std::pair<std::string, int>> indexed;
  TimeMs indexed_since = 0;
  std::vector<TransferId> running;  ///< Transfers of his without an outcome yet, oldest first.
  std::uint64_t sequence = 0;
  std::map<std::string, StoredReply, std::less<>> replies;
  std::deque<std::string> reply_order;
  DialCount dials;                         ///< Outside numbers that he dialled.
  std::optional<MirrorSession> session{};  ///< At Amazon Connect, where the calls are there.

  /// True if he is in the directory and enabled: of anybody else no request is taken.
  [[nodiscard]] bool may_act() const { return record != nullptr && record->enabled; }
  /// True if a queue may offer him a call now.
  [[nodiscard]] bool available() const;
  /// True if he counts as staffing his queues: signed in and not offline.
  [[nodiscard]] bool staffed() const;
  /// The published name of the state he is in ("Available", "Busy", "AfterCallWork", "Break", ...).
  [[nodiscard]] const std::string& state_name() const;
  /// routable, not_routable, offline or system.
  [[nodiscard]] const std::string& state_type() const;
  /// Fills in the agent as the published objects tell him. The snapshot is empty before.
  void tell(message::AgentSnapshot& snapshot) const;
};
BOOST_DESCRIBE_STRUCT(Agent, (),
                      (login, logged_in, phone_reachable, muted, chosen, activity, since,
                       idle_since, contact, finished, finished_before, before_offer, running,
                       sequence, replies, reply_order, dials, session))

}  // namespace baton::core
