#include "gateway/event_log.hpp"

#include <utility>

namespace baton::gateway {

void EventLog::append(std::uint64_t sequence, std::int64_t at, Text text) {
  if (last_ && sequence != *last_ + 1) clear();
  bytes_ += text->size();
  entries_.push_back({at, std::move(text)});
  last_ = sequence;
  while (entries_.size() > limits_.events || bytes_ > limits_.bytes) drop_oldest();
  expire(at);
}

void EventLog::expire(std::int64_t now) {
  while (!entries_.empty() && now - entries_.front().at > limits_.milliseconds) drop_oldest();
  // A deque keeps its blocks; thousands of agents that went quiet should not.
  if (entries_.empty()) entries_.shrink_to_fit();
}

std::optional<std::vector<EventLog::Text>> EventLog::after(std::uint64_t sequence) const {
  if (!last_ || sequence > *last_) return std::nullopt;
  const std::uint64_t missed = *last_ - sequence;
  if (missed > entries_.size()) return std::nullopt;
  std::vector<Text> texts;
  texts.reserve(static_cast<std::size_t>(missed));
  for (std::size_t i = entries_.size() - static_cast<std::size_t>(missed); i < entries_.size();
       ++i) {
    texts.push_back(entries_[i].text);
  }
  return texts;
}

void EventLog::clear() {
  entries_.clear();
  last_.reset();
  bytes_ = 0;
}

void EventLog::drop_oldest() {
  bytes_ -= entries_.front().text->size();
  entries_.pop_front();
}

}  // namespace baton::gateway
