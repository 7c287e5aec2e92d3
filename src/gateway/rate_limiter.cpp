#include "gateway/rate_limiter.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace baton::gateway {

RateLimiter::RateLimiter(double per_second, double burst_seconds, std::size_t entries)
    : per_second_(per_second),
      interval_(std::chrono::duration_cast<Clock::duration>(
          std::chrono::duration<double>(1.0 / per_second))),
      window_(interval_ * std::max<std::int64_t>(1, std::llround(per_second * burst_seconds))),
      entries_(entries) {}

std::chrono::milliseconds RateLimiter::take(std::string_view key, Clock::time_point now) {
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    while (buckets_.size() >= entries_) {
      buckets_.erase(order_.front().key);
      order_.pop_front();
    }
    order_.push_back(Bucket{std::string(key), now});
    found = buckets_.emplace(order_.back().key, std::prev(order_.end())).first;
  }
  order_.splice(order_.end(), order_, found->second);
  Bucket& bucket = *found->second;
  const Clock::time_point full_at = std::max(bucket.full_at, now) + interval_;
  if (full_at - now <= window_) {
    bucket.full_at = full_at;
    return std::chrono::milliseconds(0);
  }
  return std::chrono::ceil<std::chrono::milliseconds>(full_at - now - window_);
}

}  // namespace baton::gateway
