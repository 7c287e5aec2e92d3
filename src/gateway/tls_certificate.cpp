#include "gateway/tls_certificate.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace baton::gateway {
namespace {

namespace ssl = boost::asio::ssl;

/// Forward secrecy and AEAD (RFC 9325, 4.2); 1.3 has nothing else.
constexpr const char* kCiphers12 = "ECDHE+AESGCM:ECDHE+CHACHA20";

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text == nullptr ? "it is not what is expected" : text;
}

[[noreturn]] void fail(const char* key, const std::string& path, const std::string& why) {
  throw std::runtime_error(fmt::format("{} \"{}\": {}", key, path, why));
}

/// Whoever reads the key can pretend to be this server. The group may: certificate tools often
/// share a key by group.
void check_file(const char* key, const std::string& path, mode_t forbidden) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    fail(key, path,
         fmt::format("cannot be read: {}; name a PEM file that Baton may read",
                     std::generic_category().message(errno)));
  }
  if ((status.st_mode & forbidden) != 0) {
    fail(key, path,
         fmt::format("its mode is {:04o}, so others can read or change it. Make it private (chmod "
                     "600 {}); if it was ever exposed, have a new certificate made with a new key",
                     static_cast<unsigned>(status.st_mode & 07777U), path));
  }
  // What the certificate library would tell of it is that there is no key in it.
  if (::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) {
    fail(key, path,
         fmt::format("cannot be read: {}; let Baton's user do so (chgrp baton {}; chmod 640 {})",
                     std::generic_category().message(errno), path, path));
  }
}

}  // namespace

TlsCertificate::TlsCertificate(TlsConfig config)
    : config_(std::move(config)), files_({config_.certificate, config_.key}) {
  if (const std::string why = reload(); !why.empty()) throw std::runtime_error(why);
}

std::string TlsCertificate::reload() {
  // What changes while the files are read is seen by the next changed().
  static_cast<void>(files_.changed());
  try {
    check_file("http.tls_certificate", config_.certificate, S_IWGRP | S_IWOTH);
    check_file("http.tls_key", config_.key, S_IWGRP | S_IROTH | S_IWOTH);
    auto next = std::make_unique<ssl::context>(ssl::context::tls_server);
    SSL_CTX* native = next->native_handle();
    SSL_CTX_set_min_proto_version(native,
                                  config_.min_version == "1.3" ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION);
    // Thousands of desktops are quiet most of the time: none keeps OpenSSL's 34 kB for it.
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_set_cipher_list(native, kCiphers12) != 1) {
      return "OpenSSL has none of the ciphers that TLS 1.2 may use here: " + openssl_reason();
    }
    // A key with a passphrase would be asked for on the terminal otherwise.
    SSL_CTX_set_default_passwd_cb(native, [](char*, int, int, void*) { return -1; });
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(native, config_.certificate.c_str()) != 1) {
      fail("http.tls_certificate", config_.certificate,
           fmt::format("no certificate in PEM is in it: {}", openssl_reason()));
    }
    if (SSL_CTX_use_PrivateKey_file(native, config_.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(native) != 1) {
      fail("http.tls_key", config_.key,
           fmt::format("not the certificate's private key, in PEM and without a passphrase: {}",
                       openssl_reason()));
    }
    std::tm end{};
    const X509* certificate = SSL_CTX_get0_certificate(native);
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) {
      fail("http.tls_certificate", config_.certificate, "it does not say when it ends");
    }
    ends_ = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", end);
    has_ended_ = X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
    context_ = std::move(next);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

}  // namespace baton::gateway
