#include "amazon/rest_client.hpp"

#include <algorithm>
#include <random>
#include <thread>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "amazon/error.hpp"

namespace baton::amazon {

namespace json = boost::json;

namespace {

/// How much of an unexpected reply is told.
constexpr std::size_t kShown = 300;

bool is_throttled(const Reply& reply) {
  return reply.status == 429 || reply.error_type == "TooManyRequestsException" ||
         reply.error_type == "ThrottlingException" || reply.error_type == "Throttling";
}

bool is_worth_another_try(const Reply& reply) {
  return reply.status == 0 || reply.status >= 500 || is_throttled(reply);
}

/// Amazon's own text of an error, else the reply's beginning.
std::string message_of(const Reply& reply) {
  boost::system::error_code error;
  const json::value value = json::parse(reply.body, error);
  if (!error && value.is_object()) {
    for (const char* key : {"Message", "message"}) {
      const json::value* text = value.get_object().if_contains(key);
      if (text != nullptr && text->is_string()) return text->get_string().c_str();
    }
  }
  return reply.body.substr(0, kShown);
}

std::string remedy_of(std::string_view operation, const Reply& reply) {
  const std::string& type = reply.error_type;
  if (type == "AccessDeniedException") {
    return "; the credentials' IAM policy must allow connect:" + std::string(operation);
  }
  if (type == "ResourceNotFoundException") {
    return "; are --instance-id and --region those of the instance?";
  }
  if (type == "InvalidSignatureException" || type == "UnrecognizedClientException" ||
      type == "ExpiredTokenException" || type == "IncompleteSignatureException") {
    return "; check the credentials, --region, and this machine's clock";
  }
  if (is_throttled(reply)) return "; ask again later, or have the quota raised";
  if (reply.status == 0) return "; can this machine reach the endpoint?";
  return {};
}

}  // namespace

std::string endpoint_of(std::string_view region) {
  return "https://connect." + std::string(region) + ".amazonaws.com" +
         (region.starts_with("cn-") ? ".cn" : "");
}

RestClient::RestClient(Access access, Patience patience, Progress progress)
    : access_(std::move(access)), patience_(std::move(patience)), progress_(std::move(progress)) {
  if (access_.endpoint.empty()) access_.endpoint = endpoint_of(access_.region);
  if (!patience_.wait) {
    patience_.wait = [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); };
  }
}

json::object RestClient::get(std::string_view operation, const std::string& path,
                             const Query& query) {
  return ask(operation, {.method = "GET",
                         .endpoint = access_.endpoint,
                         .path = path,
                         .query = query,
                         .headers = {},
                         .body = {},
                         .region = access_.region});
}

json::object RestClient::post(std::string_view operation, const std::string& path,
                              const json::object& body) {
  return ask(operation, {.method = "POST",
                         .endpoint = access_.endpoint,
                         .path = path,
                         .query = {},
                         .headers = {"Content-Type: application/json"},
                         .body = json::serialize(body),
                         .region = access_.region});
}

json::object RestClient::ask(std::string_view operation, const SignedRequest& request) {
  Reply reply;
  for (int tries = 1;; ++tries) {
    reply = send(request, access_.credentials);
    if (!is_worth_another_try(reply) || tries >= patience_.tries) break;
    const std::chrono::milliseconds time = pause(tries, reply);
    if (progress_) {
      progress_(std::string(operation) +
                (is_throttled(reply) ? " is throttled"
                 : reply.status == 0 ? " got no answer (" + reply.body + ")"
                                     : " failed with HTTP " + std::to_string(reply.status)) +
                "; trying again in " + std::to_string(time.count()) + " ms");
    }
    patience_.wait(time);
  }
  if (reply.status != 200) {
    throw AmazonError(
        std::string(operation) + " at " + access_.endpoint + " failed: " +
        (reply.status == 0 ? std::string("no answer") : "HTTP " + std::to_string(reply.status)) +
        (reply.error_type.empty() ? "" : " " + reply.error_type) + ": " + message_of(reply) +
        remedy_of(operation, reply));
  }
  boost::system::error_code error;
  json::value value = json::parse(reply.body, error);
  if (error || !value.is_object()) {
    throw AmazonError(
        std::string(operation) + " at " + access_.endpoint +
        " answered with something other than a JSON object: " + reply.body.substr(0, kShown));
  }
  return std::move(value.get_object());
}

std::chrono::milliseconds RestClient::pause(int tries, const Reply& reply) const {
  if (reply.retry_after.count() > 0) {
    return std::min<std::chrono::milliseconds>(reply.retry_after, patience_.longest);
  }
  std::chrono::milliseconds most = patience_.first;
  for (int i = 1; i < tries && most < patience_.longest; ++i) most *= 2;
  most = std::min(most, patience_.longest);
  std::random_device random;
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(
      1, std::max<std::int64_t>(most.count(), 1))(random));
}

}  // namespace baton::amazon
