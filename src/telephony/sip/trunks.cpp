#include "telephony/sip/trunks.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "telephony/sip/dialog_message.hpp"
#include "telephony/sip/own_address.hpp"

namespace baton::telephony::sip {

namespace {

constexpr int kSipPort = 5060;
constexpr int kSipsPort = 5061;

// An address to dial ourselves by: a wildcard address is listened on, not called.
std::string callable(const std::string& host) {
  std::string bare{without_brackets(host)};
  if (!is_wildcard(bare)) return bare;
  return bare == "::" ? "::1" : "127.0.0.1";
}

int default_port(const std::string& transport) { return transport == "tls" ? kSipsPort : kSipPort; }

/// A numeric address, which needs no brackets where no port follows, or one with a port.
std::optional<TrunkAddress> parse_source(const std::string& text) {
  auto address = is_numeric_address(text) ? TrunkAddress{text, 0} : parse_host_port(text);
  if (address) address->host = canonical(address->host);
  return address;
}

std::vector<TrunkAddress> look_up(const std::string& host, int port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  std::vector<TrunkAddress> addresses;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST] = {};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      addresses.push_back({text, port});
    }
  }
  ::freeaddrinfo(found);
  return addresses;
}

}  // namespace

std::optional<TrunkAddress> parse_host_port(std::string_view text) {
  TrunkAddress address;
  address.port = 0;
  std::string_view rest;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    address.host = std::string{text.substr(1, close - 1)};
    if (!is_numeric_address(address.host) || address.host.find(':') == std::string::npos) {
      return std::nullopt;
    }
    rest = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    address.host = std::string{text.substr(0, colon)};
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
    const auto allowed = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_';
    };
    if (!std::ranges::all_of(address.host, allowed)) return std::nullopt;
  }
  if (address.host.empty()) return std::nullopt;
  if (!rest.empty()) {
    if (rest.front() != ':') return std::nullopt;
    rest.remove_prefix(1);
    const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), address.port);
    if (result.ec != std::errc{} || result.ptr != rest.data() + rest.size() || address.port < 1 ||
        address.port > 65535) {
      return std::nullopt;
    }
  }
  return address;
}

bool is_numeric_address(std::string_view host) {
  const std::string text{host};
  in6_addr buffer{};
  return ::inet_pton(AF_INET, text.c_str(), &buffer) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), &buffer) == 1;
}

