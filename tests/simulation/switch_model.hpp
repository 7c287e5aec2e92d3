#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/command.hpp"
#include "core/input.hpp"

namespace baton::simulation {

using core::CommandId;
using core::LegId;
using core::TimeMs;

/// What is true of a leg at the switch, whatever the core thinks of it.
enum class LegState : std::uint8_t { asked, dialing, ringing, incoming, up, gone };

struct SimLeg {
  LegId id;
  LegState state = LegState::asked;
  int agent = -1;         ///< Whose phone; -1: an outside party.
  bool told = false;      ///< EndLeg was put out.
  bool reported = false;  ///< LegEnded was delivered.
  bool heard = false;     ///< Something came back for the INVITE in time, if only a 100.
  TimeMs stray_since = 0;
  TimeMs quiet_since = 0;  ///< It owes an answer, and the core has waited for it in vain; 0: not.
  CommandId outcome = 0;   ///< The last NOTIFY that tells the phone how its transfer key ended.
};

/// Something that the switch has still to report.
struct Pending {
  enum class Kind : std::uint8_t { ring, answer, dial, park, bridge, end, small, ended };
  Kind kind = Kind::small;
  CommandId command = 0;
  LegId a;
  LegId b;
  TimeMs at = 0;  ///< When the command came.
  core::EndCause cause = core::EndCause::local;
  int code = 0;
};

/// How a report turns out.
enum class Result : std::uint8_t { done, refused, leg_lost, never };

/// The switch of the simulation: legs and commands as the port's contract has them
/// (core/command.hpp, core/input.hpp). It holds no time of its own; World asks and delivers.
class SwitchModel {
 public:
  std::vector<SimLeg> legs;
  std::vector<Pending> pending;
  int lost_results = 0;  ///< Commands whose result never comes.

  [[nodiscard]] SimLeg* leg(const LegId& id);
  [[nodiscard]] const SimLeg* leg(const LegId& id) const;

  /// Takes a command. Returns what is wrong with it by the contract, or null.
  const char* command(const core::Command& command, TimeMs now,
                      const std::vector<std::string>& logins);
  /// True if a report may come before those that were asked for earlier: the end of a leg waits for
  /// its dial.
  [[nodiscard]] bool may_report(std::size_t index) const;
  /// Takes the report off the list: the input to deliver, or nothing where it never comes. `how`
  /// chooses among the ways of one result.
  std::optional<core::InputBody> report(std::size_t index, Result result, std::uint8_t how = 0);
  /// The leg ends without our doing; LegEnded is the caller's to deliver.
  core::LegEnded hang_up(SimLeg& leg, core::EndCause cause, int code);
  /// The process died and another one adopts some of the legs: none, all, or those that `how`
  /// draws. Nothing that was asked for is pending any more, and a leg whose dialling was not
  /// confirmed is not known.
  std::vector<LegId> restart(std::uint8_t how);
  /// Forgets legs of which nothing can come any more.
  void tidy();
  [[nodiscard]] bool anything_open(const LegId& leg) const;
  /// Whether the phone on that leg has yet to be told how its transfer key ended.
  [[nodiscard]] bool outcome_open(const LegId& leg) const;
};

}  // namespace baton::simulation
