#include "gateway/caller_limits.hpp"

#include <fmt/format.h>

namespace baton::gateway {
namespace {

constexpr double kBurstSeconds = 2;
constexpr std::size_t kCallers = 100'000;

}  // namespace

CallerLimits::CallerLimits(std::size_t people_per_second, std::size_t services_per_second) {
  if (people_per_second > 0) {
    people_.emplace(static_cast<double>(people_per_second), kBurstSeconds, kCallers);
  }
  if (services_per_second > 0) {
    services_.emplace(static_cast<double>(services_per_second), kBurstSeconds, kCallers);
  }
}

std::optional<TooMany> CallerLimits::take(const Caller& caller) {
  const bool service = caller.role == directory::Role::service;
  std::optional<RateLimiter>& limiter = service ? services_ : people_;
  if (!limiter) return std::nullopt;
  const std::chrono::milliseconds wait = limiter->take(caller.login, RateLimiter::Clock::now());
  if (wait.count() == 0) return std::nullopt;
  const int seconds = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count());
  const Limit limit = service ? Limit::service_requests_per_second : Limit::requests_per_second;
  return TooMany{.retry_after_seconds = seconds,
                 .limit = limit,
                 .msg = fmt::format("\"{}\" asks more than {} ({:.0f} a second); try again in {} s",
                                    caller.login, key_of(limit), limiter->per_second(), seconds)};
}

}  // namespace baton::gateway
