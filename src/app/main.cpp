#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "app/commands.hpp"
#include "app/version.hpp"
#include "app/web_assets.hpp"
#include "telephony/sip/thread_keys.hpp"

/// The program: it only adds the commands and reports what none of them caught.
int main(int argc, char** argv) {
  using namespace baton::app;
  baton::telephony::sip::make_thread_keys();
  CLI::App program{
      "Baton hands a live customer call on by one message: to a number, a queue or a quick "
      "connect.\n"
      "The manual is in docs/; start with README.md and `make run`."};
  program.name("baton");
  program.set_version_flag("--version", std::string("baton ") + std::string(version()),
                           "Print the version");
  program.require_subcommand(1);
  program.footer(R"(Examples:
  baton serve --config examples/baton.toml
  baton send --config examples/baton.toml --agent agent1 --transfer +12082097345 --wait
  baton watch --config examples/baton.toml --agent agent1
`baton COMMAND --help` explains one command.)");
  int exit_code = kOk;
  add_serve(program, web_assets(), exit_code);
  add_check_config(program, exit_code);
  add_token(program, exit_code);
  add_send(program, exit_code);
  add_watch(program, exit_code);
  add_directory(program, exit_code);
  add_contacts(program, exit_code);
  add_audit(program, exit_code);
  add_demo(program, exit_code);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 prints the help or the error; its own codes above 100 mean nothing to a shell script.
    return program.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& error) {
    std::cerr << "baton: " << error.what() << '\n';
    return kFailed;
  }
  std::cout.flush();
  if (!std::cout && exit_code == kOk) {
    std::cerr << "baton: standard output cannot be written; what is there is not whole.\n";
    return kFailed;
  }
  return exit_code;
}
