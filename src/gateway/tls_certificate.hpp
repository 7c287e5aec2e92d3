#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "gateway/watched_files.hpp"

namespace baton::gateway {

/// What a server shows to its clients, and how old a protocol it speaks with them.
struct TlsConfig {
  std::string certificate;  ///< PEM: the server's own first, then those between it and the root.
  std::string key;          ///< PEM, without a passphrase; others may not read it.
  std::string min_version = "1.2";  ///< "1.2" or "1.3".
};

/// The listener's certificate, which may be renewed while connections are up: those that are keep
/// the old one, new ones get the new one. TLS 1.2 with forward secrecy and AEAD ciphers only (RFC
/// 9325), and 1.3. The gateway's thread only.
class TlsCertificate {
 public:
  /// Throws std::runtime_error naming the file, what is wrong and the remedy.
  explicit TlsCertificate(TlsConfig config);

  /// For new connections.
  [[nodiscard]] boost::asio::ssl::context& context() { return *context_; }

  /// Reads both files again. Where they are not good, the old certificate stays and the reason is
  /// returned; empty when all is well. Reads files.
  [[nodiscard]] std::string reload();
  /// True where a file has changed since it was last read.
  [[nodiscard]] bool changed() { return files_.changed(); }

  /// The day on which the certificate ends, for people: "2026-11-28 12:00:00 UTC".
  [[nodiscard]] const std::string& ends() const { return ends_; }
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  const TlsConfig config_;
  WatchedFiles files_;
  std::unique_ptr<boost::asio::ssl::context> context_;
  std::string ends_;
  bool has_ended_ = false;
};

}  // namespace baton::gateway
