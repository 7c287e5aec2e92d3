#include "telephony/sip/leg_context.hpp"

#include <utility>

namespace baton::telephony::sip {

struct Completion::State {
  State(LegContext& context_in, core::CommandId command_in)
      : context(context_in), command(command_in) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { answer(false, 500, "The switch dropped the command.", std::nullopt); }

  void answer(bool good, int code, std::string text, std::optional<core::LegId> failed_leg) {
    if (answered) return;
    answered = true;
    if (!good) context.counters.commands_failed.fetch_add(1, std::memory_order_relaxed);
    context.emit(core::CommandResult{command, good, code, std::move(text), failed_leg});
  }

  LegContext& context;
  core::CommandId command;
  bool answered = false;
};

Completion::Completion(LegContext& context, core::CommandId command)
    : state_(std::make_shared<State>(context, command)) {}

void Completion::ok() const {
  if (state_) state_->answer(true, 0, {}, std::nullopt);
}

void Completion::fail(int code, std::string text, std::optional<core::LegId> failed_leg) const {
  if (state_) state_->answer(false, code, std::move(text), failed_leg);
}

bool Completion::answered() const { return !state_ || state_->answered; }

}  // namespace baton::telephony::sip
