#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "agents.hpp"
#include "ledger.hpp"
#include "party.hpp"
#include "phones.hpp"
#include "timers.hpp"

namespace baton::bench {

/// Everybody around the server: customers who call, agents with phones and desktops, outside
/// numbers behind a carrier. Each decides by chance what he does next, within what people and
/// phones do. One thread.
class Floor {
 public:
  struct Setup {
    std::uint16_t sip_port = 0;
    std::uint16_t http_port = 0;
    std::uint16_t carrier_port = 0;
    std::string inbound_number;
    std::uint64_t seed = 0;
    /// By how much the times of talking are shortened or prolonged.
    double pace = 1;
    int registration_seconds = 40;
    std::vector<Destination> destinations;
  };

  explicit Floor(Setup setup);
  Floor(const Floor&) = delete;
  Floor& operator=(const Floor&) = delete;
  ~Floor();

  /// An error text, or empty.
  [[nodiscard]] std::string open();
  void add_agent(const std::string& login, const std::string& token, const std::string& password);
  void register_phones(double rate) { phones_.start(rate); }
  void sign_in() { agents_.start(); }
  /// Customers call from now on, that many a second; 0: nobody new.
  void let_call(double rate);
  /// Desktops and phones do nothing of their own any more, so that the end is quiet.
  void calm_down();

  void run_timers() { timers_.run(); }
  [[nodiscard]] std::chrono::milliseconds next(std::chrono::milliseconds most) const {
    return timers_.next(most);
  }
  [[nodiscard]] std::vector<int> descriptors() const;
  void receive(int descriptor);

  /// One line of JSON.
  [[nodiscard]] std::string figures() const;
  /// Writes calls.tsv and requests.tsv there; an error text, or empty.
  [[nodiscard]] std::string report(const std::string& folder) const;

 private:
  void next_customer(unsigned round);
  void customer_answered(Leg& leg);
  void customer_ended(Leg& leg, EndedBy by);
  /// To standard error: what each leg of that call said and heard.
  void tell_story(const std::string& number) const;
  void destination_called(Leg& leg);
  void destination_answered(Leg& leg);
  void phone_called(Leg& leg);
  void phone_answered(Leg& leg);
  void excuse(const std::string& number);
  void hang_up_later(Party& party, const std::string& call_id, double seconds);
  void die_later(Party& party, const std::string& call_id, double seconds, std::uint64_t& count);
  [[nodiscard]] double between(double least, double most);

  Setup setup_;
  int sound_ = -1;  ///< Where everybody hears; nobody reads it.
  std::mt19937_64 chance_;
  Timers timers_;
  Ledger ledger_;
  Party customers_, desk_, carrier_;
  Phones phones_;
  Agents agents_;
  double rate_ = 0;
  unsigned round_ = 0;
  std::uint64_t called_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t lost_ = 0;  ///< Ended by the server though nobody had hung up.
  std::string first_lost_;
};

}  // namespace baton::bench
