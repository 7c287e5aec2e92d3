#include "gateway/gateway.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "directory/sign_in_words.hpp"
#include "gateway/connection.hpp"
#include "gateway/key_set.hpp"
#include "gateway/sessions.hpp"
#include "gateway/tls_certificate.hpp"

namespace baton::gateway {
namespace {

using net::ip::tcp;

constexpr int kBacklog = 4096;               ///< The kernel takes the less of this and somaxconn.
constexpr std::size_t kRefusedAtOnce = 256;  ///< Connections above the limit that still get a 503.
constexpr std::size_t kDescriptorsBeside = 256;  ///< What the rest of the process needs.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kSweepPause = std::chrono::milliseconds(500);
/// In one sweep, so that nobody waits longer for it than a millisecond or two. A rush brings more:
/// what is left stays as it is until it is too old.
constexpr std::size_t kPackedASweep = std::size_t{1} * 1024 * 1024;
constexpr auto kExpirePause = std::chrono::seconds(10);

std::int64_t unix_milliseconds() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// "127.0.0.1:8080" or "[::1]:8080", numbers only: a name could mean another address tomorrow.
tcp::endpoint parse_endpoint(const std::string& key, const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = colon == std::string::npos ? std::string() : text.substr(0, colon);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  boost::system::error_code error;
  const net::ip::address address = net::ip::make_address(host, error);
  unsigned port = 0;
  const char* end = text.data() + text.size();
  const auto parsed =
      std::from_chars(text.data() + (colon == std::string::npos ? 0 : colon + 1), end, port);
  if (colon == std::string::npos || error || parsed.ec != std::errc() || parsed.ptr != end ||
      port > 65535) {
    throw std::invalid_argument(
        fmt::format("{} is \"{}\", it must be ADDRESS:PORT with a numeric address, such as "
                    "127.0.0.1:8080 or [::1]:8080 (port 0: any free one)",
                    key, text));
  }
  return {address, static_cast<std::uint16_t>(port)};
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", address, endpoint.port())
                                    : fmt::format("{}:{}", address, endpoint.port());
}

/// Each connection is a file descriptor, and the usual soft limit of 1024 is far below what we are
/// configured for.
void raise_descriptor_limit(std::size_t connections) {
  const rlim_t wanted = connections + kRefusedAtOnce + kDescriptorsBeside;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted);
  const bool raised = ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
  if (!raised || limit.rlim_cur < wanted) {
    spdlog::warn(
        "only {} file descriptors are allowed, http.max_connections = {} needs {}: raise the hard "
        "limit (LimitNOFILE= in the systemd unit, or ulimit -Hn)",
        limit.rlim_cur, connections, wanted);
  }
}

}  // namespace

class Gateway::Impl {
 public:
  Impl(GatewayConfig config, Backend& backend, prometheus::Registry& registry, Pages pages)
      : config_(std::move(config)),
        backend_(backend),
        pages_(std::move(pages)),
        metrics_(registry),
        jwks_({config_.jwks_file}),
        sessions_(session_limits(config_)),
        limits_(config_.requests_per_second, config_.service_requests_per_second),
        worker_(config_.max_waiting_logins),
        mailbox_(std::make_shared<Mailbox>(
            [this] { net::post(loop_, [this] { empty_mailbox(); }); }, config_.max_waiting_events)),
        loop_(1),
        work_(loop_.get_executor()),
        sweep_timer_(loop_) {
    check_config(config_);
    config_.cookie_secure |= tls_wanted();
    http_endpoint_ = parse_endpoint("http.listen", config_.listen);
    if (!config_.metrics_listen.empty()) {
      metrics_endpoint_ = parse_endpoint("http.metrics_listen", config_.metrics_listen);
    }
  }

  ~Impl() { stop(std::chrono::milliseconds(0)); }

