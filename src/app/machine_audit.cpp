#include "app/machine_audit.hpp"

#include <pwd.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

namespace baton::app {

namespace {

std::string user_of_the_machine() {
  const char* before_sudo = std::getenv("SUDO_USER");
  if (::geteuid() == 0 && before_sudo != nullptr && *before_sudo != '\0') return before_sudo;
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : std::to_string(::geteuid());
}

}  // namespace

store::AuditRow machine_row(std::string event, std::string command) {
  store::AuditRow row;
  row.at = std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
               .count();
  row.event = std::move(event);
  row.caller = user_of_the_machine();
  row.role = "machine";
  row.request = std::move(command);
  row.result = "accepted";
  return row;
}

}  // namespace baton::app
