#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "telephony/sip/binding.hpp"

namespace baton::telephony::sip {

/// The phones that the agents had when the process before ended, to tell which of them is back: one
/// on TCP or TLS comes by another connection, and maybe with another Contact. A value.
class PhonesBefore {
 public:
  PhonesBefore() = default;
  explicit PhonesBefore(const std::vector<std::pair<std::string, Binding>>& phones);

  /// Where a call of the process before had its phone.
  struct Place {
    std::string send_to;  ///< As Binding::via_route.
    std::string target;   ///< The phone's Contact in the call.
    PhoneIdentity phone;  ///< Empty where the call was kept by a Baton that did not note it.
  };
  /// Whether `back`, which has just registered, is the phone of that agent's call. `registered`:
  /// all that he has now, `back` included. A phone that nothing ties to the call is taken for it
  /// once each other of the agent's is there: ask again of all when another has registered.
  [[nodiscard]] bool is_of_call(std::string_view login, const Place& place, const Binding& back,
                                const std::vector<Binding>& registered) const;

 private:
  std::unordered_map<std::string, std::vector<Binding>> phones_;
};

/// Whether an agent's call at `place` is to go on by that registration of his, in a process that
/// has not ended meanwhile: it is of the call's phone, which has another address now. `before`:
/// what he had registered before it. A call that was not where its phone was registered stays where
/// it is.
[[nodiscard]] bool has_moved(const PhonesBefore::Place& place, const Binding& now,
                             const std::vector<Binding>& before);

}  // namespace baton::telephony::sip