  void start() {
    if (thread_.joinable() || stopped_) throw std::logic_error("a gateway starts only once");
    std::string secret = load_or_create_secret(config_.jwt_secret_file);
    if (tls_wanted()) {
      tls_.emplace(TlsConfig{config_.tls_certificate, config_.tls_key, config_.tls_min_version});
      tell_certificate();
    }
    std::optional<KeySet> issuer_keys;
    if (!config_.jwks_file.empty()) {
      static_cast<void>(jwks_.changed());
      issuer_keys = load_key_set(config_.jwks_file);
    }
    raise_descriptor_limit(config_.max_connections);
    open(http_, http_endpoint_, "http.listen", Listener::api);
    if (metrics_endpoint_) {
      open(metrics_listener_, *metrics_endpoint_, "http.metrics_listen", Listener::metrics);
    }
    started_at_ = backend_.now_ms();
    const EventLogLimits limits{config_.replay_events, std::int64_t{config_.replay_seconds} * 1000,
                                config_.replay_bytes};
    hub_.emplace(
        limits, config_.max_send_queue_bytes, backend_.epoch(),
        [this](std::string agent, std::function<void(SyncReply)> done) {
          ask_sync(std::move(agent), std::move(done));
        },
        [this](std::function<void(QueuesReply)> done) { ask_queues(std::move(done)); }, metrics_);
    authenticator_.emplace(config_, std::move(secret), backend_, sessions_);
    if (issuer_keys) authenticator_->set_issuer_keys(std::move(*issuer_keys));
    dispatcher_.emplace(backend_, mailbox_, *hub_, limits_, metrics_);
    api_.emplace(config_, backend_, *authenticator_, sessions_, *hub_, *dispatcher_, worker_,
                 metrics_, limits_, pages_, mailbox_, &unix_milliseconds,
                 [this](const Digest& session) { end_session(session); });
    context_ = std::make_unique<Context>(config_, *api_, *hub_, *dispatcher_, metrics_);
    sessions_.keep_with(
        {.opened = [this](KeptSession session) { backend_.keep_session(std::move(session)); },
         .ended =
             [this](const std::vector<EndedSession>& sessions) { on_sessions_ended(sessions); }});
    take_back_sessions();
    mailbox_->limit_from_now();
    worker_.start();
    accept(*http_);
    if (metrics_listener_) accept(*metrics_listener_);
    sweep();
    std::promise<void> ended;
    ended_ = ended.get_future();
    thread_ = std::thread([this, ended = std::move(ended)]() mutable {
      run();
      ended.set_value();
    });
  }

  void stop(std::chrono::milliseconds deadline) {
    if (!thread_.joinable()) {
      mailbox_->close();
      stopped_ = true;
      return;
    }
    net::post(loop_, [this, deadline] { drain(deadline); });
    // The deadline is the loop's own business; only a loop that hangs in somebody's call is stopped
    // from here.
    if (ended_.wait_for(deadline + std::chrono::seconds(2)) != std::future_status::ready) {
      loop_.stop();
    }
    thread_.join();
    stopped_ = true;
    mailbox_->close();
    worker_.stop();
    context_->connections.clear();
  }

  void publish(PublishedEvent event) { mailbox_->post(std::move(event)); }
  void publish(std::vector<PublishedEvent> events) { mailbox_->post(std::move(events)); }

  void send_to(SocketId socket, std::string text) {
    mailbox_->post([this, socket, text = std::make_shared<const std::string>(std::move(text))] {
      const auto bridge = context_->bridges.find(socket);
      if (bridge != context_->bridges.end()) bridge->second->deliver(text);
    });
  }

  void set_epoch(std::string epoch) {
    mailbox_->post([this, epoch = std::move(epoch)] { hub_->set_epoch(epoch); });
  }

  /// The sessions that an earlier process kept. An import while no server ran may have disabled an
  /// account or changed its role: its sessions end for good, whatever becomes of it later.
  void take_back_sessions() {
    std::vector<KeptSession> kept = backend_.kept_sessions();
    std::set<std::string> ended;
    for (const KeptSession& each : kept) {
      const std::optional<Caller> account = backend_.account(each.login);
      if (!account || account->role != each.role) ended.insert(each.login);
    }
    sessions_.restore(std::move(kept), unix_milliseconds() / 1000);
    for (const std::string& login : ended) sessions_.revoke(login);
  }

  void revoke(std::string login) {
    mailbox_->post([this, login = std::move(login)] {
      sessions_.revoke(login);
      sign_out_where([&login](const Identity& identity) -> std::string_view {
        return identity.caller.login == login ? "the account was disabled" : "";
      });
    });
  }

  void end_sessions(std::string login) {
    mailbox_->post([this, login = std::move(login)] {
      sessions_.close_all(login);
      sign_out_where([&](const Identity& identity) -> std::string_view {
        if (!identity.session || identity.caller.login != login) return {};
        const std::string_view why = authenticator_->why_account_ended(identity);
        return why.empty() ? "the password was changed" : why;
      });
    });
  }

  void reload() {
    mailbox_->post([this] { read_files(true); });
  }

