#pragma once

#include <span>

#include "app/config.hpp"
#include "gateway/assets.hpp"

namespace baton::app {

/// The pages with what each may do by the configuration: who may show it in a frame, what it may
/// show. Any thread.
[[nodiscard]] gateway::Pages web_pages(const AppConfig& config,
                                       std::span<const gateway::Asset> assets);

}  // namespace baton::app
