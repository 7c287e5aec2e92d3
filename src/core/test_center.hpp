#pragma once

// A contact centre with a virtual clock and a switch that does what a test says: for scenario tests
// of the core. The switch is a double because the core has none of its own; the real one is tested
// in tests/sip.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/contact_center.hpp"
#include "core/number_facts.hpp"

namespace baton::core::testing {

inline constexpr const char* kQueueArn =
    "arn:aws:connect:us-east-1:975419294579:instance/i/queue/q1";
inline constexpr const char* kOtherQueueArn =
    "arn:aws:connect:us-east-1:975419294579:instance/i/queue/q2";
inline constexpr const char* kInbound = "+18005550100";
inline constexpr const char* kCustomer = "+16175550123";
inline constexpr const char* kOutside = "+12082097345";

inline std::string quick_connect_arn(const std::string& name) {
  return "arn:aws:connect:us-east-1:975419294579:instance/i/transfer-destination/" + name;
}

inline directory::Directory small_directory() {
  using namespace directory;
  Directory d;
  d.version = 1;
  for (int i = 1; i <= 4; ++i) {
    Agent a;
    a.login = "agent" + std::to_string(i);
    a.name = "Agent " + std::to_string(i);
    a.id = "id" + std::to_string(i);
    a.routing_profile = "everyone";
    d.agents.push_back(a);
  }
  Queue q;
  q.arn = kQueueArn;
  q.name = "First";
  d.queues.push_back(q);
  q.arn = kOtherQueueArn;
  q.name = "Second";
  d.queues.push_back(q);
  RoutingProfile p;
  p.name = "everyone";
  p.arn = "arn:profile";
  p.queues = {{.queue_arn = kQueueArn, .priority = 1},
              {.queue_arn = kOtherQueueArn, .priority = 2}};
  p.default_outbound_queue_arn = kQueueArn;
  d.routing_profiles.push_back(p);
  QuickConnect queue;
  queue.arn = quick_connect_arn("queue");
  queue.name = "Second";
  queue.kind = QuickConnectKind::queue;
  queue.queue_arn = kOtherQueueArn;
  d.quick_connects.push_back(queue);
  QuickConnect external;
  external.arn = quick_connect_arn("external");
  external.name = "Outside";
  external.kind = QuickConnectKind::phone_number;
  external.phone_number = "+16579994374";
  d.quick_connects.push_back(external);
  for (int i = 1; i <= 4; ++i) {
    QuickConnect to_agent;
    to_agent.arn = quick_connect_arn("agent" + std::to_string(i));
    to_agent.name = "Agent " + std::to_string(i);
    to_agent.kind = QuickConnectKind::agent;
    to_agent.agent_login = "agent" + std::to_string(i);
    d.quick_connects.push_back(to_agent);
  }
  d.inbound_numbers.push_back({.number = kInbound, .queue_arn = kQueueArn});
  d.agent_states = {{"Available", "Available", "routable"},
                    {"Offline", "Offline", "offline"},
                    {"Break", "Break", "not_routable"}};
  return d;
}

/// The directory without that queue, and what was of it.
inline directory::Directory without_queue(const std::string& arn) {
  auto directory = small_directory();
  directory.version = 2;
  std::erase_if(directory.queues, [&](const auto& each) { return each.arn == arn; });
  std::erase_if(directory.quick_connects, [&](const auto& each) { return each.queue_arn == arn; });
  std::erase_if(directory.inbound_numbers, [&](const auto& each) { return each.queue_arn == arn; });
  for (auto& profile : directory.routing_profiles) {
    std::erase_if(profile.queues, [&](const auto& each) { return each.queue_arn == arn; });
  }
  return directory;
}

/// An ordinary number of the United States, but for those that begin with +1900 (premium rate) or
/// +49 (Germany), and for those of fewer than eight digits, which do not exist.
inline directory::NumberFacts facts_of(const std::string& number) {
  return {.number = number,
          .possible = number.size() > 8,
          .country = number.starts_with("+49") ? "DE" : "US",
          .number_class = number.starts_with("+1900")
                              ? directory::NumberClass::premium_rate
                              : directory::NumberClass::fixed_line_or_mobile};
}

/// Drives a ContactCenter. Every input moves the clock by a millisecond.
class TestCenter {
 public:
  ContactCenter center;
  TimeMs now = 1'600'000'000'000;
  Outputs all;                    ///< Everything since the start.
  std::vector<Command> commands;  ///< Not answered by the test yet.
  std::map<TimerId, TimeMs> timers;
  std::vector<Input> journal;
  std::vector<message::Event> events;
  std::vector<Reply> replies;