  [[nodiscard]] std::string http_address() const { return http_ ? to_text(http_->bound) : ""; }
  [[nodiscard]] std::string metrics_address() const {
    return metrics_listener_ ? to_text(metrics_listener_->bound) : "";
  }
  [[nodiscard]] std::size_t websocket_count() const {
    return context_ ? context_->websockets.load() : 0;
  }

 private:
  struct Listening {
    Listening(net::io_context& loop, Listener which) : kind(which), acceptor(loop), pause(loop) {}
    Listener kind;
    Acceptor acceptor;
    Timer pause;
    tcp::endpoint bound;
  };

  [[nodiscard]] bool tls_wanted() const { return !config_.tls_certificate.empty(); }

  void tell_certificate() const {
    if (tls_->has_ended()) {
      spdlog::warn("http.tls_certificate \"{}\" ended at {}: clients will refuse it",
                   config_.tls_certificate, tls_->ends());
    } else {
      spdlog::info("http.tls_certificate \"{}\" is good until {}", config_.tls_certificate,
                   tls_->ends());
    }
  }

  /// Takes files that have changed, or all that there are.
  void read_files(bool all) {
    if (tls_ && (tls_->changed() || all)) {
      if (const std::string why = tls_->reload(); why.empty()) {
        tell_certificate();
      } else {
        spdlog::error("the certificate in use stays: {}", why);
      }
    }
    if (!config_.jwks_file.empty() && (jwks_.changed() || all)) {
      try {
        KeySet keys = load_key_set(config_.jwks_file);
        spdlog::info("auth.jwks_file \"{}\": {} keys", config_.jwks_file, keys.size());
        authenticator_->set_issuer_keys(std::move(keys));
      } catch (const std::runtime_error& error) {
        spdlog::error("the token keys in use stay: {}", error.what());
      }
    }
  }

  static SessionLimits session_limits(const GatewayConfig& config) {
    SessionLimits limits;
    limits.session_seconds = UnixSeconds{config.session_hours} * 3600;
    limits.ticket_seconds = config.ticket_seconds;
    limits.sessions = config.max_sessions;
    limits.sessions_per_login = config.max_sessions_per_login;
    return limits;
  }

  void open(std::optional<Listening>& listening, const tcp::endpoint& endpoint, const char* key,
            Listener kind) {
    listening.emplace(loop_, kind);
    boost::system::error_code error;
    Acceptor& acceptor = listening->acceptor;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(kBacklog, error);
    if (!error) listening->bound = acceptor.local_endpoint(error);
    if (!error) return;
    listening.reset();
    std::string remedy = "set another address";
    if (error == net::error::address_in_use) {
      remedy = fmt::format(
          "another program listens there (ss -ltnp 'sport = :{}' tells which): stop it, or set "
          "another port",
          endpoint.port());
    } else if (error == net::error::access_denied) {
      remedy = "ports below 1024 need the capability CAP_NET_BIND_SERVICE: set a higher port";
    } else if (error.value() == EADDRNOTAVAIL) {
      remedy = "this machine has no such address: set one that \"ip address\" lists";
    }
    throw std::runtime_error(fmt::format("{} = \"{}\": cannot listen: {}; {}", key,
                                         to_text(endpoint), error.message(), remedy));
  }

  void run() {
    for (;;) {
      try {
        loop_.run();
        return;
      } catch (const std::exception& error) {
        // One client's misfortune (no memory, no entropy) must not take the others' connections
        // with it.
        spdlog::error("gateway: {}", error.what());
      }
    }
  }

  void accept(Listening& listening) {
    listening.acceptor.async_accept(
        [this, &listening](boost::system::error_code error, Socket socket) {
          if (context_->draining || error == net::error::operation_aborted) return;
          if (!error) {
            welcome(std::move(socket), listening.kind);
            return accept(listening);
          }
          metrics_.accept_failed();
          if (error.value() != EMFILE && error.value() != ENFILE && error.value() != ENOBUFS &&
              error.value() != ENOMEM) {
            return accept(listening);  // That one client gave up before we came to it.
          }
          // There is nothing to accept with. Trying again at once would only burn the processor.
          if (!std::exchange(short_of_descriptors_, true)) {
            spdlog::warn("gateway: cannot accept connections for now: {}", error.message());
          }
          listening.pause.expires_after(kAcceptPause);
          listening.pause.async_wait([this, &listening](boost::system::error_code cancelled) {
            if (!cancelled && !context_->draining) accept(listening);
          });
        });
  }

