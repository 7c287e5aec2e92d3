#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace baton::bench {

/// What was seen since the last reset.
struct Figures {
  std::uint64_t events = 0;
  std::uint64_t answered = 0;  ///< Calls that the agent's leg and the customer's are joined in.
  std::uint64_t transfers_asked = 0;  ///< BlindTransfer messages sent.
  std::uint64_t released = 0;         ///< ACW events.
  std::uint64_t connected = 0;        ///< Transfers whose destination has the customer.
  std::uint64_t other_outcomes = 0;   ///< Failed, returned, abandoned, canceled.
  std::uint64_t errors = 0;           ///< Error events, of any request.
  std::string first_error;
  std::vector<double> acw_ms;     ///< From the message to the ACW event.
  std::vector<double> invite_ms;  ///< From the message to the carrier's INVITE.
};

/// In milliseconds.
[[nodiscard]] inline double ms_between(std::chrono::steady_clock::time_point from,
                                       std::chrono::steady_clock::time_point to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace baton::bench
