#include "app/server_metrics.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

#include "engine/engine_fixture.hpp"

namespace baton::app {
namespace {

struct ServerMetrics : engine::testing::EngineTest {};

TEST_F(ServerMetrics, AClockThatWasSetBackMakesNobodysWaitNegative) {
  open();
  const core::TimeMs later = engine::wall_clock() + 3'600'000;
  const std::vector<core::Input> before{
      {.at = later, .entropy_high = 1, .entropy_low = 2, .body = core::PolicyChanged{}}};
  ASSERT_TRUE(real->append(before, {}, nullptr).status.ok());
  ServerRegistry registry;
  add_metrics(registry, *engine);
  ASSERT_EQ(engine->load(), "");
  ASSERT_EQ(engine->start(first()), "");
  call_in(1);  // Nobody is signed in.
  const auto figure = [&registry](const std::string& name) {
    for (const prometheus::MetricFamily& family : registry.Collect()) {
      if (family.name != name) continue;
      double most = 0;
      for (const prometheus::ClientMetric& each : family.metric)
        most = std::abs(each.gauge.value) > std::abs(most) ? each.gauge.value : most;
      return most;
    }
    return 0.0;
  };
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (figure("baton_queue_waiting") == 0) ASSERT_LT(std::chrono::steady_clock::now(), until);
  const double waited = figure("baton_queue_longest_wait_seconds");
  EXPECT_GE(waited, 0);
  EXPECT_LT(waited, 60);
}

}  // namespace
}  // namespace baton::app
