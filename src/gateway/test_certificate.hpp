#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace baton::gateway::testing_certificate {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

inline Key make_key() { return Key(EVP_EC_gen("P-256")); }

/// A certificate that signs itself, good from a day ago until `seconds` from now.
inline Certificate make_certificate(EVP_PKEY* key, const std::string& name, long seconds = 86400) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  if (X509_sign(certificate.get(), key, EVP_sha256()) == 0) throw std::runtime_error("X509_sign");
  return certificate;
}

/// Writes PEM with `write`, mode 0600.
template <class Write>
void write_pem(const std::string& path, const Write& write) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "we"),
                                                             &std::fclose);
  if (!file || ::chmod(path.c_str(), 0600) != 0 || write(file.get()) != 1) {
    throw std::runtime_error("cannot write " + path);
  }
}
inline void write_key(const std::string& path, EVP_PKEY* key, const char* passphrase = nullptr) {
  write_pem(path, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key, passphrase == nullptr ? nullptr : EVP_aes_256_cbc(),
                                nullptr, 0, nullptr, const_cast<char*>(passphrase));
  });
}
inline void write_certificate(const std::string& path, X509* certificate) {
  write_pem(path, [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

}  // namespace baton::gateway::testing_certificate
