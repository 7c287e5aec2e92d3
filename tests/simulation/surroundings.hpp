#pragma once

#include <string>

#include "core/input.hpp"
#include "directory/directory.hpp"

namespace baton::simulation {

inline constexpr const char* kFirstQueue = "arn:queue/first";    ///< Answers on entry.
inline constexpr const char* kSecondQueue = "arn:queue/second";  ///< Rings until an agent answers.
inline constexpr const char* kThirdQueue = "arn:queue/third";    ///< The transfers' queue.
inline constexpr const char* kFirstNumber = "+18005550100";
inline constexpr const char* kSecondNumber = "+18005550200";
inline constexpr const char* kCustomer = "+16175550123";
inline constexpr const char* kOutside = "+12082097345";
inline constexpr const char* kExternal = "+16579994374";

/// The directories that an administrator may switch between: 0 all as it was set up, 1 the second
/// agent disabled, 2 the second agent removed, 3 the third queue removed.
inline constexpr std::uint8_t kDirectories = 4;
[[nodiscard]] const directory::Directory& directory_of(std::uint8_t variant);
/// With a queue of last resort outside numbers are dialled twice a minute at most.
[[nodiscard]] core::Policy policy_of(bool last_resort);
/// Every number is an ordinary one of the United States.
[[nodiscard]] directory::NumberFacts facts_of(const std::string& number);

}  // namespace baton::simulation
