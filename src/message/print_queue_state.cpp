#include "message/json_writer.hpp"
#include "message/queue_state.hpp"
#include "message/request_table.hpp"

namespace baton::message {
namespace {

constexpr std::size_t kUsualQueueBytes = 320;
constexpr std::size_t kEnvelopeBytes = 256;

void write(JsonWriter& json, const QueueState& queue) {
  json.begin_object();
  json.key("arn").string(queue.arn);
  json.key("name").string(queue.name);
  json.key("open").boolean(queue.open);
  json.key("waiting").number(queue.waiting);
  json.key("longestWaitingSince");
  if (queue.longest_waiting_since == 0) {
    json.null();
  } else {
    json.time(queue.longest_waiting_since);
  }
  json.key("agentsStaffed").number(queue.agents_staffed);
  json.key("agentsAvailable").number(queue.agents_available);
  if (queue.estimated_wait_seconds)
    json.key("estimatedWaitSeconds").number(*queue.estimated_wait_seconds);
  json.end_object();
}

}  // namespace

std::string print(const QueueState& queue) {
  JsonWriter json(kUsualQueueBytes);
  write(json, queue);
  return json.take();
}

std::string print_queue_states(std::span<const QueueState> queues, std::int64_t at,
                               std::span<const std::string> removed) {
  JsonWriter json(kEnvelopeBytes + queues.size() * kUsualQueueBytes);
  json.begin_object();
  json.key("channel").string(kChannel);
  json.key("topic").string("Queue");
  json.key("subtopic").string("QueueStateChange");
  json.key("message").begin_object();
  json.key("queues").begin_array();
  for (const QueueState& queue : queues) write(json, queue);
  json.end_array();
  if (!removed.empty()) {
    json.key("removed").begin_array();
    for (const std::string& arn : removed) json.string(arn);
    json.end_array();
  }
  json.key("at").time(at);
  json.end_object();
  json.end_object();
  return json.take();
}

}  // namespace baton::message
