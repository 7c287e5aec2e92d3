"""Each party hangs up at each stage: nobody is left behind, and within five seconds no leg is left."""

from __future__ import annotations

import pytest

from harness.samples import DIAL_PAD, quick_connect
from harness.world import INBOUND, World
from peer import talk


async def test_the_customer_while_he_waits(world: World):
    call = await (await world.customer()).call(INBOUND, wait=True)
    await call.hangup()
    await world.no_leg_is_left()


async def test_the_customer_while_he_is_offered(world: World):
    desktop, _ = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    await desktop.offered()
    await call.hangup()
    await desktop.agent_state("Available")
    await world.no_leg_is_left()


async def test_the_customer_while_the_agents_phone_rings(world: World):
    desktop, phone = await world.agent("agent1")
    phone.answers_when_told = False
    call = await (await world.customer()).call(INBOUND, wait=True)
    await desktop.offered()
    await desktop.answer()
    leg = await phone.incoming()
    await leg.ring()
    await call.hangup()
    await leg.ended(by="them")
    assert leg.cancelled
    await world.no_leg_is_left()


@pytest.mark.parametrize("who", ["customer", "phone", "desktop"])
async def test_while_they_talk(world: World, who: str):
    talking = await world.talking("agent1")
    if who == "customer":
        await talking.customer.hangup()
        await talking.agent.ended(by="them")
    elif who == "phone":
        await talking.agent.hangup()
        await talking.customer.ended(by="them")
    else:
        await talking.desktop.publish("InboundCall", "Disconnect")
        await talking.agent.ended(by="them")
        await talking.customer.ended(by="them")
    await talking.desktop.call_event("ACW", "agent")
    await talking.desktop.agent_state("AfterCallWork")
    await world.no_leg_is_left()


async def test_the_desktop_while_the_target_is_dialled_and_refuses(world: World):
    """He has let go, although the customer's phone has not answered its hold yet: he is rung like one who has gone."""
    talking = await world.talking("agent1")
    talking.customer.manual_reinvites = True
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await talking.desktop.publish("InboundCall", "Disconnect")
    await talking.customer.peer.until(lambda: talking.customer.waiting_reinvites, "the hold")
    await target.reject(486)
    await talking.desktop.transfer("returning")
    talking.customer.manual_reinvites = False
    while talking.customer.waiting_reinvites:
        await talking.customer.answer_reinvite()
    await talking.agent.ended(by="them")
    offer = await talking.desktop.offered()
    assert offer["ResponseActual"]["contactId"] == talking.contact_id
    await talking.desktop.answer()
    leg = await talking.agent.peer.incoming()
    await leg.answered()
    assert (await talking.desktop.transfer("returned"))["reason"] == "busy"
    await talk(talking.customer, leg)
    await talking.customer.hangup()


async def test_the_customer_while_the_target_is_dialled(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
    await target.ended(by="them")
    assert target.cancelled
    await talking.agent.ended(by="them")
    await world.no_leg_is_left()


async def test_the_customer_while_the_target_rings(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await talking.customer.hangup()
    told = await talking.desktop.transfer("abandoned")
    assert told["custody"] == "gone" and told["reason"] == "customerHungUp"
    await target.ended(by="them")
    assert target.cancelled
    await world.no_leg_is_left()


async def test_the_customer_before_the_target_has_answered_anything(world: World):
    """CANCEL may only go out after a provisional response (RFC 3261, 9.1): it waits for one."""
    talking = await world.talking("agent1")
    held = world.carrier.faults.hold_back("100 INVITE")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()

    async def given_up() -> None:
        """The agent's phone was told to end as the target was; the answer to OPTIONS leaves the server after either."""
        await talking.customer.hangup()
        await talking.desktop.transfer("abandoned")
        await talking.agent.ended(by="them")
        await world.carrier.options()

    await world.carrier.expect_no("CANCEL", until=given_up())
    held.release()
    await target.ended(by="them")
    assert target.cancelled


async def test_the_customer_as_the_target_answers(world: World):
    """The 200 and the customer's BYE cross: the target is acknowledged and ended."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    held = world.carrier.faults.hold_back("200 INVITE")
    await target.answer(wait=False)
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
    held.release()
    await target.ended(by="them")
    await world.no_leg_is_left()


@pytest.mark.parametrize("how", ["bye", "disconnect", "logout"])
@pytest.mark.parametrize("ringing", [False, True])
async def test_the_agent_during_the_transfer_is_a_release(world: World, how: str, ringing: bool):
    talking = await world.talking("agent1")
    desktop = talking.desktop
    await desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    if ringing:
        await target.ring()
        await desktop.transfer("alerting")
    else:
        await desktop.transfer("dialing")
    if how == "bye":
        await talking.agent.hangup()
    elif how == "disconnect":
        await desktop.publish("InboundCall", "Disconnect")
    else:
        await desktop.publish("Agent", "Logout")
    await target.answer()
    await desktop.transfer("connected")
    assert talking.agent.state == "ended"
    await talk(talking.customer, target)
    await talking.customer.hangup()
    await target.ended(by="them")


@pytest.mark.config({"transfer.park_timeout_ms": 10000})
async def test_who_signs_out_during_the_transfer_keeps_his_leg_until_the_customer_is_parked(world: World):
    """Else the customer's media would go on to his phone."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    customer = talking.customer.peer
    held = customer.faults.hold_back("200 INVITE")

    async def signed_out() -> None:
        """The answer to OPTIONS leaves the server after what goes out with the hold."""
        await talking.desktop.publish("Agent", "Logout")
        await talking.desktop.expect("Agent/LogoutSuccess")
        await customer.until(lambda: held.held, "the hold")
        await talking.agent.peer.options()

    await talking.agent.peer.expect_no("BYE", until=signed_out())
    held.release()
    await talking.agent.ended(by="them")
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
    await target.ended(by="them")


@pytest.mark.parametrize("who", ["customer", "target"])
async def test_after_the_transfer(world: World, who: str):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    one, other = (talking.customer, target) if who == "customer" else (target, talking.customer)
    await one.hangup()
    await other.ended(by="them")
    await talking.desktop.transfer("completed")
    await world.no_leg_is_left()


async def test_the_customer_while_he_waits_in_the_queue_of_the_transfer(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"))
    await talking.desktop.transfer("queued")
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
    await world.no_leg_is_left()


async def test_the_customer_while_the_receiving_agent_is_offered(world: World):
    talking = await world.talking("agent1")
    receiver, _ = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect("Agent Two"))
    await receiver.offered()
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
    await receiver.agent_state("Available")
    await world.no_leg_is_left()


async def test_the_customer_while_he_comes_back(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await target.reject(486)
    await talking.desktop.transfer("returning")
    await talking.customer.hangup()
    await talking.desktop.transfer("abandoned")
    await world.no_leg_is_left()


@pytest.mark.seconds(120)
async def test_a_phone_that_dies_in_a_call_does_not_keep_the_customer(world: World):
    """It answers nothing any more; it is told BYE at once, and forgotten after timer F (32 s)."""
    talking = await world.talking("agent1")
    talking.agent.peer.silent = True
    await talking.customer.hangup()
    await talking.desktop.call_event("ACW", "agent")
    await talking.agent.expect("BYE")
    talking.agent._end("them")
    await world.no_leg_is_left(within=35)
