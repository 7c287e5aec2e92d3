#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "telephony/sip/binding.hpp"
#include "telephony/sip/config.hpp"
#include "telephony/sip/sign_in.hpp"

namespace baton::telephony::sip {

/// Where a message came from, as the socket saw it (never what the message says of itself).
struct Source {
  std::string transport;  ///< udp, tcp, tls.
  std::string host;       ///< Numeric, IPv6 without brackets.
  int port = 0;

  friend auto operator<=>(const Source&, const Source&) = default;
};

/// "sip:host:port;transport=..." of a source, with brackets for IPv6 and no transport parameter for
/// UDP.
[[nodiscard]] std::string to_uri(const Source& source);

/// The host of such a URI, also of one with a user; IPv6 without brackets.
[[nodiscard]] std::string host_of(std::string_view uri);

/// One Contact of a REGISTER.
struct RegisterContact {
  std::string uri;  ///< Without angle brackets and header parameters.
  std::optional<std::uint64_t> expires;
  std::string instance;  ///< +sip.instance with reg-id, or empty: the same phone's next
                         ///< registration replaces the last.
};

/// A REGISTER, already authenticated, as values.
struct RegisterRequest {
  std::string login;
  Source source;
  std::string call_id;
  std::uint32_t cseq = 0;
  std::string user_agent;
  std::optional<std::uint64_t> expires;  ///< The Expires header.
  bool star = false;                     ///< Contact: *
  std::vector<RegisterContact> contacts;
};

/// The answer to a REGISTER.
struct RegisterAnswer {
  int code = 200;
  std::string phrase = "OK";
  std::vector<std::pair<Binding, std::int64_t>> contacts;  ///< With the seconds left; only for 200.
  int min_expires = 0;                                     ///< Only for 423.
  bool too_many = false;  ///< A 403, since the agent has sip.max_contacts_per_agent already.
};

/// Which phones each agent has (RFC 3261 section 10.3), as plain values: no sockets and no clock.
/// Loop thread only.
class Registrar {
 public:
  /// Called when an agent's first contact appears or his last one goes.
  using Reachable = std::function<void(const std::string& login, bool reachable)>;

  /// Called when a contact came, was refreshed or went.
  using Changed =
      std::function<void(const std::string& login, const Binding& binding, bool removed)>;

  Registrar(const SipConfig& config, Reachable reachable);
  void keep_with(Changed changed) { changed_ = std::move(changed); }
  /// Hears when an agent has a phone at an address (the host; ports change with each connection)
  /// where he had none, and when he has none there any more.
  void tell_sign_ins(SignInSink sink) { sign_ins_ = std::move(sink); }

  /// Carries out one authenticated REGISTER, all of it or nothing. `now` in Unix seconds.
  [[nodiscard]] RegisterAnswer apply(const RegisterRequest& request, std::int64_t now);

  /// The agent's phones that have not expired, most recently registered first.
  [[nodiscard]] std::vector<Binding> bindings(std::string_view login) const;

  /// Whose phone sends from there, or nothing. Of several agents on one address the one that
  /// registered last.
  [[nodiscard]] std::optional<std::string> agent_at(const Source& source) const;

  /// Drops what has expired; looks at every contact.
  void expire(std::int64_t now);

  /// Forgets an agent's contacts (disabled or deleted).
  void forget(std::string_view login);

  /// Takes a registration over that another process had, without a word to anybody but
  /// `keep_with`'s, which hears that one that has expired is gone. True where it was taken: not
  /// where its connection died with that process.
  bool restore(const std::string& login, const Binding& binding, std::int64_t now);

  /// Tells `keep_with`'s that a phone which restore() did not take is gone, unless it is back.
  void let_go(const std::string& login, const Binding& binding) const;

  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Entry {
    Binding binding;  // Its via_route is the key of by_source_.
    std::uint64_t order = 0;
  };
  using Entries = std::vector<Entry>;

  void put(const std::string& login, Entries& entries, Entry entry);
  void erase(const std::string& login, Entries& entries, std::size_t index);
  void tell_if_changed(const std::string& login, bool before);
  [[nodiscard]] std::set<std::string> hosts_of(std::string_view login) const;
  void tell_hosts(const std::string& login, const std::set<std::string>& before,
                  SignIn::What gone) const;
  template <typename Predicate>
  void erase_where(const std::string& login, bool tell, Predicate predicate);
  void tell_changes(const RegisterRequest& request, const Entries& wanted) const;

  int min_seconds_;
  int max_seconds_;
  std::size_t max_contacts_;
  Reachable reachable_;
  Changed changed_;
  SignInSink sign_ins_;
  std::map<std::string, Entries, std::less<>> agents_;  // No agent without a contact is in it.
  // The agents on a source address, by the order of their registrations.
  std::map<std::string, std::map<std::uint64_t, std::string>, std::less<>> by_source_;
  std::uint64_t next_order_ = 1;
  std::size_t size_ = 0;
};

}  // namespace baton::telephony::sip
