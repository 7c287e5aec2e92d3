#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "gateway/backend.hpp"
#include "store/statistics.hpp"

namespace baton::app {

/// Reads the query of GET /v1/statistics?from=&to=&bucket=&by=, or gives the refusal: of an agent,
/// or of a parameter that is not in its range. `now` in Unix milliseconds. Any thread.
[[nodiscard]] std::variant<gateway::RestReply, store::StatisticsQuery> parse_statistics(
    const gateway::Caller& caller, const gateway::RestRequest& request, std::int64_t now);

/// The answer (schema/rest-statistics.json). Any thread.
[[nodiscard]] gateway::RestReply statistics_json(const store::StatisticsQuery& query,
                                                 const store::TransferStatistics& found);

}  // namespace baton::app
