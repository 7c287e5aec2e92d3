// baton_simulate: random schedules against the core, and the exhaustive walk (docs/simulation.md).

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <chrono>
#include <ctime>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "exhaustive.hpp"
#include "random_walk.hpp"

namespace {

using namespace baton::simulation;

/// Another seed each day (UTC), the same all day: 20260811.
std::uint64_t seed_of_today() {
  const std::time_t now = std::time(nullptr);
  std::tm day{};
  gmtime_r(&now, &day);
  return static_cast<std::uint64_t>((day.tm_year + 1900) * 10'000 + (day.tm_mon + 1) * 100 +
                                    day.tm_mday);
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double cpu_seconds() {
  std::timespec spent{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) / 1e9;
}

/// The seed of the n-th schedule of a run.
std::uint64_t nth_seed(std::uint64_t seed, std::uint64_t n) { return Draw(seed).next() + n; }

int random_schedules(std::uint64_t schedules, std::uint64_t seed, unsigned threads, int most,
                     bool digest) {
  fmt::print("simulation: {} schedules from seed {} on {} threads\n", schedules, seed, threads);
  std::fflush(stdout);
  std::atomic<std::uint64_t> next = 0;
  std::atomic<int> broken = 0;
  std::mutex mutex;
  Totals totals;
  const auto start = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  std::vector<std::thread> pool;
  for (unsigned i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      RandomWalk walk;
      walk.digest(digest);
      constexpr std::uint64_t kChunk = 256;
      while (broken < most) {
        const std::uint64_t from = next.fetch_add(kChunk);
        if (from >= schedules) break;
        for (std::uint64_t n = from; n < std::min(from + kChunk, schedules) && broken < most; ++n) {
          const auto finding = walk.run(nth_seed(seed, n));
          if (!finding) continue;
          ++broken;
          const std::lock_guard lock(mutex);
          fmt::print("{}\n", describe(walk, *finding));
        }
      }
      const std::lock_guard lock(mutex);
      totals.add(walk.totals());
    });
  }
  for (std::thread& each : pool) each.join();
  const double wall = seconds_since(start);
  const double spent = cpu_seconds() - cpu;
  fmt::print(
      "{} schedules with {} inputs, {} transfers and {} restarts in {:.1f} s: {:.0f} a second, "
      "{:.0f} a second of one core\n",
      totals.schedules, totals.inputs, totals.transfers, totals.restarts, wall,
      static_cast<double>(totals.schedules) / wall, static_cast<double>(totals.schedules) / spent);
  using baton::core::TransferState;
  std::uint64_t sum = 0;
  for (const TransferState state :
       {TransferState::connected, TransferState::returned, TransferState::canceled,
        TransferState::failed, TransferState::abandoned}) {
    const std::uint64_t count = totals.outcomes[static_cast<std::size_t>(state)];
    sum += count;
    fmt::print("  {:<10} {}\n", baton::message::to_string(state), count);
  }
  fmt::print("  sum        {} of {} accepted\n", sum, totals.transfers);
  if (digest) fmt::print("  digest     {:016x}\n", totals.digest);
  if (broken > 0) fmt::print("BROKEN: {} of the schedules; the seed was {}\n", broken.load(), seed);
  return broken > 0 ? 1 : 0;
}

int every_order(int depth, double seconds, bool all_of_it) {
  fmt::print("every order of up to {} inputs around one blind transfer, for at most {:.0f} s\n",
             depth, seconds);
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  const Coverage coverage = walk_exhaustively(depth, seconds);
  fmt::print("  whole to {} inputs, {} different states seen, {} inputs tried in {:.1f} s\n",
             coverage.depth, coverage.states, coverage.inputs, seconds_since(start));
  if (!coverage.violation) {
    if (!all_of_it || coverage.depth >= depth) return 0;
    fmt::print("NOT WHOLE: {} inputs were asked for with --depth; give it more seconds\n", depth);
    return 1;
  }
  fmt::print("{}BROKEN {}: {}\n", coverage.trace, name(coverage.violation->rule),
             coverage.violation->text);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Random schedules of calls and transfers against Baton's core"};
  std::uint64_t schedules = 200'000;
  std::uint64_t seed = seed_of_today();
  unsigned threads = std::max(1U, std::thread::hardware_concurrency());
  int most = 1;
  bool digest = false;
  std::string schedule;
  std::optional<std::uint64_t> one;
  app.add_option("--schedules", schedules, "How many random schedules");
  app.add_option("--seed", seed, "Where they come from; by default the day (UTC)");
  app.add_option("--threads", threads, "How many at a time")->check(CLI::Range(1, 256));
  app.add_option("--findings", most, "Stop after so many broken schedules");
  app.add_flag("--digest", digest, "Also print a check sum of everything that happens (slow)");
  app.add_option("--schedule", schedule, "Replay this one and tell what happens");
  double exhaustive = 0;
  int depth = 8;
  app.add_option("--exhaustive", exhaustive,
                 "Instead: every order of inputs around one transfer, for so many seconds");
  const CLI::Option* depth_asked =
      app.add_option("--depth", depth,
                     "How many inputs --exhaustive goes (8); one that is given has to be reached")
          ->check(CLI::Range(1, 20));
  app.add_option("--one", one, "Draw the one schedule of this seed");
  CLI11_PARSE(app, argc, argv);

  if (!schedule.empty()) {
    const auto parsed = Schedule::decode(schedule);
    if (!parsed) {
      fmt::print(stderr, "--schedule: not a schedule that a simulation printed\n");
      return 2;
    }
    RandomWalk walk;
    std::string trace;
    const auto violation = walk.replay(*parsed, &trace);
    fmt::print("{}", trace);
    if (violation) fmt::print("BROKEN {}: {}\n", name(violation->rule), violation->text);
    return violation ? 1 : 0;
  }
  if (one) {
    RandomWalk walk;
    const auto finding = walk.run(*one);
    if (finding) fmt::print("{}\n", describe(walk, *finding));
    return finding ? 1 : 0;
  }
  if (exhaustive > 0) return every_order(depth, exhaustive, depth_asked->count() > 0);
  return random_schedules(schedules, seed, threads, most, digest);
}
