#include "gateway/tls_certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/test_certificate.hpp"

namespace baton::gateway {
namespace {

using namespace testing_certificate;

class TlsCertificateTest : public testing::Test {
 protected:
  TlsCertificateTest() {
    std::string pattern = testing::TempDir() + "baton-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    config_.certificate = folder_ + "/server.pem";
    config_.key = folder_ + "/server.key";
    renew("first");
  }
  ~TlsCertificateTest() override { std::filesystem::remove_all(folder_); }

  void renew(const std::string& name, long seconds = 86400) const {
    const Key key = make_key();
    write_certificate(config_.certificate, make_certificate(key.get(), name, seconds).get());
    write_key(config_.key, key.get());
  }
  [[nodiscard]] std::string why_refused() const {
    try {
      const TlsCertificate certificate(config_);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "";
  }
  static std::string name_of(TlsCertificate& certificate) {
    char name[64] = {};
    X509_NAME_get_text_by_NID(
        X509_get_subject_name(SSL_CTX_get0_certificate(certificate.context().native_handle())),
        NID_commonName, name, sizeof name);
    return name;
  }

  std::string folder_;
  TlsConfig config_;
};

TEST_F(TlsCertificateTest, IsRenewedWithoutANewStart) {
  TlsCertificate certificate(config_);
  EXPECT_EQ(name_of(certificate), "first");
  EXPECT_FALSE(certificate.has_ended());
  EXPECT_FALSE(certificate.changed());
  renew("second");
  EXPECT_TRUE(certificate.changed());
  EXPECT_EQ(certificate.reload(), "");
  EXPECT_EQ(name_of(certificate), "second");
  EXPECT_FALSE(certificate.changed());
}

TEST_F(TlsCertificateTest, KeepsTheOldOneWhileTheNewOneIsNotGood) {
  TlsCertificate certificate(config_);
  // Tools write the two files one after the other: between them they do not fit.
  const Key key = make_key();
  write_certificate(config_.certificate, make_certificate(key.get(), "second").get());
  EXPECT_TRUE(certificate.changed());
  const std::string why = certificate.reload();
  EXPECT_NE(why.find("http.tls_key"), std::string::npos) << why;
  EXPECT_NE(why.find(config_.key), std::string::npos) << why;
  EXPECT_EQ(name_of(certificate), "first");
  write_key(config_.key, key.get());
  EXPECT_TRUE(certificate.changed());
  EXPECT_EQ(certificate.reload(), "");
  EXPECT_EQ(name_of(certificate), "second");
}

TEST_F(TlsCertificateTest, NoticesThatAFileIsGoneAndCameBack) {
  TlsCertificate certificate(config_);
  std::filesystem::rename(config_.key, config_.key + ".away");
  EXPECT_TRUE(certificate.changed());
  EXPECT_NE(certificate.reload().find("cannot be read"), std::string::npos);
  std::filesystem::rename(config_.key + ".away", config_.key);
  EXPECT_TRUE(certificate.changed());
  EXPECT_EQ(certificate.reload(), "");
}

TEST_F(TlsCertificateTest, SaysWhatIsWrongWithAFile) {
  ASSERT_EQ(why_refused(), "");
  ASSERT_EQ(::chmod(config_.key.c_str(), 0640), 0);
  EXPECT_EQ(why_refused(), "");
  for (const mode_t mode : {0604U, 0602U, 0620U}) {
    ASSERT_EQ(::chmod(config_.key.c_str(), mode), 0);
    EXPECT_NE(why_refused().find("chmod 600"), std::string::npos) << mode;
  }
  ASSERT_EQ(::chmod(config_.key.c_str(), 0600), 0);
  ASSERT_EQ(::chmod(config_.certificate.c_str(), 0622), 0);
  EXPECT_NE(why_refused().find("others can"), std::string::npos);
  ASSERT_EQ(::chmod(config_.certificate.c_str(), 0644), 0);

  std::ofstream(config_.certificate) << "no certificate\n";
  EXPECT_NE(why_refused().find("no certificate in PEM"), std::string::npos) << why_refused();
  renew("again");
  write_key(config_.key, make_key().get());
  EXPECT_NE(why_refused().find("not the certificate's private key"), std::string::npos);
  renew("again");
  std::filesystem::remove(config_.certificate);
  EXPECT_NE(why_refused().find("http.tls_certificate"), std::string::npos);
}

TEST_F(TlsCertificateTest, SaysWhoMayNotReadAKeyThatIsAnothersAlone) {
  // Root reads everything: be somebody else, who may enter the folder.
  const bool root = ::geteuid() == 0;
  ASSERT_EQ(::chmod(folder_.c_str(), 0711), 0);
  ASSERT_EQ(::chmod(config_.certificate.c_str(), 0644), 0);
  ASSERT_EQ(::chmod(config_.key.c_str(), root ? 0600 : 0200), 0);
  constexpr uid_t kNobody = 65534;
  if (root) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  const std::string why = why_refused();
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_NE(why.find("http.tls_key"), std::string::npos) << why;
  EXPECT_NE(why.find("cannot be read: Permission denied"), std::string::npos) << why;
  EXPECT_NE(why.find("chgrp baton"), std::string::npos) << why;
}

TEST_F(TlsCertificateTest, NeverAsksForAPassphrase) {
  const Key key = make_key();
  write_certificate(config_.certificate, make_certificate(key.get(), "locked").get());
  write_key(config_.key, key.get(), "secret");
  EXPECT_NE(why_refused().find("without a passphrase"), std::string::npos) << why_refused();
}

TEST_F(TlsCertificateTest, TellsAnEndedCertificate) {
  renew("old", -60);
  const TlsCertificate certificate(config_);
  EXPECT_TRUE(certificate.has_ended());
  EXPECT_NE(certificate.ends().find(" UTC"), std::string::npos);
}

TEST_F(TlsCertificateTest, SpeaksNothingOlderThanConfigured) {
  TlsCertificate both(config_);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(both.context().native_handle()), TLS1_2_VERSION);
  config_.min_version = "1.3";
  TlsCertificate newest(config_);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(newest.context().native_handle()), TLS1_3_VERSION);
}

}  // namespace
}  // namespace baton::gateway
