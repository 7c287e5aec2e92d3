#include "telephony/sip/endpoint.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

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
#include <sofia-sip/su_log.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <sofia-sip/url.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <map>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "telephony/sip/digest.hpp"
#include "telephony/sip/screen.hpp"

namespace baton::telephony::sip {

namespace {

constexpr const char* kAllow =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY, REGISTER";
constexpr const char* kSupported = "100rel, timer, norefersub";
constexpr const char* kExtensions[] = {"100rel", "timer", "norefersub"};
constexpr std::size_t kMaxMessageBytes = 64 * 1024;
constexpr unsigned kReceiveBufferBytes = 4U << 20;
constexpr auto kExpiryInterval = std::chrono::seconds(1);

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string text_of(const char* text) {
  return text == nullptr ? std::string{} : std::string{text};
}

std::string unescaped(const char* text) {
  if (text == nullptr) return {};
  std::string out(std::strlen(text), '\0');
  const char* end = text;
  std::size_t size = 0;
  while (*end != '\0') {
    const auto hex = [](char c) -> int {
      if (c >= '0' && c <= '9') return c - '0';
      if (c >= 'a' && c <= 'f') return c - 'a' + 10;
      if (c >= 'A' && c <= 'F') return c - 'A' + 10;
      return -1;
    };
    const int high = *end == '%' ? hex(end[1]) : -1;
    const int low = high >= 0 ? hex(end[2]) : -1;
    // An escaped NUL stays escaped: no name that we compare may end early.
    if (low >= 0 && high * 16 + low != 0) {
      out[size++] = static_cast<char>(high * 16 + low);
      end += 3;
    } else {
      out[size++] = *end++;
    }
  }
  out.resize(size);
  return out;
}

// The user part that was dialled; a tel: URI has its number in the same place or in the host's.
std::string dialled_user(const url_t* url) {
  if (url->url_user != nullptr) return unescaped(url->url_user);
  if (url->url_type == url_tel) return unescaped(url->url_host);
  return {};
}

std::string url_text(const url_t* url) {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  std::string out = text_of(url_as_string(home, url));
  su_home_deinit(home);
  return out;
}

// The Digest credential for our realm among several header fields, or nothing.
std::optional<DigestParams> credential_for(const msg_auth_t* header, std::string_view realm) {
  for (; header != nullptr; header = header->au_next) {
    std::string text = text_of(header->au_scheme) + " ";
    for (const msg_param_t* param = header->au_params; param != nullptr && *param != nullptr;
         ++param) {
      text += std::string{*param} + ", ";
    }
    auto params = parse_digest(text);
    if (params && params->contains("realm") && params->find("realm")->second == realm) {
      return params;
    }
  }
  return std::nullopt;
}

std::string username_of(const std::optional<DigestParams>& credential) {
  if (!credential) return {};
  const auto found = credential->find("username");
  return found == credential->end() ? std::string{} : found->second;
}

bool read_sockaddr(const su_sockaddr_t* address, Source& source) {
  if (address == nullptr) return false;
  char text[INET6_ADDRSTRLEN] = {};
  if (address->su_family == AF_INET) {
    if (::inet_ntop(AF_INET, &address->su_sin.sin_addr, text, sizeof text) == nullptr) return false;
  } else if (address->su_family == AF_INET6) {
    const auto& v6 = address->su_sin6.sin6_addr;
    // An IPv4 peer on a socket that listens on both is still an IPv4 peer.
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      if (::inet_ntop(AF_INET, &v6.s6_addr[12], text, sizeof text) == nullptr) return false;
    } else if (::inet_ntop(AF_INET6, &v6, text, sizeof text) == nullptr) {
      return false;
    }
  } else {
    return false;
  }
  source.host = text;
  source.port = ntohs(address->su_port);
  return true;
}

std::string describe(const ListenAddress& address) {
  return fmt::format("{}:{}:{}", address.transport, address.host, address.port);
}

// Why an address cannot be bound, found by trying it with a plain socket; 0 when that works.
int bind_error(const ListenAddress& address) {
  std::string host = address.host;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = address.transport == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) {
    return EADDRNOTAVAIL;
  }
  int error = 0;
  const int fd = ::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    error = errno;
  } else {
    const int on = 1;
    if (hints.ai_socktype == SOCK_STREAM) {
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    }
    if (::bind(fd, found->ai_addr, found->ai_addrlen) < 0 ||
        (hints.ai_socktype == SOCK_STREAM && ::listen(fd, 1) < 0)) {
      error = errno;
    }
    ::close(fd);
  }
  ::freeaddrinfo(found);
  return error;
}