  explicit TestCenter(directory::Directory directory = small_directory(), Policy policy = {}) {
    put(Started{.version = "test", .adopted_legs = {}, .reachable_phones = {}});
    put(PolicyChanged{std::move(policy)});
    put(DirectoryChanged{std::move(directory)});
  }

  void put(InputBody body) {
    Input input;
    input.at = ++now;
    input.entropy_high = ++entropy_;
    input.entropy_low = 7;
    look_up_numbers(body, facts_of);
    input.body = std::move(body);
    journal.push_back(input);
    Outputs outputs;
    center.apply(input, outputs);
    for (Output& output : outputs) {
      if (auto* c = std::get_if<Command>(&output)) commands.push_back(*c);
      if (auto* a = std::get_if<ArmTimer>(&output)) timers[a->timer] = a->at;
      if (auto* c = std::get_if<CancelTimer>(&output)) timers.erase(c->timer);
      if (auto* p = std::get_if<Publish>(&output)) events.push_back(p->event);
      if (auto* r = std::get_if<Reply>(&output)) replies.push_back(*r);
      all.push_back(std::move(output));
    }
    EXPECT_EQ(center.counters().illegal_moves, 0U);
    const Counters c = center.counters();
    EXPECT_EQ(c.transfers_accepted, c.connected + c.returned + c.canceled + c.failed + c.abandoned +
                                        c.handed_over + c.transfers_open);
  }

  /// The process dies and another one replays the journal: commands and timers that were out are
  /// forgotten, and those put out again take their place. `agents` have phones that are still
  /// registered.
  void restart(std::vector<LegId> adopted,
               std::vector<std::string> agents = {"agent1", "agent2", "agent3", "agent4"}) {
    const std::string before = center.dump();
    center = ContactCenter();
    Outputs dropped;
    for (const Input& input : journal) {
      dropped.clear();
      center.apply(input, dropped);
    }
    EXPECT_EQ(center.dump(), before) << "the same inputs give the same state";
    commands.clear();
    timers.clear();
    put(Started{.version = "test",
                .adopted_legs = std::move(adopted),
                .reachable_phones = std::move(agents)});
  }

  /// Lets the time pass, firing what runs out on the way.
  void pass(TimeMs ms) {
    const TimeMs until = now + ms;
    for (;;) {
      auto next = std::ranges::min_element(timers, {}, [](const auto& t) { return t.second; });
      if (next == timers.end() || next->second > until) break;
      now = std::max(now, next->second);
      const TimerId id = next->first;
      timers.erase(next);
      put(TimerFired{id});
    }
    now = std::max(now, until);
  }

