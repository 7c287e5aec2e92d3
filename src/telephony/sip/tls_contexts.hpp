#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace baton::telephony::sip {

/// The certificate that the stack's TLS listeners show, which may change while they run.
///
/// The library reads its certificate once, when it binds, and neither reads it again nor shows its
/// OpenSSL contexts. But OpenSSL tells of each context that is made, and asks a context before
/// each handshake which certificate it is to show (SSL_CTX_set_cert_cb(3)). Connections that are up
/// are not touched. Loop thread.
class TlsContexts {
 public:
  TlsContexts();
  TlsContexts(const TlsContexts&) = delete;
  TlsContexts& operator=(const TlsContexts&) = delete;
  ~TlsContexts();

  /// While it lives, contexts that this thread makes are taken: from then on they show what use()
  /// read last, with the certificates of its chain, and speak TLS 1.2 at least.
  class Taking {
   public:
    explicit Taking(TlsContexts& contexts);
    Taking(const Taking&) = delete;
    Taking& operator=(const Taking&) = delete;
    ~Taking();

   private:
    TlsContexts& contexts_;
    std::vector<ssl_ctx_st*> made_;
  };

  /// Reads a certificate, those between it and the root, and its private key, without a passphrase,
  /// from one PEM file: handshakes from now on show it. Empty, or what is wrong with the file; then
  /// nothing is changed.
  [[nodiscard]] std::string use(const std::string& file);

  /// Whether the file is another one than at the last call: by its inode, size and time. True for
  /// the first call.
  [[nodiscard]] bool changed(const std::string& file);

  /// The listeners' contexts; each lives as long as its listener, and this object for longer.
  [[nodiscard]] std::size_t size() const { return taken_; }

 private:
  struct Certificate;

  static int choose(ssl_st* ssl, void* contexts);

  std::shared_ptr<const Certificate> certificate_;
  std::array<std::int64_t, 5> seen_{};
  std::size_t taken_ = 0;
};

}  // namespace baton::telephony::sip
