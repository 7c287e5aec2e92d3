#include "telephony/sip/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "telephony/sip/dialog_message.hpp"

namespace baton::telephony::sip {

namespace {

std::string to_hex(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(2 * size);
  for (std::size_t i = 0; i < size; ++i) {
    hex.push_back(kDigits[bytes[i] >> 4]);
    hex.push_back(kDigits[bytes[i] & 15]);
  }
  return hex;
}

bool same_text(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

// Comparison whose time does not tell how much was right.
bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string_view get(const DigestParams& params, std::string_view name) {
  const auto found = params.find(name);
  return found == params.end() ? std::string_view{} : std::string_view{found->second};
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    auto item = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    while (!item.empty() && (item.front() == ' ' || item.front() == '\t')) item.remove_prefix(1);
    while (!item.empty() && (item.back() == ' ' || item.back() == '\t')) item.remove_suffix(1);
    if (same_text(item, token)) return true;
  }
  return false;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

template <typename Int>
std::optional<Int> parse_hex(std::string_view text) {
  Int value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::size_t kTimeDigits = 16;
constexpr std::size_t kSerialDigits = 16;
constexpr std::size_t kMacDigits = 32;

}  // namespace

std::optional<DigestParams> parse_digest(std::string_view header) {
  constexpr std::string_view kScheme = "digest";
  constexpr std::string_view kSpace = " \t\r\n";
  const auto skip = [&header, kSpace] {
    const auto first = header.find_first_not_of(kSpace);
    header.remove_prefix(first == std::string_view::npos ? header.size() : first);
  };
  skip();
  if (header.size() <= kScheme.size() || !same_text(header.substr(0, kScheme.size()), kScheme) ||
      kSpace.find(header[kScheme.size()]) == std::string_view::npos) {
    return std::nullopt;
  }
  header.remove_prefix(kScheme.size());
  DigestParams params;
  for (;;) {
    skip();
    if (header.empty()) break;
    if (header.front() == ',') {
      header.remove_prefix(1);
      continue;
    }
    const auto end = header.find_first_of("=, \t\r\n\"");
    if (end == 0 || end == std::string_view::npos) return std::nullopt;
    std::string name{header.substr(0, end)};
    std::ranges::transform(name, name.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    header.remove_prefix(end);
    skip();
    if (header.empty() || header.front() != '=') return std::nullopt;
    header.remove_prefix(1);
    skip();
    std::string value;
    if (!header.empty() && header.front() == '"') {
      header.remove_prefix(1);
      bool closed = false;
      while (!header.empty() && !closed) {
        char c = header.front();
        header.remove_prefix(1);
        if (c == '"') {
          closed = true;
        } else {
          if (c == '\\') {
            if (header.empty()) return std::nullopt;
            c = header.front();
            header.remove_prefix(1);
          }
          value.push_back(c);
        }
      }
      if (!closed) return std::nullopt;
    } else {
      const auto stop = header.find_first_of(", \t\r\n");
      value = std::string{header.substr(0, stop)};
      header.remove_prefix(value.size());
    }
    if (!params.emplace(std::move(name), std::move(value)).second) return std::nullopt;
    skip();
    if (!header.empty() && header.front() != ',') return std::nullopt;
  }
  return params;
}

std::string md5_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) {
    throw std::runtime_error("MD5 is not available from OpenSSL, and SIP's digest needs it");
  }
  return to_hex(digest.data(), size);
}

std::string digest_ha1(std::string_view user, std::string_view realm, std::string_view password) {
  return md5_hex(fmt::format("{}:{}:{}", user, realm, password));
}

std::string digest_response(std::string_view ha1, std::string_view nonce, std::string_view nc,
                            std::string_view cnonce, std::string_view qop, std::string_view method,
                            std::string_view uri) {
  const std::string ha2 = md5_hex(fmt::format("{}:{}", method, uri));
  if (qop.empty()) return md5_hex(fmt::format("{}:{}:{}", ha1, nonce, ha2));
  return md5_hex(fmt::format("{}:{}:{}:{}:{}:{}", ha1, nonce, nc, cnonce, qop, ha2));
}

std::optional<std::string> answer_challenge(std::string_view challenge, std::string_view username,
                                            std::string_view password, std::string_view method,
                                            std::string_view uri, std::uint32_t nonce_count) {
  const auto params = parse_digest(challenge);
  if (!params || username.empty()) return std::nullopt;
  const auto algorithm = get(*params, "algorithm");
  if (!algorithm.empty() && !same_text(algorithm, "MD5")) return std::nullopt;
  const auto realm = get(*params, "realm");
  const auto nonce = get(*params, "nonce");
  const auto offered = get(*params, "qop");
  if (nonce.empty() || (!offered.empty() && !has_token(offered, "auth"))) return std::nullopt;
  const std::string ha1 = digest_ha1(username, realm, password);
  std::string answer = fmt::format("Digest username={}, realm={}, nonce={}, uri={}",
                                   quoted(username), quoted(realm), quoted(nonce), quoted(uri));
  if (offered.empty()) {
    answer +=
        fmt::format(", response=\"{}\"", digest_response(ha1, nonce, {}, {}, {}, method, uri));
  } else {
    std::array<unsigned char, 8> random{};
    if (RAND_bytes(random.data(), random.size()) != 1) return std::nullopt;
    const std::string cnonce = to_hex(random.data(), random.size());
    const std::string nc = fmt::format("{:08x}", nonce_count);
    answer += fmt::format(", response=\"{}\", qop=auth, nc={}, cnonce=\"{}\"",
                          digest_response(ha1, nonce, nc, cnonce, "auth", method, uri), nc, cnonce);
  }
  answer += ", algorithm=MD5";
  if (params->contains("opaque")) answer += ", opaque=" + quoted(get(*params, "opaque"));
  return answer;
}

DigestServer::DigestServer(std::string realm, int lifetime_seconds, Key key,
                           std::size_t max_tracked)
    : realm_(std::move(realm)),
      lifetime_(std::max(1, lifetime_seconds)),
      key_(key),
      max_tracked_(std::max<std::size_t>(1, max_tracked)),
      serial_(0) {}

DigestServer::Key DigestServer::random_key() {
  Key key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("the system's random source gives nothing: no key for SIP nonces");
  }
  return key;
}

std::string DigestServer::mac(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &size);
  return to_hex(digest.data(), kMacDigits / 2);
}

