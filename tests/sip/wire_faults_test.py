"""Messages that are lost, late, doubled or crossed."""

from __future__ import annotations

import asyncio

import pytest

from harness.samples import DIAL_PAD, quick_connect
from harness.world import INBOUND, World
from peer import QUEUE, Peer, talk
from peer.faults import matches

#: Seconds by which a machine with more work than processors may be late.
A_BUSY_MACHINE = 1.0


async def test_the_200_to_the_customer_is_lost(world: World):
    customer = await world.customer()
    customer.faults.lose_incoming("200 INVITE", times=2)
    call = await customer.call(INBOUND, wait=True)
    assert len([e for e in customer.log if e.note == "lost"]) == 2
    await call.hears(QUEUE)
    await call.hangup()


async def test_the_ack_of_the_customer_is_lost(world: World):
    customer = await world.customer()
    customer.faults.lose_outgoing("ACK", times=2)
    call = await customer.call(INBOUND, wait=True)
    await customer.until(lambda: len(customer.received("200 INVITE", retransmissions=True)) >= 3, "the 200 again")
    await call.hears(QUEUE)
    await call.hangup()


async def test_the_invite_comes_twice(world: World):
    desktop, _ = await world.agent("agent1")
    customer = await world.customer()
    customer.faults.duplicate("INVITE")
    call = await customer.call(INBOUND, wait=True)
    await desktop.offered()
    await call.hears(QUEUE)
    offers = [e for e in desktop.seen("InboundCall/InboundCallStateChange")
              if e["message"]["call"]["event"] == "connecting" and e["message"]["call"]["CallType"] == "agent"]
    assert len(offers) == 1, "one INVITE, one call"
    await call.hangup()


async def test_the_targets_200_is_lost(world: World):
    talking = await world.talking("agent1")
    world.carrier.faults.lose_outgoing("200 INVITE", times=2)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_the_ack_to_the_target_is_lost(world: World):
    talking = await world.talking("agent1")
    world.carrier.faults.lose_incoming("ACK", times=2)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_our_invite_to_the_target_is_lost(world: World):
    talking = await world.talking("agent1")
    world.carrier.faults.lose_incoming("INVITE", times=2)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_our_bye_is_lost(world: World):
    talking = await world.talking("agent1")
    talking.agent.peer.faults.lose_incoming("BYE", times=2)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


async def test_the_answer_to_our_reinvite_is_lost(world: World):
    talking = await world.talking("agent1")
    talking.customer.peer.faults.lose_outgoing("200 INVITE", times=1)
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.customer.hangup()


async def test_the_target_is_answered_by_two_phones(world: World):
    """A forking carrier: the first 2xx wins, the second is acknowledged and ended."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    one = await world.carrier.incoming()
    two = one.fork()
    await one.ring()
    await two.ring()
    await two.answer(wait=False)
    await one.answer(wait=False)
    await one.ended(by="them")
    await talking.desktop.transfer("connected")
    assert two.state == "confirmed"
    await talk(talking.customer, two)
    await talking.customer.hangup()
    await two.ended(by="them")
    await world.no_leg_is_left()


async def test_a_late_200_after_the_cancel_is_acknowledged_and_ended(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"ringTimeoutSeconds": 5, "releaseOn": "answered"})
    target = await world.carrier.incoming()
    await target.ring()
    world.carrier.faults.lose_incoming("CANCEL", times=1000)
    await talking.desktop.transfer("failed", timeout=8)
    await target.answer(wait=False)
    await target.ended(by="them")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_glare_with_the_customers_reinvite(world: World):
    """Both re-INVITE at once: each gets 491, waits as RFC 3261, 14.1 says, and all is well in the end."""
    talking = await world.talking("agent1")
    customer = talking.customer.peer
    held = customer.faults.hold_back("re-INVITE")
    own = asyncio.create_task(talking.customer.reinvite())
    await customer.until(lambda: any("held" in e.note for e in customer.log), "our re-INVITE")
    refusal = customer.faults.hold_back("491 INVITE")
    await talking.desktop.publish("InboundCall", "Hold")
    await customer.until(lambda: refusal.held, "our refusal of the server's re-INVITE")
    held.release()
    assert (await own).status == 491
    refusal.release()
    await talking.desktop.call_event("hold", "inbound", timeout=12)
    await talking.customer.hangup()


async def test_glare_on_the_join(world: World):
    """The customer's 491 to the re-INVITE that joins him to the target is tried again after the back-off."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    talking.customer.refuse_reinvites.append(491)
    talking.customer.refuse_updates.append(491)
    await target.answer(wait=False)
    await talking.desktop.transfer("connected", timeout=12)
    await talk(talking.customer, target)
    await talking.customer.hangup()


def pause_after_491(peer: Peer) -> float:
    """Seconds between our 491 and the re-INVITE that tries again."""
    refused = next(e.at for e in peer.log if not e.incoming and matches("491 INVITE", e.message))
    again = next(e.at for e in peer.log if e.incoming and e.at > refused and matches("re-INVITE", e.message))
    return again - refused


