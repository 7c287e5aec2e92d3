#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "app/config.hpp"

namespace baton::app {

/// A token of `role` ("agent", "supervisor", "service") for `login`, signed with the
/// configuration's secret (made where it is missing) and good from now on. Throws
/// std::runtime_error naming the secret file and the remedy, or std::invalid_argument for an
/// unknown role.
[[nodiscard]] std::string mint_token(const AppConfig& config, std::string_view login,
                                     std::string_view role, std::chrono::seconds lifetime);

}  // namespace baton::app
