#include "app/worker.hpp"

#include <pthread.h>

#include <utility>

namespace baton::app {

Worker::Worker()
    : thread_([this] {
        pthread_setname_np(pthread_self(), "baton-worker");
        run();
      }) {}

Worker::~Worker() { stop(); }

void Worker::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

void Worker::every(std::chrono::milliseconds period, Job job) {
  {
    const std::lock_guard lock(mutex_);
    period_ = period;
    periodic_ = std::move(job);
  }
  wake_.notify_one();
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (!thread_.joinable()) return;
  thread_.join();
  jobs_.clear();
}

void Worker::run() {
  auto due = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  for (;;) {
    const auto ready = [this] { return !jobs_.empty() || stopping_ || periodic_; };
    wake_.wait(lock, ready);
    if (jobs_.empty() && !stopping_) {
      wake_.wait_until(lock, due, [this] { return !jobs_.empty() || stopping_; });
    }
    if (stopping_) return;
    if (!jobs_.empty()) {
      const Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
      lock.lock();
      continue;
    }
    const Job job = periodic_;
    due = std::chrono::steady_clock::now() + period_;
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace baton::app
