#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "app/commands.hpp"
#include "app/demo_story.hpp"
#include "app/interrupt.hpp"
#include "app/session.hpp"

namespace baton::app {

namespace {

struct DemoArguments {
  std::string file;
  std::string url;
  std::string logs = "build/run/peers";
  std::string scenarios;
};

int demo(const DemoArguments& arguments) {
  const auto config = config_or_faults(arguments.file);
  if (!config) return kUsage;
  const std::optional<ServerUrl> url = arguments.url.empty() ? std::optional(local_server(*config))
                                                             : parse_server_url(arguments.url);
  if (!url || url->port == "0") {
    std::cerr << fmt::format("baton: \"{}\" is not a server; give --url http://HOST:PORT\n",
                             arguments.url.empty() ? config->gateway.listen : arguments.url);
    return kUsage;
  }
  std::filesystem::path scenarios = arguments.scenarios;
  if (scenarios.empty()) scenarios = std::filesystem::path(arguments.file).parent_path() / "sipp";
  DemoDesktops desktops(*url);
  const Interrupt interrupt([&desktops](int) { desktops.interrupt(); });
  try {
    DemoStory story(*config, desktops, scenarios, arguments.logs,
                    Palette(isatty(STDOUT_FILENO) != 0));
    return story.play() ? kOk : kFailed;
  } catch (const DemoInterrupted&) {
    return kInterrupted;
  } catch (const std::exception& error) {
    std::cerr << "baton: the demonstration failed: " << error.what() << '\n';
    return kFailed;
  }
}

}  // namespace

void add_demo(CLI::App& program, int& exit_code) {
  auto* command = program.add_subcommand(
      "demo", "Play three transfers with real SIP peers on a running server");
  auto arguments = std::make_shared<DemoArguments>();
  command->add_option("-c,--config", arguments->file, "The running server's configuration file")
      ->required();
  command->add_option("--url", arguments->url,
                      "The server, where it does not listen at http.listen");
  command->add_option("--logs", arguments->logs, "The folder for the peers' logs")
      ->capture_default_str();
  command->add_option(
      "--scenarios", arguments->scenarios,
      "The folder with the sipp scenarios; else `sipp` beside the configuration file");
  command->footer(
      R"(sipp plays three customers, four agents' phones and the outside world at the trunk's address; the
agents sign in, answer, and publish the three published samples of BlindTransfer: dial pad, external,
queue. The server must run with the example's directory, on loopback, and nobody else may be available.
Exit codes: 0 when all three ended as connected and the peers' own logs show that customer and
destination got each other's media description; 1 when not; 2 wrong arguments; 130 interrupted.
Example:
  baton serve --config examples/baton.toml &
  baton demo --config examples/baton.toml)");
  command->callback([arguments, &exit_code] { exit_code = demo(*arguments); });
}

}  // namespace baton::app
