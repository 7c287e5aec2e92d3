#include "app/engine_metrics.hpp"

#include <boost/describe/enum_to_string.hpp>
#include <utility>

namespace baton::app {
namespace {

using message::TransferState;

const prometheus::Histogram::BucketBoundaries kToHuman{0.1, 0.25, 0.5, 1,   2,   5,  10,
                                                       20,  30,   60,  120, 300, 900};
const prometheus::Histogram::BucketBoundaries kWaits{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800};
const prometheus::Histogram::BucketBoundaries kCommits{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02,
                                                       0.05,   0.1,   0.25,  0.5,   1,    5};
constexpr std::string_view kKinds[] = {"dial_pad", "phone_number", "queue", "agent"};

prometheus::Family<prometheus::Counter>& counters(prometheus::Registry& registry, const char* name,
                                                  const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Histogram>& histograms(prometheus::Registry& registry,
                                                      const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

double seconds(message::TimeMs ms) { return static_cast<double>(ms) / 1000.0; }

/// True if this step of the timeline began a try to reach somebody: a dial, or an offer to the
/// queue's next agent.
bool is_attempt(const std::vector<message::TransferStep>& timeline) {
  const TransferState now = timeline.back().state;
  if (now == TransferState::dialing) return true;
  if (now != TransferState::alerting || timeline.size() < 2) return false;
  const TransferState before = timeline[timeline.size() - 2].state;
  return before == TransferState::queued || before == TransferState::requeued;
}

}  // namespace

EngineMetrics::EngineMetrics(prometheus::Registry& registry)
    : outcomes_(counters(registry, "baton_transfer_outcomes_total",
                         "Blind transfers that ended, by destination kind, outcome and reason")),
      attempts_(counters(registry, "baton_transfer_attempts_total",
                         "Tries of transfers to reach somebody: dials, and offers to agents")),
      bounces_(counters(registry, "baton_transfer_bounces_total",
                        "Customers who came back because the destination did not take them")),
      left_queue_(counters(registry, "baton_queue_left_total",
                           "Customers who left a queue, by how their wait ended")),
      to_human_(histograms(registry, "baton_transfer_seconds_to_human",
                           "From the accepted transfer until somebody had the customer")),
      waits_(histograms(registry, "baton_queue_wait_seconds",
                        "How long who was connected from a queue had waited in it")),
      commits_(histograms(registry, "baton_journal_commit_seconds",
                          "How long commits of the journal took")
                   .Add({}, kCommits)) {
  // There from the start: a rate needs the zero that it rises from.
  for (const std::string_view kind : kKinds) {
    attempts_.Add({{"kind", std::string(kind)}});
    for (const char* outcome : {"connected", "returned"}) seconds_to_human(kind, outcome);
    outcomes_.Add({{"kind", std::string(kind)}, {"outcome", "connected"}, {"reason", "none"}});
    outcomes_.Add(
        {{"kind", std::string(kind)}, {"outcome", "abandoned"}, {"reason", "customerHungUp"}});
  }
  for (const char* to : {"agent", "queue"}) bounces_.Add({{"to", to}});
}

prometheus::Histogram& EngineMetrics::seconds_to_human(std::string_view kind,
                                                       std::string_view outcome) {
  return to_human_.Add({{"kind", std::string(kind)}, {"outcome", std::string(outcome)}}, kToHuman);
}

prometheus::Histogram& EngineMetrics::queue_wait(const std::string& queue) {
  return waits_.Add({{"queue", queue}}, kWaits);
}

void EngineMetrics::transfer_moved(const message::TransferView& transfer) {
  if (transfer.timeline.empty()) return;
  const std::string& kind = transfer.current.destination->type;
  const TransferState state = transfer.timeline.back().state;
  if (is_attempt(transfer.timeline)) attempts_.Add({{"kind", kind}}).Increment();
  const bool again = transfer.timeline.size() > 1 &&
                     transfer.timeline[transfer.timeline.size() - 2].state == state;
  if (state == TransferState::returned) bounces_.Add({{"to", "agent"}}).Increment();
  if (state == TransferState::requeued && !again) bounces_.Add({{"to", "queue"}}).Increment();
  // `completed` tells that a connected one's call is over.
  if (message::is_outcome(state) && state != TransferState::completed) outcome(transfer);
}

void EngineMetrics::outcome(const message::TransferView& transfer) {
  const std::string& kind = transfer.current.destination->type;
  const TransferState state = transfer.current.state;
  const std::string name(message::to_string(state));
  outcomes_
      .Add({{"kind", kind},
            {"outcome", name},
            {"reason", std::string(message::to_string(transfer.current.reason))}})
      .Increment();
  if (state == TransferState::connected || state == TransferState::returned) {
    seconds_to_human(kind, name).Observe(seconds(transfer.current.at - transfer.accepted_at));
  }
}

void EngineMetrics::queue_left(const core::LeftQueue& left) {
  const std::string how(boost::describe::enum_to_string(left.how, ""));
  left_queue_.Add({{"queue", left.queue}, {"by", how}}).Increment();
  if (left.how == core::QueueExit::taken) queue_wait(left.queue).Observe(seconds(left.waited_ms));
}

void EngineMetrics::committed(std::chrono::nanoseconds took) {
  commits_.Observe(std::chrono::duration<double>(took).count());
}

}  // namespace baton::app
