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

void Worker::post(Job job) { post(std::move(job), Clock::time_point::max(), nullptr); }

void Worker::post(Job job, Clock::time_point until, Job late) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    jobs_.push_back({.job = std::move(job), .until = until, .late = std::move(late)});
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
  auto due = Clock::now();
  // In turns, so that neither many jobs nor a periodic one that takes longer than its period keep
  // the other from running.
  bool others_turn = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (periodic_ && Clock::now() >= due && (jobs_.empty() || !others_turn)) {
      const Job job = periodic_;
      due = Clock::now() + period_;
      others_turn = true;
      lock.unlock();
      job();
      lock.lock();
    } else if (!jobs_.empty()) {
      const Waiting next = std::move(jobs_.front());
      jobs_.pop_front();
      others_turn = false;
      lock.unlock();
      (Clock::now() > next.until ? next.late : next.job)();
      lock.lock();
    } else if (periodic_) {
      wake_.wait_until(lock, due);
    } else {
      wake_.wait(lock);
    }
  }
}

}  // namespace baton::app