  void welcome(Socket socket, Listener kind) {
    short_of_descriptors_ = false;
    bool full = false;
    if (kind == Listener::api && context_->api_connections >= config_.max_connections) {
      metrics_.hit(Limit::max_connections);
      full = true;
      if (context_->api_connections >= config_.max_connections + kRefusedAtOnce) return;
    }
    ClientSocket client = kind == Listener::api && tls_
                              ? ClientSocket(std::move(socket), tls_->context())
                              : ClientSocket(std::move(socket));
    serve_http(std::move(client), *context_, kind, full);
  }

  void empty_mailbox() {
    Mailbox::Batch batch = mailbox_->take();
    std::optional<std::int64_t> oldest;
    for (Mailbox::Item& item : batch.items) {
      if (const PublishedEvent* event = std::get_if<PublishedEvent>(&item)) {
        hub_->publish(*event);
        if (!oldest) oldest = event->at;
      } else {
        std::get<Mailbox::Task>(item)();
      }
    }
    // Those of the process before, published again at a start, tell nothing of this one.
    if (oldest && *oldest >= started_at_) {
      metrics_.lag(static_cast<double>(backend_.now_ms() - *oldest) / 1000.0);
    }
    if (batch.overflowed) {
      metrics_.hit(Limit::max_waiting_events);
      spdlog::error(
          "gateway: more than {} events at once (http.max_waiting_events); all clients have to "
          "come back",
          config_.max_waiting_events);
      hub_->lost_events();
    }
  }

  void ask_sync(std::string agent, std::function<void(SyncReply)> done) {
    backend_.sync(
        std::move(agent), [mailbox = mailbox_, done = std::move(done)](SyncReply reply) mutable {
          mailbox->post([done = std::move(done), reply = std::move(reply)] { done(reply); });
        });
  }

  void ask_queues(std::function<void(QueuesReply)> done) {
    backend_.queues([mailbox = mailbox_, done = std::move(done)](QueuesReply reply) mutable {
      mailbox->post([done = std::move(done), reply = std::move(reply)] { done(reply); });
    });
  }

  void on_sessions_ended(const std::vector<EndedSession>& sessions) {
    std::vector<Digest> digests;
    std::set<Digest> made_room;
    for (const EndedSession& each : sessions) {
      digests.push_back(each.digest);
      if (each.why == SessionEnd::too_many_of_login || each.why == SessionEnd::too_many) {
        made_room.insert(each.digest);
        metrics_.hit(each.why == SessionEnd::too_many ? Limit::max_sessions
                                                      : Limit::max_sessions_per_login);
      }
      // A sign-out has its line already, which knows where it came from.
      if (each.why == SessionEnd::signed_out) continue;
      backend_.audit({.event = "logout",
                      .caller = each.caller,
                      .accepted = true,
                      .reason = audit_reason(each.why)});
    }
    backend_.forget_sessions(std::move(digests));
    // Whatever else ends a session ends its sockets by itself.
    if (made_room.empty()) return;
    sign_out_where([&made_room](const Identity& identity) -> std::string_view {
      return identity.session && made_room.contains(*identity.session)
                 ? "there are too many sign-ins: the oldest made room"
                 : "";
    });
  }

  static std::string audit_reason(SessionEnd why) {
    switch (why) {
      case SessionEnd::signed_out:
        return "";
      case SessionEnd::expired:
        return std::string(directory::kSignInExpired);
      case SessionEnd::account_changed:
        return std::string(directory::kSignInDisabled);
      case SessionEnd::too_many_of_login:
      case SessionEnd::too_many:
        return "tooManySessions";
    }
    return "";
  }

  void end_session(const Digest& session) {
    sign_out_where([&session](const Identity& identity) -> std::string_view {
      return identity.session == session ? "signed out" : "";
    });
  }

  /// Ends every connection for which `why` has a reason.
  template <class Why>
  void sign_out_where(const Why& why) {
    for (auto& [raw, connection] : context_->connections) {
      const Identity* identity = connection->signed_in();
      if (identity == nullptr) continue;
      if (const std::string_view reason = why(*identity); !reason.empty()) {
        connection->sign_out(reason);
      }
    }
  }

