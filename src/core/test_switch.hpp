#pragma once

// Phones that do what they are told, for tests that let a whole call run: each command is
// confirmed, each dialled leg rings and answers, each offered agent answers. The process may die
// before any input.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/test_center.hpp"

namespace baton::core::testing {

class TestSwitch {
 public:
  /// Thrown in place of the input that the journal does not get any more.
  struct Killed {};

  TestCenter center;
  std::set<LegId> legs;  ///< Those that are up or being set up, as the phones see it.
  int inputs_left = -1;  ///< The process dies when this many more are journalled; -1: never.

  void put(InputBody body) {
    if (inputs_left == 0) throw Killed{};
    if (inputs_left > 0) --inputs_left;
    center.put(std::move(body));
  }

  void request(const std::string& agent, message::RequestKind kind, message::Request request = {}) {
    request.kind = kind;
    request.topic = "InboundCall";
    if (kind == message::RequestKind::blind_transfer) request.subtopic = "BlindTransfer";
    put(RequestInput{.reply = 1,
                     .caller = agent,
                     .role = directory::Role::agent,
                     .agent = agent,
                     .request = std::move(request)});
  }

  void sign_in(const std::string& agent) {
    put(PhoneReachable{.login = agent, .reachable = true});
    request(agent, message::RequestKind::login);
    message::Request state;
    state.state = message::AgentStateRef{.label = "Available", .code = "Available", .type = ""};
    request(agent, message::RequestKind::update_state, std::move(state));
  }

  LegId call_in(std::uint64_t number = 1) {
    const LegId leg{.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000000ULL + number};
    LegIncoming incoming;
    incoming.leg = leg;
    incoming.trunk = "carrier";
    incoming.to_number = kInbound;
    incoming.presentation.from_number = kCustomer;
    legs.insert(leg);
    put(std::move(incoming));
    return leg;
  }

  void hang_up(const LegId& leg) {
    if (legs.erase(leg) == 0) return;
    put(LegEnded{.leg = leg, .cause = EndCause::remote, .code = 0, .text = {}});
  }

  /// Carries out all commands and lets all offered agents answer, until nothing is left to do.
  /// `answers`: whether dialled outside numbers do.
  void run(bool answers = true) {
    for (;;) {
      if (!center.commands.empty()) {
        const Command command = center.commands.front();
        center.commands.erase(center.commands.begin());
        carry_out(command, answers);
        continue;
      }
      bool pressed = false;
      for (const char* agent : {"agent1", "agent2", "agent3", "agent4"}) {
        const ContactId* offered = offered_to(agent);
        if (offered == nullptr ||
            !answered_.emplace(agent, center.center.sequence_of(agent)).second)
          continue;
        pressed = true;
        request(agent, message::RequestKind::answer);
      }
      if (!pressed) return;
    }
  }

  /// Lets the time pass, and what its timers ask for be done.
  void pass(TimeMs ms) {
    const TimeMs until = center.now + ms;
    for (;;) {
      run();
      auto next =
          std::ranges::min_element(center.timers, {}, [](const auto& t) { return t.second; });
      if (next == center.timers.end() || next->second > until) break;
      center.now = std::max(center.now, next->second);
      const TimerId id = next->first;
      center.timers.erase(next);
      put(TimerFired{id});
    }
    center.now = std::max(center.now, until);
  }

 private:
  const ContactId* offered_to(const std::string& agent) {
    for (const AgentStatus& each : center.center.agents()) {
      if (each.login != agent || each.state != "PendingBusy" || !each.contact) continue;
      offered_ = *each.contact;
      return &offered_;
    }
    return nullptr;
  }

  void carry_out(const Command& command, bool answers) {
    const auto done = [&](bool ok, int code) {
      put(CommandResult{
          .command = command.id, .ok = ok, .code = code, .text = {}, .failed_leg = {}});
    };
    if (const auto* dial = std::get_if<DialLeg>(&command.body)) {
      const bool fresh = legs.insert(dial->leg).second;
      done(true, 0);
      if (!legs.contains(dial->leg)) return;
      if (fresh || !rang_.contains(dial->leg)) put(LegRinging{dial->leg});
      rang_.insert(dial->leg);
      if (answers || std::holds_alternative<AgentPhone>(dial->target)) put(LegAnswered{dial->leg});
      return;
    }
    if (const auto* end = std::get_if<EndLeg>(&command.body)) {
      done(true, 0);
      if (legs.erase(end->leg) > 0)
        put(LegEnded{.leg = end->leg, .cause = EndCause::local, .code = 0, .text = {}});
      return;
    }
    bool up = true;
    if (const auto* park = std::get_if<ParkLeg>(&command.body)) up = legs.contains(park->leg);
    if (const auto* bridge = std::get_if<BridgeLegs>(&command.body))
      up = legs.contains(bridge->a) && legs.contains(bridge->b);
    done(up, up ? 0 : 481);
  }

  ContactId offered_;
  std::set<std::pair<std::string, std::uint64_t>> answered_;
  std::set<LegId> rang_;
};

}  // namespace baton::core::testing
