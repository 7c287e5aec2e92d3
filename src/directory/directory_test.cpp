#include "directory/directory.hpp"

#include <gtest/gtest.h>

namespace baton::directory {
namespace {

Queue queue(const std::string& arn, const std::string& name) {
  Queue result;
  result.arn = arn;
  result.name = name;
  return result;
}

QuickConnect quick(const std::string& arn, const std::string& name,
                   std::vector<std::string> shown_by) {
  QuickConnect result;
  result.arn = arn;
  result.name = name;
  result.shown_by = std::move(shown_by);
  return result;
}

Directory sample() {
  Directory directory;
  directory.version = 7;
  directory.queues = {queue("q:sales", "Sales"), queue("q:support", "Support"),
                      queue("q:out", "Out")};
  directory.routing_profiles = {{"Both", "p:both", {{"q:sales", 1}, {"q:support", 5}}, "q:out"}};
  directory.agents.resize(2);
  directory.agents[0].login = "agent1";
  directory.agents[0].name = "Agent One";
  directory.agents[0].routing_profile = "Both";
  directory.agents[1].login = "service1";
  directory.agents[1].role = Role::service;
  directory.quick_connects = {
      quick("t:all", "All", {}), quick("t:sales", "For sales", {"q:none", "q:sales"}),
      quick("t:out", "For out", {"q:out"}), quick("t:none", "For none", {"q:none"})};
  directory.inbound_numbers = {{"+18005550100", "q:sales"}};
  directory.agent_states = {{"Ready", "R1", "routable"}, {"Lunch", "L1", "not_routable"}};
  return directory;
}

TEST(Roles, AreSpelledAsInFilesAndOnTheWire) {
  for (const Role role : {Role::agent, Role::supervisor, Role::service})
    EXPECT_EQ(parse_role(to_string(role)), role);
  EXPECT_EQ(to_string(Role::supervisor), "supervisor");
  EXPECT_FALSE(parse_role("Supervisor"));
  EXPECT_FALSE(parse_role(""));
}

TEST(DirectoryIndex, FindsByEachKey) {
  const DirectoryIndex index(sample());
  ASSERT_NE(index.agent("agent1"), nullptr);
  EXPECT_EQ(index.agent("agent1")->name, "Agent One");
  EXPECT_EQ(index.queue("q:support"), index.queue_by_name("Support"));
  EXPECT_EQ(index.routing_profile("Both")->arn, "p:both");
  EXPECT_EQ(index.quick_connect("t:out"), index.quick_connect_by_name("For out"));
  EXPECT_EQ(index.inbound_number("+18005550100")->queue_arn, "q:sales");
  EXPECT_EQ(index.directory().version, 7U);
}

TEST(DirectoryIndex, WhatIsNotThereIsNull) {
  const DirectoryIndex index{Directory()};
  EXPECT_EQ(index.agent("agent1"), nullptr);
  EXPECT_EQ(index.queue(""), nullptr);
  EXPECT_EQ(index.queue_by_name("Sales"), nullptr);
  EXPECT_EQ(index.routing_profile(""), nullptr);
  EXPECT_EQ(index.quick_connect("t:out"), nullptr);
  EXPECT_EQ(index.quick_connect_by_name(""), nullptr);
  EXPECT_EQ(index.inbound_number("+1"), nullptr);
  EXPECT_EQ(index.agent_state("", "Ready"), nullptr);
}

TEST(DirectoryIndex, PriorityOfTheProfile) {
  const DirectoryIndex index(sample());
  const Agent& agent = *index.agent("agent1");
  EXPECT_EQ(index.serves(agent, "q:sales"), 1);
  EXPECT_EQ(index.serves(agent, "q:support"), 5);
  EXPECT_EQ(index.serves(agent, "q:out"), std::nullopt);
  EXPECT_EQ(index.serves(*index.agent("service1"), "q:sales"), std::nullopt);
}

TEST(DirectoryIndex, QuickConnectsShownByTheProfilesQueues) {
  const DirectoryIndex index(sample());
  const Agent& agent = *index.agent("agent1");
  EXPECT_TRUE(index.may_use(agent, *index.quick_connect("t:all")));
  EXPECT_TRUE(index.may_use(agent, *index.quick_connect("t:sales")));
  EXPECT_TRUE(index.may_use(agent, *index.quick_connect("t:out")));
  EXPECT_FALSE(index.may_use(agent, *index.quick_connect("t:none")));
  const Agent& service = *index.agent("service1");
  EXPECT_TRUE(index.may_use(service, *index.quick_connect("t:all")));
  EXPECT_FALSE(index.may_use(service, *index.quick_connect("t:sales")));
}

TEST(DirectoryIndex, AgentStateByCodeElseByLabel) {
  const DirectoryIndex index(sample());
  EXPECT_EQ(index.agent_state("L1", "Ready")->label, "Lunch");
  EXPECT_EQ(index.agent_state("", "Ready")->code, "R1");
  EXPECT_EQ(index.agent_state("Ready", "Ready"), nullptr);
}

TEST(DirectoryIndex, PointersSurviveAMove) {
  DirectoryIndex index(sample());
  const Agent* before = index.agent("agent1");
  const DirectoryIndex moved(std::move(index));
  EXPECT_EQ(moved.agent("agent1"), before);
}

}  // namespace
}  // namespace baton::directory
