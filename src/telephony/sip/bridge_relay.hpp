#pragma once

#include "telephony/sip/dialog_transaction.hpp"

struct sip_s;

namespace baton::telephony::sip {

class Leg;

// Offers that come from a party, and refreshes. Loop thread only.

/// A party's re-INVITE or UPDATE: in a bridge its offer is carried to the other party and the
/// answer back; a parked party is answered here. Answers 491 while an exchange of ours is under way
/// (RFC 3261 section 14.2, RFC 3311 section 5.2). One that waits for its back-off is not: then the
/// party is answered with what the other last said, ours follows, and what has changed is told
/// behind it.
void bridge_peer_offer(Leg& leg, ServerTransaction transaction, const sip_s* sip);

/// Tells the party that is joined to the leg what the leg now is, where what it was told no longer
/// holds: by a re-INVITE, once what its legs have to do before is done.
void bridge_tell_peer(Leg& leg);

/// Refreshes a session by a re-INVITE with unchanged SDP (RFC 4028 section 7.4).
void bridge_refresh(Leg& leg);

}  // namespace baton::telephony::sip
