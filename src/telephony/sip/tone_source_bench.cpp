#include "telephony/sip/tone_source.hpp"

#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

namespace baton::telephony::sip {
namespace {

/// A party's socket that nobody reads: when its buffer is full the kernel drops what comes, and no
/// receiver's price is part of the figures. (A closed port would cost an ICMP message a packet.)
class DeafPhone {
 public:
  DeafPhone() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    const int least = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least));
    sockaddr_in own{};
    own.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(own);
    ::bind(fd_, reinterpret_cast<sockaddr*>(&own), size);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    port_ = ntohs(own.sin_port);
  }
  DeafPhone(const DeafPhone&) = delete;
  DeafPhone& operator=(const DeafPhone&) = delete;
  ~DeafPhone() { ::close(fd_); }
  [[nodiscard]] Listener listener() const {
    return {.address = "127.0.0.1", .port = port_, .payload_type = 0, .a_law = false};
  }

 private:
  int fd_;
  int port_ = 0;
};

/// CPU of the source's thread for one stream playing one second, in microseconds.
void cost_per_stream_second(benchmark::State& state) {
  const DeafPhone phone;
  ToneSource source({.port_min = 22000, .port_max = 22998});
  const auto streams = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t id = 0; id < streams; ++id) {
    source.start(id, phone.listener(), core::Sound::queue);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // Let them all begin.
  const auto before = source.stats();
  for (auto _ : state) std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto after = source.stats();
  const double stream_seconds = static_cast<double>(after.packets - before.packets) / 50.0;
  const auto cpu = std::chrono::duration<double, std::micro>(after.cpu - before.cpu).count();
  state.counters["us_per_stream_second"] = streams == 0 ? cpu : cpu / stream_seconds;
  state.counters["packets_per_second"] = benchmark::Counter(
      static_cast<double>(after.packets - before.packets), benchmark::Counter::kIsRate);
  state.counters["skipped_ticks"] = static_cast<double>(after.skipped_ticks - before.skipped_ticks);
}
BENCHMARK(cost_per_stream_second)
    ->Arg(0)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->Arg(5000)
    ->Iterations(2)
    ->UseRealTime();

/// What a park and its end cost the SIP loop.
void start_and_stop(benchmark::State& state) {
  const DeafPhone phone;
  ToneSource source({.port_min = 22000, .port_max = 22998});
  const Listener to = phone.listener();
  std::uint64_t id = 0;
  for (auto _ : state) {
    source.start(++id, to, core::Sound::hold);
    source.stop(id);
  }
}
BENCHMARK(start_and_stop);

}  // namespace
}  // namespace baton::telephony::sip
