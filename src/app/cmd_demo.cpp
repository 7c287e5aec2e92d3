#include <CLI/CLI.hpp>

#include "app/commands.hpp"

namespace baton::app {

void add_demo(CLI::App& program, int& exit_code) {
  static_cast<void>(program);
  static_cast<void>(exit_code);
}

}  // namespace baton::app
