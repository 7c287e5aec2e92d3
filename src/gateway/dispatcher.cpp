#include "gateway/dispatcher.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "gateway/status.hpp"

namespace baton::gateway {
namespace {

using directory::Role;
using message::Reason;

std::string print_error(message::ApiError error, const std::string& agent,
                        const std::optional<std::string>& id, std::string_view epoch) {
  message::Event event;
  event.agent = agent;
  event.request_id = id;
  event.body = std::move(error);
  return message::print(event, epoch);
}

/// A refusal of the request by the gateway, with the errorType of the request's row.
message::ApiError refuse(const message::Request& request, Reason reason, std::string msg) {
  message::ApiError error;
  error.error_type = std::string(message::error_type(request));
  error.error_message = std::string(message::error_message(error.error_type));
  error.msg = std::move(msg);
  error.reason = reason;
  return error;
}

struct Denied {
  int status;
  message::ApiError error;
};

/// For whom the request acts: an agent for itself alone, a service for the agent it names, a
/// supervisor for either. Who waits in a queue is nobody's yet, and App / StateSync and the list of
/// the states are about the server: for these a service acts for itself.
std::variant<std::string, Denied> acting_for(const Caller& caller, const message::Request& request,
                                             Backend& backend) {
  if (caller.role == Role::agent) {
    if (!request.agent || *request.agent == caller.login) return caller.login;
    const bool call = request.topic == "InboundCall" || request.topic == "OutboundCall";
    return Denied{403, refuse(request, call ? Reason::callNotOwned : Reason::invalidMessage,
                              fmt::format("agent is \"{}\", but \"{}\" has the role agent and acts "
                                          "for itself only; leave agent out",
                                          *request.agent, caller.login))};
  }
  if (!request.agent) {
    if (caller.role == Role::supervisor || request.kind == message::RequestKind::move_contact ||
        request.kind == message::RequestKind::app_state_sync ||
        request.kind == message::RequestKind::get_states)
      return caller.login;
    return Denied{400, refuse(request, Reason::invalidMessage,
                              fmt::format("agent is missing: \"{}\" has the role service and must "
                                          "name the agent for whom it acts",
                                          caller.login))};
  }
  if (*request.agent != caller.login &&
      backend.account_state(*request.agent) != AccountState::active) {
    return Denied{404, refuse(request, Reason::invalidMessage,
                              fmt::format("agent is \"{}\", who is not in the directory or is "
                                          "disabled",
                                          *request.agent))};
  }
  return *request.agent;
}

}  // namespace

std::optional<Asked> Dispatcher::dispatch(const Identity& identity, std::string_view envelope,
                                          std::function<void(Outcome)> done, SocketId socket) {
  auto parsed = message::parse_request(envelope);
  if (message::Refusal* refusal = std::get_if<message::Refusal>(&parsed)) {
    done(unread(identity, std::move(*refusal)));
    return std::nullopt;
  }
  message::Request& request = std::get<message::Request>(parsed);
  // What a bridge reports is not counted among the agent's requests: a snapshot that is refused
  // would be missed. Its connection's own limit bounds it.
  if (message::is_of_bridge(request.kind)) {
    done(bridge(identity, request, envelope, socket));
    return std::nullopt;
  }
  Outcome outcome;
  if (const std::optional<TooMany> over = limits_.take(identity.caller)) {
    metrics_.hit(over->limit);
    message::ApiError error = refuse(request, Reason::rateLimited, over->msg);
    error.retryable = true;
    error.retry_after_seconds = over->retry_after_seconds;
    outcome.error = http_status(error.reason);
    outcome.text = print_error(std::move(error), identity.caller.login, request.id, hub_.epoch());
    outcome.id = std::move(request.id);
    outcome.retry_after_seconds = over->retry_after_seconds;
    done(std::move(outcome));
    return std::nullopt;
  }
  outcome.read = message::is_read(request.kind);
  outcome.id = request.id;
  std::variant<std::string, Denied> agent = acting_for(identity.caller, request, backend_);
  if (Denied* denied = std::get_if<Denied>(&agent)) {
    // A read is no line of the audit, refused or not: a client that only asks whether the server is
    // still there would fill it.
    if (!outcome.read) {
      backend_.audit({.event = "refused",
                      .caller = identity.caller,
                      .agent = request.agent.value_or(""),
                      .request = request.topic + "/" + request.subtopic,
                      .request_id = request.id.value_or(""),
                      .reason = std::string(message::to_string(denied->error.reason))});
    }
    outcome.error = denied->status;
    outcome.text =
        print_error(std::move(denied->error), identity.caller.login, request.id, hub_.epoch());
    done(std::move(outcome));
    return std::nullopt;
  }
  std::string for_agent = std::move(std::get<std::string>(agent));
  Asked asked{.error_type = message::error_type(request), .agent = for_agent, .id = request.id};
  backend_.request(identity.caller, for_agent, std::move(request),
                   [mailbox = mailbox_, outcome = std::move(outcome), for_agent,
                    epoch = hub_.epoch(), done = std::move(done)](RequestReply reply) mutable {
                     mailbox->post([outcome = std::move(outcome), for_agent = std::move(for_agent),
                                    epoch = std::move(epoch), done = std::move(done),
                                    reply = std::move(reply)]() mutable {
                       if (reply.error || !reply.accepted) {
                         const message::ApiError error = reply.error.value_or(message::ApiError{});
                         outcome.error = http_status(error);
                         outcome.retry_after_seconds = error.retry_after_seconds;
                         outcome.text = reply.error_text
                                            ? std::move(*reply.error_text)
                                            : print_error(error, for_agent, outcome.id, epoch);
                       } else {
                         outcome.text = std::move(reply.event_text).value_or("");
                         outcome.transfer_id = std::move(reply.transfer_id);
                         outcome.sequence = reply.sequence;
                       }
                       done(std::move(outcome));
                     });
                   });
  return asked;
}

std::string Dispatcher::late(const Asked& asked, std::string msg) const {
  message::ApiError error;
  error.error_type = std::string(asked.error_type);
  error.error_message = std::string(message::error_message(asked.error_type));
  error.msg = std::move(msg);
  error.reason = Reason::backendUnavailable;
  return print_error(std::move(error), asked.agent, asked.id, hub_.epoch());
}

Outcome Dispatcher::unread(const Identity& identity, message::Refusal refusal) {
  // What cannot be read costs as much as what can; a flood of it is the connection's own limit.
  const bool over = limits_.take(identity.caller).has_value();
  message::ApiError error;
  error.error_type = refusal.error_type;
  error.error_message = std::string(message::error_message(refusal.error_type));
  error.msg = std::move(refusal.msg);
  error.reason = refusal.reason;
  if (!over) {
    backend_.audit(
        {.event = "refused",
         .caller = identity.caller,
         .request = refusal.topic.empty() ? std::string() : refusal.topic + "/" + refusal.subtopic,
         .request_id = refusal.id.value_or(""),
         .reason = std::string(message::to_string(refusal.reason))});
  }
  Outcome outcome;
  outcome.error = http_status(refusal.reason);
  outcome.text = print_error(std::move(error), identity.caller.login, refusal.id, hub_.epoch());
  outcome.id = std::move(refusal.id);
  return outcome;
}

Outcome Dispatcher::refuse_binary(const Identity& identity) {
  return unread(identity, {.error_type = "INVALID_MESSAGE",
                           .reason = Reason::invalidMessage,
                           .msg = "frame: a binary frame was seen, a text frame with one JSON "
                                  "object is expected",
                           .topic = {},
                           .subtopic = {},
                           .id = {}});
}

Outcome Dispatcher::bridge(const Identity& identity, const message::Request& request,
                           std::string_view envelope, SocketId socket) {
  const Caller& caller = identity.caller;
  Outcome outcome;
  outcome.id = request.id;
  std::optional<message::ApiError> error;
  auto parsed = message::parse_bridge(request.kind, envelope);
  if (caller.role != Role::agent || (request.agent && *request.agent != caller.login)) {
    error = refuse(request, Reason::callNotOwned,
                   "agent: a bridge reports the session of the agent who has signed in, and of "
                   "nobody else");
  } else if (socket == 0) {
    error = refuse(request, Reason::notSupported, "topic: a bridge speaks on a WebSocket");
  } else if (const auto* refusal = std::get_if<message::Refusal>(&parsed)) {
    error = refuse(request, refusal->reason, refusal->msg);
  } else {
    error = backend_.bridge(caller, socket, std::move(std::get<message::BridgeFrame>(parsed)));
    if (error) error = refuse(request, error->reason, error->msg);
  }
  if (!error) {
    outcome.of_bridge = true;
    return outcome;
  }
  outcome.error = http_status(*error);
  outcome.text = print_error(std::move(*error), caller.login, request.id, hub_.epoch());
  return outcome;
}

}  // namespace baton::gateway
