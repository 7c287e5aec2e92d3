#include "amazon/signed_request.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include <curl/curl.h>

namespace baton::amazon {

namespace {

constexpr std::size_t kMaxBody = std::size_t{16} << 20U;
constexpr long kConnectSeconds = 10;
constexpr long kSeconds = 30;

struct EndList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, EndList>;

struct EndHandle {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Handle = std::unique_ptr<CURL, EndHandle>;

/// The library must be set up once, before any thread uses it.
void set_up_library() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (done != CURLE_OK) throw std::bad_alloc();
}

void append(List& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  // The list's head stays the same once there is one.
  if (!list) list.reset(longer);
}

std::string encoded(const std::string& text) {
  const std::unique_ptr<char, decltype(&curl_free)> result(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())), &curl_free);
  if (!result) throw std::bad_alloc();
  return result.get();
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size > kMaxBody) return 0;
  body.append(data, size);
  return size;
}

std::string header(CURL* handle, const char* name) {
  curl_header* found = nullptr;
  if (curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

}  // namespace

std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : query) pairs.emplace_back(encoded(name), encoded(value));
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [name, value] : pairs) {
    text.append(text.empty() ? "" : "&").append(name).append("=").append(value);
  }
  return text;
}

Reply send(const SignedRequest& request, const Credentials& credentials) {
  set_up_library();
  const Handle handle(curl_easy_init());
  if (!handle) throw std::bad_alloc();
  CURL* const curl = handle.get();

  const std::string query = canonical_query(request.query);
  const std::string url =
      request.endpoint + request.path + (query.empty() ? std::string() : '?' + query);
  const std::string scope = "aws:amz:" + request.region + ':' + request.service;
  List headers;
  for (const std::string& line : request.headers) append(headers, line);
  if (!credentials.session_token.empty()) {
    append(headers, "X-Amz-Security-Token: " + credentials.session_token);
  }
  List connect_to;
  if (!request.connect_to.empty()) append(connect_to, "::" + request.connect_to);

  Reply reply;
  std::string error(CURL_ERROR_SIZE, '\0');
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  // What is signed is what is sent: the library must not tidy up the path in between.
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, scope.c_str());
  curl_easy_setopt(curl, CURLOPT_USERNAME, credentials.access_key_id.c_str());
  curl_easy_setopt(curl, CURLOPT_PASSWORD, credentials.secret_access_key.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  if (connect_to) curl_easy_setopt(curl, CURLOPT_CONNECT_TO, connect_to.get());
  if (request.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, kSeconds);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &take_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error.data());

  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    reply.body = reply.body.size() >= kMaxBody || code == CURLE_WRITE_ERROR
                     ? "the reply is longer than 16 MiB"
                     : std::string(error.c_str());
    if (reply.body.empty()) reply.body = curl_easy_strerror(code);
    return reply;
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply.status);
  reply.error_type = header(curl, "x-amzn-ErrorType");
  reply.error_type.erase(std::min(reply.error_type.find(':'), reply.error_type.size()));
  const std::string wait = header(curl, "Retry-After");
  int seconds = 0;
  if (std::from_chars(wait.data(), wait.data() + wait.size(), seconds).ec == std::errc())
    reply.retry_after = std::chrono::seconds(std::max(seconds, 0));
  return reply;
}

}  // namespace baton::amazon
