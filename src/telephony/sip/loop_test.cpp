#include "telephony/sip/loop.hpp"

#include <gtest/gtest.h>
#include <sofia-sip/su_wait.h>

#include <algorithm>
#include <ctime>
#include <future>
#include <stdexcept>
#include <vector>

namespace baton::telephony::sip {
namespace {

using std::chrono::milliseconds;

TEST(Loop, RunsPostsOfManyThreadsEachInItsOrder) {
  Loop loop;
  loop.start();
  std::vector<std::vector<int>> seen(4);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < seen.size(); ++thread) {
    threads.emplace_back([&loop, &seen, thread] {
      for (int i = 0; i < 5000; ++i) {
        EXPECT_TRUE(loop.post([&seen, thread, i] { seen[thread].push_back(i); }));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  loop.stop();
  for (const auto& each : seen) {
    ASSERT_EQ(each.size(), 5000U);
    EXPECT_TRUE(std::ranges::is_sorted(each));
  }
}

TEST(Loop, CallWaitsAndCarriesExceptions) {
  Loop loop;
  loop.start();
  bool inside = false;
  EXPECT_TRUE(loop.call([&] { inside = loop.in_loop_thread(); }));
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop.in_loop_thread());
  EXPECT_THROW(loop.call([] { throw std::runtime_error("no"); }), std::runtime_error);
  EXPECT_TRUE(loop.call([&] { loop.call([&] { inside = false; }); }));
  EXPECT_FALSE(inside);
  loop.stop();
  EXPECT_FALSE(loop.call([] {}));
  EXPECT_FALSE(loop.post([] {}));
}

TEST(Loop, TimersFireInTheirOrderAndNotWhenCancelled) {
  Loop loop;
  loop.start();
  std::vector<int> fired;
  std::promise<void> last;
  loop.call([&] {
    loop.after(milliseconds(40), [&] {
      fired.push_back(3);
      last.set_value();
    });
    auto never = loop.after(milliseconds(10), [&] { fired.push_back(99); });
    loop.after(milliseconds(5), [&fired, &loop, never]() mutable {
      fired.push_back(1);
      loop.cancel(never);
      EXPECT_FALSE(never);
      loop.cancel(never);
      loop.after(milliseconds(0), [&fired] { fired.push_back(2); });
    });
  });
  last.get_future().get();
  std::size_t left = 1;
  loop.call([&] { left = loop.timers(); });
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(fired, (std::vector{1, 2, 3}));
  loop.stop();
}

TEST(Loop, TasksThatGoOnPostingTasksDoNotStarveTheTimers) {
  Loop loop;
  loop.start();
  std::promise<void> fired;
  bool over = false;
  std::function<void()> again = [&] {
    if (!over) loop.defer([&] { again(); });
  };
  loop.call([&] {
    loop.after(milliseconds(20), [&] {
      over = true;
      fired.set_value();
    });
    again();
  });
  EXPECT_EQ(fired.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  loop.stop();
}

TEST(Loop, DeferRunsAfterTheRunningTask) {
  Loop loop;
  loop.start();
  std::vector<int> order;
  loop.call([&] {
    loop.defer([&] { order.push_back(2); });
    order.push_back(1);
  });
  loop.call([] {});
  EXPECT_EQ(order, (std::vector{1, 2}));
  loop.stop();
}

TEST(Loop, StopRunsWhatWasPostedAndThenTheTeardown) {
  Loop loop;
  loop.start();
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) loop.post([&order, i] { order.push_back(i); });
  bool torn_down_last = false;
  loop.stop([&] {
    EXPECT_TRUE(loop.in_loop_thread());
    torn_down_last = order.size() == 100;
  });
  EXPECT_TRUE(torn_down_last);
  loop.stop();
}

TEST(Loop, AFailingTaskStopsNothing) {
  Loop loop;
  loop.start();
  loop.post([] { throw std::runtime_error("on purpose"); });
  bool ran = false;
  loop.call([&] { ran = true; });
  EXPECT_TRUE(ran);
  loop.stop();
}

// The library by itself polls without waiting in the last millisecond before each of its timers.
TEST(Loop, SleepsUntilTheLibrarysTimers) {
  Loop loop;
  loop.start();
  struct Ticks {
    std::promise<void> enough;
    int count = 0;
  } ticks;
  su_timer_t* timer = nullptr;
  loop.call([&] {
    timer = su_timer_create(su_root_task(loop.root()), 2);
    su_timer_run(
        timer,
        [](su_root_magic_t*, su_timer_t*, su_timer_arg_t* seen) {
          auto& counted = *reinterpret_cast<Ticks*>(seen);
          if (++counted.count == 200) counted.enough.set_value();
        },
        reinterpret_cast<su_timer_arg_t*>(&ticks));
  });
  ticks.enough.get_future().wait();
  timespec used{};
  loop.call([&] {
    su_timer_destroy(timer);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  });
  loop.stop();
  // 400 ms of timers: polled through they take a quarter of that and more; under a sanitizer, which
  // makes each of the 200 wake-ups dearer, more than half.
#ifdef BATON_SANITIZED
  constexpr milliseconds kMost{100};
#else
  constexpr milliseconds kMost{40};
#endif
  const auto spent = std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
  EXPECT_LT(std::chrono::duration_cast<milliseconds>(spent), kMost);
}

}  // namespace
}  // namespace baton::telephony::sip
