// The checks are checked: a fault in the core must be found, and soon.

#include <gtest/gtest.h>

#include <boost/describe/enum.hpp>
#include <cstdio>

#include "core/planted_fault.hpp"
#include "random_walk.hpp"

namespace baton::simulation {
namespace {

using core::PlantedFault;

constexpr std::uint64_t kMost = 20'000;

class Planted : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override { core::planted_fault = static_cast<PlantedFault>(GetParam()); }
  void TearDown() override { core::planted_fault = PlantedFault::none; }
};

TEST_P(Planted, IsFound) {
  RandomWalk walk;
  for (std::uint64_t seed = 1; seed <= kMost; ++seed) {
    const auto finding = walk.run(seed);
    if (!finding) continue;
    std::printf(
        "planted fault %2d: found after %llu schedules by the rule \"%s\", shortest %zu steps: "
        "%s\n",
        GetParam(), static_cast<unsigned long long>(seed), name(finding->violation.rule),
        finding->shortest.steps.size(), finding->violation.text.substr(0, 80).c_str());
    return;
  }
  FAIL() << "not found in " << kMost << " schedules";
}

INSTANTIATE_TEST_SUITE_P(Faults, Planted, ::testing::Range(1, core::kPlantedFaults + 1));

}  // namespace
}  // namespace baton::simulation
