#include <string>

#include <boost/describe/enum_to_string.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "directory/directory_json.hpp"
#include "directory/weekday.hpp"

namespace baton::directory {

namespace {

namespace json = boost::json;

template <class Enum>
json::string name_of(Enum value) {
  return json::string(boost::describe::enum_to_string(value, ""));
}

std::string time_of_day(int minutes) {
  const auto two = [](int n) {
    return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)};
  };
  return two(minutes / 60) + ":" + two(minutes % 60);
}

template <class Item, class Print>
json::array print_each(const std::vector<Item>& items, const Print& print) {
  json::array result;
  result.reserve(items.size());
  for (const Item& item : items) result.push_back(print(item));
  return result;
}

json::value print_agent(const Agent& agent) {
  json::object object;
  object["login"] = agent.login;
  object["name"] = agent.name;
  object["id"] = agent.id;
  if (!agent.extension.empty()) object["extension"] = agent.extension;
  object["role"] = to_string(agent.role);
  if (!agent.routing_profile.empty()) object["routingProfile"] = agent.routing_profile;
  object["answer"] = name_of(agent.answer);
  object["allowedDestinations"] = json::object{{"dialPad", agent.allowed.dial_pad},
                                               {"phoneNumber", agent.allowed.phone_number},
                                               {"queue", agent.allowed.queue},
                                               {"agent", agent.allowed.agent}};
  object["enabled"] = agent.enabled;
  return object;
}

/// Days of one time that stand together are one element, as they may have been written: their
/// number is limited.
json::array print_hours(const std::vector<Opening>& hours) {
  json::array result;
  const Opening* last = nullptr;
  for (const Opening& opening : hours) {
    if (last == nullptr || opening.from_minute != last->from_minute ||
        opening.to_minute != last->to_minute) {
      result.push_back(json::object{{"days", json::array{}},
                                    {"from", time_of_day(opening.from_minute)},
                                    {"to", time_of_day(opening.to_minute)}});
    }
    result.back().as_object()["days"].as_array().emplace_back(weekday_name(opening.weekday));
    last = &opening;
  }
  return result;
}

json::value print_queue(const Queue& queue) {
  json::object object;
  object["arn"] = queue.arn;
  object["name"] = queue.name;
  object["answer"] = name_of(queue.answer);
  object["timeZone"] = queue.time_zone;
  object["hours"] = print_hours(queue.hours);
  object["maxWaiting"] = queue.max_waiting;
  object["maxWaitSeconds"] = queue.max_wait_seconds;
  return object;
}

json::value print_profile(const RoutingProfile& profile) {
  json::object object;
  object["name"] = profile.name;
  object["arn"] = profile.arn;
  object["queues"] = print_each(profile.queues, [](const ProfileQueue& queue) {
    return json::object{{"queue", queue.queue_arn}, {"priority", queue.priority}};
  });
  if (!profile.default_outbound_queue_arn.empty()) {
    object["defaultOutboundQueue"] = profile.default_outbound_queue_arn;
  }
  return object;
}

json::value print_quick_connect(const QuickConnect& quick) {
  json::object object;
  object["arn"] = quick.arn;
  object["name"] = quick.name;
  object["type"] = name_of(quick.kind);
  switch (quick.kind) {
    case QuickConnectKind::phone_number:
      object["phoneNumber"] = quick.phone_number;
      break;
    case QuickConnectKind::queue:
      object["queue"] = quick.queue_arn;
      break;
    case QuickConnectKind::agent:
      object["agentLogin"] = quick.agent_login;
      break;
  }
  if (!quick.shown_by.empty()) {
    object["shownBy"] =
        print_each(quick.shown_by, [](const std::string& arn) { return json::string(arn); });
  }
  return object;
}

/// Boost.JSON prints on one line only. Objects and arrays without containers in them stay on a
/// line.
void print_pretty(const json::value& value, std::size_t depth, std::string& out) {
  const auto is_container = [](const json::value& v) { return v.is_object() || v.is_array(); };
  const auto indent = [&out](std::size_t levels) { out.append("\n").append(2 * levels, ' '); };
  bool first = true;
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    out += '{';
    for (const auto& member : *object) {
      if (!std::exchange(first, false)) out += ',';
      indent(depth + 1);
      out += json::serialize(json::string(member.key()));
      out += ": ";
      print_pretty(member.value(), depth + 1, out);
    }
    indent(depth);
    out += '}';
    return;
  }
  if (const json::array* array = value.if_array(); array != nullptr && !array->empty()) {
    const bool inside = std::any_of(array->begin(), array->end(), is_container);
    if (inside) {
      out += '[';
      for (const json::value& element : *array) {
        if (!std::exchange(first, false)) out += ',';
        indent(depth + 1);
        print_pretty(element, depth + 1, out);
      }
      indent(depth);
      out += ']';
      return;
    }
  }
  out += json::serialize(value);
}

json::object object_of(const Directory& directory) {
  json::object root;
  root["queues"] = print_each(directory.queues, print_queue);
  root["routingProfiles"] = print_each(directory.routing_profiles, print_profile);
  root["agents"] = print_each(directory.agents, print_agent);
  root["quickConnects"] = print_each(directory.quick_connects, print_quick_connect);
  root["inboundNumbers"] = print_each(directory.inbound_numbers, [](const InboundNumber& number) {
    return json::object{{"number", number.number}, {"queue", number.queue_arn}};
  });
  root["agentStates"] = print_each(directory.agent_states, [](const AgentState& state) {
    return json::object{{"label", state.label}, {"code", state.code}, {"type", state.type}};
  });
  return root;
}

}  // namespace

std::string print_directory(const Directory& directory, bool pretty) {
  const json::object root = object_of(directory);
  if (!pretty) return json::serialize(root);
  std::string out;
  print_pretty(root, 0, out);
  out += '\n';
  return out;
}

std::string print_replacement(const Directory& directory) {
  json::object root = object_of(directory);
  root["replacesVersion"] = directory.version;
  return json::serialize(root);
}

std::string print_faults(const Faults& faults) {
  json::object root;
  root["faults"] = print_each(faults, [](const Fault& fault) {
    return json::object{{"place", fault.place}, {"msg", fault.msg}};
  });
  return json::serialize(root);
}

}  // namespace baton::directory
