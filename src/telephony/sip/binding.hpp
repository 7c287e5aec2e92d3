#pragma once

#include <cstdint>
#include <string>

#include <boost/describe/class.hpp>

namespace baton::telephony::sip {

/// A registered phone of an agent.
struct Binding {
  std::string contact;  ///< Contact URI as registered: the Request-URI for the phone. Its host may
                        ///< be a name.
  std::string via_route;  ///< Where requests go (NTA's route_url): a numeric
                          ///< "sip:host:port;transport=..." URI of the source address. Over TCP and
                          ///< TLS this finds the phone's own connection again.
  std::string call_id;
  std::uint32_t cseq = 0;
  std::int64_t expires_at = 0;  ///< Unix seconds.
  std::string user_agent;
  std::string instance;  ///< +sip.instance with reg-id (RFC 5626), or empty.
};

/// What a phone's registrations have in common however it is reached. Empty: nothing is known.
struct PhoneIdentity {
  std::string instance;  ///< As Binding::instance.
  std::string call_id;   ///< As Binding::call_id.
};
BOOST_DESCRIBE_STRUCT(PhoneIdentity, (), (instance, call_id))

/// Digest secrets of one agent, from the store: HA1 = MD5(login:realm:password) in lower-case hex.
struct AgentSecret {
  std::string login;
  std::string ha1;
};

}  // namespace baton::telephony::sip
