#pragma once

#include <string>
#include <utility>

#include "core/test_center.hpp"

namespace baton::core::testing {

/// What an agent's session at Amazon Connect shows; a test changes it and reports it.
struct Session {
  bool alive = true;
  std::uint64_t taken_at = 0;
  std::string state = "Busy";
  std::string state_type = "system";
  message::BridgeContact contact;
  std::vector<message::BridgeContact> others;
  bool listed = true;
  bool muted = false;

  Session() { talk(); }

  void talk() {
    contact = {.id = "aaaaaaaa-0000-4000-8000-000000000001",
               .type = "voice",
               .state = "connected",
               .queue_arn = kQueueArn};
    contact.connections = {{.id = "aaaaaaaa-0000-4000-8000-000000000011",
                            .type = "inbound",
                            .state = "connected",
                            .initial = true,
                            .number = kCustomer},
                           {.id = "aaaaaaaa-0000-4000-8000-000000000012",
                            .type = "agent",
                            .state = "connected",
                            .initial = false,
                            .number = ""}};
    listed = true;
  }
  void offer() {
    talk();
    contact.id = "aaaaaaaa-0000-4000-8000-000000000003";
    contact.state = "connecting";
    contact.connections[1].state = "connecting";
    state = "PendingBusy";
    state_type = "system";
  }
  /// He calls a number, which has not answered.
  void call_out() {
    talk();
    contact.id = "aaaaaaaa-0000-4000-8000-000000000005";
    contact.state = "connecting";
    contact.connections[0].type = "outbound";
    contact.connections[0].state = "connecting";
    state = "CallingCustomer";
    state_type = "system";
  }
  void hold(const std::string& customer) { contact.connections[0].state = customer; }
  /// Somebody was added, or his connection changes; the service holds the customer.
  void third_party(const std::string& now, const std::string& number = "+12082097345") {
    if (contact.connections.size() < 3) {
      contact.connections.push_back({.id = "aaaaaaaa-0000-4000-8000-000000000013",
                                     .type = "outbound",
                                     .state = now,
                                     .initial = false,
                                     .number = number});
    }
    contact.connections[2].state = now;
    if (contact.connections[0].state == "connected") contact.connections[0].state = "hold";
  }
  std::string second_contact() {
    message::BridgeContact second = contact;
    second.id = "bbbbbbbb-0000-4000-8000-000000000001";
    second.connections[0].id = "bbbbbbbb-0000-4000-8000-000000000011";
    second.connections[1].id = "bbbbbbbb-0000-4000-8000-000000000012";
    others.push_back(second);
    return second.id;
  }
  void end() {
    contact.state = "ended";
    state = "AfterCallWork";
    state_type = "system";
  }
  void clear() {
    listed = false;
    state = "Available";
    state_type = "routable";
  }
  [[nodiscard]] message::BridgeSnapshot snapshot(std::uint64_t epoch) const {
    message::BridgeSnapshot shown{.epoch = epoch,
                                  .alive = alive,
                                  .taken_at = taken_at,
                                  .state = state,
                                  .state_type = state_type,
                                  .muted = muted};
    if (listed) shown.contacts.push_back(contact);
    for (const message::BridgeContact& each : others) shown.contacts.push_back(each);
    return shown;
  }
};

inline Policy mirrored_policy() {
  Policy policy;
  policy.mirror.enabled = true;
  policy.capabilities = mirrored_capabilities();
  return policy;
}

/// agent1 talks with a customer at Amazon Connect, and his bridge has the lease.
struct Mirrored : ::testing::Test {
  TestCenter t{small_directory(), mirrored_policy()};
  Session session;
  BridgeId bridge = 0;
  std::uint64_t epoch = 0;
  CommandId last_command = 0;
  std::string lease_endpoints;  ///< The digest that came with the lease.
  bool has_sdk = false;         ///< The bridges that say hello have a client of the SDK.

  void SetUp() override {
    hello(1, "tab-1");
    report();
    ASSERT_EQ(t.state_of("agent1"), "Busy");
    t.events.clear();
  }
  /// A bridge connects; where it gets the lease, it acts from now on.
  void hello(BridgeId id, const std::string& tab) {
    t.put(BridgeOpened{.agent = "agent1",
                       .bridge = id,
                       .hello = {.tab = tab,
                                 .instance = "https://x.my.connect.aws/ccp-v2/",
                                 .agent_arn = "",
                                 .username = "agent1",
                                 .library = "2.28.2",
                                 .cold_transfer = has_sdk}});
    for (auto it = t.commands.begin(); it != t.commands.end(); ++it) {
      const auto* command = std::get_if<BridgeCommand>(&it->body);
      if (command == nullptr || command->order.action != message::BridgeAction::lease) continue;
      bridge = command->bridge;
      epoch = command->order.epoch;
      lease_endpoints = command->order.endpoints;
      t.commands.erase(it);
      return;
    }
  }
  void report() {
    t.put(BridgeReport{.agent = "agent1", .bridge = bridge, .snapshot = session.snapshot(epoch)});
  }
  /// The call is over for agent1, who clears it.
  void expect_handed_over_to_the_end() {
    EXPECT_EQ(t.state_of("agent1"), "AfterCallWork");
    EXPECT_EQ(t.last_call("agent1", "agent").event, "ACW");
    EXPECT_TRUE(t.errors("agent1").empty());
    EXPECT_TRUE(t.commands.empty()) << "nothing is left or resumed, and his state is his own";
    session.clear();
    report();
    EXPECT_EQ(t.state_of("agent1"), "Available");
    const Counters counters = t.center.counters();
    EXPECT_EQ(counters.handed_over, 1U);
    EXPECT_EQ(counters.contacts_open, 0U);
    EXPECT_EQ(counters.commands_open, 0U);
  }
  /// The oldest command, which must be this one.
  BridgeCommand take(message::BridgeAction action) {
    const auto found = t.take<BridgeCommand>();
    EXPECT_TRUE(found.has_value()) << "no command is open";
    if (!found) return {};
    EXPECT_EQ(found->second.order.action, action);
    last_command = found->first;
    return found->second;
  }
  /// The library calls back about the command that was taken last; with a text: its failure.
  void done(const std::string& error = {}, const std::string& text = {}, int status = 0) {
    t.put(BridgeDone{.agent = "agent1",
                     .bridge = bridge,
                     .result = {.command = last_command,
                                .epoch = epoch,
                                .ok = text.empty(),
                                .error = error,
                                .text = text,
                                .status = status}});
  }
  /// The session lists these destinations.
  void list(std::vector<std::string> arns, std::uint64_t part = 0, bool last = true,
            bool known = true) {
    t.put(BridgeListed{.agent = "agent1",
                       .bridge = bridge,
                       .endpoints = {.epoch = epoch,
                                     .digest = "digest",
                                     .part = part,
                                     .last = last,
                                     .known = known,
                                     .arns = std::move(arns)}});
  }
  Reply transfer(message::Request request) {
    return t.request("agent1", message::RequestKind::blind_transfer, std::move(request));
  }
};

}  // namespace baton::core::testing
