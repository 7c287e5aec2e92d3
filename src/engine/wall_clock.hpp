#pragma once

#include <chrono>

#include "core/input.hpp"

namespace baton::engine {

/// Unix milliseconds. Any thread.
inline core::TimeMs wall_clock() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace baton::engine
