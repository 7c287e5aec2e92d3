#include "app/serve.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <future>
#include <iostream>

#include "app/interrupt.hpp"
#include "app/server.hpp"
#include "app/version.hpp"

namespace baton::app {

namespace {

void set_up_log(const LogConfig& config) {
  auto logger = spdlog::stderr_color_mt("baton");
  spdlog::set_default_logger(logger);
  spdlog::set_level(spdlog::level::from_str(config.level));
  if (config.format == "json") {
    spdlog::set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","msg":"%v"})",
                        spdlog::pattern_time_type::utc);
  } else {
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  }
}

}  // namespace

int serve(const AppConfig& config, const std::function<void()>& ready) {
  std::promise<int> asked;
  bool first = true;
  const Interrupt interrupt([&](int signal) {
    // A second signal is somebody in a hurry: the default action ends the process.
    if (first) {
      first = false;
      asked.set_value(signal);
    } else {
      std::_Exit(128 + signal);
    }
  });
  set_up_log(config.log);
  Server server(config);
  try {
    server.start();
  } catch (const std::exception& error) {
    std::cerr << "baton: cannot start: " << error.what() << '\n';
    return 1;
  }
  spdlog::info("baton {} takes traffic", version());
  std::cout << "ready " << server.addresses() << std::endl;
  if (ready) ready();
  const int signal = asked.get_future().get();
  spdlog::info("signal {}: stopping", signal);
  server.stop();
  spdlog::info("stopped");
  return 0;
}

}  // namespace baton::app
