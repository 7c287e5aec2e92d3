// The checks are checked: a fault in the core must be found, and soon.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>

#include "core/planted_fault.hpp"
#include "random_walk.hpp"

namespace baton::simulation {
namespace {

using core::PlantedFault;

// In the order of the enumeration (core/planted_fault.hpp).
constexpr std::array kFaultNames = {"none",
                                    "no_ring_timeout",
                                    "no_offer_timeout",
                                    "no_join_timeout",
                                    "released_too_early",
                                    "released_without_park",
                                    "customer_dropped",
                                    "chain_cut_short",
                                    "chain_stuck",
                                    "lost_wake_up",
                                    "id_not_remembered",
                                    "double_click",
                                    "leg_forgotten",
                                    "end_not_sent",
                                    "sequence_gap",
                                    "custody_not_told",
                                    "returned_not_counted",
                                    "late_answer_taken",
                                    "state_not_published",
                                    "failure_not_told",
                                    "depends_on_the_process",
                                    "silent_offered",
                                    "answer_not_heard",
                                    "moved_time_lost",
                                    "place_lost",
                                    "untold_lets_go",
                                    "left_given_back",
                                    "left_called_off",
                                    "heard_forgotten"};
static_assert(kFaultNames.size() == core::kPlantedFaults + 1);

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
    const std::string what = finding->violation.text.substr(0, finding->violation.text.find('\n'));
    std::printf("%-22s found after %4llu schedules; rule \"%s\", shortest has %zu steps: %s\n",
                kFaultNames.at(static_cast<std::size_t>(GetParam())),
                static_cast<unsigned long long>(seed), name(finding->violation.rule),
                finding->shortest.steps.size(), what.c_str());
    return;
  }
  FAIL() << "not found in " << kMost << " schedules";
}

INSTANTIATE_TEST_SUITE_P(Faults, Planted, ::testing::Range(1, core::kPlantedFaults + 1),
                         [](const auto& each) {
                           return std::string(kFaultNames.at(static_cast<std::size_t>(each.param)));
                         });

}  // namespace
}  // namespace baton::simulation
