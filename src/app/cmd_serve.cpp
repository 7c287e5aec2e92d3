#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "app/commands.hpp"
#include "app/sd_notify.hpp"
#include "app/serve.hpp"

namespace baton::app {

void add_serve(CLI::App& program, std::span<const gateway::Asset> assets, int& exit_code) {
  auto* command = program.add_subcommand("serve", "Run the server until Ctrl-C or SIGTERM");
  auto file = std::make_shared<std::string>();
  command->add_option("-c,--config", *file, "The configuration file (docs/configuration.md)")
      ->required();
  command->footer(
      R"(Prints one line `ready http=HOST:PORT sip=ADDRESS` when it takes traffic; the log goes to standard
error. SIGTERM lets running calls end first (server.drain_seconds); SIGUSR1 stops at once and leaves them to
the next process. Exit codes: 0 after an ordered stop, 75 after SIGUSR1, 1 when it cannot start, 2 for a
wrong configuration.
Example:
  baton serve --config examples/baton.toml)");
  command->callback([file, assets, &exit_code] {
    const auto config = config_or_faults(*file);
    exit_code = config ? serve(*config, assets, [] { notify_service_manager("READY=1"); }) : kUsage;
  });
}

}  // namespace baton::app
