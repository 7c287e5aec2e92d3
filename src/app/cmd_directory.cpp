#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "app/commands.hpp"
#include "app/directory_import.hpp"
#include "app/file_access.hpp"
#include "app/machine_audit.hpp"
#include "app/session.hpp"
#include "app/tokens.hpp"
#include "app/web_client.hpp"
#include "directory/directory_json.hpp"
#include "directory/sign_in_words.hpp"
#include "message/text.hpp"
#include "store/reader.hpp"
#include "store/store.hpp"
#include "telephony/sip/registrar.hpp"

namespace baton::app {

namespace {

namespace json = boost::json;

/// Password hashes of thousands of accounts take their time on the server, which gives itself as
/// much (gateway::GatewayConfig::import_seconds).
constexpr std::chrono::hours kImportTimeout{1};

struct DirectoryArguments {
  std::string config_file;
  std::string file;
};

std::string text_of(const json::value* value) {
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str())
                                                : std::string();
}

void print_faults(const std::string& file, const directory::Faults& faults) {
  for (const directory::Fault& fault : faults) {
    std::cerr << fmt::format("{}: {}: {}\n", file,
                             fault.place.empty() ? "(whole file)" : fault.place, fault.msg);
  }
  std::cerr << fmt::format(
      "baton: {} fault{} in {}; nothing was changed. docs/directory.md describes the file.\n",
      faults.size(), faults.size() == 1 ? "" : "s", file);
}

/// A reply's body; empty where it is no JSON object.
json::object body_of(const HttpReply& reply) {
  boost::system::error_code error;
  const json::value body = json::parse(reply.body, error);
  return !error && body.is_object() ? body.get_object() : json::object();
}

json::array list_of(const json::object& body, std::string_view name) {
  const json::value* list = body.if_contains(name);
  return list != nullptr && list->is_array() ? list->get_array() : json::array();
}

/// What the server said about an import it refused.
int refused(const std::string& file, const HttpReply& reply) {
  const json::array list = list_of(body_of(reply), "faults");
  if (list.empty()) {
    std::cerr << fmt::format("baton: the server refused the directory: HTTP {} {}\n", reply.status,
                             reply.body);
    return kFailed;
  }
  directory::Faults faults;
  for (const json::value& item : list) {
    if (const json::object* fault = item.if_object()) {
      faults.push_back({text_of(fault->if_contains("place")), text_of(fault->if_contains("msg"))});
    }
  }
  print_faults(file, faults);
  return kFailed;
}

/// The end of a sign-in by password as a server that runs would tell it.
store::AuditRow end_of(const store::SessionRow& session, std::int64_t now_ms) {
  store::AuditRow row;
  row.at = now_ms;
  row.event = "logout";
  row.caller = session.login;
  row.role = session.role;
  row.result = "accepted";
  row.reason =
      session.expires_at <= now_ms / 1000 ? directory::kSignInExpired : directory::kSignInDisabled;
  return row;
}

void note_missing_password(std::string_view login) {
  std::cerr << fmt::format(
      "baton: note: {} has no password and can neither sign in nor register a phone\n", login);
}

/// The passwords' hashes, made while the store is free: a server that starts needs it at once.
std::vector<store::Credential> hash_passwords(const AppConfig& config,
                                              const directory::ImportedDirectory& imported) {
  require_store(config.store.path, StoreUse::write);
  const std::vector<store::Credential> known =
      store::Store::open(config.store.path, config.sip.realm).credentials();
  return store::hash_passwords(imported.passwords, config.sip.realm, known);
}

/// The same of phones: one line for each address from which an agent had any.
std::vector<store::AuditRow> ends_of(const std::vector<store::PutResult::Phone>& phones,
                                     const directory::Directory& directory, std::int64_t now_ms) {
  std::map<std::pair<std::string, std::string>, std::int64_t> last;
  for (const store::PutResult::Phone& each : phones) {
    std::int64_t& until = last[{each.login, telephony::sip::host_of(each.via_route)}];
    until = std::max(until, each.expires_at);
  }
  std::vector<store::AuditRow> rows;
  for (const auto& [phone, until] : last) {
    const auto& [login, host] = phone;
    store::AuditRow row;
    row.at = now_ms;
    row.event = "logout";
    row.caller = login;
    const auto account = std::ranges::find(directory.agents, login, &directory::Agent::login);
    if (account != directory.agents.end()) row.role = to_string(account->role);
    row.address = host;
    row.agent = login;
    row.request = "SIP/REGISTER";
    row.result = "accepted";
    row.reason = until <= now_ms / 1000 ? directory::kSignInExpired : directory::kSignInDisabled;
    rows.push_back(std::move(row));
  }
  return rows;
}

int import_offline(const AppConfig& config, const std::string& command,
                   const directory::Directory& directory,
                   const std::vector<store::Credential>& credentials) {
  const std::filesystem::path path = config.store.path;
  require_store(path.string(), StoreUse::write);
  store::Store store = store::Store::open(path.string(), config.sip.realm);
  const store::PutResult result = store.put_directory(directory, credentials);
  if (!result.status.ok()) {
    std::cerr << "baton: " << result.status.error << '\n';
    return kFailed;
  }
  const store::Status audited = store.transact([&] {
    store::Records records;
    const std::int64_t now = records.audit.emplace_back(machine_row("directory", command)).at;
    for (const store::SessionRow& session : result.ended_sessions)
      records.audit.push_back(end_of(session, now));
    for (store::AuditRow& row : ends_of(result.ended_phones, directory, now))
      records.audit.push_back(std::move(row));
    return store.upsert(records);
  });
  if (!audited.ok()) {
    std::cerr << "baton: the directory was taken, and the audit cannot be written: "
              << audited.error << '\n';
    return kFailed;
  }
  for (const std::string& login : result.without_password) note_missing_password(login);
  std::cout << fmt::format("directory version {} is in {}; the server was not running\n",
                           result.version, path.string());
  return kOk;
}

int import(const DirectoryArguments& arguments) {
  const auto config = config_or_faults(arguments.config_file);
  if (!config) return kUsage;
  std::ifstream in(arguments.file, std::ios::binary);
  if (!in || std::filesystem::is_directory(arguments.file)) {
    std::cerr << fmt::format("baton: {} cannot be read; does it exist, and may you read it?\n",
                             arguments.file);
    return kUsage;
  }
  return put_directory(*config, "baton directory import", arguments.file,
                       {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
}

}  // namespace

int put_directory(const AppConfig& config, const std::string& command, const std::string& label,
                  std::string text) {
  auto parsed = directory::parse_directory(text);
  if (const auto* faults = std::get_if<directory::Faults>(&parsed)) {
    print_faults(label, *faults);
    return kFailed;
  }
  const auto& imported = std::get<directory::ImportedDirectory>(parsed);
  const std::string token =
      mint_token(config, "baton-command-line", "service", std::chrono::hours(1));
  const auto ask_server = [&] {
    return http_request(local_server(config), "PUT", "/v1/directory", token, text, kImportTimeout);
  };
  HttpReply reply = ask_server();
  std::vector<store::Credential> credentials;
  if (reply.status == 0 && !reply.sent) {
    credentials = hash_passwords(config, imported);
    // It may have come while the passwords were hashed.
    reply = ask_server();
  }
  if (reply.status == 200) {
    const json::object body = body_of(reply);
    const json::value* version = body.if_contains("version");
    if (version == nullptr || !version->is_number()) {
      std::cerr << fmt::format(
          "baton: what listens at http.listen is no Baton, and took no directory: HTTP 200 {}\n",
          message::text::shown(reply.body));
      return kFailed;
    }
    for (const json::value& login : list_of(body, "withoutPassword"))
      note_missing_password(text_of(&login));
    std::cout << "the running server took it: version " << *version << '\n';
    return kOk;
  }
  if (reply.status != 0) return refused(label, reply);
  if (reply.sent) {
    // It may hold the store, or its successor need it: nothing is done behind their backs.
    std::cerr << fmt::format(
        "baton: no answer came to the directory ({}); it may still come into force. Look with "
        "`baton "
        "directory list`, and import it again where it did not.\n",
        reply.body);
    return kFailed;
  }
  // Nobody listens there. A server that runs all the same holds the store's lock, and open() says
  // so.
  return import_offline(config, command, imported.directory, credentials);
}

bool check_directory(const std::string& label, std::string_view text) {
  const auto parsed = directory::parse_directory(text);
  const auto* faults = std::get_if<directory::Faults>(&parsed);
  if (faults != nullptr) print_faults(label, *faults);
  return faults == nullptr;
}

std::optional<StoredDirectory> stored_directory(const AppConfig& config) {
  require_store(config.store.path, StoreUse::read);
  if (!std::filesystem::exists(config.store.path)) {
    std::cerr << fmt::format(
        "baton: there is no store {} yet; `baton directory import FILE` makes it.\n",
        config.store.path);
    return std::nullopt;
  }
  store::StoreReader reader(config.store.path);
  // The version first: a change between the two is refused then, and not undone.
  const std::uint64_t version = reader.directory_version();
  auto text = reader.directory_json();
  if (!text) {
    std::cerr << fmt::format(
        "baton: {} has no directory yet; `baton directory import FILE` puts one in.{}\n",
        config.store.path, reader.last_error().empty() ? "" : " " + reader.last_error());
    return std::nullopt;
  }
  return StoredDirectory{version, std::move(*text)};
}

namespace {

int export_directory(const DirectoryArguments& arguments) {
  const auto config = config_or_faults(arguments.config_file);
  if (!config) return kUsage;
  const auto stored = stored_directory(*config);
  if (!stored) return kFailed;
  const std::string& text = stored->text;
  if (arguments.file.empty()) {
    std::cout << text << (text.ends_with('\n') ? "" : "\n");
    return kOk;
  }
  std::ofstream out(arguments.file, std::ios::binary);
  out << text << (text.ends_with('\n') ? "" : "\n");
  out.close();
  if (!out) {
    std::cerr << fmt::format("baton: {} cannot be written.\n", arguments.file);
    return kFailed;
  }
  return kOk;
}

int list(const DirectoryArguments& arguments) {
  const auto config = config_or_faults(arguments.config_file);
  if (!config) return kUsage;
  const auto stored = stored_directory(*config);
  if (!stored) return kFailed;
  const auto parsed = directory::parse_directory(stored->text);
  const auto* imported = std::get_if<directory::ImportedDirectory>(&parsed);
  if (imported == nullptr) {
    print_faults(config->store.path, std::get<directory::Faults>(parsed));
    return kFailed;
  }
  const directory::Directory& found = imported->directory;
  const auto row = [](std::string_view kind, std::string_view name, const std::string& what) {
    std::cout << fmt::format("{:<15} {:<28} {}\n", kind, name, what);
  };
  for (const auto& agent : found.agents) {
    row(to_string(agent.role), agent.login,
        fmt::format("{}{}{}", agent.name,
                    agent.routing_profile.empty() ? "" : ", profile " + agent.routing_profile,
                    agent.enabled ? "" : ", disabled"));
  }
  for (const auto& queue : found.queues) row("queue", queue.name, queue.arn);
  for (const auto& profile : found.routing_profiles) {
    row("routing profile", profile.name,
        fmt::format("{} queue{}", profile.queues.size(), profile.queues.size() == 1 ? "" : "s"));
  }
  for (const auto& quick_connect : found.quick_connects) {
    row("quick connect", quick_connect.name,
        !quick_connect.phone_number.empty()  ? quick_connect.phone_number
        : !quick_connect.agent_login.empty() ? "agent " + quick_connect.agent_login
                                             : "queue " + quick_connect.queue_arn);
  }
  for (const auto& number : found.inbound_numbers)
    row("number", number.number, "into " + number.queue_arn);
  return kOk;
}

}  // namespace

void add_directory(CLI::App& program, int& exit_code) {
  auto* command = program.add_subcommand(
      "directory", "Import, export or list agents, queues and quick connects");
  command->require_subcommand(1);
  command->footer(R"(Examples:
  baton directory import examples/directory.json --config examples/baton.toml
  baton directory export --config examples/baton.toml > directory.json)");
  auto arguments = std::make_shared<DirectoryArguments>();
  const auto add = [&](const char* name, const char* what, int (*run)(const DirectoryArguments&)) {
    auto* sub = command->add_subcommand(name, what);
    sub->add_option("-c,--config", arguments->config_file, "The server's configuration file")
        ->required();
    sub->callback([arguments, run, &exit_code] { exit_code = run(*arguments); });
    return sub;
  };
  auto* import_command = add("import", "Check a whole directory file, and put it in force", import);
  import_command->add_option("FILE", arguments->file, "The directory file (docs/directory.md)")
      ->required();
  import_command->footer(
      R"(A running server takes it at once; otherwise it goes into the store. With a single fault nothing
is changed, and every fault is told with its place (a JSON pointer).
Exit codes: 0 imported; 1 faults, or it could not be stored; 2 wrong arguments.
Example:
  baton directory import examples/directory.json --config examples/baton.toml)");
  add_import_amazon_connect(*command, exit_code);
  auto* export_command =
      add("export", "Print the directory in force as an import file, without passwords",
          export_directory);
  export_command->add_option("FILE", arguments->file, "Where to; else standard output");
  export_command->footer(R"(Example:
  baton directory export --config examples/baton.toml > directory.json)");
  auto* list_command = add("list", "List what the directory in force has, one line each", list);
  list_command->footer(R"(Example:
  baton directory list --config examples/baton.toml)");
}

}  // namespace baton::app
