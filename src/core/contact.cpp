#include "core/contact.hpp"

#include <algorithm>

namespace baton::core {

Leg* Contact::leg(const LegId& leg_id) {
  const auto it = std::ranges::find(legs, leg_id, &Leg::id);
  return it == legs.end() ? nullptr : &*it;
}

const Leg* Contact::leg(const LegId& leg_id) const {
  const auto it = std::ranges::find(legs, leg_id, &Leg::id);
  return it == legs.end() ? nullptr : &*it;
}

bool Contact::active() const {
  const Leg* theirs = customer();
  return !ended_at && !agent.empty() && !dial_out && theirs != nullptr &&
         theirs->phase == LegPhase::up;
}

std::string_view Contact::state() const {
  if (ended_at) return "ended";
  if (offer) return "offered";
  if (queue) return "queued";
  return !agent.empty() || !destination_leg.is_nil() || transfer ? "active" : "queued";
}

void Contact::tell(message::ContactView& view, const std::string& queue_name) const {
  view.contact_id = id;
  view.direction = outbound ? "outbound" : "inbound";
  view.customer = customer_number;
  view.dialed = dialed_number;
  view.queue_name = queue_name;
  view.state = state();
  view.started_at = started_at;
  view.ended_at = ended_at;
  view.legs.reserve(legs.size());
  for (const Leg& each : legs) {
    message::LegRecord& leg = view.legs.emplace_back();
    leg.connection_id = each.id;
    leg.type = each.role == LegRole::agent                   ? "agent"
               : each.role == LegRole::customer && !outbound ? "inbound"
                                                             : "outbound";
    leg.party = each.party;
    leg.started_at = each.started_at;
    leg.answered_at = each.answered_at;
    leg.ended_at = each.ended_at;
    leg.end_code = each.end_code;
    leg.end_text = each.end_text;
  }
  view.transfers = all_transfers;
  view.moves = moves;
}

}  // namespace baton::core