std::string remedy(int error, const ListenAddress& address) {
  switch (error) {
    case EADDRINUSE:
      return fmt::format(
          "the port is busy; stop the program that uses it (ss -lpn 'sport = :{}' shows it) or set "
          "another port in sip.listen (BATON_SIP_LISTEN)",
          address.port);
    case EADDRNOTAVAIL:
      return "this machine has no such address; `ip addr` lists those it has";
    case EACCES:
    case EPERM:
      return "ports below 1024 need the right to bind them; use a port from 1024 on";
    default:
      return "set another address in sip.listen";
  }
}

// The library's own log tells of every broken datagram, which a stranger may send by the thousand.
void log_of_library(void* /*stream*/, const char* format, va_list arguments) {
  if (!spdlog::should_log(spdlog::level::debug)) return;
  char line[512];
  const int size = std::vsnprintf(line, sizeof line, format, arguments);
  std::string_view text{
      line, size < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(size), sizeof line - 1)};
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty()) spdlog::debug("sofia: {}", text);
}

// What is wrong with a certificate folder, or nothing. The library starts without a certificate and
// then fails each handshake.
std::string certificate_fault(const std::string& folder) {
  const std::string path = folder + "/agent.pem";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (file == nullptr) return fmt::format("{}: {}", path, std::strerror(errno));
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      PEM_read_X509(file.get(), nullptr, nullptr, nullptr), &X509_free);
  std::rewind(file.get());
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  if (certificate == nullptr) return path + " has no certificate";
  if (key == nullptr) return path + " has no private key";
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return path + ": the private key is not the certificate's";
  }
  return {};
}

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

}  // namespace

struct Endpoint::Impl {
  Impl(Endpoint& owner, InviteHandler* invite_handler, Sink event_sink)
      : endpoint(owner),
        handler(invite_handler),
        sink(std::move(event_sink)),
        own(owner.config_),
        registrar(owner.config_,
                  [this](const std::string& login, bool reachable) {
                    if (sink) sink(core::PhoneReachable{login, reachable});
                  }),
        trunks(owner.config_),
        digest(owner.config_.realm, owner.config_.nonce_lifetime_seconds,
               DigestServer::random_key(), unix_now()),
        tag_key(md5_hex(fmt::format("{}", fmt::join(DigestServer::random_key(), "-")))) {}

  Endpoint& endpoint;
  InviteHandler* handler;
  Sink sink;

  OwnHosts own;
  Registrar registrar;
  Trunks trunks;
  DigestServer digest;
  InternalMark mark;
  std::string tag_key;
  std::map<std::string, std::string, std::less<>> agents;  // HA1 by login.
  std::unique_ptr<TrunkResolver> resolver;
  nta_outgoing_t* default_outgoing = nullptr;
  Loop::Timer expiry;

  // Starting and stopping, on the loop thread.
  void create();
  void destroy();
  ListenAddress add_address(const ListenAddress& wanted);
  void expire_every_second();

  // Requests outside dialogs. Each takes over the message.
  static int on_message(nta_agent_magic_t* magic, nta_agent_t*, msg_t* msg, sip_t* sip) {
    reinterpret_cast<Impl*>(magic)->request(msg, sip);
    return 0;
  }
  void request(msg_t* msg, sip_t* sip);
  void invite(MessageGuard& msg, sip_t* sip, const Source& source);
  void register_phone(MessageGuard& msg, sip_t* sip, const Source& source);
  void answer_register(MessageGuard& msg, const RegisterAnswer& answer);
  bool refuse_unsupported(MessageGuard& msg, sip_t* sip);
  bool overloaded() const;

  // A stateless answer: it costs no memory, whoever asks however often. Only within the callback.
  void reply(MessageGuard& msg, int code, const char* phrase, tag_type_t tag = tag_null,
             tag_value_t value = 0);
  void challenge(MessageGuard& msg, bool proxy, bool stale);

  enum class Proof : std::uint8_t { good, answered };
  // Checks a credential, or answers with a challenge or a refusal.
  Proof prove(MessageGuard& msg, const sip_t* sip, const std::optional<DigestParams>& credential,
              std::string_view user, std::string_view ha1, bool proxy);

