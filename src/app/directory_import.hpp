#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/config.hpp"

namespace CLI {
class App;
}

namespace baton::app {

// What the ways to import a directory share (docs/directory.md). All of them: main thread,
// blocking, messages for people on standard output and error.

/// Puts an import file's text in force: in the running server, else in the store. `label` names the
/// text in messages, `command` who put it there in the store's audit. The process's exit code.
[[nodiscard]] int put_directory(const AppConfig& config, const std::string& command,
                                const std::string& label, std::string text);

/// Whether an import file's text would be taken by the same check; else what is wrong with it.
[[nodiscard]] bool check_directory(const std::string& label, std::string_view text);

struct StoredDirectory {
  std::uint64_t version = 0;
  std::string text;  ///< An import file without passwords.
};

/// The directory in force, or a message and nothing.
[[nodiscard]] std::optional<StoredDirectory> stored_directory(const AppConfig& config);

/// Adds `import-amazon-connect` to `baton directory`.
void add_import_amazon_connect(CLI::App& command, int& exit_code);

}  // namespace baton::app
