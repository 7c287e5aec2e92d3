#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schedule.hpp"
#include "world.hpp"

namespace baton::simulation {

/// A generator of random numbers that is the same everywhere (splitmix64): a seed is a schedule.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t value = state_;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31U);
  }
  /// 0 to `below` - 1.
  std::uint32_t below(std::uint32_t below) {
    return static_cast<std::uint32_t>((next() >> 32U) * below >> 32U);
  }
  std::uint8_t byte() { return static_cast<std::uint8_t>(next() >> 56U); }

 private:
  std::uint64_t state_;
};

/// Sums over many schedules.
struct Totals {
  std::uint64_t schedules = 0;
  std::uint64_t inputs = 0;
  std::uint64_t transfers = 0;
  std::uint64_t restarts = 0;
  std::array<std::uint64_t, 16> outcomes{};
  std::uint64_t digest = 0;  ///< Sum of the schedules' own, so that their order does not matter.

  void add(const Totals& other);
};

/// A broken rule, and how to see it again.
struct Finding {
  std::uint64_t seed = 0;
  Violation violation;
  Schedule schedule;  ///< As drawn, up to the step that broke it.
  Schedule shortest;  ///< As short as it could be made.
};

/// Draws schedules from seeds and runs them. One thread at a time; several of them share nothing.
class RandomWalk {
 public:
  RandomWalk();

  /// Draws the schedule of `seed`, running it as it draws. What broke, shrunk, or nothing.
  std::optional<Finding> run(std::uint64_t seed);
  /// Runs a schedule as it is written. Writes what happens to `trace` where that is given.
  std::optional<Violation> replay(const Schedule& schedule, std::string* trace = nullptr);
  /// Leaves out steps, and makes the rest plainer, for as long as the same rule breaks.
  Schedule shrink(const Schedule& schedule, Rule rule);
  /// Whether run() takes a check sum of everything that happens (Totals::digest).
  void digest(bool on) { digest_ = on; }
  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  std::array<std::unique_ptr<World>, World::kOpenings> openings_;
  World world_;
  Totals totals_;
  bool digest_ = false;
};

/// The finding as a person wants it: the seed, the rule, the shortest schedule and what happens in
/// it.
[[nodiscard]] std::string describe(RandomWalk& walk, const Finding& finding);

}  // namespace baton::simulation
