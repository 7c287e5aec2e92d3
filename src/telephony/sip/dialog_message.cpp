#include "telephony/sip/dialog_message.hpp"

#include <arpa/inet.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_extra.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/su_alloc.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace baton::telephony::sip {
namespace {

bool same_name(const char* a, std::string_view b) {
  return a != nullptr && std::strlen(a) == b.size() && strncasecmp(a, b.data(), b.size()) == 0;
}

bool lists(const msg_list_t* list, const char* feature) {
  return list != nullptr && sip_has_feature(list, feature) != 0;
}

}  // namespace

std::string_view body(const sip_s* sip) {
  if (sip == nullptr || sip->sip_payload == nullptr || sip->sip_payload->pl_data == nullptr)
    return {};
  return {sip->sip_payload->pl_data, sip->sip_payload->pl_len};
}

std::string content_type(const sip_s* sip) {
  return text_header(sip, "Content-Type").value_or(std::string());
}

std::string_view sdp_body(const sip_s* sip) {
  if (sip == nullptr) return {};
  const char* type = sip->sip_content_type != nullptr ? sip->sip_content_type->c_type : nullptr;
  if (type != nullptr && *type != '\0' && strcasecmp(type, "application/sdp") != 0) return {};
  return body(sip);
}

bool has_strange_body(const sip_s* sip) {
  if (body(sip).empty() || !sdp_body(sip).empty()) return false;
  return sip->sip_content_disposition == nullptr || !sip->sip_content_disposition->cd_optional;
}

std::optional<std::string> text_header(const sip_s* sip, std::string_view name) {
  auto all = text_headers(sip, name);
  if (all.empty()) return std::nullopt;
  return std::move(all.front());
}

std::vector<std::string> text_headers(const sip_s* sip, std::string_view name) {
  std::vector<std::string> all;
  if (sip == nullptr) return all;
  for (const sip_unknown_t* header = sip->sip_unknown; header != nullptr;
       header = header->un_next) {
    if (same_name(header->un_name, name)) {
      all.emplace_back(header->un_value ? header->un_value : "");
    }
  }
  if (!all.empty()) return all;
  // Where the parser knows the header, it is no longer among the unknown ones: look through the
  // message's list of headers, whatever their class.
  for (const auto* header =
           reinterpret_cast<const msg_header_t*>(sip->sip_request  ? sip->sip_request->rq_common
                                                 : sip->sip_status ? sip->sip_status->st_common
                                                                   : nullptr);
       header != nullptr; header = header->sh_succ) {
    const msg_hclass_t* hclass = header->sh_class;
    if (hclass == nullptr || !same_name(hclass->hc_name, name)) continue;
    su_home_t home{};
    su_home_init(&home);
    char* text = sip_header_as_string(&home, reinterpret_cast<const sip_header_t*>(header));
    if (text != nullptr) all.emplace_back(text);
    su_home_deinit(&home);
  }
  return all;
}

bool supports(const sip_s* sip, const char* feature) {
  return sip != nullptr && (lists(sip->sip_supported, feature) || lists(sip->sip_require, feature));
}

bool requires_feature(const sip_s* sip, const char* feature) {
  return sip != nullptr && lists(sip->sip_require, feature);
}

std::string unknown_extensions(const sip_s* sip) {
  std::string unknown;
  if (sip == nullptr || sip->sip_require == nullptr || sip->sip_require->k_items == nullptr) {
    return unknown;
  }
  constexpr std::array kKnown = {"100rel", "timer", "norefersub"};
  for (const msg_param_t* item = sip->sip_require->k_items; *item != nullptr; ++item) {
    if (std::ranges::any_of(kKnown,
                            [item](const char* each) { return strcasecmp(each, *item) == 0; })) {
      continue;
    }
    if (!unknown.empty()) unknown += ", ";
    unknown += *item;
  }
  return unknown;
}

