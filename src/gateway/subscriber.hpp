#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace baton::gateway {

/// WebSocket close codes that the gateway sends (RFC 6455, 7.4.1; 4401 is Baton's own).
enum class CloseCode : std::uint16_t {
  going_away = 1001,       ///< The server stops.
  policy = 1008,           ///< A flood.
  too_big = 1009,          ///< A frame above the limit; Beast sends this one itself.
  try_again_later = 1013,  ///< The client reads too slowly, or events were lost: come back.
  signed_out = 4401,       ///< The token expired, the session ended or the agent was disabled.
};

/// Somebody who gets events: a WebSocket, or a test.
class Subscriber {
 public:
  using Text = std::shared_ptr<const std::string>;

  Subscriber() = default;
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;
  virtual ~Subscriber() = default;

  virtual void deliver(const Text& text) = 0;
  /// A part of what the subscriber itself asked for by coming back: not held against it as
  /// slowness.
  virtual void catch_up(const Text& text) { deliver(text); }
  /// May call Hub::unsubscribe only after it has returned to the loop, or from outside of the hub's
  /// calls.
  virtual void close(CloseCode code, std::string_view why) = 0;
};

}  // namespace baton::gateway
