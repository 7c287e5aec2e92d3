#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/config.hpp"
#include "app/config_keys.hpp"

namespace baton::app {

namespace {

struct PrintDefault {
  std::string operator()(const std::string* text) const {
    return text->empty() ? "empty" : fmt::format("`\"{}\"`", *text);
  }
  std::string operator()(const int* number) const { return std::to_string(*number); }
  std::string operator()(const std::size_t* number) const { return std::to_string(*number); }
  std::string operator()(const bool* flag) const { return *flag ? "true" : "false"; }
  std::string operator()(const std::vector<std::string>* texts) const {
    return texts->empty() ? "empty" : fmt::format("`[\"{}\"]`", fmt::join(*texts, "\", \""));
  }
  std::string operator()(const std::vector<telephony::sip::ListenAddress>* addresses) const {
    std::vector<std::string> texts;
    for (const auto& address : *addresses) texts.push_back(to_string(address));
    return (*this)(&texts);
  }
};

/// A vertical bar would end the table's cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Made by `baton check-config --reference`; a test compares. Edit src/app/config_keys.cpp instead. -->

Baton reads one TOML file: `baton serve --config FILE`. The shipped example, `examples/baton.toml`, names every key
with its default. `baton check-config FILE` tells all that is wrong with a file and starts nothing.

- A key that does not exist, a value of the wrong type and a value out of range are refused at start, each with file,
  line, column, key, what was seen and what is allowed.
- Each key can be overridden by the environment variable beside it. A list is separated by commas. A misspelt variable
  of a section below is refused as well. The environment can change a trunk of the file, not add one.
- A relative path in the file is taken from the file's folder; in the environment, from the working directory.
)";

}  // namespace

std::string config_reference() {
  AppConfig config = parse_config("", "", {}).config;
  telephony::sip::TrunkConfig trunk;
  std::string out(kIntroduction);
  for (const Section& section : config_sections()) {
    const bool is_trunk = section.name == "trunk";
    out +=
        fmt::format("\n## [{}]\n\n{}\n\n", is_trunk ? "trunk.<name>" : section.name, section.doc);
    out += "| key | what it does | default | allowed | variable |\n|---|---|---|---|---|\n";
    for (const Key& key : config_keys()) {
      if (key.section != section.name) continue;
      std::string variable = variable_name(key, "<name>");
      if (is_trunk)
        variable = fmt::format("BATON_TRUNK_<NAME>_{}", variable.substr(variable.rfind('>') + 2));
      out += fmt::format("| `{}` | {} | {} | {} | `{}` |\n", key.name, cell(key.doc),
                         std::visit(PrintDefault{}, key.target({&config, &trunk})),
                         cell(allowed_values(key)), variable);
    }
  }
  return out;
}

}  // namespace baton::app
