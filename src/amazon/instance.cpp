#include "amazon/instance.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "amazon/error.hpp"

namespace baton::amazon {

namespace json = boost::json;

namespace {

/// The most that ListQueueQuickConnects and SearchQuickConnects give at once (API reference).
constexpr const char* kPage = "100";
constexpr int kSearchPage = 100;
/// An instance has far fewer pages; a token that goes in circles ends here.
constexpr int kMaxPages = 10'000;

std::string text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string().c_str())
                                                : std::string();
}

const json::object& member(const json::object& object, std::string_view key) {
  static const json::object none;
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

/// Asks for one page after the other, until there is no token for a next one.
void each_of_pages(std::string_view operation, std::string_view list,
                   const std::function<json::object(const std::string& token)>& page,
                   const std::function<void(const json::object&)>& take) {
  std::string token;
  for (int pages = 0; pages < kMaxPages; ++pages) {
    const json::object reply = page(token);
    const json::value* items = reply.if_contains(list);
    if (items == nullptr || !items->is_array()) {
      throw AmazonError(std::string(operation) + " answered without a list \"" + std::string(list) +
                        '"');
    }
    for (const json::value& item : items->get_array()) {
      if (item.is_object()) take(item.get_object());
    }
    std::string next = text(reply, "NextToken");
    if (next.empty()) return;
    if (next == token) throw AmazonError(std::string(operation) + " gave the same page twice");
    token = std::move(next);
  }
  throw AmazonError(std::string(operation) + " has no end: over " + std::to_string(kMaxPages) +
                    " pages");
}

RestClient::Query page_query(const std::string& token, RestClient::Query query = {}) {
  query.emplace_back("maxResults", kPage);
  if (!token.empty()) query.emplace_back("nextToken", token);
  return query;
}

void read_queues(RestClient& client, Instance& instance) {
  each_of_pages(
      "ListQueues", "QueueSummaryList",
      [&](const std::string& token) {
        return client.get("ListQueues", "/queues-summary/" + instance.id,
                          page_query(token, {{"queueTypes", "STANDARD"}}));
      },
      [&](const json::object& item) {
        instance.queues.push_back({text(item, "Id"), text(item, "Arn"), text(item, "Name")});
      });
}

void read_quick_connects(RestClient& client, Instance& instance) {
  each_of_pages(
      "SearchQuickConnects", "QuickConnects",
      [&](const std::string& token) {
        json::object body{{"InstanceId", instance.id}, {"MaxResults", kSearchPage}};
        if (!token.empty()) body["NextToken"] = token;
        return client.post("SearchQuickConnects", "/search-quick-connects", body);
      },
      [&](const json::object& item) {
        const json::object& config = member(item, "QuickConnectConfig");
        instance.quick_connects.push_back(
            {.id = text(item, "QuickConnectId"),
             .arn = text(item, "QuickConnectARN"),
             .name = text(item, "Name"),
             .type = text(config, "QuickConnectType"),
             .phone_number = text(member(config, "PhoneConfig"), "PhoneNumber"),
             .user_id = text(member(config, "UserConfig"), "UserId"),
             .queue_id = text(member(config, "QueueConfig"), "QueueId"),
             .shown_by = {}});
      });
}

void read_who_shows_what(RestClient& client, Instance& instance, const Progress& progress) {
  std::map<std::string, InstanceQuickConnect*> by_id;
  for (InstanceQuickConnect& each : instance.quick_connects) by_id[each.id] = &each;
  std::size_t done = 0;
  for (const InstanceQueue& queue : instance.queues) {
    each_of_pages(
        "ListQueueQuickConnects", "QuickConnectSummaryList",
        [&](const std::string& token) {
          return client.get("ListQueueQuickConnects",
                            "/queues/" + instance.id + '/' + queue.id + "/quick-connects",
                            page_query(token));
        },
        [&](const json::object& item) {
          // One that was made since the list was read comes with the next import.
          const auto found = by_id.find(text(item, "Id"));
          if (found != by_id.end()) found->second->shown_by.push_back(queue.arn);
        });
    if (progress) {
      progress("queue " + std::to_string(++done) + " of " + std::to_string(instance.queues.size()) +
               ": " + queue.name);
    }
  }
  for (InstanceQuickConnect& each : instance.quick_connects) std::ranges::sort(each.shown_by);
}

void read_logins(RestClient& client, Instance& instance) {
  std::set<std::string> wanted;
  for (const InstanceQuickConnect& each : instance.quick_connects) {
    if (each.type == "USER") wanted.insert(each.user_id);
  }
  if (wanted.empty()) return;
  each_of_pages(
      "ListUsers", "UserSummaryList",
      [&](const std::string& token) {
        return client.get("ListUsers", "/users-summary/" + instance.id, page_query(token));
      },
      [&](const json::object& item) {
        std::string id = text(item, "Id");
        if (wanted.contains(id)) instance.logins[std::move(id)] = text(item, "Username");
      });
}

}  // namespace

Instance read_instance(RestClient& client, const std::string& instance_id,
                       const Progress& progress) {
  Instance instance;
  instance.id = instance_id;
  const auto tell = [&](std::size_t count, const char* what) {
    if (progress) progress(std::to_string(count) + what);
  };
  read_queues(client, instance);
  tell(instance.queues.size(), " queues");
  read_quick_connects(client, instance);
  tell(instance.quick_connects.size(), " quick connects");
  read_who_shows_what(client, instance, progress);
  read_logins(client, instance);
  return instance;
}

}  // namespace baton::amazon
