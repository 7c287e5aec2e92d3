#include <fmt/format.h>
#include <fmt/ranges.h>

#include <toml++/toml.h>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "app/config.hpp"
#include "app/config_keys.hpp"
#include "telephony/sip/own_address.hpp"

namespace baton::app {

namespace {

namespace fs = std::filesystem;
using telephony::sip::ListenAddress;
using telephony::sip::TrunkConfig;

/// Where a value was written, for its faults.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

/// One value as the file or the environment has it, on its way into its target.
struct Value {
  const Key* key = nullptr;
  std::string trunk;  ///< Of a key of [trunk.<name>].
  Place place;
  std::string name;  ///< As faults call it: "trunk.carrier.address", or the variable.
};

Place place_of(const toml::source_region& region, const std::string& file) {
  return {file, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)};
}

std::string key_name(const Key& key, std::string_view trunk) {
  if (key.section == "trunk") return fmt::format("trunk.{}.{}", trunk, key.name);
  return fmt::format("{}.{}", key.section, key.name);
}

/// How a value looks in a message: shortened, and never a secret.
std::string shown(const Key& key, std::string_view text) {
  if (key.use == TextUse::secret) return "a secret value";
  constexpr std::size_t kMost = 80;
  if (text.size() <= kMost) return fmt::format("\"{}\"", text);
  return fmt::format("\"{}...\" ({} bytes)", text.substr(0, kMost), text.size());
}

/// Levenshtein's distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, changed}));
    }
  }
  return row[b.size()];
}

std::string did_you_mean(std::string_view seen, const std::vector<std::string>& known) {
  const auto nearest =
      std::ranges::min_element(known, {}, [&](const std::string& k) { return distance(seen, k); });
  if (nearest == known.end() ||
      distance(seen, *nearest) > std::max<std::size_t>(2, seen.size() / 4))
    return {};
  return fmt::format(" Did you mean {}?", *nearest);
}

/// Turns texts and numbers into the config, and gathers what is wrong with them.
class Loader {
 public:
  Loader(std::string file, const Environment& environment) : environment_(environment) {
    config_.file = std::move(file);
    config_.gateway.jwt_secret_file = "/var/lib/baton/jwt.secret";
    config_.sip.listen = {*parse_listen("udp:127.0.0.1:5060")};
  }

  ConfigResult load(std::string_view text) {
    try {
      const toml::table root = toml::parse(text, config_.file);
      read_sections(root);
    } catch (const toml::parse_error& error) {
      // The parser stops at the first syntax error; nothing after it can be judged.
      fault(place_of(error.source(), config_.file), "",
            fmt::format("This is not TOML: {}.", std::string_view(error.description())));
      return finish();
    }
    read_environment();
    read_secret_files();
    cross_check();
    return finish();
  }

 private:
  ConfigResult finish() {
    std::ranges::stable_sort(faults_, {}, [](const ConfigFault& f) {
      return std::pair(f.file == "environment", f.line);
    });
    return {std::move(config_), std::move(faults_)};
  }

  void fault(const Place& place, std::string key, std::string text) {
    faults_.push_back({place.file, place.line, place.column, std::move(key), std::move(text)});
  }
  void fault(const Value& value, std::string text) {
    fault(value.place, value.name, std::move(text));
  }
  void fault_value(const Value& value, std::string_view seen) {
    fault(value, fmt::format("It is {}; allowed: {}.", seen, allowed_values(*value.key)));
  }

  // Reading the file.

