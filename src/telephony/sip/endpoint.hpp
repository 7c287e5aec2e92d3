#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/input.hpp"
#include "telephony/sip/binding.hpp"
#include "telephony/sip/classify.hpp"
#include "telephony/sip/config.hpp"
#include "telephony/sip/lifetime_clock.hpp"
#include "telephony/sip/loop.hpp"
#include "telephony/sip/registrar.hpp"
#include "telephony/sip/trunks.hpp"
#include "telephony/switch.hpp"

struct nta_agent_s;
struct nta_incoming_s;
struct sip_s;
struct su_root_s;

namespace baton::telephony::sip {

/// What the endpoint lets in, on the loop thread.
class InviteHandler {
 public:
  virtual ~InviteHandler() = default;
  /// A new INVITE outside any dialog, classified and authenticated. The handler owns `irq` from now
  /// on (nta_incoming_bind, treply, destroy). `dialled` is the user part of the Request-URI,
  /// unescaped.
  virtual void on_invite(SipCaller caller, nta_incoming_s* irq, const sip_s* sip,
                         std::string_view dialled) = 0;
  /// A phone of an agent registered, or refreshed its registration. `before`: as bindings(),
  /// without what that REGISTER changed.
  virtual void on_registered(const std::string& /*login*/, const Binding& /*binding*/,
                             const std::vector<Binding>& /*before*/) {}
  /// Dialogs and transactions it holds, for the overload limits.
  [[nodiscard]] virtual std::size_t dialogs() const = 0;
};

/// What was let in and refused since the process began, for metrics. Written on the loop thread,
/// read on any.
struct SipCounters {
  using Counter = std::atomic<std::uint64_t>;
  Counter invites_admitted{0};
  Counter registers_accepted{0};
  Counter challenged{0};         ///< 401 and 407.
  Counter credentials_wrong{0};  ///< A credential was shown and was not right.
  Counter credentials_stale{0};
  Counter throttled{0};         ///< 503 to a credential from where too many were wrong.
  Counter unknown_peer{0};      ///< 403 to an INVITE.
  Counter foreign_register{0};  ///< 403 or 404 to a REGISTER.
  Counter not_inbound{0};       ///< A trunk dialled something that is not ours.
  Counter dialogs_full{0};      ///< 503, as for the next one.
  Counter transactions_full{0};
  Counter contacts_full{0};   ///< 403 to a REGISTER of one phone too many.
  Counter headers_full{0};    ///< 400 to a request with too many header fields.
  Counter too_many_hops{0};   ///< 483.
  Counter method_refused{0};  ///< 405, 501, 603.
  Counter no_dialog{0};       ///< 481.
  Counter malformed{0};       ///< 400, 416, 420.
  Counter options{0};
  Counter stray_answers{0};  ///< 2xx to an INVITE that nobody waits for: acknowledged and ended.
  Counter screened{0};       ///< Refused because the library is known not to survive it.
};

/// Baton's SIP face: the loop, the stack's agent on all listen addresses, and the rules for
/// requests outside dialogs.
class Endpoint {
 public:
  using Sink = telephony::Switch::Sink;

  /// Calls `then` once what was handed out to be kept before is kept, with true; with false where
  /// it never will be. On any thread; must not block.
  using AfterCommit = std::function<void(std::function<void(bool kept)> then)>;

  /// `handler` outlives the endpoint's stop(). `sink` gets PhoneReachable, on the loop thread.
  /// Registrations end by `lifetimes`.
  Endpoint(SipConfig config, InviteHandler* handler, Sink sink,
           LifetimeClock lifetimes = LifetimeClock());
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;
  ~Endpoint();

  /// Binds every address and starts the loop. `after` runs on the loop thread before the first
  /// message is read: adopt legs there. Throws std::runtime_error that names the address and the
  /// remedy.
  void start(const Loop::Task& after = {});

  /// Ends the stack. `before` runs on the loop thread first: destroy legs and transactions there.
  /// Not from the loop thread.
  void stop(const Loop::Task& before = {});