  // Answers that nobody waits for.
  static int on_stray_answer(nta_outgoing_magic_t* magic, nta_outgoing_t* orq, const sip_t* sip) {
    reinterpret_cast<Impl*>(magic)->stray_answer(orq, sip);
    return 0;
  }
  void stray_answer(nta_outgoing_t* orq, const sip_t* sip);

  [[nodiscard]] Source source_of(msg_t* msg) const {
    Source source;
    if (tport_t* tport = tport_delivered_by(nta_agent_tports(endpoint.agent_), msg)) {
      source.transport = text_of(tport_name(tport)->tpn_proto);
    }
    read_sockaddr(msg_addr(msg), source);
    return source;
  }
  [[nodiscard]] bool is_agent(std::string_view login) const { return agents.contains(login); }
  SipCounters& counters() { return endpoint.counters_; }
};

// ---- Starting and stopping

ListenAddress Endpoint::Impl::add_address(const ListenAddress& wanted) {
  const auto known = [this] {
    std::size_t count = 0;
    for (tport_t* each = tport_primaries(nta_agent_tports(endpoint.agent_)); each != nullptr;
         each = tport_next(each)) {
      ++count;
    }
    return count;
  };
  // TCP sockets are opened with SO_REUSEADDR, which does not let two listen; still, ask first for a
  // clear reason.
  if (const int error = wanted.port == 0 ? 0 : bind_error(wanted); error != 0) {
    throw std::runtime_error(fmt::format("SIP cannot listen on {}: {}: {}", describe(wanted),
                                         std::strerror(error), remedy(error, wanted)));
  }
  if (wanted.transport == "tls") {
    if (const auto fault = certificate_fault(endpoint.config_.tls_certificate_dir);
        !fault.empty()) {
      throw std::runtime_error(
          fmt::format("SIP cannot listen on {}: {}; put the certificate and its key, in PEM, into "
                      "agent.pem and the trusted authorities into cafile.pem there",
                      describe(wanted), fault));
    }
  }
  const std::size_t before = nta_agent_tports(endpoint.agent_) == nullptr ? 0 : known();
  const std::string url =
      fmt::format("{}:{}:{};transport={}", wanted.transport == "tls" ? "sips" : "sip", wanted.host,
                  wanted.port == 0 ? "*" : std::to_string(wanted.port), wanted.transport);
  int result = 0;
  if (wanted.transport == "tls") {
    result = nta_agent_add_tport(endpoint.agent_, URL_STRING_MAKE(url.c_str()), TPTAG_SERVER(1),
                                 TPTAG_CERTIFICATE(endpoint.config_.tls_certificate_dir.c_str()),
                                 TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_NONE), TPTAG_PONG2PING(1),
                                 TAG_END());
  } else {
    result =
        nta_agent_add_tport(endpoint.agent_, URL_STRING_MAKE(url.c_str()), TPTAG_SERVER(1),
                            TPTAG_UDP_RMEM(kReceiveBufferBytes), TPTAG_PONG2PING(1), TAG_END());
  }
  if (result < 0 || known() <= before) {
    const int error = su_errno();
    throw std::runtime_error(fmt::format("SIP cannot listen on {}: {}: {}", describe(wanted),
                                         su_strerror(error), remedy(error, wanted)));
  }
  tport_t* last = tport_primaries(nta_agent_tports(endpoint.agent_));
  while (tport_next(last) != nullptr) last = tport_next(last);
  // The name tells "*" as the port where one was chosen, the address always tells the truth.
  ListenAddress bound = wanted;
  Source real;
  const su_addrinfo_t* address = tport_get_address(last);
  if (address != nullptr &&
      read_sockaddr(reinterpret_cast<const su_sockaddr_t*>(address->ai_addr), real)) {
    bound.port = real.port;
  }
  return bound;
}

