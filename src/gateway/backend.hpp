#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.hpp"
#include "gateway/crypto.hpp"
#include "message/bridge.hpp"
#include "message/event.hpp"
#include "message/queue_state.hpp"
#include "message/request.hpp"

namespace baton::gateway {

/// Who signed in, from a token, a session or a ticket.
struct Caller {
  std::string login;
  directory::Role role = directory::Role::agent;
  std::string address{};  ///< Where the request came from (client_address()).
};

/// The answer to a request.
struct RequestReply {
  /// For a read, or for a repeat of a running transfer: the event's text, complete.
  std::optional<std::string> event_text;
  bool accepted = true;
  std::optional<std::string> transfer_id;
  std::optional<std::uint64_t> sequence;
  std::optional<message::ApiError> error;  ///< Set when refused.
  std::optional<std::string> error_text;   ///< The error envelope's text, for the WebSocket asker.
};

/// The three state syncs at one moment, for a client that could not be caught up.
struct SyncReply {
  std::string app;
  std::string agent;
  std::string call;
  std::uint64_t sequence = 0;
};

/// A request of REST. `resource` is one of: transfer, timeline, transfers, contact, agents, queues,
/// quick-connects, statistics, preflight, preferences, and keep-preferences, which alone changes
/// something.
struct RestRequest {
  std::string resource;
  std::string id;
  std::map<std::string, std::string> query;
  std::string body{};  ///< Of a preflight, and of preferences to keep.
};
struct RestReply {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string file_name{};  ///< Under which a browser is to save it; empty: it shows it.
  /// Of a file that may be cut at a limit: told in Baton-Rows and Baton-Total.
  struct Rows {
    std::size_t here = 0;
    std::size_t total = 0;  ///< How many there would be without the limit.
  };
  std::optional<Rows> rows{};
};

/// How all queues are at one moment, in the order of the directory.
struct QueuesReply {
  std::vector<message::QueueState> queues;
  std::int64_t at = 0;  ///< Unix milliseconds.
};

struct ImportReply {
  bool ok = false;
  std::string body;  ///< JSON: {"version":N,...} or {"faults":[{"place":..,"msg":..}]}.
  /// Why the back end or the journal cannot take it, whatever is in it; then there is no body.
  std::string unavailable{};
  bool unlooked = false;  ///< Nor was it looked at, since too many wait: no line of the audit.
};

/// What a look at a password tells; unreadable: nothing, since the store cannot be read.
enum class PasswordCheck : std::uint8_t { right, wrong, unreadable };

/// A session of a password login as it is kept over a restart: never its secret, only the SHA-256
/// digest of that.
struct KeptSession {
  Digest digest{};
  std::string login;
  directory::Role role = directory::Role::agent;
  std::int64_t expires_at = 0;  ///< Unix seconds.
};

/// Something that the audit should know of, and that no request to the core tells: docs/audit.md.
struct AuditEntry {
  std::string event;  ///< refused, login, logout, directory.
  Caller caller;
  std::string agent{};    ///< For whom, where the request says it.
  std::string request{};  ///< "InboundCall/BlindTransfer", "PUT /v1/directory".
  std::string request_id{};
  bool accepted = false;
  std::string reason{};  ///< Of a refusal.
};

/// What the directory knows of a login. A token of a supervisor or service may name one that is
/// `unknown` (a machine has no agent record); an agent's may not, and nobody's may name one that is
/// `disabled`.
enum class AccountState : std::uint8_t { active, disabled, unknown };

/// Names a WebSocket among those of this process; 0: the request came by HTTP.
using SocketId = std::uint64_t;

/// What the gateway needs of the rest of Baton; the app wires it. Every call is non-blocking and
/// may come from any thread; every callback is called exactly once, on whatever thread, in the
/// order of the engine's work.
class Backend {
 public:
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  virtual ~Backend() = default;

  /// A request of any kind, acting for `agent`. Reads are answered with event_text.
  /// When the engine's queue is full: refused at once with Reason::backendUnavailable.
  virtual void request(Caller caller, std::string agent, message::Request request,
                       std::function<void(RequestReply)> done) = 0;
  virtual void sync(std::string agent, std::function<void(SyncReply)> done) = 0;
  virtual void rest(Caller caller, RestRequest request, std::function<void(RestReply)> done) = 0;
  /// Asked about once a second while somebody follows everybody. Without an override there are
  /// none.
  virtual void queues(std::function<void(QueuesReply)> done) { done({}); }
  /// Checks and takes a whole directory (services and supervisors only; checked by the gateway).
  virtual void import_directory(std::string json, std::function<void(ImportReply)> done) = 0;

  /// What the bridge beside an agent's session at Amazon Connect says (docs/amazon-connect.md), on
  /// its own socket. Returns why it is not taken, or nothing. Without an override: it never is.
  [[nodiscard]] virtual std::optional<message::ApiError> bridge(const Caller& /*caller*/,
                                                                SocketId /*socket*/,
                                                                message::BridgeFrame /*frame*/) {
    message::ApiError error;
    error.reason = message::Reason::notSupported;
    error.msg = "topic: calls of this server are not at Amazon Connect (telephony.backend)";
    return error;
  }
  /// The socket that a bridge has spoken on has ended.
  virtual void bridge_closed(SocketId /*socket*/) {}

  /// Blocking (a slow hash): called on the gateway's own worker thread only.
  [[nodiscard]] virtual PasswordCheck verify_password(std::string_view login,
                                                      std::string_view password) = 0;
  /// The account, if it exists and is enabled. Any thread, quick.
  [[nodiscard]] virtual std::optional<Caller> account(std::string_view login) = 0;
  /// Tells a disabled login from an unknown one. Any thread, quick. Without an override, whoever
  /// has no account counts as disabled.
  [[nodiscard]] virtual AccountState account_state(std::string_view login) {
    return account(login) ? AccountState::active : AccountState::disabled;
  }
  /// The role of a login of the directory, of a disabled one too. Any thread, quick. Without an
  /// override a disabled one has none.
  [[nodiscard]] virtual std::optional<directory::Role> role_of(std::string_view login) {
    const std::optional<Caller> found = account(login);
    return found ? std::optional(found->role) : std::nullopt;
  }
  /// Any thread, quick; never refused. Without an override nothing is kept.
  virtual void audit(AuditEntry /*entry*/) {}
  /// Sessions that a process before this one kept and that have not ended. Blocking: at the start.
  /// Without an override none is kept.
  [[nodiscard]] virtual std::vector<KeptSession> kept_sessions() { return {}; }
  virtual void keep_session(KeptSession /*session*/) {}
  virtual void forget_sessions(std::vector<Digest> /*sessions*/) {}
  /// `done` is called once all that was said of sessions before has been tried, with whether a
  /// restart would bring none of those back that have ended.
  virtual void when_kept(std::function<void(bool)> done) { done(true); }
  /// Empty when all is well, else why not, for readyz. Any thread, quick.
  [[nodiscard]] virtual std::string not_ready_reason() = 0;
  /// The time that events are stamped with, in milliseconds since 1970: pages set their clocks by
  /// it.
  [[nodiscard]] virtual std::int64_t now_ms() const = 0;
  [[nodiscard]] virtual std::string epoch() = 0;
};

/// An event to fan out, printed once. Events of one agent come in the order of their sequence.
struct PublishedEvent {
  std::string agent;
  std::uint64_t sequence = 0;
  std::int64_t at = 0;  ///< Unix milliseconds.
  std::shared_ptr<const std::string> text;
};

}  // namespace baton::gateway
