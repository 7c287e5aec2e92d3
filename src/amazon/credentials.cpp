#include "amazon/credentials.hpp"

#include <boost/property_tree/ini_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include "amazon/error.hpp"

namespace baton::amazon {

namespace {

constexpr const char* kRemedy =
    "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN of temporary ones), "
    "or write a profile with aws_access_key_id and aws_secret_access_key into the file";

std::string credentials_file(const Environment& environment) {
  std::string file = environment("AWS_SHARED_CREDENTIALS_FILE");
  if (!file.empty()) return file;
  const std::string home = environment("HOME");
  if (home.empty()) {
    throw AmazonError(std::string("there are no AWS credentials: neither variables nor HOME, under "
                                  "which .aws/credentials would be") +
                      kRemedy);
  }
  return home + "/.aws/credentials";
}

Credentials from_file(const std::string& file, const std::string& profile) {
  boost::property_tree::ptree tree;
  try {
    boost::property_tree::read_ini(file, tree);
  } catch (const boost::property_tree::ini_parser_error& error) {
    // The line itself is not told: it may have a secret in it.
    throw AmazonError("there are no AWS credentials: " + file +
                      (error.line() == 0 ? " cannot be read"
                                         : " is no INI file (line " + std::to_string(error.line()) +
                                               ": " + error.message() + ")") +
                      kRemedy);
  }
  // A profile's name may have dots in it, which a path would take for levels.
  const auto section = tree.find(profile);
  if (section == tree.not_found()) {
    throw AmazonError("there are no AWS credentials: " + file + " has no profile [" + profile +
                      "]" + kRemedy);
  }
  Credentials found;
  found.access_key_id = section->second.get("aws_access_key_id", "");
  found.secret_access_key = section->second.get("aws_secret_access_key", "");
  found.session_token = section->second.get("aws_session_token", "");
  if (found.access_key_id.empty() || found.secret_access_key.empty()) {
    throw AmazonError("there are no AWS credentials: the profile [" + profile + "] of " + file +
                      " lacks aws_access_key_id or aws_secret_access_key" + kRemedy);
  }
  return found;
}

}  // namespace

Credentials find_credentials(const Environment& environment) {
  Credentials found{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                    environment("AWS_SESSION_TOKEN")};
  if (!found.access_key_id.empty() && !found.secret_access_key.empty()) return found;
  if (found.access_key_id.empty() != found.secret_access_key.empty()) {
    throw AmazonError(
        std::string("of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set; "
                    "set both, or neither to use the credentials file"));
  }
  const std::string profile = environment("AWS_PROFILE");
  return from_file(credentials_file(environment), profile.empty() ? "default" : profile);
}

}  // namespace baton::amazon
