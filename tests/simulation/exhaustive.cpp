#include "exhaustive.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

namespace baton::simulation {

namespace {

/// Act::transfer: how % 6 names the destination, how / 6 % 8 the options (world.cpp).
constexpr std::array<std::uint8_t, 7> kTransfers = {0, 12, 18, 2, 4, 16, 22};

class Explorer {
 public:
  explicit Explorer(double seconds)
      : until_(std::chrono::steady_clock::now() +
               std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                   std::chrono::duration<double>(seconds))) {}

  /// False if the time is over or a rule broke.
  bool to_depth(int depth) {
    for (const std::uint8_t transfer : kTransfers) {
      seen_.clear();
      World world(1);
      world.seal();
      world.record(false);
      world.set_tick(0);
      path_ = {{.act = Act::transfer, .who = 0, .how = transfer}};
      world.take(path_.back());
      if (!visit(world, depth)) return false;
      states_ += seen_.size();
    }
    return true;
  }
  [[nodiscard]] bool broken() const { return violation_.has_value(); }
  void fill(Coverage& coverage) const {
    coverage.states = std::max<std::uint64_t>(coverage.states, states_ + seen_.size());
    coverage.inputs = inputs_;
    coverage.violation = violation_;
    coverage.trace = trace_;
  }
  void start_over() { states_ = 0; }

 private:
  bool visit(const World& world, int depth) {
    if (world.violation()) return found(world);
    const auto [known, fresh] = seen_.try_emplace(world.fingerprint(), depth);
    if (fresh) {
      World rest = world;
      rest.settle();
      if (rest.violation()) return found(rest);
    } else if (known->second >= depth) {
      return true;
    } else {
      known->second = depth;
    }
    if (depth == 0) return true;
    if (++looks_ % 64 == 0 && std::chrono::steady_clock::now() > until_) return false;
    std::vector<Step> steps;
    world.enabled(steps);
    for (const Step& step : steps) {
      World next = world;
      path_.push_back(step);
      next.take(step);
      ++inputs_;
      if (!visit(next, depth - 1)) return false;
      path_.pop_back();
    }
    return true;
  }

  bool found(const World& world) {
    violation_ = world.violation();
    World again(1);
    again.seal();
    again.record(false);
    again.set_tick(0);
    again.trace(&trace_);
    for (const Step& step : path_) again.take(step);
    again.settle();
    return false;
  }

  std::chrono::steady_clock::time_point until_;
  std::unordered_map<std::uint64_t, int> seen_;
  std::vector<Step> path_;
  std::uint64_t states_ = 0;
  std::uint64_t inputs_ = 0;
  std::uint64_t looks_ = 0;
  std::optional<Violation> violation_;
  std::string trace_;
};

/// Mixes values into one number.
class Mix {
 public:
  template <class T>
  void add(T value) {
    state_ = (state_ ^ static_cast<std::uint64_t>(value)) * 0x9e3779b97f4a7c15ULL;
    state_ ^= state_ >> 29U;
  }
  [[nodiscard]] std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x243f6a8885a308d3ULL;
};

}  // namespace

