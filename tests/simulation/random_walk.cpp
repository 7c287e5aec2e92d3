#include "random_walk.hpp"

#include <algorithm>

namespace baton::simulation {

namespace {

/// How many schedules in a thousand keep their inputs, so that the process may be restarted.
constexpr std::uint32_t kRecorded = 20;

// Act::request: how % 15 names the request (world.cpp, kAsked).
constexpr std::uint8_t kAnswer = 0;
constexpr std::uint8_t kDisconnect = 4;
constexpr std::uint8_t kCancelTransfer = 6;

/// What happens next. Anything may, but most of it is what moves a call on: a report of the switch,
/// a phone that rings or answers, an agent who answers, a transfer while somebody talks. A walk
/// that draws evenly mostly hangs up.
Step draw_step(Draw& draw, const World& world, bool recorded) {
  Step step;
  step.who = draw.byte();
  step.how = draw.byte();
  const std::uint32_t pick = draw.below(1000);
  if (recorded && draw.below(16) == 0) {
    step.act = Act::restart;
    return step;
  }
  // Short times in which an agent who lets go must not take the customer along.
  if (const int untold = world.leg_untold(); untold >= 0 && draw.below(8) == 0) {
    step.act = Act::leg;
    step.who = static_cast<std::uint8_t>(untold);
    step.how = 0;
    return step;
  }
  if (const int left = world.agent_unreleased(true); left >= 0 && draw.below(8) == 0) {
    step.act = Act::supervise;
    step.who = static_cast<std::uint8_t>(left);
    step.how = 0;
    return step;
  }
  if (const int here = world.agent_unreleased(false); here >= 0 && draw.below(32) == 0) {
    step.act = Act::request;
    step.who = static_cast<std::uint8_t>(here);
    step.how = kDisconnect;
    return step;
  }
  if (world.reports_pending() > 0 && pick < 450) {
    step.act = Act::result;
    // Mostly in order, mostly well.
    if (draw.below(4) != 0) step.who = 0;
    const std::uint32_t luck = draw.below(100);
    const std::uint32_t result = luck < 86 ? 0 : luck < 92 ? 1 : luck < 97 ? 2 : 3;
    step.how = static_cast<std::uint8_t>(result + 4 * draw.below(64));
    return step;
  }
  if (const int rings = world.leg_that_rings(); rings >= 0 && pick < 620) {
    step.act = Act::leg;
    step.who = static_cast<std::uint8_t>(rings);
    const std::uint32_t luck = draw.below(100);
    if (luck < 80) step.how = luck < 45 ? 1 : 0;
    return step;
  }
  if (const int offered = world.agent_who(core::Activity::offered); offered >= 0 && pick < 740) {
    step.act = Act::request;
    step.who = static_cast<std::uint8_t>(offered);
    const std::uint32_t luck = draw.below(100);
    if (luck < 70) step.how = luck < 55 ? kAnswer : kCancelTransfer;
    return step;
  }
  if (const int talks = world.agent_who(core::Activity::busy); talks >= 0 && pick < 780) {
    step.act = Act::transfer;
    step.who = static_cast<std::uint8_t>(talks);
    return step;
  }
  const std::uint32_t rest = draw.below(100);
  if (rest < 22) {
    step.act = Act::request;
  } else if (rest < 44) {
    step.act = Act::leg;
    // A party on a call does not always hang up.
    if (draw.below(2) == 0) step.how = static_cast<std::uint8_t>(3 + draw.below(4));
  } else if (rest < 62) {
    step.act = Act::wait;
  } else if (rest < 72) {
    step.act = Act::again;
  } else if (rest < 78) {
    step.act = Act::call_in;
  } else if (rest < 84) {
    step.act = Act::refresh;
  } else if (rest < 88) {
    step.act = Act::phone;
  } else if (rest < 93) {
    step.act = Act::supervise;
  } else if (rest < 96) {
    step.act = Act::transfer;
  } else if (rest < 98) {
    step.act = Act::hours;
  } else {
    step.act = Act::directory;
  }
  return step;
}

}  // namespace

void Totals::add(const Totals& other) {
  schedules += other.schedules;
  inputs += other.inputs;
  transfers += other.transfers;
  restarts += other.restarts;
  digest += other.digest;
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i] += other.outcomes[i];
}

