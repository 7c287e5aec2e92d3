#pragma once

#include <string>

#include "store/audit.hpp"

namespace baton::app {

/// A line of the audit for what is done on the machine itself, while no server runs: by the user
/// whose rights the command has, or who took them by sudo.
[[nodiscard]] store::AuditRow machine_row(std::string event, std::string command);

}  // namespace baton::app
