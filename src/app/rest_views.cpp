#include "app/rest_views.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <utility>

#include "message/request.hpp"

namespace baton::app {

namespace json = boost::json;

namespace {

/// The longest page of a list.
constexpr std::size_t kMostListed = 1000;

std::string list(json::array items, std::optional<std::string> next = {}) {
  json::object body;
  body["items"] = std::move(items);
  body["nextCursor"] = next ? json::value(*next) : json::value(nullptr);
  return json::serialize(body);
}

bool sees_all(const gateway::Caller& caller) { return caller.role != directory::Role::agent; }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  return out;
}

std::string parameter(const gateway::RestRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string{} : found->second;
}

/// A leading = + - @ is what spreadsheets take for a formula. An E.164 number is none: behind its +
/// are only digits.
bool is_formula(std::string_view text) {
  if (text.empty() || std::string_view("=+-@").find(text.front()) == std::string_view::npos)
    return false;
  return text.front() != '+' || text.find_first_not_of("0123456789", 1) != std::string_view::npos;
}

/// RFC 4180: quoted where needed. What would be a formula is made text by an apostrophe.
std::string csv(std::string_view field) {
  std::string text(field);
  if (is_formula(text)) text.insert(0, "'");
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string csv_value(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return csv(value->as_string());
  if (const auto* nested = value->if_object()) {
    const json::value* name = nested->if_contains("name");
    return name != nullptr && name->is_string() ? csv(name->as_string()) : std::string{};
  }
  return csv(json::serialize(*value));
}

gateway::RestReply not_read(const store::TransferPage& page, const store::TransferFilter& filter) {
  if (page.bad_cursor) {
    return rest_error(400, message::Reason::invalidMessage,
                      "cursor: '" + filter.cursor + "' was not given by this list");
  }
  return rest_error(503, message::Reason::backendUnavailable, page.status.error);
}

/// The filter's `limit` newest of what it finds, however many pages that is, and how many it finds.
gateway::RestReply transfers_csv(store::StoreReader& reader, store::TransferFilter filter,
                                 const std::stop_token& stop) {
  std::size_t left = filter.limit;
  gateway::RestReply::Rows rows;
  gateway::RestReply reply;
  reply.content_type = "text/csv; charset=utf-8";
  reply.file_name = "transfers.csv";
  static constexpr std::array kColumns{"transferId", "contactId",   "agent",  "state",
                                       "custody",    "destination", "reason", "acceptedAt",
                                       "releasedAt", "outcomeAt"};
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    reply.body += (i == 0 ? "" : ",") + std::string(kColumns.at(i));
  }
  reply.body += "\r\n";
  while (left > 0) {
    if (stop.stop_requested()) {
      return rest_error(503, message::Reason::backendUnavailable,
                        "the server stops; the file was given up");
    }
    filter.limit = std::min(left, kMostListed);
    const store::TransferPage page = reader.transfers(filter);
    if (!page.status.ok()) return not_read(page, filter);
    for (const store::TransferRow& row : page.items) {
      boost::system::error_code error;
      const json::value value = json::parse(row.json, error);
      const json::object* object = value.if_object();
      if (error || object == nullptr) continue;
      for (std::size_t i = 0; i < kColumns.size(); ++i) {
        reply.body += (i == 0 ? "" : ",") + csv_value(*object, kColumns.at(i));
      }
      reply.body += "\r\n";
      ++rows.here;
    }
    rows.total = rows.here;
    left -= page.items.size();
    if (!page.next_cursor) break;
    filter.cursor = *page.next_cursor;
    if (left > 0) continue;
    // Counted from where the file ends: what was accepted since it began is in neither figure.
    const std::optional<std::size_t> more = reader.count_transfers(filter);
    if (!more) return rest_error(503, message::Reason::backendUnavailable, reader.last_error());
    rows.total += *more;
  }
  reply.rows = rows;
  return reply;
}

gateway::RestReply transfers(store::StoreReader& reader, const gateway::Caller& caller,
                             const gateway::RestRequest& request, std::size_t most_csv,
                             const std::stop_token& stop) {
  const bool as_csv = is_csv(request);
  const std::size_t most = as_csv ? most_csv : kMostListed;
  store::TransferFilter filter;
  if (as_csv) filter.limit = most;
  const auto take = [&](const char* name, std::optional<std::string>& into) {
    if (std::string value = parameter(request, name); !value.empty()) into = std::move(value);
  };
  take("agent", filter.agent);
  take("contactId", filter.contact_id);
  take("state", filter.state);
  filter.cursor = parameter(request, "cursor");
  for (const auto& [name, into] : {std::pair{"from", &filter.from}, std::pair{"to", &filter.to}}) {
    const std::string text = parameter(request, name);
    if (text.empty()) continue;
    *into = parse_rfc3339(text);
    if (!*into) {
      return rest_error(
          400, message::Reason::invalidMessage,
          std::string(name) + ": '" + text + "' is not a time like 2020-04-09T08:37:12.701Z");
    }
  }
  if (const std::string text = parameter(request, "limit"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), filter.limit);
    if (error != std::errc{} || end != text.data() + text.size() || filter.limit < 1 ||
        filter.limit > most) {
      return rest_error(400, message::Reason::invalidMessage,
                        "limit: '" + text + "' is not a number from 1 to " + std::to_string(most));
    }
  }
  if (const std::string format = parameter(request, "format");
      !format.empty() && format != "csv" && format != "json") {
    return rest_error(400, message::Reason::invalidMessage,
                      "format: '" + format + "' is neither csv nor json");
  }
  if (!sees_all(caller)) {
    if (filter.agent && *filter.agent != caller.login) {
      return rest_error(403, message::Reason::callNotOwned,
                        "agent: an agent sees his own transfers only");
    }
    filter.agent = caller.login;
  }
  if (as_csv) return transfers_csv(reader, std::move(filter), stop);
  const store::TransferPage page = reader.transfers(filter);
  if (!page.status.ok()) return not_read(page, filter);
  gateway::RestReply reply;
  reply.body = "{\"items\":[";
  for (const store::TransferRow& row : page.items) {
    if (reply.body.back() == '}') reply.body += ',';
    reply.body += row.json;
  }
  reply.body +=
      "],\"nextCursor\":" +
      (page.next_cursor ? json::serialize(json::value(*page.next_cursor)) : std::string("null")) +
      "}";
  return reply;
}

}  // namespace

