// The simulation's own tools: a seed is a schedule, a copy is a state of its own, text replays.

#include <gtest/gtest.h>

#include "core/planted_fault.hpp"
#include "random_walk.hpp"

namespace baton::simulation {
namespace {

TEST(Simulation, AnUnharmedCoreBreaksNoRuleInAThousandSchedules) {
  RandomWalk walk;
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    const auto finding = walk.run(seed);
    ASSERT_FALSE(finding) << describe(walk, *finding);
  }
  EXPECT_GT(walk.totals().transfers, 500U);
  for (const core::TransferState state :
       {core::TransferState::connected, core::TransferState::returned,
        core::TransferState::canceled, core::TransferState::failed,
        core::TransferState::abandoned}) {
    EXPECT_GT(walk.totals().outcomes[static_cast<std::size_t>(state)], 0U)
        << message::to_string(state) << " was never reached";
  }
}

TEST(Simulation, ACopyIsTheSameStateAndGoesItsOwnWay) {
  const World original(0);
  World copy = original;
  EXPECT_EQ(copy.center().dump(), original.center().dump());
  EXPECT_EQ(copy.center().save(), original.center().save()) << "a member is not copied (copy.cpp)";
  const std::string before = original.center().dump();
  copy.take({.act = Act::transfer, .who = 0, .how = 0});
  copy.settle();
  EXPECT_FALSE(copy.violation()) << copy.violation()->text;
  EXPECT_EQ(original.center().dump(), before);
  EXPECT_NE(copy.center().dump(), before);
}

TEST(Simulation, AFindingReplaysFromItsTextAndIsShort) {
  core::planted_fault = core::PlantedFault::no_ring_timeout;
  RandomWalk walk;
  std::optional<Finding> finding;
  for (std::uint64_t seed = 1; !finding && seed < 1'000; ++seed) finding = walk.run(seed);
  ASSERT_TRUE(finding);
  const auto parsed = Schedule::decode(finding->shortest.encode());
  ASSERT_TRUE(parsed);
  const auto violation = RandomWalk().replay(*parsed);
  core::planted_fault = core::PlantedFault::none;
  ASSERT_TRUE(violation);
  EXPECT_EQ(violation->rule, finding->violation.rule);
  EXPECT_LE(parsed->steps.size(), 4U);
  EXPECT_FALSE(RandomWalk().replay(*parsed)) << "without the fault it is a good schedule";
  EXPECT_FALSE(Schedule::decode("00ff0"));
}

}  // namespace
}  // namespace baton::simulation
