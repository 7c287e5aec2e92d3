#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace baton::app {

/// Where a server is: "http://127.0.0.1:8080" or "wss://baton.example", without a path.
struct ServerUrl {
  std::string host;  ///< Without brackets.
  std::string port = "80";
  bool tls = false;  ///< https or wss.
  /// Whose certificates are trusted: a PEM file of authorities, or of the server's own certificate;
  /// empty: the system's authorities.
  std::string ca_file{};
  /// `ca_file` has the server's own certificate, so it may name any host: a server on this machine
  /// is asked at 127.0.0.1, which its certificate seldom names.
  bool pinned = false;

  [[nodiscard]] std::string authority() const;  ///< "host:port", an IPv6 address in brackets.
};

/// Nothing unless `text` is such a URL: http, ws, https or wss.
[[nodiscard]] std::optional<ServerUrl> parse_server_url(std::string_view text);

/// What happened on a WebSocket.
struct SocketEvent {
  enum class Kind {
    open,     ///< The server let us in.
    message,  ///< `text` is one frame.
    closed,  ///< Nothing follows. `code` is the WebSocket's (or HTTP's, when we were not let in), 0
             ///< for a broken or impossible connection; `text` says why.
  };
  Kind kind = Kind::closed;
  std::string text;
  int code = 0;
};

/// A WebSocket to /v1/ws (docs/message-api.md, "Carriers and callers"), on a thread of its own.
class WebSocketClient {
 public:
  using Sink = std::function<void(SocketEvent)>;

  /// Begins to connect. `query` is what follows "/v1/ws?", may be empty. `sink` is called on the
  /// client's thread, in order, the last time with `closed`; it must outlive the client.
  WebSocketClient(const ServerUrl& url, std::string_view token, std::string_view query, Sink sink);
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;
  /// Ends the connection without waiting for the server, and the thread.
  ~WebSocketClient();

  /// Sends one text frame, once the socket is open. Any thread.
  void send(std::string text);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

struct HttpReply {
  int status = 0;  ///< 0: the server could not be reached, or did not answer; `body` says why.
  std::string body;
  bool sent = false;  ///< The request has gone out whole: without an answer it may have been done.
};

/// One HTTP request, blocking until the reply is whole or `timeout` is over. An empty body sends
/// none.
[[nodiscard]] HttpReply http_request(const ServerUrl& url, std::string_view method,
                                     std::string_view target, std::string_view token,
                                     std::string body, std::chrono::seconds timeout);

/// Percent-encodes a value for a query (RFC 3986, section 2.3 stays).
[[nodiscard]] std::string url_encode(std::string_view text);

}  // namespace baton::app
