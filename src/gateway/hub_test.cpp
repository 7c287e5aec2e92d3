#include "gateway/hub.hpp"

#include <gtest/gtest.h>
#include <prometheus/registry.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace baton::gateway {
namespace {

constexpr std::int64_t kHubStart = 1'700'000'000'000;

class Listener : public Subscriber {
 public:
  void deliver(const Text& text) override { heard.push_back(*text); }
  void close(CloseCode code, std::string_view) override { closed = code; }

  std::vector<std::string> heard;
  std::optional<CloseCode> closed;
};

using Heard = std::vector<std::string>;

class HubTest : public testing::Test {
 protected:
  HubTest()
      : metrics_(registry_),
        hub_(
            EventLogLimits{}, 1000, "e1",
            [this](std::string agent, std::function<void(SyncReply)> done) {
              asked_.emplace_back(std::move(agent), std::move(done));
            },
            [](const std::function<void(QueuesReply)>&) {}, metrics_) {}

  void publish(const std::string& agent, std::uint64_t sequence, const std::string& text = "") {
    const std::string shown = text.empty() ? agent + ":" + std::to_string(sequence) : text;
    hub_.publish({agent, sequence, kHubStart, std::make_shared<const std::string>(shown)});
  }
  static Following of(const std::string& agent) { return {false, {agent}, {}}; }
  static Following of(const std::string& agent, const std::string& epoch, std::uint64_t after) {
    return {false, {agent}, {{agent, {epoch, after}}}};
  }
  void answer_sync(std::uint64_t sequence) {
    auto [agent, done] = std::move(asked_.front());
    asked_.pop_front();
    done({"app", "agent", "call", sequence});
  }

