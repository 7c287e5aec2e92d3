// What 5,000 desktops cost: memory of one that is idle, and events to all of them. The clients are
// plain sockets in a child process, so that this process' memory and processor time are the
// server's alone.
#include <benchmark/benchmark.h>
#include <malloc.h>
#include <prometheus/registry.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "gateway/fake_backend.hpp"
#include "gateway/gateway.hpp"
#include "gateway/jwt.hpp"

namespace baton::gateway {
namespace {

constexpr int kDesktops = 5000;

/// Bytes of this process that are in memory.
double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double all = 0;
  double resident = 0;
  statm >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The child: connects as many desktops as told, tells when it is done, then reads and counts text
/// frames of the known size and tells each time that all desktops have theirs.
[[noreturn]] void be_the_desktops(int commands, int reports) {
  std::array<char, 1024> order{};
  const ssize_t size = ::read(commands, order.data(), order.size() - 1);
  if (size <= 0) std::_Exit(1);
  const std::string text(order.data(), static_cast<std::size_t>(size));
  const std::size_t space = text.find(' ');
  const auto port = static_cast<std::uint16_t>(std::stoi(text.substr(0, space)));
  const std::string token = text.substr(space + 1);
  const std::string upgrade =
      "GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: baton.v1\r\nAuthorization: Bearer " +
      token + "\r\n\r\n";
  const int events = ::epoll_create1(0);
  for (int i = 0; i < kDesktops; ++i) {
    const int client = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    std::string head;
    if (::connect(client, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
        ::send(client, upgrade.data(), upgrade.size(), 0) < 0) {
      std::_Exit(1);
    }
    while (head.find("\r\n\r\n") == std::string::npos) {
      std::array<char, 1024> chunk{};
      const ssize_t got = ::recv(client, chunk.data(), chunk.size(), 0);
      if (got <= 0) std::_Exit(1);
      head.append(chunk.data(), static_cast<std::size_t>(got));
    }
    if (!head.starts_with("HTTP/1.1 101")) std::_Exit(1);
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.fd = client;
    ::epoll_ctl(events, EPOLL_CTL_ADD, client, &interest);
  }
  if (::write(reports, "r", 1) != 1) std::_Exit(1);
  // 500 bytes of text make a frame of 504 bytes; a round is one for each desktop.
  constexpr std::size_t kRound = std::size_t{kDesktops} * 504;
  std::size_t received = 0;
  std::vector<char> waste(65536);
  for (;;) {
    std::array<epoll_event, 256> ready{};
    const int count = ::epoll_wait(events, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      const ssize_t got =
          ::recv(ready[static_cast<std::size_t>(i)].data.fd, waste.data(), waste.size(), 0);
      if (got <= 0) std::_Exit(0);
      received += static_cast<std::size_t>(got);
      if (received >= kRound) {
        received -= kRound;
        if (::write(reports, "r", 1) != 1) std::_Exit(0);
      }
    }
  }
}

/// Forked before any thread exists; the gateway comes later.
struct Desktops {
  Desktops() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (::pipe(commands.data()) != 0 || ::pipe(reports.data()) != 0) std::abort();
    child = ::fork();
    if (child == 0) {
      ::close(commands[1]);
      ::close(reports[0]);
      be_the_desktops(commands[0], reports[1]);
    }
    ::close(commands[0]);
    ::close(reports[1]);
  }
  ~Desktops() {
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  [[nodiscard]] bool wait() const {
    char report = 0;
    return ::read(reports[0], &report, 1) == 1;
  }
  std::array<int, 2> commands{};
  std::array<int, 2> reports{};
  pid_t child = -1;
};

void fan_out_to_desktops(benchmark::State& state) {
  Desktops desktops;
  std::string pattern = std::filesystem::temp_directory_path().string() + "/baton-bench-XXXXXX";
  const std::string folder = ::mkdtemp(pattern.data());
  GatewayConfig config;
  config.listen = "127.0.0.1:0";
  config.metrics_listen.clear();
  config.jwt_secret_file = folder + "/secret";
  FakeBackend backend;
  prometheus::Registry registry;
  Gateway gateway(config, backend, registry);
  gateway.start();
  const std::string address = gateway.http_address();
  const std::int64_t now = std::chrono::duration_cast<std::chrono::seconds>(
                               std::chrono::system_clock::now().time_since_epoch())
                               .count();
  const std::string token =
      make_token({"agent1", directory::Role::agent, "baton", "baton", now + 3600},
                 load_or_create_secret(config.jwt_secret_file), now);
  const double before = resident_bytes();
  const std::string order = address.substr(address.rfind(':') + 1) + " " + token;
  if (::write(desktops.commands[1], order.data(), order.size()) < 0 || !desktops.wait()) {
    state.SkipWithError("the desktops could not connect");
    return;
  }
  state.counters["bytes_per_idle_desktop"] = (resident_bytes() - before) / kDesktops;

  const auto text = std::make_shared<const std::string>(500, 'x');
  std::uint64_t sequence = 0;
  const double cpu_before = cpu_seconds();
  for (auto _ : state) {
    gateway.publish({"agent1", ++sequence, now * 1000, text});
    if (!desktops.wait()) break;
  }
  const double deliveries = static_cast<double>(state.iterations()) * kDesktops;
  state.counters["events_per_second"] = benchmark::Counter(deliveries, benchmark::Counter::kIsRate);
  state.counters["cpu_us_per_event"] = (cpu_seconds() - cpu_before) * 1e6 / deliveries;
  gateway.stop();
  std::filesystem::remove_all(folder);
}
BENCHMARK(fan_out_to_desktops)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(40);

}  // namespace
}  // namespace baton::gateway
