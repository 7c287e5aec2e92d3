#include "app/quick_connects.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <vector>

#include "app/web_client.hpp"

namespace baton::app {

namespace {

namespace json = boost::json;

json::value member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? json::value(nullptr) : *value;
}

}  // namespace

json::value find_quick_connect(const Session& session, const std::string& agent,
                               std::string_view name) {
  // What may be used depends on the agent. Asked for by name, and not with a token of his: one who
  // is not there is told from a server that does not let us in.
  std::string path = fmt::format("/v1/quick-connects?q={}", url_encode(name));
  if (!agent.empty()) path += fmt::format("&agent={}", url_encode(agent));
  const HttpReply reply =
      http_request(session.url, "GET", path, session.token, {}, std::chrono::seconds(10));
  if (reply.status == 0) throw QuickConnectError(reply.body, true);
  boost::system::error_code error;
  const json::value parsed = json::parse(reply.body, error);
  const json::object* body = error ? nullptr : parsed.if_object();
  const json::value* items = body == nullptr ? nullptr : body->if_contains("items");
  if (reply.status != 200 || items == nullptr || !items->is_array()) {
    throw QuickConnectError(fmt::format("the server would not list quick connects: HTTP {} {}",
                                        reply.status, reply.body),
                            reply.status == 401);
  }
  std::vector<std::string> others;
  for (const json::value& item : items->get_array()) {
    const json::object* found = item.if_object();
    if (found == nullptr) continue;
    const json::value found_name = member(*found, "name");
    if (!found_name.is_string()) continue;
    if (std::string_view(found_name.get_string()) != name) {
      others.emplace_back(found_name.get_string());
      continue;
    }
    json::object data;
    for (const std::string_view key :
         {"endpointARN", "endpointId", "type", "name", "phoneNumber", "agentLogin", "queue"}) {
      data[json::string_view(key.data(), key.size())] = member(*found, key);
    }
    return data;
  }
  throw QuickConnectError(fmt::format(
      "{} may use no quick connect named \"{}\"{}", agent.empty() ? "this caller" : agent, name,
      others.empty() ? "" : fmt::format("; similar: {}", fmt::join(others, ", "))));
}

}  // namespace baton::app