bool is_reliable(const sip_s* response) {
  return response != nullptr && response->sip_rseq != nullptr &&
         requires_feature(response, "100rel");
}

std::string rack(const sip_s* response) {
  return std::to_string(response->sip_rseq->rs_response) + " " +
         std::to_string(response->sip_cseq->cs_seq) + " INVITE";
}

Allowed allows(const sip_s* sip, const char* method) {
  if (sip == nullptr || sip->sip_allow == nullptr) return Allowed::unknown;
  const sip_method_t code = sip_method_code(method);
  return sip_is_allowed(sip->sip_allow, code, method) ? Allowed::yes : Allowed::no;
}

bool wants_privacy(const sip_s* sip) {
  if (sip == nullptr || sip->sip_privacy == nullptr || sip->sip_privacy->priv_values == nullptr)
    return false;
  for (const msg_param_t* value = sip->sip_privacy->priv_values; *value != nullptr; ++value) {
    if (strcasecmp(*value, "id") == 0 || strcasecmp(*value, "user") == 0) return true;
  }
  return false;
}

std::string reason_text(const sip_s* sip) {
  if (sip == nullptr) return {};
  if (sip->sip_reason != nullptr && sip->sip_reason->re_text != nullptr) {
    std::string_view text = sip->sip_reason->re_text;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
      text = text.substr(1, text.size() - 2);
    }
    return clean_header(text);
  }
  if (sip->sip_status != nullptr && sip->sip_status->st_phrase != nullptr) {
    return clean_header(sip->sip_status->st_phrase);
  }
  return {};
}

std::string to_tag(const sip_s* sip) {
  if (sip == nullptr || sip->sip_to == nullptr || sip->sip_to->a_tag == nullptr) return {};
  return sip->sip_to->a_tag;
}

bool contact_is_a_name(const sip_s* sip) {
  if (sip == nullptr || sip->sip_contact == nullptr) return false;
  const char* host = sip->sip_contact->m_url->url_host;
  if (host == nullptr || *host == '\0') return true;
  std::array<unsigned char, 16> address{};
  if (inet_pton(AF_INET, host, address.data()) == 1) return false;
  std::string_view text = host;
  if (text.front() != '[' || text.back() != ']') return true;
  const std::string inner(text.substr(1, text.size() - 2));
  return inet_pton(AF_INET6, inner.c_str(), address.data()) != 1;
}

std::string clean_header(std::string_view value) {
  constexpr std::size_t kMaxValue = 1024;
  std::string clean;
  for (const char c : value.substr(0, kMaxValue)) {
    const auto byte = static_cast<unsigned char>(c);
    clean.push_back(byte < 0x20 || byte == 0x7f ? ' ' : c);
  }
  return clean;
}

std::string escape_user(std::string_view user) {
  constexpr std::string_view kAllowed = "-_.!~*'()&=+$,;?/";
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string escaped;
  for (const char c : user) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || kAllowed.find(c) != std::string_view::npos) {
      escaped.push_back(c);
    } else {
      escaped.push_back('%');
      escaped.push_back(kHex[byte >> 4U]);
      escaped.push_back(kHex[byte & 15U]);
    }
  }
  return escaped;
}

std::string subscriber_number(std::string_view user) {
  std::string number{user.substr(0, user.find(';'))};
  std::erase_if(number, [](char c) { return c == '-' || c == '.' || c == '(' || c == ')'; });
  const std::string_view digits = std::string_view(number).substr(number.starts_with('+') ? 1 : 0);
  const bool is_number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? number : std::string(user);
}

std::string unescape(std::string_view text) {
  const auto nibble = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && nibble(text[i + 1]) >= 0 &&
        nibble(text[i + 2]) >= 0) {
      plain.push_back(static_cast<char>(nibble(text[i + 1]) * 16 + nibble(text[i + 2])));
      i += 2;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

}  // namespace baton::telephony::sip
