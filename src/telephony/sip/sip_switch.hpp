#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/about.hpp"
#include "telephony/sip/binding.hpp"
#include "telephony/sip/config.hpp"
#include "telephony/sip/sign_in.hpp"
#include "telephony/switch.hpp"

namespace baton::telephony::sip {

struct LegSnapshot;
struct LegTimes;

/// A registered phone, as a restart needs it.
struct SavedPhone {
  std::string login;
  Binding binding;
};

/// What a process takes over of the one before.
struct SavedSwitch {
  /// 32 random bytes of the store, from which the identifiers of our own calls are worked out;
  /// empty: new ones, so that no dialling can be gone on with.
  std::string key;
  std::vector<SavedLeg> legs;
  std::vector<SavedPhone> phones;
  /// The port that parked parties were told of; 0: that of the legs. What is said to them again has
  /// the same SDP version, so it must be the same body (RFC 3264 section 8).
  int sound_port = 0;
  /// Keeps the port that they are told of from now on, before any of them is; throws where it
  /// cannot. Called in start(), on its thread.
  std::function<void(int port)> keep_sound_port{};
  /// Which call a leg is part of, for the log. Called in start(), on the loop thread.
  std::function<log::Call(const core::LegId&)> call_of{};
};

/// What the switch counts, since the process began but for the `open` ones.
struct SwitchStats {
  std::uint64_t legs_open = 0;
  std::uint64_t legs_incoming = 0;
  std::uint64_t legs_adopted = 0;
  std::uint64_t leg_records = 0;
  std::uint64_t leg_record_bytes = 0;
  std::uint64_t legs_dialled = 0;
  std::uint64_t commands = 0;
  std::uint64_t commands_failed = 0;
  std::uint64_t reinvites = 0;
  std::uint64_t glare = 0;
  std::uint64_t relayed_offers = 0;
  std::uint64_t sessions_expired = 0;
  std::uint64_t unacknowledged = 0;
  std::uint64_t late_answers_ended = 0;
  std::uint64_t invites_admitted = 0;
  std::uint64_t registers_accepted = 0;
  std::uint64_t challenged = 0;
  std::uint64_t credentials_wrong = 0;
  std::uint64_t throttled = 0;
  std::uint64_t unknown_peer = 0;
  std::uint64_t foreign_registers = 0;
  std::uint64_t not_inbound = 0;
  std::uint64_t method_refused = 0;
  std::uint64_t screened = 0;
  std::uint64_t dialogs_full = 0;
  std::uint64_t transactions_full = 0;
  std::uint64_t headers_full = 0;
  std::uint64_t contacts_full = 0;
  std::uint64_t too_large = 0;
  std::uint64_t malformed = 0;
  std::uint64_t sound_streams_open = 0;
  std::uint64_t sound_packets = 0;
  /// Every trunk, and the calls that it was too full for.
  std::vector<std::pair<std::string, std::uint64_t>> trunks_full;
};

/// The embedded SIP back end: a back-to-back user agent, a registrar and the built-in sounds,
/// behind telephony::Switch. All of it runs on one loop thread.
class SipSwitch : public Switch {
 public:
  /// `sink` gets leg events and command results, on the loop thread; it must not block.
  SipSwitch(SipConfig config, std::vector<AgentSecret> agents,
            std::vector<std::string> inbound_numbers, Sink sink);
  ~SipSwitch() override;

  /// Where a change of a registration goes, on the loop thread; it must not block.
  using PhoneKeeper = std::function<void(SavedPhone phone, bool removed)>;
  /// Calls `then` once what the keepers were given before is kept, with true; with false where it
  /// never will be. On any thread; must not block.
  using AfterCommit = std::function<void(std::function<void(bool kept)> then)>;
  /// What a restart needs goes there; phones are told that they are registered, or no longer, after
  /// the commit. Before start().
  void keep_with(Keeper legs, PhoneKeeper phones, AfterCommit after_commit = {});
  /// Where phones that sign in, and those that are refused, are told, on the loop thread; it must
  /// not block. Before start().
  void audit_with(const SignInSink& sink);
  /// What start() takes over, before the first message is read. Before start().
  void restore(SavedSwitch saved);
  /// Every command of the process before that is to be carried out again has been submitted. Until
  /// then, after restore(), a 2xx that belongs to no leg may be the answer to one of them: it is
  /// left to its repetition (RFC 3261 section 13.3.1.4) instead of being ended. Any thread.
  void open_commands_are_out();
  /// The legs that were taken over. After start(); any thread.
  [[nodiscard]] const std::vector<core::LegId>& adopted_legs() const;
  /// Those of them whose party has to connect again first.
  [[nodiscard]] const std::vector<core::LegId>& awaited_legs() const;
  /// The agents who have a phone by what was taken over. After start(); any thread.
  [[nodiscard]] const std::vector<std::string>& reachable_phones() const;

  /// Binds the addresses and starts the loop. Nothing when that worked; else what is wrong and what
  /// to do about it. Not from the loop thread.
  [[nodiscard]] std::optional<std::string> start();
  /// No request that comes from now on is answered or acted on: its repetition is for the process
  /// that takes the calls over. What came before goes on. Before stop(), where the engine stops
  /// first. Any thread but the loop's; waits for the loop.
  void fall_silent();
  /// Drops all legs without a word to the peers, and ends the loop. A second call does nothing.
  void stop();

  void submit(std::vector<core::Command> commands) override;
  [[nodiscard]] message::Capabilities capabilities() const override;

  /// The addresses as bound, after start(). Any thread.
  [[nodiscard]] std::vector<ListenAddress> bound() const;
  /// Agents who may register and call: all of them. Any thread.
  void set_secrets(std::vector<AgentSecret> agents);
  /// Our own inbound numbers: all of them. Any thread.
  void set_inbound_numbers(std::vector<std::string> numbers);

  [[nodiscard]] SwitchStats stats() const;  ///< Any thread.
  /// CPU time that the loop thread has used. Any thread, between start() and stop().
  [[nodiscard]] std::chrono::nanoseconds loop_cpu_time() const;

  /// What a restart would need of every leg. Any thread but the loop's; waits for the loop.
  [[nodiscard]] std::vector<LegSnapshot> snapshots() const;
  /// Shorter waits, for tests. Before start().
  void set_times(const LegTimes& times);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace baton::telephony::sip
