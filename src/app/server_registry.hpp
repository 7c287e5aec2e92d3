#pragma once

#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace baton::app {

/// The registry that /metrics prints: what the rooms count is read when it is asked for, so that
/// counting costs them nothing but an atomic addition.
class ServerRegistry : public prometheus::Registry {
 public:
  using Read = std::function<double()>;

  /// Adds a figure that is read at each collection. Before the first collection. `labels` tell
  /// several of one name apart.
  void add(const std::string& name, const std::string& help, Read read,
           const prometheus::Labels& labels = {});

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::vector<std::pair<prometheus::Gauge*, Read>> figures_;
};

}  // namespace baton::app
