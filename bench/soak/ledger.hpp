#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

namespace baton::bench {

/// How agents hand calls on.
enum class Kind : std::uint8_t { number, external, queue, agent };
inline constexpr std::array<const char*, 4> kKindNames{"number", "external", "queue", "agent"};

/// A customer's call, as he and those who talked to him saw it.
struct CustomerCall {
  std::string number;   ///< His own; no other call has it.
  double began_at = 0;  ///< Unix seconds.
  double ended_at = 0;  ///< 0: not yet.
  bool answered = false;
  bool died = false;     ///< Without a word.
  bool excused = false;  ///< Whoever had him hung up: the server may end his call.
  bool gave_up = false;  ///< He waited as long as anybody does.
  bool joined = false;   ///< A destination has him.
  std::string end;       ///< "us", "them", "refused CODE", "nobody", "died"; empty: not ended.
};

/// A request to transfer, by its id, and what the agent's desktop was told of it.
struct Request {
  Kind kind = Kind::number;
  unsigned sent = 0;     ///< How often.
  std::string transfer;  ///< transferId; empty: not accepted (yet).
  bool refused = false;
  std::string reason;  ///< Of the refusal.
  std::map<std::string, unsigned> outcomes;
  std::string custody;  ///< At the outcome.
  unsigned other_transfers =
      0;  ///< A further transferId under the same id: one customer handed on twice.
};

/// What the parties counted: the other side of the comparison with the server's records.
struct Ledger {
  std::unordered_map<std::string, CustomerCall> calls;  ///< By number.
  std::unordered_map<std::string, Request> requests;    ///< By request id.
  std::unordered_map<std::string, std::string> ids;     ///< Request id by transferId.
  std::uint64_t died_customers = 0;
  std::uint64_t died_destinations = 0;
  std::uint64_t died_phones = 0;
};

}  // namespace baton::bench
