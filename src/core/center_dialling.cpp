// What may be dialled outside, and how often (docs/dialing.md).

#include <utility>

#include "core/center.hpp"

namespace baton::core {

using directory::DialVerdict;
using message::Reason;

namespace {

Reason reason_of(DialVerdict verdict) {
  switch (verdict) {
    case DialVerdict::not_possible:
      return Reason::numberNotPossible;
    case DialVerdict::prefix_blocked:
      return Reason::destinationNotPermitted;
    case DialVerdict::class_blocked:
      return Reason::premiumRateBlocked;
    case DialVerdict::country_not_allowed:
      return Reason::countryNotAllowed;
    case DialVerdict::allowed:
      break;
  }
  return Reason::none;
}

}  // namespace

std::optional<Refused> ContactCenter::Impl::number_refusal(
    const std::string& number, const std::optional<directory::NumberFacts>& facts) const {
  // Every edge looks numbers up. One that slipped through is not dialled.
  const directory::NumberFacts known =
      facts && facts->number == number ? *facts : directory::NumberFacts{};
  const directory::DialJudgement judgement = directory::judge(policy_.dial, known);
  if (judgement.verdict == DialVerdict::allowed) return {};
  return Refused{.reason = reason_of(judgement.verdict),
                 .msg = "data: the number " + number + ' ' + judgement.why,
                 .running = {}};
}

std::optional<Refused> ContactCenter::Impl::dial_rate_refusal(const Agent& agent,
                                                              const std::string& number,
                                                              TimeMs now) const {
  const directory::DialPolicy& policy = policy_.dial;
  const auto limited = [](const std::string& what, const DialWait& wait, const std::string& key,
                          std::uint64_t Counters::* counter) {
    return Refused{.reason = Reason::rateLimited,
                   .msg = "data: " + what + " as often as " + key + " allows; try again in " +
                          std::to_string(wait.seconds) + " s",
                   .running = {},
                   .retry_after_seconds = wait.seconds,
                   .limit = counter};
  };
  if (const DialWait wait =
          agent.dials.wait(now, policy.max_per_agent_per_minute, policy.max_per_agent_per_day);
      wait.seconds > 0) {
    return limited(
        "'" + agent.login + "' has dialled outside numbers", wait,
        wait.of_day ? "dialing.max_per_agent_per_day" : "dialing.max_per_agent_per_minute",
        wait.of_day ? &Counters::agent_day_full : &Counters::agent_minute_full);
  }
  if (const DialWait wait = dialled_.of(number).wait(now, policy.max_per_number_per_minute,
                                                     policy.max_per_number_per_day);
      wait.seconds > 0) {
    return limited(
        "the number " + number + " was dialled", wait,
        wait.of_day ? "dialing.max_per_number_per_day" : "dialing.max_per_number_per_minute",
        wait.of_day ? &Counters::number_day_full : &Counters::number_minute_full);
  }
  return {};
}

void ContactCenter::Impl::count_dial(Agent& agent, const std::string& number) {
  agent.dials.add(now_);
  const directory::DialPolicy& policy = policy_.dial;
  if (policy.max_per_number_per_minute > 0 || policy.max_per_number_per_day > 0)
    dialled_.add(number, now_, static_cast<std::size_t>(policy.numbers_remembered));
}

Preflight ContactCenter::preflight(const RequestInput& input, TimeMs now) const {
  const Impl& s = *impl_;
  Preflight result;
  std::optional<Refused> refused;
  Transfer wanted;
  const auto found = s.agents_.find(input.agent);
  const Agent* agent = found == s.agents_.end() ? nullptr : &found->second;
  if (agent == nullptr || !agent->may_act()) {
    refused =
        Refused{.reason = Reason::invalidMessage,
                .msg = "agent: there is no enabled agent with the login '" + input.agent + "'",
                .running = {}};
  } else {
    refused = s.resolve(*agent, input.request, input.number_facts, wanted);
    if (!refused) refused = s.options_in_force(input.request, wanted);
    if (!refused) refused = s.destination_refusal(*agent, wanted, now);
  }
  result.destination = *wanted.view.current.destination;
  if (!wanted.number.empty()) result.number = std::move(wanted.number_facts);
  if (refused) {
    message::ApiError error;
    error.error_type = message::error_type(input.request);
    error.error_message = message::error_message(error.error_type);
    error.msg = std::move(refused->msg);
    error.reason = refused->reason;
    error.retryable = is_retryable(refused->reason);
    error.retry_after_seconds = refused->retry_after_seconds;
    error.suggested_action = suggested_action(refused->reason);
    result.refusal = std::move(error);
  }
  return result;
}

}  // namespace baton::core
