#include <boost/describe/enum_to_string.hpp>

#include "message/print_parts.hpp"
#include "message/request_options.hpp"

namespace baton::message {
namespace {

std::string_view name_of(ReleaseOn value) {
  return boost::describe::enum_to_string(value, "alerting");
}

void write_options(JsonWriter& json, const OptionsInForce& options) {
  json.begin_object();
  json.key("releaseOn").string(name_of(options.release_on));
  json.key("ringTimeoutSeconds").number(options.ring_timeout_seconds);
  json.key("queueTimeoutSeconds").number(options.queue_timeout_seconds);
  json.key("onFailure").begin_array();
  for (const FallbackStep& step : options.on_failure) json.string(to_wire(step));
  json.end_array();
  json.key("note").string_or_null(options.note);
  json.key("attributes").begin_object();
  for (const auto& [name, value] : options.attributes) json.escaped_key(name).string(value);
  json.end_object();
  json.end_object();
}

void write_release(JsonWriter& json, std::string_view type, const std::vector<ReleaseOn>& values,
                   ReleaseOn fallback) {
  json.key(type).begin_object();
  json.key("values").begin_array();
  for (const ReleaseOn value : values) json.string(name_of(value));
  json.end_array();
  json.key("default").string(name_of(fallback));
  json.end_object();
}

}  // namespace

// The quick-connect object's published keys in their published order, so that it can be sent as it
// came.
void write_destination(JsonWriter& json, const DestinationView& destination) {
  json.begin_object();
  json.key("endpointARN").string_or_null(destination.endpoint_arn);
  json.key("endpointId").string_or_null(destination.endpoint_arn);
  json.key("type").string(destination.type);
  json.key("name").string(destination.name);
  json.key("phoneNumber").string_or_null(destination.phone_number);
  json.key("agentLogin").string_or_null(destination.agent_login);
  json.key("queue").string_or_null(destination.queue);
  json.end_object();
}

void write_backend(JsonWriter& json, const BackendError& backend) {
  json.begin_object();
  json.key("name").string(backend.name);
  json.key("code").number(backend.code);
  json.key("text").string(backend.text);
  if (backend.error) json.key("error").string(*backend.error);
  json.end_object();
}

void write_transfer_members(JsonWriter& json, const TransferStateChange& transfer) {
  json.key("transferId").id(transfer.transfer_id);
  json.key("contactId").id(transfer.contact_id);
  json.key("state").string(to_string(transfer.state));
  json.key("custody").string(to_string(transfer.custody));
  json.key("destination");
  write_destination(json, *transfer.destination);
  json.key("options");
  write_options(json, *transfer.options);
  json.key("at").time(transfer.at);
  if (transfer.reason != Reason::none) json.key("reason").string(to_string(transfer.reason));
  if (transfer.connected_to) json.key("connectedTo").string(*transfer.connected_to);
  if (transfer.connected_to_agent)
    json.key("connectedToAgent").boolean(*transfer.connected_to_agent);
  if (transfer.position) json.key("position").number(*transfer.position);
  if (transfer.estimated_wait_seconds)
    json.key("estimatedWaitSeconds").number(*transfer.estimated_wait_seconds);
  if (transfer.queue_name) json.key("queueName").string(*transfer.queue_name);
  if (transfer.backend) {
    json.key("backend");
    write_backend(json, *transfer.backend);
  }
}

// One entry for each type of destination, so that a desktop finds what holds for the one at hand by
// its type.
void write_capabilities(JsonWriter& json, const Capabilities& capabilities) {
  json.begin_object();
  json.key("backend").string(capabilities.backend);
  json.key("releaseOn").begin_object();
  for (const std::string_view type : {"dial_pad", "phone_number"}) {
    write_release(json, type, capabilities.release_on_number,
                  capabilities.default_release_on_number);
  }
  write_release(json, "queue", capabilities.release_on_queue,
                capabilities.default_release_on_queue);
  write_release(json, "agent", capabilities.release_on_agent,
                capabilities.default_release_on_agent);
  json.end_object();
  json.key("tracksAfterRelease").boolean(capabilities.tracks_after_release);
  json.key("takeBackAfterRelease").boolean(capabilities.take_back_after_release);
  json.key("fallbackAfterRelease").boolean(capabilities.fallback_after_release);
  json.key("seesAnswer").boolean(capabilities.sees_answer);
  json.end_object();
}

}  // namespace baton::message