void Endpoint::Impl::create() {
  const auto& config = endpoint.config_;
  endpoint.agent_ = nta_agent_create(
      endpoint.loop_.root(), reinterpret_cast<url_string_t*>(-1), &Impl::on_message,
      reinterpret_cast<nta_agent_magic_t*>(this), NTATAG_UA(1),
      NTATAG_UDP_MTU(static_cast<unsigned>(config.udp_mtu)), NTATAG_MAXSIZE(kMaxMessageBytes),
      NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_MAX_FORWARDS(70), TAG_END());
  if (endpoint.agent_ == nullptr) {
    throw std::runtime_error("the SIP stack cannot start: out of memory or of descriptors");
  }
  for (const auto& wanted : config.listen) endpoint.bound_.push_back(add_address(wanted));
  // Binding has looked addresses up. If ours was not asked then, names in messages would stop the
  // loop.
  if (resolver_counts().calls == 0) {
    throw std::runtime_error(
        "the SIP library does not use Baton's numeric resolver: the program must be linked so that "
        "its su_getaddrinfo is exported (-Wl,--export-dynamic-symbol=su_getaddrinfo)");
  }
  default_outgoing = nta_outgoing_default(endpoint.agent_, &Impl::on_stray_answer,
                                          reinterpret_cast<nta_outgoing_magic_t*>(this));
  ListenAddress own_address = endpoint.bound_.front();
  for (const auto& each : endpoint.bound_) {
    if (each.transport == "udp") {
      own_address = each;
      break;
    }
  }
  trunks.set_own_address(own_address);
  resolver = std::make_unique<TrunkResolver>(
      config.trunks, config.trunk_refresh_seconds,
      [this](const std::string& trunk, std::vector<TrunkAddress> addresses) {
        endpoint.loop_.post([this, trunk, addresses = std::move(addresses)]() mutable {
          trunks.set_addresses(trunk, std::move(addresses));
        });
      });
  expire_every_second();
}

void Endpoint::Impl::expire_every_second() {
  expiry = endpoint.loop_.after(kExpiryInterval, [this] {
    registrar.expire(unix_now());
    expire_every_second();
  });
}

void Endpoint::Impl::destroy() {
  endpoint.loop_.cancel(expiry);
  if (default_outgoing != nullptr) nta_outgoing_destroy(default_outgoing);
  default_outgoing = nullptr;
  if (endpoint.agent_ != nullptr) nta_agent_destroy(endpoint.agent_);
  endpoint.agent_ = nullptr;
  endpoint.bound_.clear();
}

// ---- Requests outside dialogs

void Endpoint::Impl::reply(MessageGuard& msg, int code, const char* phrase, tag_type_t tag,
                           tag_value_t value) {
  sip_t* sip = sip_object(msg.get());
  if (code > 100 && sip->sip_to->a_tag == nullptr) {
    // The same request gets the same tag each time, though nothing is remembered (RFC 3261
    // section 8.2.7).
    const std::string seed = fmt::format("{}|{}|{}|{}|{}", tag_key, text_of(sip->sip_call_id->i_id),
                                         text_of(sip->sip_from->a_tag),
                                         text_of(sip->sip_via->v_branch), sip->sip_cseq->cs_seq);
    const std::string to_tag = md5_hex(seed).substr(0, 16);
    sip_to_tag(msg_home(msg.get()), sip->sip_to, to_tag.c_str());
  }
  nta_msg_treply(endpoint.agent_, msg.release(), code, phrase,
                 SIPTAG_SERVER_STR(endpoint.config_.user_agent.c_str()), tag, value, TAG_END());
}

void Endpoint::Impl::challenge(MessageGuard& msg, bool proxy, bool stale) {
  counters().challenged++;
  const std::string text = digest.challenge(unix_now(), stale);
  if (proxy) {
    reply(msg, SIP_407_PROXY_AUTH_REQUIRED, SIPTAG_PROXY_AUTHENTICATE_STR(text.c_str()));
  } else {
    reply(msg, SIP_401_UNAUTHORIZED, SIPTAG_WWW_AUTHENTICATE_STR(text.c_str()));
  }
}

Endpoint::Impl::Proof Endpoint::Impl::prove(MessageGuard& msg, const sip_t* sip,
                                            const std::optional<DigestParams>& credential,
                                            std::string_view user, std::string_view ha1,
                                            bool proxy) {
  if (!credential) {
    challenge(msg, proxy, false);
    return Proof::answered;
  }
  using Verdict = DigestServer::Verdict;
  auto verdict = Verdict::wrong;
  // Only as the one whom the request is from; somebody else's good credential is a wrong one.
  if (username_of(credential) == user) {
    verdict = digest.check(*credential, ha1, text_of(sip->sip_request->rq_method_name),
                           url_text(sip->sip_request->rq_url), unix_now());
  }
  switch (verdict) {
    case Verdict::ok:
      return Proof::good;
    case Verdict::stale:
      counters().credentials_stale++;
      challenge(msg, proxy, true);
      return Proof::answered;
    case Verdict::malformed:
      counters().credentials_wrong++;
      challenge(msg, proxy, false);
      return Proof::answered;
    case Verdict::wrong:
      break;
  }
  counters().credentials_wrong++;
  reply(msg, SIP_403_FORBIDDEN);
  return Proof::answered;
}

