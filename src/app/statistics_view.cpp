#include "app/statistics_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <string_view>

#include "app/rest_views.hpp"

namespace baton::app {

namespace {

namespace json = boost::json;

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kMostMs = std::int64_t{31} * 24 * kHourMs;
constexpr std::int64_t kLeastBucketSeconds = 60;
constexpr std::int64_t kMostBucketSeconds = 86'400;
constexpr std::int64_t kUsualBucketSeconds = 300;
constexpr std::int64_t kMostBuckets = 2'000;

gateway::RestReply refused(const std::string& msg) {
  return rest_error(400, message::Reason::invalidMessage, msg);
}

/// A whole division that leaves nothing out.
std::int64_t divide_up(std::int64_t what, std::int64_t by) { return (what + by - 1) / by; }

json::object counts_json(const store::TransferCounts& counts) {
  return {{"accepted", counts.accepted},      {"connected", counts.connected},
          {"returned", counts.returned},      {"canceled", counts.canceled},
          {"failed", counts.failed},          {"abandoned", counts.abandoned},
          {"handedOver", counts.handed_over}, {"open", counts.open}};
}

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

/// Seconds to a tenth; null where nothing was timed.
json::value seconds(std::uint64_t count, std::int64_t ms) {
  if (count == 0) return nullptr;
  return static_cast<double>((ms + 50) / 100) / 10.0;
}

/// A time's parameter; `otherwise` where it is absent.
bool read_time(const gateway::RestRequest& request, const char* name, std::int64_t otherwise,
               std::int64_t& into, std::string& fault) {
  const auto found = request.query.find(name);
  if (found == request.query.end() || found->second.empty()) {
    into = otherwise;
    return true;
  }
  const auto time = parse_rfc3339(found->second);
  if (!time) {
    fault =
        fmt::format("{}: '{}' is not a time like 2020-04-09T08:37:12.701Z", name, found->second);
    return false;
  }
  into = *time;
  return true;
}

/// The bucket's parameter in seconds, for a time of `span` milliseconds.
bool read_bucket(const gateway::RestRequest& request, std::int64_t span, std::int64_t& into,
                 std::string& fault) {
  const auto found = request.query.find("bucket");
  if (found == request.query.end() || found->second.empty()) {
    const std::int64_t needed = divide_up(span, kMostBuckets * kUsualBucketSeconds * 1000);
    into = std::max<std::int64_t>(needed, 1) * kUsualBucketSeconds;
    return true;
  }
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  if (error != std::errc{} || end != text.data() + text.size() || into < kLeastBucketSeconds ||
      into > kMostBucketSeconds) {
    fault = fmt::format("bucket: '{}' is not a whole number of seconds from {} to {}", text,
                        kLeastBucketSeconds, kMostBucketSeconds);
    return false;
  }
  if (const std::int64_t buckets = divide_up(span, into * 1000); buckets > kMostBuckets) {
    fault = fmt::format(
        "bucket: {} seconds make {} buckets between from and to, {} are the most: choose at least "
        "{}",
        into, buckets, kMostBuckets, divide_up(span, kMostBuckets * 1000));
    return false;
  }
  return true;
}

}  // namespace

std::variant<gateway::RestReply, store::StatisticsQuery> parse_statistics(
    const gateway::Caller& caller, const gateway::RestRequest& request, std::int64_t now) {
  if (caller.role == directory::Role::agent) {
    return rest_error(
        403, message::Reason::callNotOwned,
        "\"" + caller.login + "\" has the role agent; statistics are for supervisors and services");
  }
  store::StatisticsQuery query;
  std::string fault;
  if (!read_time(request, "to", now, query.to, fault) ||
      !read_time(request, "from", query.to - kHourMs, query.from, fault)) {
    return refused(fault);
  }
  const std::int64_t span = query.to - query.from;
  if (span <= 0) return refused("from: it is not before to; choose an earlier one");
  if (span > kMostMs) {
    return refused(
        fmt::format("from: it is {:.1f} days before to, 31 are the most: choose a later one",
                    static_cast<double>(span) / static_cast<double>(24 * kHourMs)));
  }
  std::int64_t bucket_seconds = 0;
  if (!read_bucket(request, span, bucket_seconds, fault)) return refused(fault);
  query.bucket_ms = bucket_seconds * 1000;
  if (const auto by = request.query.find("by"); by != request.query.end() && !by->second.empty()) {
    if (by->second == "agent") {
      query.by = store::GroupBy::agent;
    } else if (by->second == "queue") {
      query.by = store::GroupBy::queue;
    } else if (by->second == "kind") {
      query.by = store::GroupBy::kind;
    } else {
      return refused("by: '" + by->second + "' is none of agent, queue, kind");
    }
  }
  return query;
}

gateway::RestReply statistics_json(const store::StatisticsQuery& query,
                                   const store::TransferStatistics& found) {
  if (!found.status) {
    // Asking again would not help, asking for less does.
    if (found.too_much != store::TransferStatistics::TooMuch::no)
      return refused("from: " + found.status.error + "; choose a shorter time from it to `to`");
    return rest_error(503, message::Reason::backendUnavailable, found.status.error);
  }
  json::object body;
  body["from"] = message::format_time(query.from);
  body["to"] = message::format_time(query.to);
  body["bucketSeconds"] = query.bucket_ms / 1000;
  body["total"] = counts_json(found.total);
  json::array& buckets = (body["buckets"] = json::array()).as_array();
  for (const auto& each : found.buckets) {
    json::object bucket = counts_json(each.counts);
    bucket["at"] = message::format_time(each.at);
    buckets.emplace_back(std::move(bucket));
  }
  json::array& reasons = (body["reasons"] = json::array()).as_array();
  for (const auto& each : found.reasons) {
    reasons.emplace_back(
        json::object{{"outcome", each.outcome}, {"reason", each.reason}, {"count", each.count}});
  }
  json::object times;
  times["count"] = found.timed;
  times["upToSeconds"] = json::array(store::kTimeBounds.begin(), store::kTimeBounds.end());
  times["counts"] = json::array(found.times.begin(), found.times.end());
  times["medianSeconds"] = seconds(found.timed, found.median_ms);
  times["p90Seconds"] = seconds(found.timed, found.ninetieth_ms);
  body["timeToHuman"] = std::move(times);
  json::array& flows = (body["flows"] = json::array()).as_array();
  for (const auto& each : found.flows) {
    flows.emplace_back(json::object{{"from", text_or_null(each.from)},
                                    {"to", each.to},
                                    {"toKind", each.to_kind},
                                    {"count", each.count}});
  }
  body["bounceBacks"] = found.total.returned;
  if (query.by != store::GroupBy::nothing) {
    json::array& groups = (body["groups"] = json::array()).as_array();
    for (const auto& each : found.groups) {
      json::object group = counts_json(each.counts);
      group["name"] = text_or_null(each.name);
      groups.emplace_back(std::move(group));
    }
  }
  return {.status = 200, .content_type = "application/json", .body = json::serialize(body)};
}

}  // namespace baton::app
