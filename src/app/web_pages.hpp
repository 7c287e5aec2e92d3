#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/config.hpp"
#include "gateway/assets.hpp"

namespace baton::app {

/// The pages of the program as this configuration serves them. Outlives the gateway that serves
/// them; any thread may read it.
class WebPages {
 public:
  WebPages(const AppConfig& config, std::span<const gateway::Asset> assets);
  WebPages(const WebPages&) = delete;
  WebPages& operator=(const WebPages&) = delete;

  /// The pages, with what each may do: who may show it in a frame, what it may show.
  [[nodiscard]] gateway::Pages pages() const;

 private:
  std::vector<std::string> frame_origins_;  ///< Who may show /ccp-v2/.
  std::string instance_;       ///< Origin of the CCP that /amazon/ hosts; empty: it is not served.
  std::string amazon_config_;  ///< What that page reads of the configuration, JSON.
  std::string amazon_hash_;
  std::vector<gateway::Asset> assets_;
};

}  // namespace baton::app
