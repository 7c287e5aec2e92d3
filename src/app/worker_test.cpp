#include "app/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

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

}  // namespace
}  // namespace baton::app
