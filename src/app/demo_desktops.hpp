#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "app/event_view.hpp"
#include "app/inbox.hpp"
#include "app/web_client.hpp"

namespace baton::app {

/// The demonstration cannot go on; the text says why, for people.
class DemoFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Somebody pressed Ctrl-C.
struct DemoInterrupted {};

/// Now, in Unix microseconds: the clock that sipp's traces use.
[[nodiscard]] std::int64_t now_us();

/// An event as an agent's desktop got it.
struct SeenEvent {
  std::int64_t at_us = 0;
  std::string desktop;  ///< The agent's login.
  EventView event;
};

/// The agents' desktops: a WebSocket each, and all that they were told, in order. One thread.
class DemoDesktops {
 public:
  using Match = std::function<bool(const SeenEvent&)>;

  explicit DemoDesktops(ServerUrl url) : url_(std::move(url)) {}

  /// Connects an agent's desktop with his token; comes back when the server let him in. Throws
  /// DemoFailure.
  void connect(const std::string& login, std::string_view token);

  /// Publishes a message, word for word.
  void publish(const std::string& login, std::string_view message);
  /// Publishes a request without data, or with data as JSON.
  void request(const std::string& login, std::string_view topic, std::string_view subtopic,
               std::string_view data = {});

  /// How many events there are: where a wait_for begins that must not see older ones.
  [[nodiscard]] std::size_t mark() const { return seen_.size(); }

  /// The first event from `mark` on that matches; waits for it. Throws DemoFailure ("`what` did not
  /// come ...") after `seconds`, and DemoInterrupted.
  const SeenEvent& wait_for(std::size_t mark, const Match& match, const std::string& what,
                            int seconds = 15);

  /// Lets events come in for a moment; throws DemoInterrupted.
  void listen_for(std::chrono::milliseconds time);

  [[nodiscard]] const std::vector<SeenEvent>& seen() const { return seen_; }

  /// Ends the wait from another thread.
  void interrupt() { inbox_.put({"", {}, 0}); }

 private:
  struct Arrived {
    std::string desktop;  ///< Empty: an interrupt.
    SocketEvent event;
    std::int64_t at_us = 0;
  };

  /// Takes one thing that arrived, if any comes before the deadline.
  bool take(std::chrono::steady_clock::time_point deadline);

  ServerUrl url_;
  Inbox<Arrived> inbox_;
  std::vector<SeenEvent> seen_;
  std::vector<std::string> open_;
  std::map<std::string, std::unique_ptr<WebSocketClient>>
      sockets_;  // Last: their threads use the inbox.
};

}  // namespace baton::app
