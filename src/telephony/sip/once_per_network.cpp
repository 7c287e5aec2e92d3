#include "telephony/sip/once_per_network.hpp"

namespace baton::telephony::sip {

bool OncePerNetwork::tell(std::string_view network, std::int64_t now, std::int64_t until) {
  if (const auto found = told_.find(network); found != told_.end()) {
    if (!found->second.is_over(now)) return false;
    found->second = {now, until};
    return true;
  }
  if (told_.size() >= bound_) {
    std::erase_if(told_, [now](const auto& each) { return each.second.is_over(now); });
    if (told_.size() >= bound_) return false;
  }
  told_.emplace(network, Told{now, until});
  return true;
}

}  // namespace baton::telephony::sip
