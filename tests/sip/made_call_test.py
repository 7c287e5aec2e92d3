"""Calls that the agent makes: from the desktop (SetMakeCall), and by dialling on his own phone."""

from __future__ import annotations

from harness.marks import with_directory
from harness.samples import DIAL_PAD, SASI, quick_connect
from harness.world import World
from peer import talk


async def test_from_the_desktop_to_an_external_quick_connect(world: World):
    desktop, phone = await world.agent("agent1")
    await desktop.publish("InboundCall", "SetMakeCall", quick_connect("Sasi_Chime"), id="call-1")
    own = await phone.incoming()
    assert "answer-after=0" in own.invite["Call-Info"]
    await own.answered()
    called = await world.carrier.incoming()
    assert called.invite.uri.user == SASI and called.invite.from_.uri.user == "+18005550100"
    connecting = await desktop.call_event("connecting", "outbound")
    assert connecting["ResponseActual"]["phoneNumber"] == SASI
    await called.answer()
    await desktop.call_event("connected", "outbound")
    await talk(own, called)
    await called.hangup()
    await own.ended(by="them")
    await desktop.call_event("ACW", "agent")


async def test_a_number_that_is_busy_is_told_and_leaves_no_after_call_work(world: World):
    desktop, phone = await world.agent("agent1")
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD, id="call-1")
    own = await phone.incoming()
    await own.answered()
    called = await world.carrier.incoming()
    await called.reject(486)
    error = await desktop.error("MAKE_CALL_FAILED")
    assert error["reason"] == "busy" and error["errorMessage"] == "Make call failed."
    await own.ended(by="them")
    await desktop.agent_state("Available")
    await world.no_leg_is_left()


async def test_a_number_that_hangs_up_before_it_is_joined_is_told(world: World):
    desktop, phone = await world.agent("agent1")
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    own = await phone.incoming()
    await own.answered()
    called = await world.carrier.incoming()
    own.manual_reinvites = True
    await called.answer()
    await phone.until(lambda: own.waiting_reinvites, "the join's re-INVITE")
    await called.hangup()
    error = await desktop.error("MAKE_CALL_FAILED")
    assert error["reason"] == "rejected"
    await own.answer_reinvite()
    await own.ended(by="them")
    await desktop.agent_state("Available")
    await world.no_leg_is_left()


async def test_the_agent_gives_up_while_it_rings(world: World):
    desktop, phone = await world.agent("agent1")
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    own = await phone.incoming()
    await own.answered()
    called = await world.carrier.incoming()
    await called.ring()
    await desktop.publish("InboundCall", "Disconnect")
    await called.ended(by="them")
    assert called.cancelled
    await own.ended(by="them")
    await desktop.call_event("Dropped", "agent")
    assert not desktop.seen("Error/ApiError"), "what he asked for is no failure"
    await world.no_leg_is_left()


async def test_a_queue_or_an_agent_is_not_called_yet(world: World):
    desktop, _ = await world.agent("agent1")
    for name in ("CallSummary-HVOC-Queue", "Agent Two"):
        await desktop.publish("InboundCall", "SetMakeCall", quick_connect(name))
        assert (await desktop.error("MAKE_CALL_FAILED"))["reason"] == "notSupported"


async def test_by_dialling_on_his_own_phone(world: World):
    desktop, phone = await world.agent("agent1")
    own = await phone.call(DIAL_PAD)
    called = await world.carrier.incoming()
    assert called.invite.uri.user == DIAL_PAD and called.invite.from_.uri.user == "+18005550100"
    await desktop.agent_state("Busy")
    await called.answer()
    await own.answered()
    await desktop.call_event("connected", "outbound")
    await talk(own, called)
    await own.hangup()
    await called.ended(by="them")


def no_dial_pad(directory):
    directory["agents"][0]["allowedDestinations"] = {"dialPad": False}


@with_directory(no_dial_pad)
async def test_who_may_not_dial_freely_may_not_do_so_by_phone_either(world: World):
    desktop, phone = await world.agent("agent1")
    call = await phone.call(DIAL_PAD)
    await call.refused(403)
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    assert (await desktop.error("MAKE_CALL_FAILED"))["reason"] == "destinationNotPermitted"
    assert not world.carrier.received("INVITE")
