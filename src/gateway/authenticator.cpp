#include "gateway/authenticator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/client_address.hpp"
#include "message/text.hpp"

namespace baton::gateway {
namespace {

// Schemes and hosts are compared without regard to case (RFC 6454, section 4, folds them before
// comparing).
using message::text::equals_folded;

/// "https://desk.example:8443" of "https://desk.example:8443/page?x": a Referer's origin.
std::string_view origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

}  // namespace

Authenticator::Authenticator(const GatewayConfig& config, std::string secret, Backend& backend,
                             Sessions& sessions)
    : config_(config),
      secret_(std::move(secret)),
      policy_{config.jwt_issuer, config.jwt_audience},
      backend_(backend),
      sessions_(sessions) {}

std::variant<Identity, HttpError> Authenticator::identify(const RequestHead& head, UnixSeconds now,
                                                          bool framed) {
  Identity identity;
  std::string_view ticket;
  for (std::string_view protocol : split_list(head.subprotocols)) {
    if (protocol.starts_with(kTicketPrefix)) ticket = protocol.substr(kTicketPrefix.size());
  }
  const std::string_view cookie = cookie_value(head.cookie, framed ? kFrameCookie : kSessionCookie);
  if (framed && cookie.empty()) {
    return HttpError{401, "not signed in: below /ccp-v2/ the cookie of its own sign-in is needed"};
  }
  if (!framed && !head.authorization.empty()) {
    auto result = by_token(head.authorization, now);
    if (HttpError* error = std::get_if<HttpError>(&result)) return std::move(*error);
    identity = std::move(std::get<Identity>(result));
  } else if (!framed && head.upgrade && !ticket.empty()) {
    std::optional<Identity> redeemed = sessions_.redeem_ticket(ticket, now);
    if (!redeemed) {
      return HttpError{401,
                       "the WebSocket ticket is unknown, used up or expired; each is good for one "
                       "connection: ask POST /v1/ws-tickets for a new one"};
    }
    identity = std::move(*redeemed);
  } else if (!cookie.empty()) {
    if (std::optional<HttpError> refused = refuse_origin(head, framed)) return std::move(*refused);
    std::optional<Identity> found = sessions_.find(cookie, now);
    if (!found) {
      return HttpError{401, fmt::format("the session has ended; sign in again{}",
                                        framed ? "" : " with POST /v1/login")};
    }
    identity = std::move(*found);
  } else {
    return HttpError{401,
                     "not signed in: send \"Authorization: Bearer TOKEN\", or the cookie of POST "
                     "/v1/login, or on a WebSocket a ticket of POST /v1/ws-tickets"};
  }
  if (const std::string_view why = why_account_ended(identity); !why.empty()) {
    if (identity.session) sessions_.close(*identity.session, SessionEnd::account_changed);
    return HttpError{401, fmt::format("\"{}\": {}", identity.caller.login, why)};
  }
  identity.caller.address = client_address(head.peer, head.forwarded_for, config_.trusted_proxies);
  return identity;
}

std::variant<Identity, HttpError> Authenticator::by_token(std::string_view authorization,
                                                          UnixSeconds now) const {
  const std::size_t space = authorization.find(' ');
  if (space == std::string_view::npos || !equals_folded(authorization.substr(0, space), "bearer")) {
    return HttpError{401, "the Authorization header must be \"Bearer TOKEN\""};
  }
  std::string_view token = authorization.substr(space + 1);
  while (token.starts_with(' ')) token.remove_prefix(1);
  const TokenKeys keys{secret_, issuer_keys_ ? &*issuer_keys_ : nullptr};
  std::variant<TokenClaims, std::string> claims = verify_token(token, keys, policy_, now);
  if (std::string* why = std::get_if<std::string>(&claims)) return HttpError{401, std::move(*why)};
  TokenClaims& good = std::get<TokenClaims>(claims);
  return Identity{Caller{std::move(good.login), good.role}, good.expires_at, std::nullopt};
}

std::optional<HttpError> Authenticator::refuse_origin(const RequestHead& head, bool framed) const {
  if (!head.origin.empty()) {
    if (origin_allowed(head.origin, head.host, framed)) return std::nullopt;
    if (framed) {
      return HttpError{403, fmt::format("the Origin \"{}\" may not use the frame's session: only "
                                        "the page /ccp-v2/ itself may",
                                        head.origin)};
    }
    return HttpError{403, fmt::format("the Origin \"{}\" may not use the session cookie: add it to "
                                      "http.allowed_origins if it is yours",
                                      head.origin)};
  }
  // A browser leaves Origin out of a page's own GET; it then says in other words where the request
  // is from.
  const bool read = head.method == "GET" || head.method == "HEAD";
  if (read && !head.upgrade &&
      (head.sec_fetch_site == "same-origin" ||
       (head.sec_fetch_site.empty() &&
        origin_allowed(origin_of(head.referer), head.host, framed)))) {
    return std::nullopt;
  }
  return HttpError{403,
                   "a request with the session cookie needs an Origin header with the server's own "
                   "origin or one of http.allowed_origins"};
}

bool Authenticator::origin_allowed(std::string_view origin, std::string_view host,
                                   bool framed) const {
  if (origin.empty()) return false;
  if (!framed && origin_configured(origin)) return true;
  if (host.empty()) return false;
  const std::size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos || !equals_folded(origin.substr(scheme + 3), host))
    return false;
  // A proxy may do TLS in front of us, so https is our own either way; where the cookie is only for
  // https, http is not.
  const std::string_view name = origin.substr(0, scheme);
  return equals_folded(name, "https") || (equals_folded(name, "http") && !config_.cookie_secure);
}

bool Authenticator::origin_configured(std::string_view origin) const {
  return std::any_of(config_.allowed_origins.begin(), config_.allowed_origins.end(),
                     [&](const std::string& allowed) { return equals_folded(allowed, origin); });
}

std::string_view Authenticator::why_ended(const Identity& identity, UnixSeconds now) {
  if (identity.expires_at <= now) {
    return identity.session ? "the session has expired" : "the token has expired";
  }
  return {};
}

std::string_view Authenticator::why_account_ended(const Identity& identity) {
  const std::string& login = identity.caller.login;
  const AccountState state = backend_.account_state(login);
  if (state == AccountState::disabled) return "the account is disabled";
  if (identity.session) {
    const std::optional<Caller> account = backend_.account(login);
    if (!account) return "the account is gone";
    if (account->role != identity.caller.role) return "the account's role has changed";
    return {};
  }
  if (state == AccountState::unknown && identity.caller.role == directory::Role::agent) {
    return "there is no such agent in the directory";
  }
  return {};
}

}  // namespace baton::gateway
