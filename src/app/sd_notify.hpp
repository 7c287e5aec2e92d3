#pragma once

#include <string_view>

namespace baton::app {

/// Tells the service manager about a change ("READY=1"), where one asked for it by NOTIFY_SOCKET
/// (sd_notify(3)); otherwise does nothing. Never fails: a service manager that does not listen is
/// none of our business. Any thread.
void notify_service_manager(std::string_view state);

}  // namespace baton::app
