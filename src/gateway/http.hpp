#pragma once

#include <cstdint>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/sessions.hpp"

namespace baton::gateway {

/// What the gateway reads of a request's head. The views live as long as the parser they point
/// into; a header that is absent, or of no interest, is empty.
struct RequestHead {
  std::string_view method;
  std::string_view target;  ///< Path and query, as sent.
  std::string_view peer;    ///< The numeric address at the other end of the connection.
  std::string_view forwarded_for;
  std::string_view host;
  std::string_view origin;
  std::string_view referer;
  std::string_view sec_fetch_site;
  std::string_view authorization;
  std::string_view cookie;
  std::string_view content_type;
  std::string_view accept;
  std::string_view accept_encoding;
  std::string_view if_none_match;
  std::string_view subprotocols;  ///< Sec-WebSocket-Protocol, all of it, comma-separated.
  bool upgrade = false;           ///< A WebSocket upgrade.
  bool has_body = false;

  /// The target without its query.
  [[nodiscard]] std::string_view path() const { return target.substr(0, target.find('?')); }
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// One of those that every response has takes its place; an empty value leaves it out
  /// (add_common_headers()).
  std::vector<std::pair<std::string, std::string>> headers;
};

/// The reasons of the gateway's own refusals: what HTTP says, and what the error's `msg` says.
struct HttpError {
  int status = 400;
  std::string msg;
  int retry_after_seconds = 1;  ///< Of a 429 or 503.
};

/// The text without the white space of headers at its ends (RFC 9110, 5.6.3: OWS).
[[nodiscard]] std::string_view trim(std::string_view text);

/// The elements of a comma-separated header, without the white space around them. Empty ones are
/// left out.
[[nodiscard]] std::vector<std::string_view> split_list(std::string_view header);

/// The value of a cookie out of a Cookie header (RFC 6265, 4.2.1), or empty.
[[nodiscard]] std::string_view cookie_value(std::string_view header, std::string_view name);

/// A REST error: the `data` of the error envelope. Its errorType is always NOT_PERMITTED, and the
/// status decides the reason (docs/message-api.md, "Errors").
[[nodiscard]] Response rest_error(const HttpError& error);

/// The same as an error envelope, for POST /v1/messages, where a body that is no request at all is
/// INVALID_MESSAGE.
[[nodiscard]] Response envelope_error(const HttpError& error, std::string_view epoch);

/// A response of JSON text.
[[nodiscard]] Response json_response(int status, std::string body);

/// Adds what a client must know for some statuses: WWW-Authenticate to 401, Retry-After to 429 and
/// 503 that do not say it yet.
void add_status_headers(Response& response);

/// Adds what every response says and this one does not say itself: not to be kept, not to be shown
/// in a frame, not to be guessed at; and the time (RFC 9110, section 6.6.1), by which pages set
/// their clocks: `now`, in seconds since 1970. `secure`: the server is reached by TLS only, which
/// RFC 6797's header tells. Headers with an empty value are taken away.
void add_common_headers(Response& response, bool secure, std::time_t now);

}  // namespace baton::gateway
