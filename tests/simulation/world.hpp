#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "copy.hpp"
#include "core/inspection.hpp"
#include "digest.hpp"
#include "schedule.hpp"
#include "switch_model.hpp"

namespace baton::simulation {

using core::ContactId;
using core::TimerId;
using core::TransferId;

/// What is checked after every step (docs/simulation.md).
enum class Rule : std::uint8_t {
  custody,      ///< One holder, and he is real.
  lost,         ///< A customer is only let go where nobody is left to take him.
  early,        ///< An agent is released when it is time, and the customer is parked first.
  stray_leg,    ///< A leg that should end has been told so within five seconds.
  agent,        ///< One contact at most, and a state that fits.
  outcome,      ///< Exactly one, and told once.
  late,         ///< The outcome within the sum of the deadlines.
  no_deadline,  ///< A wait that nothing ends.
  asleep,       ///< A customer who owes no answer waits while an agent who may take him is free.
  sequence,     ///< Events are numbered without a gap.
  counts,       ///< The counters add up.
  contract,     ///< A command that the switch's contract does not allow.
  reply,        ///< A request gets one reply, and its repeat the same.
  desktop,      ///< A desktop that is loaded anew sees what the events told.
  record,       ///< What is stored is what was told.
  replay,       ///< The recorded inputs give the state that ran on.
  rest,         ///< When everybody has hung up nothing is left.
  quiet,        ///< A customer whose leg does not answer is offered to nobody.
  line,         ///< Who waits stands in the line of his queue alone, with the time he has waited.
};
[[nodiscard]] const char* name(Rule rule);

/// How long the core believes in a leg that does not answer: 32 s (RFC 3261, timer B) and a little.
inline constexpr TimeMs kQuietFor = 40'000;

struct Violation {
  Rule rule = Rule::custody;
  std::string text;
};

/// A contact centre of the real core with its surroundings: a virtual clock, a switch, customers,
/// agents, desktops. A value: a copy goes its own way. One thread at a time.
class World {
 public:
  static constexpr int kAgents = 3;
  static constexpr int kOpenings = 6;

  /// The state that a schedule starts from: agents signed in, in most of them a call under way.
  explicit World(std::uint8_t opening);

  /// Does what the step means here, and checks everything. Nothing happens after a violation.
  void take(const Step& step);
  /// Nobody does anything more: reports come, timers run out. Then all hang up. Checks that every
  /// wait ends by itself, and that nothing is left.
  void settle();
  /// The steps that mean something here, for the exhaustive walk.
  void enabled(std::vector<Step>& steps) const;
  /// Equal for states from which the same can happen: identifiers by their order, times from now.
  [[nodiscard]] std::uint64_t fingerprint() const;

  void record(bool on) { recorded_ = on; }
  /// Ends the recorded beginning, which copies share.
  void seal();
  /// How much the clock moves with each input, in milliseconds.
  void set_tick(TimeMs tick) { tick_ = tick; }
  /// Writes what happens, a line an input and an output.
  void trace(std::string* text) { trace_ = text; }
  /// Takes a check sum of what happens, which makes it several times as slow.
  void digest(Digest* digest) { digest_ = digest; }

  [[nodiscard]] const std::optional<Violation>& violation() const { return violation_; }
  [[nodiscard]] std::uint64_t inputs() const { return inputs_; }
  [[nodiscard]] std::uint64_t transfers() const { return accepted_; }
  [[nodiscard]] std::uint64_t outcomes(core::TransferState state) const {
    return told_[static_cast<std::size_t>(state)];
  }
  [[nodiscard]] std::size_t reports_pending() const { return switch_.pending.size(); }
  /// An agent with that activity, for a walk that wants something to happen; -1: none.
  [[nodiscard]] int agent_who(core::Activity does) const;
  /// The number, among those that Act::leg chooses from, of a dialled leg that waits; -1: none.
  [[nodiscard]] int leg_that_rings() const;
  /// The same of an agent's leg whose phone does not know yet how its transfer key ended; -1: none.
  [[nodiscard]] int leg_untold() const;
  /// An agent whom his transfer has not released yet, and who has hung up by message or not; -1:
  /// none.
  [[nodiscard]] int agent_unreleased(bool left) const;
  [[nodiscard]] std::size_t legs() const { return switch_.legs.size(); }
  [[nodiscard]] const core::ContactCenter& center() const { return core_.center; }

 private:
  /// What a desktop was told.
  struct Call {
    std::string status;
    LegId connection;
    ContactId contact;
    std::uint16_t buttons = 0;
  };
  /// A request of a desktop, from which it can be made again.
  struct Asked {
    Act act = Act::request;  ///< Or Act::transfer.
    std::uint8_t how = 0;
    std::uint64_t id = 0;  ///< Number in the client's id; 0: it has none.
    std::uint64_t content_hash = 0;
  };
  /// What is compared of its reply.
  struct Answer {
    bool accepted = false;
    std::optional<TransferId> transfer;
    std::optional<std::uint64_t> sequence;
    bool current = false;
    bool conflict = false;
  };
  struct Desk {
    std::uint64_t sequence = 0;
    bool logged_in = false;
    std::string state;
    Call agent_leg;
    Call customer_leg;
    std::optional<Asked> last;
    Answer last_answer;
    std::uint8_t habit = 0;  ///< What his last transfer asked for.
    bool phone = false;
    std::uint64_t read_after = 0;  ///< The input after which it was last loaded anew; 0: never.
  };
  struct Tracked {
    TransferId id;
    ContactId contact;
    LegId customer;
    int agent = 0;
    TimeMs deadline = 0;
    core::TransferState state = core::TransferState::accepted;
    core::TransferState stored = core::TransferState::completed;
    std::optional<core::TransferState> outcome;
    int errors = 0;
    message::Shared<message::OptionsInForce> options;
    std::uint64_t outcome_input = 0;  ///< Number of the input that brought the outcome.
    int requeued = 0;
    std::string original_queue;
    bool released = false;
    bool may_release = false;  ///< Its time has come, or the agent has gone.
    bool at_once = false;      ///< The agent has gone: nobody waits for the park.
    bool left = false;         ///< He has hung up by message: nobody does once it comes to nothing.
    bool hung_up = false;      ///< So the core had it before this input.
    bool parked = false;       ///< The switch has reported on the customer's park.
    bool answered = false;     ///< And the customer's leg has answered it, be it by a refusal.
    CommandId park = 0;  ///< The release's own: that of an agent's hold may be open beside it.
    TimeMs park_asked = 0;
    TimeMs queue_due = 0;     ///< Until when the queue that he was in last has him.
    std::string queue_arn{};  ///< That queue.
    std::uint64_t given_up_input =
        0;  ///< The input by which the switch told that it waits no more.
  };
  /// The calls that say that an agent has them, or is offered them.
  struct CallsOf {
    const core::Contact* has = nullptr;
    const core::Contact* offered = nullptr;
  };
  struct Record {
    ContactId id;
    bool ended = false;
  };

