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

namespace baton::telephony::sip {

namespace {

// How many posted tasks run before the sockets get their turn again.
constexpr std::size_t kBatch = 256;

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
  su_wait_t wake = SU_WAIT_INIT;
  su_wait_t timer = SU_WAIT_INIT;
  root_ = su_root_create(this);
  wake_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  timer_fd_ = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (root_ == nullptr || wake_fd_ < 0 || timer_fd_ < 0 ||
      su_wait_create(&wake, wake_fd_, SU_WAIT_IN) < 0 ||
      su_root_register(root_, &wake, &Loop::on_wake, this, su_pri_normal) < 0 ||
      su_wait_create(&timer, timer_fd_, SU_WAIT_IN) < 0 ||
      su_root_register(root_, &timer, &Loop::on_timer, this, su_pri_normal) < 0) {
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
      su_root_break(root_);
    });
    const std::uint64_t one = 1;
    (void)!::write(wake_fd_, &one, sizeof one);
  }
  thread_.join();
  const std::lock_guard lock(mutex_);
  close_fd(wake_fd_);
}

bool Loop::post(Task task) {
  const std::lock_guard lock(mutex_);
  if (!accepting_) return false;
  posted_.push_back(std::move(task));
  if (posted_.size() == 1) {
    // The loop takes everything at one wake-up, so only the first post of a batch needs to ring.
    const std::uint64_t one = 1;
    (void)!::write(wake_fd_, &one, sizeof one);
  }
  return true;
}

void Loop::defer(Task task) {
  // Even while stopping: what is deferred on the loop's own thread must not be lost.
  const std::lock_guard lock(mutex_);
  posted_.push_back(std::move(task));
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
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

void Loop::drain() {
  std::uint64_t rings = 0;
  (void)!::read(wake_fd_, &rings, sizeof rings);
  // One batch for each wake-up, so that tasks that post tasks cannot starve the sockets.
  {
    const std::lock_guard lock(mutex_);
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
  if (running_.capacity() > 16 * kBatch) running_.shrink_to_fit();
}

int Loop::on_wake(void* magic, pollfd* /*wait*/, void* /*arg*/) {
  static_cast<Loop*>(magic)->drain();
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
