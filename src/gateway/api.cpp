#include "gateway/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <utility>

#include "gateway/client_address.hpp"
#include "gateway/target.hpp"

namespace baton::gateway {
namespace {

using directory::Role;

constexpr std::size_t kDirectoryBytes = std::size_t{64} * 1024 * 1024;
constexpr std::size_t kSmallBodyBytes = 4096;
constexpr std::size_t kThrottledKeys = 10'000;  ///< Of logins, and of addresses.
constexpr std::string_view kFramePath = "ccp-v2";

struct Place {
  Route route;
  std::string_view methods;  ///< As the Allow header tells them; OPTIONS goes without saying.
  RestRequest rest;
};

/// Where a path leads, or nothing.
std::optional<Place> find_place(const std::vector<std::string>& segments) {
  if (segments.size() < 2 || segments[0] != "v1") return std::nullopt;
  const std::string& name = segments[1];
  if (segments.size() == 2) {
    if (name == "ws") return Place{Route::websocket, "GET", {}};
    if (name == "messages") return Place{Route::messages, "POST", {}};
    if (name == "login") return Place{Route::login, "POST", {}};
    if (name == "logout") return Place{Route::logout, "POST", {}};
    if (name == "ws-tickets") return Place{Route::tickets, "POST", {}};
    if (name == "directory") return Place{Route::directory, "PUT", {}};
    for (std::string_view list :
         {"transfers", "agents", "queues", "quick-connects", "statistics"}) {
      if (name == list) return Place{Route::rest, "GET, HEAD", {std::string(list), "", {}}};
    }
    return std::nullopt;
  }
  if (segments[2].empty()) return std::nullopt;
  if (segments.size() == 3) {
    if (name == "transfers" && segments[2] == "preflight")
      return Place{Route::preflight, "POST", {"preflight", "", {}}};
    if (name == "transfers") return Place{Route::rest, "GET, HEAD", {"transfer", segments[2], {}}};
    if (name == "queues" && segments[2] == "waiting")
      return Place{Route::rest, "GET, HEAD", {"waiting", "", {}}};
    if (name == "me" && segments[2] == "preferences")
      return Place{Route::preferences, "GET, HEAD, PUT", {"preferences", "", {}}};
    if (name == "contacts") return Place{Route::rest, "GET, HEAD", {"contact", segments[2], {}}};
    return std::nullopt;
  }
  if (segments.size() == 4 && name == "transfers" && segments[3] == "timeline") {
    return Place{Route::rest, "GET, HEAD", {"timeline", segments[2], {}}};
  }
  return std::nullopt;
}

/// What the page /ccp-v2/ may ask for, below its own path: no more than it needs, since a browser
/// sends its cookie from another site's frame.
std::optional<Place> find_framed_place(const std::vector<std::string>& segments) {
  const std::vector<std::string> below(segments.begin() + 1, segments.end());
  if (below == std::vector<std::string>{"v1", "session"})
    return Place{Route::frame_session, "POST", {}};
  if (below == std::vector<std::string>{"v1", "embedders"})
    return Place{Route::embedders, "GET, HEAD", {}};
  std::optional<Place> place = find_place(below);
  if (!place) return std::nullopt;
  if (place->route == Route::directory || place->route == Route::tickets ||
      place->route == Route::preferences) {
    return std::nullopt;
  }
  const std::string& resource = place->rest.resource;
  if (place->route == Route::rest && resource != "transfers" && resource != "queues" &&
      resource != "quick-connects") {
    return std::nullopt;
  }
  return place;
}

bool allows(std::string_view methods, std::string_view method) {
  const std::vector<std::string_view> list = split_list(methods);
  return std::find(list.begin(), list.end(), method) != list.end();
}

/// Those that are made one at a time.
bool is_slow(const RestRequest& rest) {
  const auto format = rest.query.find("format");
  return rest.resource == "statistics" ||
         (rest.resource == "transfers" && format != rest.query.end() && format->second == "csv");
}

bool is_json(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type == "application/json";
}

}  // namespace

Api::Api(const GatewayConfig& config, Backend& backend, Authenticator& authenticator,
         Sessions& sessions, Hub& hub, Dispatcher& dispatcher, Worker& worker, Metrics& metrics,
         CallerLimits& limits, Pages pages, std::shared_ptr<Mailbox> mailbox, Clock clock,
         EndSession end_session)
    : config_(config),
      backend_(backend),
      authenticator_(authenticator),
      sessions_(sessions),
      hub_(hub),
      dispatcher_(dispatcher),
      worker_(worker),
      metrics_(metrics),
      limits_(limits),
      pages_(std::move(pages)),
      mailbox_(std::move(mailbox)),
      clock_(std::move(clock)),
      end_session_(std::move(end_session)),
      logins_({config.login_failures, config.login_max_delay_seconds, kThrottledKeys}),
      addresses_(
          {config.login_failures_per_address, config.login_max_delay_seconds, kThrottledKeys}) {}

Response Api::refuse(std::string_view path, const HttpError& error) const {
  return path == "/v1/messages" ? envelope_error(error, hub_.epoch()) : rest_error(error);
}

std::optional<Response> Api::count(const Caller& caller, std::string_view path) {
  std::optional<TooMany> over = limits_.take(caller);
  if (!over) return std::nullopt;
  metrics_.hit(over->limit);
  return refuse(path, {429, std::move(over->msg), over->retry_after_seconds});
}

void Api::add_origin_headers(Response& response, std::string_view origin) const {
  response.headers.emplace_back("Vary", "Origin");
  if (!authenticator_.origin_configured(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
  response.headers.emplace_back("Access-Control-Expose-Headers",
                                "Retry-After, Baton-Rows, Baton-Total");
}

std::variant<Response, Admitted> Api::admit(const RequestHead& head) {
  const std::string_view path = head.path();
  std::variant<Target, std::string> parsed = parse_target(head.target);
  if (std::string* why = std::get_if<std::string>(&parsed)) {
    return refuse(path, {400, std::move(*why)});
  }
  Target& target = std::get<Target>(parsed);
  const bool framed = !target.segments.empty() && target.segments.front() == kFramePath;
  if (framed && config_.frame_origins.empty()) {
    return refuse(path, {404, fmt::format("there is nothing at {}: http.frame_origins names nobody "
                                          "who may embed the page",
                                          path)});
  }
  std::optional<Place> place =
      framed ? find_framed_place(target.segments) : find_place(target.segments);
  if (!place) {
    if (std::optional<Response> file = page(head)) return std::move(*file);
    return refuse(path, {404, fmt::format("there is nothing at {}", path)});
  }

  if (head.method == "OPTIONS") {
    Response response;
    response.status = 204;
    response.content_type.clear();
    response.headers.emplace_back("Allow", fmt::format("{}, OPTIONS", place->methods));
    if (authenticator_.origin_configured(head.origin)) {
      response.headers.emplace_back("Access-Control-Allow-Methods", place->methods);
      response.headers.emplace_back("Access-Control-Allow-Headers", "Authorization, Content-Type");
      response.headers.emplace_back("Access-Control-Max-Age", "600");
    }
    return response;
  }
  if (!allows(place->methods, head.method)) {
    Response response = refuse(
        path, {405, fmt::format("{} is not for {}, only {}", head.method, path, place->methods)});
    response.headers.emplace_back("Allow", fmt::format("{}, OPTIONS", place->methods));
    return response;
  }
  if (place->route == Route::embedders) {
    boost::json::object body;
    body["origins"] =
        boost::json::array(config_.frame_origins.begin(), config_.frame_origins.end());
    return json_response(200, boost::json::serialize(body));
  }
  const bool changes =
      place->route == Route::preferences ? head.method == "PUT" : place->route != Route::rest;
  // A browser tells which page asks. Whatever it has to show, a page of a stranger must neither
  // change anything nor sign its visitor in as somebody else.
  if (changes && !head.origin.empty() &&
      !authenticator_.origin_allowed(head.origin, head.host, framed)) {
    return refuse(path,
                  {403, fmt::format("the Origin \"{}\" is not allowed here{}", head.origin,
                                    framed ? ": only the page /ccp-v2/ itself is"
                                           : ": add it to http.allowed_origins if it is yours")});
  }
  if (place->route == Route::websocket) return admit_websocket(head, framed);

  const bool body_optional = place->route == Route::logout || place->route == Route::tickets;
  if (changes && (head.has_body || !body_optional) && !is_json(head.content_type)) {
    return refuse(path, {415, fmt::format("Content-Type is \"{}\", it must be application/json",
                                          head.content_type)});
  }
  Admitted admitted;
  admitted.route = place->route;
  admitted.framed = framed;
  admitted.body_limit = changes ? std::min(config_.max_body_bytes, kSmallBodyBytes) : 0;
  if (place->route == Route::messages || place->route == Route::preflight)
    admitted.body_limit = config_.max_body_bytes;
  if (place->route == Route::preferences && changes)
    admitted.body_limit = std::min(config_.max_body_bytes, config_.max_preferences_bytes);
  admitted.answer_seconds = config_.answer_seconds;
  if (place->route == Route::messages) {
    admitted.if_late = "the request may still be carried out: repeat it with the same id";
  }
  if (place->route == Route::directory) {
    admitted.body_limit = kDirectoryBytes;
    admitted.answer_seconds = config_.import_seconds;
    admitted.if_late =
        "the directory may still come into force: look which one is, and import it again where it "
        "did not";
  }
  if (place->route == Route::login || place->route == Route::frame_session) {
    admitted.identity.caller.address =
        client_address(head.peer, head.forwarded_for, config_.trusted_proxies);
    return admitted;
  }
  std::variant<Identity, HttpError> who = authenticator_.identify(head, now(), framed);
  if (HttpError* error = std::get_if<HttpError>(&who)) return refuse(path, *error);
  admitted.identity = std::move(std::get<Identity>(who));
  if (place->route == Route::directory && admitted.identity.caller.role == Role::agent) {
    audit("refused", admitted.identity.caller, "PUT /v1/directory", false, "forbidden");
    return refuse(path, {403, fmt::format("\"{}\" has the role agent; the directory is changed by "
                                          "supervisors and services",
                                          admitted.identity.caller.login)});
  }
  // An envelope is counted where it is read.
  if (place->route != Route::messages) {
    if (std::optional<Response> over = count(admitted.identity.caller, path)) return *over;
  }
  if (place->route == Route::preflight || place->route == Route::preferences)
    admitted.rest = std::move(place->rest);
  if (place->route == Route::preferences && changes) admitted.rest.resource = "keep-preferences";
  if (place->route == Route::rest) {
    admitted.rest = std::move(place->rest);
    admitted.rest.query = std::move(target.query);
    for (std::string_view type : split_list(head.accept)) {
      if (type.substr(0, type.find(';')) == "text/csv") admitted.rest.query["format"] = "csv";
    }
    if (is_slow(admitted.rest)) admitted.answer_seconds = config_.slow_read_seconds;
  }
  return admitted;
}

std::optional<Response> Api::page(const RequestHead& head) const {
  std::optional<Response> file = pages_.serve(head);
  if (!file || head.method == "GET" || head.method == "HEAD") return file;
  Response response;
  if (head.method == "OPTIONS") {
    response.status = 204;
    response.content_type.clear();
  } else {
    response = rest_error(
        {405, fmt::format("{} is not for {}, only GET, HEAD", head.method, head.path())});
  }
  response.headers.emplace_back("Allow", "GET, HEAD, OPTIONS");
  return response;
}

std::variant<Response, Admitted> Api::admit_websocket(const RequestHead& head, bool framed) {
  const std::string_view path = head.path();
  if (!head.upgrade) {
    Response response = refuse(path, {426,
                                      "this address speaks WebSocket: send Upgrade: websocket "
                                      "with the subprotocol baton.v1"});
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back("Connection", "Upgrade");
    return response;
  }
  const std::vector<std::string_view> protocols = split_list(head.subprotocols);
  if (std::find(protocols.begin(), protocols.end(), kSubprotocol) == protocols.end()) {
    return refuse(path, {400, "Sec-WebSocket-Protocol must offer the subprotocol baton.v1"});
  }
  Admitted admitted;
  admitted.route = Route::websocket;
  admitted.framed = framed;
  std::variant<Identity, HttpError> who = authenticator_.identify(head, now(), framed);
  if (HttpError* error = std::get_if<HttpError>(&who)) return refuse(path, *error);
  admitted.identity = std::move(std::get<Identity>(who));
  const Caller& caller = admitted.identity.caller;
  // What a socket that opens is told, of many agents perhaps, is dearer than any request.
  if (std::optional<Response> over = count(caller, path)) return *over;
  const std::variant<Target, std::string> target = parse_target(head.target);
  std::variant<Following, std::string> following =
      parse_following(std::get<Target>(target).query, caller.login);
  if (std::string* why = std::get_if<std::string>(&following)) {
    return refuse(path, {400, std::move(*why)});
  }
  admitted.following = std::move(std::get<Following>(following));
  if (caller.role == Role::agent &&
      (admitted.following.everybody ||
       admitted.following.agents != std::vector<std::string>{caller.login})) {
    return refuse(path, {403, fmt::format("\"{}\" has the role agent and follows itself only; "
                                          "agents= is for supervisors and services",
                                          caller.login)});
  }
  return admitted;
}

std::optional<Asked> Api::handle(Admitted request, std::string body, Respond respond) {
  switch (request.route) {
    case Route::messages:
      return messages(request.identity, body, std::move(respond));
    case Route::login:
      login(request.identity.caller.address, body, request.framed, std::move(respond));
      return std::nullopt;
    case Route::logout:
      logout(request.identity, request.framed, respond);
      return std::nullopt;
    case Route::frame_session:
      open_frame_session(body, respond);
      return std::nullopt;
    case Route::tickets:
      tickets(request.identity, respond);
      return std::nullopt;
    case Route::directory:
      directory(request.identity, std::move(body), std::move(respond));
      return std::nullopt;
    case Route::preflight:
    case Route::preferences:
      request.rest.body = std::move(body);
      rest(std::move(request), std::move(respond));
      return std::nullopt;
    case Route::rest:
      rest(std::move(request), std::move(respond));
      return std::nullopt;
    case Route::websocket:
    case Route::embedders:
      break;  // Never handed here: the one was upgraded, the other answered by its head.
  }
  respond(rest_error({400, "this address takes no body"}));
  return std::nullopt;
}

Response Api::late(std::string_view path, const std::optional<Asked>& asked,
                   std::string msg) const {
  if (!asked) return refuse(path, {503, std::move(msg)});
  return json_response(503, dispatcher_.late(*asked, std::move(msg)));
}

std::optional<Asked> Api::messages(const Identity& identity, std::string_view body,
                                   Respond respond) {
  metrics_.request(false);
  return dispatcher_.dispatch(identity, body, [respond = std::move(respond)](Outcome outcome) {
    Response response;
    if (outcome.error) {
      response.status = *outcome.error;
      if (outcome.retry_after_seconds) {
        response.headers.emplace_back("Retry-After", std::to_string(*outcome.retry_after_seconds));
      }
      response.body = std::move(outcome.text);
    } else if (outcome.read) {
      response.body = std::move(outcome.text);
    } else {
      boost::json::object accepted;
      accepted["id"] = outcome.id ? boost::json::value(*outcome.id) : boost::json::value(nullptr);
      accepted["accepted"] = true;
      if (outcome.transfer_id) accepted["transferId"] = *outcome.transfer_id;
      if (outcome.sequence) accepted["sequence"] = *outcome.sequence;
      response = json_response(202, boost::json::serialize(accepted));
    }
    respond(std::move(response));
  });
}

void Api::rest(Admitted request, Respond respond) {
  backend_.rest(
      std::move(request.identity.caller), std::move(request.rest),
      [mailbox = mailbox_, respond = std::move(respond)](RestReply reply) mutable {
        mailbox->post([respond = std::move(respond), reply = std::move(reply)]() mutable {
          Response response;
          response.status = reply.status;
          response.content_type = std::move(reply.content_type);
          response.body = std::move(reply.body);
          if (!reply.file_name.empty()) {
            response.headers.emplace_back(
                "Content-Disposition", fmt::format("attachment; filename=\"{}\"", reply.file_name));
          }
          if (reply.rows) {
            response.headers.emplace_back("Baton-Rows", std::to_string(reply.rows->here));
            response.headers.emplace_back("Baton-Total", std::to_string(reply.rows->total));
          }
          respond(std::move(response));
        });
      });
}

void Api::audit(std::string event, const Caller& caller, std::string request, bool accepted,
                std::string reason) const {
  backend_.audit({.event = std::move(event),
                  .caller = caller,
                  .request = std::move(request),
                  .accepted = accepted,
                  .reason = std::move(reason)});
}

void Api::directory(const Identity& identity, std::string body, Respond respond) {
  backend_.import_directory(std::move(body), [this, caller = identity.caller, mailbox = mailbox_,
                                              respond =
                                                  std::move(respond)](ImportReply reply) mutable {
    mailbox->post([this, caller = std::move(caller), respond = std::move(respond),
                   reply = std::move(reply)]() mutable {
      if (!reply.unavailable.empty()) {
        if (!reply.unlooked)
          audit("directory", caller, "PUT /v1/directory", false, "backendUnavailable");
        respond(rest_error({503, std::move(reply.unavailable)}));
        return;
      }
      audit("directory", caller, "PUT /v1/directory", reply.ok, reply.ok ? "" : "invalidMessage");
      Response response;
      response.status = reply.ok ? 200 : 422;
      response.body = std::move(reply.body);
      respond(std::move(response));
    });
  });
}

Response Api::metrics_listener(const RequestHead& head) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  const std::string_view path = head.path();
  if (path != "/healthz" && path != "/readyz" && path != "/metrics") {
    response.status = 404;
    response.body = "here are /healthz, /readyz and /metrics\n";
  } else if (head.method != "GET" && head.method != "HEAD") {
    response.status = 405;
    response.headers.emplace_back("Allow", "GET, HEAD");
    response.body = "only GET and HEAD\n";
  } else if (path == "/healthz") {
    response.body = "ok\n";
  } else if (path == "/readyz") {
    const std::string reason = backend_.not_ready_reason();
    response.status = reason.empty() ? 200 : 503;
    response.body = reason.empty() ? "ready\n" : fmt::format("not ready: {}\n", reason);
  } else {
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_.text();
  }
  return response;
}

}  // namespace baton::gateway
