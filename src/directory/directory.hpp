#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <boost/unordered/unordered_flat_map.hpp>

#include "directory/dial_policy.hpp"

namespace baton::directory {

enum class Role : std::uint8_t { agent, supervisor, service };
BOOST_DESCRIBE_ENUM(Role, agent, supervisor, service)

/// "agent", "supervisor", "service": as the directory file, tokens and the audit write it.
[[nodiscard]] std::string_view to_string(Role role);
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

/// Who picks up: the desktop (the phone is rung on `Answer` and told to pick up) or the phone
/// itself.
enum class AgentAnswer : std::uint8_t { desktop, phone };
BOOST_DESCRIBE_ENUM(AgentAnswer, desktop, phone)

/// Whether a waiting customer is answered when he enters the queue (he hears queue sound) or by the
/// agent.
enum class QueueAnswer : std::uint8_t { on_entry, on_agent };
BOOST_DESCRIBE_ENUM(QueueAnswer, on_entry, on_agent)

/// What an agent may transfer to.
struct AllowedDestinations {
  bool dial_pad = true;
  bool phone_number = true;
  bool queue = true;
  bool agent = true;

  friend bool operator==(const AllowedDestinations&, const AllowedDestinations&) = default;
};
BOOST_DESCRIBE_STRUCT(AllowedDestinations, (), (dial_pad, phone_number, queue, agent))

struct Agent {
  std::string login;
  std::string name;
  std::string id;  ///< UUID text, stable.
  std::string extension;
  std::string routing_profile;  ///< Name of a routing profile.
  Role role = Role::agent;
  AgentAnswer answer = AgentAnswer::desktop;
  AllowedDestinations allowed;
  bool enabled = true;

  friend bool operator==(const Agent&, const Agent&) = default;
};
BOOST_DESCRIBE_STRUCT(Agent, (),
                      (login, name, id, extension, routing_profile, role, answer, allowed, enabled))

/// One weekly opening, in the queue's own time zone.
struct Opening {
  int weekday = 1;      ///< ISO 8601: 1 Monday to 7 Sunday.
  int from_minute = 0;  ///< 0 to 1440.
  int to_minute = 1440;

  friend bool operator==(const Opening&, const Opening&) = default;
};
BOOST_DESCRIBE_STRUCT(Opening, (), (weekday, from_minute, to_minute))

struct Queue {
  std::string arn;
  std::string name;
  QueueAnswer answer = QueueAnswer::on_entry;
  std::string time_zone = "UTC";  ///< IANA name; evaluated at the edge, never in the core.
  std::vector<Opening> hours;     ///< Empty: always open.
  int max_waiting = 1000;         ///< 1 to 100,000; a customer more is refused with queueFull.
  int max_wait_seconds = 3600;    ///< 1 to 86,400.

  friend bool operator==(const Queue&, const Queue&) = default;
};
BOOST_DESCRIBE_STRUCT(Queue, (),
                      (arn, name, answer, time_zone, hours, max_waiting, max_wait_seconds))

struct ProfileQueue {
  std::string queue_arn;
  int priority = 1;  ///< 1 (first) to 99.

  friend bool operator==(const ProfileQueue&, const ProfileQueue&) = default;
};
BOOST_DESCRIBE_STRUCT(ProfileQueue, (), (queue_arn, priority))

struct RoutingProfile {
  std::string name;
  std::string arn;
  std::vector<ProfileQueue> queues;
  std::string default_outbound_queue_arn;

  friend bool operator==(const RoutingProfile&, const RoutingProfile&) = default;
};
BOOST_DESCRIBE_STRUCT(RoutingProfile, (), (name, arn, queues, default_outbound_queue_arn))

enum class QuickConnectKind : std::uint8_t { phone_number, queue, agent };
BOOST_DESCRIBE_ENUM(QuickConnectKind, phone_number, queue, agent)

struct QuickConnect {
  std::string arn;
  std::string name;
  QuickConnectKind kind = QuickConnectKind::phone_number;
  std::string phone_number;           ///< E.164, for phone_number.
  NumberFacts number_facts;           ///< Of phone_number; looked up when the core is told.
  std::string queue_arn;              ///< For queue.
  std::string agent_login;            ///< For agent.
  std::vector<std::string> shown_by;  ///< ARNs of the queues that show it; empty: every queue.

