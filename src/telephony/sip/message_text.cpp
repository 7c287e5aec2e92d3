#include "telephony/sip/message_text.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

namespace baton::telephony::sip::text {

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
}  // namespace baton::telephony::sip::text
