#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "core/agent.hpp"
#include "core/contact.hpp"
#include "core/contact_center.hpp"
#include "core/dial_count.hpp"
#include "core/planted_fault.hpp"
#include "core/transfer.hpp"

namespace baton::core {

/// A hash map of small values without a node for each: any change moves them.
template <class Key, class Value>
using HashMap = boost::unordered_flat_map<Key, Value, std::hash<Key>>;

/// The text and kind of a refusal, on its way to a Reply or an ApiError event.
struct Refused {
  message::Reason reason = message::Reason::internal;
  std::string msg;
  std::optional<TransferId> running;
  std::optional<int> retry_after_seconds{};  ///< Where it is known when it would be taken.
  std::uint64_t Counters::* limit{};         ///< Where the limit that was reached is counted.
  std::string suggested{};  ///< What to do, where it is not what the reason suggests.
};

/// A refusal, for the checks that return one or nothing. `running` is the transfer in the way.
inline std::optional<Refused> refuse(message::Reason reason, std::string msg,
                                     std::optional<TransferId> running = {}) {
  return Refused{.reason = reason, .msg = std::move(msg), .running = running};
}

/// A contactId that the caller wrote is none.
inline std::optional<Refused> no_uuid(const std::string& contact_id) {
  return refuse(message::Reason::invalidMessage, "contactId: '" + contact_id + "' is not a UUID");
}

/// What a command was for: its result is handled by this.
enum class Purpose : std::uint8_t {
  none,
  answer_customer,
  offer_dial,
  out_agent_dial,
  out_number_dial,
  target_dial,
  hold_customer,
  hold_agent,
  release_park,
  wait_park,
  offer_bridge,
  resume_bridge,
  target_bridge,
  back_bridge,
  out_bridge,
  mute,
  dtmf,
  talk,
  mirror_add,
  mirror_leave,
  mirror_resume,
  mirror_control,
  mirror_cold,
  refer_outcome,
};
BOOST_DESCRIBE_ENUM(Purpose, none, answer_customer, offer_dial, out_agent_dial, out_number_dial,
                    target_dial, hold_customer, hold_agent, release_park, wait_park, offer_bridge,
                    resume_bridge, target_bridge, back_bridge, out_bridge, mute, dtmf, talk,
                    mirror_add, mirror_leave, mirror_resume, mirror_control, mirror_cold,
                    refer_outcome)

/// What a failed command tells of its leg: after 408 or 481 the dialog is gone and LegEnded is on
/// its way; after anything else the leg stays as it was (RFC 3261 sections 12.2.1.2 and 14.1).
[[nodiscard]] inline bool leg_is_gone(const CommandResult& result) {
  return !result.ok && (result.code == 408 || result.code == 481);
}

/// Whether the result shows that the command's leg answered: a refusal is an answer, and 504 is the
/// switch's own, which has waited for long enough.
[[nodiscard]] inline bool leg_answered(const CommandResult& result) {
  return result.ok || (!leg_is_gone(result) && result.code != 504);
}

/// What a customer hears who is parked for a transfer.
[[nodiscard]] inline Sound release_sound(const Transfer& transfer) {
  return transfer.kind == TransferKind::queue ? Sound::queue : Sound::ringback;
}

struct OpenCommand {
  Purpose purpose = Purpose::none;
  ContactId contact;
  LegId leg;
  std::string agent;  ///< Who asked, for an error event.
  message::RequestKind kind = message::RequestKind::hold;
  std::optional<std::string> request_id;
  CommandBody body{};  ///< To be put out again after a restart.
  TimerId timer = 0;   ///< Of one that may never be answered.
  /// Of a step of a mirrored transfer: the contact may have another one when its answer comes.
  TransferId transfer{};
};
BOOST_DESCRIBE_STRUCT(OpenCommand, (),
                      (purpose, contact, leg, agent, kind, request_id, body, timer, transfer))

enum class TimerKind : std::uint8_t {
  offer,
  dial_out,
  release_park,
  ring,
  queue_wait,
  bridge,
  end_leg,
  silence,
  mirror_step,
  mirror_lost,
  mirror_command,
  part_leg,
};
BOOST_DESCRIBE_ENUM(TimerKind, offer, dial_out, release_park, ring, queue_wait, bridge, end_leg,
                    silence, mirror_step, mirror_lost, mirror_command, part_leg)

struct OpenTimer {
  TimerKind kind = TimerKind::offer;
  ContactId contact;
  LegId leg;
  TimeMs at = 0;
  std::string agent{};    ///< Of mirror_lost, which is about no contact.
  CommandId command = 0;  ///< Of mirror_command.
};
BOOST_DESCRIBE_STRUCT(OpenTimer, (), (kind, contact, leg, at, agent, command))

/// Stands for the state of a mirrored contact that is not listed any more: it had ended, and was
/// cleared.
inline constexpr const char* kUnlisted = "no longer listed";

/// What is told where a customer was to wait in a queue, or waited, that the directory has no more.
inline constexpr const char* kQueueGone = "The queue no longer exists";

/// What a snapshot of Amazon Connect showed, for people: "contact connected; customer hold; agent
/// connected; third party connecting".
[[nodiscard]] std::string evidence(const message::BridgeContact& contact);
/// Amazon Connect's own words. `name`: the exception's; `status`: the HTTP status behind it, or 0.
[[nodiscard]] message::BackendError backend_error(std::string text, std::string name = {},
                                                  int status = 0);

/// Those who wait in one queue, and what is known of it.
struct WaitingLine {
  std::set<std::pair<TimeMs, ContactId>> waiting;  ///< By credited time.
  bool open = true;
  std::int64_t average_wait_ms =
      -1;  ///< Moving average of the waits that ended with an agent; -1: none yet.
};

/// The state and the transitions behind ContactCenter. Split over center_*.cpp by subject; every
/// function may assume that `now_` is the current input's time and `out_` takes what follows from
/// it.
struct ContactCenter::Impl {
  // --- the input being applied
  TimeMs now_ = 0;
  Outputs* out_ = nullptr;
  std::uint64_t random_state_ = 0;
  std::uint64_t random_step_ = 0;
  /// Whose request is being carried out.
  struct Cause {
    std::string agent;
    std::optional<std::string> request_id;
  };
  std::optional<Cause> cause_;