bool Endpoint::Impl::overloaded() const {
  const auto& config = endpoint.config_;
  return (handler != nullptr && config.max_dialogs >= 0 &&
          handler->dialogs() >= static_cast<std::size_t>(config.max_dialogs)) ||
         endpoint.transactions() >= static_cast<std::size_t>(std::max(0, config.max_transactions));
}

bool Endpoint::Impl::refuse_unsupported(MessageGuard& msg, sip_t* sip) {
  std::string unsupported;
  if (sip->sip_require != nullptr && sip->sip_require->k_items != nullptr) {
    for (const msg_param_t* item = sip->sip_require->k_items; *item != nullptr; ++item) {
      const bool known = std::ranges::any_of(
          kExtensions, [item](const char* each) { return strcasecmp(each, *item) == 0; });
      if (!known) unsupported += (unsupported.empty() ? "" : ", ") + std::string{*item};
    }
  }
  if (unsupported.empty()) return false;
  counters().malformed++;
  reply(msg, SIP_420_BAD_EXTENSION, SIPTAG_UNSUPPORTED_STR(unsupported.c_str()));
  return true;
}

void Endpoint::Impl::request(msg_t* raw, sip_t* sip) {
  MessageGuard msg(raw);
  if (sip == nullptr || sip->sip_request == nullptr) return;
  const auto method = sip->sip_request->rq_method;
  // An ACK is never answered. Those to what we refuse without a transaction arrive here too.
  if (method == sip_method_ack) return;
  if (const auto refusal = screen(sip)) {
    counters().screened++;
    if (refusal->code != 0) reply(msg, refusal->code, refusal->phrase);
    return;
  }
  const bool in_dialog = sip->sip_to->a_tag != nullptr;
  switch (method) {
    case sip_method_register:
      register_phone(msg, sip, source_of(raw));
      return;
    case sip_method_invite:
      if (in_dialog) break;
      invite(msg, sip, source_of(raw));
      return;
    case sip_method_options:
      if (in_dialog) break;
      if (refuse_unsupported(msg, sip)) return;
      counters().options++;
      nta_msg_treply(endpoint.agent_, msg.release(), SIP_200_OK,
                     SIPTAG_SERVER_STR(endpoint.config_.user_agent.c_str()),
                     SIPTAG_ALLOW_STR(kAllow), SIPTAG_SUPPORTED_STR(kSupported),
                     SIPTAG_ACCEPT_STR("application/sdp"), TAG_END());
      return;
    case sip_method_refer:
      if (in_dialog) break;
      counters().method_refused++;
      reply(msg, SIP_603_DECLINE);
      return;
    case sip_method_subscribe:
    case sip_method_message:
    case sip_method_publish:
      if (in_dialog) break;
      counters().method_refused++;
      reply(msg, SIP_405_METHOD_NOT_ALLOWED, SIPTAG_ALLOW_STR(kAllow));
      return;
    case sip_method_bye:
    case sip_method_cancel:
    case sip_method_info:
    case sip_method_update:
    case sip_method_prack:
    case sip_method_notify:
      break;
    default:
      counters().method_refused++;
      reply(msg, SIP_501_NOT_IMPLEMENTED, SIPTAG_ALLOW_STR(kAllow));
      return;
  }
  counters().no_dialog++;
  reply(msg, SIP_481_NO_TRANSACTION);
}

