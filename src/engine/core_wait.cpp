#include "engine/core_wait.hpp"

#include <cstdint>
#include <fstream>

namespace baton::engine {

std::optional<std::chrono::nanoseconds> waited_for_core() {
  std::ifstream file("/proc/thread-self/schedstat");
  std::int64_t on_core = 0;
  std::int64_t waiting = 0;
  if (!(file >> on_core >> waiting)) return std::nullopt;
  return std::chrono::nanoseconds(waiting);
}

}  // namespace baton::engine
