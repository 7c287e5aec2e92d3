#include "telephony/sip/leg_keeper.hpp"

#include <chrono>

#include "telephony/sip/leg.hpp"

namespace baton::telephony::sip {
namespace {

/// A change without an event is kept this late at most: most have one within some milliseconds.
constexpr std::chrono::milliseconds kAlone{50};

}  // namespace

void LegKeeper::changed(Leg& leg) {
  if (!keeper_ || std::exchange(leg.kept().changed, true)) return;
  changed_.push_back(leg.weak_from_this());
  arm();
}

void LegKeeper::ended(const Leg& leg) {
  if (!keeper_ || !leg.kept().stored) return;
  ended_.push_back(leg.id());
  arm();
}

void LegKeeper::arm() {
  if (due_) return;
  due_ = loop_.after(kAlone, [this] {
    due_ = {};
    flush(false);
  });
}

void LegKeeper::flush(bool event_follows) {
  if (changed_.empty() && ended_.empty()) return;
  std::vector<SavedLeg> saved;
  for (const auto& weak : std::exchange(changed_, {})) {
    const auto leg = weak.lock();
    if (!leg || !std::exchange(leg->kept().changed, false)) continue;
    if (const auto record = leg->record()) {
      leg->kept().stored = true;
      saved.push_back({.leg = leg->id(), .state = print(*record)});
      records_.fetch_add(1, std::memory_order_relaxed);
      bytes_.fetch_add(saved.back().state.size(), std::memory_order_relaxed);
    }
  }
  for (const core::LegId& leg : std::exchange(ended_, {})) {
    saved.push_back({.leg = leg, .state = {}});
  }
  for (std::size_t i = 0; i < saved.size(); ++i) {
    keeper_(std::move(saved[i]), event_follows || i + 1 < saved.size());
  }
}

void LegKeeper::stop() {
  loop_.cancel(due_);
  keeper_ = nullptr;
  changed_.clear();
  ended_.clear();
}

}  // namespace baton::telephony::sip
