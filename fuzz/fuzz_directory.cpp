// Any bytes as a directory to import: a list of faults, or a directory that exports and imports to
// itself. Bytes that begin as a TZif file does are tried as a time zone instead.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "directory/directory_json.hpp"
#include "directory/time_zone.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void try_directory(std::string_view text) {
  using namespace baton::directory;
  ParseOptions options;
  options.time_zone_known = [](std::string_view name) { return name.size() < 40; };
  const auto parsed = parse_directory(text, options);
  if (const auto* faults = std::get_if<Faults>(&parsed)) {
    require(!faults->empty());
    for (const Fault& fault : *faults) require(!fault.msg.empty());
    require(!print_faults(*faults).empty());
    return;
  }
  Directory directory = std::get<ImportedDirectory>(parsed).directory;
  if (directory.version != 0) {
    const auto same = parse_directory(print_replacement(directory), options);
    require(std::get<ImportedDirectory>(same).directory == directory);
    directory.version = 0;
  }
  for (const bool pretty : {true, false}) {
    const auto again = parse_directory(print_directory(directory, pretty), options);
    require(std::holds_alternative<ImportedDirectory>(again));
    require(std::get<ImportedDirectory>(again).directory == directory);
  }
}

void try_time_zone(std::string_view bytes) {
  const auto zone = baton::directory::TimeZone::parse(bytes);
  if (!zone) return;
  for (const std::int64_t at : {-2'000'000'000LL, 0LL, 1'700'000'000LL, 9'000'000'000LL}) {
    require(std::abs(zone->offset_at(at)) < 8 * 86'400);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.starts_with("TZif")) {
    try_time_zone(text);
  } else {
    try_directory(text);
  }
  return 0;
}
