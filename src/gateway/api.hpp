#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "directory/attempt_throttle.hpp"
#include "gateway/assets.hpp"
#include "gateway/authenticator.hpp"
#include "gateway/caller_limits.hpp"
#include "gateway/dispatcher.hpp"
#include "gateway/http.hpp"
#include "gateway/metrics.hpp"
#include "gateway/worker.hpp"

namespace baton::gateway {

/// What a target stands for.
enum class Route : std::uint8_t {
  websocket,
  messages,
  login,
  logout,
  tickets,
  directory,
  preflight,
  preferences,
  rest,
  frame_session,  ///< Below /ccp-v2/: a session for the page in the frame, against a ticket.
  embedders,      ///< Below /ccp-v2/: whose pages may embed it.
};

/// A request whose head was found good: the body may be read now, or the socket upgraded.
struct Admitted {
  Route route = Route::rest;
  bool framed = false;         ///< Below /ccp-v2/: a request of the page in another site's frame.
  Identity identity;           ///< For a login only its caller's address.
  std::size_t body_limit = 0;  ///< Bytes.
  RestRequest rest;            ///< Only for Route::rest, preflight and preferences.
  Following following;         ///< Only for Route::websocket.
  int answer_seconds = 30;     ///< For the back end; then 503, which says `if_late`.
  std::string_view if_late = "try again in a moment";
};

/// The HTTP side of the API without a socket: heads and bodies in, responses out. The gateway's
/// thread only.
class Api {
 public:
  using Respond = std::function<void(Response)>;
  using Clock = std::function<std::int64_t()>;  ///< Unix milliseconds.

  /// Ends the sockets that live on a session, after a logout.
  using EndSession = std::function<void(const Digest& session)>;

  /// All references must outlive it.
  Api(const GatewayConfig& config, Backend& backend, Authenticator& authenticator,
      Sessions& sessions, Hub& hub, Dispatcher& dispatcher, Worker& worker, Metrics& metrics,
      CallerLimits& limits, Pages pages, std::shared_ptr<Mailbox> mailbox, Clock clock,
      EndSession end_session);

  /// Looks at a request's head alone: where it goes, whether its method, type and caller are right.
  /// Nothing of the body needs to be read before, so strangers cannot make us hold theirs.
  [[nodiscard]] std::variant<Response, Admitted> admit(const RequestHead& head);

  /// Answers an admitted request other than a WebSocket upgrade. `respond` is called exactly once,
  /// on the gateway's thread, perhaps before this returns; not at all if the gateway stops first.
  /// Gives back what late() needs: nothing where it is no request envelope.
  std::optional<Asked> handle(Admitted request, std::string body, Respond respond);

  /// The 503 for a client to whom an answer would come too late.
  [[nodiscard]] Response late(std::string_view path, const std::optional<Asked>& asked,
                              std::string msg) const;

  /// A refusal in the shape that the target's clients expect.
  [[nodiscard]] Response refuse(std::string_view path, const HttpError& error) const;

  /// Backend::now_ms(). Any thread.
  [[nodiscard]] std::int64_t now_ms() const { return backend_.now_ms(); }
  /// What lets a page of a configured origin read a response (Fetch standard, CORS protocol).
  void add_origin_headers(Response& response, std::string_view origin) const;

  /// The metrics listener: healthz, readyz, metrics.
  [[nodiscard]] Response metrics_listener(const RequestHead& head);

 private:
  std::optional<Asked> messages(const Identity& identity, std::string_view body, Respond respond);
  /// A sign-in whose password is being looked at.
  struct Attempt;

  void login(const std::string& address, const std::string& body, bool framed, Respond respond);
  void verify(const std::shared_ptr<Attempt>& attempt);
  /// Nothing was found out about the password: the attempt counts for nothing.
  void not_verified(const Attempt& attempt, const HttpError& error);
  void logout(const Identity& identity, bool framed, const Respond& respond);
  void tickets(const Identity& identity, const Respond& respond);
  /// Responds once what became of the session is kept: what a client was told outlives the process.
  /// Where a session that ended cannot be removed, `not_kept` says so instead, if it is there.
  void respond_kept(Response response, const Respond& respond,
                    std::optional<Response> not_kept = std::nullopt);
  /// The login's answer, once the password was looked at.
  [[nodiscard]] Response signed_in(const std::string& login, const std::string& address, bool right,
                                   bool framed);
  void open_frame_session(const std::string& body, const Respond& respond);
  void rest(Admitted request, Respond respond);
  void directory(const Identity& identity, std::string body, Respond respond);
  void audit(std::string event, const Caller& caller, std::string request, bool accepted,
             std::string reason = {}) const;
  /// Counts a request of the caller's; the refusal where it is one too many.
  [[nodiscard]] std::optional<Response> count(const Caller& caller, std::string_view path);
  /// A file of a page, for anybody: what it shows, it asks for. Nothing where there is none.
  [[nodiscard]] std::optional<Response> page(const RequestHead& head) const;
  [[nodiscard]] std::variant<Response, Admitted> admit_websocket(const RequestHead& head,
                                                                 bool framed);
  /// The value of Set-Cookie; an empty `value` ends the cookie.
  [[nodiscard]] std::string cookie(std::string_view value, bool framed) const;
  [[nodiscard]] UnixSeconds now() const { return clock_() / 1000; }

  const GatewayConfig& config_;
  Backend& backend_;
  Authenticator& authenticator_;
  Sessions& sessions_;
  Hub& hub_;
  Dispatcher& dispatcher_;
  Worker& worker_;
  Metrics& metrics_;
  CallerLimits& limits_;
  AssetServer pages_;
  std::shared_ptr<Mailbox> mailbox_;
  Clock clock_;
  EndSession end_session_;
  directory::AttemptThrottle logins_;
  directory::AttemptThrottle addresses_;
};

}  // namespace baton::gateway