void Endpoint::Impl::invite(MessageGuard& msg, sip_t* sip, const Source& source) {
  if (overloaded()) {
    counters().overload++;
    const std::string seconds = std::to_string(std::max(1, endpoint.config_.retry_after_seconds));
    reply(msg, SIP_503_SERVICE_UNAVAILABLE, SIPTAG_RETRY_AFTER_STR(seconds.c_str()));
    return;
  }
  if (sip->sip_max_forwards != nullptr && sip->sip_max_forwards->mf_count == 0) {
    counters().too_many_hops++;
    reply(msg, SIP_483_TOO_MANY_HOPS);
    return;
  }
  const auto now = unix_now();
  auto credential = credential_for(sip->sip_proxy_authorization, digest.realm());
  if (!credential) credential = credential_for(sip->sip_authorization, digest.realm());
  CallFacts facts;
  facts.source = source;
  facts.from_user = unescaped(sip->sip_from->a_url->url_user);
  facts.from_host = text_of(sip->sip_from->a_url->url_host);
  facts.dialled = dialled_user(sip->sip_request->rq_url);
  facts.credential_user = username_of(credential);
  for (const sip_unknown_t* each = sip->sip_unknown; each != nullptr; each = each->un_next) {
    if (each->un_name != nullptr && kInternalHeader == each->un_name) {
      facts.internal_mark =
          mark.check(text_of(each->un_value), text_of(sip->sip_call_id->i_id), now);
    }
  }

  using Kind = Classified::Kind;
  const auto who = classify(facts, registrar, trunks, own,
                            [this](std::string_view login) { return is_agent(login); });
  SipCaller caller;
  caller.name = who.name;
  switch (who.kind) {
    case Kind::unknown:
      counters().unknown_peer++;
      reply(msg, SIP_403_FORBIDDEN);
      return;
    case Kind::not_inbound:
      counters().not_inbound++;
      reply(msg, SIP_404_NOT_FOUND);
      return;
    case Kind::agent:
      caller.kind = SipCaller::Kind::agent;
      if (prove(msg, sip, credential, who.name, agents.find(who.name)->second, true) !=
          Proof::good) {
        return;
      }
      break;
    case Kind::digest_trunk: {
      caller.kind = SipCaller::Kind::trunk;
      const auto* trunk = trunks.by_username(facts.credential_user);
      if (trunk == nullptr) trunk = trunks.by_username(facts.from_user);
      if (trunk == nullptr || prove(msg, sip, credential, trunk->username,
                                    digest_ha1(trunk->username, digest.realm(), trunk->password),
                                    true) != Proof::good) {
        return;
      }
      // Told only to the one who has proved that he is that trunk.
      if (!trunks.inbound(facts.dialled)) {
        counters().not_inbound++;
        reply(msg, SIP_404_NOT_FOUND);
        return;
      }
      break;
    }
    case Kind::trunk:
      caller.kind = SipCaller::Kind::trunk;
      break;
    case Kind::internal:
      caller.kind = SipCaller::Kind::internal;
      break;
  }
  if (refuse_unsupported(msg, sip)) return;
  std::string dialled = facts.dialled;
  if (caller.kind != SipCaller::Kind::agent) {
    dialled = trunks.inbound(facts.dialled).value_or(facts.dialled);
  }
  if (handler == nullptr) {
    reply(msg, SIP_503_SERVICE_UNAVAILABLE);
    return;
  }
  nta_incoming_t* irq =
      nta_incoming_create(endpoint.agent_, nullptr, msg.release(), sip, TAG_END());
  if (irq == nullptr) return;
  counters().invites_admitted++;
  handler->on_invite(std::move(caller), irq, sip, dialled);
}

void Endpoint::Impl::register_phone(MessageGuard& msg, sip_t* sip, const Source& source) {
  const url_t* to = sip->sip_to->a_url;
  if (!own.contains(text_of(to->url_host)) ||
      !own.contains(text_of(sip->sip_request->rq_url->url_host))) {
    counters().foreign_register++;
    reply(msg, 403, "Not Our Domain");
    return;
  }
  RegisterRequest wanted;
  wanted.login = unescaped(to->url_user);
  // A login that does not exist is challenged and refused like a wrong password, so that nobody can
  // find out which exist.
  const auto agent = agents.find(wanted.login);
  const auto credential = credential_for(sip->sip_authorization, digest.realm());
  if (agent == agents.end() && credential) counters().foreign_register++;
  if (prove(msg, sip, credential, wanted.login, agent == agents.end() ? tag_key : agent->second,
            false) != Proof::good) {
    return;
  }
  if (refuse_unsupported(msg, sip)) return;

  wanted.source = source;
  wanted.call_id = text_of(sip->sip_call_id->i_id);
  wanted.cseq = sip->sip_cseq->cs_seq;
  if (sip->sip_user_agent != nullptr) wanted.user_agent = text_of(sip->sip_user_agent->g_string);
  if (sip->sip_expires != nullptr) wanted.expires = sip->sip_expires->ex_delta;
  for (const sip_contact_t* contact = sip->sip_contact; contact != nullptr;
       contact = contact->m_next) {
    if (contact->m_url->url_type == url_any) {
      wanted.star = true;
      continue;
    }
    if (contact->m_url->url_type != url_sip && contact->m_url->url_type != url_sips) {
      reply(msg, 400, "Contact Is Not A SIP URI");
      counters().malformed++;
      return;
    }
    RegisterContact each;
    each.uri = url_text(contact->m_url);
    if (contact->m_expires != nullptr) {
      char* end = nullptr;
      const auto seconds = std::strtoull(contact->m_expires, &end, 10);
      // A value that is not a number counts as absent (RFC 3261 section 10.2.1.1).
      if (end != contact->m_expires && *end == '\0') each.expires = seconds;
    }
    const char* instance = msg_params_find(contact->m_params, "+sip.instance=");
    if (instance != nullptr && *instance != '\0') {
      each.instance =
          std::string{instance} + "/" + text_of(msg_params_find(contact->m_params, "reg-id="));
    }
    wanted.contacts.push_back(std::move(each));
  }
  answer_register(msg, registrar.apply(wanted, unix_now()));
}

