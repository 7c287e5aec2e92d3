#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

struct pollfd;
struct su_root_s;

namespace baton::telephony::sip {

/// The SIP stack's own thread: sofia's su_root with a queue of tasks from other threads and timers
/// of our own.
///
/// Every stack object (agent, leg, transaction) lives on this thread and is touched by nobody else
/// ("Each profile in sofia is single threaded"). A stack object must not be destroyed within its
/// own callback: use defer().
class Loop {
 public:
  using Task = std::function<void()>;
  using Clock = std::chrono::steady_clock;

  /// Names a timer; a default one names none. Cheap to copy. Timers of one loop never share a name.
  struct Timer {
    Clock::time_point at{};
    std::uint64_t id = 0;

    friend auto operator<=>(const Timer&, const Timer&) = default;
    explicit operator bool() const { return id != 0; }
  };

  Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// Stops at once where stop() was not called.
  ~Loop();

  /// Starts the thread. Throws std::runtime_error when the stack or the wake-up descriptor cannot
  /// be made.
  void start();

  /// Refuses new tasks, runs what was posted before, calls `teardown` on the loop thread (destroy
  /// stack objects there), and joins the thread. Any thread but the loop's own; a second call does
  /// nothing.
  void stop(const Task& teardown = {});

  /// Runs `task` on the loop thread soon, in the order of the posts. Any thread. Many posts cost
  /// one wake-up. False when the loop is stopped: the task is dropped.
  bool post(Task task);

  /// Runs `task` on the loop thread after the running callback has returned. Loop thread only.
  void defer(Task task);

  /// Runs `task` on the loop thread and waits for its end; at once when called on the loop thread.
  /// Exceptions of the task come out here. False when the loop is stopped: not run.
  bool call(const Task& task);

  /// Runs `task` once after `delay`. Loop thread only.
  Timer after(std::chrono::milliseconds delay, Task task);

  /// Forgets a timer and clears the name; does nothing for one that ran or was cancelled. Loop
  /// thread only.
  void cancel(Timer& timer);

  [[nodiscard]] bool in_loop_thread() const { return std::this_thread::get_id() == thread_id_; }
  [[nodiscard]] su_root_s* root() const { return root_; }
  /// Timers that are armed. Loop thread only.
  [[nodiscard]] std::size_t timers() const { return timers_.size(); }

 private:
  static int on_wake(void* magic, pollfd* wait, void* arg);
  static void before_poll(void* magic, su_root_s* root);
  static int on_timer(void* magic, pollfd* wait, void* arg);
  void run(const std::function<void(std::exception_ptr)>& ready);
  void ring();
  void drain();
  bool run_posted();
  void fire_due();
  void arm();

  std::thread thread_;
  std::thread::id thread_id_;
  su_root_s* root_ = nullptr;
  int wake_fd_ = -1;
  int timer_fd_ = -1;

  std::mutex mutex_;
  std::vector<Task> posted_;  // Guarded by mutex_.
  bool accepting_ = false;    // Guarded by mutex_.
  bool asleep_ = false;  // Guarded by mutex_: the loop waits, or is about to, and must be rung.

  std::vector<Task> running_;  // Loop thread: the batch that is being run; kept for its capacity.
  bool ended_ = false;         // Loop thread: the teardown has run.
  std::map<Timer, Task> timers_;
  std::uint64_t next_timer_ = 1;
  Clock::time_point armed_for_ = Clock::time_point::max();
};

}  // namespace baton::telephony::sip
