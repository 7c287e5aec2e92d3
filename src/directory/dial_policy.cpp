#include "directory/dial_policy.hpp"

#include <algorithm>

#include <boost/describe/enum_to_string.hpp>

namespace baton::directory {

namespace {

constexpr std::string_view kInNoPlan = "ZZ";

/// The first prefix that the number begins with, or nothing.
const std::string* prefix_of(const std::vector<std::string>& prefixes, std::string_view number) {
  const auto found = std::ranges::find_if(
      prefixes, [number](const std::string& prefix) { return number.starts_with(prefix); });
  return found == prefixes.end() ? nullptr : &*found;
}

}  // namespace

std::string_view to_string(NumberClass number_class) {
  return boost::describe::enum_to_string(number_class, "unknown");
}

std::vector<std::string> usually_blocked() {
  return {"premium_rate", "shared_cost", "satellite", "unknown"};
}

DialJudgement judge(const DialPolicy& policy, const NumberFacts& facts) {
  if (!facts.possible) {
    return {.verdict = DialVerdict::not_possible,
            .why =
                "cannot exist: its length fits no number of its country, or a national prefix "
                "stands behind the country code, as in +44 0 20"};
  }
  if (const std::string* prefix = prefix_of(policy.blocked_prefixes, facts.number)) {
    return {.verdict = DialVerdict::prefix_blocked,
            .why = "begins with " + *prefix + ", which dialing.blocked_prefixes lists"};
  }
  const std::string_view name = to_string(facts.number_class);
  const bool range_allowed = prefix_of(policy.allowed_prefixes, facts.number) != nullptr;
  if (!range_allowed &&
      std::ranges::find(policy.blocked_classes, name) != policy.blocked_classes.end()) {
    if (facts.number_class == NumberClass::unknown) {
      return {.verdict = DialVerdict::not_possible,
              .why =
                  "is in no range of its country's numbering plan; if it is real, add its "
                  "beginning to dialing.allowed_prefixes"};
    }
    return {.verdict = DialVerdict::class_blocked,
            .why = "is of the class " + std::string(name) +
                   ", which dialing.blocked_classes lists; dialing.allowed_prefixes lets single "
                   "ranges through"};
  }
  if (!policy.allowed_countries.empty() &&
      std::ranges::find(policy.allowed_countries, facts.country) ==
          policy.allowed_countries.end()) {
    // Of a range that was opened after the library's data nobody can list the country, where
    // several share its code.
    if (facts.country == kInNoPlan) {
      if (range_allowed) return {};
      return {.verdict = DialVerdict::country_not_allowed,
              .why =
                  "is in no country's numbering plan, and dialing.allowed_countries does not allow "
                  "every country; if it is real, add its beginning to dialing.allowed_prefixes"};
    }
    return {
        .verdict = DialVerdict::country_not_allowed,
        .why = "belongs to " + facts.country + ", which dialing.allowed_countries does not list"};
  }
  return {};
}

}  // namespace baton::directory
