#include "app/server_registry.hpp"

#include <algorithm>

namespace baton::app {

ServerRegistry::Figures& ServerRegistry::figures(const std::string& name, const std::string& help) {
  const auto known = std::find_if(figures_.begin(), figures_.end(),
                                  [&](const Figures& each) { return each.name == name; });
  if (known != figures_.end()) return *known;
  return figures_.emplace_back(Figures{.name = name, .help = help, .reads = {}});
}

void ServerRegistry::add(const std::string& name, const std::string& help, Read read,
                         const prometheus::Labels& labels) {
  figures(name, help).reads.emplace_back([read = std::move(read), labels] {
    return std::vector<std::pair<prometheus::Labels, double>>{{labels, read()}};
  });
}

void ServerRegistry::add_many(const std::string& name, const std::string& help, ReadMany read) {
  figures(name, help).reads.push_back(std::move(read));
}

std::vector<prometheus::MetricFamily> ServerRegistry::Collect() const {
  std::vector<prometheus::MetricFamily> all = prometheus::Registry::Collect();
  for (const Figures& each : figures_) {
    const bool counts = each.name.ends_with("_total");
    auto known = std::find_if(all.begin(), all.end(),
                              [&](const auto& family) { return family.name == each.name; });
    if (known == all.end()) {
      known = all.emplace(all.end());
      known->name = each.name;
      known->help = each.help;
      known->type = counts ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    }
    prometheus::MetricFamily& family = *known;
    for (const ReadMany& read : each.reads) {
      for (const auto& [labels, value] : read()) {
        prometheus::ClientMetric& metric = family.metric.emplace_back();
        for (const auto& [name, text] : labels) metric.label.push_back({name, text});
        (counts ? metric.counter.value : metric.gauge.value) = value;
      }
    }
  }
  return all;
}

}  // namespace baton::app