  // --- what is known: every member is either saved in center_snapshot.cpp or worked out there
  Policy policy_;
  std::shared_ptr<const directory::DirectoryIndex> directory_;
  std::map<std::string, Agent, std::less<>> agents_;
  HashMap<ContactId, std::unique_ptr<Contact>> contacts_;
  HashMap<LegId, ContactId> legs_;
  HashMap<TransferId, std::unique_ptr<Transfer>> transfers_;
  std::map<std::string, WaitingLine, std::less<>> lines_;
  /// Available agents by queue: (priority, idle since, login).
  std::map<std::string, std::set<std::tuple<int, TimeMs, std::string>>, std::less<>> available_;
  DialledNumbers dialled_;  ///< Outside numbers, for their limits.
  TimeMs swept_at_ = 0;     ///< When forget_what_ran_out() last looked.
  std::unordered_map<CommandId, OpenCommand> commands_;
  HashMap<TimerId, OpenTimer> timers_;
  CommandId next_command_ = 1;
  TimerId next_timer_ = 1;
  Counters counters_;
  std::vector<ContactId> to_store_;  ///< Its record once, as it is after the input.
  // Forgotten when the input has been applied, so that nothing on the way holds a dangling
  // reference.
  std::vector<ContactId> over_;
  std::vector<TransferId> settled_;

  Impl();
  void apply(const Input& input, Outputs& outputs);

  // --- center.cpp: identifiers, commands, timers, events
  [[nodiscard]] message::Uuid draw_id();
  CommandId command(CommandBody body, OpenCommand context = {});
  TimerId arm(TimerKind kind, const ContactId& contact, TimeMs at, const LegId& leg = {});
  void cancel(TimerId& timer);
  /// While it lives, what the agent is told of his calls and of himself has the id of this request
  /// of his. Where another one of his is being carried out already, it keeps that one's: he asked
  /// last.
  class Because {
   public:
    Because(Impl& center, std::string_view agent, const std::optional<std::string>& request_id)
        : center_(center), outer_(center.cause_) {
      if (request_id && !(outer_ && outer_->agent == agent))
        center_.cause_ = Cause{.agent = std::string(agent), .request_id = request_id};
    }
    /// The request that has just come. One without an id also keeps those of earlier ones away
    /// from what it causes.
    Because(Impl& center, Cause request)
        : center_(center), outer_(std::exchange(center.cause_, std::move(request))) {}
    Because(const Because&) = delete;
    Because& operator=(const Because&) = delete;
    ~Because() { center_.cause_ = std::move(outer_); }

