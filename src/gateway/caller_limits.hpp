#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "gateway/backend.hpp"
#include "gateway/metrics.hpp"
#include "gateway/rate_limiter.hpp"

namespace baton::gateway {

/// A caller who asks too much, and when he may ask again.
struct TooMany {
  int retry_after_seconds = 1;
  Limit limit = Limit::requests_per_second;
  std::string msg;  ///< Which limit, for people.
};

/// How much one caller may ask, over all of his connections and either carrier. One thread.
class CallerLimits {
 public:
  /// Requests a second, for agents and supervisors and for services; 0: unlimited.
  CallerLimits(std::size_t people_per_second, std::size_t services_per_second);

  /// Counts a request of the caller's; something where it is one too many.
  [[nodiscard]] std::optional<TooMany> take(const Caller& caller);

 private:
  std::optional<RateLimiter> people_;
  std::optional<RateLimiter> services_;
};

}  // namespace baton::gateway
