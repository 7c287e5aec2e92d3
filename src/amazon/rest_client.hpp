#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>

#include "amazon/credentials.hpp"
#include "amazon/signed_request.hpp"

namespace baton::amazon {

/// How a throttled or failed request is asked again: "full jitter" (a random wait of up to `first`,
/// doubled each time, `longest` at most), or as long as Retry-After says.
struct Patience {
  int tries = 8;  ///< In all.
  std::chrono::milliseconds first{500};
  std::chrono::milliseconds longest{20'000};
  std::function<void(std::chrono::milliseconds)> wait;  ///< Empty: the thread sleeps.
};

/// Where an instance's REST interface is, and what its requests are signed with.
struct Access {
  std::string region;
  std::string endpoint;  ///< Empty: Amazon's own of the region.
  Credentials credentials;
};

/// What a person may be told meanwhile: a line without an end.
using Progress = std::function<void(std::string_view)>;

/// Asks Amazon Connect's REST interface (API reference, "Amazon Connect Service"). Only for
/// requests that change nothing: they are repeated. Blocking; one thread.
class RestClient {
 public:
  RestClient(Access access, Patience patience, Progress progress);

  using Query = std::vector<std::pair<std::string, std::string>>;
  /// The reply's JSON object. `operation` is Amazon's name of it ("ListQueues"), for messages.
  /// Throws AmazonError.
  [[nodiscard]] boost::json::object get(std::string_view operation, const std::string& path,
                                        const Query& query);
  [[nodiscard]] boost::json::object post(std::string_view operation, const std::string& path,
                                         const boost::json::object& body);

 private:
  [[nodiscard]] boost::json::object ask(std::string_view operation, const SignedRequest& request);
  [[nodiscard]] std::chrono::milliseconds pause(int tries, const Reply& reply) const;

  Access access_;
  Patience patience_;
  Progress progress_;
};

/// The endpoint of a region: China's has a domain of its own.
[[nodiscard]] std::string endpoint_of(std::string_view region);

}  // namespace baton::amazon