   private:
    Impl& center_;
    std::optional<Cause> outer_;
  };
  /// Puts out an event of the agent's with the next number, and returns its body, to be filled in
  /// before anything else is put out.
  template <class Body>
  Body& publish(Agent& agent, std::optional<std::string> request_id = {}) {
    // A transfer's events and an error have the id of the request that they are about, or none.
    constexpr bool kOwnRequest = std::is_same_v<Body, message::TransferStateChange> ||
                                 std::is_same_v<Body, message::ApiError>;
    if (!kOwnRequest && !request_id && cause_ && cause_->agent == agent.login)
      request_id = cause_->request_id;
    if (planted(PlantedFault::sequence_gap) && std::is_same_v<Body, message::ApiError>)
      ++agent.sequence;
    auto& output = out_->emplace_back(std::in_place_type<Publish>, std::in_place_type<Body>,
                                      agent.login, ++agent.sequence, std::move(request_id));
    return std::get<Body>(std::get<Publish>(output).event.body);
  }
  /// The same with a body that is there already.
  template <class Body>
  void publish(Agent& agent, Body body, std::optional<std::string> request_id = {}) {
    publish<Body>(agent, std::move(request_id)) = std::move(body);
  }
  /// Each agent's record in the directory, which is a new one.
  void find_records();
  /// Numbers of customers are in the state, and so in each snapshot, only for as long as they
  /// count: of whoever cannot clear his last call any more it is cleared here.
  void forget_last_calls();
  /// Likewise the replies to request ids that are free again (a refusal names the number), and the
  /// numbers that were dialled on another day.
  void forget_what_ran_out();
  void forget_replies(Agent& agent) const;
  /// The transfer is forgotten here: a repeat of its request is told its last event all the same.
  void keep_for_repeats(const Transfer& transfer);
  void store(const Contact& contact);
  void store(const Transfer& transfer);
  [[nodiscard]] Agent* agent(std::string_view login);
  [[nodiscard]] Contact* contact(const ContactId& id);
  [[nodiscard]] Contact* contact_of_leg(const LegId& leg);
  [[nodiscard]] Transfer* running_transfer(const Contact& contact) const;
  /// Empty where there is no such queue.
  [[nodiscard]] const std::string& queue_name(std::string_view arn) const;
  /// The configured one; null where none is, or the directory has none by that ARN or name.
  [[nodiscard]] const directory::Queue* last_resort() const;

  void on(const Started& started);
  void on(const PolicyChanged& change);
  void on(const DirectoryChanged& change);
  void on(const QueueHours& change);
  void on(const RequestInput& input);
  void on(const LegIncoming& event);
  void on(const LegRinging& event);
  void on(const LegHeard& event);
  void on(const LegAnswered& event);
  void on(const LegEnded& event);
  void on(const LegHeld& event);
  void on(const LegMuted& event);
  void on(const LegRefer& event);
  void on(const CommandResult& result);
  void on(const PhoneReachable& event);
  void on(const TimerFired& event);
  void on(const BridgeOpened& event);
  void on(const BridgeClosed& event);
  void on(const BridgeReport& event);
  void on(const BridgeDone& event);
  void on(const BridgeListed& event);

  // --- center_restart.cpp: what a new process does with the state that it found
  void rearm_timers(const Started& started);
  [[nodiscard]] std::vector<CommandId> open_commands() const;
  void repeat_commands(const std::vector<CommandId>& open, const std::set<LegId>& alive);
  void end_lost_legs(const std::set<LegId>& alive);
  void restart_calls(const std::set<LegId>& adopted);
  void end_unknown_legs(const std::set<LegId>& adopted);

