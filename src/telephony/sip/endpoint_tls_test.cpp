#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>

#include "telephony/sip/digest.hpp"
#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/sip_test_client.hpp"

namespace baton::telephony::sip {
namespace {

using testing::SipPeer;
using testing::SipText;

template <typename T, void (*Free)(T*)>
struct Deleter {
  void operator()(T* each) const { Free(each); }
};
template <typename T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Deleter<T, Free>>;

/// A folder with a fresh self-signed certificate and its key, as the library wants them.
class CertificateDir {
 public:
  CertificateDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "baton-tls-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
    const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_RSA_gen(2048));
    const Owned<X509, X509_free> certificate(X509_new());
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    for (const char* file : {"agent.pem", "cafile.pem"}) {
      FILE* out = std::fopen((path / file).c_str(), "w");
      PEM_write_X509(out, certificate.get());
      PEM_write_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      std::fclose(out);
    }
  }
  ~CertificateDir() { std::filesystem::remove_all(path); }

  std::filesystem::path path;
};

/// A TLS client on a blocking socket with a time limit.
class TlsPeer {
 public:
  explicit TlsPeer(int server_port) : context_(SSL_CTX_new(TLS_client_method())) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(server_port));
    ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to);
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&own), &size);
    port = ntohs(own.sin_port);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), fd_);
    connected = SSL_connect(ssl_.get()) == 1;
  }
  ~TlsPeer() {
    ssl_.reset();
    ::close(fd_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  SipText exchange(const std::string& text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    std::string answer;
    char bytes[4096];
    while (answer.find("\r\n\r\n") == std::string::npos) {
      const int size = SSL_read(ssl_.get(), bytes, sizeof bytes);
      if (size <= 0) break;
      answer.append(bytes, static_cast<std::size_t>(size));
    }
    return {answer};
  }
  std::string request(const std::string& method, int cseq, const std::string& more) const {
    return fmt::format(
        "{0} sips:baton SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:{1};branch=z9hG4bKt{2}\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:agent1@baton>;tag=1\r\nTo: <sip:agent1@baton>\r\n"
        "Call-ID: tls\r\nCSeq: {2} {0}\r\n{3}Content-Length: 0\r\n\r\n",
        method, port, cseq, more);
  }

  bool connected = false;
  int port = 0;

 private:
  Owned<SSL_CTX, SSL_CTX_free> context_;
  Owned<SSL, SSL_free> ssl_;
  int fd_ = -1;
};

TEST(EndpointTls, APhoneRegistersOverTls) {
  const CertificateDir certificates;
  SipConfig config;
  config.listen = {{"udp", "127.0.0.1", 0}, {"tls", "127.0.0.1", 0}};
  config.tls_certificate_dir = certificates.path.string();
  Endpoint endpoint(config, nullptr, {});
  endpoint.set_agents({{"agent1", digest_ha1("agent1", "baton", "demo-agent1")}});
  endpoint.start();
  ASSERT_EQ(endpoint.bound().size(), 2U);
  EXPECT_EQ(endpoint.bound()[1].transport, "tls");
  {
    TlsPeer phone(endpoint.bound()[1].port);
    ASSERT_TRUE(phone.connected);
    EXPECT_EQ(phone.exchange(phone.request("OPTIONS", 1, "")).code(), 200);
    const auto challenge = phone.exchange(phone.request("REGISTER", 2, ""));
    EXPECT_EQ(challenge.code(), 401) << challenge.text;
    const auto answer = phone.exchange(phone.request(
        "REGISTER", 3,
        "Contact: <sips:agent1@10.0.0.1>\r\n" +
            SipPeer::credential(challenge, "REGISTER", "sips:baton", "agent1", "demo-agent1")));
    EXPECT_EQ(answer.code(), 200) << answer.text;
    std::vector<Binding> bindings;
    endpoint.loop().call([&] { bindings = endpoint.bindings("agent1"); });
    ASSERT_EQ(bindings.size(), 1U);
    EXPECT_EQ(bindings[0].via_route, fmt::format("sip:127.0.0.1:{};transport=tls", phone.port));
  }
  endpoint.stop();
}

TEST(EndpointTls, AMissingCertificateIsSaid) {
  SipConfig config;
  config.listen = {{"tls", "127.0.0.1", 0}};
  config.tls_certificate_dir = "/nonexistent";
  Endpoint endpoint(config, nullptr, {});
  try {
    endpoint.start();
    FAIL() << "started without a certificate";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("agent.pem"));
  }
}

}  // namespace
}  // namespace baton::telephony::sip
