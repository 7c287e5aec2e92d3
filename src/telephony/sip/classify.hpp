#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "telephony/sip/config.hpp"
#include "telephony/sip/registrar.hpp"
#include "telephony/sip/trunks.hpp"

namespace baton::telephony::sip {

/// Who sent a request, once it was let in.
struct SipCaller {
  enum class Kind : std::uint8_t { agent, trunk, internal };
  Kind kind = Kind::trunk;
  std::string name;  ///< Agent's login, or trunk's name. Internal: our own server calling one of
                     ///< its inbound numbers.
};

/// The header that marks a call from ourselves to ourselves; never passed on to anybody else.
inline constexpr std::string_view kInternalHeader = "X-Baton-Internal";

/// What stands for a trunk in a call from ourselves: no trunk of the configuration can have it.
inline constexpr std::string_view kOwnCalls = "(internal)";

/// Makes and checks the marks of our own calls: an HMAC over the Call-ID and a time under a key
/// that only this process has, so that nobody else can claim to be us. Any thread.
class InternalMark {
 public:
  InternalMark();
  /// The value of kInternalHeader for an INVITE with this Call-ID. `now` in Unix seconds.
  [[nodiscard]] std::string make(std::string_view call_id, std::int64_t now) const;
  /// True for a mark of this process and Call-ID that is at most a minute old.
  [[nodiscard]] bool check(std::string_view mark, std::string_view call_id, std::int64_t now) const;

 private:
  std::array<unsigned char, 32> key_;
};

/// Which host names and addresses are ours. Immutable; any thread.
class OwnHosts {
 public:
  /// The realm, the configured domains and the listen addresses; for a wildcard address every
  /// address of this machine.
  explicit OwnHosts(const SipConfig& config);
  [[nodiscard]] bool contains(std::string_view host) const;

 private:
  std::set<std::string, std::less<>> hosts_;
};

/// What of an INVITE decides who is calling.
struct CallFacts {
  Source source;
  std::string from_user;
  std::string from_host;
  std::string dialled;          ///< User part of the Request-URI.
  std::string credential_user;  ///< User name of its Proxy-Authorization, or empty.
  bool internal_mark = false;   ///< The mark was there and was right.
};

/// The verdict on an INVITE before any credential was checked.
struct Classified {
  enum class Kind : std::uint8_t {
    agent,         ///< `name`'s: to be challenged as that agent and nobody else.
    trunk,         ///< Let in, from trunk `name`.
    digest_trunk,  ///< Claims to be trunk `name`: to be challenged as it; inbound numbers only,
                   ///< too.
    internal,      ///< Let in, from ourselves.
    unproved,      ///< Nobody known, who may be a trunk that signs in from anywhere: challenged.
    unknown,       ///< Refused: 403.
    not_inbound,   ///< A trunk that dials something that is not an inbound number: refused, 404.
  };
  Kind kind = Kind::unknown;
  std::string name;
};

/// Who is calling. The order is the rule: a request from a registered phone's address, or with an
/// agent of ours in From, is that agent's and is challenged, wherever it comes from; only then do
/// trunks match by address; everybody else is unknown, and is challenged first where a trunk that
/// signs in has no address.
[[nodiscard]] Classified classify(const CallFacts& facts, const Registrar& registrar,
                                  const Trunks& trunks, const OwnHosts& own,
                                  const std::function<bool(std::string_view)>& is_agent);

}  // namespace baton::telephony::sip
