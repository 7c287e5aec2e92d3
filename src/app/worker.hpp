#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace baton::app {

/// One thread for what may take a while: reads of the store, password hashes, directory imports.
/// Jobs run in order.
class Worker {
 public:
  using Job = std::function<void()>;

  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Any thread. After stop() jobs are dropped.
  void post(Job job);
  /// Runs `job` about every `period`, between the others. Once, before the first post.
  void every(std::chrono::milliseconds period, Job job);
  /// Waits for the job under way, forgets the others, since nobody waits for them any more, and
  /// ends the thread. A second call does nothing.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  Job periodic_;
  std::chrono::milliseconds period_{0};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baton::app
