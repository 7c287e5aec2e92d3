#include "switch_model.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>
#include <variant>

namespace baton::simulation {

using core::CommandResult;
using core::EndCause;
using core::LegEnded;

SimLeg* SwitchModel::leg(const LegId& id) {
  for (SimLeg& each : legs) {
    if (each.id == id) return &each;
  }
  return nullptr;
}

const SimLeg* SwitchModel::leg(const LegId& id) const {
  return const_cast<SwitchModel*>(this)->leg(id);
}

const char* SwitchModel::command(const core::Command& command, TimeMs now,
                                 const std::vector<std::string>& logins) {
  const auto wait = [&](Pending::Kind kind, const LegId& a, const LegId& b = {}) {
    pending.push_back({.kind = kind, .command = command.id, .a = a, .b = b, .at = now});
  };
  // The core may not know yet that a leg is gone, but it knows what it was told and what it asked.
  const auto usable = [&](const LegId& id, bool confirmed) -> const char* {
    const SimLeg* known = leg(id);
    if (known == nullptr) return "a command for a leg that never was";
    if (known->reported) return "a command for a leg whose end was reported";
    if (known->told) return "a command for a leg that was told to end";
    if (confirmed && known->state != LegState::up && known->state != LegState::gone)
      return "a re-INVITE for a leg that is not confirmed";
    return nullptr;
  };
  return std::visit(
      [&](const auto& body) -> const char* {
        using T = std::decay_t<decltype(body)>;
        if constexpr (std::is_same_v<T, core::DialLeg>) {
          if (leg(body.leg) != nullptr) return "a leg is dialled twice";
          SimLeg fresh{.id = body.leg};
          if (const auto* phone = std::get_if<core::AgentPhone>(&body.target)) {
            const auto it = std::ranges::find(logins, phone->login);
            fresh.agent = static_cast<int>(it - logins.begin());
          }
          legs.push_back(fresh);
          wait(Pending::Kind::dial, body.leg);
        } else if constexpr (std::is_same_v<T, core::RingLeg>) {
          wait(Pending::Kind::ring, body.leg);
          return usable(body.leg, false);
        } else if constexpr (std::is_same_v<T, core::AnswerLeg>) {
          wait(Pending::Kind::answer, body.leg);
          return usable(body.leg, false);
        } else if constexpr (std::is_same_v<T, core::ParkLeg>) {
          wait(Pending::Kind::park, body.leg);
          return usable(body.leg, true);
        } else if constexpr (std::is_same_v<T, core::BridgeLegs>) {
          wait(Pending::Kind::bridge, body.a, body.b);
          if (body.a == body.b) return "a leg is bridged with itself";
          const SimLeg* first = leg(body.a);
          // One of them may be an incoming leg that still rings.
          const bool rings = first != nullptr && first->state == LegState::incoming;
          if (const char* wrong = usable(body.a, !rings)) return wrong;
          return usable(body.b, true);
        } else if constexpr (std::is_same_v<T, core::EndLeg>) {
          SimLeg* known = leg(body.leg);
          wait(Pending::Kind::end, body.leg);
          if (known == nullptr) return "EndLeg for a leg that never was";
          if (known->told) return "EndLeg twice for one leg";
          if (known->reported) return "EndLeg for a leg whose end was reported";
          known->told = true;
        } else if constexpr (std::is_same_v<T, core::NotifyRefer>) {
          wait(Pending::Kind::small, body.leg);
          if (SimLeg* known = leg(body.leg); known != nullptr && body.final)
            known->outcome = command.id;
        } else if constexpr (std::is_same_v<T, core::BridgeCommand>) {
          return "a command for a session at Amazon Connect";
        } else {
          wait(Pending::Kind::small, body.leg);
        }
        return nullptr;
      },
      command.body);
}

bool SwitchModel::may_report(std::size_t index) const {
  const Pending& asked = pending[index];
  if (asked.kind != Pending::Kind::end) return true;
  for (std::size_t i = 0; i < index; ++i) {
    if (pending[i].kind == Pending::Kind::dial && pending[i].a == asked.a) return false;
  }
  return true;
}

LegEnded SwitchModel::hang_up(SimLeg& ended, EndCause cause, int code) {
  ended.state = LegState::gone;
  ended.reported = true;
  LegEnded event{.leg = ended.id, .cause = cause, .code = code, .text = {}};
  if (cause == EndCause::refused) event.text = "Refused";
  return event;
}

std::optional<core::InputBody> SwitchModel::report(std::size_t index, Result result,
                                                   std::uint8_t how) {
  const Pending asked = pending[index];
  pending.erase(pending.begin() + static_cast<std::ptrdiff_t>(index));
  SimLeg* a = leg(asked.a);
  if (asked.kind == Pending::Kind::ended) {
    if (a == nullptr || a->reported) return {};
    return hang_up(*a, asked.cause, asked.code);
  }

  CommandResult answer{
      .command = asked.command, .ok = true, .code = 0, .text = {}, .failed_leg = {}};
  const auto fail = [&](int code, std::optional<LegId> whose = {}) {
    answer.ok = false;
    answer.code = code;
    answer.text = "Refused";
    answer.failed_leg = whose;
  };
  // The leg is gone; its LegEnded follows when the switch gets to it.
  const auto lose = [&](SimLeg& lost, EndCause cause, int code) {
    lost.state = LegState::gone;
    pending.push_back({.kind = Pending::Kind::ended,
                       .command = 0,
                       .a = lost.id,
                       .b = {},
                       .at = asked.at,
                       .cause = cause,
                       .code = code});
  };
  const auto is_gone = [](const SimLeg* one) {
    return one == nullptr || one->state == LegState::gone || one->state == LegState::asked;
  };
  const bool guarded = asked.kind == Pending::Kind::park || asked.kind == Pending::Kind::bridge ||
                       asked.kind == Pending::Kind::end;
  if (result == Result::never && guarded) {
    // The core has a deadline of its own for these.
    ++lost_results;
    if (asked.kind == Pending::Kind::end && a != nullptr) {
      a->state = LegState::gone;
      a->reported = true;
    }
    return {};
  }

  switch (asked.kind) {
    case Pending::Kind::dial:
      if (a->state != LegState::asked) {
        fail(481);
      } else if (result == Result::done) {
        a->state = LegState::dialing;
      } else {
        // There never was a leg, so there is no LegEnded.
        fail(result == Result::refused ? 480 : 0);
        a->state = LegState::gone;
        a->reported = true;
      }
      break;
    case Pending::Kind::answer:
      if (is_gone(a)) {
        fail(481);
      } else if (a->state == LegState::up) {
        fail(500);
      } else if (result == Result::done) {
        a->state = LegState::up;
      } else if (result == Result::refused && how % 4 == 1) {
        // The deadline has passed, and the ACK comes after all.
        fail(504);
        a->state = LegState::up;
      } else if (result == Result::refused && how % 4 == 2) {
        // The ACK brings an answer that cannot be used.
        fail(488, asked.a);
        lose(*a, EndCause::unreachable, 488);
      } else {
        fail(408);
        lose(*a, EndCause::unreachable, 408);
      }
      break;
    case Pending::Kind::park:
      if (is_gone(a)) {
        fail(481);
      } else if (result == Result::refused) {
        constexpr std::array kCodes = {491, 500, 488, 504};
        fail(kCodes.at(how % 4U), how % 4 == 3 ? std::nullopt : std::optional(asked.a));
      } else if (result == Result::leg_lost) {
        fail(408);
        lose(*a, EndCause::unreachable, 408);
      }
      break;
    case Pending::Kind::bridge: {
      SimLeg* b = leg(asked.b);
      if (is_gone(a)) {
        fail(481, asked.a);
      } else if (is_gone(b)) {
        fail(481, asked.b);
      } else if (result == Result::done) {
        a->state = LegState::up;
        b->state = LegState::up;
      } else if (result == Result::refused && how % 4 == 1) {
        // The deadline has passed; the exchange goes on, and both may be joined by it after all.
        fail(504);
        if (how / 4 % 2 == 0) {
          a->state = LegState::up;
          b->state = LegState::up;
        }
      } else if (result == Result::refused) {
        constexpr std::array kCodes = {488, 0, 491, 500};
        fail(kCodes.at(how % 4U), asked.at % 2 == 0 ? asked.a : asked.b);
      } else {
        SimLeg& lost = asked.at % 2 == 0 ? *a : *b;
        fail(408, lost.id);
        lose(lost, EndCause::unreachable, 408);
      }
      // Where the other side fails, one who rang may have been answered by then.
      if (!answer.ok && answer.failed_leg == asked.b && a->state == LegState::incoming &&
          asked.at % 4 < 2)
        a->state = LegState::up;
      break;
    }
    case Pending::Kind::end:
      if (is_gone(a)) {
        fail(481);
      } else {
        lose(*a, EndCause::local, 0);
      }
      break;
    case Pending::Kind::ring:
    case Pending::Kind::small:
      if (is_gone(a)) {
        fail(481);
      } else if (result != Result::done) {
        fail(501);
      }
      break;
    case Pending::Kind::ended:
      break;
  }
  return answer;
}

std::vector<LegId> SwitchModel::restart(std::uint8_t how) {
  pending.clear();
  std::erase_if(legs, [](const SimLeg& each) { return each.state == LegState::asked; });
  std::vector<LegId> adopted;
  const unsigned mode = how / 2U % 4U;
  std::size_t place = how / 8U;
  for (SimLeg& each : legs) {
    if (each.state == LegState::gone) continue;
    const bool taken = mode == 0 ? false : mode == 1 || ++place % (mode + 1U) != 0;
    if (taken) {
      // It is told to end again where it was.
      each.told = false;
      adopted.push_back(each.id);
    } else {
      each.state = LegState::gone;
    }
  }
  return adopted;
}

bool SwitchModel::anything_open(const LegId& id) const {
  return std::ranges::any_of(pending,
                             [&](const Pending& each) { return each.a == id || each.b == id; });
}

bool SwitchModel::outcome_open(const LegId& id) const {
  const SimLeg* told = leg(id);
  return told != nullptr && told->outcome != 0 &&
         std::ranges::any_of(pending,
                             [&](const Pending& each) { return each.command == told->outcome; });
}

void SwitchModel::tidy() {
  std::erase_if(legs, [&](const SimLeg& each) {
    return each.reported && each.state == LegState::gone && !anything_open(each.id);
  });
}

}  // namespace baton::simulation
