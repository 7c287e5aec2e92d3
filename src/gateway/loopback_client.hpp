#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace baton::gateway::testing_client {

using Headers = std::vector<std::pair<std::string, std::string>>;

inline constexpr auto kPatience = std::chrono::seconds(20);

struct HttpReply {
  int status = 0;  ///< 0: no answer, the connection ended or time was up.
  std::string body;
  std::map<std::string, std::string> headers;  ///< Names in lower case; of a repeated one the last.

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
};

/// One request on a connection of its own.
[[nodiscard]] HttpReply http(const std::string& address, const std::string& method,
                             const std::string& target, const Headers& headers = {},
                             const std::string& body = "");

/// Sends bytes as they are and gives back all that comes until the server closes.
[[nodiscard]] std::string raw(const std::string& address, const std::string& bytes);

/// A WebSocket client on Beast, for the tests' thread. All clients of a process share one loop,
/// which runs while one waits.
class WebSocket {
 public:
  WebSocket();
  WebSocket(WebSocket&&) noexcept;
  WebSocket& operator=(WebSocket&&) noexcept;
  ~WebSocket();

  /// The status of the handshake: 101, or the refusal's, whose body refusal() tells; 0 for no
  /// answer.
  int connect(const std::string& address, const std::string& target,
              const std::string& subprotocols, const Headers& headers = {}, int receive_buffer = 0);
  [[nodiscard]] const HttpReply& handshake() const;

  /// False where the connection ended before everything was written.
  bool send(const std::string& text);
  bool send_binary(const std::string& bytes);

  /// The next message, or nothing when the connection ended or time is up.
  [[nodiscard]] std::optional<std::string> read(std::chrono::milliseconds patience = kPatience);
  /// Reads on until the connection ends: the close code that the server sent, 0 if none, nothing if
  /// time was up.
  [[nodiscard]] std::optional<std::uint16_t> wait_for_close(
      std::chrono::milliseconds patience = kPatience);
  /// Messages thrown away by wait_for_close().
  [[nodiscard]] std::size_t skipped() const;

  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A TCP connection that says nothing. Its socket is made at construction, so that it needs no
/// descriptor later.
class SilentClient {
 public:
  SilentClient();
  SilentClient(SilentClient&&) noexcept;
  SilentClient& operator=(SilentClient&&) noexcept;
  ~SilentClient();
  bool connect(const std::string& address);
  bool send(const std::string& bytes);
  [[nodiscard]] std::string read_some();

 private:
  int descriptor_;
};

}  // namespace baton::gateway::testing_client
