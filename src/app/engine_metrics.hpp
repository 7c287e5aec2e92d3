#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <string>
#include <string_view>

#include "engine/observer.hpp"

namespace baton::app {

/// What became of transfers and of those who waited, and how long it took, for /metrics
/// (docs/operations.md). Counts since the process began, as Prometheus expects. The engine's thread
/// only; reading the registry is for any.
class EngineMetrics : public engine::Observer {
 public:
  explicit EngineMetrics(prometheus::Registry& registry);

  void transfer_moved(const message::TransferView& transfer) override;
  void queue_left(const core::LeftQueue& left) override;
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
};

}  // namespace baton::app
