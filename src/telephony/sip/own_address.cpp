#include "telephony/sip/own_address.hpp"

#include <arpa/inet.h>

namespace baton::telephony::sip {

namespace {

std::string first_listen_host(const SipConfig& config) {
  return config.listen.empty() ? "127.0.0.1"
                               : std::string(without_brackets(config.listen.front().host));
}

}  // namespace

std::string_view without_brackets(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return host.substr(1, host.size() - 2);
  }
  return host;
}

bool is_ipv6(std::string_view host) { return host.find(':') != std::string_view::npos; }

std::string bracketed(const std::string& host) {
  return is_ipv6(host) && host.front() != '[' ? "[" + host + "]" : host;
}

std::string canonical(const std::string& host) {
  in6_addr v6{};
  char text[INET6_ADDRSTRLEN] = {};
  const bool known = ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
                     ::inet_ntop(AF_INET6, &v6, text, sizeof text) != nullptr;
  return known ? text : host;
}

bool is_wildcard(std::string_view host) {
  const std::string_view bare = without_brackets(host);
  return bare == "0.0.0.0" || bare == "::";
}

std::string sdp_address(const SipConfig& config) {
  const std::string host = first_listen_host(config);
  return is_wildcard(host) ? config.media_address : host;
}

std::string sound_address(const SipConfig& config) {
  return config.media_address.empty() ? first_listen_host(config) : config.media_address;
}

}  // namespace baton::telephony::sip
