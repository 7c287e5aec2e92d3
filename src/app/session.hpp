#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.hpp"
#include "app/web_client.hpp"

namespace CLI {
class App;
}

namespace baton::app {

/// Which server a command speaks to, and as whom: the options --config, --url and --token that
/// `send`, `watch` and `directory` share.
struct SessionArguments {
  std::string file;
  std::string url;
  std::string token;
  std::string ca_file;
};

/// Adds the options. The arguments must outlive the parse.
void add_session_options(CLI::App& command, SessionArguments& arguments);

/// A server and the right to speak to it.
struct Session {
  ServerUrl url;
  std::string token;
  std::optional<AppConfig> config;  ///< Where --config was given.
};

/// The session that the arguments mean: --url, else the configuration's http.listen; --token, else
/// a service token of `hours` minted with the configuration's secret. Nothing, with the reason on
/// standard error, where they do not say enough or a file is wrong.
[[nodiscard]] std::optional<Session> open_session(const SessionArguments& arguments, int hours);

/// How a client on this machine reaches the server of a configuration: loopback in place of "any
/// address", and under TLS its own certificate is trusted.
[[nodiscard]] ServerUrl local_server(const AppConfig& config);

}  // namespace baton::app
