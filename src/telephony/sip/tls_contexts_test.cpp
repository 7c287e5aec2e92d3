#include "telephony/sip/tls_contexts.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <fstream>
#include <memory>
#include <string>

namespace baton::telephony::sip {
namespace {

using Context = std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)>;

Context make_context() { return {SSL_CTX_new(TLS_method()), &SSL_CTX_free}; }

TEST(TlsContexts, TakesWhatIsMadeMeanwhileAndNothingElse) {
  Context during(nullptr, &SSL_CTX_free);
  TlsContexts contexts;
  const Context before = make_context();
  {
    const TlsContexts::Taking taking(contexts);
    during = make_context();
  }
  const Context after = make_context();
  EXPECT_EQ(contexts.size(), 1U);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(during.get()), TLS1_2_VERSION);
}

TEST(TlsContexts, SayWhatIsWrongWithAFile) {
  TlsContexts contexts;
  EXPECT_NE(contexts.use("/nowhere/agent.pem").find("/nowhere/agent.pem: No such file"),
            std::string::npos);
  const std::string path = ::testing::TempDir() + "baton-not-a-certificate.pem";
  std::ofstream(path) << "nothing\n";
  EXPECT_EQ(contexts.use(path), path + " has no certificate");
}

TEST(TlsContexts, SeeWhenAFileIsAnother) {
  TlsContexts contexts;
  const std::string path = ::testing::TempDir() + "baton-watched.pem";
  std::ofstream(path) << "one\n";
  EXPECT_TRUE(contexts.changed(path));
  EXPECT_FALSE(contexts.changed(path));
  std::ofstream(path) << "longer\n";
  EXPECT_TRUE(contexts.changed(path));
  EXPECT_TRUE(contexts.changed("/nowhere/agent.pem"));
  EXPECT_FALSE(contexts.changed("/nowhere/agent.pem"));
}

}  // namespace
}  // namespace baton::telephony::sip
