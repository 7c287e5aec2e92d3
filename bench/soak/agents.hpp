#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../driver/web_socket.hpp"
#include "ledger.hpp"
#include "timers.hpp"

namespace baton::bench {

/// A destination of BlindTransfer, by its `data` in JSON.
struct Destination {
  Kind kind = Kind::number;
  std::string login;  ///< Of an agent's quick connect.
  std::string data;
};

struct AgentFigures {
  std::uint64_t events = 0;
  std::uint64_t gaps = 0;     ///< Events that never came, or came twice.
  std::uint64_t resyncs = 0;  ///< State syncs instead of what was missed.
  std::uint64_t reconnects = 0;
  std::uint64_t sent_again = 0;  ///< Requests sent once more under their id.
  std::uint64_t double_outcomes = 0;
  std::uint64_t strange_transfers =
      0;  ///< Outcomes of a transfer that nobody was told to be accepted.
  std::string first_fault;
  std::map<std::string, std::uint64_t> errors;  ///< Error events, by errorType and reason.
};

/// The agents at their desktops: they answer, think, hand the customer on or end the call, clear
/// the contact; their sockets break off and come back with the last sequence that they saw. A
/// request without an answer is sent again under its id after a break. One thread.
class Agents {
 public:
  struct Hooks {
    std::function<void(const std::string& number)> disconnects;  ///< The agent ends that call.
  };

  Agents(Timers& timers, Ledger& ledger, std::mt19937_64& chance, std::uint16_t http_port,
         std::vector<Destination> destinations, Hooks hooks);
  Agents(const Agents&) = delete;
  Agents& operator=(const Agents&) = delete;
  ~Agents();

  void add(const std::string& login, const std::string& token);
  /// Begins to connect and sign in; from then on all goes by itself.
  void start();
  /// No socket breaks off by itself any more.
  void calm_down() { calm_ = true; }

  /// Readable when an agent's socket is.
  [[nodiscard]] int descriptor() const { return poller_; }
  void receive();

  [[nodiscard]] std::size_t connected_count() const;
  [[nodiscard]] std::size_t count_in(std::string_view state) const;
  [[nodiscard]] const AgentFigures& figures() const { return figures_; }

 private:
  struct Desktop {
    std::string login, token;
    std::unique_ptr<WebSocket> socket;
    std::string epoch;
    std::uint64_t sequence = 0;
    bool opened_before = false;
    std::string state;  ///< Of the agent, as last told.
    bool offered = false;
    std::string contact;  ///< Offered, or talked to.
    std::string number;   ///< The customer's.
    std::string running;  ///< The id of the transfer without an outcome.
    std::string running_text;
    unsigned asked = 0;            ///< Requests so far; makes their ids.
    Clock::time_point busy_until;  ///< Something is planned until then.
  };

  void open(std::size_t index);
  void lost(std::size_t index);
  void look_around();
  void nudge(std::size_t index);
  void take(std::size_t index, std::string_view text);
  void check_sequence(Desktop& desktop, std::string_view text, std::string_view tail);
  void take_call(std::size_t index, std::string_view text);
  void take_state(std::size_t index, std::string_view text);
  void take_transfer(std::size_t index, std::string_view text, std::string_view tail);
  void take_error(Desktop& desktop, std::string_view text, std::string_view tail);
  void plan(std::size_t index, double least, double most, void (Agents::*what)(std::size_t));
  void answer(std::size_t index);
  void act(std::size_t index);
  void clear(std::size_t index);
  void transfer(std::size_t index);
  void fault(std::string text);
  void publish(Desktop& desktop, std::string_view topic, std::string_view subtopic,
               std::string_view data = {});
  [[nodiscard]] double between(double least, double most);
  [[nodiscard]] const Destination& pick();

  Timers& timers_;
  Ledger& ledger_;
  std::mt19937_64& chance_;
  std::uint16_t port_;
  std::vector<std::vector<Destination>> destinations_;  ///< By kind.
  std::map<std::string, std::size_t> by_login_;
  Hooks hooks_;
  int poller_ = -1;
  bool calm_ = false;
  Clock::time_point away_until_;  ///< The server did not take a connection.
  std::vector<Desktop> desktops_;
  AgentFigures figures_;
};

}  // namespace baton::bench