bool is_loopback_address(std::string_view host) {
  const std::string text{host};
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

Trunks::Trunks(const SipConfig& config) : listen_(config.listen) {
  for (const auto& trunk : config.trunks) {
    State state;
    state.config = trunk;
    if (auto address = parse_host_port(trunk.address);
        address && is_numeric_address(address->host)) {
      if (address->port == 0) address->port = default_port(trunk.transport);
      address->host = canonical(address->host);
      state.addresses.push_back(*address);
    }
    for (const auto& source : trunk.sources) {
      if (auto address = parse_source(source)) {
        sources_.push_back({*address, trunks_.size()});
      }
    }
    trunks_.push_back(std::move(state));
  }
}

void Trunks::set_inbound_numbers(const std::vector<std::string>& numbers) {
  inbound_ = {numbers.begin(), numbers.end()};
}

void Trunks::set_addresses(std::string_view trunk, std::vector<TrunkAddress> addresses) {
  const auto known = std::find_if(trunks_.begin(), trunks_.end(),
                                  [&](const State& state) { return state.config.name == trunk; });
  if (known == trunks_.end() || addresses.empty()) return;
  const std::string& transport = known->config.transport;
  const int version = is_ipv6(addresses.front().host) ? 6 : 4;
  std::erase_if(addresses, [&](const TrunkAddress& each) { return !sends_to(transport, each); });
  if (addresses.empty()) {
    spdlog::warn(
        "trunk {}: its name leads to IPv{} addresses only, and sip.listen has no {} address of "
        "that version to send from; add one",
        trunk, version, transport);
    return;
  }
  known->addresses = std::move(addresses);
}

bool Trunks::sends_to(std::string_view transport, const TrunkAddress& address) const {
  return std::ranges::any_of(listen_, [&](const ListenAddress& own) {
    return own.transport == transport && is_ipv6(own.host) == is_ipv6(address.host);
  });
}

std::optional<TrunkRoute> Trunks::route(std::string_view number,
                                        std::string_view wished_caller_id) const {
  TrunkRoute route;
  if (const auto own = inbound(number)) {
    const std::string host = bracketed(callable(own_.host));
    route.internal = true;
    route.request_uri = fmt::format("sip:{}@{}:{};user=phone", *own, host, own_.port);
    route.via_route = fmt::format("sip:{}:{};transport={}", host, own_.port, own_.transport);
    route.caller_id = std::string{wished_caller_id};
    return route;
  }
  const State* best = nullptr;
  std::size_t best_length = 0;
  for (const auto& state : trunks_) {
    if (state.addresses.empty()) continue;
    std::optional<std::size_t> length;
    if (state.config.prefixes.empty()) length = 0;
    for (const auto& prefix : state.config.prefixes) {
      if (number.starts_with(prefix)) length = std::max(length.value_or(0), prefix.size());
    }
    if (!length) continue;
    const bool better = best == nullptr || *length > best_length ||
                        (*length == best_length && state.config.priority < best->config.priority);
    if (best == nullptr || (best->full() && !state.full()) ||
        (best->full() == state.full() && better)) {
      best = &state;
      best_length = *length;
    }
  }
  if (best == nullptr) return std::nullopt;
  const auto& config = best->config;
  const auto& address = best->addresses.front();
  const std::string host = bracketed(address.host);
  route.trunk = config.name;
  route.request_uri =
      fmt::format("sip:{}@{}:{};user=phone{}", number, host, address.port,
                  config.transport == "udp" ? "" : ";transport=" + config.transport);
  route.via_route = fmt::format("sip:{}:{};transport={}", host, address.port, config.transport);
  const bool allowed =
      !wished_caller_id.empty() &&
      (wished_caller_id == config.caller_id ||
       std::ranges::any_of(config.allowed_caller_ids, [wished_caller_id](const std::string& id) {
         return id == "*" || id == wished_caller_id;
       }));
  route.caller_id = allowed ? std::string{wished_caller_id} : config.caller_id;
  route.username = config.username;
  route.password = config.password;
  if (best->full()) route.full_at = config.max_calls;
  return route;
}

std::optional<std::string> Trunks::way_to(std::string_view trunk, const std::string& host) const {
  const auto known = std::ranges::find_if(
      trunks_, [trunk](const State& state) { return state.config.name == trunk; });
  if (known == trunks_.end()) return std::nullopt;
  const std::string& transport = known->config.transport;
  TrunkAddress way{host, default_port(transport)};
  if (known->addresses.empty()) {
    const auto named = parse_host_port(known->config.address);
    if (named && named->port != 0) way.port = named->port;
  } else {
    const auto same = std::ranges::find(known->addresses, host, &TrunkAddress::host);
    way = same != known->addresses.end() ? *same : known->addresses.front();
  }
  return fmt::format("sip:{}:{};transport={}", bracketed(way.host), way.port, transport);
}

TrunkCall Trunks::occupy(std::string_view trunk) {
  const auto found = std::ranges::find_if(
      trunks_, [trunk](const State& state) { return state.config.name == trunk; });
  if (found == trunks_.end()) return nullptr;
  const std::shared_ptr<int> calls = found->calls;
  ++*calls;
  return {calls.get(), [calls](void*) { --*calls; }};
}

void Trunks::count_refusal(std::string_view trunk) {
  for (State& state : trunks_) {
    if (state.config.name == trunk) state.refused->fetch_add(1, std::memory_order_relaxed);
  }
}

std::vector<std::pair<std::string, std::uint64_t>> Trunks::refused() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  for (const State& state : trunks_)
    all.emplace_back(state.config.name, state.refused->load(std::memory_order_relaxed));
  return all;
}