  // --- center_agents.cpp: states, availability, call events
  void agent_changed(Agent& agent, std::optional<std::string> request_id = {});
  void set_muted(Agent& agent, bool muted);
  /// Fills in the agent with what his calls make of him. The snapshot is empty before.
  void tell_agent(message::AgentSnapshot& snapshot, const Agent& agent) const;
  /// The number that he calls has not answered.
  [[nodiscard]] bool calls_out(const Agent& agent) const;
  void set_activity(Agent& agent, Activity activity);
  void index_availability(Agent& agent);
  /// What is told of a call whichever leg an event is about.
  struct CallContext {
    message::Shared<message::CallVariables> variables;
    const std::string& queue_name;
  };
  [[nodiscard]] CallContext context_of(const Contact& contact) const;
  /// Fills in a leg of the call as the agent's desktop sees it: his own, or the customer's.
  static void tell_leg(message::CallLegView& leg, const Contact& contact, const Agent& agent,
                       bool agent_leg);
  /// Fills in the event that tells of it.
  static void tell_call(message::CallEvent& event, const Contact& contact, const Agent& agent,
                        bool agent_leg, const CallContext& context);
  void publish_call(const Contact& contact);
  void publish_call_to(Agent& agent, const Contact& contact,
                       std::optional<std::string> request_id = {});
  /// The call is over for this agent: events on both legs, then his state. `restore` is the
  /// after-call work that he goes back to instead, when a returning call was not taken.
  void finish_call_for(Agent& agent, Contact& contact, Activity activity, std::string_view event,
                       std::optional<FinishedCall> restore = {});
  void clear_finished(Agent& agent);
  [[nodiscard]] message::Event read(std::string_view login, message::RequestKind kind) const;
  void read_call(message::CallStateSync& body, const Agent& agent) const;
  /// Adds what he has not cleared yet, the last one first.
  static void read_finished(message::CallStateSync& body, const Agent& agent);

  // --- center_requests.cpp: what a desktop asks for
  std::optional<Refused> handle(Agent& agent, const RequestInput& input, Reply& reply);
  std::optional<Refused> login(Agent& agent);
  std::optional<Refused> logout(Agent& agent);
  std::optional<Refused> choose_state(Agent& agent, const directory::AgentState& state);
  std::optional<Refused> answer(Agent& agent, const message::Request& request);
  std::optional<Refused> reject(Agent& agent, const message::Request& request);
  std::optional<Refused> hold(Agent& agent, const message::Request& request);
  std::optional<Refused> resume(Agent& agent, const message::Request& request);
  std::optional<Refused> mute(Agent& agent, const message::Request& request);
  std::optional<Refused> send_dtmf(Agent& agent, const message::Request& request);
  std::optional<Refused> make_call(Agent& agent, const RequestInput& input);
  std::optional<Refused> disconnect(Agent& agent, const message::Request& request);
  std::optional<Refused> clear_contact(Agent& agent, const message::Request& request);
  [[nodiscard]] Contact* own_contact(const Agent& agent, const message::Request& request,
                                     std::optional<Refused>& refused);
  [[nodiscard]] Contact* offered_contact(const Agent& agent, const message::Request& request,
                                         std::optional<Refused>& refused);
  /// The call that one of its published ids is of, also one of the agent's own whose leg is not
  /// dialled yet.
  [[nodiscard]] Contact* named_contact(const Agent& agent, const message::Uuid& id);
  /// Why he makes no call beside the one that he has or has not cleared yet; `call` may be null.
  [[nodiscard]] std::optional<Refused> busy_refusal(const Agent& agent, const Contact* call);
  /// The call of his that a refusal is about: the one that the request names, else the one that he
  /// has. Null where it names another's.
  [[nodiscard]] const Contact* meant_contact(const Agent& agent, const message::Request& request);
  /// Something was refused indeed, not only asked about: counts the limit that it met, if it was
  /// one.
  void count_limit(const Refused& refused);
  void finish_reply(Agent& agent, const RequestInput& input, Reply&& reply,
                    std::optional<Refused>&& refused);

