#include <array>
#include <utility>

#include "message/print_parts.hpp"

namespace baton::message {
namespace {

constexpr std::array kButtonKeys = std::to_array<std::pair<CallButton, std::string_view>>({
    {CallButton::answer, "answer"},
    {CallButton::reject, "reject"},
    {CallButton::disconnect, "disconnect"},
    {CallButton::hold, "hold"},
    {CallButton::resume, "resume"},
    {CallButton::clear_contact, "clearContact"},
    {CallButton::consult, "consult"},
    {CallButton::numberpad, "numberpad"},
    {CallButton::swap, "swap"},
    {CallButton::transfer, "transfer"},
    {CallButton::conference, "conference"},
    {CallButton::blind_transfer, "blindTransfer"},
});

// blindTransfer is our own and not counted, so that a desktop which checks the count still finds
// the published one.
constexpr int kPublishedButtons = 11;

}  // namespace

void write_button_states(JsonWriter& json, CallButtons buttons) {
  json.begin_object().key("items").begin_object();
  for (const auto& [button, name] : kButtonKeys)
    json.key(name).string(buttons.has(button) ? "Enable" : "Hide");
  json.end_object().key("count").number(kPublishedButtons).end_object();
}

void write_leg(JsonWriter& json, const CallLegView& leg) {
  json.begin_object();
  json.key("connectionId").id(leg.connection_id);
  json.key("contactId").id(leg.contact_id);
  json.key("phoneNumber").string_or_null(leg.phone_number);
  json.key("status").string(leg.status);
  json.key("statusTimestamp").time(leg.status_at);
  json.key("type").string(leg.type);
  json.key("buttonStates").begin_object();
  for (const auto& [button, name] : kButtonKeys) json.key(name).boolean(leg.buttons.has(button));
  json.end_object();
  if (leg.previous_status) json.key("previousStatus").string(*leg.previous_status);
  json.end_object();
}

}  // namespace baton::message
