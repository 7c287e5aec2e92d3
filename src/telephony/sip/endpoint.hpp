#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/input.hpp"
#include "telephony/sip/config.hpp"

struct nta_agent_s;
struct nta_incoming_s;
struct sip_s;
struct su_root_s;

namespace baton::telephony::sip {

/// Who sent a request, once it was let in.
struct SipCaller {
  enum class Kind : std::uint8_t { agent, trunk, internal };
  Kind kind = Kind::trunk;
  std::string name;  ///< Agent's login, or trunk's name. Internal: our own server calling one of its inbound numbers.
};

/// A registered phone of an agent.
struct Binding {
  std::string contact;    ///< Contact URI as registered, numeric host.
  std::string via_route;  ///< Where requests go: a numeric "sip:host:port;transport=..." URI of the source address.
  std::string call_id;
  std::uint32_t cseq = 0;
  std::int64_t expires_at = 0;  ///< Unix seconds.
  std::string user_agent;
};

/// Where an outside number is dialled.
struct TrunkRoute {
  std::string trunk;
  std::string request_uri;  ///< Numeric: "sip:+12082097345@127.0.0.1:5090;user=phone"...
  std::string caller_id;    ///< What the trunk allows of what was wished for.
  std::string username;     ///< For a 401 or 407 of the trunk.
  std::string password;
  bool internal = false;    ///< One of our own inbound numbers, routed to ourselves.
};

/// Digest secrets of one agent, from the store: HA1 = MD5(login:realm:password) in lower-case hex.
struct AgentSecret {
  std::string login;
  std::string ha1;
};

/// What the endpoint lets in, on the loop thread.
class InviteHandler {
 public:
  virtual ~InviteHandler() = default;
  /// A new INVITE outside any dialog, classified and authenticated. The handler owns `irq` from now on
  /// (nta_incoming_bind, treply, destroy). `dialled` is the user part of the Request-URI.
  virtual void on_invite(SipCaller caller, nta_incoming_s* irq, const sip_s* sip, std::string_view dialled) = 0;
  /// Dialogs and transactions it holds, for the overload limits.
  [[nodiscard]] virtual std::size_t dialogs() const = 0;
};

}  // namespace baton::telephony::sip
