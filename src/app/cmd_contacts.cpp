#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "app/commands.hpp"
#include "app/file_access.hpp"
#include "app/machine_audit.hpp"
#include "app/version.hpp"
#include "journal/sqlite_journal.hpp"
#include "message/request.hpp"
#include "numbers/written_number.hpp"
#include "store/audit.hpp"
#include "store/erase.hpp"
#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace baton::app {

namespace {

int failed(const std::string& why) {
  std::cerr << "baton: " << why << '\n';
  return kFailed;
}

int erase_number(const std::string& config_file, const std::string& typed) {
  const auto config = config_or_faults(config_file);
  if (!config) return kUsage;
  const auto number = message::normalize_e164(typed);
  if (!number) {
    std::cerr << fmt::format("baton: --number: '{}' is not a number in E.164, as in +12082097345\n",
                             typed);
    return kUsage;
  }
  require_store(config->store.path, StoreUse::write);
  // Refuses where a server has the store, and says so.
  store::Store store = store::Store::open(config->store.path, config->sip.realm);
  const numbers::WrittenNumber written(*number);
  const store::IsNumber is_number = [&written](std::string_view digits, bool plus) {
    return written.is(digits, plus);
  };
  const auto records = store::erase_number_from_records(store, is_number);
  if (!records) return failed("the records cannot be written; nothing was erased");
  const auto preferences = store::erase_number_from_preferences(store, is_number);
  if (!preferences)
    return failed("the preferences cannot be written: " + store.database().error_text());
  std::optional<std::size_t> lines;
  store::Status status = store.transact([&] {
    lines = store::erase_number_from_audit(store.database(), is_number);
    if (!lines) return store::Status::failure(store.database().error_text());
    // Not which number: it would stand there for ever.
    store::Records audited;
    audited.audit.push_back(machine_row("erase", "baton contacts erase"));
    return store.upsert(audited);
  });
  if (!status) return failed(status.error);
  // The inputs of the journal name numbers, too. They cannot be changed, or a replay would decide
  // otherwise than was decided then; so all of it goes, with the snapshot and the events that it
  // led to, and the next start begins anew.
  journal::SqliteJournal journal(store, version());
  const std::size_t legs = store.saved_legs().size();
  status = journal.forget_all();
  if (status) status = store.forget_legs();
  if (status) status = store::scrub(store);
  if (!status) return failed(status.error);
  std::cout << fmt::format(
      "{} is erased from {} record{} and {} line{} of the audit; journal and snapshot are empty: "
      "agents sign in again\n",
      *number, *records, *records == 1 ? "" : "s", *lines, *lines == 1 ? "" : "s");
  if (*preferences > 0) {
    std::cout << fmt::format("the preferences of {} login{}, which had it, are deleted\n",
                             *preferences, *preferences == 1 ? "" : "s");
  }
  if (legs > 0) {
    std::cout << fmt::format("{} leg{} of calls that the last server left up {} forgotten, too\n",
                             legs, legs == 1 ? "" : "s", legs == 1 ? "is" : "are");
  }
  return kOk;
}

}  // namespace

void add_contacts(CLI::App& program, int& exit_code) {
  auto* command = program.add_subcommand("contacts", "Erase a caller's number from what is kept");
  command->require_subcommand(1);
  command->footer(R"(Example:
  baton contacts erase --number +12082097345 --config /etc/baton/baton.toml)");
  auto* sub =
      command->add_subcommand("erase", "Erase a telephone number from records, audit and journal");
  auto config = std::make_shared<std::string>();
  auto number = std::make_shared<std::string>();
  sub->add_option("-c,--config", *config, "The server's configuration file")->required();
  sub->add_option("--number", *number, "The number, in E.164; it is found in every form")
      ->required();
  sub->footer(
      R"(For a stopped server (systemctl stop baton). In the records and the audit "erased" stands in the number's place; preferences
of a person's pages that have it are deleted. The journal
is emptied with its snapshot, since its inputs cannot be changed one by one: agents sign in again after the next start, limits
of dialling count from 0, and calls that a killed server left up are forgotten. What was deleted is overwritten, which rewrites the store and needs twice its size of free space, half of it in /var/tmp (or SQLITE_TMPDIR). The directory is left alone, and so are backups.
Exit codes: 0 erased (also when there was nothing); 1 it failed, a server has the store, or another program reads it; 2 wrong arguments.
Example:
  baton contacts erase --number +12082097345 --config /etc/baton/baton.toml)");
  sub->callback([config, number, &exit_code] { exit_code = erase_number(*config, *number); });
}

}  // namespace baton::app
