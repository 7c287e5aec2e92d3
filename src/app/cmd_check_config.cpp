#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "app/commands.hpp"
#include "app/config.hpp"
#include "numbers/number_book.hpp"

namespace baton::app {

std::optional<AppConfig> config_or_faults(const std::string& file) {
  ConfigResult result = load_config(file, baton_environment());
  for (const ConfigFault& fault : result.faults) std::cerr << fault.to_string() << '\n';
  if (result.ok()) return std::move(result.config);
  std::cerr
      << "baton: " << result.faults.size() << (result.faults.size() == 1 ? " fault" : " faults")
      << " in " << file
      << ". docs/configuration.md lists every key; so does `baton check-config --reference`.\n";
  return std::nullopt;
}

void add_check_config(CLI::App& program, int& exit_code) {
  auto* command =
      program.add_subcommand("check-config", "Check a configuration file, and start nothing");
  auto file = std::make_shared<std::string>();
  auto reference = std::make_shared<bool>(false);
  auto* file_option = command->add_option("FILE,-c,--config", *file, "The configuration file");
  command
      ->add_flag("--reference", *reference,
                 "Print every key with its default, range and variable, as Markdown")
      ->excludes(file_option);
  command->footer(
      R"(Tells every fault as FILE:LINE:COLUMN: KEY: what was seen and what is allowed. The environment's
BATON_ variables are checked too. Exit codes: 0 when all is well, 2 when not.
Example:
  baton check-config /etc/baton/baton.toml)");
  command->callback([file, reference, &exit_code] {
    if (*reference) {
      std::cout << config_reference();
    } else if (file->empty()) {
      throw CLI::RequiredError("FILE");
    } else if (config_or_faults(*file)) {
      std::cout << *file << ": no faults\nNumbers are judged by " << numbers::metadata_version()
                << ".\n";
    } else {
      exit_code = kUsage;
    }
  });
}

}  // namespace baton::app
