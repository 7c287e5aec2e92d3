#include "telephony/sip/tls_contexts.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fmt/format.h>

namespace baton::telephony::sip {

namespace {

template <auto Free>
struct FreedBy {
  template <typename T>
  void operator()(T* each) const {
    Free(each);
  }
};

void free_chain(STACK_OF(X509) * chain) { sk_X509_pop_free(chain, &X509_free); }

using CertificatePointer = std::unique_ptr<X509, FreedBy<&X509_free>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreedBy<&EVP_PKEY_free>>;
using ChainPointer = std::unique_ptr<STACK_OF(X509), FreedBy<&free_chain>>;

/// Instead of a question on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

thread_local std::vector<ssl_ctx_st*>* made_by_this_thread = nullptr;

/// OpenSSL calls it for each new context (CRYPTO_get_ex_new_index(3)).
void on_new_context(void* context, void* /*data*/, CRYPTO_EX_DATA* /*all*/, int /*index*/,
                    long /*number*/, void* /*argument*/) {
  if (made_by_this_thread != nullptr) {
    made_by_this_thread->push_back(static_cast<ssl_ctx_st*>(context));
  }
}

}  // namespace

struct TlsContexts::Certificate {
  CertificatePointer leaf;
  ChainPointer chain;
  KeyPointer key;
};

TlsContexts::TlsContexts() = default;
TlsContexts::~TlsContexts() = default;

TlsContexts::Taking::Taking(TlsContexts& contexts) : contexts_(contexts) {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, &on_new_context, nullptr, nullptr);
  static_cast<void>(index);
  made_by_this_thread = &made_;
}

TlsContexts::Taking::~Taking() {
  made_by_this_thread = nullptr;
  // Not before, since the library sets a new context up after it has made it.
  for (ssl_ctx_st* context : made_) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cert_cb(context, &TlsContexts::choose, &contexts_);
  }
  contexts_.taken_ += made_.size();
}

int TlsContexts::choose(ssl_st* ssl, void* contexts) {
  const auto certificate = static_cast<TlsContexts*>(contexts)->certificate_;
  if (!certificate) return 1;
  // There may be one of another kind of key, which a client might prefer.
  SSL_certs_clear(ssl);
  return SSL_use_cert_and_key(ssl, certificate->leaf.get(), certificate->key.get(),
                              certificate->chain.get(), 1);
}

std::string TlsContexts::use(const std::string& file) {
  const std::unique_ptr<std::FILE, FreedBy<&std::fclose>> in(std::fopen(file.c_str(), "re"));
  if (!in) return fmt::format("{}: {}", file, std::strerror(errno));
  auto fresh = std::make_shared<Certificate>();
  fresh->leaf.reset(PEM_read_X509_AUX(in.get(), nullptr, &no_passphrase, nullptr));
  if (!fresh->leaf) {
    ERR_clear_error();
    return file + " has no certificate";
  }
  fresh->chain.reset(sk_X509_new_null());
  while (X509* next = PEM_read_X509(in.get(), nullptr, &no_passphrase, nullptr)) {
    sk_X509_push(fresh->chain.get(), next);
  }
  std::rewind(in.get());
  fresh->key.reset(PEM_read_PrivateKey(in.get(), nullptr, &no_passphrase, nullptr));
  ERR_clear_error();
  if (!fresh->key) return file + " has no private key that can be read without a passphrase";
  if (X509_check_private_key(fresh->leaf.get(), fresh->key.get()) != 1) {
    ERR_clear_error();
    return file + ": the private key is not the certificate's";
  }
  certificate_ = std::move(fresh);
  return {};
}

bool TlsContexts::changed(const std::string& file) {
  struct stat now{};
  std::array<std::int64_t, 5> found{-1, -1, -1, -1, -1};
  if (::stat(file.c_str(), &now) == 0) {
    found = {static_cast<std::int64_t>(now.st_dev), static_cast<std::int64_t>(now.st_ino),
             now.st_size, now.st_mtim.tv_sec, now.st_mtim.tv_nsec};
  }
  return std::exchange(seen_, found) != found;
}

}  // namespace baton::telephony::sip