std::uint64_t World::fingerprint() const {
  const core::Inspection::State& s = core::Inspection::of(core_.center);
  Mix mix;
  const auto timer = [&](TimerId id) {
    const auto found = std::ranges::find(timers_, id, &std::pair<TimerId, TimeMs>::first);
    mix.add(id == 0 || found == timers_.end() ? -1 : std::max<TimeMs>(found->second - now_, 0));
  };
  const auto leg_index = [&](const LegId& id) -> std::int64_t {
    std::int64_t index = 0;
    for (const auto& [contact_id, contact] : s.contacts_) {
      for (const core::Leg& leg : contact->legs) {
        if (leg.id == id) return index;
        ++index;
      }
    }
    return -1;
  };
  for (const auto& [login, agent] : s.agents_) {
    mix.add(agent.activity);
    mix.add(agent.before_offer);
    mix.add(agent.logged_in);
    mix.add(agent.phone_reachable);
    mix.add(agent.contact.has_value());
    mix.add(agent.finished.has_value());
    mix.add(agent.running.size());
    mix.add(agent.chosen.code.size());
    // Who has been idle for longer is offered the next call first.
    int before = 0;
    for (const auto& [other, each] : s.agents_) before += each.idle_since < agent.idle_since;
    mix.add(before);
  }
  for (const auto& [id, contact] : s.contacts_) {
    const auto initial = static_cast<unsigned char>(contact->agent.empty() ? 0 : contact->agent[0]);
    mix.add(contact->agent.size() + initial);
    mix.add(contact->avoid_agent.empty() ? 0 : contact->avoid_agent.front());
    mix.add(leg_index(contact->agent_leg));
    mix.add(leg_index(contact->destination_leg));
    mix.add(contact->held);
    mix.add(contact->ended_at.has_value());
    mix.add(contact->connected_transfers.size());
    timer(contact->bridge_timer);
    timer(contact->silence_timer);
    mix.add(contact->queue.has_value());
    if (contact->queue) {
      mix.add(contact->queue->arn.size());
      mix.add(now_ - contact->queue->since);
      timer(contact->queue->timer);
    }
    mix.add(contact->offer.has_value());
    if (contact->offer) {
      mix.add(contact->offer->agent.front());
      mix.add(contact->offer->purpose);
      mix.add(contact->offer->dialed);
      mix.add(contact->offer->pressed);
      mix.add(contact->offer->bridging);
      mix.add(leg_index(contact->offer->leg));
      timer(contact->offer->timer);
    }
    for (const core::Leg& leg : contact->legs) {
      mix.add(leg.phase);
      mix.add(leg.role);
      mix.add(leg.parked);
      timer(leg.end_timer);
      const SimLeg* truth = switch_.leg(leg.id);
      mix.add(truth == nullptr ? 99 : static_cast<int>(truth->state));
      mix.add(truth == nullptr ? 0 : int{truth->told} + 2 * int{truth->reported});
      mix.add(truth == nullptr || truth->quiet_since == 0 ? -1 : now_ - truth->quiet_since);
    }
  }
  for (const Tracked& each : tracked_) {
    const auto known = s.transfers_.find(each.id);
    if (known == s.transfers_.end()) continue;
    const core::Transfer* transfer = known->second.get();
    mix.add(transfer->state());
    mix.add(transfer->custody());
    mix.add(transfer->releasing);
    mix.add(transfer->released);
    mix.add(transfer->left);
    mix.add(transfer->answered);
    mix.add(transfer->taking_back);
    mix.add(transfer->was_held);
    mix.add(transfer->next_step);
    mix.add(transfer->failure);
    mix.add(leg_index(transfer->target_leg));
    timer(transfer->ring_timer);
    timer(transfer->park_timer);
  }
  for (const Pending& pending : switch_.pending) {
    mix.add(pending.kind);
    mix.add(leg_index(pending.a));
    mix.add(leg_index(pending.b));
    mix.add(pending.code);
    const auto open = s.commands_.find(pending.command);
    mix.add(open == s.commands_.end() ? 99 : static_cast<int>(open->second.purpose));
  }
  for (const Tracked& each : tracked_) {
    mix.add(each.state);
    mix.add(each.outcome.has_value());
    mix.add(int{each.parked} + 2 * int{each.may_release} + 4 * int{each.at_once} +
            8 * int{each.answered} + 16 * int{each.left});
  }
  for (const Desk& desk : desks_) mix.add(desk.phone);
  return mix.value();
}

void World::enabled(std::vector<Step>& steps) const {
  const auto add = [&](Act act, std::size_t who, int how) {
    steps.push_back(
        {.act = act, .who = static_cast<std::uint8_t>(who), .how = static_cast<std::uint8_t>(how)});
  };
  for (std::size_t i = 0; i < switch_.pending.size(); ++i) {
    if (!switch_.may_report(i)) continue;
    const Pending::Kind kind = switch_.pending[i].kind;
    add(Act::result, i, static_cast<int>(Result::done));
    if (kind == Pending::Kind::park || kind == Pending::Kind::bridge || kind == Pending::Kind::dial)
      add(Act::result, i, static_cast<int>(Result::refused));
    if (kind == Pending::Kind::park || kind == Pending::Kind::bridge)
      add(Act::result, i, static_cast<int>(Result::leg_lost));
  }
  std::size_t live = 0;
  for (const SimLeg& leg : switch_.legs) {
    if (leg.state == LegState::gone || leg.state == LegState::asked) continue;
    const std::size_t index = live++;
    if (leg.state == LegState::dialing) add(Act::leg, index, 0);
    if (leg.state == LegState::dialing || leg.state == LegState::ringing) {
      add(Act::leg, index, 1);
      add(Act::leg, index, 2);
    } else {
      add(Act::leg, index, 0);
    }
  }
  if (!timers_.empty()) add(Act::wait, 0, 0);
  bool open = false;
  for (const Tracked& each : tracked_) open = open || !each.outcome;
  std::size_t who = 0;
  for (const std::string& login : kLogins) {
    const core::Agent& agent = core::Inspection::of(core_.center).agents_.at(login);
    // The numbers are those of kAsked in world.cpp.
    if (agent.activity == core::Activity::offered) {
      add(Act::request, who, 0);
      add(Act::request, who, 1);
    }
    if (agent.activity == core::Activity::busy) add(Act::request, who, 4);
    if (agent.finished && agent.activity != core::Activity::offered) add(Act::request, who, 5);
    ++who;
  }
  if (open) {
    add(Act::request, 0, 6);
    add(Act::again, 0, 0);
    add(Act::phone, 0, 0);
  }
}

Coverage walk_exhaustively(int depth, double seconds) {
  Coverage coverage;
  Explorer explorer(seconds);
  for (int next = 1; next <= depth; ++next) {
    explorer.start_over();
    const bool whole = explorer.to_depth(next);
    explorer.fill(coverage);
    if (!whole) break;
    coverage.depth = next;
  }
  return coverage;
}

}  // namespace baton::simulation
