"""The agent takes the customer back."""

from __future__ import annotations

from harness.samples import DIAL_PAD, quick_connect
from harness.world import World
from peer import talk


async def test_before_the_release_he_still_has_him(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.transfer("alerting")
    await talking.desktop.publish("InboundCall", "CancelTransfer")
    canceled = await talking.desktop.transfer("canceled")
    assert canceled["custody"] == "agent"
    await target.ended(by="them")
    assert target.cancelled
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_while_it_rings_after_the_release(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    accepted = await talking.desktop.transfer("accepted")
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.publish("InboundCall", "CancelTransfer", {"transferId": accepted["transferId"]})
    await target.ended(by="them")
    back = await talking.agent.peer.incoming()
    await back.answered()
    canceled = await talking.desktop.transfer("canceled")
    assert canceled["custody"] == "agent" and canceled["reason"] == "canceled"
    await talk(talking.customer, back)
    assert not talking.desktop.seen("Error/ApiError"), "what was asked for is no failure"
    await talking.customer.hangup()


async def test_the_cancel_crosses_the_200(world: World):
    """The journal's order decides; the later 2xx is acknowledged and ended."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    held = world.carrier.faults.hold_back("200 INVITE")
    await target.answer(wait=False)
    await talking.desktop.publish("InboundCall", "CancelTransfer")
    await world.carrier.expect("CANCEL")
    held.release()
    await target.ended(by="them")
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("canceled")
    await talk(talking.customer, back)
    await talking.customer.hangup()
    await world.no_leg_is_left()


async def test_after_the_answer_it_is_too_late(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.desktop.publish("InboundCall", "CancelTransfer", id="late")
    error = await talking.desktop.error("CANCEL_TRANSFER_FAILED")
    assert error["reason"] in ("noActiveCall", "transferInProgress")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_out_of_the_queue(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await talking.desktop.transfer("queued")
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.publish("InboundCall", "CancelTransfer")
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("canceled")
    await talk(talking.customer, back)
    await talking.customer.hangup()


async def test_while_another_agent_is_offered(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect("Agent Two"))
    await receiver.offered()
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.publish("InboundCall", "CancelTransfer")
    back = await talking.agent.peer.incoming()
    await back.answered()
    await talking.desktop.transfer("canceled")
    await receiver.agent_state("Available")
    await talk(talking.customer, back)
    await talking.customer.hangup()


async def test_a_supervisor_may_cancel_any(world: World):
    talking = await world.talking("agent1")
    boss = await world.rest("supervisor1", "supervisor")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await target.ring()
    accepted = await talking.desktop.transfer("accepted")
    answer = await boss.message("InboundCall", "CancelTransfer", {"transferId": accepted["transferId"]},
                                agent="agent1")
    assert answer.status == 202, answer.body
    await talking.desktop.transfer("canceled")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