void Endpoint::Impl::answer_register(MessageGuard& msg, const RegisterAnswer& answer) {
  // With a transaction, so that a repeated datagram gets the same answer and not a complaint about
  // its nonce count.
  nta_incoming_t* irq =
      nta_incoming_create(endpoint.agent_, nullptr, msg.release(), nullptr, TAG_END());
  if (irq == nullptr) return;
  std::string contacts;
  for (const auto& [binding, seconds] : answer.contacts) {
    contacts +=
        fmt::format("{}<{}>;expires={}", contacts.empty() ? "" : ", ", binding.contact, seconds);
  }
  const std::string min_expires = std::to_string(answer.min_expires);
  if (answer.code == 200) counters().registers_accepted++;
  nta_incoming_treply(irq, answer.code, answer.phrase.c_str(),
                      SIPTAG_SERVER_STR(endpoint.config_.user_agent.c_str()),
                      TAG_IF(!contacts.empty(), SIPTAG_CONTACT_STR(contacts.c_str())),
                      TAG_IF(answer.code == 423, SIPTAG_MIN_EXPIRES_STR(min_expires.c_str())),
                      TAG_END());
  nta_incoming_destroy(irq);
}

// ---- Answers that nobody waits for

void Endpoint::Impl::stray_answer(nta_outgoing_t* orq, const sip_t* sip) {
  if (sip == nullptr || sip->sip_status == nullptr || sip->sip_cseq == nullptr ||
      sip->sip_cseq->cs_method != sip_method_invite || sip->sip_status->st_status < 200 ||
      sip->sip_status->st_status > 299 || sip->sip_via == nullptr ||
      sip->sip_via->v_next != nullptr || sip->sip_to == nullptr || sip->sip_to->a_tag == nullptr) {
    return;
  }
  MessageGuard answer(nta_outgoing_getresponse(orq));
  if (answer.get() == nullptr) return;
  const Source source = source_of(answer.get());
  // Only for those whom we may have called: nobody else gets us to send by an answer that he made
  // up.
  if (source.transport.empty() ||
      (!registrar.agent_at(source) && !trunks.sends_from(source.host))) {
    return;
  }
  counters().stray_answers++;
  const std::string route = to_uri(source);
  const url_string_t* target = reinterpret_cast<const url_string_t*>(
      sip->sip_contact != nullptr ? sip->sip_contact->m_url : sip->sip_to->a_url);
  const auto send = [&](sip_method_t method, const char* name, std::uint32_t cseq) {
    MessageGuard out(nta_msg_create(endpoint.agent_, 0));
    if (out.get() == nullptr) return;
    su_home_t* home = msg_home(out.get());
    sip_t* request = sip_object(out.get());
    sip_request_t* line = sip_request_create(home, method, name, target, nullptr);
    sip_cseq_t* sequence = sip_cseq_create(home, cseq, static_cast<unsigned>(method), name);
    sip_route_t* routes = sip_route_reverse(home, sip->sip_record_route);
    if (line == nullptr || sequence == nullptr ||
        sip_add_tl(out.get(), request, SIPTAG_REQUEST(line), SIPTAG_TO(sip->sip_to),
                   SIPTAG_FROM(sip->sip_from), SIPTAG_CALL_ID(sip->sip_call_id),
                   SIPTAG_CSEQ(sequence), TAG_IF(routes != nullptr, SIPTAG_ROUTE(routes)),
                   TAG_END()) < 0) {
      return;
    }
    nta_outgoing_t* sent = nta_outgoing_mcreate(
        endpoint.agent_, nullptr, nullptr, URL_STRING_MAKE(route.c_str()), out.release(),
        TAG_IF(method == sip_method_ack, NTATAG_ACK_BRANCH(sip->sip_via->v_branch)),
        TAG_IF(method == sip_method_ack, NTATAG_STATELESS(1)), TAG_END());
    if (sent != nullptr && method == sip_method_ack) nta_outgoing_destroy(sent);
  };
  send(SIP_METHOD_ACK, sip->sip_cseq->cs_seq);
  // Above every number that the lost dialog can have used.
  send(SIP_METHOD_BYE, 0x7fffffff);
}

