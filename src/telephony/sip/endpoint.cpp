#include "telephony/sip/endpoint.hpp"

#include <dlfcn.h>
#include <sofia-sip/su_addrinfo.h>
#include <sofia-sip/su_log.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <set>
#include <stdexcept>

#include <spdlog/spdlog.h>

#include "telephony/sip/endpoint_impl.hpp"
#include "telephony/sip/own_address.hpp"
#include "telephony/sip/screen.hpp"

namespace baton::telephony::sip {

namespace {

constexpr auto kExpiryInterval = std::chrono::seconds(1);

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

std::string contact_at(const ListenAddress& own) {
  return fmt::format("sip:{}:{}{}", own.host, own.port,
                     own.transport == "udp" ? "" : ";transport=" + own.transport);
}

/// The library sees our su_getaddrinfo in place of its own.
bool resolver_is_shown() {
  return ::dlsym(RTLD_DEFAULT, "su_getaddrinfo") == reinterpret_cast<void*>(&su_getaddrinfo);
}

}  // namespace

void Endpoint::Impl::create() {
  const auto& config = endpoint.config_;
  // The library's own mark for "bind nothing yet"; the addresses are added one by one.
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  auto* const no_address = reinterpret_cast<url_string_t*>(-1);
  endpoint.agent_ =
      nta_agent_create(endpoint.loop_.root(), no_address, &Impl::on_message,
                       reinterpret_cast<nta_agent_magic_t*>(this), NTATAG_UA(1),
                       NTATAG_UDP_MTU(static_cast<unsigned>(config.udp_mtu)),
                       NTATAG_MAXSIZE(static_cast<unsigned>(config.max_message_bytes)),
                       NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0), NTATAG_MAX_FORWARDS(70), TAG_END());
  if (endpoint.agent_ == nullptr) {
    throw std::runtime_error("the SIP stack cannot start: out of memory or of descriptors");
  }
  // Where a URI names no transport the library takes the first address that was bound, and RFC 3263
  // section 4.1 says UDP.
  endpoint.bound_ = config.listen;
  const auto bind = [this](bool udp) {
    for (auto& each : endpoint.bound_) {
      if ((each.transport == "udp") == udp) each = add_address(each);
    }
  };
  bind(true);
  bind(false);
  // Binding has looked addresses up, but for a wildcard. If ours was not asked then, names in
  // messages would stop the loop.
  const bool looked_up = !std::ranges::all_of(
      config.listen, [](const ListenAddress& each) { return is_wildcard(each.host); });
  if (looked_up ? resolver_counts().calls == 0 : !resolver_is_shown()) {
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
    registrar.expire(lifetimes.now());
    take_renewed_certificate();
    expire_every_second();
  });
}

void Endpoint::Impl::take_renewed_certificate() {
  if (tls.size() == 0) return;
  const std::string file = certificate_file();
  if (!tls.changed(file)) return;
  const std::string why = tls.use(file);
  if (why.empty()) {
    spdlog::info("SIP: TLS connections from now on are shown the certificate in {}", file);
  } else {
    spdlog::error("SIP: the certificate in use stays: {}", why);
  }
}

void Endpoint::Impl::destroy() {
  endpoint.loop_.cancel(expiry);
  registered.clear();
  if (default_outgoing != nullptr) nta_outgoing_destroy(default_outgoing);
  default_outgoing = nullptr;
  if (endpoint.agent_ != nullptr) nta_agent_destroy(endpoint.agent_);
  endpoint.agent_ = nullptr;
  endpoint.bound_.clear();
  sent_from.clear();
}

Endpoint::Endpoint(SipConfig config, InviteHandler* handler, Sink sink, LifetimeClock lifetimes)
    : config_(std::move(config)),
      impl_(std::make_unique<Impl>(*this, handler, std::move(sink), std::move(lifetimes))) {}

Endpoint::~Endpoint() { stop(); }

