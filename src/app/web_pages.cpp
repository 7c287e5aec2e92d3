#include "app/web_pages.hpp"

namespace baton::app {

gateway::Pages web_pages(const AppConfig& config, std::span<const gateway::Asset> assets) {
  gateway::Pages pages;
  pages.assets = assets;
  // The agent desktop needs nothing but the server itself, and nobody may put it into a frame.
  pages.policies.push_back(
      {.folder = "/", .frame_ancestors = {}, .frame_src = {}, .connect_src = {}});
  // Desktops of others embed this one; the gateway has it only where some may.
  pages.policies.push_back({.folder = "/ccp-v2/",
                            .frame_ancestors = config.gateway.frame_origins,
                            .frame_src = {},
                            .connect_src = {}});
  return pages;
}

}  // namespace baton::app
