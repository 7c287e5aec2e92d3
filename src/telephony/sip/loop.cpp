#include "telephony/sip/loop.hpp"

#include <sofia-sip/su.h>
#include <sofia-sip/su_wait.h>

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <future>
#include <stdexcept>

#include <spdlog/spdlog.h>

#include "memory/lifetime.hpp"
#include "telephony/sip/broken_connection.hpp"
#include "telephony/sip/message_size.hpp"
#include "telephony/sip/timer_rounding.hpp"

namespace baton::telephony::sip {

namespace {

// A batch of more tasks gives its memory back.
constexpr std::size_t kKeptBatch = 4096;

// How often what tasks have posted is run before the sockets get their turn again.
constexpr int kRounds = 4;

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

Loop::Loop() {
  // su_init() counts its callers and is not meant to be raced.
  static const int initialised = su_init();
  (void)initialised;
}

Loop::~Loop() { stop(); }

void Loop::start() {
  if (thread_.joinable()) throw std::logic_error("the SIP loop runs already");
  if (!timer_waits_are_rounded()) {
    throw std::runtime_error(
        "the SIP library does not use Baton's timers: the program must be linked so that its "
        "su_timer_expire is exported (-Wl,--export-dynamic-symbol=su_timer_expire)");
  }
  if (!messages_too_large_are_counted()) {
    throw std::runtime_error(
        "the SIP library does not use Baton's msg_recv_iovec: the program must be linked so that "
        "it is exported (-Wl,--export-dynamic-symbol=msg_recv_iovec)");
  }
  if (!broken_connections_are_told()) {
    throw std::runtime_error(
        "the SIP library does not use Baton's su_soerror: the program must be linked so that it is "
        "exported (-Wl,--export-dynamic-symbol=su_soerror)");
  }
  std::promise<void> ready;
  auto started = ready.get_future();
  thread_ = std::thread([this, &ready] {
    run([&ready](const std::exception_ptr& error) {
      if (error) {
        ready.set_exception(error);
      } else {
        ready.set_value();
      }
    });
  });
  try {
    started.get();
  } catch (...) {
    thread_.join();
    throw;
  }
}

void Loop::run(const std::function<void(std::exception_ptr)>& ready) {
  thread_id_ = std::this_thread::get_id();
  // What the stack allocates is a transaction's, gone 32 s after its end; but for its part of a
  // dialog (dialog.cpp). Our own objects come by operator new.
  memory::short_lived_malloc = true;
  su_wait_t wake = SU_WAIT_INIT;
  su_wait_t timer = SU_WAIT_INIT;
  root_ = su_root_create(this);
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  timer_fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (root_ == nullptr || wake_fd_ < 0 || timer_fd_ < 0 ||
      su_wait_create(&wake, wake_fd_, SU_WAIT_IN) < 0 ||
      su_root_register(root_, &wake, &Loop::on_wake, this, su_pri_normal) < 0 ||
      su_wait_create(&timer, timer_fd_, SU_WAIT_IN) < 0 ||
      su_root_register(root_, &timer, &Loop::on_timer, this, su_pri_normal) < 0 ||
      su_root_add_prepoll(root_, &Loop::before_poll, this) < 0) {
    const std::string reason = std::strerror(errno);
    if (root_ != nullptr) su_root_destroy(root_);
    root_ = nullptr;
    close_fd(wake_fd_);
    close_fd(timer_fd_);
    ready(std::make_exception_ptr(std::runtime_error(
        "the SIP loop cannot start: " + reason +
        "; raise the limit of open files (ulimit -n) if it says there are too many")));
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    accepting_ = true;
  }
  ready(nullptr);
  su_root_run(root_);
  timers_.clear();
  su_root_unregister(root_, &wake, &Loop::on_wake, this);
  su_root_unregister(root_, &timer, &Loop::on_timer, this);
  su_root_destroy(root_);
  root_ = nullptr;
  close_fd(timer_fd_);
}

void Loop::stop(const Task& teardown) {
  if (!thread_.joinable()) return;
  if (in_loop_thread()) throw std::logic_error("the SIP loop cannot be stopped by itself");
  {
    const std::lock_guard lock(mutex_);
    accepting_ = false;
    posted_.emplace_back([this, &teardown] {
      if (teardown) {
        try {
          teardown();
        } catch (const std::exception& error) {
          spdlog::error("stopping SIP: {}", error.what());
        }
      }
      ended_ = true;
      su_root_break(root_);
      // The loop is about to wait; it shall not.
      const std::lock_guard again(mutex_);
      ring();
    });
    ring();
  }
  thread_.join();
  const std::lock_guard lock(mutex_);
  close_fd(wake_fd_);
}

bool Loop::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (!accepting_) return false;
  posted_.push_back(std::move(task));
  // The loop takes everything at one wake-up, so only the first post of a batch needs to ring.
  if (asleep_) ring();
  return true;
}

void Loop::defer(Task task) {
  // Even while stopping: what is deferred on the loop's own thread must not be lost.
  // The loop looks for it before it waits again, so nobody needs to ring.
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
}

bool Loop::call(const Task& task) {
  if (in_loop_thread()) {
    task();
    return true;
  }
  std::promise<void> done;
  auto ended = done.get_future();
  const bool posted = post([&task, &done] {
    try {
      task();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  if (!posted) return false;
  ended.get();
  return true;
}

Loop::Timer Loop::after(std::chrono::milliseconds delay, Task task) {
  const Timer timer{Clock::now() + delay, next_timer_++};
  timers_.emplace(timer, std::move(task));
  if (timer.at < armed_for_) arm();
  return timer;
}

void Loop::cancel(Timer& timer) {
  if (timer.id == 0) return;
  timers_.erase(timer);
  timer = {};
  // The descriptor may fire once for nothing, which is cheaper than setting it anew each time.
}

void Loop::arm() {
  armed_for_ = timers_.empty() ? Clock::time_point::max() : timers_.begin()->first.at;
  itimerspec spec{};
  if (!timers_.empty()) {
    // A zero would disarm it.
    const auto since = std::max<std::int64_t>(
        1, std::chrono::duration_cast<std::chrono::nanoseconds>(armed_for_.time_since_epoch())
               .count());
    spec.it_value.tv_sec = since / 1'000'000'000;
    spec.it_value.tv_nsec = since % 1'000'000'000;
  }
  ::timerfd_settime(timer_fd_, TFD_TIMER_ABSTIME, &spec, nullptr);
}

void Loop::fire_due() {
  const auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first.at <= now) {
    auto node = timers_.extract(timers_.begin());
    try {
      node.mapped()();
    } catch (const std::exception& error) {
      spdlog::error("a SIP timer failed: {}", error.what());
    }
  }
  arm();
}

/// With the mutex held.
void Loop::ring() {
  asleep_ = false;
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
}

void Loop::drain() {
  for (int round = 0; round < kRounds; ++round) {
    if (!run_posted()) return;
  }
  // Tasks that go on posting tasks must not starve the sockets: a ring keeps the wait short.
  const std::lock_guard lock(mutex_);
  ring();
}

/// False where nothing was left to be run.
bool Loop::run_posted() {
  {
    const std::lock_guard lock(mutex_);
    // Behind the teardown nothing may run any more: what it would touch is gone.
    asleep_ = posted_.empty() || ended_;
    if (asleep_) return false;
    running_.swap(posted_);
  }
  for (auto& task : running_) {
    try {
      task();
    } catch (const std::exception& error) {
      spdlog::error("a SIP task failed: {}", error.what());
    }
  }
  running_.clear();
  if (running_.capacity() > kKeptBatch) running_.shrink_to_fit();
  return true;
}

void Loop::before_poll(void* magic, su_root_s* /*root*/) { static_cast<Loop*>(magic)->drain(); }

int Loop::on_wake(void* magic, pollfd* /*wait*/, void* /*arg*/) {
  // What was posted is run before the next wait.
  std::uint64_t rings = 0;
  (void)!::read(static_cast<Loop*>(magic)->wake_fd_, &rings, sizeof rings);
  return 0;
}

int Loop::on_timer(void* magic, pollfd* /*wait*/, void* /*arg*/) {
  auto* loop = static_cast<Loop*>(magic);
  std::uint64_t expirations = 0;
  (void)!::read(loop->timer_fd_, &expirations, sizeof expirations);
  loop->fire_due();
  return 0;
}

}  // namespace baton::telephony::sip
