// What a transfer at Amazon Connect that was given up may still do: its party may join the call
// late, and whoever joins while no transfer runs is told as a transfer by hand.

#include <algorithm>
#include <utility>

#include "core/center.hpp"

namespace baton::core {

using message::BridgeConnection;
using message::Reason;
using message::ReleaseOn;

namespace {

/// How long a failed attempt may have effects after it was given up.
constexpr TimeMs kLateMs = 30'000;

/// What tells two destinations apart: a number however it was chosen, else the quick connect.
std::string endpoint_of(const Transfer& transfer) {
  const message::DestinationView& to = *transfer.view.current.destination;
  return to.phone_number.value_or(to.endpoint_arn.value_or(""));
}

}  // namespace

void ContactCenter::Impl::expect_late(Contact& contact, const Transfer& transfer) {
  // Somebody was seen who has gone again, or whom the call has: nobody else will come.
  if (!transfer.mirror->third_party.empty()) return;
  MirrorContact& mirror = *contact.mirror;
  const message::DestinationView& to = *transfer.view.current.destination;
  mirror.late_before = may_come_until(contact);
  mirror.late_transfer = transfer.id;
  mirror.late_until = now_ + kLateMs;
  mirror.late_destination = to.phone_number.value_or(to.name);
  mirror.late_endpoint = endpoint_of(transfer);
  mirror.late_cold = transfer.mirror->cold;
}

void ContactCenter::Impl::comes_no_more(Contact& contact) {
  MirrorContact& mirror = *contact.mirror;
  if (now_ >= mirror.late_before) {
    mirror.late_transfer = {};
    return;
  }
  // The one that was given up before it may come all the same, whatever its destination is.
  mirror.late_until = mirror.late_before;
  mirror.late_before = 0;
  mirror.late_destination.clear();
  mirror.late_endpoint.clear();
}

TimeMs ContactCenter::Impl::may_come_until(const Contact& contact) const {
  const MirrorContact& mirror = *contact.mirror;
  if (mirror.late_transfer.is_nil()) return 0;
  TimeMs until = mirror.late_until;
  for (const auto& [id, open] : commands_) {
    if (open.transfer != mirror.late_transfer) continue;
    if (const auto timer = timers_.find(open.timer); timer != timers_.end())
      until = std::max(until, timer->second.at);
  }
  return until;
}

std::optional<Refused> ContactCenter::Impl::late_party_refusal(const Contact& contact,
                                                               const Transfer& transfer) const {
  const MirrorContact& mirror = *contact.mirror;
  const TimeMs until = may_come_until(contact);
  if (now_ >= until || endpoint_of(transfer) == mirror.late_endpoint) return {};
  const auto seconds = static_cast<int>((until - now_ + 999) / 1000);
  return Refused{
      .reason = Reason::transferInProgress,
      .msg = "data: the destination of the transfer " + to_string(mirror.late_transfer) +
             ", which was given up, may still join the call; ask for another destination in " +
             std::to_string(seconds) + " s, or once it has come and was ended in the CCP",
      .running = {},
      .retry_after_seconds = seconds};
}

void ContactCenter::Impl::third_party_seen(Contact& contact, const BridgeConnection& party) {
  MirrorContact& mirror = *contact.mirror;
  if (std::ranges::find(mirror.known_parties, party.id) != mirror.known_parties.end()) return;
  mirror.known_parties.push_back(party.id);
  std::string how = "by hand, in the CCP";
  // The outcome of the attempt that was given up a moment ago is told. Where this is its late
  // effect, what becomes of the customer is told as a transfer of its own all the same.
  const std::string& late = mirror.late_destination;
  const auto dialled = message::normalize_e164(party.number);
  const bool another = dialled ? *dialled != late
                               : !late.starts_with('+') && !party.quick_connect.empty() &&
                                     party.quick_connect != late;
  if (now_ < may_come_until(contact) && !another)
    how += ", or late, by the transfer " + to_string(mirror.late_transfer);
  if (!another) mirror.late_transfer = {};

  auto fresh = std::make_unique<Transfer>();
  Transfer& transfer = *fresh;
  transfer.id = draw_id();
  transfer.contact = contact.id;
  transfer.agent = mirror.agent;
  transfer.was_held = false;
  transfer.mirror.emplace();
  transfer.mirror->step = MirrorStep::watching;
  transfer.mirror->third_party = party.id;
  message::DestinationView& to = transfer.view.current.destination.own();
  to.type = "phone_number";
  to.name = party.quick_connect.empty() ? party.number : party.quick_connect;
  if (const auto number = message::normalize_e164(party.number)) {
    to.phone_number = *number;
    transfer.number = *number;
  }
  for (const directory::QuickConnect& each : directory_->directory().quick_connects) {
    if (party.quick_connect.empty() || each.name != party.quick_connect) continue;
    to.endpoint_arn = each.arn;
    if (each.kind == directory::QuickConnectKind::queue) {
      transfer.kind = TransferKind::queue;
      to.type = "queue";
      to.queue = queue_name(each.queue_arn);
    } else if (each.kind == directory::QuickConnectKind::agent) {
      transfer.kind = TransferKind::agent;
      to.type = "agent";
      to.agent_login = each.agent_login;
    }
    break;
  }
  transfer.view.current.options.own().release_on = ReleaseOn::answered;
  transfer.view.agent = mirror.agent;
  transfer.view.accepted_at = now_;
  transfer.view.current.transfer_id = transfer.id;
  transfer.view.current.contact_id = contact.id;
  transfers_.emplace(transfer.id, std::move(fresh));
  agent(mirror.agent)->running.push_back(transfer.id);
  contact.transfer = transfer.id;
  contact.all_transfers.push_back(transfer.id);
  ++counters_.transfers_accepted;
  ++counters_.transfers_open;
  move(contact, transfer, TransferState::accepted, Custody::agent, Reason::none, std::move(how));
  move(contact, transfer, TransferState::dialing, Custody::agent);
}

}  // namespace baton::core
