#include "app/text_rules.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <boost/describe/enum_from_string.hpp>

#include "directory/dial_policy.hpp"

namespace baton::app {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_printable(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte != 0x7f;
}

bool printable(std::string_view text) { return std::ranges::all_of(text, is_printable); }

template <std::size_t N>
bool one_of(std::string_view text, const std::array<std::string_view, N>& allowed) {
  return std::ranges::find(allowed, text) != allowed.end();
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port < 0 || port > 65535)
    return std::nullopt;
  return port;
}

/// RFC 1123, section 2.1: it begins with a letter or a digit, and is told from a numeric address by
/// its last label, also from those that only the resolver takes ("127.1", "0x7f000001").
bool host_name(std::string_view host) {
  std::string_view labels = host;
  if (labels.ends_with('.')) labels.remove_suffix(1);
  if (labels.empty() || host.size() > 253) return false;
  const std::string_view last = labels.substr(labels.rfind('.') + 1);
  return (is_letter(host.front()) || is_digit(host.front())) && !last.starts_with("0x") &&
         !last.starts_with("0X") && !std::ranges::all_of(last, is_digit) &&
         std::ranges::all_of(
             host, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; });
}

bool numeric_host_port(std::string_view text) {
  const auto parts = split_host_port(text);
  return parts && is_numeric_host(parts->host);
}

bool host_port(std::string_view text) {
  const auto parts = split_host_port(text);
  return parts && parts->port > 0 && (is_numeric_host(parts->host) || host_name(parts->host));
}

bool source(std::string_view text) {
  if (is_numeric_host(text)) return true;
  const auto parts = split_host_port(text);
  return parts && parts->port > 0 && is_numeric_host(parts->host);
}

bool country(std::string_view text) {
  const auto capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  return text == "001" || (text.size() == 2 && std::ranges::all_of(text, capital));
}

bool number_class(std::string_view text) {
  directory::NumberClass found{};
  return boost::describe::enum_from_string(std::string(text).c_str(), found);
}

/// RFC 6454, section 6.2: scheme, host and optional port, nothing after them.
bool origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    const std::string_view rest = text.substr(scheme.size());
    if (rest.find_first_of("/?#@ ") != std::string_view::npos) return false;
    if (is_numeric_host(rest) || host_name(rest)) return true;
    return host_port(rest);
  }
  return false;
}

/// ITU-T E.164: a plus sign, then at most 15 digits, of which the first is not 0.
bool e164(std::string_view text, std::size_t min_digits) {
  return text.size() > min_digits && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         std::ranges::all_of(text.substr(1), is_digit);
}

bool extension_header(std::string_view text) {
  return text.size() > 2 && text.size() <= 64 &&
         (text.starts_with("X-") || text.starts_with("x-")) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

/// It is printed inside a quoted string of the challenge (RFC 3261, section 25.1).
bool realm(std::string_view text) {
  return !text.empty() && text.size() <= 128 && printable(text) &&
         text.find_first_of("\"\\") == std::string_view::npos;
}

/// The address of a page, whose origin goes into a Content-Security-Policy: no character that
/// means something there.
bool page(std::string_view text) {
  const std::size_t host = text.find("://");
  if (host == std::string_view::npos || text.size() > 512) return false;
  const std::size_t path = text.find('/', host + 3);
  const std::string_view site = text.substr(0, path);
  const bool loopback = site.starts_with("http://127.0.0.1:") ||
                        site.starts_with("http://localhost:") || site == "http://localhost";
  if (!site.starts_with("https://") && !loopback) return false;
  const std::string_view rest = path == std::string_view::npos ? "" : text.substr(path);
  return origin(site) && std::ranges::all_of(rest, [](char c) {
           return is_letter(c) || is_digit(c) ||
                  std::string_view("/-._~%").find(c) != std::string_view::npos;
         });
}

constexpr std::array<std::string_view, 3> kTransports{"udp", "tcp", "tls"};
constexpr std::array<std::string_view, 5> kLevels{"trace", "debug", "info", "warning", "error"};
constexpr std::array<std::string_view, 2> kFormats{"text", "json"};
constexpr std::array<std::string_view, 2> kDurabilities{"power", "process"};

}  // namespace

std::optional<HostPort> split_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (!port || host.empty()) return std::nullopt;
  if (host.front() == '[') {
    if (host.back() != ']') return std::nullopt;
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // An IPv6 address needs brackets, or its end could be the port.
  }
  return HostPort{std::string(host), *port};
}

bool is_numeric_host(std::string_view host) {
  const std::string text(host);
  std::array<unsigned char, sizeof(in6_addr)> parsed{};
  return inet_pton(AF_INET, text.c_str(), parsed.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), parsed.data()) == 1;
}

