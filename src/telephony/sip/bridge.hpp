#pragma once

#include "core/command.hpp"
#include "telephony/sip/leg.hpp"

namespace baton::telephony::sip {

// What a switch does with the media of legs that are up, as jobs (leg_job.hpp). Each answers its
// completion once, by its deadline at the latest. Loop thread only.

/// core::AnswerLeg.
void bridge_answer(Leg& leg, core::Sound sound, Completion completion);
/// core::ParkLeg.
void bridge_park(Leg& leg, core::Sound sound, Completion completion);
/// core::BridgeLegs, by the flows of RFC 3725 that never leave an offer open while a human rings.
void bridge_join(Leg& a, Leg& b, Completion completion);
/// core::MuteLeg.
void bridge_mute(Leg& leg, bool muted, Completion completion);

}  // namespace baton::telephony::sip