  // --- center_routing.cpp: inbound calls, queues, offers, outgoing calls
  void enqueue(Contact& contact, const std::string& arn, TimeMs since, bool bypass_limits,
               int timeout_seconds);
  /// The same with the instant at which the wait is over.
  void enqueue_until(Contact& contact, const std::string& arn, TimeMs since, bool bypass_limits,
                     TimeMs until);
  /// Since when he would have waited, had he waited all his time in queues without a break: a
  /// `since` for the next one.
  [[nodiscard]] TimeMs credited(const Contact& contact) const;
  /// How many are being answered in order to wait there.
  [[nodiscard]] std::size_t entering(const directory::Queue& queue) const;
  /// Lets a caller wait who has not been answered maybe: a queue that answers does that first.
  void enter_queue(Contact& contact, const directory::Queue& queue, TimeMs since,
                   bool bypass_limits);
  /// When the wait of a call without a transfer is over that enters the queue now.
  [[nodiscard]] TimeMs longest_wait(const Contact& contact, const directory::Queue& queue) const;
  void leave_queue(Contact& contact, QueueExit how);
  [[nodiscard]] std::optional<Refused> queue_refusal(const directory::Queue& queue,
                                                     bool need_staff) const;
  [[nodiscard]] bool others_staffed(const std::string& arn, std::string_view except) const;
  /// Whether his leg is free for it: nothing is being joined, and it owes no answer.
  [[nodiscard]] static bool may_be_offered(const Contact& contact);
  [[nodiscard]] bool try_offer(Contact& contact);
  void route_agent(Agent& agent);
  void route_queue(const std::string& arn);
  /// The agent no longer staffs his queues. A customer may wait there for anybody but the one who
  /// gave him away, which holds only while others are staffed (others_staffed).
  void staff_left(const Agent& agent);
  void start_offer(Contact& contact, Agent& agent, OfferPurpose purpose);
  void ring_offer(Contact& contact, bool auto_answer);
  /// Ends the offer; the agent's activity becomes `then` (idle and returning offers restore what
  /// was before).
  void end_offer(Contact& contact, Activity then, std::string_view event);
  /// The offered agent did not take it: `why` is told where a transfer fails by it.
  void offer_failed(Contact& contact, Activity then, std::string_view event, message::Reason why,
                    std::optional<message::BackendError> backend = {});
  /// He wants it no longer, so that it comes to nothing is no failure of what he asked for before,
  /// nor brought by it.
  static void given_up(Offer& offer);
  /// The error event of his Answer.
  void tell_answer_failed(const Contact& contact, const Offer& offer, message::Reason why,
                          const std::optional<message::BackendError>& backend);
  void offer_connected(Contact& contact);
  void queue_wait_over(Contact& contact);
  /// A transferred customer has left the queue where he waited, and nobody took him there.
  void waited_in_vain(Contact& contact, Transfer& transfer, message::Reason why,
                      std::string_view text);
  /// True if the directory has the contact's queue no longer, and he went on: nobody serves it. One
  /// who is being offered stays for the agent's answer.
  bool left_gone_queue(Contact& contact);
  void dial_number_of(Contact& contact);
  void dial_out_failed(Contact& contact, message::Reason reason, int code, const std::string& text);
  /// That a call which he makes, as `request_id` asked for, came to nothing. An empty text is ours.
  void tell_call_not_made(Agent& agent, const Contact& contact, message::Reason reason,
                          const std::string& text, std::optional<message::BackendError> backend,
                          const std::optional<std::string>& request_id);
  [[nodiscard]] int position(const Contact& contact) const;
  [[nodiscard]] std::optional<int> estimated_wait(std::string_view arn, int position) const;

  // --- center_move.cpp: a supervisor moves a waiting customer to another queue
  std::optional<Refused> move_contact(const RequestInput& input);
  /// The queue that the request names, or null and why not.
  [[nodiscard]] const directory::Queue* moved_to(const message::Request& request,
                                                 std::optional<Refused>& refused) const;

  // --- center_dialling.cpp: what may be dialled outside, and how often
  /// What the dial policy has against the number, whose facts must be the given ones.
  [[nodiscard]] std::optional<Refused> number_refusal(
      const std::string& number, const std::optional<directory::NumberFacts>& facts) const;
  [[nodiscard]] std::optional<Refused> dial_rate_refusal(const Agent& agent,
                                                         const std::string& number,
                                                         TimeMs now) const;
  void count_dial(Agent& agent, const std::string& number);

