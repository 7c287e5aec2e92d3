#include "engine/kept_events.hpp"

#include <algorithm>
#include <boost/describe.hpp>
#include <utility>

#include "core/named_codec.hpp"

namespace baton::engine {

namespace {

/// An event on the disk.
struct SavedEvent {
  std::string agent;
  std::uint64_t sequence = 0;
  std::int64_t at = 0;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(SavedEvent, (), (agent, sequence, at, text))

struct SavedEvents {
  std::vector<SavedEvent> events;
};
BOOST_DESCRIBE_STRUCT(SavedEvents, (), (events))

}  // namespace

void KeptEvents::add(const Published& event) {
  bytes_ += event.text->size();
  events_.push_back(event);
  const core::TimeMs oldest = event.at - max_age_ms_;
  while (bytes_ > max_bytes_ || (!events_.empty() && events_.front().at < oldest)) {
    bytes_ -= events_.front().text->size();
    events_.pop_front();
  }
}

std::deque<Published> KeptEvents::take() {
  bytes_ = 0;
  return std::exchange(events_, {});
}

std::string encode_events(std::deque<Published>& events, std::size_t bytes,
                          core::TimeMs& newest_at) {
  SavedEvents saved;
  std::size_t taken = 0;
  while (!events.empty() && taken < bytes) {
    Published& event = events.front();
    taken += event.text->size();
    newest_at = event.at;
    saved.events.push_back({.agent = std::move(event.agent),
                            .sequence = event.sequence,
                            .at = event.at,
                            .text = *event.text});
    events.pop_front();
  }
  std::string out;
  core::NamedEncoder::encode(saved, out);
  return out;
}

bool decode_events(std::string_view bytes, std::vector<Published>& events) {
  SavedEvents saved;
  if (!core::NamedDecoder::decode(bytes, saved).empty()) return false;
  for (SavedEvent& each : saved.events) {
    events.push_back({.agent = std::move(each.agent),
                      .sequence = each.sequence,
                      .at = each.at,
                      .text = std::make_shared<const std::string>(std::move(each.text))});
  }
  return true;
}

}  // namespace baton::engine
