#include "app/config_keys.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "app/text_rules.hpp"

namespace baton::app {

namespace {

// A key's value lives in one member; these make the table's lines short.
#define BATON_AT(member) [](Scope s) -> Target { return &s.config->member; }
#define BATON_TRUNK_AT(member) [](Scope s) -> Target { return &s.trunk->member; }

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;

constexpr std::array kSections{
    Section{
        "http",
        "HTTP and WebSocket for desktops and servers, and the listener for health and metrics."},
    Section{"auth", "Who may sign in, and for how long (docs/signing-in.md)."},
    Section{"telephony", "Who carries the calls."},
    Section{"amazon",
            "The agents' sessions at Amazon Connect, where `telephony.backend` is "
            "`amazon-connect` (docs/amazon-connect.md)."},
    Section{"sip", "SIP for the agents' phones and the trunks."},
    Section{"trunk",
            "One table `[trunk.<name>]` for each carrier or other PBX. The name is made of "
            "lower-case letters, "
            "digits, `-` and `_`; in a variable's name it is in capitals, with `_` for `-`."},
    Section{"server", "How it stops (docs/operations.md)."},
    Section{"store",
            "The one SQLite file with the directory, the contact records and the journal."},
    Section{"journal",
            "How inputs are gathered into commits, and when they make room for a snapshot "
            "(docs/journal-format.md)."},
    Section{"transfer", "Defaults and time limits of a transfer (docs/message-api.md)."},
    Section{
        "dialing",
        "Which outside numbers agents may call and transfer to, and how often (docs/dialing.md)."},
    Section{"routing", "How waiting customers are offered to agents."},
    Section{"limits", "What is refused before the machine is full."},
    Section{"retention", "How long what happened is kept (docs/operations.md)."},
    Section{"log", "What is written to standard error."},
};

using rules::kAny;

Key flag(std::string_view section, std::string_view name, Target (*target)(Scope),
         std::string_view doc) {
  Key key;
  key.section = section;
  key.name = name;
  key.target = target;
  key.doc = doc;
  return key;
}

Key number(std::string_view section, std::string_view name, Target (*target)(Scope),
           std::string_view doc, std::string_view unit, std::int64_t min, std::int64_t max) {
  Key key = flag(section, name, target, doc);
  key.unit = unit;
  key.min = min;
  key.max = max;
  return key;
}

Key number_or_off(std::string_view section, std::string_view name, Target (*target)(Scope),
                  std::string_view doc, std::string_view unit, std::int64_t min, std::int64_t max) {
  Key key = number(section, name, target, doc, unit, min, max);
  key.zero_is_off = true;
  return key;
}

/// A text, or a list of texts that each follow the rule.
Key text(std::string_view section, std::string_view name, Target (*target)(Scope),
         std::string_view doc, const TextRule& rule, TextUse use = TextUse::plain) {
  Key key = flag(section, name, target, doc);
  key.rule = &rule;
  key.use = use;
  return key;
}

const std::array kKeys{
    text("http", "listen", BATON_AT(gateway.listen),
         "Where desktops and servers connect: the message API, REST and sign-in.",
         rules::kNumericHostPort),
    text("http", "metrics_listen", BATON_AT(gateway.metrics_listen),
         "Where `/healthz`, `/readyz` and `/metrics` are served, without sign-in. Keep it inside.",
         rules::kNumericHostPortOrEmpty),
    text("http", "tls_certificate", BATON_AT(gateway.tls_certificate),
         "A PEM file with the server's certificate, then those between it and the root: `listen` "
         "then speaks TLS only, and the session cookie is `Secure`. Empty: no TLS. Changed files "
         "are taken without a restart.",
         kAny, TextUse::path),
    text(
        "http", "tls_key", BATON_AT(gateway.tls_key),
        "A PEM file with its private key, without a passphrase. Others may not be able to read it.",
        kAny, TextUse::path),
    text("http", "tls_min_version", BATON_AT(gateway.tls_min_version),
         "The oldest TLS that a client may speak.", rules::kTlsVersion),
    number("http", "file_check_seconds", BATON_AT(gateway.file_check_seconds),
           "How often those files are looked at for changes. SIGHUP does it at once.", "seconds", 1,
           3600),
    text("http", "allowed_origins", BATON_AT(gateway.allowed_origins),
         "Web pages that may change anything, open a WebSocket and read answers. The server's own "
         "origin always may.",
         rules::kOrigin),
    text("http", "frame_origins", BATON_AT(gateway.frame_origins),
         "Web pages that may embed `/ccp-v2/`, which desktops written for amazon-connect-streams "
         "point their `ccpUrl` at. Empty: there is no such page.",
         rules::kOrigin),
    text("http", "trusted_proxies", BATON_AT(gateway.trusted_proxies),
         "Proxies whose `X-Forwarded-For` is believed: it tells whose wrong passwords are counted.",
         rules::kNumericHost),
    number("http", "max_frame_bytes", BATON_AT(gateway.max_frame_bytes),
           "The largest WebSocket message; a larger one closes the connection with 1009.", "bytes",
           kKiB, 16 * kMiB),
    number("http", "max_head_bytes", BATON_AT(gateway.max_head_bytes),
           "What the head of an HTTP request, its first line and its header fields, may take. A "
           "larger "
           "one gets 431, for certain above twice as much.",
           "bytes", 4 * kKiB, 64 * kKiB),
    number(
        "http", "max_body_bytes", BATON_AT(gateway.max_body_bytes),
        "The largest HTTP body; a larger one gets 413. A directory may have 64 MiB all the same.",
        "bytes", kKiB, 64 * kMiB),
    number("http", "max_connections", BATON_AT(gateway.max_connections),
           "Connections at once; one more gets 503.", "connections", 1, 1000000),
    number("http", "max_send_queue_bytes", BATON_AT(gateway.max_send_queue_bytes),
           "What may wait for a slow reader; beyond it he is closed with 1013.", "bytes", 64 * kKiB,
           256 * kMiB),
    number("http", "max_messages_per_second", BATON_AT(gateway.max_messages_per_second),
           "Messages of one connection; a flood above is closed with 1008.", "messages a second", 1,
           100000),
    number("http", "max_waiting_events", BATON_AT(gateway.max_waiting_events),
           "Events of all agents that may wait to be handed to the connections. Beyond it those "
           "that wait are lost, and every WebSocket is closed with 1013: it comes back and asks "
           "for the state.",
           "events", 100, 10000000),
    number("http", "replay_events", BATON_AT(gateway.replay_events),
           "Events kept for each agent, for a desktop that connects again.", "events", 0, 100000),
    number("http", "replay_seconds", BATON_AT(gateway.replay_seconds),
           "How long an event is kept for that.", "seconds", 0, 86400),
    number("http", "replay_bytes", BATON_AT(gateway.replay_bytes),
           "What one agent's kept events may take.", "bytes", 0, 64 * kMiB),
    number("http", "idle_ping_seconds", BATON_AT(gateway.idle_ping_seconds),
           "After that much silence a WebSocket is pinged; without an answer it is closed.",
           "seconds", 1, 3600),
    number(
        "http", "idle_timeout_seconds", BATON_AT(gateway.idle_timeout_seconds),
        "How long an HTTP client may take for the TLS handshake, and to send the head of its next "
        "request; then it is disconnected.",
        "seconds", 1, 3600),
    number("http", "body_timeout_seconds", BATON_AT(gateway.body_timeout_seconds),
           "How long the body of a request may take.", "seconds", 1, 3600),
    number("http", "send_timeout_seconds", BATON_AT(gateway.send_timeout_seconds),
           "How long a client may take to receive a response.", "seconds", 1, 3600),
    flag("http", "cookie_secure", BATON_AT(gateway.cookie_secure),
         "Marks the session cookie `Secure`. Set it where a proxy in front speaks TLS; with "
         "`tls_certificate` it always is."),
    text("auth", "jwt_secret_file", BATON_AT(gateway.jwt_secret_file),
         "The file with the secret that signs tokens (HS256). Made with mode 0600 where it is "
         "missing.",
         rules::kNotEmpty, TextUse::path),
    text(
        "auth", "jwks_file", BATON_AT(gateway.jwks_file),
        "A file with a token issuer's public keys, a JWK Set (RFC 7517): tokens signed by RS256 or "
        "ES256 with one of them are taken, too. Changes are taken without a restart. Empty: none.",
        kAny, TextUse::path),
    text("auth", "jwt_issuer", BATON_AT(gateway.jwt_issuer), "The `iss` that a token must carry.",
         rules::kNotEmpty),
    text("auth", "jwt_audience", BATON_AT(gateway.jwt_audience),
         "The `aud` that a token must carry.", rules::kNotEmpty),
    number("auth", "session_hours", BATON_AT(gateway.session_hours),
           "How long a password sign-in lasts.", "hours", 1, 168),
    number("auth", "max_sessions", BATON_AT(gateway.max_sessions),
           "Password sign-ins that last at once; one more ends the oldest.", "sessions", 1,
           10000000),
    number("auth", "max_sessions_per_login", BATON_AT(gateway.max_sessions_per_login),
           "The same of one login.", "sessions", 1, 10000),
    number("auth", "max_waiting_logins", BATON_AT(gateway.max_waiting_logins),
           "Sign-ins whose password waits to be checked, one at a time and slowly; one more gets "
           "429.",
           "sign-ins", 1, 10000),
    number("auth", "login_failures", BATON_AT(gateway.login_failures),
           "Wrong passwords of a login that cost no time; each further one doubles the wait before "
           "the next attempt, from one second on.",
           "failures", 1, 100),
    number("auth", "login_failures_per_address", BATON_AT(gateway.login_failures_per_address),
           "The same for an address, whichever logins it tries (of IPv6 its first 64 bits).",
           "failures", 1, 10000),
    number("auth", "login_max_delay_seconds", BATON_AT(gateway.login_max_delay_seconds),
           "What that wait grows to. After twice as long without a failure it starts over.",
           "seconds", 1, 86400),
    number("auth", "ticket_seconds", BATON_AT(gateway.ticket_seconds),
           "How long a WebSocket ticket may be used, once.", "seconds", 5, 300),
    text("telephony", "backend", BATON_AT(telephony.backend),
         "`sip`: Baton itself, with phones and trunks. `amazon-connect`: the agents' own sessions "
         "there; nothing of SIP is opened then.",
         rules::kBackEnd),
    text("amazon", "ccp_url", BATON_AT(amazon.ccp_url),
         "The instance's Contact Control Panel, such as "
         "`https://example.my.connect.aws/ccp-v2/`, for the page `/amazon/`; empty: that page is "
         "not served.",
         rules::kHttpsUrlOrEmpty),
    text("amazon", "region", BATON_AT(amazon.region),
         "The instance's region, such as `eu-central-1`, which that page tells the panel; empty: "
         "the panel finds it.",
         rules::kAwsRegionOrEmpty),
    number("amazon", "max_tabs", BATON_AT(amazon.back_end.max_tabs),
           "Bridges of one agent at once; one acts, the others stand by, one more is refused.",
           "bridges", 1, 100),
    number("amazon", "add_timeout_seconds", BATON_AT(policy.mirror.add_timeout_seconds),
           "How long a destination's connection may take to show up in a snapshot; then the "
           "outcome counts as unknown.",
           "seconds", 1, 120),
    number("amazon", "leave_timeout_seconds", BATON_AT(policy.mirror.leave_timeout_seconds),
           "The same for the end of the agent's own connection.", "seconds", 1, 120),
    number("amazon", "settle_timeout_seconds", BATON_AT(policy.mirror.settle_timeout_seconds),
           "How long an unknown outcome waits for a snapshot that settles it, and a session for a "
           "bridge to come back, before they are given up.",
           "seconds", 10, 86400),
    flag("amazon", "cold_transfer", BATON_AT(policy.mirror.cold_transfer),
         "Transfers to agents and queues go in one step, by the SDK's `ContactClient.transfer`, "
         "where the page that hosts the bridge has that client; elsewhere they are add and leave "
         "as ever. Not proven on voice: see docs/amazon-connect.md first."),
    text("sip", "listen", BATON_AT(sip.listen),
         "The addresses that phones and trunks reach. What Baton sends by itself leaves from the "
         "first of its transport and IP version. A wildcard (0.0.0.0) is every address that the "
         "machine has at the start.",
         rules::kListen),
    text("sip", "realm", BATON_AT(sip.realm),
         "The digest realm. Phone passwords are stored hashed with it: a change needs them "
         "imported again.",
         rules::kRealm),
    text("sip", "user_agent", BATON_AT(sip.user_agent),
         "What the headers User-Agent and Server say; empty: nothing.", kAny),
    text("sip", "pass_headers", BATON_AT(sip.pass_headers),
         "Extension headers that pass from one party to the other, beside P-Asserted-Identity and "
         "User-to-User. Where no number is shown, none is asserted.",
         rules::kExtensionHeader),
    number_or_off("sip", "session_expires_seconds", BATON_AT(sip.session_expires_seconds),
                  "The session timer (RFC 4028) that finds silent peers; 0: off.", "seconds", 90,
                  86400),
    number("sip", "min_se_seconds", BATON_AT(sip.min_se_seconds),
           "The shortest session timer that a peer may ask for (RFC 4028, Min-SE).", "seconds", 90,
           86400),
    number("sip", "restart_checks_per_second", BATON_AT(sip.restart_checks_per_second),
           "After a restart every call is asked whether it still stands; this many legs a second.",
           "legs a second", 1, 10000),
    number("sip", "reconnect_seconds", BATON_AT(sip.reconnect_seconds),
           "After a restart: how long a phone on TCP or TLS may take to connect again before its "
           "call counts as lost.",
           "seconds", 1, 120),
    number("sip", "registration_min_seconds", BATON_AT(sip.registration_min_seconds),
           "A shorter registration gets 423.", "seconds", 1, 86400),
    number("sip", "registration_max_seconds", BATON_AT(sip.registration_max_seconds),
           "A longer registration is shortened to it.", "seconds", 1, 86400),
    number("sip", "max_contacts_per_agent", BATON_AT(sip.max_contacts_per_agent),
           "Phones that one agent may have registered at once.", "contacts", 1, 100),
    number("sip", "nonce_lifetime_seconds", BATON_AT(sip.nonce_lifetime_seconds),
           "How long a digest nonce may be used (RFC 7616).", "seconds", 10, 86400),
    number("sip", "max_dialogs", BATON_AT(sip.max_dialogs),
           "Legs at once; above, a new INVITE gets 503 with Retry-After.", "dialogs", 2, 1000000),
    number("sip", "max_transactions", BATON_AT(sip.max_transactions), "The same for transactions.",
           "transactions", 10, 1000000),
    number("sip", "retry_after_seconds", BATON_AT(sip.retry_after_seconds),
           "What that 503 says in Retry-After.", "seconds", 1, 3600),
    number(
        "sip", "max_message_bytes", BATON_AT(sip.max_message_bytes),
        "The largest message that is taken in, with its body. A larger datagram gets 413, a larger "
        "message on a connection ends it.",
        "bytes", 4 * kKiB, kMiB),
    number("sip", "max_headers", BATON_AT(sip.max_headers),
           "Header fields of one request, each value of a list counted; one more gets 400.",
           "fields", 20, 10000),
    number("sip", "auth_failures", BATON_AT(sip.auth_failures),
           "Wrong passwords from one address (of IPv6 its first 64 bits) that cost no time. Each "
           "further one doubles the time, from one second on, in which credentials from there get "
           "503 without being looked at; phones that are registered go on.",
           "failures", 1, 1000),
    number("sip", "auth_max_delay_seconds", BATON_AT(sip.auth_max_delay_seconds),
           "What that time grows to. After twice as long without a failure it starts over.",
           "seconds", 1, 86400),
    number("sip", "udp_mtu", BATON_AT(sip.udp_mtu),
           "A larger request goes by TCP where the peer's transport allows (RFC 3261, section "
           "18.1.1). Each goes by its own size: the ACK and BYE of a call by UDP, where its INVITE "
           "was too large.",
           "bytes", 1300, 65535),
    text("sip", "tls_certificate_dir", BATON_AT(sip.tls_certificate_dir),
         "The folder with `agent.pem` (certificate and key) and `cafile.pem`, needed for a tls: "
         "address. Certificates that others show are not checked.",
         kAny, TextUse::path),
    text("sip", "queue_sound", BATON_AT(sip.queue_sound),
         "A WAV file (8 kHz, mono, PCM16) for waiting customers; empty: a built-in tone.", kAny,
         TextUse::path),
    text("sip", "hold_sound", BATON_AT(sip.hold_sound), "The same for customers on hold.", kAny,
         TextUse::path),
    text("sip", "ringback_sound", BATON_AT(sip.ringback_sound),
         "The same for customers whose destination rings.", kAny, TextUse::path),
    text("sip", "media_address", BATON_AT(sip.media_address),
         "The address of the sound source in SDP; empty: that of the first listen address. "
         "Mandatory where that is a wildcard (0.0.0.0).",
         rules::kNumericHostOrEmpty),
    number("sip", "media_port_min", BATON_AT(sip.media_port_min),
           "The first UDP port of the sound source.", "", 1024, 65534),
    number("sip", "media_port_max", BATON_AT(sip.media_port_max), "The last one.", "", 1025, 65535),
    text("trunk", "address", BATON_TRUNK_AT(address), "Where outgoing calls go. Mandatory.",
         rules::kHostPort),
    text("trunk", "transport", BATON_TRUNK_AT(transport),
         "How they go there. With tls the trunk's certificate is not checked: whoever can redirect "
         "the connection is taken for the carrier.",
         rules::kTransport),
    text("trunk", "sources", BATON_TRUNK_AT(sources),
         "Who may call in by this trunk, to the inbound numbers only. A loopback address without a "
         "port is refused where SIP listens outside loopback.",
         rules::kSource),
    text("trunk", "username", BATON_TRUNK_AT(username),
         "For digest authentication in both directions, with a password; empty: none. Where the "
         "trunk has no `sources`, whoever calls from an unknown address is asked for it.",
         kAny),
    text("trunk", "password", BATON_TRUNK_AT(password), "Its password. Prefer `password_file`.",
         kAny, TextUse::secret),
    text("trunk", "password_file", BATON_TRUNK_AT(password),
         "A file whose first line is the password.", kAny, TextUse::secret_file),
    text("trunk", "caller_id", BATON_TRUNK_AT(caller_id),
         "The number that the trunk shows where no other is allowed; empty: none, the call is "
         "anonymous.",
         rules::kE164OrEmpty),
    text("trunk", "allowed_caller_ids", BATON_TRUNK_AT(allowed_caller_ids),
         "Further numbers that it may show, as the customer's of a transfer.", rules::kE164OrStar),
    text("trunk", "prefixes", BATON_TRUNK_AT(prefixes),
         "The numbers that it carries, by their beginnings; empty: all. The longest match wins.",
         rules::kPrefix),
    number("trunk", "priority", BATON_TRUNK_AT(priority),
           "Among equally long matches the lowest is taken. Where that one fails no other is "
           "tried; one that is full, or whose name has no address yet, is passed over.",
           "", 1, 99),
    number_or_off("trunk", "max_calls", BATON_TRUNK_AT(max_calls),
                  "Calls at once, in both directions. A trunk that is full takes no outgoing call: "
                  "the next one that carries the number does. 0: no limit.",
                  "calls", 1, 100000),
    number_or_off(
        "server", "drain_seconds", BATON_AT(server.drain_seconds),
        "How long running calls have after SIGTERM, while new ones are refused; then they "
        "are ended. 0: at once.",
        "seconds", 1, 86400),
    text("store", "path", BATON_AT(store.path),
         "The file; made where it is missing, with its folder.", rules::kNotEmpty, TextUse::path),
    text("store", "initial_directory", BATON_AT(store.initial_directory),
         "A directory file (docs/directory.md) that is taken in when the store has none yet; "
         "empty: none.",
         kAny, TextUse::path),
    text("journal", "durability", BATON_AT(journal.durability),
         "What an acknowledged input outlives: the machine (`power`: every commit waits for the "
         "disk), or a crash of Baton only (`process`).",
         rules::kDurability),
    number("journal", "max_batch", BATON_AT(journal.max_batch),
           "Inputs that one commit may hold. A commit is made as soon as the one before is done.",
           "inputs", 1, 10000),
    number("journal", "max_queue", BATON_AT(journal.max_queue),
           "Inputs that may wait for the journal; one more request is refused with "
           "`backendUnavailable`.",
           "inputs", 100, 10000000),
    number("journal", "snapshot_inputs", BATON_AT(journal.snapshot_inputs),
           "After this many inputs the state is written down whole, and the inputs before it are "
           "forgotten.",
           "inputs", 100, 10000000),
    number("journal", "snapshot_bytes", BATON_AT(journal.snapshot_bytes),
           "The same after this many bytes of inputs.", "bytes", 64 * kKiB, 4096 * kMiB),
    number("journal", "snapshot_hours", BATON_AT(journal.snapshot_hours),
           "The same once the oldest input is so old: inputs name people.", "hours", 1, 8760),
    number("journal", "kept_event_bytes", BATON_AT(journal.kept_event_bytes),
           "What the events may take on the disk, of all agents, that are kept beside a snapshot "
           "for desktops that connect again after a restart.",
           "bytes", 64 * kKiB, 4096 * kMiB),
    number("journal", "slow_commit_ms", BATON_AT(journal.slow_commit_ms),
           "While a commit takes longer than that, `/readyz` says so, and new requests and calls "
           "are refused.",
           "milliseconds", 10, 60000),
    number("transfer", "ring_timeout_seconds", BATON_AT(policy.ring_timeout_seconds),
           "How long a destination rings, where the message does not say (`ringTimeoutSeconds`).",
           "seconds", 5, 120),
    number(
        "transfer", "queue_timeout_seconds", BATON_AT(policy.queue_timeout_seconds),
        "How long a customer waits in a queue he was transferred to (`queueTimeoutSeconds`); in a "
        "queue of `onFailure` he waits for its own `maxWaitSeconds`.",
        "seconds", 1, 86400),
    number("transfer", "return_ring_seconds", BATON_AT(policy.return_ring_seconds),
           "How long the primary agent is rung when a transfer comes back to him.", "seconds", 5,
           120),
    number("transfer", "park_timeout_ms", BATON_AT(policy.park_timeout_ms),
           "How long a release waits for the customer's hold before it goes on without.",
           "milliseconds", 100, 10000),
    number("transfer", "bridge_timeout_ms", BATON_AT(policy.bridge_timeout_ms),
           "How long joining customer and destination may take before it counts as failed.",
           "milliseconds", 1000, 32000),
    number("transfer", "end_timeout_ms", BATON_AT(policy.end_timeout_ms),
           "After that an ended leg that does not answer is forgotten.", "milliseconds", 500,
           32000),
    text("transfer", "last_resort_queue", BATON_AT(policy.last_resort_queue),
         "The queue (name or ARN) that takes a customer when every step of `onFailure` failed, or "
         "his longest wait is over; empty: none, and he is hung up on then.",
         kAny),
    number("transfer", "idempotency_hours", BATON_AT(policy.idempotency_hours),
           "How long a request's `id` is remembered.", "hours", 1, 168),
    number("transfer", "idempotency_ids_per_agent", BATON_AT(policy.idempotency_ids_per_agent),
           "How many of them are remembered for an agent; the oldest goes first.", "ids", 10,
           100000),
    text("dialing", "allowed_countries", BATON_AT(policy.dial.allowed_countries),
         "The countries that numbers may belong to (ISO 3166-1); \"001\" stands for ranges of no "
         "country, as +800. Empty: every one, which a line in the log warns of.",
         rules::kCountry),
    text("dialing", "blocked_classes", BATON_AT(policy.dial.blocked_classes),
         "The classes of numbers that may not be dialled. `unknown` is a number in no range of its "
         "country's plan.",
         rules::kNumberClass),
    text("dialing", "allowed_prefixes", BATON_AT(policy.dial.allowed_prefixes),
         "Numbers that begin so may be dialled whatever their class; their country must be allowed "
         "all the same, unless the number is in no country's plan.",
         rules::kPrefix),
    text("dialing", "blocked_prefixes", BATON_AT(policy.dial.blocked_prefixes),
         "Numbers that begin so may not be dialled, whatever else allows it.", rules::kPrefix),
    number_or_off(
        "dialing", "max_per_agent_per_minute", BATON_AT(policy.dial.max_per_agent_per_minute),
        "Outside numbers that one agent may dial in a minute, by transfers and calls; one "
        "more is refused with `rateLimited`; 0: no limit.",
        "numbers", 1, 1000000),
    number_or_off("dialing", "max_per_agent_per_day", BATON_AT(policy.dial.max_per_agent_per_day),
                  "The same for a day (of UTC).", "numbers", 1, 1000000),
    number_or_off("dialing", "max_per_number_per_minute",
                  BATON_AT(policy.dial.max_per_number_per_minute),
                  "How often all agents together may dial one number in a minute; 0: no limit.",
                  "times", 1, 1000000),
    number_or_off("dialing", "max_per_number_per_day", BATON_AT(policy.dial.max_per_number_per_day),
                  "The same for a day (of UTC).", "times", 1, 100000000),
    number("dialing", "numbers_remembered", BATON_AT(policy.dial.numbers_remembered),
           "How many numbers are counted for that; the least recently dialled are forgotten.",
           "numbers", 100, 1000000),
    number("routing", "offer_timeout_seconds", BATON_AT(policy.offer_timeout_seconds),
           "How long an agent is offered a queued call before the next one is.", "seconds", 5, 120),
    number("routing", "answer_timeout_seconds", BATON_AT(policy.answer_timeout_seconds),
           "How long an agent's phone may take to pick up after `Answer`.", "seconds", 1, 60),
    text("routing", "default_caller_id", BATON_AT(policy.default_caller_id),
         "What outside calls show; empty: the customer's number or the trunk's own.",
         rules::kE164OrEmpty),
    number("limits", "max_contacts", BATON_AT(policy.max_contacts),
           "Contacts at once; one more call is refused with 503.", "contacts", 1, 1000000),
    number_or_off(
        "limits", "requests_per_second", BATON_AT(gateway.requests_per_second),
        "Messages and reads of one agent or supervisor, over all connections; twice as many "
        "may come at once. One more is refused with `rateLimited`. 0: unlimited.",
        "requests a second", 1, 100000),
    number_or_off("limits", "service_requests_per_second",
                  BATON_AT(gateway.service_requests_per_second), "The same of one service.",
                  "requests a second", 1, 1000000),
    number(
        "limits", "preferences_bytes", BATON_AT(gateway.max_preferences_bytes),
        "What the pages of one caller may keep for him (`/v1/me/preferences`), as JSON text; more "
        "gets 413.",
        "bytes", 1024, kMiB),
    number("limits", "statistics_transfers", BATON_AT(reads.statistics_transfers),
           "Transfers that one `GET /v1/statistics` counts; a time with more gets 400.",
           "transfers", 1, 10000000),
    number("limits", "statistics_ms", BATON_AT(reads.statistics_ms),
           "How long that may take; longer gets 400.", "milliseconds", 1, 60000),
    number("limits", "csv_transfers", BATON_AT(reads.csv_transfers),
           "Transfers in one CSV of `GET /v1/transfers`, the newest; a `limit` above it gets 400.",
           "transfers", 1, 1000000),
    number("limits", "slow_reads", BATON_AT(reads.slow_reads),
           "Statistics and CSV at once, of everybody: one is made, the others wait. One more gets "
           "503.",
           "requests", 1, 1000),
    number("limits", "imports", BATON_AT(reads.imports),
           "Directories at once that come in over HTTP, up to 64 MiB each: one is taken in, the "
           "others wait. One more gets 503.",
           "directories", 1, 100),
    number("limits", "waiting_listed", BATON_AT(reads.waiting_listed),
           "Customers that `GET /v1/queues/waiting` lists, those who have waited longest.",
           "customers", 1, 100000),
    number_or_off(
        "retention", "records_days", BATON_AT(retention.records_days),
        "Records of transfers and contacts that did not change for so long are deleted, a "
        "few at a time; 0: none.",
        "days", 1, 36500),
    number_or_off("retention", "audit_days", BATON_AT(retention.audit_days),
                  "Lines of the audit (docs/audit.md) that are older are deleted; 0: none.", "days",
                  1, 36500),
    text("log", "level", BATON_AT(log.level), "The least important line that is written.",
         rules::kLogLevel),
    text("log", "format", BATON_AT(log.format), "Lines for people, or one JSON object a line.",
         rules::kLogFormat),
};

#undef BATON_AT
#undef BATON_TRUNK_AT

void append_upper(std::string& out, std::string_view text) {
  for (const char c : text) {
    out += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
}

}  // namespace

std::span<const Section> config_sections() { return kSections; }
std::span<const Key> config_keys() { return kKeys; }

std::string allowed_values(const Key& key) {
  AppConfig config;
  telephony::sip::TrunkConfig trunk;
  const Target target = key.target({&config, &trunk});
  if (std::holds_alternative<bool*>(target)) return "true or false";
  if (std::holds_alternative<int*>(target) || std::holds_alternative<std::size_t*>(target)) {
    return fmt::format("a whole number from {} to {}{}{}{}", key.min, key.max,
                       key.unit.empty() ? "" : " ", key.unit,
                       key.zero_is_off ? ", or 0 for off" : "");
  }
  const std::string_view allowed = key.rule->allowed;
  if (std::holds_alternative<std::string*>(target)) return std::string(allowed);
  return fmt::format("a list of texts, each {}", allowed);
}

std::string variable_name(const Key& key, std::string_view trunk) {
  std::string name = "BATON_";
  append_upper(name, key.section);
  if (key.section == "trunk") {
    name += '_';
    append_upper(name, trunk);
  }
  name += '_';
  append_upper(name, key.name);
  return name;
}

}  // namespace baton::app