// ---- Endpoint

Endpoint::Endpoint(SipConfig config, InviteHandler* handler, Sink sink)
    : config_(std::move(config)), impl_(std::make_unique<Impl>(*this, handler, std::move(sink))) {}

Endpoint::~Endpoint() { stop(); }

void Endpoint::start() {
  su_log_redirect(nullptr, &log_of_library, nullptr);
  loop_.start();
  try {
    loop_.call([this] { impl_->create(); });
  } catch (...) {
    stop();
    throw;
  }
}

void Endpoint::stop(const Loop::Task& before) {
  // A trunk's new address must not come in any more; the resolver's own thread may linger.
  impl_->resolver.reset();
  if (before) loop_.call(before);
  // What that deferred still belongs to the living stack.
  loop_.call([] {});
  loop_.call([] {});
  loop_.stop([this] { impl_->destroy(); });
}

std::string Endpoint::contact_uri(std::string_view transport) const {
  const ListenAddress* chosen = bound_.empty() ? nullptr : &bound_.front();
  for (const auto& each : bound_) {
    if (each.transport == transport) {
      chosen = &each;
      break;
    }
  }
  if (chosen == nullptr) return "sip:127.0.0.1";
  return fmt::format("sip:{}:{}{}", chosen->host, chosen->port,
                     chosen->transport == "udp" ? "" : ";transport=" + chosen->transport);
}

void Endpoint::set_agents(std::vector<AgentSecret> agents) {
  const auto apply = [this, agents = std::move(agents)] {
    auto before = std::exchange(impl_->agents, {});
    for (const auto& agent : agents) impl_->agents[agent.login] = agent.ha1;
    for (const auto& [login, ha1] : before) {
      if (!impl_->agents.contains(login)) impl_->registrar.forget(login);
    }
  };
  if (!loop_.post(apply)) apply();  // Not started yet: nobody else looks.
}

void Endpoint::set_inbound_numbers(std::vector<std::string> numbers) {
  const auto apply = [this, numbers = std::move(numbers)] {
    impl_->trunks.set_inbound_numbers(numbers);
  };
  if (!loop_.post(apply)) apply();
}

std::vector<Binding> Endpoint::bindings(std::string_view login) const {
  return impl_->registrar.bindings(login);
}

std::optional<TrunkRoute> Endpoint::route(std::string_view number,
                                          std::string_view wished_caller_id) const {
  return impl_->trunks.route(number, wished_caller_id);
}

std::string Endpoint::internal_mark(std::string_view call_id) const {
  return impl_->mark.make(call_id, unix_now());
}

Source Endpoint::source_of(nta_incoming_s* irq) const {
  Source source;
  if (tport_t* tport = nta_incoming_transport(agent_, irq, nullptr)) {
    source.transport = text_of(tport_name(tport)->tpn_proto);
    tport_unref(tport);
  }
  const MessageGuard request(nta_incoming_getrequest(irq));
  if (request.get() != nullptr) read_sockaddr(msg_addr(request.get()), source);
  return source;
}

Registrar& Endpoint::registrar() { return impl_->registrar; }

Trunks& Endpoint::trunks() { return impl_->trunks; }

std::size_t Endpoint::transactions() const {
  usize_t server = 0;
  usize_t client = 0;
  nta_agent_get_stats(agent_, NTATAG_S_IRQ_HASH_USED_REF(server),
                      NTATAG_S_ORQ_HASH_USED_REF(client), TAG_END());
  return server + client;
}

}  // namespace baton::telephony::sip
