#include "app/session.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "app/commands.hpp"
#include "app/config_keys.hpp"
#include "app/tokens.hpp"

namespace baton::app {

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
  return session;
}

}  // namespace baton::app
