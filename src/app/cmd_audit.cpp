#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "app/commands.hpp"
#include "app/file_access.hpp"
#include "app/rest_views.hpp"
#include "message/json_writer.hpp"
#include "store/audit.hpp"

namespace baton::app {

namespace {

struct AuditArguments {
  std::string config_file;
  std::string from;
  std::string to;
  std::string login;
};

std::string line_of(const store::AuditRow& row) {
  message::JsonWriter json(512);
  json.begin_object();
  json.key("at").time(row.at).key("event").string(row.event);
  const auto add = [&json](std::string_view name, const std::string& value) {
    if (!value.empty()) json.key(name).string(value);
  };
  add("caller", row.caller);
  add("role", row.role);
  add("address", row.address);
  add("agent", row.agent);
  add("request", row.request);
  add("id", row.request_id);
  add("contactId", row.contact_id);
  add("transferId", row.transfer_id);
  add("target", row.target);
  add("result", row.result);
  add("reason", row.reason);
  json.end_object();
  return json.take();
}

/// The time of an option, or nothing with the reason on standard error.
bool read_time(const char* option, const std::string& text, std::optional<std::int64_t>& into) {
  if (text.empty()) return true;
  into = parse_rfc3339(text);
  if (into) return true;
  std::cerr << fmt::format(
      "baton: {} is \"{}\", a time such as 2026-01-31T08:00:00Z is expected (RFC 3339).\n", option,
      text);
  return false;
}

int export_audit(const AuditArguments& arguments) {
  const auto config = config_or_faults(arguments.config_file);
  if (!config) return kUsage;
  store::AuditFilter filter;
  if (!read_time("--from", arguments.from, filter.from)) return kUsage;
  if (!read_time("--to", arguments.to, filter.to)) return kUsage;
  if (!arguments.login.empty()) filter.login = arguments.login;
  require_store(config->store.path, StoreUse::read);
  store::read_audit(config->store.path, filter, [](const store::AuditRow& row) {
    std::cout << line_of(row) << '\n';
    return static_cast<bool>(std::cout);
  });
  std::cout.flush();
  if (std::cout) return kOk;
  std::cerr << "baton: standard output cannot be written.\n";
  return kFailed;
}

}  // namespace

void add_audit(CLI::App& program, int& exit_code) {
  auto* command =
      program.add_subcommand("audit", "Show who asked what, from where, and what became of it");
  command->require_subcommand(1);
  command->footer(R"(Example:
  baton audit export --config examples/baton.toml --login agent1)");
  auto* sub = command->add_subcommand("export", "Print the audit as JSON lines, the oldest first");
  auto arguments = std::make_shared<AuditArguments>();
  sub->add_option("-c,--config", arguments->config_file, "The server's configuration file")
      ->required();
  sub->add_option("--from", arguments->from, "Only from this time on (RFC 3339)");
  sub->add_option("--to", arguments->to, "Only before this time");
  sub->add_option("--login", arguments->login,
                  "Only what this login asked, or what was asked for it");
  sub->footer(
      R"(Reads the store, beside a running server; what happened in the last two seconds may be missing.
Example:
  baton audit export --config examples/baton.toml --from 2026-01-31T00:00:00Z > audit.jsonl)");
  sub->callback([arguments, &exit_code] { exit_code = export_audit(*arguments); });
}

}  // namespace baton::app