RandomWalk::RandomWalk() : world_(3) {
  for (std::uint8_t i = 0; i < World::kOpenings; ++i) {
    openings_[i] = std::make_unique<World>(i);
    openings_[i]->seal();
    openings_[i]->record(false);
  }
}

std::optional<Finding> RandomWalk::run(std::uint64_t seed) {
  Draw draw(seed);
  Schedule schedule;
  // Most begin with a call that is there to be transferred.
  const std::uint32_t start = draw.below(10);
  schedule.start = static_cast<std::uint8_t>(start < World::kOpenings ? start : start % 2);
  schedule.recorded = draw.below(1000) < kRecorded;
  const std::uint32_t length = 4 + draw.below(10) + draw.below(24);
  schedule.steps.reserve(length);
  world_ = *openings_[schedule.start];
  const std::uint64_t before = world_.inputs();
  world_.record(schedule.recorded);
  Digest digest;
  if (digest_) world_.digest(&digest);
  for (std::uint32_t i = 0; i < length && !world_.violation(); ++i) {
    const Step step = draw_step(draw, world_, schedule.recorded);
    if (step.act == Act::restart) ++totals_.restarts;
    schedule.steps.push_back(step);
    world_.take(step);
  }
  world_.settle();
  world_.digest(nullptr);
  if (digest_) totals_.digest += digest.value();
  ++totals_.schedules;
  totals_.inputs += world_.inputs() - before;
  totals_.transfers += world_.transfers();
  for (std::size_t i = 0; i < totals_.outcomes.size() - 2; ++i)
    totals_.outcomes[i] += world_.outcomes(static_cast<core::TransferState>(i));
  if (!world_.violation()) return {};
  Finding finding{
      .seed = seed, .violation = *world_.violation(), .schedule = schedule, .shortest = schedule};
  finding.shortest = shrink(schedule, finding.violation.rule);
  return finding;
}

std::optional<Violation> RandomWalk::replay(const Schedule& schedule, std::string* trace) {
  world_ = *openings_[schedule.start % World::kOpenings];
  world_.record(schedule.recorded);
  world_.trace(trace);
  for (const Step& step : schedule.steps) {
    if (world_.violation()) break;
    world_.take(step);
  }
  if (trace != nullptr && !world_.violation())
    *trace += "--- nobody does anything more, then all hang up\n";
  world_.settle();
  world_.trace(nullptr);
  return world_.violation();
}

Schedule RandomWalk::shrink(const Schedule& schedule, Rule rule) {
  Schedule best = schedule;
  const auto still_breaks = [&](const Schedule& candidate) {
    const auto violation = replay(candidate);
    return violation && violation->rule == rule;
  };
  bool smaller = true;
  while (smaller) {
    smaller = false;
    for (std::size_t chunk = std::max<std::size_t>(best.steps.size() / 2, 1); chunk > 0;
         chunk /= 2) {
      for (std::size_t at = 0; at + chunk <= best.steps.size();) {
        Schedule candidate = best;
        const auto from = candidate.steps.begin() + static_cast<std::ptrdiff_t>(at);
        candidate.steps.erase(from, from + static_cast<std::ptrdiff_t>(chunk));
        if (still_breaks(candidate)) {
          best = std::move(candidate);
          smaller = true;
        } else {
          ++at;
        }
      }
    }
  }
  for (std::size_t i = 0; i < best.steps.size(); ++i) {
    for (const bool whom : {true, false}) {
      std::uint8_t& value = whom ? best.steps[i].who : best.steps[i].how;
      for (std::uint8_t plainer = 0; plainer < 4; ++plainer) {
        if (plainer >= value) break;
        const std::uint8_t kept = value;
        value = plainer;
        if (still_breaks(best)) break;
        value = kept;
      }
    }
  }
  return best;
}

std::string describe(RandomWalk& walk, const Finding& finding) {
  std::string trace;
  const auto violation = walk.replay(finding.shortest, &trace);
  std::string text = "seed " + std::to_string(finding.seed) + " breaks the rule \"" +
                     name(finding.violation.rule) + "\": " + finding.violation.text + "\n";
  text += "the shortest schedule found has " + std::to_string(finding.shortest.steps.size()) +
          " steps; replay it with --schedule " + finding.shortest.encode() + "\n";
  text += trace;
  if (violation)
    text += std::string("BROKEN ") + name(violation->rule) + ": " + violation->text + "\n";
  return text;
}

}  // namespace baton::simulation
