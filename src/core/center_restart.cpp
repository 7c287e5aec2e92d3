// A process was started on the state that another one left.

#include <algorithm>
#include <type_traits>

#include "core/center.hpp"

namespace baton::core {

namespace {

/// The legs that a command is about: it can be carried out while all of them live.
std::vector<LegId> legs_of(const CommandBody& body) {
  return std::visit(
      [](const auto& command) -> std::vector<LegId> {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(command)>, BridgeLegs>) {
          return {command.a, command.b};
        } else if constexpr (std::is_same_v<std::remove_cvref_t<decltype(command)>,
                                            BridgeCommand>) {
          return {};
        } else {
          return {command.leg};
        }
      },
      body);
}

}  // namespace

void ContactCenter::Impl::on(const Started& started) {
  const std::set<LegId> adopted(started.adopted_legs.begin(), started.adopted_legs.end());
  const std::set<std::string> reachable(started.reachable_phones.begin(),
                                        started.reachable_phones.end());
  // Before anybody is called back: nobody is rung whose phone is gone.
  for (auto& [login, each] : agents_) {
    if (each.phone_reachable && !reachable.contains(login))
      on(PhoneReachable{.login = login, .reachable = false});
  }
  rearm_timers(started);
  // A state that is older than the registrations, or empty, knows of phones less than they are. Of
  // agents who are not known either, the directory that follows tells the rest.
  for (const std::string& login : reachable) agents_[login].login = login;
  if (mirrored()) {
    restart_sessions();
  } else {
    restart_calls(adopted);
  }
  // Last: whoever is free now is offered what still waits. Where calls were at Amazon Connect until
  // now and no longer are (PolicyChanged), no phone would tell it: each is registered already.
  for (const std::string& login : reachable) on(PhoneReachable{.login = login, .reachable = true});
}

void ContactCenter::Impl::restart_calls(const std::set<LegId>& adopted) {
  const std::vector<CommandId> open = open_commands();
  // Whether a dialling went out before the process died is not known, so that its leg may well not
  // be among the adopted: it is dialled again, under the same identifiers.
  std::set<LegId> alive = adopted;
  for (const CommandId id : open) {
    if (const auto* dial = std::get_if<DialLeg>(&commands_.at(id).body)) alive.insert(dial->leg);
  }
  repeat_commands(open, alive);
  end_lost_legs(alive);
  end_unknown_legs(adopted);
}

void ContactCenter::Impl::rearm_timers(const Started& started) {
  const std::set<LegId> awaited(started.awaited_legs.begin(), started.awaited_legs.end());
  const auto waits = [&](const OpenTimer& timer) {
    const Contact* owner = contact(timer.contact);
    const auto open = owner == nullptr ? commands_.end() : commands_.find(owner->bridge_command);
    return open != commands_.end() &&
           std::ranges::any_of(legs_of(open->second.body),
                               [&awaited](const LegId& leg) { return awaited.contains(leg); });
  };
  std::map<TimerId, TimeMs> due;
  for (auto& [id, timer] : timers_) {
    // A timer that guards a command gives the repeated one its whole time. People's patience counts
    // on.
    if (timer.kind == TimerKind::bridge)
      timer.at = std::max(
          timer.at, now_ + policy_.bridge_timeout_ms + (waits(timer) ? started.reconnect_ms : 0));
    if (timer.kind == TimerKind::release_park || timer.kind == TimerKind::part_leg)
      timer.at = std::max(timer.at, now_ + policy_.park_timeout_ms);
    if (timer.kind == TimerKind::end_leg || timer.kind == TimerKind::silence)
      timer.at = std::max(timer.at, end_deadline());
    due.emplace(id, timer.at);
  }
  for (const auto& [id, at] : due) out_->emplace_back(ArmTimer{.timer = id, .at = at});
  // So is a NOTIFY repeated that a phone has not answered: it may hang up unknowing for as long.
  for (auto& [id, each] : contacts_) {
    if (each->untold_refer && commands_.contains(each->untold_refer->command))
      each->untold_refer->until = std::max(each->untold_refer->until, end_deadline());
  }
}

std::vector<CommandId> ContactCenter::Impl::open_commands() const {
  std::vector<CommandId> open;
  for (const auto& [id, each] : commands_) open.push_back(id);
  std::ranges::sort(open);
  return open;
}

void ContactCenter::Impl::repeat_commands(const std::vector<CommandId>& open,
                                          const std::set<LegId>& alive) {
  for (const CommandId id : open) {
    const auto found = commands_.find(id);
    if (found == commands_.end()) continue;  // Dropped by a failure just told.
    const CommandBody body = found->second.body;
    const bool possible = std::ranges::all_of(
        legs_of(body), [&alive](const LegId& leg) { return alive.contains(leg); });
    if (!possible) {
      // The end of its leg is told below, and decides what becomes of the call.
      if (Contact* owner = contact(found->second.contact);
          owner != nullptr && std::holds_alternative<BridgeLegs>(body)) {
        stop_bridging(*owner);
      }
      commands_.erase(id);
    } else if (std::holds_alternative<SendDtmf>(body)) {
      // Some of the digits may be out already, and the state does not keep them.
      on(CommandResult{.command = id,
                       .ok = false,
                       .code = 0,
                       .text = "The server was restarted; send the digits again.",
                       .failed_leg = {}});
    } else {
      out_->emplace_back(Command{.id = id, .body = body});
    }
  }
}

void ContactCenter::Impl::end_lost_legs(const std::set<LegId>& alive) {
  // What is told here is what the switch would have told had it seen them end. Customers first:
  // what is over is not transferred on. Then the agents who have them, so that a transfer whose
  // destination is lost too is released and its fallback chain runs.
  std::vector<std::pair<int, LegId>> lost;
  for (const auto& [id, owner_id] : legs_) {
    const Contact* owner = contact(owner_id);
    const Leg* leg = owner == nullptr ? nullptr : owner->leg(id);
    if (leg == nullptr || leg->phase == LegPhase::ended || alive.contains(id)) continue;
    int order = 2;
    if (id == owner->customer_leg) order = 0;
    if (id == owner->agent_leg) order = 1;
    lost.emplace_back(order, id);
  }
  std::ranges::sort(lost);
  for (const auto& [order, leg] : lost) {
    on(LegEnded{
        .leg = leg, .cause = EndCause::unreachable, .code = 0, .text = "the server was restarted"});
  }
}

void ContactCenter::Impl::end_unknown_legs(const std::set<LegId>& adopted) {
  std::set<LegId> told;
  for (const auto& [id, each] : commands_) {
    if (const auto* end = std::get_if<EndLeg>(&each.body)) told.insert(end->leg);
  }
  for (const LegId& id : adopted) {
    const Contact* owner = contact_of_leg(id);
    const Leg* leg = owner == nullptr ? nullptr : owner->leg(id);
    const bool wanted = leg != nullptr && leg->alive();
    if (!wanted && !told.contains(id))
      command(EndLeg{.leg = id, .code = 503, .text = "The server was restarted"});
  }
}

}  // namespace baton::core
