#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton::bench {

/// The client's end of one WebSocket (RFC 6455), as light as it gets: what a load generator spends
/// is taken from the server that it shares the machine with. One thread. Text frames, pings, close;
/// no fragments, which Baton does not send.
class WebSocket {
 public:
  WebSocket() = default;
  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;
  WebSocket(WebSocket&& other) noexcept;
  WebSocket& operator=(WebSocket&&) = delete;
  ~WebSocket();

  /// Connects to 127.0.0.1 and upgrades; waits for the answer. An error text, or empty.
  [[nodiscard]] std::string open(std::uint16_t port, const std::string& target,
                                 const std::string& token);
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }

  /// One text frame; waits where the socket is full.
  void send(std::string_view text) { send_frame(0x1, text); }

  /// Reads what has come, and calls `take(std::string_view)` for each text.
  template <typename Take>
  void receive(Take&& take) {
    if (!fill()) return;
    std::string_view text;
    while (next(text)) take(text);
    drop_taken();
  }

 private:
  void send_frame(unsigned opcode, std::string_view payload);
  void send_all(std::string_view bytes);
  bool fill();
  bool next(std::string_view& text);
  void drop_taken();
  void close();

  int descriptor_ = -1;
  std::string input_;
  std::size_t taken_ = 0;
};

}  // namespace baton::bench
