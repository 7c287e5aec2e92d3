#include "gateway/queue_board.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace baton::gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Reads what it is told into "name:waiting", and "-arn" for a queue that is gone.
class BoardReader : public Subscriber {
 public:
  void deliver(const Text& text) override {
    std::vector<std::string> told;
    const boost::json::value event = boost::json::parse(*text);
    for (const boost::json::value& queue : event.at("message").at("queues").as_array()) {
      told.push_back(std::string(queue.at("name").as_string()) + ":" +
                     std::to_string(queue.at("waiting").as_int64()));
    }
    if (const auto* gone = event.at("message").as_object().if_contains("removed")) {
      for (const boost::json::value& arn : gone->as_array())
        told.push_back("-" + std::string(arn.as_string()));
    }
    heard.push_back(std::move(told));
  }
  void close(CloseCode, std::string_view) override {}

  std::vector<std::vector<std::string>> heard;
};

message::QueueState queue(const std::string& name, int waiting) {
  return {.arn = "arn:" + name, .name = name, .waiting = waiting};
}

class QueueBoardTest : public testing::Test {
 protected:
  void answer(std::vector<message::QueueState> queues) {
    ASSERT_FALSE(asked_.empty());
    auto done = std::move(asked_.front());
    asked_.pop_front();
    done({.queues = std::move(queues), .at = 1'700'000'000'000});
  }
  /// A look that comes a pause after the last answer.
  void look_later() { board_.look(QueueBoard::Clock::now() + QueueBoard::kPause); }

  std::deque<std::function<void(QueuesReply)>> asked_;
  QueueBoard board_{
      [this](std::function<void(QueuesReply)> done) { asked_.push_back(std::move(done)); }};
  BoardReader wall_;
  BoardReader other_;
};

TEST_F(QueueBoardTest, AsksNothingWhileNobodyIsThere) {
  look_later();
  EXPECT_THAT(asked_, IsEmpty());
  board_.enter(wall_);
  answer({});
  board_.leave(wall_);
  look_later();
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(QueueBoardTest, TellsAllAndThenWhatChanged) {
  board_.enter(wall_);
  answer({queue("a", 0), queue("b", 1)});
  EXPECT_THAT(wall_.heard, ElementsAre(ElementsAre("a:0", "b:1")));
  look_later();
  answer({queue("a", 0), queue("b", 1)});
  EXPECT_THAT(wall_.heard, SizeIs(1)) << "nothing changed, so nothing is told";
  look_later();
  answer({queue("a", 0), queue("b", 2), queue("c", 0)});
  EXPECT_THAT(wall_.heard.back(), ElementsAre("b:2", "c:0"));
  look_later();
  answer({queue("b", 2), queue("c", 0)});
  EXPECT_THAT(wall_.heard.back(), ElementsAre("-arn:a"));
}

TEST_F(QueueBoardTest, AsksOnceASecondAtMostAndNotWhileAnAnswerIsOnItsWay) {
  board_.enter(wall_);
  look_later();
  EXPECT_THAT(asked_, SizeIs(1)) << "the answer is on its way";
  answer({queue("a", 0)});
  board_.look(QueueBoard::Clock::now());
  EXPECT_THAT(asked_, IsEmpty()) << "the last answer is younger than the pause";
  look_later();
  EXPECT_THAT(asked_, SizeIs(1));
}

TEST_F(QueueBoardTest, WhoComesLaterGetsTheListThatTheOthersHave) {
  board_.enter(wall_);
  board_.enter(other_);
  EXPECT_THAT(asked_, SizeIs(1)) << "one answer is for both";
  answer({queue("a", 1)});
  EXPECT_THAT(other_.heard, ElementsAre(ElementsAre("a:1")));
  BoardReader third;
  board_.enter(third);
  EXPECT_THAT(third.heard, ElementsAre(ElementsAre("a:1")));
  look_later();
  answer({queue("a", 0)});
  for (const BoardReader* one : {&wall_, &other_, &third})
    EXPECT_THAT(one->heard.back(), ElementsAre("a:0"));
  board_.leave(third);
}

TEST_F(QueueBoardTest, AListOfBeforeIsNotTold) {
  board_.enter(wall_);
  answer({queue("a", 1)});
  board_.leave(wall_);
  board_.enter(other_);
  EXPECT_THAT(other_.heard, IsEmpty()) << "nobody has renewed it";
  answer({queue("a", 5)});
  EXPECT_THAT(other_.heard, ElementsAre(ElementsAre("a:5")));
}

TEST_F(QueueBoardTest, WhoHasLeftIsToldNothing) {
  board_.enter(wall_);
  board_.leave(wall_);
  board_.leave(other_);
  answer({queue("a", 1)});
  EXPECT_THAT(wall_.heard, IsEmpty());
}

TEST_F(QueueBoardTest, ALongListComesInSeveralMessages) {
  board_.enter(wall_);
  std::vector<message::QueueState> many;
  for (std::size_t i = 0; i <= message::kMaxToldQueues; ++i)
    many.push_back(queue(std::to_string(i), 0));
  answer(many);
  EXPECT_THAT(wall_.heard, ElementsAre(SizeIs(message::kMaxToldQueues), SizeIs(1)));
}

TEST_F(QueueBoardTest, NoQueuesAreToldToo) {
  board_.enter(wall_);
  answer({});
  EXPECT_THAT(wall_.heard, ElementsAre(IsEmpty()));
}

}  // namespace
}  // namespace baton::gateway