void Endpoint::start(const Loop::Task& after) {
  su_log_redirect(nullptr, &log_of_library, nullptr);
  loop_.start();
  try {
    loop_.call([this, &after] {
      impl_->create();
      if (after) after();
    });
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

std::string Endpoint::contact_uri(std::string_view transport, std::string_view peer) const {
  const std::string to = host_of(peer);
  const auto& all = impl_->sent_from;
  if (all.empty()) return "sip:127.0.0.1";
  // The stack sends from the first of the transport and IP version.
  for (const bool by_version : {!to.empty(), false}) {
    const auto chosen = std::ranges::find_if(all, [&](const ListenAddress& each) {
      return each.transport == transport && (!by_version || is_ipv6(each.host) == is_ipv6(to));
    });
    if (chosen != all.end()) return contact_at(*chosen);
  }
  return contact_at(all.front());
}

std::string Endpoint::contact_uri(nta_incoming_s* irq) const {
  const Source peer = source_of(irq);
  Source own;
  bool known = false;
  if (tport_t* tport = nta_incoming_transport(agent_, irq, nullptr)) {
    // That of a connection has the peer's address, its parent's is the one that is listened on.
    const su_addrinfo_t* address = tport_get_address(tport_parent(tport));
    known = address != nullptr &&
            text::read_sockaddr(reinterpret_cast<const su_sockaddr_t*>(address->ai_addr), own);
    tport_unref(tport);
  }
  if (!known) return contact_uri(peer.transport, to_uri(peer));
  return contact_at({peer.transport, bracketed(own.host), own.port});
}

bool Endpoint::is_connected_to(const std::string& uri) const {
  su_home_t home[1] = {SU_HOME_INIT(home)};
  tp_name_t name{};
  const std::string host = host_of(uri);
  bool connected = false;
  if (tport_name_by_url(home, &name, URL_STRING_MAKE(uri.c_str())) == 0) {
    // The stack tells the IP version by a host without brackets only.
    name.tpn_host = host.c_str();
    name.tpn_canon = host.c_str();
    // Where there is none it is the transport that would make one.
    const tport_t* found = tport_by_name(nta_agent_tports(agent_), &name);
    connected = found != nullptr && tport_is_secondary(found) != 0;
  }
  su_home_deinit(home);
  return connected;
}

void Endpoint::set_agents(std::vector<AgentSecret> agents) {
  const auto apply = [this, agents = std::move(agents)] {
    auto before = std::exchange(impl_->agents, {});
    for (const auto& agent : agents) impl_->agents[agent.login] = agent.ha1;
    for (const auto& [login, ha1] : before) {
      const auto now = impl_->agents.find(login);
      // A phone that signed in with the old password may be that of whoever it was changed against.
      if (now == impl_->agents.end() || now->second != ha1) impl_->registrar.forget(login);
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

void Endpoint::answer_after(AfterCommit after_commit) {
  impl_->after_commit = std::move(after_commit);
}

void Endpoint::audit_with(const SignInSink& sink) {
  impl_->sign_ins = sink;
  impl_->registrar.tell_sign_ins(sink);
}

void Endpoint::keep_phones(Registrar::Changed changed) {
  impl_->registrar.keep_with([this, changed = std::move(changed)](
                                 const std::string& login, const Binding& binding, bool removed) {
    Binding kept = binding;
    kept.expires_at = impl_->lifetimes.by_the_wall(binding.expires_at);
    changed(login, kept, removed);
  });
}

void Endpoint::hold_stray_answers(bool hold) { impl_->strays_wait = hold; }

std::vector<Binding> Endpoint::bindings(std::string_view login) const {
  return impl_->registrar.bindings(login);
}

std::vector<std::string> Endpoint::take_over(
    const std::vector<std::pair<std::string, Binding>>& phones) {
  std::vector<std::string> reachable;
  for (const auto& [login, binding] : phones) {
    // Of somebody who left the directory meanwhile it has expired.
    const std::int64_t now = impl_->is_agent(login) ? impl_->lifetimes.now() : binding.expires_at;
    if (!impl_->registrar.restore(login, binding, now)) continue;
    if (std::ranges::find(reachable, login) == reachable.end()) reachable.push_back(login);
  }
  tell_ended(phones);
  return reachable;
}

void Endpoint::tell_ended(const std::vector<std::pair<std::string, Binding>>& phones) const {
  if (!impl_->sign_ins) return;
  const std::int64_t now = impl_->lifetimes.now();
  std::set<std::pair<std::string, std::string>> ended;
  for (const auto& [login, binding] : phones) {
    if (binding.expires_at <= now) ended.emplace(login, host_of(binding.via_route));
  }
  // It is the end of the last one there that is told.
  for (const auto& [login, binding] : phones) {
    if (binding.expires_at > now) ended.erase({login, host_of(binding.via_route)});
  }
  for (const auto& [login, host] : ended) {
    impl_->sign_ins({.what = SignIn::What::expired, .login = login, .host = host});
  }
}

void Endpoint::let_go(const std::vector<std::pair<std::string, Binding>>& phones) {
  for (const auto& [login, binding] : phones) impl_->registrar.let_go(login, binding);
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
    source.transport = text::text_of(tport_name(tport)->tpn_proto);
    tport_unref(tport);
  }
  const MessageGuard request(nta_incoming_getrequest(irq));
  if (request.get() != nullptr) text::read_sockaddr(msg_addr(request.get()), source);
  return source;
}

Registrar& Endpoint::registrar() { return impl_->registrar; }

Trunks& Endpoint::trunks() { return impl_->trunks; }

std::vector<std::pair<std::string, std::uint64_t>> Endpoint::trunks_full() const {
  return impl_->trunks.refused();
}

std::size_t Endpoint::transactions() const {
  usize_t server = 0;
  usize_t client = 0;
  nta_agent_get_stats(agent_, NTATAG_S_IRQ_HASH_USED_REF(server),
                      NTATAG_S_ORQ_HASH_USED_REF(client), TAG_END());
  return server + client;
}

}  // namespace baton::telephony::sip