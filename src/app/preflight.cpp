#include "app/preflight.hpp"

#include <boost/json.hpp>
#include <utility>

#include "app/rest_views.hpp"
#include "message/event.hpp"
#include "message/request.hpp"

namespace baton::app {

namespace json = boost::json;

using message::Reason;

std::variant<core::RequestInput, gateway::RestReply> parse_preflight(const gateway::Caller& caller,
                                                                     const std::string& body) {
  boost::system::error_code error;
  const json::value parsed = json::parse(body, error);
  const json::object* asked = error ? nullptr : parsed.if_object();
  if (asked == nullptr || !asked->contains("destination")) {
    return rest_error(400, Reason::invalidMessage,
                      "the body must be {\"destination\": what a BlindTransfer has as its data, "
                      "\"options\"?: ..., \"agent\"?: a login}");
  }
  core::RequestInput input;
  input.caller = caller.login;
  input.role = caller.role;
  input.agent = caller.login;
  if (const json::value* agent = asked->if_contains("agent"); agent != nullptr) {
    if (!agent->is_string())
      return rest_error(400, Reason::invalidMessage, "agent: it must be a login, a text");
    input.agent = std::string(agent->get_string());
    if (caller.role == directory::Role::agent && input.agent != caller.login) {
      return rest_error(403, Reason::callNotOwned,
                        "agent is '" + input.agent + "', but '" + caller.login +
                            "' has the role agent and asks for itself only; leave agent out");
    }
  } else if (caller.role == directory::Role::service) {
    return rest_error(400, Reason::invalidMessage,
                      "agent is missing: '" + caller.login +
                          "' has the role service and must name the agent who would transfer");
  }
  // The message's own reader decides what a destination is, so that both give the same verdict.
  json::object envelope{{"channel", "Amazon"},
                        {"topic", "InboundCall"},
                        {"subtopic", "BlindTransfer"},
                        {"source", "preflight"},
                        {"data", asked->at("destination")}};
  if (const json::value* options = asked->if_contains("options")) envelope["options"] = *options;
  auto request = message::parse_request(json::serialize(envelope));
  if (auto* refusal = std::get_if<message::Refusal>(&request)) {
    message::ApiError error_data;
    error_data.error_type = std::move(refusal->error_type);
    error_data.error_message = message::error_message(error_data.error_type);
    error_data.msg = std::move(refusal->msg);
    error_data.reason = refusal->reason;
    gateway::RestReply reply;
    reply.body = message::print(
        message::PreflightView{.destination = {}, .number = {}, .refusal = std::move(error_data)});
    return reply;
  }
  input.request = std::move(std::get<message::Request>(request));
  return input;
}

gateway::RestReply preflight_json(const core::Preflight& preflight) {
  // Of a destination's own faults none is an invalid message.
  if (preflight.refusal && preflight.refusal->reason == Reason::invalidMessage)
    return rest_error(404, Reason::invalidMessage, preflight.refusal->msg);
  message::PreflightView view;
  view.destination = preflight.destination;
  view.refusal = preflight.refusal;
  if (preflight.number) {
    view.number =
        message::NumberView{.number = preflight.number->number,
                            .possible = preflight.number->possible,
                            .country = preflight.number->country,
                            .number_class = std::string(to_string(preflight.number->number_class))};
  }
  gateway::RestReply reply;
  reply.body = message::print(view);
  return reply;
}

}  // namespace baton::app
