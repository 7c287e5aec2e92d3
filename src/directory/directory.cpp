#include "directory/directory.hpp"

#include <algorithm>

#include <boost/describe/enum_to_string.hpp>

namespace baton::directory {

namespace {

/// Indexes `items` by a member. Of equal keys the first one counts; an imported directory has none.
template <class Item>
auto index_by(const std::vector<Item>& items, std::string Item::* key) {
  boost::unordered_flat_map<std::string_view, const Item*, std::hash<std::string_view>> keys;
  keys.reserve(items.size());
  for (const Item& each : items) keys.emplace(each.*key, &each);
  return keys;
}

template <class Keys>
auto look_up(const Keys& keys, std::string_view key) {
  const auto found = keys.find(key);
  return found == keys.end() ? nullptr : found->second;
}

}  // namespace

std::string_view to_string(Role role) { return boost::describe::enum_to_string(role, ""); }

std::optional<Role> parse_role(std::string_view text) {
  for (const Role role : {Role::agent, Role::supervisor, Role::service}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

DirectoryIndex::DirectoryIndex(Directory directory)
    : directory_(std::move(directory)),
      agents_(index_by(directory_.agents, &Agent::login)),
      queues_(index_by(directory_.queues, &Queue::arn)),
      queue_names_(index_by(directory_.queues, &Queue::name)),
      profiles_(index_by(directory_.routing_profiles, &RoutingProfile::name)),
      quick_connects_(index_by(directory_.quick_connects, &QuickConnect::arn)),
      quick_connect_names_(index_by(directory_.quick_connects, &QuickConnect::name)),
      numbers_(index_by(directory_.inbound_numbers, &InboundNumber::number)) {}

const Agent* DirectoryIndex::agent(std::string_view login) const { return look_up(agents_, login); }

const Queue* DirectoryIndex::queue(std::string_view arn) const { return look_up(queues_, arn); }

const Queue* DirectoryIndex::queue_by_name(std::string_view name) const {
  return look_up(queue_names_, name);
}

const RoutingProfile* DirectoryIndex::routing_profile(std::string_view name) const {
  return look_up(profiles_, name);
}

const QuickConnect* DirectoryIndex::quick_connect(std::string_view arn) const {
  return look_up(quick_connects_, arn);
}

const QuickConnect* DirectoryIndex::quick_connect_by_name(std::string_view name) const {
  return look_up(quick_connect_names_, name);
}

const InboundNumber* DirectoryIndex::inbound_number(std::string_view number) const {
  return look_up(numbers_, number);
}

std::optional<int> DirectoryIndex::serves(const Agent& agent, std::string_view queue_arn) const {
  const RoutingProfile* profile = routing_profile(agent.routing_profile);
  if (profile == nullptr) return std::nullopt;
  for (const ProfileQueue& served : profile->queues) {
    if (served.queue_arn == queue_arn) return served.priority;
  }
  return std::nullopt;
}

bool DirectoryIndex::may_use(const Agent& agent, const QuickConnect& quick_connect) const {
  if (quick_connect.shown_by.empty()) return true;
  const RoutingProfile* profile = routing_profile(agent.routing_profile);
  if (profile == nullptr) return false;
  return std::any_of(
      quick_connect.shown_by.begin(), quick_connect.shown_by.end(), [&](const std::string& arn) {
        return arn == profile->default_outbound_queue_arn ||
               std::any_of(profile->queues.begin(), profile->queues.end(),
                           [&](const ProfileQueue& served) { return served.queue_arn == arn; });
      });
}

bool allows(const AllowedDestinations& allowed, QuickConnectKind kind) {
  switch (kind) {
    case QuickConnectKind::phone_number:
      return allowed.phone_number;
    case QuickConnectKind::queue:
      return allowed.queue;
    case QuickConnectKind::agent:
      return allowed.agent;
  }
  return false;
}

const AgentState* DirectoryIndex::agent_state(std::string_view code, std::string_view label) const {
  for (const AgentState& state : directory_.agent_states) {
    if (code.empty() ? state.label == label : state.code == code) return &state;
  }
  return nullptr;
}

}  // namespace baton::directory
