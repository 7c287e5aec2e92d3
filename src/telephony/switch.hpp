#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/command.hpp"
#include "core/input.hpp"
#include "message/event.hpp"

namespace baton::telephony {

/// What a restarted process needs in order to go on with a leg. Only the back end that made it
/// reads it.
struct SavedLeg {
  core::LegId leg;
  /// The back end's own form, which carries its version; empty: the leg is over, forget it.
  std::string state;
};

/// A telephony back end: commands in, leg events out (docs/architecture.md, "Two kinds of back
/// ends, one shape").
class Switch {
 public:
  /// Where the back end puts what happened: LegIncoming .. CommandResult, PhoneReachable. Called on
  /// the back end's own thread; must not block.
  using Sink = std::function<void(core::InputBody)>;
  /// Where the back end puts what must be kept of a leg: called on the back end's own thread before
  /// the sink gets the event that the change belongs to, so that both go into one commit.
  /// `event_follows` false: no event comes with this change. Must not block.
  using Keeper = std::function<void(SavedLeg leg, bool event_follows)>;

  Switch() = default;
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;
  virtual ~Switch() = default;

  /// Hands over a batch of commands, in order. Any thread; does not block.
  virtual void submit(std::vector<core::Command> commands) = 0;

  [[nodiscard]] virtual message::Capabilities capabilities() const = 0;
};

}  // namespace baton::telephony