  /// The oldest unanswered command of a type, taken off the list.
  template <class T>
  std::optional<std::pair<CommandId, T>> take() {
    for (auto it = commands.begin(); it != commands.end(); ++it) {
      if (const T* body = std::get_if<T>(&it->body)) {
        std::pair<CommandId, T> found{it->id, *body};
        commands.erase(it);
        return found;
      }
    }
    return {};
  }
  /// Takes the command, which must be there, and confirms it.
  template <class T>
  T confirm() {
    const auto found = take<T>();
    EXPECT_TRUE(found.has_value()) << "no such command is open";
    if (!found) return T{};
    put(CommandResult{
        .command = found->first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
    return found->second;
  }
  template <class T>
  T fail(int code, const std::string& text = "failed", std::optional<LegId> leg = {}) {
    const auto found = take<T>();
    EXPECT_TRUE(found.has_value()) << "no such command is open";
    if (!found) return T{};
    put(CommandResult{
        .command = found->first, .ok = false, .code = code, .text = text, .failed_leg = leg});
    return found->second;
  }
  /// Confirms every EndLeg, with its LegEnded.
  int finish_ends() {
    int count = 0;
    while (const auto end = take<EndLeg>()) {
      put(CommandResult{
          .command = end->first, .ok = true, .code = 0, .text = {}, .failed_leg = {}});
      put(LegEnded{.leg = end->second.leg, .cause = EndCause::local, .code = 0, .text = {}});
      ++count;
    }
    return count;
  }

  Reply request(const std::string& agent, message::RequestKind kind, message::Request request = {},
                directory::Role role = directory::Role::agent) {
    request.kind = kind;
    request.topic = "InboundCall";
    if (kind == message::RequestKind::blind_transfer) request.subtopic = "BlindTransfer";
    replies.clear();
    put(RequestInput{
        .reply = 1, .caller = agent, .role = role, .agent = agent, .request = std::move(request)});
    EXPECT_EQ(replies.size(), 1U);
    return replies.empty() ? Reply{} : replies.front();
  }
  Reply choose(const std::string& agent, const std::string& code) {
    message::Request r;
    r.state = message::AgentStateRef{.label = code, .code = code, .type = ""};
    return request(agent, message::RequestKind::update_state, std::move(r));
  }
  void sign_in(const std::string& agent) {
    put(PhoneReachable{.login = agent, .reachable = true});
    EXPECT_TRUE(request(agent, message::RequestKind::login).accepted);
    EXPECT_TRUE(choose(agent, "Available").accepted);
  }

  /// A customer calls in and is answered by the queue.
  ContactId call_in(std::uint64_t number = 1) {
    const LegId leg{.high = 0xc0ffee0000004000ULL, .low = 0x8000000000000000ULL + number};
    LegIncoming incoming;
    incoming.leg = leg;
    incoming.trunk = "carrier";
    incoming.to_number = kInbound;
    incoming.presentation.from_number = kCustomer;
    put(std::move(incoming));
    confirm<AnswerLeg>();
    return leg;
  }
  /// The offered agent answers on the desktop and his phone picks up: he talks to the customer.
  /// Returns his leg.
  LegId answer(const std::string& agent) {
    EXPECT_TRUE(request(agent, message::RequestKind::answer).accepted);
    const LegId leg = confirm<DialLeg>().leg;
    put(LegAnswered{leg});
    confirm<BridgeLegs>();
    EXPECT_EQ(state_of(agent), "Busy");
    return leg;
  }

  [[nodiscard]] std::string state_of(const std::string& agent) const {
    for (const AgentStatus& status : center.agents()) {
      if (status.login == agent) return status.state;
    }
    return {};
  }
  [[nodiscard]] std::vector<message::TransferStateChange> transfer_states(
      const std::string& agent) const {
    std::vector<message::TransferStateChange> list;
    for (const message::Event& event : events) {
      if (event.agent != agent) continue;
      if (const auto* change = std::get_if<message::TransferStateChange>(&event.body))
        list.push_back(*change);
    }
    return list;
  }
  /// "accepted/agent dialing/agent alerting/agent ...": the transfers' whole way, as the agent was
  /// told.
  [[nodiscard]] std::string way(const std::string& agent) const {
    std::string text;
    for (const auto& change : transfer_states(agent)) {
      if (!text.empty()) text += ' ';
      text += std::string(message::to_string(change.state)) + '/' +
              std::string(message::to_string(change.custody));
    }
    return text;
  }
  [[nodiscard]] std::vector<message::ApiError> errors(const std::string& agent) const {
    std::vector<message::ApiError> list;
    for (const message::Event& event : events) {
      if (event.agent != agent) continue;
      if (const auto* error = std::get_if<message::ApiError>(&event.body)) list.push_back(*error);
    }
    return list;
  }
  /// The last call event of a leg type ("agent", "inbound") that the agent got.
  [[nodiscard]] message::CallEvent last_call(const std::string& agent,
                                             const std::string& type) const {
    for (auto it = events.rbegin(); it != events.rend(); ++it) {
      if (it->agent != agent) continue;
      if (const auto* call = std::get_if<message::CallEvent>(&it->body);
          call != nullptr && call->leg.type == type) {
        return *call;
      }
    }
    ADD_FAILURE() << "no call event of type " << type << " for " << agent;
    return {};
  }

 private:
  std::uint64_t entropy_ = 0;
};

inline message::Request to_number(const std::string& number) {
  message::Request r;
  r.destination = message::DialPad{number};
  r.content_hash = std::hash<std::string>{}(number);
  return r;
}

inline message::Request to_quick_connect(message::QuickConnectType type, const std::string& name) {
  message::Request r;
  message::QuickConnectRef ref;
  ref.type = type;
  ref.name = name;
  ref.endpoint_arn = quick_connect_arn(name);
  r.destination = ref;
  r.content_hash = std::hash<std::string>{}(name);
  return r;
}

/// A customer is talking with agent1.
struct Talking : ::testing::Test {
  TestCenter t;
  ContactId call;
  LegId agent_leg;

  void SetUp() override {
    t.sign_in("agent1");
    call = t.call_in();
    agent_leg = t.answer("agent1");
    t.finish_ends();
    t.events.clear();
  }
  Reply transfer(message::Request request) {
    return t.request("agent1", message::RequestKind::blind_transfer, std::move(request));
  }
};

}  // namespace baton::core::testing
