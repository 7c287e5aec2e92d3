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
  using Clock = std::chrono::steady_clock;

  Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Any thread. After stop() jobs are dropped.
  void post(Job job);
  /// The same of a job that is of use until then: where its turn comes later `late` runs in its
  /// place, so that what nobody waits for any more holds up nobody.
  void post(Job job, Clock::time_point until, Job late);
  /// Runs `job` about every `period`, between the others, however many of them wait. Once, before
  /// the first post.
  void every(std::chrono::milliseconds period, Job job);
  /// Waits for the job under way, forgets the others, since nobody waits for them any more, and
  /// ends the thread. A second call does nothing.
  void stop();

 private:
  struct Waiting {
    Job job;
    Clock::time_point until;
    Job late;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Waiting> jobs_;
  Job periodic_;
  std::chrono::milliseconds period_{0};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baton::app
