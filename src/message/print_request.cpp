#include <boost/describe/enum_to_string.hpp>

#include "message/json_writer.hpp"
#include "message/request.hpp"
#include "message/request_options.hpp"
#include "message/request_table.hpp"

namespace baton::message {
namespace {

constexpr std::size_t kUsualRequestBytes = 768;

void write_destination(JsonWriter& json, const Destination& destination) {
  if (const auto* dial_pad = std::get_if<DialPad>(&destination)) {
    json.string(dial_pad->number);
    return;
  }
  const auto& quick_connect = std::get<QuickConnectRef>(destination);
  json.begin_object();
  json.key("endpointARN").string(quick_connect.endpoint_arn);
  json.key("endpointId").string(quick_connect.endpoint_arn);
  json.key("type").string(boost::describe::enum_to_string(quick_connect.type, ""));
  json.key("name").string(quick_connect.name);
  json.key("phoneNumber").string_or_null(quick_connect.phone_number);
  json.key("agentLogin").string_or_null(quick_connect.agent_login);
  json.key("queue").string_or_null(quick_connect.queue);
  json.end_object();
}

void write_options(JsonWriter& json, const TransferOptions& options) {
  json.begin_object();
  if (options.release_on)
    json.key("releaseOn").string(boost::describe::enum_to_string(*options.release_on, ""));
  if (options.ring_timeout_seconds)
    json.key("ringTimeoutSeconds").number(*options.ring_timeout_seconds);
  if (options.queue_timeout_seconds)
    json.key("queueTimeoutSeconds").number(*options.queue_timeout_seconds);
  if (options.on_failure) {
    json.key("onFailure").begin_array();
    for (const FallbackStep& step : *options.on_failure) json.string(to_wire(step));
    json.end_array();
  }
  if (options.note) json.key("note").string(*options.note);
  if (!options.attributes.empty()) {
    json.key("attributes").begin_object();
    for (const auto& [name, value] : options.attributes) json.escaped_key(name).string(value);
    json.end_object();
  }
  json.end_object();
}

void write_data(JsonWriter& json, const Request& request) {
  if (request.kind == RequestKind::move_contact) {
    json.key("data").begin_object();
    if (request.contact_id) json.key("contactId").string(*request.contact_id);
    if (request.destination) {
      json.key("destination");
      write_destination(json, *request.destination);
    }
    json.end_object();
  } else if (request.destination) {
    json.key("data");
    write_destination(json, *request.destination);
  } else if (request.state) {
    json.key("data").begin_object();
    json.key("label").string(request.state->label);
    json.key("code").string(request.state->code);
    json.key("type").string(request.state->type);
    json.end_object();
  } else if (request.kind == RequestKind::set_not_ready) {
    json.key("data").begin_object().key("ReasonCodeId").string(request.reason_code).end_object();
  } else if (request.kind == RequestKind::send_dtmf) {
    json.key("data").string(request.digits);
  } else if (request.transfer_id) {
    json.key("data").string(*request.transfer_id);
  }
}

}  // namespace

std::string print(const Request& request) {
  JsonWriter json(kUsualRequestBytes);
  json.begin_object();
  json.key("channel").string(kChannel);
  json.key("topic").string(request.topic);
  json.key("subtopic").string(request.subtopic);
  json.key("source").string(request.source);
  write_data(json, request);
  if (request.id) json.key("id").string(*request.id);
  if (request.contact_id && request.kind != RequestKind::move_contact) {
    json.key("contactId").string(*request.contact_id);
  }
  if (request.agent) json.key("agent").string(*request.agent);
  if (!(request.options == TransferOptions{})) {
    json.key("options");
    write_options(json, request.options);
  }
  json.end_object();
  return json.take();
}

}  // namespace baton::message