  void read_sections(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const std::string_view name = key.str();
      const Place place = place_of(key.source(), config_.file);
      const auto known = std::ranges::find(config_sections(), name, &Section::name);
      if (known == config_sections().end()) {
        std::vector<std::string> names;
        for (const Section& section : config_sections())
          names.push_back(fmt::format("[{}]", section.name));
        fault(place, std::string(name),
              fmt::format("There is no such section.{} There are: {}.",
                          did_you_mean(fmt::format("[{}]", name), names), fmt::join(names, ", ")));
      } else if (!node.is_table()) {
        fault(place, std::string(name), fmt::format("It must be a table: [{}].", name));
      } else if (name == "trunk") {
        read_trunks(*node.as_table());
      } else {
        read_section(name, {}, *node.as_table());
      }
    }
  }

  void read_trunks(const toml::table& trunks) {
    for (const auto& [key, node] : trunks) {
      const std::string name(key.str());
      const Place place = place_of(key.source(), config_.file);
      const bool well_named =
          !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
          });
      if (!well_named) {
        fault(place, "trunk." + name,
              "The name must be made of 1 to 32 lower-case letters, digits, - and _.");
      } else if (!node.is_table()) {
        fault(place, "trunk." + name, fmt::format("It must be a table: [trunk.{}].", name));
      } else {
        TrunkConfig trunk;
        trunk.name = name;
        config_.sip.trunks.push_back(std::move(trunk));
        trunk_places_[name] = place;
        read_section("trunk", name, *node.as_table());
      }
    }
  }

  void read_section(std::string_view section, const std::string& trunk, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const auto key = std::ranges::find_if(config_keys(), [&](const Key& k) {
        return k.section == section && k.name == name.str();
      });
      if (key == config_keys().end()) {
        unknown_key(section, trunk, name);
        continue;
      }
      const Value value{&*key, trunk, place_of(node.source(), config_.file), key_name(*key, trunk)};
      seen_[value.name] = value;
      read_node(value, node);
    }
  }

  void unknown_key(std::string_view section, const std::string& trunk, const toml::key& name) {
    std::vector<std::string> known;
    for (const Key& key : config_keys()) {
      if (key.section == section) known.emplace_back(key.name);
    }
    const std::string prefix =
        trunk.empty() ? std::string(section) : fmt::format("trunk.{}", trunk);
    fault(place_of(name.source(), config_.file), fmt::format("{}.{}", prefix, name.str()),
          fmt::format("There is no such key.{} [{}] has: {}.", did_you_mean(name.str(), known),
                      prefix, fmt::join(known, ", ")));
  }

  void read_node(const Value& value, const toml::node& node) {
    const Target target = target_of(value);
    if (const auto* number = node.as_integer()) {
      set_number(value, target, number->get());
    } else if (const auto* flag = node.as_boolean()) {
      bool* const* at = std::get_if<bool*>(&target);
      if (at != nullptr) {
        **at = flag->get();
      } else {
        fault_value(value, flag->get() ? "true" : "false");
      }
    } else if (const auto* text = node.as_string()) {
      set_text(value, target, text->get(), folder());
    } else if (const auto* array = node.as_array()) {
      read_array(value, target, *array);
    } else {
      fault_value(value, fmt::format("{}", type_name(node.type())));
    }
  }

  void read_array(const Value& value, const Target& target, const toml::array& array) {
    std::vector<std::string> entries;
    for (const toml::node& node : array) {
      const auto* text = node.as_string();
      if (text == nullptr) {
        const Value entry{value.key, value.trunk, place_of(node.source(), config_.file),
                          value.name};
        fault_value(entry, fmt::format("a list with {}", type_name(node.type())));
        return;
      }
      entries.push_back(text->get());
    }
    set_list(value, target, entries);
  }

  static std::string_view type_name(toml::node_type type) {
    switch (type) {
      case toml::node_type::table:
        return "a table";
      case toml::node_type::array:
        return "a list";
      case toml::node_type::string:
        return "a text";
      case toml::node_type::integer:
        return "a whole number";
      case toml::node_type::floating_point:
        return "a number with a fraction";
      case toml::node_type::boolean:
        return "true or false";
      default:
        return "a date or a time";
    }
  }

  // Setting values, whatever their source.

  Target target_of(const Value& value) {
    TrunkConfig* trunk = nullptr;
    if (!value.trunk.empty())
      trunk = &*std::ranges::find(config_.sip.trunks, value.trunk, &TrunkConfig::name);
    return value.key->target({&config_, trunk});
  }

  void set_number(const Value& value, const Target& target, std::int64_t number) {
    const Key& key = *value.key;
    const bool is_number =
        std::holds_alternative<int*>(target) || std::holds_alternative<std::size_t*>(target);
    const bool in_range =
        (number >= key.min && number <= key.max) || (key.zero_is_off && number == 0);
    if (!is_number || !in_range) return fault_value(value, std::to_string(number));
    if (int* const* at = std::get_if<int*>(&target)) **at = static_cast<int>(number);
    if (std::size_t* const* at = std::get_if<std::size_t*>(&target))
      **at = static_cast<std::size_t>(number);
  }

  void set_text(const Value& value, const Target& target, const std::string& text,
                const fs::path& base) {
    const Key& key = *value.key;
    std::string* const* at = std::get_if<std::string*>(&target);
    if (at == nullptr || !key.rule->ok(text)) return fault_value(value, shown(key, text));
    const bool is_path = key.use == TextUse::path || key.use == TextUse::secret_file;
    const std::string taken =
        is_path && !text.empty() ? (base / text).lexically_normal().string() : text;
    if (key.use == TextUse::secret_file) {
      secret_files_[key_name(key, value.trunk)] = {value, taken};
    } else {
      **at = taken;
      // The environment's password wins over the file's password_file.
      if (key.use == TextUse::secret) secret_files_.erase(key_name(key, value.trunk) + "_file");
    }
  }

  void set_list(const Value& value, const Target& target, const std::vector<std::string>& entries) {
    if (auto* const* texts = std::get_if<std::vector<std::string>*>(&target)) {
      if (entries_ok(value, entries)) **texts = entries;
    } else if (auto* const* addresses = std::get_if<std::vector<ListenAddress>*>(&target)) {
      if (!entries_ok(value, entries)) return;
      (*addresses)->clear();
      for (const std::string& entry : entries) (*addresses)->push_back(*parse_listen(entry));
    } else {
      fault_value(value, "a list");
    }
  }

  bool entries_ok(const Value& value, const std::vector<std::string>& entries) {
    bool ok = true;
    for (const std::string& entry : entries) {
      if (value.key->rule->ok(entry)) continue;
      fault_value(value, fmt::format("a list with {}", shown(*value.key, entry)));
      ok = false;
    }
    return ok;
  }

  /// The folder that relative paths of the file are taken from.
  [[nodiscard]] fs::path folder() const { return fs::path(config_.file).parent_path(); }

  // Reading the environment.

  void read_environment() {
    for (const auto& [variable, text] : environment_) {
      const auto value = find_variable(variable);
      if (!value) continue;
      seen_[key_name(*value->key, value->trunk)] = *value;
      read_variable(*value, text);
    }
  }

  std::optional<Value> find_variable(const std::string& variable) {
    std::vector<std::string> known;
    bool section_known = variable.starts_with("BATON_TRUNK_");
    for (const Key& key : config_keys()) {
      std::vector<std::string> trunks{""};
      if (key.section == "trunk") {
        trunks.clear();
        for (const TrunkConfig& trunk : config_.sip.trunks) trunks.push_back(trunk.name);
      } else {
        const std::string probe = variable_name(key, {});
        section_known |= variable.starts_with(probe.substr(0, probe.size() - key.name.size()));
      }
      for (const std::string& trunk : trunks) {
        known.push_back(variable_name(key, trunk));
        if (known.back() == variable) return Value{&key, trunk, {"environment", 0, 0}, variable};
      }
    }
    // A variable of another section may be another program's; one of ours is a spelling mistake.
    if (section_known) {
      std::string trunks;
      if (variable.starts_with("BATON_TRUNK_")) {
        std::vector<std::string> names;
        for (const TrunkConfig& trunk : config_.sip.trunks) names.push_back(trunk.name);
        trunks = fmt::format(" The file's trunks: {}; a variable cannot add one.",
                             names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")));
      }
      fault({"environment", 0, 0}, variable,
            fmt::format("There is no such key.{}{}", did_you_mean(variable, known), trunks));
    }
    return std::nullopt;
  }

  void read_variable(const Value& value, const std::string& text) {
    const Target target = target_of(value);
    if (bool* const* flag = std::get_if<bool*>(&target)) {
      if (text != "true" && text != "false") return fault_value(value, shown(*value.key, text));
      **flag = text == "true";
    } else if (std::holds_alternative<int*>(target) ||
               std::holds_alternative<std::size_t*>(target)) {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size())
        return fault_value(value, shown(*value.key, text));
      set_number(value, target, number);
    } else if (std::holds_alternative<std::string*>(target)) {
      set_text(value, target, text, {});
    } else {
      set_list(value, target, split(text));
    }
  }

  static std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    if (text.find_first_not_of(' ') == std::string_view::npos) return parts;
    while (true) {
      const std::size_t comma = std::min(text.find(','), text.size());
      std::string_view part = text.substr(0, comma);
      part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
      part = part.substr(0, part.find_last_not_of(' ') + 1);
      parts.emplace_back(part);
      if (comma == text.size()) return parts;
      text.remove_prefix(comma + 1);
    }
  }

  // After both.

  void read_secret_files() {
    for (const auto& [name, entry] : secret_files_) {
      const auto& [value, path] = entry;
      std::ifstream in(path);
      std::string line;
      const bool read = in && std::getline(in, line);
      if (line.ends_with('\r')) line.pop_back();
      if (!read || line.empty()) {
        fault(value,
              fmt::format("The secret cannot be read: {} is missing, unreadable or empty.", path));
        continue;
      }
      const Target target = target_of(value);
      **std::get_if<std::string*>(&target) = line;
    }
  }

  /// The place of a key that was set, or of the file as a whole.
  Value at(const std::string& name) const {
    const auto seen = seen_.find(name);
    if (seen != seen_.end()) return seen->second;
    return {nullptr, {}, {config_.file, 0, 0}, name};
  }

  void cross_check() {
    config_.policy.mirror.enabled = config_.telephony.at_amazon();
    config_.amazon.back_end.cold_transfer = config_.policy.mirror.cold_transfer;
    const auto& sip = config_.sip;
    if (sip.listen.empty()) fault(at("sip.listen"), "The list must have one address at least.");
    const auto& http = config_.gateway;
    if (http.listen == http.metrics_listen && !http.listen.ends_with(":0")) {
      fault(at("http.metrics_listen"),
            fmt::format("It is {}, which http.listen has already; take another port.",
                        http.metrics_listen));
    }
    if (!http.tls_certificate.empty() && http.tls_key.empty()) {
      fault(at("http.tls_certificate"), "It is set, but http.tls_key is not.");
    }
    if (http.tls_certificate.empty() && !http.tls_key.empty()) {
      fault(at("http.tls_key"), "It is set, but http.tls_certificate is not.");
    }
    if (sip.registration_min_seconds > sip.registration_max_seconds) {
      fault(at("sip.registration_min_seconds"),
            fmt::format("It is {}, above sip.registration_max_seconds ({}).",
                        sip.registration_min_seconds, sip.registration_max_seconds));
    }
    if (sip.session_expires_seconds != 0 && sip.min_se_seconds > sip.session_expires_seconds) {
      fault(at("sip.min_se_seconds"),
            fmt::format("It is {}, above sip.session_expires_seconds ({}).", sip.min_se_seconds,
                        sip.session_expires_seconds));
    }
    if (sip.media_port_min >= sip.media_port_max) {
      fault(at("sip.media_port_min"), fmt::format("It is {}, not below sip.media_port_max ({}).",
                                                  sip.media_port_min, sip.media_port_max));
    }
    const bool tls = std::ranges::any_of(
        sip.listen, [](const ListenAddress& a) { return a.transport == "tls"; });
    if (tls && sip.tls_certificate_dir.empty()) {
      fault(at("sip.listen"),
            "A tls: address needs sip.tls_certificate_dir with agent.pem and cafile.pem.");
    }
    check_listeners();
    for (const TrunkConfig& trunk : sip.trunks) check_trunk(trunk);
  }

  void check_listeners() {
    std::set<std::string> seen;
    for (const ListenAddress& address : config_.sip.listen) {
      const std::string text = to_string(address);
      if (address.port == 0 || seen.insert(text).second) continue;
      fault(at("sip.listen"), fmt::format("\"{}\" is there twice; remove one.", text));
    }
    const auto& sip = config_.sip;
    const std::string sounds = telephony::sip::sound_address(sip);
    if (!telephony::sip::is_wildcard(sounds)) return;
    if (sip.media_address.empty()) {
      fault(
          at("sip.listen"),
          fmt::format("It begins with {}, by which nobody can be told where the sounds come from; "
                      "set sip.media_address to the address that phones and trunks reach.",
                      sounds));
    } else {
      fault(at("sip.media_address"),
            fmt::format("It is {}, which is nobody's address; set it to the one that phones and "
                        "trunks reach.",
                        sounds));
    }
  }

  void check_trunk(const TrunkConfig& trunk) {
    const std::string prefix = fmt::format("trunk.{}.", trunk.name);
    if (trunk.address.empty() && !seen_.contains(prefix + "address")) {
      fault(trunk_places_.at(trunk.name), prefix + "address",
            "It is missing; a trunk must say where calls go.");
    }
    const auto password = seen_.find(prefix + "password");
    const auto password_file = seen_.find(prefix + "password_file");
    if (password != seen_.end() && password_file != seen_.end() &&
        password->second.place.file == password_file->second.place.file) {
      fault(password->second, "Both password and password_file are set; keep one.");
    }
    if (!trunk.password.empty() && trunk.username.empty()) {
      fault(at(prefix + "password"), fmt::format("It is set, but {}username is not.", prefix));
    }
    // A file that cannot be read has its fault already.
    const bool named =
        password_file != seen_.end() && secret_files_.contains(prefix + "password_file");
    if (!trunk.username.empty() && trunk.password.empty() && !named) {
      fault(at(prefix + "username"),
            fmt::format("It is set, but {}password is empty, by which anybody could call in as "
                        "that trunk; set {}password or {}password_file, or no user name.",
                        prefix, prefix, prefix));
    }
    if (std::ranges::none_of(config_.sip.listen, [&trunk](const ListenAddress& a) {
          return a.transport == trunk.transport;
        })) {
      fault(at(prefix + "transport"),
            fmt::format("It is {0}, but sip.listen has no {0} address to send from; add one.",
                        trunk.transport));
    } else if (const auto address = split_host_port(trunk.address);
               address && is_numeric_host(address->host) &&
               std::ranges::none_of(config_.sip.listen, [&](const ListenAddress& a) {
                 return a.transport == trunk.transport &&
                        telephony::sip::is_ipv6(a.host) == telephony::sip::is_ipv6(address->host);
               })) {
      fault(at(prefix + "address"),
            fmt::format(
                "It is {}, but sip.listen has no {} address of IPv{} to send from; add one.",
                trunk.address, trunk.transport, telephony::sip::is_ipv6(address->host) ? 6 : 4));
    }
    for (const std::string& source : trunk.sources) {
      const auto with_port = split_host_port(source);
      const std::string host = with_port ? with_port->host : source;
      if (host == "0.0.0.0" || host == "::") {
        fault(at(prefix + "sources"),
              fmt::format("\"{}\" is nobody's address; name the carrier's.", source));
      }
    }
    const bool sip_is_loopback = std::ranges::all_of(
        config_.sip.listen, [](const ListenAddress& a) { return is_loopback(to_string(a)); });
    if (sip_is_loopback) return;
    for (const std::string& source : trunk.sources) {
      // Every program of this machine could call in as the carrier; that is for trying things out
      // only.
      if (is_numeric_host(source) && is_loopback(source)) {
        fault(at(prefix + "sources"),
              fmt::format("\"{}\" lets any port of this machine call in, which is refused while "
                          "sip.listen has an "
                          "address outside loopback; write \"{}:PORT\" or the carrier's address.",
                          source, source));
      }
    }
  }

  const Environment& environment_;
  AppConfig config_;
  std::vector<ConfigFault> faults_;
  std::map<std::string, Value> seen_;
  std::map<std::string, Place> trunk_places_;
  std::map<std::string, std::pair<Value, std::string>> secret_files_;
};

}  // namespace

ConfigResult parse_config(std::string_view text, const std::string& file,
                          const Environment& environment) {
  return Loader(file, environment).load(text);
}

}  // namespace baton::app
