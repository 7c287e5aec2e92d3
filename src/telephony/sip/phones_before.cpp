#include "telephony/sip/phones_before.hpp"

#include <algorithm>
#include <iterator>

namespace baton::telephony::sip {
namespace {

/// RFC 5626 section 4.2 names an instance; without one, a phone that did not start anew goes on
/// with the Call-ID of its registrations (RFC 3261 section 10.2).
bool same_phone(const PhoneIdentity& a, const Binding& b) {
  return (!a.instance.empty() && a.instance == b.instance) ||
         (!a.call_id.empty() && a.call_id == b.call_id);
}

bool same_phone(const Binding& a, const Binding& b) {
  return a.contact == b.contact ||
         same_phone(PhoneIdentity{.instance = a.instance, .call_id = a.call_id}, b);
}

}  // namespace

PhonesBefore::PhonesBefore(const std::vector<std::pair<std::string, Binding>>& phones) {
  for (const auto& [login, binding] : phones) phones_[login].push_back(binding);
}

bool PhonesBefore::is_of_call(std::string_view login, const Place& place, const Binding& back,
                              const std::vector<Binding>& registered) const {
  if (place.target == back.contact || same_phone(place.phone, back)) return true;
  const auto found = phones_.find(std::string(login));
  if (found == phones_.end()) return registered.size() == 1;
  const auto in_call = [&place](const Binding& phone) {
    return phone.via_route == place.send_to || phone.contact == place.target ||
           same_phone(place.phone, phone);
  };
  const auto is_back = [&back](const Binding& phone) { return same_phone(phone, back); };
  std::vector<Binding> mine;
  std::vector<Binding> others;
  std::ranges::partition_copy(found->second, std::back_inserter(mine), std::back_inserter(others),
                              in_call);
  if (std::ranges::any_of(mine, is_back)) return true;
  if (std::ranges::any_of(others, is_back)) {
    if (!mine.empty()) return false;
    // The phone of the call has registered from elsewhere since, and so is one of these itself.
    std::erase_if(others, is_back);
  }
  return std::ranges::all_of(others, [&registered](const Binding& other) {
    return std::ranges::any_of(registered,
                               [&other](const Binding& now) { return same_phone(other, now); });
  });
}

bool has_moved(const PhonesBefore::Place& place, const Binding& now,
               const std::vector<Binding>& before) {
  const auto in_call = [&place](const Binding& phone) {
    // Also another flow of the same phone has an instance of its own (RFC 5626 section 4.2.1).
    if (!place.phone.instance.empty() && !phone.instance.empty()) {
      return place.phone.instance == phone.instance;
    }
    return phone.contact == place.target || same_phone(place.phone, phone);
  };
  if (place.send_to.empty() || place.send_to == now.via_route || !in_call(now)) return false;
  return std::ranges::none_of(before, in_call) ||
         std::ranges::any_of(before, [&](const Binding& phone) {
           return in_call(phone) && phone.via_route == place.send_to;
         });
}

}  // namespace baton::telephony::sip
