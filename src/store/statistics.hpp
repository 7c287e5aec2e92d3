#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "store/status.hpp"

namespace baton::store {

class Database;

/// Transfers by outcome: accepted is the sum of the others.
struct TransferCounts {
  std::uint64_t accepted = 0;
  std::uint64_t connected = 0;  ///< Also where the call with the destination has ended since.
  std::uint64_t returned = 0;
  std::uint64_t canceled = 0;
  std::uint64_t failed = 0;
  std::uint64_t abandoned = 0;
  std::uint64_t handed_over = 0;
  std::uint64_t open = 0;  ///< No outcome yet.

  friend bool operator==(const TransferCounts&, const TransferCounts&) = default;
};

enum class GroupBy : std::uint8_t { nothing, agent, queue, kind };

/// What is asked of the transfers that were accepted in [from, to). Times in Unix milliseconds.
struct StatisticsQuery {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::int64_t bucket_ms = 300'000;  ///< Above 0. Buckets begin at `from`.
  GroupBy by = GroupBy::nothing;
  /// What it may take: beyond either it is given up, with an error.
  std::size_t most_rows = 500'000;
  std::chrono::milliseconds most_time{5000};
  std::stop_token stop{};  ///< Once it is requested nobody waits for it any more: it is given up.
};

/// Upper bounds of the times until somebody had the customer, in seconds, each included.
inline constexpr std::array<int, 8> kTimeBounds{5, 10, 20, 30, 60, 120, 300, 600};

struct TransferStatistics {
  struct Bucket {
    std::int64_t at = 0;  ///< Where it begins, Unix milliseconds.
    TransferCounts counts;

    friend bool operator==(const Bucket&, const Bucket&) = default;
  };
  struct Group {
    std::string name;  ///< Empty: without that.
    TransferCounts counts;

    friend bool operator==(const Group&, const Group&) = default;
  };
  struct OutcomeReason {
    std::string outcome;
    std::string reason;
    std::uint64_t count = 0;

    friend bool operator==(const OutcomeReason&, const OutcomeReason&) = default;
  };
  struct Flow {
    std::string from;  ///< The queue that the customer had called; empty: none, or not recorded.
    std::string to;    ///< The destination's name.
    std::string to_kind;
    std::uint64_t count = 0;

    friend bool operator==(const Flow&, const Flow&) = default;
  };

  /// Why it was given up, by which bound of the query.
  enum class TooMuch : std::uint8_t { no, rows, time };

  /// Not ok: a read error, or it would have taken too much (`too_much`).
  Status status;
  TooMuch too_much = TooMuch::no;
  TransferCounts total;
  std::vector<Bucket> buckets;         ///< Those with something in them, the earliest first.
  std::vector<OutcomeReason> reasons;  ///< The most frequent first.
  std::vector<Flow> flows;             ///< Likewise; at most kMostFlows.
  std::vector<Group> groups;           ///< The largest first; at most kMostGroups.
  /// From acceptance to the outcome `connected`: how many took so long, by kTimeBounds; the last
  /// longer.
  std::array<std::uint64_t, kTimeBounds.size() + 1> times{};
  std::uint64_t timed = 0;  ///< The sum of them.
  std::int64_t median_ms =
      0;  ///< Half of them took no longer (nearest rank); 0 where none is timed.
  std::int64_t ninetieth_ms = 0;  ///< Nine of ten likewise.
};

inline constexpr std::size_t kMostFlows = 100;
inline constexpr std::size_t kMostGroups = 1000;

/// Reads the table `transfers` once, in the order of acceptance. The database's thread; a read
/// transaction as long as it takes, which holds up no writer.
[[nodiscard]] TransferStatistics transfer_statistics(Database& database,
                                                     const StatisticsQuery& query);

}  // namespace baton::store
