#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "core/input.hpp"
#include "telephony/sip/dialog.hpp"
#include "telephony/sip/endpoint.hpp"
#include "telephony/sip/leg_identifiers.hpp"
#include "telephony/sip/leg_keeper.hpp"
#include "telephony/sip/stack_headers.hpp"
#include "telephony/sip/tone_source.hpp"

namespace baton::telephony::sip {

class Leg;

/// What the switch counted since it began, for metrics. Written on the loop thread, read on any.
struct SwitchCounters {
  using Counter = std::atomic<std::uint64_t>;
  Counter legs_open{0};
  Counter legs_incoming{0};
  Counter legs_dialled{0};
  Counter legs_adopted{0};  ///< Of the process before.
  Counter commands{0};
  Counter commands_failed{0};
  Counter reinvites{0};         ///< Of ours.
  Counter glare{0};             ///< 491, given or taken.
  Counter relayed_offers{0};    ///< A party's hold, resume or codec change carried to the other.
  Counter sessions_expired{0};  ///< Legs ended because a session timer ran out.
  Counter unacknowledged{0};    ///< Legs ended because nobody acknowledged our 2xx.
  Counter headers_full{0};      ///< Requests in a dialog that had too many header fields.
  Counter late_answers_ended{
      0};  ///< A 2xx that came when nobody wanted it: acknowledged and ended.
};

/// How long the switch waits for what.
struct LegTimes {
  /// A park, bridge or mute waits this long for its turn, and is done within as much from then on.
  /// Of an exchange with a party: then it gets a CANCEL.
  std::chrono::milliseconds job_deadline{16'000};
  /// The same of one party's offer that is carried to the other, where somebody may be asked.
  std::chrono::milliseconds carried_offer{32'000};
  std::chrono::milliseconds end_report{4'000};       ///< For the answer to a BYE or CANCEL.
  std::chrono::milliseconds delayed_answer{15'000};  ///< A 2xx's offer waits for a bridge.
  std::chrono::milliseconds refer_answer{25'000};    ///< A REFER waits for the core.
  /// An INFO, or an UPDATE with an offer, waits for the other party's answer, or for it to come
  /// back. Less than the 32 s after which who sent it takes his own call for dead (RFC 3261 section
  /// 12.2.1.2): no 100 holds that back, as it does for a re-INVITE.
  std::chrono::milliseconds request_waits{25'000};
  /// Before the first leg of the process before is asked whether it lives: what that process left
  /// open comes first.
  std::chrono::milliseconds first_check{1'000};
  /// A first INVITE that has no other response by then gets a 100 (RFC 3261, section 17.2.1). Not
  /// before: who has it does not repeat the INVITE, and until the call is in the journal only the
  /// repetition brings it to the process after one that dies.
  std::chrono::milliseconds trying{200};
  /// The ACK of an answered call waits for the first command that its LegAnswered causes.
  std::chrono::milliseconds acknowledge{200};
  /// Until a trunk's leg rings, that something came back for it is told by then, and not at once:
  /// most ring before. Less than the shortest ring time-out, 5 s.
  std::chrono::milliseconds heard{3'000};
  /// A request to an address where nobody listens (ICMP says so at once) goes there this often, so
  /// far apart: a phone that starts anew is back within a second.
  int looks = 3;
  std::chrono::milliseconds look_again{500};
};

/// The surroundings that all legs of a switch share. Loop thread only, but for the counters.
struct LegContext {
  Endpoint* endpoint = nullptr;
  Loop* loop = nullptr;
  ClientTransactions* transactions = nullptr;
  std::unique_ptr<StackHeaders> headers;
  ToneSource* tone = nullptr;  ///< Absent: parked parties are held without a sound.
  std::function<void(core::InputBody)> emit;
  /// The leg has ended: forget it (its memory goes when its last transaction has).
  std::function<void(const core::LegId&)> forget;
  LegKeeper* keeper = nullptr;  ///< Outlives the legs.
  const LegIdentifiers* identifiers = nullptr;
  std::mt19937_64 random = [] {
    // One word of seed would give each process one of four thousand million rows of ids.
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device(),
                       device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::uint64_t next_session = 1;
  core::ReferId next_refer = 1;
  LegTimes times;
  SwitchCounters counters;

  [[nodiscard]] const SipConfig& config() const { return endpoint->config(); }
  /// Where parked parties hear the built-in source from.
  [[nodiscard]] std::optional<LocalMedia> source() const {
    return tone != nullptr ? std::optional(tone->local_media()) : std::nullopt;
  }
  [[nodiscard]] DialogContext dialogs() const {
    return {endpoint->agent(), loop, transactions, headers.get()};
  }
  [[nodiscard]] std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return std::uniform_int_distribution<std::uint64_t>(low, high)(random);
  }
  /// Frees an object after the running callback has returned.
  template <typename T>
  void retire(std::unique_ptr<T> object) {
    if (object) loop->defer([last = std::shared_ptr<T>(std::move(object))] {});
  }
};

/// The duty to answer one command. Copies share it; the first ok() or fail() answers, the rest do
/// nothing, and one that nobody answered fails with 500 when the last copy goes.
class Completion {
 public:
  Completion() = default;
  Completion(LegContext& context, core::CommandId command);

  void ok() const;
  void fail(int code, std::string text, std::optional<core::LegId> failed_leg = std::nullopt) const;
  [[nodiscard]] bool answered() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace baton::telephony::sip
