#include "app/session.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <iostream>

#include "app/commands.hpp"
#include "app/config_keys.hpp"
#include "app/tokens.hpp"
#include "gateway/crypto.hpp"

namespace baton::app {

namespace {

namespace json = boost::json;

/// Whose a service's token (docs/signing-in.md) is; empty for anything else. Whether it is good is
/// the server's to say.
std::string service_of(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  const auto payload = gateway::base64url_decode(token.substr(first + 1, second - first - 1));
  boost::system::error_code error;
  const json::value claims = json::parse(payload.value_or(""), error);
  const json::object* object = error ? nullptr : claims.if_object();
  if (object == nullptr) return {};
  const json::value* role = object->if_contains("role");
  const json::value* login = object->if_contains("sub");
  if (role == nullptr || !role->is_string() || role->get_string() != "service") return {};
  if (login == nullptr || !login->is_string()) return {};
  return std::string(login->get_string());
}

}  // namespace

void add_session_options(CLI::App& command, SessionArguments& arguments) {
  command.add_option(
      "-c,--config", arguments.file,
      "The server's configuration: tells where it listens, and its secret signs a token");
  command
      .add_option("--url", arguments.url,
                  "The server, as in https://baton.example; else the configuration's")
      ->envname("BATON_URL");
  command
      .add_option("--ca-file", arguments.ca_file,
                  "PEM file of the authorities to trust for an https --url; else the system's")
      ->envname("BATON_CA_FILE");
  command
      .add_option("--token", arguments.token,
                  "A token of `baton token`; else one is made with the configuration")
      ->envname("BATON_TOKEN");
}

ServerUrl local_server(const AppConfig& config) {
  ServerUrl url;
  // The configuration was checked: it is a numeric host and a port.
  const HostPort parts = split_host_port(config.gateway.listen).value_or(HostPort{});
  url.host = parts.host;
  if (url.host == "0.0.0.0") url.host = "127.0.0.1";
  if (url.host == "::") url.host = "::1";
  url.port = std::to_string(parts.port);
  url.tls = !config.gateway.tls_certificate.empty();
  url.ca_file = config.gateway.tls_certificate;
  url.pinned = url.tls;
  return url;
}

std::optional<Session> open_session(const SessionArguments& arguments, int hours) {
  Session session;
  if (!arguments.file.empty()) {
    session.config = config_or_faults(arguments.file);
    if (!session.config) return std::nullopt;
  } else if (arguments.url.empty() || arguments.token.empty()) {
    std::cerr << "baton: give --config FILE, or both --url and --token.\n";
    return std::nullopt;
  }
  if (arguments.url.empty()) {
    session.url = local_server(*session.config);
  } else {
    const auto url = parse_server_url(arguments.url);
    if (!url) {
      std::cerr << fmt::format(
          "baton: \"{}\" is not a server; expected http://HOST:PORT, https://HOST or the same with "
          "ws or wss, no path.\n",
          arguments.url);
      return std::nullopt;
    }
    session.url = *url;
    session.url.ca_file = arguments.ca_file;
  }
  session.token = arguments.token.empty() ? mint_token(*session.config, "baton-command-line",
                                                       "service", std::chrono::hours(hours))
                                          : arguments.token;
  session.service_login = service_of(session.token);
  return session;
}

}  // namespace baton::app