const TrunkConfig* Trunks::by_source(const Source& source) const {
  const TrunkConfig* any_port = nullptr;
  for (const auto& rule : sources_) {
    if (rule.address.host != source.host) continue;
    if (rule.address.port == source.port) return &trunks_[rule.trunk].config;
    if (rule.address.port == 0 && any_port == nullptr) any_port = &trunks_[rule.trunk].config;
  }
  return any_port;
}

const TrunkConfig* Trunks::by_username(std::string_view username) const {
  if (username.empty()) return nullptr;
  for (const auto& state : trunks_) {
    // An empty password proves nothing.
    if (state.config.username == username && !state.config.password.empty()) return &state.config;
  }
  return nullptr;
}

bool Trunks::signs_in_from_anywhere() const {
  return std::ranges::any_of(trunks_, [](const State& state) {
    const TrunkConfig& config = state.config;
    return config.sources.empty() && !config.username.empty() && !config.password.empty();
  });
}

const TrunkConfig* Trunks::by_name(std::string_view name) const {
  for (const auto& state : trunks_) {
    if (state.config.name == name) return &state.config;
  }
  return nullptr;
}

bool Trunks::sends_from(std::string_view host) const {
  return std::ranges::any_of(
             sources_, [host](const SourceRule& rule) { return rule.address.host == host; }) ||
         std::ranges::any_of(trunks_, [host](const State& state) {
           return std::ranges::any_of(state.addresses, [host](const TrunkAddress& address) {
             return address.host == host;
           });
         });
}

std::optional<std::string> Trunks::inbound(std::string_view dialled) const {
  const auto find = [this](const std::string& number) -> std::optional<std::string> {
    auto found = inbound_.find(number);
    if (found == inbound_.end() && !number.empty() && number.front() != '+') {
      found = inbound_.find("+" + number);
    }
    return found == inbound_.end() ? std::nullopt : std::optional{*found};
  };
  if (auto exact = find(std::string{dialled})) return exact;
  // A carrier's may have parameters of its own (RFC 4694).
  return find(subscriber_number(dialled));
}

struct TrunkResolver::Shared {
  struct Name {
    std::string trunk;
    std::string host;
    int port;
  };
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false;  // Guarded by mutex.
  std::vector<Name> names;
  std::chrono::seconds refresh{60};
  Found found;

  void run() {
    for (;;) {
      for (const auto& name : names) {
        auto addresses = look_up(name.host, name.port);
        const std::lock_guard lock(mutex);
        if (stopping) return;
        if (addresses.empty()) {
          spdlog::warn(
              "trunk {}: the name {} was not found; calls by it fail until it is (next try in {} "
              "s)",
              name.trunk, name.host, refresh.count());
        } else {
          found(name.trunk, std::move(addresses));
        }
      }
      std::unique_lock lock(mutex);
      wake.wait_for(lock, refresh, [this] { return stopping; });
      if (stopping) return;
    }
  }
};

TrunkResolver::TrunkResolver(const std::vector<TrunkConfig>& trunks, int refresh_seconds,
                             Found found)
    : shared_(std::make_shared<Shared>()) {
  for (const auto& trunk : trunks) {
    const auto address = parse_host_port(trunk.address);
    if (!address || is_numeric_address(address->host)) continue;
    shared_->names.push_back({trunk.name, address->host,
                              address->port != 0 ? address->port : default_port(trunk.transport)});
  }
  if (shared_->names.empty()) return;
  shared_->refresh = std::chrono::seconds(std::max(1, refresh_seconds));
  shared_->found = std::move(found);
  // Not joined: a look-up cannot be interrupted and may take as long as the resolver's time-outs
  // add up to.
  std::thread([shared = shared_] { shared->run(); }).detach();
}

TrunkResolver::~TrunkResolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopping = true;
  shared_->found = {};
  shared_->wake.notify_all();
}

}  // namespace baton::telephony::sip
