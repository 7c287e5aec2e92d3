// A supervisor, or a service, moves a customer who waits in a queue to another one.

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/center.hpp"
#include "core/planted_fault.hpp"

namespace baton::core {

using message::Reason;
using message::Request;

const directory::Queue* ContactCenter::Impl::moved_to(const Request& request,
                                                      std::optional<Refused>& refused) const {
  const auto* wanted =
      request.destination ? std::get_if<message::QuickConnectRef>(&*request.destination) : nullptr;
  if (wanted == nullptr || wanted->type != message::QuickConnectType::queue) {
    refused = refuse(Reason::invalidDestination,
                     "data.destination: the quick connect of a queue is expected, a customer who "
                     "waits moves nowhere else");
    return nullptr;
  }
  // Whom a quick connect is shown to binds agents: who may act on all may use all.
  const directory::QuickConnect* found = directory_->quick_connect(wanted->endpoint_arn);
  if (found == nullptr) {
    refused = refuse(Reason::destinationNotFound,
                     "data.destination.endpointARN: there is no quick connect '" +
                         wanted->endpoint_arn + "' in this directory");
    return nullptr;
  }
  if (found->kind != directory::QuickConnectKind::queue) {
    refused = refuse(Reason::invalidDestination, "data.destination.type: the quick connect '" +
                                                     found->name + "' is not one of a queue");
    return nullptr;
  }
  const directory::Queue* queue = directory_->queue(found->queue_arn);
  if (queue == nullptr) {
    refused =
        refuse(Reason::destinationNotFound,
               "data.destination.endpointARN: the queue behind '" + found->name + "' is gone");
  }
  return queue;
}

std::optional<Refused> ContactCenter::Impl::move_contact(const RequestInput& input) {
  const Request& request = input.request;
  if (input.role == directory::Role::agent) {
    return refuse(Reason::callNotOwned,
                  "role: a supervisor or a service moves waiting customers, '" + input.caller +
                      "' has the role agent");
  }
  if (mirrored()) {
    return refuse(Reason::notSupported,
                  "subtopic: '" + request.subtopic +
                      "' is not supported by this back end: its queues are not Baton's");
  }
  const std::string& named = request.contact_id.value_or("");
  const auto id = message::parse_uuid(named);
  Contact* call = id ? contact(*id) : nullptr;
  if (call == nullptr && id) call = contact_of_leg(*id);
  if (call == nullptr || call->ended_at)
    return refuse(Reason::noActiveCall, "data.contactId: there is no call '" + named + "'");
  if (call->offer) {
    // Custody is the server's from the offer on, and the agent may be answering right now.
    return refuse(Reason::notSupported, "data.contactId: the customer is being offered to '" +
                                            call->offer->agent +
                                            "'; he can be moved when that agent did not take him");
  }
  if (!call->queue) {
    return refuse(Reason::notSupported,
                  "data.contactId: the customer does not wait in a queue" +
                      (call->agent.empty() ? std::string{} : ", '" + call->agent + "' has him"));
  }

  std::optional<Refused> refused;
  const directory::Queue* queue = moved_to(request, refused);
  if (queue == nullptr) return refused;
  if (queue->arn == call->queue->arn) return {};
  refused = queue_refusal(*queue, false);
  if (refused) return refused;

  // What he has waited so far is credited, as in a requeue.
  const TimeMs since = planted(PlantedFault::moved_time_lost) ? now_ : call->queue->since;
  std::string from = queue_name(call->queue->arn);
  if (from.empty()) from = call->queue->arn;
  call->moves.push_back({.at = now_, .from = from, .to = queue->name, .by = input.caller});
  store(*call);
  Transfer* transfer = running_transfer(*call);
  if (transfer != nullptr) {
    // The transfer's outcome is due when it was, however often its customer is moved.
    enqueue_until(*call, queue->arn, since, false, timers_.at(call->queue->timer).at);
    const bool requeued = transfer->state() == TransferState::requeued;
    move(*call, *transfer, transfer->state(), Custody::queue,
         requeued ? transfer->failure : Reason::none, "moved from " + from + " by " + input.caller);
    (void)try_offer(*call);
    return {};
  }
  leave_queue(*call, QueueExit::moved);
  enter_queue(*call, *queue, since, false);
  return {};
}

std::vector<WaitingCustomer> ContactCenter::waiting(std::string_view queue_arn,
                                                    std::size_t most) const {
  std::vector<std::tuple<TimeMs, ContactId, int>> order;
  for (const auto& [arn, line] : impl_->lines_) {
    if (!queue_arn.empty() && arn != queue_arn) continue;
    int position = 0;
    for (const auto& [since, id] : line.waiting) order.emplace_back(since, id, ++position);
  }
  std::ranges::sort(order);
  std::vector<WaitingCustomer> list;
  list.reserve(std::min(most, order.size()));
  for (const auto& [since, id, position] : order) {
    if (list.size() == most) break;
    const Contact& call = *impl_->contacts_.at(id);
    list.push_back({.contact = id,
                    .queue_arn = call.queue->arn,
                    .queue_name = impl_->queue_name(call.queue->arn),
                    .since = since,
                    .position = position,
                    .customer = call.customer_number,
                    .transfer = call.transfer,
                    .offered_to = call.offer ? call.offer->agent : std::string{}});
  }
  return list;
}

}  // namespace baton::core
