#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

namespace baton::gateway {

/// So many requests a second for each caller, with `burst_seconds` worth, but at least one, at once
/// (a token bucket a key, kept as the time when it is full again, which rounds nothing). Bounded:
/// of more keys than `entries` the one that asked longest ago is forgotten, which gives it a full
/// bucket again. Time is passed in; one thread.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimiter(double per_second, double burst_seconds, std::size_t entries);

  /// Takes one request of `key`, and 0 is returned; or, where there is none left, takes nothing and
  /// returns how long until there is.
  [[nodiscard]] std::chrono::milliseconds take(std::string_view key, Clock::time_point now);

  [[nodiscard]] double per_second() const { return per_second_; }
  [[nodiscard]] std::size_t size() const { return buckets_.size(); }

 private:
  struct Bucket {
    std::string key;
    Clock::time_point full_at;  ///< When all that was taken has come back.
  };

  const double per_second_;
  const Clock::duration interval_;  ///< From one request's coming back to the next one's.
  const Clock::duration window_;    ///< What a burst takes to come back whole.
  const std::size_t entries_;
  std::list<Bucket> order_;  ///< Who asked longest ago is first.
  std::unordered_map<std::string_view, std::list<Bucket>::iterator>
      buckets_;  ///< By the bucket's own key.
};

}  // namespace baton::gateway