  [[nodiscard]] Loop& loop() { return loop_; }
  /// The stack's agent; valid from start() to stop(). Use on the loop thread.
  [[nodiscard]] nta_agent_s* agent() const { return agent_; }
  [[nodiscard]] const SipConfig& config() const { return config_; }
  /// The addresses as bound (with the real port where 0 was asked for). Any thread after start().
  [[nodiscard]] const std::vector<ListenAddress>& bound() const { return bound_; }

  /// Our Contact URI towards a peer of that transport ("udp", "tcp", "tls"), a numeric
  /// "sip:host:port;transport=...": the first address of that transport and of the IP version of
  /// `peer` (a URI with a numeric host; empty: either), else the first of that transport, else the
  /// first of all; from there the stack sends. A wildcard is each address that this machine had at
  /// the start. Loop thread.
  [[nodiscard]] std::string contact_uri(std::string_view transport = "udp",
                                        std::string_view peer = {}) const;
  /// The same for the answer to a request: the address that it came to. Loop thread.
  [[nodiscard]] std::string contact_uri(nta_incoming_s* irq) const;

  /// There is a connection to that end, "sip:host:port;transport=tcp" with a numeric host, over
  /// which a request to it would go. Loop thread.
  [[nodiscard]] bool is_connected_to(const std::string& uri) const;

  /// Agents who may register and call, all of them; who is missing is signed out. Any thread.
  void set_agents(std::vector<AgentSecret> agents);
  /// Our own inbound numbers (E.164), all of them. Any thread.
  void set_inbound_numbers(std::vector<std::string> numbers);

  /// A REGISTER gets its 200 through that, so that no process that dies takes back what a phone was
  /// told. Without it the answer waits for nothing. Before start().
  void answer_after(AfterCommit after_commit);

  /// Told of each contact that came, was refreshed or went, with its end by the machine's clock.
  /// Before start().
  void keep_phones(Registrar::Changed changed);

  /// Where phones that sign in, and those that are refused, are told. Before start().
  void audit_with(const SignInSink& sink);

  /// The agent's phones, most recently registered first. Loop thread.
  [[nodiscard]] std::vector<Binding> bindings(std::string_view login) const;
  /// The way for an outside number (Trunks::route). Loop thread.
  [[nodiscard]] std::optional<TrunkRoute> route(std::string_view number,
                                                std::string_view wished_caller_id) const;
  /// The value of kInternalHeader for a call to a route that is `internal`. Any thread.
  [[nodiscard]] std::string internal_mark(std::string_view call_id) const;

  /// Takes registrations over that another process had; those of unknown agents are dropped. Gives
  /// back who has a phone by them, and tells the audit which ran out meanwhile. Those on TCP and
  /// TLS are kept for another restart until they are let go. Loop thread, before the first message.
  [[nodiscard]] std::vector<std::string> take_over(
      const std::vector<std::pair<std::string, Binding>>& phones);
  /// Nobody waits any more for those of them that have not come back. Loop thread.
  void let_go(const std::vector<std::pair<std::string, Binding>>& phones);

  /// While true, a 2xx of no leg is neither acknowledged nor ended, since it may be the answer to
  /// an INVITE that goes out again; the peer repeats it (RFC 3261 section 13.3.1.4). Loop thread.
  void hold_stray_answers(bool hold);

  /// Where an incoming request came from. Loop thread.
  [[nodiscard]] Source source_of(nta_incoming_s* irq) const;

  [[nodiscard]] Registrar& registrar();
  [[nodiscard]] Trunks& trunks();
  /// Trunks::refused. Any thread.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> trunks_full() const;
  [[nodiscard]] const SipCounters& counters() const { return counters_; }
  /// Server and client transactions that the stack holds, lingering ones included. Loop thread.
  [[nodiscard]] std::size_t transactions() const;

 private:
  /// Tells the end of those that ran out while no process had them, once for each address.
  void tell_ended(const std::vector<std::pair<std::string, Binding>>& phones) const;

  struct Impl;
  friend struct Impl;

  SipConfig config_;
  Loop loop_;
  nta_agent_s* agent_ = nullptr;
  std::vector<ListenAddress> bound_;
  SipCounters counters_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::telephony::sip
