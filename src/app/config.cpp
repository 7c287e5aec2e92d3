#include "app/config.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/config_keys.hpp"

namespace baton::app {

namespace fs = std::filesystem;
using telephony::sip::ListenAddress;

std::string ConfigFault::to_string() const {
  std::string place = file;
  if (line > 0) place += fmt::format(":{}:{}", line, column);
  return key.empty() ? fmt::format("{}: {}", place, text)
                     : fmt::format("{}: {}: {}", place, key, text);
}

Environment baton_environment() {
  Environment found;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (text.starts_with("BATON_") && equals != std::string_view::npos) {
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return found;
}

ConfigResult load_config(const std::string& file, const Environment& environment) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  // An empty file is as good as one of comments, but a stream that gets no character has failed.
  const bool empty = in && in.peek() == std::ifstream::traits_type::eof() && !in.bad();
  if (!fs::is_regular_file(file) || (!empty && (!in || !(text << in.rdbuf())))) {
    ConfigResult result;
    result.faults.push_back(
        {file, 0, 0, "", "The file cannot be read; does it exist, and may you read it?"});
    return result;
  }
  return parse_config(text.str(), file, environment);
}

bool is_loopback(std::string_view address) {
  if (address.empty()) return true;
  std::string host(address);
  if (!is_numeric_host(address)) {
    if (const auto listen = parse_listen(address)) host = listen->host;
    if (const auto parts = split_host_port(address)) host = parts->host;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  }
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && is_numeric_host(host));
}

bool is_loopback(const AppConfig& config) {
  return is_loopback(config.gateway.listen) &&
         std::ranges::all_of(config.sip.listen,
                             [](const ListenAddress& a) { return is_loopback(to_string(a)); });
}

}  // namespace baton::app