  // --- center_legs.cpp: who hung up
  Leg& add_leg(Contact& contact, const LegId& id, LegRole role, std::string party, LegPhase phase);
  void end_leg(Contact& contact, const LegId& leg, int code = 0, const std::string& text = {});
  /// When a leg that is told to end now, or asked something, is given up: an unanswered BYE or
  /// re-INVITE takes 32 s (RFC 3261 timers B and F).
  [[nodiscard]] TimeMs end_deadline() const { return now_ + policy_.end_timeout_ms * 8LL; }
  void end_contact(Contact& contact, int code = 0, const std::string& text = {});
  /// Ends the offer, if there is one: the customer is gone, whatever the agent asked for.
  void drop_offer(Contact& contact);
  void forget_if_over(Contact& contact);
  void customer_gone(Contact& contact);
  void agent_gone(Contact& contact);
  void ended_by_the_switch(Contact& contact, const LegEnded& event);
  /// `gave_away`: he let go of the customer for a transfer that has failed meanwhile.
  void agent_lost(Contact& contact, bool gave_away);
  void destination_gone(Contact& contact);
  void bridge(Contact& contact, const LegId& other, Purpose purpose, OpenCommand context = {});
  /// Whatever becomes of a join under way no longer matters: something newer has the legs.
  void stop_bridging(Contact& contact);
  /// The request's error event to the agent who asked.
  void tell_failure(const Contact& contact, const OpenCommand& open, const CommandResult& result);
  /// Takes the agent out of the conversation; he hears nothing.
  void park_agent(const Contact& contact);
  void bridge_failed(Contact& contact, Purpose purpose, const CommandResult& result);
  /// The customer's leg was asked something and does not answer. Until it does he is offered to
  /// nobody, so that a customer who is dead is not handed from agent to agent until the switch
  /// finds out.
  void customer_owes_answer(Contact& contact);
  /// Asks him, where it is not known who did not answer. `sound` is what he then hears.
  void ask_customer(Contact& contact, Sound sound);
  /// He has answered, or the switch reports nothing: what stood still goes on.
  void customer_answered(Contact& contact);

  // --- center_transfer.cpp: the blind transfer
  std::optional<Refused> blind_transfer(Agent& agent, const message::Request& request,
                                        const std::optional<directory::NumberFacts>& facts,
                                        Reply& reply, std::optional<ReferLink> refer);
  std::optional<Refused> resolve(const Agent& agent, const message::Request& request,
                                 const std::optional<directory::NumberFacts>& facts,
                                 Transfer& transfer) const;
  /// Puts what the transfer hands on with its call over what the call has: sender, note,
  /// attributes.
  static void hand_on(const Transfer& transfer, message::CallVariables& attributes);
  [[nodiscard]] static std::optional<Refused> attributes_refusal(const Contact& contact,
                                                                 const Transfer& transfer);
  [[nodiscard]] std::optional<Refused> destination_refusal(const Agent& agent,
                                                           const Transfer& transfer,
                                                           TimeMs now) const;
  std::optional<Refused> options_in_force(const message::Request& request,
                                          Transfer& transfer) const;
  /// The running transfer that a CancelTransfer is about: of the call that it names by contactId,
  /// the one that it names itself, else the only one of the agent's. Null, and why.
  [[nodiscard]] Transfer* meant_transfer(const Agent& agent, const message::Request& request,
                                         std::optional<Refused>& refused);
  std::optional<Refused> cancel_transfer(Agent& agent, const RequestInput& input);
  void start_transfer(Contact& contact, Transfer& transfer);
  void move(Contact& contact, Transfer& transfer, TransferState state, Custody custody,
            message::Reason reason = message::Reason::none, std::string detail = {});
  void begin_release(Contact& contact, Transfer& transfer);
  /// A release that does not wait for its park any more: what still comes of it is not the next
  /// one's. Looks at every open command, so not on the usual way.
  void stop_releasing(const Contact& contact);
  /// `parked`: the agent's leg may end now.
  void finish_release(Contact& contact, Transfer& transfer, bool parked = true);
  /// The agent has hung up. `at_once`: what is told of him does not wait for the park. His leg
  /// does.
  void release_by_agent(Contact& contact, Transfer& transfer, bool at_once);
  /// The same for the legs that release_by_agent() has left up.
  void end_parting_legs(Contact& contact);
  void park(const Contact& contact, Sound sound, Purpose purpose);
  void requeue(Contact& contact, Transfer& transfer, const directory::Queue& queue);
  void publish_failure(const Contact& contact, const Transfer& transfer, Custody custody);
  void target_alerting(Contact& contact, Transfer& transfer);
  void target_answered(Contact& contact, Transfer& transfer);
  void join_target(Contact& contact, Transfer& transfer);
  void transfer_connected(Contact& contact, Transfer& transfer, const std::string& to,
                          bool is_agent);
  void fail_transfer(Contact& contact, Transfer& transfer, message::Reason reason,
                     std::optional<message::BackendError> backend);
  void next_fallback(Contact& contact, Transfer& transfer);
  /// Before he leaves a queue for the agent who wants him back.
  void keep_place(const Contact& contact, Transfer& transfer);
  /// The agent did not take him: he goes back to the place in the queue that he was taken out of,
  /// or the chain goes on. `rung`: he has been, just now, and a `return` that is next is skipped.
  void not_taken_back(Contact& contact, Transfer& transfer, bool rung = false);
  [[nodiscard]] bool may_return(const Contact& contact, const Transfer& transfer);
  void give_back(Contact& contact, Transfer& transfer, OfferPurpose purpose);
  void restore_agent(Contact& contact, Transfer& transfer);
  void end_transfer(Contact& contact, Transfer& transfer, TransferState outcome, Custody custody,
                    message::Reason reason);
  void complete_transfers(Contact& contact);
  void accept_refer(const ReferLink& link);
  void tell_refer(Contact& contact, const Transfer& transfer, int code, bool final);
  /// Whether the phone on that leg may not know yet that its transfer key came to nothing.
  [[nodiscard]] bool outcome_untold(const Contact& contact, const LegId& leg) const;

