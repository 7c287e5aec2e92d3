#pragma once

#include <string_view>

namespace baton::app {

/// The program's version, "0.1.0": that of CMakeLists.txt.
[[nodiscard]] std::string_view version();

}  // namespace baton::app
