#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "directory/directory.hpp"

namespace baton::directory {

/// The import file's content, checked (docs/directory.md). `directory.version` is the one that it
/// may replace, 0: whichever is in force. The store gives it its own.
struct ImportedDirectory {
  Directory directory;
  /// Login to desktop and SIP password. Absent: the stored one is kept.
  std::map<std::string, std::string> passwords;

  friend bool operator==(const ImportedDirectory&, const ImportedDirectory&) = default;
};

/// One thing that is wrong with an import file.
struct Fault {
  std::string place;  ///< JSON pointer (RFC 6901), "" for the whole document: "/agents/2/login".
  std::string msg;    ///< What was seen, what is expected, what to do.

  friend bool operator==(const Fault&, const Fault&) = default;
};
using Faults = std::vector<Fault>;

struct ParseOptions {
  /// Says whether an IANA time zone is known. Default: the system's zoneinfo is asked.
  std::function<bool(std::string_view)> time_zone_known;
  /// More faults than that are counted, not listed.
  std::size_t max_faults = 1000;
};

/// Reads and checks one import file: strict JSON (UTF-8, no duplicate keys, no unknown keys).
/// Either everything is right or the list of all faults is returned, never empty. Never throws on
/// bad input. Any thread.
[[nodiscard]] std::variant<ImportedDirectory, Faults> parse_directory(
    std::string_view text, const ParseOptions& options = {});

/// The directory as an import file without passwords: parse_directory gives the same directory
/// again (its version apart). Indented for people, or on one line. Any thread.
[[nodiscard]] std::string print_directory(const Directory& directory, bool pretty = true);

/// The same on one line, to be taken only while `directory.version` is in force
/// (`replacesVersion`). Any thread.
[[nodiscard]] std::string print_replacement(const Directory& directory);

/// `{"faults":[{"place":"...","msg":"..."}]}` on one line, as the import's error body. Any thread.
[[nodiscard]] std::string print_faults(const Faults& faults);

/// The states an agent may choose where the file has none: Available (routable), Break, Lunch,
/// Training (not_routable), Offline (offline).
[[nodiscard]] std::vector<AgentState> default_agent_states();

}  // namespace baton::directory
