#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "amazon/credentials.hpp"

namespace baton::amazon {

/// One request, not signed yet.
struct SignedRequest {
  std::string method = "GET";
  std::string endpoint;  ///< "https://connect.eu-central-1.amazonaws.com", without a path.
  std::string path;      ///< Percent-encoded.
  std::vector<std::pair<std::string, std::string>> query{};  ///< Not encoded, in any order.
  std::vector<std::string> headers{};  ///< "Name: value"; they are signed, too.
  std::string body{};                  ///< Of a POST.
  std::string region;
  std::string service = "connect";
  /// Where the connection goes in place of the endpoint's host: "127.0.0.1:8443"; empty: there.
  std::string connect_to{};
};

struct Reply {
  long status = 0;  ///< HTTP's; 0: no reply, and `body` says why.
  std::string body;
  std::string error_type;               ///< x-amzn-ErrorType, without what follows a colon.
  std::chrono::seconds retry_after{0};  ///< Of the header; 0 where there was none.
};

/// The query of a request in AWS's canonical form (Signature Version 4): names and values
/// percent-encoded, sorted by name, then value. libcurl 7.88 signs a query as it stands. Any
/// thread.
[[nodiscard]] std::string canonical_query(
    const std::vector<std::pair<std::string, std::string>>& query);

/// Signs by AWS Signature Version 4 (libcurl's own signer), sends, and waits for the whole reply,
/// 30 s at most. Follows no redirection. Blocking; any thread. Bodies of over 16 MiB are refused.
[[nodiscard]] Reply send(const SignedRequest& request, const Credentials& credentials);

}  // namespace baton::amazon
