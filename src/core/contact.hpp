#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/leg.hpp"
#include "core/mirror.hpp"
#include "core/transfer.hpp"
#include "message/event.hpp"

namespace baton::core {

enum class LegRole : std::uint8_t { customer, agent, destination };
BOOST_DESCRIBE_ENUM(LegRole, customer, agent, destination)

/// incoming: a call to us, unanswered. dialing: our request is to go out or is out. ending: told to
/// end.
enum class LegPhase : std::uint8_t { incoming, dialing, ringing, up, ending, ended };
BOOST_DESCRIBE_ENUM(LegPhase, incoming, dialing, ringing, up, ending, ended)

struct Leg {
  LegId id;
  LegRole role = LegRole::customer;
  LegPhase phase = LegPhase::dialing;
  bool parked = false;
  bool heard = false;  ///< Something came back for the INVITE, if only a 100 (LegHeard).
  std::string party;   ///< Login or number.
  TimeMs started_at = 0;
  std::optional<TimeMs> answered_at;
  std::optional<TimeMs> ended_at;
  int end_code = 0;
  std::string end_text;
  /// Guards against a switch that never reports the end; of a leg that is alive: it ends then at
  /// the latest, or once the customer is parked.
  TimerId end_timer = 0;

  [[nodiscard]] bool alive() const { return phase < LegPhase::ending; }
  /// We called, and nothing has come back so far: who was to carry the call may not be there.
  [[nodiscard]] bool unheard() const { return phase == LegPhase::dialing && !heard; }
};
BOOST_DESCRIBE_STRUCT(Leg, (),
                      (id, role, phase, parked, heard, party, started_at, answered_at, ended_at,
                       end_code, end_text, end_timer))

/// Why an agent is being offered a contact.
enum class OfferPurpose : std::uint8_t {
  queue,        ///< The next available agent of the contact's queue.
  transfer,     ///< He is the transfer's destination.
  giving_back,  ///< `return`: the primary agent, because nobody took the call.
  take_back,    ///< The primary agent asked for the customer himself.
};
BOOST_DESCRIBE_ENUM(OfferPurpose, queue, transfer, giving_back, take_back)

struct Offer {
  std::string agent;
  LegId leg;  ///< The agent's connectionId; dialled under the same id.
  OfferPurpose purpose = OfferPurpose::queue;
  TimeMs since = 0;
  bool dialed = false;
  bool pressed =
      false;  ///< `Answer` was pressed: the phone decides now, no longer the queue's clock.
  bool bridging = false;
  TimerId timer = 0;
  /// What his phone is to carry out: his Answer, or his CancelTransfer where he takes the customer
  /// back. Empty: he asked for nothing, or was told that it failed.
  std::optional<message::RequestKind> asked{};
  std::optional<std::string> request_id{};  ///< Of that request.
};
BOOST_DESCRIBE_STRUCT(Offer, (),
                      (agent, leg, purpose, since, dialed, pressed, bridging, timer, asked,
                       request_id))

/// A place in a queue. `since` is earlier than `entered_at` by what is credited to him: the time
/// that he has waited before, and not the time that he talked.
struct QueuePlace {
  std::string arn;
  TimeMs since = 0;
  TimeMs entered_at = 0;
  TimerId timer = 0;
  bool bypass_limits = false;
};
BOOST_DESCRIBE_STRUCT(QueuePlace, (), (arn, since, entered_at, timer, bypass_limits))

/// An outgoing call being set up: first the agent's phone, then the number.
struct DialOut {
  std::string number;
  directory::NumberFacts number_facts;
  std::string caller_id;
  TimerId timer = 0;
  std::optional<std::string> request_id;
  /// At Amazon Connect: a SetMakeCall asked for it; else the agent dialled by hand, in the CCP.
  bool asked = false;
};
BOOST_DESCRIBE_STRUCT(DialOut, (), (number, number_facts, caller_id, timer, request_id, asked))

/// A transfer key whose transfer is over, with the customer still the agent's: until his phone has
/// the NOTIFY that says so, it may take him for given away, since its REFER has a 202.
struct UntoldRefer {
  LegId leg;
  CommandId command = 0;  ///< The NOTIFY.
  TimeMs until = 0;       ///< As long as a BYE may be on its way that was sent before.
};
BOOST_DESCRIBE_STRUCT(UntoldRefer, (), (leg, command, until))

/// A customer's call from its first leg to its last: the contact keeps its id through transfer and
/// return.
struct Contact {
  ContactId id;
  bool outbound = false;
  std::string customer_number;
  std::string dialed_number;
  std::string trunk;
  Presentation presentation;
  int max_forwards = 70;
  TimeMs started_at = 0;
  std::optional<TimeMs> ended_at;

