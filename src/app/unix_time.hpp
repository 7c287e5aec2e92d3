#pragma once

#include <chrono>
#include <cstdint>

namespace baton::app {

/// Milliseconds since 1970. Any thread.
[[nodiscard]] inline std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace baton::app
