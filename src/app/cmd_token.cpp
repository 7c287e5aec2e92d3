#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "app/commands.hpp"
#include "app/tokens.hpp"

namespace baton::app {

namespace {

struct TokenArguments {
  std::string file;
  std::string agent;
  std::string role = "agent";
  int hours = 12;
};

}  // namespace

void add_token(CLI::App& program, int& exit_code) {
  auto* command = program.add_subcommand("token", "Print a token that lets a caller in");
  auto arguments = std::make_shared<TokenArguments>();
  command->add_option("-c,--config", arguments->file, "The server's configuration file")
      ->required();
  command->add_option("-a,--agent", arguments->agent, "The login that the token is for")
      ->required();
  command
      ->add_option(
          "-r,--role", arguments->role,
          "agent: acts on its own calls; supervisor: sees and acts on all; service: a machine")
      ->check(CLI::IsMember({"agent", "supervisor", "service"}))
      ->capture_default_str();
  command->add_option("--hours", arguments->hours, "How long it is good for")
      ->check(CLI::Range(1, 8760))
      ->capture_default_str();
  command->footer(
      R"help(Prints the token and nothing else. It is signed with auth.jwt_secret_file, which is made where it
is missing. Whoever has the token is that caller until it expires.
Example:
  curl -H "Authorization: Bearer $(baton token --config examples/baton.toml --agent agent1)" \
    http://127.0.0.1:8080/v1/quick-connects)help");
  command->callback([arguments, &exit_code] {
    const auto config = config_or_faults(arguments->file);
    if (!config) {
      exit_code = kUsage;
      return;
    }
    std::cout << mint_token(*config, arguments->agent, arguments->role,
                            std::chrono::hours(arguments->hours))
              << '\n';
  });
}

}  // namespace baton::app
