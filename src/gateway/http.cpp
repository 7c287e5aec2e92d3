#include "gateway/http.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <ctime>
#include <utility>

#include "message/event.hpp"

namespace baton::gateway {
namespace {

/// Only where it is more than the second that add_status_headers() says.
void add_retry_after(Response& response, const HttpError& error) {
  if (error.retry_after_seconds == 1) return;
  response.headers.emplace_back("Retry-After", std::to_string(error.retry_after_seconds));
}

/// "Mon, 05 Jan 2026 09:00:00 GMT" (RFC 9110, section 5.6.7). The program has no other locale than
/// C.
std::string http_date(std::time_t time) {
  std::tm parts{};
  std::array<char, 32> text{};
  gmtime_r(&time, &parts);
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

message::ApiError api_error(const HttpError& error, std::string_view error_type) {
  message::ApiError result;
  result.error_type = error_type;
  result.msg = error.msg;
  result.error_message = std::string(message::error_message(result.error_type));
  switch (error.status) {
    case 429:
      result.reason = message::Reason::rateLimited;
      result.retry_after_seconds = error.retry_after_seconds;
      break;
    case 503:
      result.reason = message::Reason::backendUnavailable;
      break;
    default:
      result.reason = message::Reason::invalidMessage;
  }
  return result;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split_list(std::string_view header) {
  std::vector<std::string_view> elements;
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    const std::string_view element = trim(header.substr(0, comma));
    if (!element.empty()) elements.push_back(element);
    if (comma == std::string_view::npos) break;
    header.remove_prefix(comma + 1);
  }
  return elements;
}

std::string_view cookie_value(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const std::size_t semicolon = header.find(';');
    const std::string_view pair = trim(header.substr(0, semicolon));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
    if (semicolon == std::string_view::npos) break;
    header.remove_prefix(semicolon + 1);
  }
  return {};
}

Response rest_error(const HttpError& error) {
  const message::ApiError api = api_error(error, "NOT_PERMITTED");
  boost::json::object data;
  data["errorType"] = api.error_type;
  data["msg"] = api.msg;
  data["errorMessage"] = api.error_message;
  data["reason"] = message::to_string(api.reason);
  if (api.retry_after_seconds) data["retryAfterSeconds"] = *api.retry_after_seconds;
  Response response;
  response.status = error.status;
  response.body = boost::json::serialize(data);
  add_retry_after(response, error);
  return response;
}

Response envelope_error(const HttpError& error, std::string_view epoch) {
  message::Event event;
  const bool read =
      error.status == 401 || error.status == 403 || error.status == 429 || error.status == 503;
  event.body = api_error(error, read ? "NOT_PERMITTED" : "INVALID_MESSAGE");
  Response response;
  response.status = error.status;
  response.body = message::print(event, epoch);
  add_retry_after(response, error);
  return response;
}

Response json_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

void add_common_headers(Response& response, bool secure, std::time_t now) {
  const std::pair<std::string_view, std::string_view> common[] = {
      {"Cache-Control", "no-store"},
      {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Resource-Policy", "same-site"},
      {"Referrer-Policy", "same-origin"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
  };
  for (const auto& [name, value] : common) {
    const bool said =
        std::any_of(response.headers.begin(), response.headers.end(),
                    [wanted = name](const auto& header) { return header.first == wanted; });
    if (!said) response.headers.emplace_back(name, value);
  }
  response.headers.emplace_back("Date", http_date(now));
  if (secure) response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
  std::erase_if(response.headers, [](const auto& header) { return header.second.empty(); });
}

void add_status_headers(Response& response) {
  if (response.status == 401)
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"baton\"");
  const bool said = std::any_of(response.headers.begin(), response.headers.end(),
                                [](const auto& header) { return header.first == "Retry-After"; });
  if ((response.status == 429 || response.status == 503) && !said) {
    response.headers.emplace_back("Retry-After", "1");
  }
}

}  // namespace baton::gateway
