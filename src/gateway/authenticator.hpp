#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/config.hpp"
#include "gateway/http.hpp"
#include "gateway/jwt.hpp"
#include "gateway/sessions.hpp"

namespace baton::gateway {

inline constexpr std::string_view kSessionCookie = "baton_session";
/// The same of the page /ccp-v2/, which stands in a frame of another site. A browser sends it there
/// only under that page's own path.
inline constexpr std::string_view kFrameCookie = "baton_frame_session";
inline constexpr std::string_view kSubprotocol = "baton.v1";
inline constexpr std::string_view kTicketPrefix = "baton.ticket.";

/// Finds out who is calling (docs/signing-in.md): a bearer token, else a WebSocket ticket, else the
/// session cookie, which counts only beside an allowed origin, since a browser sends it whoever
/// asks. The gateway's thread only.
class Authenticator {
 public:
  /// All references must outlive it.
  Authenticator(const GatewayConfig& config, std::string secret, Backend& backend,
                Sessions& sessions);

  /// From now on tokens signed with these keys are believed, beside those signed with the secret.
  void set_issuer_keys(KeySet keys) { issuer_keys_ = std::move(keys); }

  /// Who makes this request, or 401 or 403 with the reason. Redeems the ticket if there is one. A
  /// `framed` request is one below /ccp-v2/: there the frame's cookie counts alone, and only for
  /// our own pages.
  [[nodiscard]] std::variant<Identity, HttpError> identify(const RequestHead& head, UnixSeconds now,
                                                           bool framed = false);

  /// True where `origin` is the server's own (its host and port are those of `host`) or, unless the
  /// request is `framed`, a configured one.
  [[nodiscard]] bool origin_allowed(std::string_view origin, std::string_view host,
                                    bool framed = false) const;
  /// True where `origin` is a configured one: a page elsewhere may then read the responses.
  [[nodiscard]] bool origin_configured(std::string_view origin) const;

  /// Why a running connection of this identity has to end now, or empty.
  [[nodiscard]] std::string_view why_ended(const Identity& identity, UnixSeconds now);
  /// The same about the account alone, which costs a look-up.
  [[nodiscard]] std::string_view why_account_ended(const Identity& identity);

 private:
  [[nodiscard]] std::variant<Identity, HttpError> by_token(std::string_view authorization,
                                                           UnixSeconds now) const;
  [[nodiscard]] std::optional<HttpError> refuse_origin(const RequestHead& head, bool framed) const;

  const GatewayConfig& config_;
  const std::string secret_;
  const TokenPolicy policy_;
  std::optional<KeySet> issuer_keys_;
  Backend& backend_;
  Sessions& sessions_;
};

}  // namespace baton::gateway
