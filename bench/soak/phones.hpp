#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "party.hpp"

namespace baton::bench {

struct PhoneFigures {
  std::uint64_t registered = 0;  ///< REGISTER requests that got their 200.
  std::uint64_t refused = 0;     ///< Anything but 200 and a challenge.
  std::uint64_t unanswered = 0;  ///< No answer within 64*T1.
};

/// The registrations of all agents' phones, each kept alive by short ones, with digest
/// authentication (RFC 3261, section 22). A phone that lost its power says nothing until it has it
/// again, and then knows nothing of its calls. One thread.
class Phones {
 public:
  Phones(Timers& timers, Party& party, std::mt19937_64& chance)
      : timers_(timers), party_(party), chance_(chance) {}

  /// `expires`: seconds of a registration; it is renewed at half of that and a little more or less.
  void add(const std::string& login, const std::string& password, int expires);
  /// Begins to register all of them, that many a second.
  void start(double rate);
  /// No phone registers any more, so that nothing is under way at the end.
  void stop() { stopped_ = true; }
  void take(std::string_view response);

  /// The phone is without power for that long; its calls are silent, and later forgotten.
  void lose_power(const std::string& login, double seconds);
  [[nodiscard]] bool has_power(const std::string& login) const;

  [[nodiscard]] std::size_t registered_count() const;
  [[nodiscard]] const PhoneFigures& figures() const { return figures_; }

 private:
  struct Phone {
    std::string login, password, call_id;
    int expires = 0;
    std::uint32_t cseq = 0;
    std::string realm, nonce;
    std::uint32_t nonce_count = 0;
    std::string request;  ///< Without an answer yet.
    unsigned round = 0;
    bool powered = true;
    bool registered = false;
    bool challenged = false;  ///< The open request answers a challenge.
  };

  void renew(std::size_t index);
  void ask(std::size_t index);
  void repeat(std::size_t index, unsigned round, double wait, double spent);
  [[nodiscard]] std::string authorization(Phone& phone, const std::string& uri);

  Timers& timers_;
  Party& party_;
  std::mt19937_64& chance_;
  bool stopped_ = false;
  std::vector<Phone> phones_;
  std::unordered_map<std::string, std::size_t> by_login_;
  std::unordered_map<std::string, std::size_t> by_call_id_;
  PhoneFigures figures_;
};

}  // namespace baton::bench
