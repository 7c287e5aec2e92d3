#include "gateway/queue_board.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace baton::gateway {
namespace {

Subscriber::Text printed(std::span<const message::QueueState> queues, std::int64_t at,
                         std::span<const std::string> removed = {}) {
  return std::make_shared<const std::string>(message::print_queue_states(queues, at, removed));
}

/// As many messages as it takes; one where there is none, since that is told, too.
std::vector<Subscriber::Text> print_all(const QueuesReply& reply) {
  std::vector<Subscriber::Text> texts;
  std::span<const message::QueueState> left(reply.queues);
  do {
    const std::size_t count = std::min(left.size(), message::kMaxToldQueues);
    texts.push_back(printed(left.first(count), reply.at));
    left = left.subspan(count);
  } while (!left.empty());
  return texts;
}

}  // namespace

void QueueBoard::enter(Subscriber& subscriber) {
  // While anybody is there the list is renewed, so that it is fresh; else the one that was told
  // last may be of yesterday.
  if (told_.empty()) {
    waiting_.push_back(&subscriber);
    if (!asking_) ask();
    return;
  }
  told_.push_back(&subscriber);
  if (whole_.empty()) whole_ = print_all(last_);
  for (const Subscriber::Text& text : whole_) subscriber.catch_up(text);
}

void QueueBoard::leave(Subscriber& subscriber) {
  std::erase(told_, &subscriber);
  std::erase(waiting_, &subscriber);
}

void QueueBoard::look(Clock::time_point now) {
  if (asking_ || now - answered_ < kPause || (told_.empty() && waiting_.empty())) return;
  ask();
}

void QueueBoard::ask() {
  asking_ = true;
  ask_([this](QueuesReply reply) { take(std::move(reply)); });
}

void QueueBoard::take(QueuesReply reply) {
  asking_ = false;
  answered_ = Clock::now();
  if (!told_.empty()) {
    for (const Subscriber::Text& text : changes(reply)) {
      for (Subscriber* subscriber : told_) subscriber->deliver(text);
    }
  }
  last_ = std::move(reply);
  whole_.clear();
  if (waiting_.empty()) return;
  whole_ = print_all(last_);
  for (Subscriber* subscriber : waiting_) {
    for (const Subscriber::Text& text : whole_) subscriber->catch_up(text);
    told_.push_back(subscriber);
  }
  waiting_.clear();
}

std::vector<Subscriber::Text> QueueBoard::changes(const QueuesReply& reply) const {
  std::map<std::string_view, const message::QueueState*> before;
  for (const message::QueueState& queue : last_.queues) before.emplace(queue.arn, &queue);
  QueuesReply changed{.queues = {}, .at = reply.at};
  for (const message::QueueState& queue : reply.queues) {
    const auto known = before.find(queue.arn);
    if (known == before.end() || *known->second != queue) changed.queues.push_back(queue);
    if (known != before.end()) before.erase(known);
  }
  std::vector<Subscriber::Text> texts;
  if (!changed.queues.empty()) texts = print_all(changed);
  if (!before.empty()) {
    std::vector<std::string> removed;
    for (const auto& [arn, queue] : before) removed.emplace_back(arn);
    texts.push_back(printed({}, reply.at, removed));
  }
  return texts;
}

}  // namespace baton::gateway
