#include "core/agent.hpp"

#include <array>

namespace baton::core {

bool Agent::available() const {
  return may_act() && logged_in && phone_reachable && activity == Activity::idle &&
         chosen.type == "routable";
}

bool Agent::staffed() const { return may_act() && logged_in && chosen.type != "offline"; }

const std::string& Agent::state_name() const {
  static const std::array<std::string, 7> kNames = {"",
                                                    "PendingBusy",
                                                    "Busy",
                                                    "AfterCallWork",
                                                    "MissedCallAgent",
                                                    "FailedConnectAgent",
                                                    "FailedConnectCustomer"};
  static_assert(static_cast<int>(Activity::unreached) + 1 == std::tuple_size_v<decltype(kNames)>);
  return activity == Activity::idle ? chosen.label : kNames.at(static_cast<std::size_t>(activity));
}

const std::string& Agent::state_type() const {
  static const std::string kSystem = "system";
  return activity == Activity::idle ? chosen.type : kSystem;
}

void Agent::tell(message::AgentSnapshot& snapshot) const {
  snapshot.login_state = logged_in ? "LoggedIn" : "LoggedOut";
  if (!logged_in || record == nullptr) return;

  const std::string& name = state_name();
  const std::string& type = state_type();
  message::AgentInfo& info = snapshot.info.emplace();
  info.name = record->name;
  info.id = record->id;
  info.extension = record->extension;
  info.login_name = login;
  info.muted = muted;
  info.softphone_enabled = phone_reachable;
  info.state = type == "routable" ? "Ready" : "Not_Ready";
  info.state_changed_at = since;
  info.type = type;
  if (type != "routable") info.reason_code = activity == Activity::idle ? chosen.code : name;
  info.routing = routing;
  message::AgentStateView& shown = snapshot.state.emplace();
  shown.type = type;
  shown.name = name;
  shown.started_at = since;

  message::AgentButtons& buttons = snapshot.buttons.emplace();
  const bool on_call = activity == Activity::offered || activity == Activity::busy;
  buttons.not_ready = !on_call && chosen.type == "routable";
  buttons.ready = !on_call && (chosen.type != "routable" || activity != Activity::idle);
  buttons.make_call = activity == Activity::idle && phone_reachable;
  buttons.mute = activity == Activity::busy && !muted;
  buttons.unmute = activity == Activity::busy && muted;
}

}  // namespace baton::core
