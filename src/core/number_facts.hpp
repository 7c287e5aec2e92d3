#pragma once

#include <variant>

#include "core/input.hpp"
#include "message/request.hpp"

namespace baton::core {

/// Fills in what a request must say of the number on its dial pad, by `look_up(number)`, which
/// returns directory::NumberFacts.
template <class LookUp>
void look_up_numbers(RequestInput& asked, const LookUp& look_up) {
  if (!asked.request.destination) return;
  if (const auto* typed = std::get_if<message::DialPad>(&*asked.request.destination))
    asked.number_facts = look_up(typed->number);
}

/// The same for an input of any kind and all outside numbers in it: the edge's duty, before the
/// input is journalled. A number without its facts is never dialled.
template <class LookUp>
void look_up_numbers(InputBody& body, const LookUp& look_up) {
  if (auto* asked = std::get_if<RequestInput>(&body)) {
    look_up_numbers(*asked, look_up);
  } else if (auto* incoming = std::get_if<LegIncoming>(&body)) {
    if (incoming->from_agent.empty()) return;
    if (const auto number = message::normalize_e164(incoming->to_number))
      incoming->number_facts = look_up(*number);
  } else if (auto* refer = std::get_if<LegRefer>(&body)) {
    if (const auto number = message::normalize_e164(refer->target_user))
      refer->number_facts = look_up(*number);
  } else if (auto* changed = std::get_if<DirectoryChanged>(&body)) {
    for (directory::QuickConnect& each : changed->directory.quick_connects) {
      if (each.kind == directory::QuickConnectKind::phone_number)
        each.number_facts = look_up(each.phone_number);
    }
  }
}

}  // namespace baton::core
