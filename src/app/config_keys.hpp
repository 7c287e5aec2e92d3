#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config.hpp"

namespace baton::app {

/// What a text must look like.
struct TextRule {
  std::string_view allowed;  ///< For people: "host:port with a numeric host".
  bool (*ok)(std::string_view);
};

/// Where a key's value lives. Which alternative it is decides the key's type.
using Target = std::variant<std::string*, int*, std::size_t*, bool*, std::vector<std::string>*,
                            std::vector<telephony::sip::ListenAddress>*>;

/// The structs that a key may point into. `trunk` is set for the keys of [trunk.<name>] only.
struct Scope {
  AppConfig* config = nullptr;
  telephony::sip::TrunkConfig* trunk = nullptr;
};

/// What else is done with a text.
enum class TextUse : std::uint8_t {
  plain,
  path,         ///< A relative one is taken from the file's folder.
  secret,       ///< Never shown in a message.
  secret_file,  ///< A path; the target gets the file's first line.
};

/// One configuration key. The table of these drives parsing, checks, variables, and the reference.
struct Key {
  std::string_view section;  ///< "trunk" stands for each [trunk.<name>].
  std::string_view name;
  Target (*target)(Scope) = nullptr;
  std::string_view doc;   ///< What it does, a full sentence.
  std::string_view unit;  ///< Of a number: "seconds".
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool zero_is_off = false;        ///< 0 is allowed below `min`.
  const TextRule* rule = nullptr;  ///< Of a text, or of each entry of a list.
  TextUse use = TextUse::plain;
};

struct Section {
  std::string_view name;
  std::string_view doc;
};

/// In the order of the reference.
[[nodiscard]] std::span<const Section> config_sections();
[[nodiscard]] std::span<const Key> config_keys();

/// "a whole number of seconds from 5 to 120, or 0", "host:port ...", as it follows "allowed: ".
[[nodiscard]] std::string allowed_values(const Key& key);

/// The name of the variable: BATON_HTTP_LISTEN; for [trunk.my-carrier]
/// BATON_TRUNK_MY_CARRIER_ADDRESS.
[[nodiscard]] std::string variable_name(const Key& key, std::string_view trunk);

/// "udp:127.0.0.1:5060", "tls:[::1]:5061".
[[nodiscard]] std::optional<telephony::sip::ListenAddress> parse_listen(std::string_view text);
[[nodiscard]] std::string to_string(const telephony::sip::ListenAddress& address);

/// "127.0.0.1:8080" or "[::1]:8080" in its parts; the host without brackets, numeric or not.
struct HostPort {
  std::string host;
  int port = 0;
};
[[nodiscard]] std::optional<HostPort> split_host_port(std::string_view text);
[[nodiscard]] bool is_numeric_host(std::string_view host);

}  // namespace baton::app