def pause_after_own_offer(peer: Peer) -> float:
    """Seconds between our ACK, which ends our own re-INVITE, and the re-INVITE that was to be tried again."""
    refused = next(i for i, e in enumerate(peer.log) if not e.incoming and matches("491 INVITE", e.message))
    log = peer.log[refused:]
    taken = next(i for i, e in enumerate(log) if e.incoming and matches("200 INVITE", e.message))
    ended = next(e.at for e in log[taken:] if not e.incoming and matches("ACK", e.message))
    again = next(e.at for e in log if e.incoming and matches("re-INVITE", e.message))
    return again - ended


async def test_the_back_off_where_he_called(world: World):
    """RFC 3261, 14.1: 0 to 2 s, since the Call-ID is the customer's."""
    talking = await world.talking("agent1")
    talking.customer.refuse_reinvites.append(491)
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound", timeout=12)
    assert pause_after_491(talking.customer.peer) < 2 + A_BUSY_MACHINE
    await talking.customer.hangup()


async def test_the_back_off_where_we_called(world: World):
    """RFC 3261, 14.1: 2.1 to 4 s, since the Call-ID is ours."""
    desktop, phone = await world.agent("agent1")
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    await (await phone.incoming()).answered()
    called = await world.carrier.incoming()
    await called.answer()
    await desktop.call_event("connected", "outbound")
    called.refuse_reinvites.append(491)
    await desktop.publish("InboundCall", "Hold")
    await desktop.call_event("hold", "outbound", timeout=12)
    assert 2.09 < pause_after_491(world.carrier) < 4 + A_BUSY_MACHINE
    await called.hangup()


async def test_a_hold_of_the_phone_during_our_back_off(world: World):
    """It waits for us as little as we for it: its hold is taken, and the mute follows at once."""
    talking = await world.talking("agent1")
    talking.agent.refuse_reinvites.append(491)
    await talking.desktop.publish("Agent", "Mute")
    phone = talking.agent.peer
    await phone.until(lambda: any(matches("491 INVITE", e.message) for e in phone.log if not e.incoming), "our refusal")
    assert (await talking.agent.hold()).status == 200
    await talking.desktop.call_event("hold", "inbound")
    await talking.desktop.expect("Agent/SetAgentState", lambda m: m["data"]["muted"] is True)
    assert pause_after_own_offer(phone) < 1.5, "2.1 s of back-off at least were left when its hold began"
    talking.desktop.forget()
    await talking.desktop.publish("Agent", "Unmute")
    await talking.desktop.expect("Agent/SetAgentState", lambda m: m["data"]["muted"] is False)
    assert (await talking.agent.resume()).status == 200
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_a_request_for_a_call_that_is_not(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND, wait=True)
    await call.hangup()
    call.state = "confirmed"
    assert (await call.send("INFO").result()).status == 481
    assert (await call.send("BYE").result()).status == 481
    call.state = "ended"


async def test_a_cseq_that_goes_back_is_refused(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND, wait=True)
    assert (await call.send("OPTIONS").result()).status == 200
    call.local_cseq -= 2
    assert (await call.send("OPTIONS").result()).status == 500
    call.local_cseq += 5
    await call.hangup()


async def test_a_customer_whose_port_is_closed_is_found_gone(world: World):
    """His address refuses every datagram (ICMP): he is looked for a second or so, and is then gone for the core, too."""
    talking = await world.talking("agent1")
    other, _ = await world.agent("agent2")
    gone = talking.customer.peer
    gone.silent = True
    gone.transport.transport.close()
    await talking.desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await talking.desktop.transfer("abandoned")
    await talking.agent.ended(by="them")
    await world.no_leg_is_left()
    assert not other.seen("InboundCall/InboundCallStateChange"), "a dead customer is offered to nobody"


@pytest.mark.seconds(90)
async def test_a_customer_who_died_without_a_word_is_not_handed_on(world: World):
    """He is silent as an agent takes him out of the queue: that agent finds nobody, and no other is to."""
    talking = await world.talking("agent1")
    second, phone = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await second.offered()
    third, _ = await world.agent("agent3")
    talking.customer.peer.silent = True
    await second.answer()
    await (await phone.incoming()).answered()
    await second.agent_state("MissedCallAgent")
    await talking.desktop.transfer("abandoned", timeout=40)  # The re-INVITE has 32 s (RFC 3261, timer B).
    assert not third.seen("InboundCall/InboundCallStateChange"), "a customer who does not answer is offered to nobody"
    assert (await world.metrics())["baton_legs_open"] == 0, "the core has let go of him"
    await world.no_leg_is_left(35)  # His BYE is not answered (timer F).


async def test_a_customer_whose_port_is_closed_for_a_moment_stays(world: World):
    talking = await world.talking("agent1")
    peer = talking.customer.peer
    host, port = peer.address
    peer.transport.transport.close()
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "accepted"})
    target = await world.carrier.incoming()
    await peer.transport.open(host, port)
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