  // --- center_mirror.cpp: a session at Amazon Connect, and what it reports
  [[nodiscard]] bool mirrored() const { return policy_.mirror.enabled; }
  void grant_lease(Agent& agent);
  void lease_gone(Agent& agent);
  /// Where nobody has reported for long: what is open is given up, the agent counts as signed out.
  void session_lost(Agent& agent);
  void restart_sessions();
  /// The back end is another one from now on.
  void forget_mirrored();
  CommandId order(Agent& agent, message::BridgeOrder body, OpenCommand context = {});
  /// Nobody has answered it, and nobody will: after a 401 or 403 the library does not call back.
  void mirrored_expired(CommandId command);
  void ask_for_report(Agent& agent);
  void mirror_contact(Agent& agent, const message::BridgeContact& seen,
                      const message::BridgeSnapshot& snapshot);
  void mirror_legs(Contact& contact, const message::BridgeContact& seen);
  /// `called_out`: before this report.
  void mirror_agent(Agent& agent, const message::BridgeSnapshot& snapshot, bool first,
                    bool called_out);
  [[nodiscard]] std::vector<Contact*> mirrored_contacts(const Agent& agent);
  /// The request whose effect this is, if it is recent.
  [[nodiscard]] std::optional<std::string> cause_of(const Agent& agent) const;

  // --- center_mirror_over.cpp: a call that is over for its agent
  void mirror_over(Agent& agent, Contact& contact, MirrorPhase phase);
  /// Tells the agent that the call is over for him, and keeps it until his session has cleared it.
  void tell_over(Agent& agent, Contact& contact, Activity then, std::string_view event);
  void forget_cleared(Agent& agent, const message::BridgeSnapshot& snapshot);
  /// Tells of those of his calls that are over that nothing is left of them.
  void drop_finished(Agent& agent, const std::function<bool(const ContactId&)>& is_gone);
  /// The session of `to` shows a call that was offered to another agent, and is his now.
  void pass_on(Contact& contact, const Agent& to);

  // --- center_mirror_requests.cpp: what a desktop asks of a session at Amazon Connect
  std::optional<Refused> handle_mirrored(Agent& agent, const RequestInput& input, Reply& reply);
  std::optional<Refused> control(Agent& agent, const message::Request& request,
                                 message::BridgeOrder body, const ContactId& contact);
  [[nodiscard]] std::optional<Refused> no_session(const Agent& agent) const;
  [[nodiscard]] Contact* mirrored_contact(const Agent& agent, const message::Request& request,
                                          std::optional<Refused>& refused);
  std::optional<Refused> mirror_login(Agent& agent);
  std::optional<Refused> mirror_state(Agent& agent, const directory::AgentState* state,
                                      const message::Request& request);
  std::optional<Refused> mirror_call(Agent& agent, const RequestInput& input);
  /// The session shows a call that the agent makes: whether mirror_call() asked for it.
  void dial_shown(Agent& agent, DialOut& dial);
  /// The session shows that such a call is over. Tells the agent where nobody was reached.
  void dial_over(Agent& agent, const Contact& contact, const message::BridgeContact& seen,
                 const message::BridgeSnapshot& snapshot);
  /// It was refused, or not answered in time, and that is told.
  void dial_refused(Agent& agent, const std::optional<std::string>& request_id);

