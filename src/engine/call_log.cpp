#include "engine/call_log.hpp"

#include <spdlog/spdlog.h>

#include <string>

#include "log/about.hpp"
#include "message/text.hpp"

namespace baton::engine {

void log_step(const message::TransferView& transfer) {
  using message::TransferState;
  const message::TransferStateChange& now = transfer.current;
  const bool failed = message::is_outcome(now.state) && now.state != TransferState::connected &&
                      now.state != TransferState::completed;
  const spdlog::level::level_enum level = failed ? spdlog::level::info : spdlog::level::debug;
  // Five steps a transfer: nothing is worked out for lines that nobody wants.
  if (!spdlog::should_log(level)) return;
  const log::About about({.contact = now.contact_id, .transfer = now.transfer_id});
  std::string why;
  if (now.reason != message::Reason::none) {
    why = ": ";
    why += message::to_string(now.reason);
  }
  if (now.backend && now.backend->code != 0) {
    why += " (" + std::to_string(now.backend->code);
    // A SIP reason phrase; what another back end says may hold a number, and its error's name does
    // not.
    if (now.backend->name == "sip") {
      why += ' ' + message::text::without_numbers(now.backend->text);
    } else if (now.backend->error) {
      why += ' ' + message::text::shown(*now.backend->error);
    }
    why += ')';
  }
  spdlog::log(level, "transfer of {} to a {}: {}, the customer is with: {}{}", transfer.agent,
              now.destination->type, message::to_string(now.state), message::to_string(now.custody),
              why);
}

void log_illegal_move(const message::TransferView& transfer) {
  const log::About about(
      {.contact = transfer.current.contact_id, .transfer = transfer.current.transfer_id});
  spdlog::error(
      "a transfer took a way that the table of states does not have: a fault of Baton's, please "
      "report it with a copy of the store");
}

}  // namespace baton::engine
