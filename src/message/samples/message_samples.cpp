// Prints one JSON line for every kind of message that the server sends, in each of its shapes:
// first the events, then, under the key "rest" with their kind, the REST objects. The schema tests
// validate them.
#include <cstdio>
#include <string>
#include <vector>

#include "message/samples/sample_events.hpp"

namespace {

void put(const std::string& line) { std::fprintf(stdout, "%s\n", line.c_str()); }

}  // namespace

int main() {
  using namespace baton::message;
  for (const auto& [name, event] : samples::events()) put(print(event, samples::kEpoch));
  for (const BridgeOrder& order : samples::bridge_orders()) put(print(order, 7, "agent1"));
  const std::vector<QueueState> queues = samples::queue_states();
  const std::string gone = queues.front().arn;
  put(print_queue_states(queues, queues.front().longest_waiting_since));
  put(print_queue_states({}, queues.front().longest_waiting_since, {&gone, 1}));
  const TransferView transfer = samples::transfer_view();
  put(R"({"rest":"transfer","body":)" + print(transfer) + "}");
  put(R"({"rest":"transfer-timeline","body":)" + print_timeline(transfer) + "}");
  put(R"({"rest":"contact","body":)" + print(samples::contact_view()) + "}");
  for (const bool allowed : {true, false}) {
    put(R"({"rest":"preflight","body":)" + print(samples::preflight_view(allowed)) + "}");
  }
  return 0;
}