  // --- world.cpp
  /// Applies an input with this body, or with the one that is in input_ already, and checks all.
  template <class Body>
  void put(Body&& body) {
    if (violation_) return;
    input_.body = std::forward<Body>(body);
    put();
  }
  void put();
  void fail(Rule rule, std::string text);
  void report(std::size_t index, Result result, std::uint8_t how = 0);
  void leg_event(SimLeg& leg, std::uint8_t how);
  void pass(TimeMs until);
  void fire_overdue();
  /// The next input's request, empty, to be filled in for request(): requests are large.
  [[nodiscard]] message::Request& draft();
  /// A desktop, or a supervisor for the agent, sends the draft. `asked`: what a desktop may repeat.
  void request(int agent, bool supervisor = false, const Asked* asked = nullptr);
  void send(int agent, const Asked& asked);
  void ask(int agent, std::uint8_t how);
  void move_contact(int agent, const Step& step);
  void call_in(std::uint8_t how);
  void transfer(int agent, std::uint8_t how);
  void again(int agent, std::uint8_t how);
  void refresh(int agent);
  void change_directory(std::uint8_t how);
  void restart(std::uint8_t how);
  void run_out();
  [[nodiscard]] LegId next_id();
  [[nodiscard]] bool enabled(int agent) const;

  // --- promises.cpp
  void note_input(const core::InputBody& body);
  void note_hang_up(const core::LegEnded& event);
  void check_let_go(const LegId& leg);
  void check_release(const core::Inspection::State& s, Tracked& tracked);
  void note_report(const Pending& reported, const core::CommandResult& result);
  void note_timer(TimerId timer);
  void quiet(const LegId& customer, TimeMs since);

  // --- checks.cpp
  void on(core::Publish& output);
  void on(const core::Command& output);
  void on(core::Reply& output);
  void on(const core::ArmTimer& output);
  void on(const core::CancelTimer& output);
  void on(const core::StoreTransfer& output);
  void on(const core::StoreContact& output);
  void on(const core::LeftQueue& /*output*/) {}  // A figure: nothing follows from it.
  void check();
  void check_contact(const core::Inspection::State& s, const core::Contact& contact);
  void check_agents();
  void check_agent(const core::Agent& agent, const Desk& desk, const CallsOf& calls);
  void check_legs(const core::Inspection::State& s);
  void check_transfers(const core::Inspection::State& s);
  void check_reason(const core::Inspection::State& s, const Tracked& tracked);
  void check_queues(const core::Inspection::State& s);
  void check_at_rest();
  void check_empty();
  [[nodiscard]] bool armed(TimerId timer) const;
  /// 0: it is not armed.
  [[nodiscard]] TimeMs due(TimerId timer) const;
  [[nodiscard]] Tracked* tracked(const TransferId& id);

  // --- trace.cpp
  void trace_input(const core::Input& input);
  void trace_output(const core::Output& output);

  CopiedCenter core_;
  SwitchModel switch_;
  std::array<Desk, kAgents> desks_;
  std::vector<Tracked> tracked_;
  std::vector<Record> records_;
  std::vector<std::pair<TimerId, TimeMs>> timers_;
  TimeMs now_ = 1'600'000'000'000;
  TimeMs tick_ = 5;
  std::uint64_t ids_ = 0;
  std::uint64_t entropy_ = 0;
  std::uint64_t inputs_ = 0;
  std::uint64_t accepted_ = 0;
  std::array<std::uint64_t, 16> told_{};
  int customers_ = 0;
  std::uint8_t directory_ = 0;
  std::optional<Violation> violation_;
  bool restarting_ = false;
  LegId kept_{};  ///< A customer whom this input must not end.

  // The input being applied, and what comes of it.
  core::Input input_;
  core::Outputs outputs_;
  int published_ = 0;
  int commanded_ = 0;
  core::Reply* reply_ = nullptr;  ///< Among the outputs.
  int replies_ = 0;
  // Of the core, during check().
  std::vector<const core::Contact*> contacts_;
  std::array<const core::Agent*, kAgents> agents_{};

  bool recorded_ = true;
  std::shared_ptr<const std::vector<core::Input>> beginning_;
  std::vector<core::Input> journal_;
  std::string* trace_ = nullptr;
  Digest* digest_ = nullptr;
};

/// The logins of the simulated agents, in the order of the alphabet. The third one's phone rings by
/// itself.
inline const std::vector<std::string> kLogins = {"anna", "bert", "cleo"};

}  // namespace baton::simulation
