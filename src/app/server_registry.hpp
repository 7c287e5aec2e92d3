#pragma once

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
  /// One figure for each set of labels that there is at the moment.
  using ReadMany = std::function<std::vector<std::pair<prometheus::Labels, double>>()>;

  /// Adds a figure that is read at each collection: a counter where `name` ends in `_total`, else a
  /// gauge. Before the first collection. `labels` tell several of one name apart; a counter of that
  /// name may be registered with prometheus::Registry, too.
  void add(const std::string& name, const std::string& help, Read read,
           const prometheus::Labels& labels = {});
  /// Likewise, for labels that come and go.
  void add_many(const std::string& name, const std::string& help, ReadMany read);

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  struct Figures {
    std::string name;
    std::string help;
    std::vector<ReadMany> reads;
  };
  Figures& figures(const std::string& name, const std::string& help);

  std::vector<Figures> figures_;  ///< One for each name, in the order of their coming.
};

}  // namespace baton::app
