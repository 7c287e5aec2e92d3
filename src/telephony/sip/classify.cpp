#include "telephony/sip/classify.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "telephony/sip/own_address.hpp"

namespace baton::telephony::sip {

namespace {

constexpr std::int64_t kMarkLifetimeSeconds = 60;

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return out;
}

/// As OwnHosts keeps it: names without regard to case, addresses in one spelling (RFC 5954 section
/// 4.2).
std::string comparable(std::string_view host) { return canonical(lower(without_brackets(host))); }

std::string mark_mac(const std::array<unsigned char, 32>& key, std::int64_t at,
                     std::string_view call_id) {
  const std::string text = fmt::format("{}:{}", at, call_id);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

}  // namespace

InternalMark::InternalMark() : key_{} {
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) {
    throw std::runtime_error("the system's random source gives nothing: no key for our own calls");
  }
}

std::string InternalMark::make(std::string_view call_id, std::int64_t now) const {
  return fmt::format("{}-{}", now, mark_mac(key_, now, call_id));
}

bool InternalMark::check(std::string_view mark, std::string_view call_id, std::int64_t now) const {
  std::int64_t at = 0;
  const auto parsed = std::from_chars(mark.data(), mark.data() + mark.size(), at);
  if (parsed.ec != std::errc{} || parsed.ptr == mark.data() + mark.size() || *parsed.ptr != '-') {
    return false;
  }
  const std::string_view mac{parsed.ptr + 1, mark.data() + mark.size()};
  const std::string expected = mark_mac(key_, at, call_id);
  return mac.size() == expected.size() &&
         CRYPTO_memcmp(mac.data(), expected.data(), mac.size()) == 0 && at <= now &&
         now - at <= kMarkLifetimeSeconds;
}

OwnHosts::OwnHosts(const SipConfig& config) {
  hosts_.insert(comparable(config.realm));
  for (const auto& domain : config.domains) hosts_.insert(comparable(domain));
  bool wildcard = false;
  for (const auto& listen : config.listen) {
    const auto host = without_brackets(listen.host);
    wildcard = wildcard || is_wildcard(host);
    if (is_loopback_address(host)) hosts_.insert("localhost");
    hosts_.insert(comparable(host));
  }
  if (!wildcard) return;
  hosts_.insert("localhost");
  ifaddrs* interfaces = nullptr;
  if (::getifaddrs(&interfaces) != 0) return;
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    const auto family = each->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    char text[NI_MAXHOST] = {};
    const auto size =
        static_cast<socklen_t>(family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
    if (::getnameinfo(each->ifa_addr, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) == 0) {
      const std::string_view host{text};
      hosts_.insert(lower(host.substr(0, host.find('%'))));
    }
  }
  ::freeifaddrs(interfaces);
}

bool OwnHosts::contains(std::string_view host) const { return hosts_.contains(comparable(host)); }

Classified classify(const CallFacts& facts, const Registrar& registrar, const Trunks& trunks,
                    const OwnHosts& own, const std::function<bool(std::string_view)>& is_agent) {
  using Kind = Classified::Kind;
  if (facts.internal_mark) {
    if (!trunks.inbound(facts.dialled)) return {Kind::not_inbound, {}};
    return {Kind::internal, {}};
  }
  // The name comes before the address: two agents may share a phone, and each proves who he is.
  if (own.contains(facts.from_host) && is_agent(facts.from_user)) {
    return {Kind::agent, facts.from_user};
  }
  if (auto login = registrar.agent_at(facts.source); login && is_agent(*login)) {
    return {Kind::agent, *std::move(login)};
  }
  const auto from_trunk = [&](Kind kind, const TrunkConfig& trunk) {
    if (!trunks.inbound(facts.dialled)) return Classified{Kind::not_inbound, trunk.name};
    return Classified{kind, trunk.name};
  };
  if (const auto* trunk = trunks.by_source(facts.source)) return from_trunk(Kind::trunk, *trunk);
  const auto* claimed = trunks.by_username(facts.credential_user);
  if (claimed == nullptr) claimed = trunks.by_username(facts.from_user);
  if (claimed != nullptr) return {Kind::digest_trunk, claimed->name};
  // Its first INVITE has no credential yet (RFC 3261 section 22.1), and its customer's number in
  // From.
  if (facts.credential_user.empty() && trunks.signs_in_from_anywhere()) return {Kind::unproved, {}};
  return {Kind::unknown, {}};
}

}  // namespace baton::telephony::sip