  // --- center_mirror_transfer.cpp: the blind transfer there
  [[nodiscard]] std::optional<Refused> mirror_transfer_refusal(const Agent& agent,
                                                               const Contact& contact,
                                                               const message::Request& request);
  /// The session lists its destinations, and this is none of them.
  [[nodiscard]] std::optional<Refused> unlisted_refusal(const Agent& agent,
                                                        const Transfer& transfer) const;
  void start_mirrored(Contact& contact, Transfer& transfer);
  void add_party(Contact& contact, Transfer& transfer);
  /// A snapshot shows the contact, which is not over.
  void transfer_seen(Contact& contact, Transfer& transfer);
  /// The contact is over.
  void transfer_over(Contact& contact, Transfer& transfer);
  /// A snapshot shows a third party.
  void party_is_there(Contact& contact, Transfer& transfer, const message::BridgeConnection& party);
  void leave_contact(Contact& contact, Transfer& transfer);
  /// `wait_ms`: before that, only a snapshot with the third party decides.
  void outcome_unknown(Contact& contact, Transfer& transfer, std::string_view why, TimeMs wait_ms);
  /// Whether the session that the transfer is carried out in reports what is, and not what was.
  [[nodiscard]] bool session_shows_now(const Transfer& transfer);
  void wait_for_report(Contact& contact, Transfer& transfer);
  void settle(Contact& contact, Transfer& transfer);
  void fail_mirrored(Contact& contact, Transfer& transfer, message::Reason reason,
                     message::BackendError error);
  void give_back_customer(Contact& contact, const Transfer& transfer);
  void resume_customer(Contact& contact);
  void step_timer(Contact& contact, Transfer& transfer, int seconds);
  void step_expired(Contact& contact, Transfer& transfer);
  void mirrored_done(const OpenCommand& open, const message::BridgeResult& result);
  std::optional<Refused> cancel_mirrored(Contact& contact, Transfer& transfer);

  // --- center_mirror_late.cpp: what a transfer that was given up may still do
  /// It was given up without being refused for certain.
  void expect_late(Contact& contact, const Transfer& transfer);
  /// The party that was expected last was refused for certain.
  void comes_no_more(Contact& contact);
  /// Until when its party may join the call; 0 where nobody is expected.
  [[nodiscard]] TimeMs may_come_until(const Contact& contact) const;
  /// Nobody is left with a party who may be another transfer's: what is asked for meanwhile has to
  /// have the same destination.
  [[nodiscard]] std::optional<Refused> late_party_refusal(const Contact& contact,
                                                          const Transfer& transfer) const;
  /// A snapshot shows a third party while no transfer runs.
  void third_party_seen(Contact& contact, const message::BridgeConnection& party);

  // --- center_mirror_cold.cpp: the same in one step, by the SDK
  [[nodiscard]] bool goes_cold(const Agent& agent, const Transfer& transfer) const;
  void start_cold(Contact& contact, Transfer& transfer);
  /// A snapshot shows the contact, which is not over.
  void cold_seen(Contact& contact, Transfer& transfer);
  /// The contact is over, but the SDK has not told yet what came of it: the call is kept until
  /// then.
  [[nodiscard]] bool waits_for_sdk(Contact& contact, const message::BridgeContact* seen);
  void cold_answered(Contact& contact, Transfer& transfer, const message::BridgeResult& result);
  void cold_expired(Contact& contact, Transfer& transfer);
  /// The contact is over, and nothing more is told of it.
  void cold_over(Contact& contact, Transfer& transfer);
  void end_kept_call(Contact& contact);
  /// Nobody waits for the SDK's word on this contact any more.
  void forget_word(const Contact& contact);
  /// The page that was asked is gone, and its word will not come.
  void sdk_is_gone(Agent& agent);
};

}  // namespace baton::core
