#include "app/interrupt.hpp"

#include <pthread.h>

#include <csignal>
#include <utility>

namespace baton::app {

namespace {

sigset_t interrupting() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);  // Our own, to end the thread.
  return set;
}

}  // namespace

Interrupt::Interrupt(std::function<void(int)> on_signal) {
  const sigset_t set = interrupting();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([set, on_signal = std::move(on_signal)] {
    int number = 0;
    while (sigwait(&set, &number) == 0 && number != SIGUSR2) on_signal(number);
  });
}

Interrupt::~Interrupt() {
  pthread_kill(thread_.native_handle(), SIGUSR2);
  thread_.join();
}

}  // namespace baton::app