  void sweep() {
    sweep_timer_.expires_after(kSweepPause);
    sweep_timer_.async_wait([this](boost::system::error_code error) {
      if (error || context_->draining) return;
      const auto now = std::chrono::steady_clock::now();
      const std::int64_t unix_ms = unix_milliseconds();
      sign_out_where([&](const Identity& identity) {
        return authenticator_->why_ended(identity, unix_ms / 1000);
      });
      if (now - last_expire_ >= kExpirePause) {
        last_expire_ = now;
        sessions_.expire(unix_ms / 1000);
        hub_->expire(backend_.now_ms());
      }
      hub_->pack(backend_.now_ms(), kPackedASweep);
      hub_->look_at_queues();
      if (now - last_file_check_ >= std::chrono::seconds(config_.file_check_seconds)) {
        last_file_check_ = now;
        read_files(false);
      }
      if (now - last_account_check_ >= std::chrono::seconds(config_.account_check_seconds)) {
        last_account_check_ = now;
        sign_out_where(
            [&](const Identity& identity) { return authenticator_->why_account_ended(identity); });
      }
      sweep();
    });
  }

  void drain(std::chrono::milliseconds deadline) {
    context_->draining = true;
    work_.reset();
    sweep_timer_.cancel();
    for (std::optional<Listening>* listening : {&http_, &metrics_listener_}) {
      if (!*listening) continue;
      boost::system::error_code ignored;
      (*listening)->acceptor.close(ignored);
      (*listening)->pause.cancel();
    }
    for (const auto& connection : all_connections()) connection->drain();
    wait_for_drained(std::chrono::steady_clock::now() + deadline);
  }

  void wait_for_drained(std::chrono::steady_clock::time_point deadline) {
    if (context_->connections.empty()) return;
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) {
      for (const auto& connection : all_connections()) connection->abort();
      return;
    }
    sweep_timer_.expires_at(std::min(deadline, now + std::chrono::milliseconds(20)));
    sweep_timer_.async_wait(
        [this, deadline](boost::system::error_code) { wait_for_drained(deadline); });
  }

  [[nodiscard]] std::vector<std::shared_ptr<Connection>> all_connections() const {
    std::vector<std::shared_ptr<Connection>> all;
    all.reserve(context_->connections.size());
    for (const auto& [raw, connection] : context_->connections) all.push_back(connection);
    return all;
  }

  // Passed in.
  GatewayConfig config_;
  Backend& backend_;
  Pages pages_;
  std::int64_t started_at_ = 0;  ///< By the clock that stamps events.
  // Owned, in the order in which they need each other.
  Metrics metrics_;
  WatchedFiles jwks_;
  Sessions sessions_;
  CallerLimits limits_;
  Worker worker_;
  std::optional<TlsCertificate> tls_;
  std::shared_ptr<Mailbox> mailbox_;
  std::optional<Hub> hub_;
  std::optional<Authenticator> authenticator_;
  std::optional<Dispatcher> dispatcher_;
  std::optional<Api> api_;
  std::unique_ptr<Context> context_;
  /// Its destructor destroys what handlers still hold, so it goes before what those refer to.
  net::io_context loop_{1};  // One thread runs it.
  net::executor_work_guard<Executor> work_;
  Timer sweep_timer_;
  std::optional<Listening> http_;
  std::optional<Listening> metrics_listener_;
  tcp::endpoint http_endpoint_;
  std::optional<tcp::endpoint> metrics_endpoint_;
  // State.
  std::chrono::steady_clock::time_point last_expire_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_account_check_ = last_expire_;
  std::chrono::steady_clock::time_point last_file_check_ = last_expire_;
  bool short_of_descriptors_ = false;
  bool stopped_ = false;
  std::future<void> ended_;
  std::thread thread_;
};

Gateway::Gateway(GatewayConfig config, Backend& backend, prometheus::Registry& registry,
                 Pages pages)
    : impl_(std::make_unique<Impl>(std::move(config), backend, registry, std::move(pages))) {}

Gateway::~Gateway() = default;

void Gateway::start() { impl_->start(); }
void Gateway::stop(std::chrono::milliseconds deadline) { impl_->stop(deadline); }
std::string Gateway::http_address() const { return impl_->http_address(); }
std::string Gateway::metrics_address() const { return impl_->metrics_address(); }
void Gateway::publish(PublishedEvent event) { impl_->publish(std::move(event)); }
void Gateway::publish(std::vector<PublishedEvent> events) { impl_->publish(std::move(events)); }
void Gateway::send_to(std::uint64_t socket, std::string text) {
  impl_->send_to(socket, std::move(text));
}
void Gateway::set_epoch(std::string epoch) { impl_->set_epoch(std::move(epoch)); }
void Gateway::reload() { impl_->reload(); }
void Gateway::revoke(std::string_view login) { impl_->revoke(std::string(login)); }
void Gateway::end_sessions(std::string_view login) { impl_->end_sessions(std::string(login)); }
std::size_t Gateway::websocket_count() const { return impl_->websocket_count(); }

}  // namespace baton::gateway