std::optional<telephony::sip::ListenAddress> parse_listen(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !one_of(text.substr(0, colon), kTransports))
    return std::nullopt;
  const auto parts = split_host_port(text.substr(colon + 1));
  if (!parts || !is_numeric_host(parts->host)) return std::nullopt;
  const bool ipv6 = parts->host.find(':') != std::string::npos;
  telephony::sip::ListenAddress address;
  address.transport = text.substr(0, colon);
  address.host = ipv6 ? "[" + parts->host + "]" : parts->host;
  address.port = parts->port;
  return address;
}

std::string to_string(const telephony::sip::ListenAddress& address) {
  return address.transport + ":" + address.host + ":" + std::to_string(address.port);
}

namespace rules {

const TextRule kAny{"a text without control characters", printable};
const TextRule kNotEmpty{"a text that is not empty, without control characters",
                         [](std::string_view text) { return !text.empty() && printable(text); }};
const TextRule kNumericHostPort{
    "\"host:port\" with a numeric host, as in \"127.0.0.1:8080\" or \"[::1]:8080\"; port 0: a free "
    "one",
    numeric_host_port};
const TextRule kNumericHostPortOrEmpty{
    "\"host:port\" with a numeric host, as in \"127.0.0.1:8081\"; port 0: a free one; empty: off",
    [](std::string_view text) { return text.empty() || numeric_host_port(text); }};
const TextRule kHostPort{"\"host:port\" with a name or a numeric host and a port from 1 to 65535",
                         host_port};
const TextRule kNumericHost{"a numeric host, as in \"192.0.2.1\" or \"2001:db8::1\"",
                            is_numeric_host};
const TextRule kNumericHostOrEmpty{
    "a numeric IPv4 or IPv6 address, or empty",
    [](std::string_view text) { return text.empty() || is_numeric_host(text); }};
const TextRule kListen{
    "\"transport:host:port\" with udp, tcp or tls and a numeric host, as in "
    "\"udp:127.0.0.1:5060\"; port 0: a free one",
    [](std::string_view text) { return parse_listen(text).has_value(); }};
const TextRule kOrigin{
    "an origin, as in \"https://desk.example\" (scheme, host and optional port, nothing after "
    "them)",
    origin};
const TextRule kTransport{"udp, tcp or tls",
                          [](std::string_view text) { return one_of(text, kTransports); }};
const TextRule kSource{
    "a numeric address, with or without a port: \"203.0.113.7\" (any port) or \"203.0.113.7:5060\"",
    source};
const TextRule kE164OrEmpty{"a number in E.164, as in \"+18005550100\", or empty",
                            [](std::string_view text) { return text.empty() || e164(text, 2); }};
const TextRule kE164OrStar{"a number in E.164, as in \"+18005550100\", or \"*\" for any",
                           [](std::string_view text) { return text == "*" || e164(text, 2); }};
const TextRule kPrefix{"the beginning of a number in E.164, as in \"+1\" or \"+4930\"",
                       [](std::string_view text) { return e164(text, 1); }};
const TextRule kCountry{"a country's two capital letters, as in \"US\", or \"001\"", country};
const TextRule kNumberClass{
    "unknown, fixed_line, mobile, fixed_line_or_mobile, toll_free, premium_rate, shared_cost, "
    "voip, "
    "personal, pager, company, voicemail or satellite",
    number_class};
const TextRule kExtensionHeader{"the name of an extension header, as in \"X-Case-Id\"",
                                extension_header};
const TextRule kRealm{
    "1 to 128 characters without quotation marks, backslashes and control characters", realm};
const TextRule kBackEnd{"sip or amazon-connect", [](std::string_view text) {
                          return text == "sip" || text == "amazon-connect";
                        }};
const TextRule kHttpsUrlOrEmpty{
    "the address of a page, as in \"https://example.my.connect.aws/ccp-v2/\" (http:// on loopback "
    "only), or empty",
    [](std::string_view text) { return text.empty() || page(text); }};
const TextRule kAwsRegionOrEmpty{
    "a region such as eu-central-1, or empty", [](std::string_view text) {
      return text.size() <= 32 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
             });
    }};
const TextRule kDurability{"power or process",
                           [](std::string_view text) { return one_of(text, kDurabilities); }};
const TextRule kLogLevel{"trace, debug, info, warning or error",
                         [](std::string_view text) { return one_of(text, kLevels); }};
const TextRule kTlsVersion{"1.2 or 1.3",
                           [](std::string_view text) { return text == "1.2" || text == "1.3"; }};
const TextRule kLogFormat{"text or json",
                          [](std::string_view text) { return one_of(text, kFormats); }};

}  // namespace rules

}  // namespace baton::app
