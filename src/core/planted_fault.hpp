#pragma once

#include <cstdint>

namespace baton::core {

/// Faults that the simulation must find, one at a time (docs/simulation.md, "The checks are
/// checked"). They exist only in a build of the core that defines BATON_PLANTED_FAULTS; in the
/// server's, planted() is a constant false and nothing of them is compiled in.
enum class PlantedFault : std::uint8_t {
  none,
  no_ring_timeout,         ///< A destination that is rung has no deadline.
  no_offer_timeout,        ///< An offer has no deadline.
  no_join_timeout,         ///< A join has no deadline.
  released_too_early,      ///< The agent is released when the transfer is accepted.
  released_without_park,   ///< The agent's leg ends before the customer is parked.
  customer_dropped,        ///< A park that fails ends the customer.
  chain_cut_short,         ///< The fallback chain ends after its first step.
  chain_stuck,             ///< The fallback to a queue forgets the customer.
  lost_wake_up,            ///< An agent who clears his call is not routed.
  id_not_remembered,       ///< A request id is new each time.
  double_click,            ///< A repeat without an id is refused instead of answered.
  leg_forgotten,           ///< The destination's leg is not ended when the transfer fails.
  end_not_sent,            ///< A leg is believed to end, but nobody tells it.
  sequence_gap,            ///< An error takes two numbers.
  custody_not_told,        ///< The release does not move custody to the server.
  returned_not_counted,    ///< An outcome is missing from the counters.
  late_answer_taken,       ///< A 2xx after the end was told counts as an answer.
  state_not_published,     ///< The end of a call does not tell the agent's state.
  failure_not_told,        ///< A failed transfer ends without its error.
  depends_on_the_process,  ///< Identifiers depend on more than the input.
  silent_offered,          ///< A customer whose leg owes an answer is offered all the same.
  answer_not_heard,        ///< A customer who answers at last goes on waiting until his deadline.
  moved_time_lost,         ///< A customer who is moved to another queue begins to wait anew.
  place_lost,              ///< A customer whom the agent did not take back has lost his queue.
  untold_lets_go,   ///< A phone that does not know of the failure yet ends the customer's call.
  left_given_back,  ///< A failure leaves the customer with an agent who has hung up.
  left_called_off,  ///< So does a supervisor who calls the transfer off.
  heard_forgotten,  ///< A trunk that only says 100 counts as one that says nothing.
};
inline constexpr int kPlantedFaults = 28;

#ifdef BATON_PLANTED_FAULTS
/// The one in force. Set before the core is used; one thread.
inline PlantedFault planted_fault = PlantedFault::none;
[[nodiscard]] inline bool planted(PlantedFault fault) { return planted_fault == fault; }
#else
[[nodiscard]] constexpr bool planted(PlantedFault) { return false; }
#endif

}  // namespace baton::core
