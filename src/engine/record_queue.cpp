#include "engine/record_queue.hpp"

#include <string>
#include <utility>
#include <variant>

namespace baton::engine {
namespace {

store::TransferRow row_of(const message::TransferView& view) {
  return {.id = to_string(view.current.transfer_id),
          .contact_id = to_string(view.current.contact_id),
          .agent = view.agent,
          .state = std::string(message::to_string(view.current.state)),
          .accepted_at = view.accepted_at,
          .updated_at = view.current.at,
          .json = message::print(view),
          .timeline = message::print_timeline(view)};
}

store::ContactRow row_of(const message::ContactView& view, core::TimeMs now) {
  return {.id = to_string(view.contact_id),
          .direction = std::string(view.direction),
          .customer = view.customer,
          .queue_name = view.queue_name,
          .state = std::string(view.state),
          .started_at = view.started_at,
          .updated_at = now,
          .json = message::print(view)};
}

}  // namespace

bool RecordQueue::keep(core::Output& output, core::TimeMs now) {
  if (auto* transfer = std::get_if<core::StoreTransfer>(&output)) {
    const message::Uuid id = transfer->transfer->current.transfer_id;
    auto& latest = transfers_[id];
    if (!latest) waiting_.push_back({.due = now + delay_ms_, .id = id, .kind = Kind::transfer});
    latest = std::move(transfer->transfer);
    return true;
  }
  if (auto* contact = std::get_if<core::StoreContact>(&output)) {
    const message::Uuid id = contact->contact->contact_id;
    auto& latest = contacts_[id];
    if (!latest) waiting_.push_back({.due = now + delay_ms_, .id = id, .kind = Kind::contact});
    latest = std::move(contact->contact);
    return true;
  }
  return false;
}

void RecordQueue::keep(store::AuditRow row, core::TimeMs now) {
  waiting_.push_back({.due = now + delay_ms_, .id = {}, .kind = Kind::audit});
  audit_.push_back(std::move(row));
}

void RecordQueue::take_due(core::TimeMs now, std::size_t most, store::Records& rows) {
  if (const auto when = next(); !when || *when > now) return;
  for (std::size_t taken = 0; taken < most && !waiting_.empty(); ++taken) {
    if (waiting_.front().due > now) return;
    take_first(now, rows);
  }
}

void RecordQueue::take_first(std::size_t most, core::TimeMs now, store::Records& rows) {
  for (std::size_t taken = 0; taken < most && !waiting_.empty(); ++taken) take_first(now, rows);
}

void RecordQueue::take_all(core::TimeMs now, store::Records& rows) {
  while (!waiting_.empty()) take_first(now, rows);
}

void RecordQueue::take_first(core::TimeMs now, store::Records& rows) {
  const Waiting first = waiting_.front();
  waiting_.pop_front();
  ++taken_;
  switch (first.kind) {
    case Kind::transfer:
      rows.transfers.push_back(row_of(*transfers_.extract(first.id).mapped()));
      return;
    case Kind::contact:
      rows.contacts.push_back(row_of(*contacts_.extract(first.id).mapped(), now));
      return;
    case Kind::audit:
      rows.audit.push_back(std::move(audit_.front()));
      audit_.pop_front();
      return;
  }
}

}  // namespace baton::engine
