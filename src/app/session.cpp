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
                  "The server, as in http://127.0.0.1:8080; else the configuration's")
      ->envname("BATON_URL");
  command
      .add_option("--token", arguments.token,
                  "A token of `baton token`; else one is made with the configuration")
      ->envname("BATON_TOKEN");
}

std::string local_url(std::string_view listen) {
  const auto parts = split_host_port(listen);
  if (!parts) return {};
  std::string host = parts->host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  ServerUrl url{host, std::to_string(parts->port)};
  return "http://" + url.authority();
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
  const std::string text =
      arguments.url.empty() ? local_url(session.config->gateway.listen) : arguments.url;
  const auto url = parse_server_url(text);
  if (!url) {
    std::cerr << fmt::format(
        "baton: \"{}\" is not a server; expected http://HOST:PORT or ws://HOST:PORT, no path.\n",
        text);
    return std::nullopt;
  }
  session.url = *url;
  session.token = arguments.token.empty() ? mint_token(*session.config, "baton-command-line",
                                                       "service", std::chrono::hours(hours))
                                          : arguments.token;
  return session;
}

}  // namespace baton::app
