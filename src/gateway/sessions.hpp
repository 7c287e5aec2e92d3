#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/crypto.hpp"

namespace baton::gateway {

/// Seconds since 1970.
using UnixSeconds = std::int64_t;

/// Who is calling, and until when that may be believed.
struct Identity {
  Caller caller;
  UnixSeconds expires_at = 0;     ///< Of the token or session behind it.
  std::optional<Digest> session;  ///< The session behind it, where there is one.
};

/// What ended a session.
enum class SessionEnd : std::uint8_t {
  signed_out,
  expired,
  account_changed,    ///< Disabled or left out, or another password or role.
  too_many_of_login,  ///< It made room for a newer one of its login.
  too_many,           ///< The same, of anybody.
};

struct EndedSession {
  Digest digest{};
  Caller caller;
  SessionEnd why = SessionEnd::signed_out;
};

struct SessionLimits {
  UnixSeconds session_seconds = 12 * 3600;
  UnixSeconds ticket_seconds = 30;
  std::size_t sessions = 100'000;
  std::size_t sessions_per_login = 32;
  std::size_t tickets = 100'000;
  std::size_t tickets_per_login = 32;
};

/// The sessions of password logins and the single-use tickets of WebSockets. Kept are only SHA-256
/// digests of what the client holds, so a copy of our memory, or of the store, lets nobody in.
/// Bounded: at a login's limit its oldest entry goes, at the total limit the oldest of all.
/// Sessions outlive the process, tickets do not. Time is passed in; the gateway's thread only.
class Sessions {
 public:
  /// Sees every session that is opened, and those that have ended, whyever.
  struct Keeper {
    std::function<void(KeptSession)> opened = [](const KeptSession&) {};
    std::function<void(std::vector<EndedSession>)> ended = [](const std::vector<EndedSession>&) {};
  };

  explicit Sessions(SessionLimits limits) : limits_(limits) {}

  /// From now on the keeper sees what happens; not what restore() brings back.
  void keep_with(Keeper keeper) { keeper_ = std::move(keeper); }
  /// Sessions that an earlier process kept. Those that have expired are told to the keeper as
  /// ended.
  void restore(std::vector<KeptSession> kept, UnixSeconds now);

  /// A new session's secret, 64 hexadecimal digits, for the cookie.
  [[nodiscard]] std::string open(const Caller& caller, UnixSeconds now);
  [[nodiscard]] std::optional<Identity> find(std::string_view secret, UnixSeconds now);
  /// Ends a session and its tickets; false if there is none.
  bool close(const Digest& session, SessionEnd why);

  /// A new ticket's secret. It stands for `identity` and ends with it.
  [[nodiscard]] std::string issue_ticket(const Identity& identity, UnixSeconds now);
  /// Who a ticket stands for; it is gone afterwards.
  [[nodiscard]] std::optional<Identity> redeem_ticket(std::string_view secret, UnixSeconds now);

  /// A secret by which the page in a frame of another site gets a session of its own, good for as
  /// long as a ticket. It opens no WebSocket, and a ticket opens no session.
  [[nodiscard]] std::string issue_sign_in(const Caller& caller, UnixSeconds now);
  /// Whom it was given to; it is gone afterwards.
  [[nodiscard]] std::optional<Caller> redeem_sign_in(std::string_view secret, UnixSeconds now);

  /// Ends all sessions and tickets of a login.
  void revoke(std::string_view login);
  /// Ends the sessions that its password opened, with their tickets. What a token opened stays.
  void close_all(std::string_view login);
  /// Counts the calls of revoke() and close_all(): who finds another number than before looks
  /// again whether what he knew of a login still is so.
  [[nodiscard]] std::uint64_t endings() const { return endings_; }
  /// Drops what has expired.
  void expire(UnixSeconds now);

  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  [[nodiscard]] std::size_t ticket_count() const { return tickets_.size(); }

 private:
  struct Entry {
    Identity identity;
    UnixSeconds expires_at = 0;
    std::list<Digest>::iterator age;  ///< Its place in the order of making.
  };
  /// Entries by digest, oldest first by `order`, counted by login.
  struct Store {
    std::map<Digest, Entry> entries;
    std::list<Digest> order;
    std::map<std::string, std::list<Digest>, std::less<>> by_login;
    std::vector<EndedSession> removed;

    [[nodiscard]] std::size_t size() const { return entries.size(); }
    void add(const Digest& digest, Identity identity, UnixSeconds expires_at, std::size_t limit,
             std::size_t limit_per_login);
    bool remove(const Digest& digest, SessionEnd why);
    void expire(UnixSeconds now);
    /// What was removed since the last call.
    [[nodiscard]] std::vector<EndedSession> take_removed() { return std::exchange(removed, {}); }
    [[nodiscard]] std::vector<Digest> of(std::string_view login) const;
    /// Whom a secret was given to, if that is not over; it is gone afterwards.
    std::optional<Identity> redeem(std::string_view secret, UnixSeconds now);
  };

  /// Of the sessions that were removed: ends their tickets, too, and tells the keeper.
  void tell_ended();

  SessionLimits limits_;
  Keeper keeper_;
  Store sessions_;
  Store tickets_;
  Store sign_ins_;
  std::uint64_t endings_ = 0;
};

}  // namespace baton::gateway