gateway::RestReply rest_error(int status, message::Reason reason, const std::string& msg) {
  json::object body;
  // As the gateway's own (gateway/http.hpp): which status and reason it is tells them apart.
  body["errorType"] = "NOT_PERMITTED";
  body["msg"] = msg;
  body["errorMessage"] = message::error_message("NOT_PERMITTED");
  body["reason"] = message::to_string(reason);
  return {.status = status, .content_type = "application/json", .body = json::serialize(body)};
}

std::string why_no_object(std::string_view body) {
  boost::system::error_code error;
  const json::value value = json::parse(body, error);
  if (error) return "the body is no JSON (" + error.message() + "); send an object, such as {}";
  if (!value.is_object())
    return std::string("the body is JSON of the kind ") +
           std::string(json::to_string(value.kind())) + "; send an object, such as {}";
  return {};
}

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  std::tm parts{};
  const std::string copy(text);
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return {};
  std::int64_t ms = 0;
  if (*rest == '.') {
    std::int64_t unit = 100;
    ++rest;
    if (*rest < '0' || *rest > '9') return {};
    for (; *rest >= '0' && *rest <= '9'; ++rest) {
      ms += (*rest - '0') * unit;
      unit /= 10;
    }
  }
  if ((*rest != 'Z' && *rest != 'z') || rest[1] != '\0') return {};
  return static_cast<std::int64_t>(timegm(&parts)) * 1000 + ms;
}

