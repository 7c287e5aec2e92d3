#pragma once

#include <functional>
#include <string>

namespace baton::amazon {

/// What requests to AWS are signed with.
struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  ///< Of temporary credentials, else empty.

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

/// The value of an environment variable, empty where it is not set.
using Environment = std::function<std::string(const char*)>;

/// The credentials as the AWS command line and SDKs find them, the first that is there:
/// `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` (with `AWS_SESSION_TOKEN`), else the profile
/// `AWS_PROFILE` (else "default") of the file `AWS_SHARED_CREDENTIALS_FILE` (else
/// ~/.aws/credentials). Throws AmazonError, which says where was looked and never has a secret in
/// it. Blocking; one thread.
[[nodiscard]] Credentials find_credentials(const Environment& environment);

}  // namespace baton::amazon
