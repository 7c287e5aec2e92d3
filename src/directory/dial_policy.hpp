#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

namespace baton::directory {

/// What a number's range is used for. `unknown`: no range of its country's plan has it. `satellite`
/// takes in the international networks (+882, +883).
enum class NumberClass : std::uint8_t {
  unknown,
  fixed_line,
  mobile,
  fixed_line_or_mobile,
  toll_free,
  premium_rate,
  shared_cost,
  voip,
  personal,
  pager,
  company,
  voicemail,
  satellite,
};
BOOST_DESCRIBE_ENUM(NumberClass, unknown, fixed_line, mobile, fixed_line_or_mobile, toll_free,
                    premium_rate, shared_cost, voip, personal, pager, company, voicemail, satellite)

/// The enumerator's own name, as the configuration and the API spell it ("premium_rate").
[[nodiscard]] std::string_view to_string(NumberClass number_class);

/// What the edge found out about a number (src/numbers) before it handed it to the core.
struct NumberFacts {
  std::string number;     ///< E.164: what was looked up.
  bool possible = false;  ///< Its length and its country's code exist.
  /// ISO 3166-1 alpha-2; "001": a range of no country (+800, +881); "ZZ": no country's plan has it.
  std::string country = "ZZ";
  NumberClass number_class = NumberClass::unknown;

  friend bool operator==(const NumberFacts&, const NumberFacts&) = default;
};
BOOST_DESCRIBE_STRUCT(NumberFacts, (), (number, possible, country, number_class))

/// premium_rate, shared_cost, satellite, unknown. (Written as the member's braces it would end g++
/// 12 in an internal error where the core counts the members.)
[[nodiscard]] std::vector<std::string> usually_blocked();

/// Which outside numbers may be dialled, and how often. The defaults are those of the
/// configuration ([dialing], docs/configuration.md). Of the limits 0 is off.
struct DialPolicy {
  std::vector<std::string> allowed_countries;  ///< As NumberFacts::country; empty: every one.
  std::vector<std::string> blocked_classes = usually_blocked();
  /// Override the class, and the country only where it is "ZZ".
  std::vector<std::string> allowed_prefixes;
  std::vector<std::string> blocked_prefixes;
  int max_per_agent_per_minute = 30;
  int max_per_agent_per_day = 1000;
  int max_per_number_per_minute = 300;
  int max_per_number_per_day = 20000;
  int numbers_remembered = 20000;  ///< For the limits of numbers: the least recently dialled go.

  friend bool operator==(const DialPolicy&, const DialPolicy&) = default;
};
BOOST_DESCRIBE_STRUCT(DialPolicy, (),
                      (allowed_countries, blocked_classes, allowed_prefixes, blocked_prefixes,
                       max_per_agent_per_minute, max_per_agent_per_day, max_per_number_per_minute,
                       max_per_number_per_day, numbers_remembered))

enum class DialVerdict : std::uint8_t {
  allowed,
  not_possible,  ///< No such number can exist, or its country's plan has no such range.
  prefix_blocked,
  class_blocked,
  country_not_allowed,
};

/// What the policy says of a number, and why, for people: a clause without its subject, that names
/// the key to change ("is of the class premium_rate, which dialing.blocked_classes lists").
struct DialJudgement {
  DialVerdict verdict = DialVerdict::allowed;
  std::string why;  ///< Empty when allowed.
};

/// Judges in this order: whether the number is possible, blocked prefixes, allowed prefixes (which
/// override the class, and stand for a country that is not known), the class, the country. Pure;
/// any thread.
[[nodiscard]] DialJudgement judge(const DialPolicy& policy, const NumberFacts& facts);

}  // namespace baton::directory
