#pragma once

#include <optional>
#include <span>
#include <string>

#include "app/config.hpp"
#include "gateway/assets.hpp"

namespace CLI {
class App;
}

/// The subcommands of `baton`, one a file (cmd_*.cpp). Each add_* function adds its own to the
/// program; when it was the one called, it runs inside CLI::App::parse and leaves the process's
/// exit code.
namespace baton::app {

/// Exit codes that all commands share; docs/command-line.md lists those of each.
enum ExitCode : int {
  kOk = 0,
  kFailed = 1,        ///< It did not work, or was refused: the reason is on standard error.
  kUsage = 2,         ///< The command line or the configuration is wrong.
  kOtherOutcome = 3,  ///< `send --wait`: the transfer ended, but not as connected.
  kUnreachable = 4,   ///< The server cannot be reached, or does not let us in.
  kTimedOut = 5,      ///< Nothing decisive came in time.
  kInterrupted = 130,
};

/// `assets`: the pages that the program carries; they outlive the command.
void add_serve(CLI::App& program, std::span<const gateway::Asset> assets, int& exit_code);
void add_check_config(CLI::App& program, int& exit_code);
void add_token(CLI::App& program, int& exit_code);
void add_send(CLI::App& program, int& exit_code);
void add_watch(CLI::App& program, int& exit_code);
void add_directory(CLI::App& program, int& exit_code);
void add_contacts(CLI::App& program, int& exit_code);
void add_audit(CLI::App& program, int& exit_code);
void add_demo(CLI::App& program, int& exit_code);

/// The configuration of a command, or its faults on standard error and nothing.
[[nodiscard]] std::optional<AppConfig> config_or_faults(const std::string& file);

}  // namespace baton::app
