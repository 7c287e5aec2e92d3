#include "telephony/sip/auth_guard.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

#include <fmt/format.h>

namespace baton::telephony::sip {

namespace {

// What is remembered of; of more, the one that failed longest ago goes. A megabyte or two.
constexpr std::size_t kRemembered = 10'000;

// A login may be of any length and hold any character but NUL.
std::string key_of(std::string_view network, std::string_view login) {
  constexpr std::size_t kLongestLogin = 128;
  return fmt::format("{} {}", network, login.substr(0, kLongestLogin));
}

}  // namespace

std::string network_of(std::string_view host) {
  std::string text(host);
  in6_addr address{};
  if (::inet_pton(AF_INET6, text.c_str(), &address) != 1) return text;
  // An IPv4 address on a socket of both kinds is that address.
  if (IN6_IS_ADDR_V4MAPPED(&address)) return text;
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), std::uint8_t{0});
  char prefix[INET6_ADDRSTRLEN] = {};
  if (::inet_ntop(AF_INET6, &address, prefix, sizeof prefix) == nullptr) return text;
  return fmt::format("{}/64", prefix);
}

AuthGuard::AuthGuard(const SipConfig& config)
    : networks_({config.auth_failures, config.auth_max_delay_seconds, kRemembered}),
      logins_({config.auth_failures, config.auth_max_delay_seconds, kRemembered}) {}

std::int64_t AuthGuard::wait(std::string_view network, std::string_view login, std::int64_t now) {
  return std::max(networks_.wait(network, now), logins_.wait(key_of(network, login), now));
}

void AuthGuard::failed(std::string_view network, std::string_view login, std::int64_t now) {
  networks_.begin(network, now);
  logins_.begin(key_of(network, login), now);
}

void AuthGuard::succeeded(std::string_view network, std::string_view login) {
  networks_.forget(network);
  logins_.forget(key_of(network, login));
}

}  // namespace baton::telephony::sip