std::string DigestServer::make_nonce(std::string_view client, std::int64_t now) {
  const std::string head = fmt::format("{:016x}{:016x}", now, ++serial_);
  return head + mac(fmt::format("{}{}", head, client));
}

std::optional<DigestServer::Nonce> DigestServer::open_nonce(std::string_view client,
                                                            std::string_view nonce) const {
  if (nonce.size() != kTimeDigits + kSerialDigits + kMacDigits) return std::nullopt;
  const auto head = nonce.substr(0, kTimeDigits + kSerialDigits);
  if (!same_secret(mac(fmt::format("{}{}", head, client)), nonce.substr(head.size()))) {
    return std::nullopt;
  }
  const auto at = parse_hex<std::int64_t>(head.substr(0, kTimeDigits));
  const auto serial = parse_hex<std::uint64_t>(head.substr(kTimeDigits));
  if (!at || !serial) return std::nullopt;
  return Nonce{*at, *serial};
}

std::string DigestServer::challenge(std::string_view client, std::int64_t now, bool stale) {
  return fmt::format("Digest realm={}, nonce=\"{}\", algorithm=MD5, qop=\"auth\"{}", quoted(realm_),
                     make_nonce(client, now), stale ? ", stale=true" : "");
}

DigestServer::Verdict DigestServer::check(const DigestParams& credential, std::string_view ha1,
                                          std::string_view method, std::string_view request_uri,
                                          std::string_view client, std::int64_t now) {
  const auto nonce = get(credential, "nonce");
  const auto nc = get(credential, "nc");
  const auto cnonce = get(credential, "cnonce");
  const auto qop = get(credential, "qop");
  const auto uri = get(credential, "uri");
  const auto algorithm = get(credential, "algorithm");
  if (get(credential, "realm") != realm_ || !same_text(qop, "auth") || nonce.empty() ||
      cnonce.empty() || nc.size() != 8 || (!algorithm.empty() && !same_text(algorithm, "MD5"))) {
    return Verdict::malformed;
  }
  const auto count = parse_hex<std::uint32_t>(nc);
  if (!count || *count == 0) return Verdict::malformed;
  // A credential is good for the request that it was made for and for no other (RFC 2617
  // section 3.2.2.5); phones differ in how they spell a port or parameters there, so what counts is
  // that user and host agree.
  if (!same_target(uri, request_uri)) return Verdict::malformed;
  std::string response{get(credential, "response")};
  std::ranges::transform(response, response.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  // Before the response, so that what the answer says about a password cannot be had without a
  // nonce of ours.
  const auto opened = open_nonce(client, nonce);
  if (!opened) return Verdict::stale;
  if (!same_secret(digest_response(ha1, nonce, nc, cnonce, qop, method, uri), response)) {
    return Verdict::wrong;
  }
  // Nothing here looks at when this process began: a clock that is set back (a machine whose own
  // runs ahead until NTP answers) would make every new nonce older than that.
  if (opened->at > now || now - opened->at > lifetime_ || opened->serial <= forgotten_serial_) {
    return Verdict::stale;
  }
  const auto found = counts_.find(opened->serial);
  if (found != counts_.end()) {
    if (*count <= found->second.highest) return Verdict::stale;
    found->second.highest = *count;
    return Verdict::ok;
  }
  forget(now);
  counts_.emplace(opened->serial, Count{*count, opened->at + lifetime_});
  return Verdict::ok;
}

void DigestServer::forget(std::int64_t now) {
  // Serials rise with time, so the first entries are the oldest ones.
  while (!counts_.empty() &&
         (counts_.begin()->second.expires_at < now || counts_.size() >= max_tracked_)) {
    forgotten_serial_ = std::max(forgotten_serial_, counts_.begin()->first);
    counts_.erase(counts_.begin());
  }
}

bool same_target(std::string_view uri, std::string_view request_uri) {
  const auto core = [](std::string_view text) {
    const auto colon = text.find(':');
    if (colon != std::string_view::npos) text.remove_prefix(colon + 1);
    const auto at = text.rfind('@');
    // The stack resolves escapes that a phone need not have made (RFC 3261 section 19.1.4), and a
    // user part may have parameters of a telephone number.
    const auto user = at == std::string_view::npos ? std::string{} : unescape(text.substr(0, at));
    auto host = at == std::string_view::npos ? text : text.substr(at + 1);
    host = host.substr(0, host.find_first_of(";?"));
    if (!host.empty() && host.front() == '[') {
      host = host.substr(0, host.find(']') + 1);
    } else {
      host = host.substr(0, host.find(':'));
    }
    return std::pair{user, host};
  };
  const auto [user, host] = core(uri);
  const auto [request_user, request_host] = core(request_uri);
  return user == request_user && same_text(host, request_host);
}

}  // namespace baton::telephony::sip
