#pragma once

#include <functional>

#include "app/config.hpp"

namespace baton::app {

/// Runs the server until SIGINT or SIGTERM, then drains and stops. Prints one line `ready http=...
/// sip=...` to standard output when it takes traffic, and calls `ready` right after it. Returns the
/// process's exit code: 0 after an ordered stop, 1 when it could not start (the reason is on
/// standard error).
int serve(const AppConfig& config, const std::function<void()>& ready);

}  // namespace baton::app