  std::vector<Leg> legs;
  LegId customer_leg;

  std::optional<QueuePlace> queue;  ///< Waiting, or offered out of a queue.
  std::string queue_arn;            ///< The last queue he was in; empty: never queued.
  std::string original_queue_arn;   ///< The one that he called; empty: he called none.
  TimeMs queued_at = 0;             ///< When he first entered one.
  /// In the queues that he has left, and while he was being answered: what is credited to him.
  TimeMs waited_ms = 0;
  std::optional<Offer> offer;
  std::optional<DialOut> dial_out;

  std::string agent;  ///< Login of the agent who has the customer; empty: nobody.
  LegId agent_leg;
  bool held = false;  ///< By the desktop's Hold.
  bool held_by_phone = false;
  TimeMs call_state_at = 0;  ///< When connected/hold last changed for the agent.
  LegId destination_leg;     ///< The outside party who has the customer; nil: none.
  std::string avoid_agent;   ///< Who gave the call away last.

  std::optional<TransferId> transfer;           ///< The running one.
  std::vector<TransferId> connected_transfers;  ///< Succeeded, not completed yet.
  std::vector<TransferId> all_transfers;
  std::vector<message::QueueMove> moves{};  ///< Asked for while he waited (MoveContact).
  std::map<std::string, std::string> attributes;
  /// The attributes and both numbers, as events tell them: worked out when first asked for, and
  /// emptied where one of them changes.
  mutable message::Shared<message::CallVariables> variables;
  TimerId bridge_timer = 0;
  CommandId bridge_command = 0;  ///< The join under way; 0: none.
  /// Runs while the customer's leg owes an answer (ask_customer): until he has given it he is
  /// offered to nobody. 0: he owes none.
  TimerId silence_timer = 0;
  std::optional<UntoldRefer> untold_refer{};  ///< Of the agent's phone.
  std::optional<MirrorContact> mirror{};      ///< A call that is not ours.

  [[nodiscard]] Leg* leg(const LegId& leg_id);
  [[nodiscard]] const Leg* leg(const LegId& leg_id) const;
  [[nodiscard]] const Leg* customer() const { return leg(customer_leg); }
  /// True if the customer's leg is confirmed and an agent has him: what a blind transfer needs.
  [[nodiscard]] bool active() const;
  /// queued, offered, active or ended, as message::ContactView tells it.
  [[nodiscard]] std::string_view state() const;
  /// Fills in the record, which is empty before.
  void tell(message::ContactView& view, const std::string& queue_name) const;
};
BOOST_DESCRIBE_STRUCT(Contact, (),
                      (id, outbound, customer_number, dialed_number, trunk, presentation,
                       max_forwards, started_at, ended_at, legs, customer_leg, queue, queue_arn,
                       original_queue_arn, queued_at, waited_ms, offer, dial_out, agent, agent_leg,
                       held, held_by_phone, call_state_at, destination_leg, avoid_agent, transfer,
                       connected_transfers, all_transfers, moves, attributes, bridge_timer,
                       bridge_command, silence_timer, untold_refer, mirror))

}  // namespace baton::core
