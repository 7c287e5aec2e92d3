#pragma once

#include <span>

#include "gateway/assets.hpp"

namespace baton::app {

/// The files of the pages, out of web/, that the linker put into the program: sorted by path, there
/// for as long as the process is. Their table is made by the build (cmake/BatonWeb.cmake). Any
/// thread.
[[nodiscard]] std::span<const gateway::Asset> web_assets();

}  // namespace baton::app
