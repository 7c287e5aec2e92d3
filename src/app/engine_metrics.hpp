#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/observer.hpp"

namespace baton::app {

/// What became of transfers and of those who waited, and how long it took, for /metrics
/// (docs/operations.md). Counts since the process began, as Prometheus expects. The engine's thread
/// only; reading the registry is for any.
class EngineMetrics : public engine::Observer {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  void transfer_moved(const message::TransferView& transfer) override;
  void contact_changed(const message::ContactView& contact, message::TimeMs now) override;
  void committed(std::chrono::nanoseconds took) override;

 private:
  void outcome(const message::TransferView& transfer);
  prometheus::Histogram& seconds_to_human(std::string_view kind, std::string_view outcome);
  prometheus::Histogram& queue_wait(const std::string& queue);

  prometheus::Family<prometheus::Counter>& outcomes_;
  prometheus::Family<prometheus::Counter>& attempts_;
  prometheus::Family<prometheus::Counter>& bounces_;
  prometheus::Family<prometheus::Counter>& left_queue_;
  prometheus::Family<prometheus::Histogram>& to_human_;
  prometheus::Family<prometheus::Histogram>& waits_;
  prometheus::Histogram& commits_;

  struct Waiting {
    std::string queue;
    message::TimeMs since = 0;
  };
  std::unordered_map<message::Uuid, Waiting> waiting_;  ///< Those who are in a queue.
};

}  // namespace baton::app
