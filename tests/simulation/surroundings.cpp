#include "surroundings.hpp"

#include <array>

#include "world.hpp"

namespace baton::simulation {

namespace {

directory::Directory make_directory(std::uint8_t variant) {
  using namespace directory;
  Directory d;
  d.version = 1U + variant;
  for (const std::string& login : kLogins) {
    if (variant == 2 && login == kLogins[1]) continue;
    Agent a;
    a.login = login;
    a.name = "Agent " + login;
    a.id = "id-" + login;
    a.routing_profile = login == kLogins[0] ? "first" : "both";
    if (login == kLogins[2]) a.answer = AgentAnswer::phone;
    a.enabled = !(variant == 1 && login == kLogins[1]);
    d.agents.push_back(std::move(a));
  }
  Queue q;
  q.arn = kFirstQueue;
  q.name = "First";
  q.max_waiting = 2;
  q.max_wait_seconds = 60;
  d.queues.push_back(q);
  q.arn = kSecondQueue;
  q.name = "Second";
  q.answer = QueueAnswer::on_agent;
  q.max_wait_seconds = 45;
  d.queues.push_back(q);
  if (variant != 3) {
    q.arn = kThirdQueue;
    q.name = "Third";
    q.answer = QueueAnswer::on_entry;
    d.queues.push_back(q);
  }
  RoutingProfile p;
  p.name = "first";
  p.arn = "arn:profile/first";
  p.queues = {{.queue_arn = kFirstQueue, .priority = 1},
              {.queue_arn = kSecondQueue, .priority = 2}};
  p.default_outbound_queue_arn = kFirstQueue;
  d.routing_profiles.push_back(p);
  p.name = "both";
  p.arn = "arn:profile/both";
  if (variant != 3) p.queues.push_back({.queue_arn = kThirdQueue, .priority = 1});
  d.routing_profiles.push_back(p);

  QuickConnect external;
  external.arn = "arn:connect/external";
  external.name = "Outside";
  external.phone_number = kExternal;
  d.quick_connects.push_back(external);
  QuickConnect queue;
  queue.arn = "arn:connect/queue";
  queue.name = "Third";
  queue.kind = QuickConnectKind::queue;
  queue.queue_arn = kThirdQueue;
  d.quick_connects.push_back(queue);
  queue.arn = "arn:connect/first";
  queue.name = "First";
  queue.queue_arn = kFirstQueue;
  d.quick_connects.push_back(queue);
  queue.arn = "arn:connect/second";
  queue.name = "Second";
  queue.queue_arn = kSecondQueue;
  d.quick_connects.push_back(queue);
  for (const std::string& login : kLogins) {
    QuickConnect to_agent;
    to_agent.arn = "arn:connect/" + login;
    to_agent.name = login;
    to_agent.kind = QuickConnectKind::agent;
    to_agent.agent_login = login;
    d.quick_connects.push_back(to_agent);
  }
  d.inbound_numbers = {{.number = kFirstNumber, .queue_arn = kFirstQueue},
                       {.number = kSecondNumber, .queue_arn = kSecondQueue}};
  d.agent_states = {{"Available", "Available", "routable"},
                    {"Offline", "Offline", "offline"},
                    {"Break", "Break", "not_routable"}};
  return d;
}

}  // namespace

const directory::Directory& directory_of(std::uint8_t variant) {
  static const std::array<directory::Directory, kDirectories> all = {
      make_directory(0), make_directory(1), make_directory(2), make_directory(3)};
  return all.at(variant);
}

core::Policy policy_of(bool last_resort) {
  core::Policy policy;
  if (last_resort) {
    policy.last_resort_queue = "Second";
    policy.default_caller_id = kFirstNumber;
    policy.dial.max_per_agent_per_minute = 2;
  }
  return policy;
}

directory::NumberFacts facts_of(const std::string& number) {
  return {.number = number,
          .possible = true,
          .country = "US",
          .number_class = directory::NumberClass::fixed_line_or_mobile};
}

}  // namespace baton::simulation
