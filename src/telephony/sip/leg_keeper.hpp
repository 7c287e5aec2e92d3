#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "telephony/sip/loop.hpp"
#include "telephony/switch.hpp"

namespace baton::telephony::sip {

class Leg;

/// Hands over what a restart needs of the legs that changed, once before the next event, so that a
/// command that changes a leg four times costs one record. Where no event comes it is handed over
/// by itself soon. Loop thread only.
class LegKeeper {
 public:
  LegKeeper(Loop& loop, Switch::Keeper keeper) : loop_(loop), keeper_(std::move(keeper)) {}
  LegKeeper(const LegKeeper&) = delete;
  LegKeeper& operator=(const LegKeeper&) = delete;
  ~LegKeeper() = default;

  /// The leg's record no longer holds.
  void changed(Leg& leg);
  /// The leg is over: its record, if there is one, is to go.
  void ended(const Leg& leg);
  /// Hands over what changed. `event_follows`: with the event that is emitted next.
  void flush(bool event_follows);
  /// Nothing is handed over any more.
  void stop();

  /// Records handed over, and their bytes. Any thread.
  [[nodiscard]] std::uint64_t records() const { return records_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  void arm();

  Loop& loop_;
  Switch::Keeper keeper_;
  std::vector<std::weak_ptr<Leg>> changed_;
  std::vector<core::LegId> ended_;
  Loop::Timer due_;
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace baton::telephony::sip
