#pragma once

#include <optional>
#include <string>
#include <variant>

#include "core/leg.hpp"
#include "core/mirror.hpp"

namespace baton::core {

// Commands to a switch (src/telephony/switch.hpp). Each is confirmed or failed by exactly one
// CommandResult input, even when the leg is gone by then (code 481). SDP is not the core's
// business: the switch keeps each leg's media and works out the offers and answers.
//
// A restarted process puts out again what has no result in the journal, under the same id: all but
// SendDtmf, and only while the legs are adopted (DialLeg always). A switch must therefore stand
// each of them twice: DialLeg sends the same request again, EndLeg of a leg that it does not know
// is done.

/// Sends a 180 to an incoming leg. No media.
struct RingLeg {
  LegId leg;
};
BOOST_DESCRIBE_STRUCT(RingLeg, (), (leg))

/// Accepts an incoming leg with a 200 and lets it hear the built-in source (it is parked from then
/// on). Done when the ACK is in.
struct AnswerLeg {
  LegId leg;
  Sound sound = Sound::queue;
};
BOOST_DESCRIBE_STRUCT(AnswerLeg, (), (leg, sound))

/// Dials a new leg. Done when the first request is out; LegRinging, LegAnswered, LegEnded follow.
/// The offer is made of `media_of`'s widest known capabilities, or is the built-in source's where
/// it is absent.
struct DialLeg {
  LegId leg;
  ContactId contact;
  DialTarget target;
  std::optional<LegId> media_of;
  Presentation presentation;
  int max_forwards = 70;
  std::optional<TransferId> transfer{};  ///< Whose destination it is, for the log.
};
BOOST_DESCRIBE_STRUCT(DialLeg, (),
                      (leg, contact, target, media_of, presentation, max_forwards, transfer))

/// Takes a confirmed leg out of its bridge and lets it hear the built-in source: a re-INVITE.
/// Done with its 2xx. Failed: the leg is as it was (or gone, with 408 or 481, in which case
/// LegEnded follows).
struct ParkLeg {
  LegId leg;
  Sound sound = Sound::hold;
};
BOOST_DESCRIBE_STRUCT(ParkLeg, (), (leg, sound))

/// Joins the media of two legs, each parked, in another bridge, just answered, or (one of them at
/// most) an incoming leg that is still ringing, which is answered by it. Done when both have each
/// other's SDP and the answered one is acknowledged; failed with the code and `failed_leg`, both
/// legs then stay up, parked.
struct BridgeLegs {
  LegId a;
  LegId b;
};
BOOST_DESCRIBE_STRUCT(BridgeLegs, (), (a, b))

/// Ends a leg in whatever way its state needs: BYE, CANCEL (as soon as the protocol allows), or a
/// final refusal of an incoming leg. Done when that is answered or has timed out. LegEnded always
/// follows.
struct EndLeg {
  LegId leg;
  int code = 0;  ///< For an incoming leg that was not answered: the SIP status (486, 503, ...);
                 ///< else ignored.
  std::string text;
};
BOOST_DESCRIBE_STRUCT(EndLeg, (), (leg, code, text))

/// Mutes or unmutes an agent's leg by a change of direction (what he says no longer reaches the
/// other).
struct MuteLeg {
  LegId leg;
  bool muted = false;
};
BOOST_DESCRIBE_STRUCT(MuteLeg, (), (leg, muted))

/// Sends digits by SIP INFO (application/dtmf-relay), one after another. Fails where the peer does
/// not allow INFO.
struct SendDtmf {
  LegId leg;
  std::string digits;
};
BOOST_DESCRIBE_STRUCT(SendDtmf, (), (leg, digits))

/// NOTIFY with Event: talk to a ringing agent phone ("pick up"). Fails where the phone refuses it.
struct TalkLeg {
  LegId leg;
};
BOOST_DESCRIBE_STRUCT(TalkLeg, (), (leg))

/// Answers a REFER: 202, or a refusal (603, 501, 4xx).
struct AnswerRefer {
  LegId leg;
  ReferId refer = 0;
  int code = 202;
};
BOOST_DESCRIBE_STRUCT(AnswerRefer, (), (leg, refer, code))

/// NOTIFY of an accepted REFER with a sipfrag status line; `final` ends the subscription (RFC
/// 3515). Done when the phone has answered it; failed with 481 also where it wants none (RFC 4488).
struct NotifyRefer {
  LegId leg;
  ReferId refer = 0;
  int code = 100;
  bool final = false;
};
BOOST_DESCRIBE_STRUCT(NotifyRefer, (), (leg, refer, code, final))

/// For an agent's session at Amazon Connect, by the bridge that has the lease. Answered by a
/// BridgeDone, not by a CommandResult, or by nothing; never put out twice.
struct BridgeCommand {
  std::string agent;
  BridgeId bridge = 0;
  message::BridgeOrder order;
};
BOOST_DESCRIBE_STRUCT(BridgeCommand, (), (agent, bridge, order))

using CommandBody = std::variant<RingLeg, AnswerLeg, DialLeg, ParkLeg, BridgeLegs, EndLeg, MuteLeg,
                                 SendDtmf, TalkLeg, AnswerRefer, NotifyRefer, BridgeCommand>;

struct Command {
  CommandId id = 0;
  CommandBody body;
};
BOOST_DESCRIBE_STRUCT(Command, (), (id, body))

}  // namespace baton::core
