#include "app/serve.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "app/file_access.hpp"
#include "app/inbox.hpp"
#include "app/interrupt.hpp"
#include "app/server.hpp"
#include "app/version.hpp"
#include "log/line_formats.hpp"

namespace baton::app {

namespace {

void set_up_log(const LogConfig& config) {
  auto logger = spdlog::stderr_color_mt("baton");
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(config.level));
  spdlog::set_formatter(config.format == "json" ? log::json_lines() : log::text_lines());
}

/// The next signal that ends something, when one comes before the deadline. SIGHUP, which ends
/// nothing, is seen to meanwhile.
std::optional<int> next_signal(Server& server, Inbox<int>& signals,
                               std::chrono::steady_clock::time_point deadline) {
  for (;;) {
    const std::optional<int> signal = signals.take(deadline);
    if (signal != SIGHUP) return signal;
    server.reload();
  }
}

/// New calls are refused, running ones go on, until none is left, the time is over, or another
/// signal comes, which is given back.
std::optional<int> drain(Server& server, int seconds, Inbox<int>& signals) {
  server.drain();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  spdlog::info("draining: running calls have {} s; another signal ends them at once", seconds);
  while (std::chrono::steady_clock::now() < end && server.legs_up() > 0) {
    // Nothing tells when the last leg goes.
    const auto next =
        std::min(end, std::chrono::steady_clock::now() + std::chrono::milliseconds(100));
    if (const auto signal = next_signal(server, signals, next)) {
      spdlog::info("signal {}: the drain ends", *signal);
      return signal;
    }
  }
  return {};
}

}  // namespace

int serve(const AppConfig& config, std::span<const gateway::Asset> assets,
          const std::function<void()>& ready) {
  Inbox<int> signals;
  int count = 0;
  const Interrupt interrupt([&](int signal) {
    // The first drains, the second ends the calls; whoever still signals is in a hurry.
    if (signal != SIGHUP && ++count > 2) std::_Exit(128 + signal);
    signals.put(signal);
  });
  set_up_log(config.log);
  Server server(config, assets);
  try {
    require_server_files(config);
    server.start();
  } catch (const std::exception& error) {
    std::cerr << "baton: cannot start: " << error.what() << '\n';
    return 1;
  }
  spdlog::info("baton {} takes traffic", version());
  std::cout << "ready " << server.addresses() << std::endl;
  if (ready) ready();
  std::optional<int> signal;
  while (!signal) {
    signal = next_signal(server, signals, std::chrono::steady_clock::now() + std::chrono::hours(1));
  }
  if (*signal != SIGUSR1) {
    spdlog::info("signal {}: stopping", *signal);
    signal = drain(server, config.server.drain_seconds, signals);
  }
  if (signal == SIGUSR1) {
    spdlog::info("signal {}: stopping at once; the next process takes the calls over", *signal);
    server.leave();
    spdlog::info("stopped");
    return kStartAgain;
  }
  server.stop();
  spdlog::info("stopped");
  return 0;
}

}  // namespace baton::app
