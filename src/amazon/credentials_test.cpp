#include "amazon/credentials.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "amazon/error.hpp"

namespace baton::amazon {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class FindCredentials : public ::testing::Test {
 protected:
  FindCredentials()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("credentials-" +
                 std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()))) {
    std::filesystem::create_directories(folder_ / ".aws");
    variables_["HOME"] = folder_;
  }
  ~FindCredentials() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text) const {
    std::ofstream(folder_ / ".aws" / "credentials") << text;
  }
  Credentials find() const {
    return find_credentials([this](const char* name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::string() : found->second;
    });
  }
  /// The error's text.
  std::string failure() const {
    try {
      find();
    } catch (const AmazonError& error) {
      return error.what();
    }
    ADD_FAILURE() << "credentials were found";
    return {};
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

constexpr const char* kFile =
    "# of a person\n[default]\naws_access_key_id = AKIDEFAULT\naws_secret_access_key = a/b+c=\n\n"
    "[team.eu]\naws_access_key_id=AKITEAM\naws_secret_access_key=secret\n"
    "aws_session_token=token==\n";

TEST_F(FindCredentials, TakesTheVariablesFirst) {
  write(kFile);
  variables_["AWS_ACCESS_KEY_ID"] = "AKIENV";
  variables_["AWS_SECRET_ACCESS_KEY"] = "key";
  variables_["AWS_SESSION_TOKEN"] = "t";
  EXPECT_EQ(find(), (Credentials{"AKIENV", "key", "t"}));
}

TEST_F(FindCredentials, TakesTheDefaultProfileOfTheFileElse) {
  write(kFile);
  EXPECT_EQ(find(), (Credentials{"AKIDEFAULT", "a/b+c=", ""}));
}

TEST_F(FindCredentials, TakesTheProfileAndTheFileThatAreNamed) {
  write(kFile);
  std::filesystem::rename(folder_ / ".aws" / "credentials", folder_ / "elsewhere");
  variables_["AWS_SHARED_CREDENTIALS_FILE"] = folder_ / "elsewhere";
  variables_["AWS_PROFILE"] = "team.eu";
  EXPECT_EQ(find(), (Credentials{"AKITEAM", "secret", "token=="}));
}

TEST_F(FindCredentials, SaysWhereItLooked) {
  EXPECT_THAT(failure(), AllOf(HasSubstr(folder_.string() + "/.aws/credentials cannot be read"),
                               HasSubstr("AWS_ACCESS_KEY_ID")));
  variables_.clear();
  EXPECT_THAT(failure(), HasSubstr("HOME"));
}

TEST_F(FindCredentials, SaysWhichProfileIsMissing) {
  write(kFile);
  variables_["AWS_PROFILE"] = "other";
  EXPECT_THAT(failure(), HasSubstr("has no profile [other]"));
}

TEST_F(FindCredentials, SaysWhatTheProfileLacks) {
  write("[default]\naws_access_key_id = AKI\nsso_start_url = https://x\n");
  EXPECT_THAT(failure(), HasSubstr("the profile [default]"));
}

TEST_F(FindCredentials, SaysThatOneVariableIsNotEnough) {
  write(kFile);
  variables_["AWS_ACCESS_KEY_ID"] = "AKIENV";
  EXPECT_THAT(failure(), HasSubstr("only one is set"));
}

TEST_F(FindCredentials, TellsNoSecretOfABrokenFile) {
  write("[default]\naws_secret_access_key\nhush\n");
  EXPECT_THAT(failure(), AllOf(HasSubstr("line 2"), Not(HasSubstr("hush"))));
}

}  // namespace
}  // namespace baton::amazon
