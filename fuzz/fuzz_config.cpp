// Any bytes as a configuration: faults that each say something, or a configuration. Whatever is
// under an "[environment]" line on, "NAME=value" by line, is given as the environment instead.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "app/config.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace baton::app;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  // A secret is read from the file that the configuration names: no fuzzer may name any.
  if (text.find("_file") != std::string_view::npos || text.find("_FILE") != std::string_view::npos)
    return 0;
  Environment environment;
  constexpr std::string_view kMark = "\n[environment]\n";
  if (const std::size_t mark = text.find(kMark); mark != std::string_view::npos) {
    std::string_view rest = text.substr(mark + kMark.size());
    text = text.substr(0, mark);
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(line.size() < rest.size() ? line.size() + 1 : line.size());
      const std::size_t equals = line.find('=');
      if (equals != std::string_view::npos)
        environment.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
  }
  const ConfigResult result = parse_config(text, "fuzz.toml", environment);
  for (const ConfigFault& fault : result.faults) {
    require(!fault.text.empty());
    require(fault.file == "environment" || fault.line >= 0);
    require(fault.to_string().find(fault.text) != std::string::npos);
  }
  // The same text tells the same.
  require(parse_config(text, "fuzz.toml", environment).faults.size() == result.faults.size());
  return 0;
}
