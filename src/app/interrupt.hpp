#pragma once

#include <functional>
#include <thread>

namespace baton::app {

/// Hands SIGINT, SIGTERM, SIGHUP and SIGUSR1 to a callback on a thread of its own, instead of
/// ending the process. Make it before any other thread, so that those inherit the blocked signals.
/// One at a time in a process.
class Interrupt {
 public:
  /// `on_signal` gets the signal's number, once for each signal.
  explicit Interrupt(std::function<void(int)> on_signal);
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  ~Interrupt();

 private:
  std::thread thread_;
};

}  // namespace baton::app
