#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace baton::app {

/// Values from any threads for one reader, who waits for them with a deadline.
template <typename T>
class Inbox {
 public:
  /// Any thread.
  void put(T value) {
    {
      const std::scoped_lock lock(mutex_);
      values_.push_back(std::move(value));
    }
    arrived_.notify_one();
  }

  /// The oldest value, or nothing when none came before the deadline. The reader's thread.
  [[nodiscard]] std::optional<T> take(std::chrono::steady_clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_until(lock, deadline, [this] { return !values_.empty(); }))
      return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<T> values_;
};

}  // namespace baton::app
