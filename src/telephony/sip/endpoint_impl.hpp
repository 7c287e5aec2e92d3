#pragma once

// The endpoint's inside, shared by endpoint*.cpp and by nobody else.

#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "telephony/sip/auth_guard.hpp"
#include "telephony/sip/dialog_transaction.hpp"
#include "telephony/sip/digest.hpp"
#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/lifetime_clock.hpp"
#include "telephony/sip/message_text.hpp"
#include "telephony/sip/once_per_network.hpp"
#include "telephony/sip/tls_contexts.hpp"

namespace baton::telephony::sip {

/// Owns a reference to one of the library's messages.
class MessageGuard {
 public:
  explicit MessageGuard(msg_t* msg) : msg_(msg) {}
  MessageGuard(const MessageGuard&) = delete;
  MessageGuard& operator=(const MessageGuard&) = delete;
  ~MessageGuard() {
    if (msg_ != nullptr) msg_destroy(msg_);
  }
  [[nodiscard]] msg_t* release() { return std::exchange(msg_, nullptr); }
  [[nodiscard]] msg_t* get() const { return msg_; }

 private:
  msg_t* msg_;
};

struct Endpoint::Impl {
  Impl(Endpoint& owner, InviteHandler* invite_handler, Sink event_sink, LifetimeClock clock)
      : endpoint(owner),
        handler(invite_handler),
        sink(std::move(event_sink)),
        lifetimes(std::move(clock)),
        own(owner.config_),
        registrar(owner.config_,
                  [this](const std::string& login, bool reachable) {
                    if (sink) sink(core::PhoneReachable{login, reachable});
                  }),
        trunks(owner.config_),
        guard(owner.config_),
        digest(owner.config_.realm, owner.config_.nonce_lifetime_seconds,
               DigestServer::random_key()),
        tag_key(md5_hex(fmt::format("{}", fmt::join(DigestServer::random_key(), "-")))) {}

  Endpoint& endpoint;
  InviteHandler* handler;
  Sink sink;

  LifetimeClock lifetimes;  // Of registrations.
  // The stack's sockets in its own order; for a wildcard one of each address of this machine.
  std::vector<ListenAddress> sent_from;
  OwnHosts own;
  Registrar registrar;
  Trunks trunks;
  AuthGuard guard;
  TlsContexts tls;  // Outlives the stack's agent.
  DigestServer digest;
  InternalMark mark;
  std::string tag_key;
  std::map<std::string, std::string, std::less<>> agents;  // HA1 by login.
  std::unique_ptr<TrunkResolver> resolver;
  nta_outgoing_t* default_outgoing = nullptr;
  Loop::Timer expiry;
  SignInSink sign_ins;
  AfterCommit after_commit;
  // REGISTERs that wait for the commit of what they changed.
  struct Registered {
    ServerTransaction transaction;
    RegisterAnswer answer;
  };
  std::map<std::uint64_t, Registered> registered;
  bool registrations_lost = false;  // A change could not be kept: no more are taken.
  std::uint64_t next_registered = 1;
  // Networks whose credentials are not looked at, and those that sent a REFER outside any call.
  OncePerNetwork told_throttled{10'000};
  OncePerNetwork told_refer{100};

  // Starting and stopping, on the loop thread.
  void create();
  void destroy();
  ListenAddress add_address(const ListenAddress& wanted);
  void expire_every_second();
  void take_renewed_certificate();
  [[nodiscard]] std::string certificate_file() const {
    return endpoint.config_.tls_certificate_dir + "/agent.pem";
  }

  // Requests outside dialogs. Each takes over the message.
  static int on_message(nta_agent_magic_t* magic, nta_agent_t*, msg_t* msg, sip_t* sip) {
    reinterpret_cast<Impl*>(magic)->request(msg, sip);
    return 0;
  }
  void request(msg_t* msg, sip_t* sip);
  void invite(MessageGuard& msg, sip_t* sip, const Source& source);
  void register_phone(MessageGuard& msg, sip_t* sip, const Source& source);
  void answer_register(MessageGuard& msg, RegisterAnswer answer);
  void finish_register(Registered waiting) const;
  bool refuse_unsupported(MessageGuard& msg, sip_t* sip);
  bool overloaded();

  // What the header Server says; null leaves it out, since it may not be empty (RFC 3261
  // section 25.1).
  [[nodiscard]] const char* server_text() const {
    const std::string& text = endpoint.config_.user_agent;
    return text.empty() ? nullptr : text.c_str();
  }
  // A stateless answer: it costs no memory, whoever asks however often. Only within the callback.
  void reply(MessageGuard& msg, int code, const char* phrase, tag_type_t tag = tag_null,
             tag_value_t value = 0);
  void challenge(MessageGuard& msg, std::string_view network, bool proxy, bool stale);

  enum class Proof : std::uint8_t { good, answered };
  // Checks a credential, or answers with a challenge or a refusal.
  Proof prove(MessageGuard& msg, const sip_t* sip, const std::optional<DigestParams>& credential,
              std::string_view user, std::string_view ha1, bool proxy);

  // For the audit. `user` is whoever the request says that it is from.
  void tell_refused(SignIn::What what, std::string_view user, const Source& source,
                    const sip_t* sip) const;
  void tell_throttled(std::string_view network, std::string_view user, const Source& source,
                      const sip_t* sip, std::int64_t now, std::int64_t until);
  void tell_stray_refer(const Source& source, const sip_t* sip);

  // Answers that nobody waits for.
  static int on_stray_answer(nta_outgoing_magic_t* magic, nta_outgoing_t* orq, const sip_t* sip) {
    reinterpret_cast<Impl*>(magic)->stray_answer(orq, sip);
    return 0;
  }
  void stray_answer(nta_outgoing_t* orq, const sip_t* sip);
  bool strays_wait = false;

  [[nodiscard]] Source source_of(msg_t* msg) const {
    Source source;
    if (tport_t* tport = tport_delivered_by(nta_agent_tports(endpoint.agent_), msg)) {
      source.transport = text::text_of(tport_name(tport)->tpn_proto);
    }
    text::read_sockaddr(msg_addr(msg), source);
    return source;
  }
  // Whether a request comes from the very address and port of a phone that this agent registered.
  [[nodiscard]] bool is_his_phone(std::string_view login, const Source& source) const;
  [[nodiscard]] bool is_agent(std::string_view login) const { return agents.contains(login); }
  SipCounters& counters() { return endpoint.counters_; }
};

}  // namespace baton::telephony::sip
