#include "store/statistics.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include "store/sqlite.hpp"

namespace baton::store {

namespace {

/// How often the clock is looked at, in rows: about a millisecond.
constexpr std::uint64_t kRowsALook = 128;

// The time of an outcome is taken apart in SQL, since the JSON has it as a text of fixed form.
constexpr const char* kSelect =
    "SELECT accepted_at, agent, state, "
    "coalesce(json_extract(json, '$.calledQueue'), ''), "
    "coalesce(json_extract(json, '$.destination.name'), ''), "
    "coalesce(json_extract(json, '$.destination.type'), ''), "
    "coalesce(json_extract(json, '$.reason'), ''), "
    "coalesce(CASE WHEN state IN ('connected', 'completed') THEN "
    "CAST(strftime('%s', json_extract(json, '$.outcomeAt')) AS INTEGER) * 1000 + "
    "CAST(substr(json_extract(json, '$.outcomeAt'), 21, 3) AS INTEGER) END, -1) "
    "FROM transfers WHERE accepted_at >= ?1 AND accepted_at < ?2 ORDER BY accepted_at";

using Count = std::uint64_t TransferCounts::*;

Count count_of(std::string_view state) {
  static constexpr std::array<std::pair<std::string_view, Count>, 7> kOutcomes{{
      {"connected", &TransferCounts::connected},
      {"completed", &TransferCounts::connected},
      {"returned", &TransferCounts::returned},
      {"canceled", &TransferCounts::canceled},
      {"failed", &TransferCounts::failed},
      {"abandoned", &TransferCounts::abandoned},
      {"handedOver", &TransferCounts::handed_over},
  }};
  const auto* found =
      std::ranges::find(kOutcomes, state, &std::pair<std::string_view, Count>::first);
  return found == kOutcomes.end() ? &TransferCounts::open : found->second;
}

void add(TransferCounts& counts, Count outcome) {
  ++counts.accepted;
  ++(counts.*outcome);
}

/// The largest first; what is equal stays in the order of its names.
template <class List, class Size>
void keep_largest(List& list, std::size_t most, Size size) {
  std::ranges::stable_sort(list, std::ranges::greater{}, size);
  if (list.size() > most) list.resize(most);
}

/// Nearest rank: the smallest value that so many hundredths of all do not exceed.
std::int64_t percentile(const std::vector<std::int64_t>& sorted, std::size_t hundredths) {
  if (sorted.empty()) return 0;
  return sorted[(sorted.size() * hundredths + 99) / 100 - 1];
}

/// Sums while the rows go by.
class Sums {
 public:
  explicit Sums(const StatisticsQuery& query) : query_(query) {}

  void take(const Statement& row) {
    const std::int64_t accepted_at = row.integer(0);
    const std::string state = row.text(2);
    const std::string from = row.text(3);
    const std::string to = row.text(4);
    const std::string kind = row.text(5);
    const std::string reason = row.text(6);
    const Count outcome = count_of(state);
    add(result_.total, outcome);

    const std::int64_t at =
        query_.from + (accepted_at - query_.from) / query_.bucket_ms * query_.bucket_ms;
    if (result_.buckets.empty() || result_.buckets.back().at != at)
      result_.buckets.push_back({.at = at, .counts = {}});
    add(result_.buckets.back().counts, outcome);

    switch (query_.by) {
      case GroupBy::nothing:
        break;
      case GroupBy::agent:
        add(groups_[row.text(1)], outcome);
        break;
      case GroupBy::queue:
        add(groups_[from], outcome);
        break;
      case GroupBy::kind:
        add(groups_[kind], outcome);
        break;
    }
    ++flows_[{from, to, kind}];
    if (outcome == &TransferCounts::connected) {
      // What a call with the destination ended with is no reason of the transfer's.
      if (const std::int64_t outcome_at = row.integer(7); outcome_at >= 0)
        times_.push_back(std::max<std::int64_t>(outcome_at - accepted_at, 0));
    } else if (outcome != &TransferCounts::open && !reason.empty()) {
      ++reasons_[{state, reason}];
    }
  }

  TransferStatistics result() {
    for (auto& [key, count] : reasons_) {
      result_.reasons.push_back({.outcome = key.first, .reason = key.second, .count = count});
    }
    keep_largest(result_.reasons, result_.reasons.size(),
                 &TransferStatistics::OutcomeReason::count);
    for (auto& [key, count] : flows_) {
      const auto& [from, to, kind] = key;
      result_.flows.push_back({.from = from, .to = to, .to_kind = kind, .count = count});
    }
    keep_largest(result_.flows, kMostFlows, &TransferStatistics::Flow::count);
    for (auto& [name, counts] : groups_) {
      result_.groups.push_back({.name = name, .counts = counts});
    }
    keep_largest(result_.groups, kMostGroups,
                 [](const TransferStatistics::Group& group) { return group.counts.accepted; });
    std::ranges::sort(times_);
    for (const std::int64_t ms : times_) {
      const auto* bound =
          std::ranges::find_if(kTimeBounds, [ms](int seconds) { return ms <= seconds * 1000; });
      ++result_.times.at(static_cast<std::size_t>(bound - kTimeBounds.begin()));
    }
    result_.timed = times_.size();
    result_.median_ms = percentile(times_, 50);
    result_.ninetieth_ms = percentile(times_, 90);
    return std::move(result_);
  }

 private:
  const StatisticsQuery& query_;
  TransferStatistics result_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> reasons_;
  std::map<std::tuple<std::string, std::string, std::string>, std::uint64_t> flows_;
  std::map<std::string, TransferCounts> groups_;
  std::vector<std::int64_t> times_;  ///< Milliseconds.
};

TransferStatistics too_much(TransferStatistics::TooMuch which, const std::string& what) {
  TransferStatistics given_up;
  given_up.too_much = which;
  given_up.status = Status::failure(what);
  return given_up;
}

}  // namespace

TransferStatistics transfer_statistics(Database& database, const StatisticsQuery& query) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + query.most_time;
  Statement select = database.prepare(kSelect);
  select.bind(1, query.from).bind(2, query.to);
  Sums sums(query);
  std::uint64_t rows = 0;
  Statement::Step step = Statement::Step::row;
  while ((step = select.step()) == Statement::Step::row) {
    if (++rows > query.most_rows)
      return too_much(TransferStatistics::TooMuch::rows,
                      "there are more than " + std::to_string(query.most_rows) + " transfers");
    if (rows % kRowsALook == 0 && query.stop.stop_requested()) {
      TransferStatistics given_up;
      given_up.status = Status::failure("it was given up: nobody waits for it any more");
      return given_up;
    }
    if (rows % kRowsALook == 0 && Clock::now() > end)
      return too_much(
          TransferStatistics::TooMuch::time,
          "reading it takes longer than " + std::to_string(query.most_time.count()) + " ms");
    sums.take(select);
  }
  if (step == Statement::Step::failed) {
    TransferStatistics failed;
    failed.status = Status::failure(select.error());
    return failed;
  }
  return sums.result();
}

}  // namespace baton::store
