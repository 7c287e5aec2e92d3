#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace baton::gateway {

/// One thread for work that blocks (password hashes), with a bounded queue.
class Worker {
 public:
  explicit Worker(std::size_t limit) : limit_(limit) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { stop(); }

  void start();
  /// Finishes the job at hand, drops the rest and joins. Owner's thread.
  void stop();
  /// False where the queue is full or the worker is stopped; the job is then dropped. Any thread.
  [[nodiscard]] bool post(std::function<void()> job);

 private:
  void run();

  std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  ///< Guarded by mutex_.
  bool running_ = false;                    ///< Guarded by mutex_.
  std::thread thread_;
};

}  // namespace baton::gateway
