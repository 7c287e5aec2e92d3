#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace baton::telephony::sip {

/// One address to listen on: "udp:127.0.0.1:5060", "tcp:...", "tls:...".
struct ListenAddress {
  std::string transport;  ///< udp, tcp, tls.
  std::string host;       ///< Numeric IPv4 or bracketed IPv6.
  int port = 5060;        ///< 0: a free one is chosen (tests).
};

/// A carrier or another PBX.
struct TrunkConfig {
  std::string name;
  std::string
      address;  ///< "host:port" for outgoing calls; names are resolved outside the SIP loop.
  std::string transport = "udp";  ///< udp, tcp, tls.
  std::vector<std::string>
      sources;  ///< Who may call in: "a.b.c.d", "a.b.c.d:port" (any port without one).
  std::string
      username;  ///< Digest for outgoing calls and for REGISTER-less incoming ones; empty: none.
  std::string password;
  std::string caller_id;                        ///< Default caller ID, E.164.
  std::vector<std::string> allowed_caller_ids;  ///< Beside caller_id; "*" allows any.
  std::vector<std::string> prefixes;  ///< Dial plan: E.164 prefixes it carries ("+1"); empty: all.
  int priority = 1;                   ///< Lower is taken among the longest matching prefixes.
  int max_calls = 0;                  ///< Calls at once in both directions; 0: no limit.
};

struct SipConfig {
  std::vector<ListenAddress> listen;
  std::string realm = "baton";
  std::string user_agent = "Baton";
  std::vector<TrunkConfig> trunks;
  std::vector<std::string>
      pass_headers;  ///< Configured X- headers that pass ("X-Case-Id"), besides PAI and UUI.
  int session_expires_seconds = 1800;  ///< RFC 4028; 90 to 86,400, 0: off.
  int min_se_seconds = 90;
  int restart_checks_per_second = 50;  ///< Legs that are asked after a restart whether they live.
  int reconnect_seconds = 20;  ///< How long a phone whose connection died with a restart may take
                               ///< to come back before its call counts as lost.
  int registration_min_seconds = 30;
  int registration_max_seconds = 3600;
  int max_contacts_per_agent = 10;
  int nonce_lifetime_seconds = 300;
  int max_dialogs = 20000;        ///< Above: INVITE gets 503 with Retry-After.
  int max_transactions = 500000;  ///< The same for transactions.
  int retry_after_seconds = 5;
  int max_message_bytes = 65536;     ///< A larger message is not taken in.
  int max_headers = 256;             ///< Header fields of one request; more get 400.
  int auth_failures = 10;            ///< Wrong passwords of a network that cost no time.
  int auth_max_delay_seconds = 600;  ///< What the time grows to for which it is refused then.
  int udp_mtu = 4096;  ///< A request above goes by TCP where the peer's transport allows.
  std::string tls_certificate_dir;  ///< With agent.pem and cafile.pem, as the library wants them.
  std::string queue_sound;          ///< WAV file (8 kHz mono PCM16); empty: the built-in tone.
  std::string hold_sound;
  std::string ringback_sound;
  std::string
      media_address;  ///< Address of the built-in source in SDP; empty: the first listen address.
  int media_port_min = 40000;
  int media_port_max = 49999;
  std::vector<std::string> domains;  ///< Other names by which phones address us, beside the realm
                                     ///< and the listen addresses.
  int trunk_refresh_seconds = 60;    ///< How often the names of trunks are looked up again.
};

}  // namespace baton::telephony::sip
