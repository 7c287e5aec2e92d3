#pragma once

#include <string_view>

namespace baton::directory {

/// Why a sign-in ended or was refused, in the words of the audit (docs/audit.md): those that tell
/// the same of a password, a phone and an import.
inline constexpr std::string_view kSignInExpired = "expired";
inline constexpr std::string_view kSignInDisabled = "disabled";
inline constexpr std::string_view kSignInWrongPassword = "wrongPassword";

}  // namespace baton::directory