  prometheus::Registry registry_;
  Metrics metrics_;
  std::deque<std::pair<std::string, std::function<void(SyncReply)>>> asked_;
  Hub hub_;
};

TEST_F(HubTest, TellsAnAgentsConnectionsAndFollowersAndNobodyElse) {
  Listener desk;
  Listener second_tab;
  Listener other;
  Listener supervisor;
  Listener wall;
  hub_.subscribe(desk, of("a"));
  hub_.subscribe(second_tab, of("a"));
  hub_.subscribe(other, of("b"));
  hub_.subscribe(supervisor, {false, {"a", "b", "a"}, {}});
  hub_.subscribe(wall, {true, {}, {}});
  publish("a", 1);
  publish("b", 1);
  publish("c", 1);
  EXPECT_EQ(desk.heard, (Heard{"a:1"}));
  EXPECT_EQ(second_tab.heard, (Heard{"a:1"}));
  EXPECT_EQ(other.heard, (Heard{"b:1"}));
  EXPECT_EQ(supervisor.heard, (Heard{"a:1", "b:1"}));
  EXPECT_EQ(wall.heard, (Heard{"a:1", "b:1", "c:1"}));
  for (Listener* one : {&desk, &second_tab, &other, &supervisor, &wall}) hub_.unsubscribe(*one);
  hub_.unsubscribe(desk);
  publish("a", 2);
  EXPECT_EQ(desk.heard.size(), 1U);
  EXPECT_EQ(wall.heard.size(), 3U);
  EXPECT_EQ(hub_.subscriber_count(), 0U);
}

TEST_F(HubTest, GivesAComebackWhatItMissedAndThenWhatHappens) {
  for (std::uint64_t i = 1; i <= 5; ++i) publish("a", i);
  Listener desk;
  hub_.subscribe(desk, of("a", "e1", 3));
  publish("a", 6);
  EXPECT_EQ(desk.heard, (Heard{"a:4", "a:5", "a:6"}));
  EXPECT_TRUE(asked_.empty());
  hub_.unsubscribe(desk);
}

TEST_F(HubTest, SyncsAComebackOfAnotherEpochOrTooLongAgo) {
  for (std::uint64_t i = 10; i <= 12; ++i) publish("a", i);
  Listener other_epoch;
  Listener too_old;
  Listener from_the_future;
  hub_.subscribe(other_epoch, of("a", "e0", 11));
  hub_.subscribe(too_old, of("a", "e1", 8));
  hub_.subscribe(from_the_future, of("a", "e1", 99));
  ASSERT_EQ(asked_.size(), 3U);
  publish("a", 13);
  publish("a", 14);
  answer_sync(13);
  answer_sync(12);
  answer_sync(20);
  publish("a", 15);
  EXPECT_EQ(other_epoch.heard, (Heard{"app", "agent", "call", "a:14", "a:15"}));
  EXPECT_EQ(too_old.heard, (Heard{"app", "agent", "call", "a:13", "a:14", "a:15"}));
  EXPECT_EQ(from_the_future.heard, (Heard{"app", "agent", "call", "a:15"}));
  for (Listener* one : {&other_epoch, &too_old, &from_the_future}) hub_.unsubscribe(*one);
}

TEST_F(HubTest, LetsASyncComeAfterTheClientHasGone) {
  auto desk = std::make_unique<Listener>();
  hub_.subscribe(*desk, of("a", "e0", 1));
  hub_.unsubscribe(*desk);
  desk.reset();
  answer_sync(1);
  Listener next;
  hub_.subscribe(next, of("a", "e0", 1));
  publish("a", 1);
  EXPECT_TRUE(next.heard.empty());
  answer_sync(0);
  EXPECT_EQ(next.heard.size(), 4U);
  hub_.unsubscribe(next);
}

TEST_F(HubTest, BoundsWhatItHoldsBackDuringASync) {
  Listener desk;
  hub_.subscribe(desk, of("a", "e0", 1));
  publish("a", 1, std::string(1000, 'x'));
  EXPECT_FALSE(desk.closed);
  publish("a", 2, "x");
  EXPECT_EQ(desk.closed, CloseCode::try_again_later);
  hub_.unsubscribe(desk);
}

TEST_F(HubTest, ForgetsThePastWithANewEpochAndAfterALoss) {
  publish("a", 1);
  hub_.set_epoch("e2");
  Listener desk;
  hub_.subscribe(desk, of("a", "e2", 1));
  EXPECT_EQ(asked_.size(), 1U);
  publish("a", 1);
  hub_.lost_events();
  EXPECT_EQ(desk.closed, CloseCode::try_again_later);
  hub_.unsubscribe(desk);
  Listener again;
  hub_.subscribe(again, of("a", "e2", 1));
  EXPECT_EQ(asked_.size(), 2U);
  hub_.unsubscribe(again);
}

TEST_F(HubTest, ExpiresWhatIsTooOld) {
  publish("a", 1);
  hub_.expire(kHubStart + 600'001);
  Listener desk;
  hub_.subscribe(desk, of("a", "e1", 0));
  EXPECT_EQ(asked_.size(), 1U);
  hub_.unsubscribe(desk);
}

TEST_F(HubTest, PacksWhatLiesAndTellsItAllTheSame) {
  for (const char* agent : {"a", "b"}) {
    for (std::uint64_t i = 1; i <= 4; ++i) publish(agent, i, std::string(2000, 'x'));
  }
  const std::int64_t later = kHubStart + EventLog::kPackAfterMs;
  hub_.expire(later);
  hub_.pack(later, 1);  // One agent's.
  hub_.pack(later, 100'000);
  hub_.pack(later, 100'000);
  publish("b", 5);
  for (const auto& [agent, count] : {std::pair{"a", 3U}, std::pair{"b", 4U}}) {
    Listener desk;
    hub_.subscribe(desk, of(agent, "e1", 1));
    ASSERT_EQ(desk.heard.size(), count);
    EXPECT_EQ(desk.heard.front(), std::string(2000, 'x'));
    hub_.unsubscribe(desk);
  }
}

}  // namespace
}  // namespace baton::gateway