  friend bool operator==(const QuickConnect&, const QuickConnect&) = default;
};
BOOST_DESCRIBE_STRUCT(QuickConnect, (),
                      (arn, name, kind, phone_number, number_facts, queue_arn, agent_login,
                       shown_by))

struct InboundNumber {
  std::string number;  ///< E.164.
  std::string queue_arn;

  friend bool operator==(const InboundNumber&, const InboundNumber&) = default;
};
BOOST_DESCRIBE_STRUCT(InboundNumber, (), (number, queue_arn))

/// A state that an agent may choose.
struct AgentState {
  std::string label;
  std::string code;
  std::string type;  ///< routable, not_routable, offline.

  friend bool operator==(const AgentState&, const AgentState&) = default;
};
BOOST_DESCRIBE_STRUCT(AgentState, (), (label, code, type))

/// Everything the contact centre knows of itself, without secrets. A plain value: readers share a
/// const snapshot of it, a change is a new one with the next version.
struct Directory {
  std::uint64_t version = 0;
  std::vector<Agent> agents;
  std::vector<Queue> queues;
  std::vector<RoutingProfile> routing_profiles;
  std::vector<QuickConnect> quick_connects;
  std::vector<InboundNumber> inbound_numbers;
  std::vector<AgentState> agent_states;

  friend bool operator==(const Directory&, const Directory&) = default;
};
BOOST_DESCRIBE_STRUCT(Directory, (),
                      (version, agents, queues, routing_profiles, quick_connects, inbound_numbers,
                       agent_states))

/// Whether quick connects of that kind are among them.
[[nodiscard]] bool allows(const AllowedDestinations& allowed, QuickConnectKind kind);

/// Look-ups in constant time over one snapshot. Immutable; any thread. Pointers live as long as the
/// index.
class DirectoryIndex {
 public:
  explicit DirectoryIndex(Directory directory);
  // The look-ups point into the lists: a copy's would point into the original's.
  DirectoryIndex(const DirectoryIndex&) = delete;
  DirectoryIndex& operator=(const DirectoryIndex&) = delete;
  DirectoryIndex(DirectoryIndex&&) = default;
  DirectoryIndex& operator=(DirectoryIndex&&) = default;
  ~DirectoryIndex() = default;

  [[nodiscard]] const Directory& directory() const { return directory_; }
  [[nodiscard]] const Agent* agent(std::string_view login) const;
  [[nodiscard]] const Queue* queue(std::string_view arn) const;
  [[nodiscard]] const Queue* queue_by_name(std::string_view name) const;
  [[nodiscard]] const RoutingProfile* routing_profile(std::string_view name) const;
  [[nodiscard]] const QuickConnect* quick_connect(std::string_view arn) const;
  [[nodiscard]] const QuickConnect* quick_connect_by_name(std::string_view name) const;
  [[nodiscard]] const InboundNumber* inbound_number(std::string_view number) const;
  /// The priority (1 first) with which the agent's routing profile serves the queue, or nothing.
  [[nodiscard]] std::optional<int> serves(const Agent& agent, std::string_view queue_arn) const;
  /// True if a queue of the agent's routing profile (its default outbound queue included) shows the
  /// quick connect.
  [[nodiscard]] bool may_use(const Agent& agent, const QuickConnect& quick_connect) const;
  /// The state an agent may choose with that code (or, where the code is empty, that label).
  [[nodiscard]] const AgentState* agent_state(std::string_view code, std::string_view label) const;

 private:
  /// The keys are the items' own text, which a move leaves where it is.
  template <class Item>
  using Keys =
      boost::unordered_flat_map<std::string_view, const Item*, std::hash<std::string_view>>;

  Directory directory_;
  Keys<Agent> agents_;
  Keys<Queue> queues_;
  Keys<Queue> queue_names_;
  Keys<RoutingProfile> profiles_;
  Keys<QuickConnect> quick_connects_;
  Keys<QuickConnect> quick_connect_names_;
  Keys<InboundNumber> numbers_;
};

}  // namespace baton::directory
