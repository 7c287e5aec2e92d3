#include "app/server_registry.hpp"

namespace baton::app {

void ServerRegistry::add(const std::string& name, const std::string& help, Read read,
                         const prometheus::Labels& labels) {
  prometheus::Gauge& gauge =
      prometheus::BuildGauge().Name(name).Help(help).Register(*this).Add(labels);
  figures_.emplace_back(&gauge, std::move(read));
}

std::vector<prometheus::MetricFamily> ServerRegistry::Collect() const {
  for (const auto& [gauge, read] : figures_) gauge->Set(read());
  return prometheus::Registry::Collect();
}

}  // namespace baton::app
