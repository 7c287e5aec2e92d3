#include "copy.hpp"

#include <algorithm>
#include <memory>

#include "core/inspection.hpp"

namespace baton::simulation {

namespace {

/// Nearly always they have the same keys: the values, and their memory, stay where they were.
template <class Map>
void copy_values(Map& to, const Map& from) {
  const bool same =
      std::ranges::equal(to, from, {}, &Map::value_type::first, &Map::value_type::first);
  if (!same) {
    to = from;
    return;
  }
  auto place = to.begin();
  for (const auto& [key, value] : from) (place++)->second = value;
}

}  // namespace

CopiedCenter::CopiedCenter(const CopiedCenter& other) { *this = other; }

CopiedCenter& CopiedCenter::operator=(const CopiedCenter& other) {
  if (this == &other) return *this;
  const core::Inspection::State& from = core::Inspection::of(other.center);
  core::Inspection::State& to = core::Inspection::of(center);
  to.now_ = from.now_;
  to.random_state_ = from.random_state_;
  to.random_step_ = from.random_step_;
  to.policy_ = from.policy_;
  to.directory_ = from.directory_;
  copy_values(to.agents_, from.agents_);
  to.contacts_.clear();
  for (const auto& [id, contact] : from.contacts_)
    to.contacts_.emplace(id, std::make_unique<core::Contact>(*contact));
  to.legs_ = from.legs_;
  to.transfers_.clear();
  for (const auto& [id, transfer] : from.transfers_)
    to.transfers_.emplace(id, std::make_unique<core::Transfer>(*transfer));
  copy_values(to.lines_, from.lines_);
  copy_values(to.available_, from.available_);
  to.dialled_ = from.dialled_;
  to.swept_at_ = from.swept_at_;
  to.commands_ = from.commands_;
  to.timers_ = from.timers_;
  to.next_command_ = from.next_command_;
  to.next_timer_ = from.next_timer_;
  to.counters_ = from.counters_;
  to.over_ = from.over_;
  to.settled_ = from.settled_;
  return *this;
}

}  // namespace baton::simulation
