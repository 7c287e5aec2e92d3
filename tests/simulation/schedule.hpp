#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton::simulation {

/// What may happen next. What a step means in the state that it meets is in World::take; a step
/// that has no meaning there does nothing, so that any step may be left out of a schedule.
enum class Act : std::uint8_t {
  result,     ///< The switch reports what became of a command.
  leg,        ///< A party rings, answers, refuses, hangs up, holds, presses its transfer key.
  wait,       ///< Time passes, and the timers that run out fire.
  call_in,    ///< A customer calls, or an agent calls out from his phone.
  request,    ///< A desktop asks for something other than a transfer.
  transfer,   ///< A desktop asks for a blind transfer.
  again,      ///< A desktop sends its last request once more.
  phone,      ///< An agent's phone registers, or is gone.
  refresh,    ///< A desktop is loaded anew and asks for the state.
  supervise,  ///< A supervisor cancels a transfer, or moves a customer to another queue.
  hours,      ///< A queue closes or opens.
  directory,  ///< The directory is changed: an agent is disabled, removed or put back.
  restart,    ///< The process dies and another starts on the same journal.
};
inline constexpr int kActs = 13;

struct Step {
  Act act = Act::wait;
  std::uint8_t who = 0;
  std::uint8_t how = 0;

  friend bool operator==(const Step&, const Step&) = default;
};

/// One run: where it starts, and what happens.
struct Schedule {
  std::uint8_t start = 0;  ///< Index of the opening (World::kOpenings).
  bool recorded = false;   ///< Inputs are kept, so that the process may be restarted.
  std::vector<Step> steps;

  /// Text for `--schedule`: digits and letters only.
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static std::optional<Schedule> decode(std::string_view text);
};

}  // namespace baton::simulation