std::string agents_json(const core::ContactCenter& center, const gateway::Caller& caller) {
  json::array items;
  for (const core::AgentStatus& status : center.agents()) {
    if (!sees_all(caller) && status.login != caller.login) continue;
    json::object item;
    item["login"] = status.login;
    item["name"] = status.name;
    item["loggedIn"] = status.logged_in;
    item["state"] = status.state;
    item["stateType"] = status.state_type;
    item["since"] = message::format_time(status.since);
    item["phoneReachable"] = status.phone_reachable;
    item["contactId"] =
        status.contact ? json::value(to_string(*status.contact)) : json::value(nullptr);
    items.push_back(std::move(item));
  }
  return list(std::move(items));
}

std::string queues_json(const core::ContactCenter& center, const gateway::Caller& caller) {
  const directory::Agent* self = center.directory().agent(caller.login);
  std::string body = R"({"items":[)";
  for (const core::QueueStatus& status : center.queues()) {
    if (!sees_all(caller) && (self == nullptr || !center.directory().serves(*self, status.arn)))
      continue;
    if (!body.ends_with('[')) body += ',';
    body += message::print(status);
  }
  return body + R"(],"nextCursor":null})";
}

gateway::RestReply waiting_json(const core::ContactCenter& center, const gateway::Caller& caller,
                                const gateway::RestRequest& request, std::size_t most) {
  if (!sees_all(caller)) {
    return rest_error(403, message::Reason::callNotOwned,
                      "who waits is told to supervisors and services");
  }
  json::array items;
  for (const core::WaitingCustomer& each : center.waiting(parameter(request, "queue"), most)) {
    json::object item;
    item["contactId"] = to_string(each.contact);
    item["queueArn"] = each.queue_arn;
    item["queueName"] =
        each.queue_name.empty() ? json::value(nullptr) : json::value(each.queue_name);
    item["since"] = message::format_time(each.since);
    item["position"] = each.position;
    item["customer"] = each.customer.empty() ? json::value(nullptr) : json::value(each.customer);
    item["transferId"] =
        each.transfer ? json::value(to_string(*each.transfer)) : json::value(nullptr);
    item["offeredTo"] =
        each.offered_to.empty() ? json::value(nullptr) : json::value(each.offered_to);
    items.push_back(std::move(item));
  }
  return {.status = 200, .content_type = "application/json", .body = list(std::move(items))};
}

