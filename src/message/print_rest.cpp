#include "message/json_writer.hpp"
#include "message/print_parts.hpp"

namespace baton::message {
namespace {

constexpr std::size_t kUsualReplyBytes = 2'048;

}  // namespace

std::string print(const TransferView& transfer) {
  JsonWriter json(kUsualReplyBytes);
  json.begin_object();
  write_transfer_members(json, transfer.current);
  json.key("agent").string(transfer.agent);
  json.key("id").string_or_null(transfer.request_id);
  json.key("calledQueue").string_or_null(std::string_view(transfer.called_queue));
  json.key("acceptedAt").time(transfer.accepted_at);
  json.key("releasedAt").time_or_null(transfer.released_at);
  json.key("outcomeAt").time_or_null(transfer.outcome_at);
  json.end_object();
  return json.take();
}

std::string print_timeline(const TransferView& transfer) {
  JsonWriter json(kUsualReplyBytes);
  json.begin_object();
  json.key("transferId").id(transfer.current.transfer_id);
  json.key("contactId").id(transfer.current.contact_id);
  json.key("items").begin_array();
  for (const TransferStep& step : transfer.timeline) {
    json.begin_object();
    json.key("at").time(step.at);
    json.key("state").string(to_string(step.state));
    json.key("custody").string(to_string(step.custody));
    if (step.reason != Reason::none) json.key("reason").string(to_string(step.reason));
    json.key("detail").string(step.detail);
    json.end_object();
  }
  json.end_array();
  json.key("nextCursor").null();
  json.end_object();
  return json.take();
}

std::string print(const ContactView& contact) {
  JsonWriter json(kUsualReplyBytes);
  json.begin_object();
  json.key("contactId").id(contact.contact_id);
  json.key("direction").string(contact.direction);
  json.key("customer").string_or_null(std::string_view(contact.customer));
  json.key("dialed").string_or_null(std::string_view(contact.dialed));
  json.key("queueName").string_or_null(std::string_view(contact.queue_name));
  json.key("state").string(contact.state);
  json.key("startedAt").time(contact.started_at);
  json.key("endedAt").time_or_null(contact.ended_at);
  json.key("legs").begin_array();
  for (const LegRecord& leg : contact.legs) {
    json.begin_object();
    json.key("connectionId").id(leg.connection_id);
    json.key("type").string(leg.type);
    json.key("party").string(leg.party);
    json.key("startedAt").time(leg.started_at);
    json.key("answeredAt").time_or_null(leg.answered_at);
    json.key("endedAt").time_or_null(leg.ended_at);
    json.key("endCode").number(leg.end_code);
    json.key("endText").string(leg.end_text);
    json.end_object();
  }
  json.end_array();
  json.key("transfers").begin_array();
  for (const Uuid& transfer : contact.transfers) json.id(transfer);
  json.end_array();
  json.key("moves").begin_array();
  for (const QueueMove& move : contact.moves) {
    json.begin_object();
    json.key("at").time(move.at);
    json.key("from").string(move.from);
    json.key("to").string(move.to);
    json.key("by").string(move.by);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

std::string print(const PreflightView& preflight) {
  JsonWriter json(kUsualReplyBytes);
  json.begin_object();
  json.key("allowed").boolean(!preflight.refusal);
  json.key("destination");
  if (preflight.destination.type.empty()) {
    json.null();
  } else {
    write_destination(json, preflight.destination);
  }
  json.key("number");
  if (preflight.number) {
    json.begin_object();
    json.key("phoneNumber").string(preflight.number->number);
    json.key("possible").boolean(preflight.number->possible);
    json.key("country").string(preflight.number->country);
    json.key("class").string(preflight.number->number_class);
    json.end_object();
  } else {
    json.null();
  }
  json.key("error");
  if (preflight.refusal) {
    write_error(json, *preflight.refusal);
  } else {
    json.null();
  }
  json.end_object();
  return json.take();
}

}  // namespace baton::message
