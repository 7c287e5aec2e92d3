#pragma once

#include <functional>
#include <vector>

#include "core/command.hpp"
#include "core/input.hpp"
#include "message/event.hpp"

namespace baton::telephony {

/// A telephony back end: commands in, leg events out (docs/architecture.md, "Two kinds of back
/// ends, one shape").
class Switch {
 public:
  /// Where the back end puts what happened: LegIncoming .. CommandResult, PhoneReachable. Called on
  /// the back end's own thread; must not block.
  using Sink = std::function<void(core::InputBody)>;

  Switch() = default;
  Switch(const Switch&) = delete;
  Switch& operator=(const Switch&) = delete;
  virtual ~Switch() = default;

  /// Hands over a batch of commands, in order. Any thread; does not block.
  virtual void submit(std::vector<core::Command> commands) = 0;

  [[nodiscard]] virtual message::Capabilities capabilities() const = 0;
};

}  // namespace baton::telephony