gateway::RestReply quick_connects_json(const core::ContactCenter& center,
                                       const gateway::Caller& caller,
                                       const gateway::RestRequest& request, std::int64_t now,
                                       bool at_amazon) {
  const directory::DirectoryIndex& index = center.directory();
  std::string login = parameter(request, "agent");
  if (!sees_all(caller)) {
    if (!login.empty() && login != caller.login) {
      return rest_error(403, message::Reason::callNotOwned,
                        "agent: an agent sees his own quick connects only");
    }
    login = caller.login;
  }
  const directory::Agent* whose = login.empty() ? nullptr : index.agent(login);
  if (!login.empty() && whose == nullptr) {
    return rest_error(404, message::Reason::agentUnavailable,
                      "agent: there is no agent '" + login + "'");
  }
  const std::string type = parameter(request, "type");
  if (!type.empty() && type != "phone_number" && type != "queue" && type != "agent") {
    return rest_error(400, message::Reason::invalidMessage,
                      "type: '" + type + "' is none of phone_number, queue, agent");
  }
  const std::string wanted = lower(parameter(request, "q"));

  std::map<std::string, core::QueueStatus> queues;
  for (core::QueueStatus& status : center.queues()) queues.emplace(status.arn, std::move(status));
  std::map<std::string, core::AgentStatus> agents;
  for (core::AgentStatus& status : center.agents()) agents.emplace(status.login, std::move(status));

  json::array items;
  for (const directory::QuickConnect& each : index.directory().quick_connects) {
    if (whose != nullptr &&
        (!index.may_use(*whose, each) || !directory::allows(whose->allowed, each.kind))) {
      continue;
    }
    const bool is_queue = each.kind == directory::QuickConnectKind::queue;
    const bool is_agent = each.kind == directory::QuickConnectKind::agent;
    const char* kind = is_queue ? "queue" : is_agent ? "agent" : "phone_number";
    if (!type.empty() && type != kind) continue;
    if (!wanted.empty() && lower(each.name).find(wanted) == std::string::npos &&
        each.phone_number.find(wanted) == std::string::npos &&
        lower(each.agent_login).find(wanted) == std::string::npos) {
      continue;
    }
    json::object item;
    item["endpointARN"] = each.arn;
    item["endpointId"] = each.arn;
    item["type"] = kind;
    item["name"] = each.name;
    item["phoneNumber"] =
        each.phone_number.empty() ? json::value(nullptr) : json::value(each.phone_number);
    item["agentLogin"] =
        each.agent_login.empty() ? json::value(nullptr) : json::value(each.agent_login);
    item["queue"] = nullptr;
    std::string why;  // Empty: it could take a call.
    if (is_queue) {
      const auto found = queues.find(each.queue_arn);
      if (found == queues.end()) {
        why = "destinationNotFound";
      } else {
        const core::QueueStatus& status = found->second;
        item["queue"] = status.name;
        // Who serves it and who waits in it is Amazon Connect's to know.
        if (!at_amazon) {
          item["waiting"] = status.waiting;
          item["agentsAvailable"] = status.agents_available;
          if (status.estimated_wait_seconds)
            item["estimatedWaitSeconds"] = *status.estimated_wait_seconds;
          if (const auto refused = center.queue_refusal(each.queue_arn);
              refused != message::Reason::none)
            why = message::to_string(refused);
          else if (status.agents_staffed == 0)
            why = "noAgentStaffed";
        }
      }
    } else if (is_agent) {
      const auto found = agents.find(each.agent_login);
      // At Amazon Connect the state of one who has no bridge here is not known.
      const bool known = found != agents.end() && (!at_amazon || found->second.logged_in);
      item["agentState"] = known ? json::value(found->second.state) : json::value(nullptr);
      const bool free = known && found->second.state_type == "routable" &&
                        found->second.phone_reachable && found->second.login != login;
      if (!free && !at_amazon) why = "agentUnavailable";
    }
    item["available"] = why.empty();
    item["unavailableReason"] = why.empty() ? json::value(nullptr) : json::value(why);
    item["asOf"] = message::format_time(now);
    items.push_back(std::move(item));
  }
  return {.status = 200, .content_type = "application/json", .body = list(std::move(items))};
}

bool is_csv(const gateway::RestRequest& request) {
  return request.resource == "transfers" && parameter(request, "format") == "csv";
}

gateway::RestReply stored_json(store::StoreReader& reader, const gateway::Caller& caller,
                               const gateway::RestRequest& request, std::size_t most_csv,
                               const std::stop_token& stop) {
  if (request.resource == "transfers") return transfers(reader, caller, request, most_csv, stop);
  if (request.resource == "contact") {
    const auto row = reader.contact(request.id);
    if (!row && !reader.last_error().empty())
      return rest_error(503, message::Reason::backendUnavailable, reader.last_error());
    // Whose call it is stands in its legs: an agent sees the contacts he was connected to.
    const bool mine =
        row && (sees_all(caller) ||
                row->json.find("\"party\":" + json::serialize(json::value(caller.login))) !=
                    std::string::npos);
    if (!mine)
      return rest_error(404, message::Reason::noActiveCall,
                        "there is no contact '" + request.id + "'");
    return {.status = 200, .content_type = "application/json", .body = row->json};
  }
  const auto row = reader.transfer(request.id);
  if (!row && !reader.last_error().empty())
    return rest_error(503, message::Reason::backendUnavailable, reader.last_error());
  if (!row || (!sees_all(caller) && row->agent != caller.login)) {
    return rest_error(404, message::Reason::destinationNotFound,
                      "there is no transfer '" + request.id + "'");
  }
  return {.status = 200,
          .content_type = "application/json",
          .body = request.resource == "timeline" ? row->timeline : row->json};
}

}  // namespace baton::app
