#pragma once

#include <chrono>
#include <optional>

namespace baton::engine {

/// How long the calling thread has been ready to run while others had the cores, since it began
/// (the second number of /proc/thread-self/schedstat, Linux's Documentation/scheduler/sched-stats).
/// Nothing where the kernel does not count it.
[[nodiscard]] std::optional<std::chrono::nanoseconds> waited_for_core();

}  // namespace baton::engine
