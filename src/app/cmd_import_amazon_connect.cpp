#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "amazon/credentials.hpp"
#include "amazon/error.hpp"
#include "amazon/instance.hpp"
#include "amazon/merge.hpp"
#include "amazon/rest_client.hpp"
#include "app/commands.hpp"
#include "app/directory_import.hpp"
#include "directory/directory_json.hpp"
#include "directory/syntax.hpp"

namespace baton::app {

namespace {

struct AmazonArguments {
  std::string config_file;
  std::string region;
  std::string instance_id;
  std::string endpoint;
  bool dry_run = false;
  bool quiet = false;
};

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Amazon's own are asked under TLS; without it only a program on this machine.
bool is_endpoint(std::string_view text) {
  constexpr std::string_view kPlain = "http://127.0.0.1:";
  const bool secure = text.starts_with("https://") && text.size() > 8;
  return (secure || text.starts_with(kPlain)) && text.find('/', 8) == std::string_view::npos;
}

/// False, with the reason on standard error, where the arguments do not say which instance.
bool check(const AmazonArguments& arguments) {
  const auto wrong = [](const std::string& what) {
    std::cerr << "baton: " << what << '\n';
    return false;
  };
  if (!directory::is_uuid(arguments.instance_id)) {
    return wrong(fmt::format("--instance-id \"{}\" is no UUID; the instance's ARN ends with it",
                             arguments.instance_id));
  }
  if (arguments.region.empty() ||
      arguments.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") !=
          std::string::npos) {
    return wrong(
        fmt::format("--region \"{}\" is none; an example is eu-central-1", arguments.region));
  }
  if (!arguments.endpoint.empty() && !is_endpoint(arguments.endpoint)) {
    return wrong(
        fmt::format("--endpoint \"{}\" must be https://HOST[:PORT], without a path; http:// "
                    "only with 127.0.0.1 and a port",
                    arguments.endpoint));
  }
  return true;
}

/// What is in force, with its version, or a message and nothing.
std::optional<directory::Directory> current_directory(const AppConfig& config) {
  const auto stored = stored_directory(config);
  if (!stored) return std::nullopt;
  auto parsed = directory::parse_directory(stored->text);
  if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
    std::cerr << fmt::format("baton: the directory in {} cannot be read: {}\n", config.store.path,
                             faults->front().msg);
    return std::nullopt;
  }
  directory::Directory current =
      std::move(std::get<directory::ImportedDirectory>(parsed).directory);
  current.version = stored->version;
  return current;
}

int import(const AmazonArguments& arguments) {
  if (!check(arguments)) return kUsage;
  const auto config = config_or_faults(arguments.config_file);
  if (!config) return kUsage;
  // Amazon is not asked for what could go nowhere.
  if (!current_directory(*config)) return kFailed;

  const auto tell = [&](std::string_view line) {
    if (!arguments.quiet) std::cerr << line << '\n';
  };
  amazon::Instance instance;
  try {
    amazon::RestClient client({.region = arguments.region,
                               .endpoint = arguments.endpoint,
                               .credentials = amazon::find_credentials(variable)},
                              {}, tell);
    instance = amazon::read_instance(client, arguments.instance_id, tell);
  } catch (const amazon::AmazonError& error) {
    std::cerr << fmt::format("baton: {}; nothing was changed\n", error.what());
    return kFailed;
  }
  // Reading takes minutes where Amazon throttles: what others did meanwhile stays.
  auto current = current_directory(*config);
  if (!current) return kFailed;
  const amazon::Merged merged = amazon::merge(std::move(*current), instance);
  for (const std::string& line : merged.changes) std::cout << line << '\n';
  for (const std::string& line : merged.notes) std::cout << "note: " << line << '\n';
  if (merged.changes.empty()) {
    std::cout << "nothing to change\n";
    return kOk;
  }
  const std::string label = "the directory with what the instance has";
  std::string text = directory::print_replacement(merged.directory);
  if (arguments.dry_run) {
    if (!check_directory(label, text)) return kFailed;
    std::cout << fmt::format("{} change{} would be made; nothing was changed\n",
                             merged.changes.size(), merged.changes.size() == 1 ? "" : "s");
    return kOk;
  }
  return put_directory(*config, "baton directory import-amazon-connect", label, std::move(text));
}

}  // namespace

void add_import_amazon_connect(CLI::App& command, int& exit_code) {
  auto arguments = std::make_shared<AmazonArguments>();
  auto* sub = command.add_subcommand(
      "import-amazon-connect", "Take the queues and quick connects of an Amazon Connect instance");
  sub->add_option("-c,--config", arguments->config_file, "The server's configuration file")
      ->required();
  sub->add_option("--region", arguments->region, "The instance's region, such as eu-central-1")
      ->envname("AWS_REGION")
      ->required();
  sub->add_option("--instance-id", arguments->instance_id,
                  "The instance's UUID, the end of its ARN")
      ->required();
  sub->add_option("--endpoint", arguments->endpoint,
                  "Another endpoint than the region's own, such as a VPC's: https://HOST[:PORT]")
      ->envname("AWS_ENDPOINT_URL_CONNECT");
  sub->add_flag("--dry-run", arguments->dry_run, "Only tell what would change");
  sub->add_flag("--quiet", arguments->quiet, "Do not tell the progress on standard error");
  sub->callback([arguments, &exit_code] { exit_code = import(*arguments); });
  sub->footer(
      R"(Reads ListQueues, SearchQuickConnects, ListQueueQuickConnects and ListUsers, signed with AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else with a profile (AWS_PROFILE) of ~/.aws/credentials.
Accounts, routing profiles and inbound numbers stay as they are. Running it again changes nothing, so
that it may run on a schedule (docs/amazon-connect.md).
Exit codes: 0 imported, or nothing to change; 1 Amazon or the server refused it; 2 wrong arguments.
Example:
  baton directory import-amazon-connect --config /etc/baton/baton.toml --region eu-central-1 \
    --instance-id 12345678-1234-1234-1234-123456789012 --dry-run)");
}

}  // namespace baton::app
