#include "app/tokens.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "app/file_access.hpp"
#include "gateway/jwt.hpp"

namespace baton::app {

std::string mint_token(const AppConfig& config, std::string_view login, std::string_view role,
                       std::chrono::seconds lifetime) {
  const auto parsed = directory::parse_role(role);
  if (!parsed) {
    throw std::invalid_argument(
        fmt::format("\"{}\" is not a role; allowed: agent, supervisor, service.", role));
  }
  const std::filesystem::path secret_file = config.gateway.jwt_secret_file;
  if (secret_file.has_parent_path()) {
    std::error_code ignored;  // load_or_create_secret names the file and the reason.
    std::filesystem::create_directories(secret_file.parent_path(), ignored);
  }
  require_readable(secret_file.string());
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
      std::chrono::system_clock::now().time_since_epoch());
  gateway::TokenClaims claims;
  claims.login = login;
  claims.role = *parsed;
  claims.issuer = config.gateway.jwt_issuer;
  claims.audience = config.gateway.jwt_audience;
  claims.expires_at = (now + lifetime).count();
  return gateway::make_token(claims, gateway::load_or_create_secret(secret_file.string()),
                             now.count());
}

}  // namespace baton::app
