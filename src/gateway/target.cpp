#include "gateway/target.hpp"

#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <utility>

#include "gateway/http.hpp"

namespace baton::gateway {
namespace {

namespace urls = boost::urls;

constexpr std::size_t kMaxFollowed = 1000;

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view find(const std::map<std::string, std::string>& query, const char* key) {
  const auto found = query.find(key);
  return found == query.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace

std::variant<Target, std::string> parse_target(std::string_view target) {
  const auto parsed = urls::parse_origin_form(target);
  if (!parsed) return "the request target must be a path, with well-formed percent-encoding";
  Target result;
  for (const std::string& segment : parsed->segments()) {
    if (segment.find('\0') != std::string::npos) return "the path must not hold a NUL";
    // RFC 3986, 3.3: path-absolute. The library reads "/./" so, which nobody could print back.
    if (segment.empty() && result.segments.empty()) return "the path must not begin with \"//\"";
    result.segments.push_back(segment);
  }
  urls::encoding_opts options;
  options.space_as_plus = true;
  for (const auto& param : parsed->params(options)) {
    if (param.key.find('\0') != std::string::npos || param.value.find('\0') != std::string::npos) {
      return "the query must not hold a NUL";
    }
    if (param.key.empty()) continue;
    if (!result.query.emplace(param.key, param.value).second) {
      return fmt::format("the query gives \"{}\" twice", param.key);
    }
  }
  return result;
}

std::variant<Following, std::string> parse_following(
    const std::map<std::string, std::string>& query, const std::string& self) {
  Following following;
  const std::string_view agents = find(query, "agents");
  if (agents == "*") {
    following.everybody = true;
  } else {
    for (std::string_view agent : split_list(agents)) following.agents.emplace_back(agent);
    if (following.agents.empty()) following.agents.push_back(self);
    if (following.agents.size() > kMaxFollowed) {
      return fmt::format("agents names {} logins, at most {} can be followed; \"*\" follows all",
                         following.agents.size(), kMaxFollowed);
    }
  }
  const bool has_after = query.contains("after");
  if (has_after != query.contains("epoch")) {
    return "epoch and after belong together: give both, as the last event told them, or neither";
  }
  if (!has_after) return following;
  if (following.everybody) {
    return "epoch and after need the agents by name: with agents=* events flow from now on";
  }
  const std::string epoch(find(query, "epoch"));
  const std::string_view after = find(query, "after");
  if (after.find(':') == std::string_view::npos) {
    const std::optional<std::uint64_t> number = parse_number(after);
    if (!number) return fmt::format("after is \"{}\", it must be a sequence number", after);
    // One number cannot tell where a client stands with several agents, so those are told by their
    // syncs.
    const Position position{following.agents.size() == 1 ? epoch : std::string(), *number};
    for (const std::string& agent : following.agents) following.positions[agent] = position;
    return following;
  }
  for (const std::string& agent : following.agents) {
    following.positions[agent] = Position{};
  }
  for (std::string_view pair : split_list(after)) {
    const std::size_t colon = pair.rfind(':');
    const std::optional<std::uint64_t> number =
        colon == std::string_view::npos ? std::nullopt : parse_number(pair.substr(colon + 1));
    const auto found =
        number ? following.positions.find(pair.substr(0, colon)) : following.positions.end();
    if (found == following.positions.end()) {
      return fmt::format(
          "after has \"{}\", each element must be \"login:sequence\" of one of the agents", pair);
    }
    found->second = Position{epoch, *number};
  }
  return following;
}

}  // namespace baton::gateway
