#include "app/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>

namespace baton::app {
namespace {

TEST(Worker, WhatWaitsAtItsEndIsForgotten) {
  Worker worker;
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<bool> finished = false;
  std::atomic<bool> forgotten = true;
  worker.post([&] {
    begun.set_value();
    go_on.get_future().wait();
    finished = true;
  });
  begun.get_future().wait();
  // Its captures go with it at the end of stop(), not of the worker.
  auto held = std::make_shared<int>(1);
  worker.post([&forgotten, held] { forgotten = false; });
  auto stopped = std::async(std::launch::async, [&worker] { worker.stop(); });
  // A job that is dropped tells that stop() has begun, so that the one under way may end.
  std::weak_ptr<int> probe;
  do {
    const auto each = std::make_shared<int>(0);
    probe = each;
    worker.post([each] {});
  } while (!probe.expired());
  go_on.set_value();
  stopped.get();
  EXPECT_TRUE(finished);
  EXPECT_TRUE(forgotten);
  EXPECT_EQ(held.use_count(), 1);
}

TEST(Worker, ThePeriodicJobRunsHoweverManyOthersWait) {
  constexpr int kEnough = 3;
  std::atomic<int> ran = 0;
  std::promise<void> over;
  Worker worker;  // Gone before what its jobs refer to.
  const auto given_up = Worker::Clock::now() + std::chrono::seconds(10);
  // The next one waits before this one has ended, so that the queue is never empty.
  const std::function<void()> one_more = [&] {
    if (ran < kEnough && Worker::Clock::now() < given_up) return worker.post(one_more);
    over.set_value();
  };
  worker.post(one_more);
  worker.every(std::chrono::milliseconds(1), [&] { ++ran; });
  over.get_future().wait();
  EXPECT_GE(ran, kEnough);
}

TEST(Worker, TheOthersRunHoweverLongThePeriodicJobTakes) {
  std::promise<void> done;
  Worker worker;
  // It is due again whenever it ends.
  worker.every(std::chrono::milliseconds(0), [] {});
  worker.post([&] { done.set_value(); });
  EXPECT_EQ(done.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

TEST(Worker, WhatNobodyWaitsForAnyMoreIsGivenUp) {
  std::string ran;
  std::promise<void> over;
  Worker worker;
  const auto now = Worker::Clock::now();
  worker.post([&] { ran += "too late, "; }, now - std::chrono::seconds(1),
              [&] { ran += "given up, "; });
  worker.post([&] { ran += "in time"; }, now + std::chrono::hours(1),
              [&] { ran += "given up too early"; });
  worker.post([&] { over.set_value(); });
  over.get_future().wait();
  EXPECT_EQ(ran, "given up, in time");
}

}  // namespace
}  // namespace baton::app
