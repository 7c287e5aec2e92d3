#pragma once

#include <functional>
#include <span>

#include "app/config.hpp"
#include "gateway/assets.hpp"

namespace baton::app {

/// The exit code after SIGUSR1, "start me again": EX_TEMPFAIL of sysexits.h, which the service
/// manager is told to restart at once.
inline constexpr int kStartAgain = 75;

/// Runs the server until SIGINT or SIGTERM, then drains and stops; a second one ends the drain, a
/// third the process. On SIGUSR1 it stops at once and leaves its calls to the next process; on
/// SIGHUP it reads certificates and token keys anew (Server::reload). Prints
/// one line `ready http=... sip=...` to standard output when it takes traffic, and calls `ready`
/// right after it. Returns the process's exit code: 0 after an ordered stop, kStartAgain after
/// SIGUSR1, 1 when it could not start (the reason is on standard error).
/// `assets` are the files of the pages that it serves.
int serve(const AppConfig& config, std::span<const gateway::Asset> assets,
          const std::function<void()>& ready);

}  // namespace baton::app
