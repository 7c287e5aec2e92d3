#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "carrier.hpp"
#include "figures.hpp"
#include "web_socket.hpp"

namespace baton::bench {

/// What the agents do with their calls.
enum class Work : std::uint8_t {
  idle,      ///< Nothing: offers are left alone.
  hold,      ///< Answer, and stay on the call.
  transfer,  ///< Answer, transfer the customer, clear the contact, take the next.
  states,    ///< No calls: change the own state as fast as the server confirms it.
};

/// The desktops of many agents, each a WebSocket, in one thread: they sign in, answer offers and
/// transfer calls as fast as they are told what happened. Events are recognised by their text: to
/// parse each would cost the machine more than the server's work on it.
class Desktops {
 public:
  /// `number_base`: agent n transfers to the number "+" + (number_base + n).
  Desktops(std::uint16_t port, std::uint64_t number_base)
      : port_(port), number_base_(number_base) {}
  Desktops(const Desktops&) = delete;
  Desktops& operator=(const Desktops&) = delete;
  ~Desktops();

  /// Connects one more desktop and signs its agent in. An error text, or empty.
  [[nodiscard]] std::string add(const std::string& token);
  /// Connects a reader of all agents' events, for a supervisor's or service's token.
  [[nodiscard]] std::string watch(const std::string& token);
  /// Each agent that is not Available asks to be.
  void go_available();
  void set_work(Work work);
  void reset() { figures_ = {}; }
  /// The carrier got an INVITE for that number.
  void dialled(std::string_view number, Clock::time_point when);

  /// Waits for events at most that long, and acts on them.
  void step(std::chrono::milliseconds patience);
  /// Watches one more descriptor; step() returns true when it can be read.
  void also(int descriptor);
  [[nodiscard]] bool also_ready(int descriptor) const;

  [[nodiscard]] const Figures& figures() const { return figures_; }
  [[nodiscard]] std::size_t open_count() const;
  [[nodiscard]] std::size_t available_count() const;
  [[nodiscard]] std::size_t talking_count() const;
  [[nodiscard]] std::size_t signed_in_count() const;

 private:
  struct Desktop {
    WebSocket socket;
    bool watches = false;
    bool signed_in = false;
    bool available = false;
    bool busy = false;     ///< Joined with a customer.
    bool asked = false;    ///< A transfer was published and the ACW event is not here yet.
    bool invited = false;  ///< The carrier saw its INVITE.
    bool other_state = false;
    Clock::time_point asked_at;
  };

  std::string connect(const std::string& target, const std::string& token, bool watches);
  void take(std::size_t index, std::string_view text);
  void take_state(std::size_t index, std::string_view text);
  void take_call(Desktop& desktop, std::string_view text);
  void transfer(std::size_t index);
  void change_state(Desktop& desktop);

  std::uint16_t port_;
  std::uint64_t number_base_;
  int poller_ = -1;
  Work work_ = Work::idle;
  std::vector<Desktop> desktops_;
  std::vector<int> also_;
  std::vector<int> ready_;
  Figures figures_;
};

}  // namespace baton::bench
