"""A call comes in, waits, is offered, is answered, and both hear each other."""

from __future__ import annotations

import pytest

from harness.marks import with_directory
from harness.world import INBOUND, World
from peer import QUEUE, talk


async def test_a_customer_waits_and_then_talks_to_the_agent_who_answers(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND)
    await call.answered()
    await call.hears(QUEUE)

    phone = await world.phone("agent1")
    desktop = await world.desktop("agent1")
    offer = await desktop.offered()
    assert offer["ButtonStates"]["items"]["answer"] == "Enable"
    await desktop.agent_state("PendingBusy")
    assert not phone.received("INVITE"), "the phone rings only after Answer"

    await desktop.answer()
    leg = await phone.incoming()
    assert "answer-after=0" in leg.invite["Call-Info"] and "Alert-Info" in leg.invite
    await leg.answered()
    await desktop.call_event("connected", "agent")
    await desktop.call_event("connected", "inbound")
    await desktop.agent_state("Busy")
    await talk(call, leg)
    assert call.peers_media == (leg.media.host, leg.media.port), "the media goes straight between the parties"

    await call.hangup()
    await leg.ended(by="them")
    await desktop.call_event("ACW", "agent")
    await desktop.agent_state("AfterCallWork")
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")


async def test_the_agent_idle_longest_is_offered_the_call(world: World):
    first, _ = await world.agent("agent2")
    second, _ = await world.agent("agent1")
    customer = await world.customer()
    call = await customer.call(INBOUND)
    await first.offered()
    other = await (await world.customer()).call(INBOUND)
    await second.offered()
    assert len(first.seen("InboundCall/InboundCallStateChange")) == \
        sum(e["message"]["call"]["event"] == "connecting" for e in first.seen("InboundCall/InboundCallStateChange"))
    await call.hangup()
    await other.hangup()


def answered_by_the_agent(directory):
    directory["queues"][0]["answer"] = "on_agent"


@with_directory(answered_by_the_agent)
async def test_a_queue_may_leave_the_customer_ringing_until_the_agent_answers(world: World):
    desktop, phone = await world.agent("agent1")
    customer = await world.customer()
    call = await customer.call(INBOUND)
    await call.ringing(180)
    await desktop.offered()
    assert call.state == "ringing"
    await desktop.answer()
    leg = await phone.incoming()
    await call.answered()
    await leg.answered()
    await talk(call, leg)
    await leg.hangup()
    await call.ended(by="them")


@with_directory(answered_by_the_agent)
async def test_a_ringing_customer_who_hangs_up_ends_the_offer(world: World):
    desktop, _ = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND)
    await desktop.offered()
    await call.hangup()
    await call.refused(487)
    await desktop.agent_state("Available")


@pytest.mark.config({"sip.pass_headers": ["X-Case-Id"]})
async def test_what_matters_to_a_contact_centre_passes_and_the_rest_does_not(world: World):
    desktop, phone = await world.agent("agent1")
    customer = await world.customer("+12025550199")
    call = await customer.call(INBOUND, headers=[
        ("P-Asserted-Identity", "<sip:+12025550199@127.0.0.1>"), ("User-to-User", "56a390f3d2b7310023a2;encoding=hex"),
        ("X-Case-Id", "4711"), ("X-Private", "secret"), ("Subject", "private"), ("Server", "inner")])
    await call.answered()
    offer = await desktop.offered()
    assert offer["CallVariables"]["ANI"] == "+12025550199" and offer["CallVariables"]["DNIS"] == INBOUND
    await desktop.answer()
    leg = await phone.incoming()
    invite = leg.invite
    assert "+12025550199" in invite["P-Asserted-Identity"]
    assert invite["User-to-User"].startswith("56a390f3d2b7310023a2")
    assert invite["X-Case-Id"] == "4711"
    assert "X-Private" not in invite and "Subject" not in invite
    assert "+12025550199" in invite["From"]
    text = str(invite)
    assert call.call_id not in text and str(customer.transport.port) not in \
        "".join(f"{n}: {v}" for n, v in invite.headers), "no trace of the customer's own signalling"
    await leg.answered()
    await call.hangup()


async def test_a_number_that_is_not_ours_is_not_found(world: World):
    call = await (await world.customer()).call("+18005550199")
    assert (await call.refused()).status in (403, 404)


async def test_a_trunk_never_reaches_the_outside(world: World):
    call = await (await world.customer()).call("+12082097345")
    assert (await call.refused()).status in (403, 404)
    assert not world.carrier.received("INVITE")


async def test_a_stranger_is_refused_and_a_foreign_registration_too(world: World):
    stranger = await world.stranger("127.0.0.2")
    call = await stranger.call(INBOUND)
    assert (await call.refused()).status == 403
    assert (await stranger.try_register()).status in (401, 403, 404)
    forger = await world.stranger("127.0.0.3", "agent1")
    call = await forger.call(INBOUND)
    assert (await call.refused()).status in (401, 407), "whoever says he is an agent is challenged"


async def test_the_wrong_password_registers_nobody(world: World):
    phone = await world.phone("agent1", register=False, password="wrong-password")
    assert (await phone.try_register()).status in (401, 403)
    desktop = await world.desktop("agent1", state=None)
    await desktop.login_agent(state=None)
    await desktop.publish("Agent", "UpdateState", {"label": "Available", "code": "Available", "type": "routable"})
    assert (await desktop.error("UPDATE_AGENT_STATE_FAILED"))["reason"] == "agentUnavailable"


async def test_a_registration_ends(world: World):
    phone = await world.phone("agent1")
    assert (await phone.register(expires=0)).status == 200
    desktop = await world.desktop("agent1", state=None)
    await desktop.login_agent(state=None)
    await desktop.publish("Agent", "UpdateState", {"label": "Available", "code": "Available", "type": "routable"})
    assert (await desktop.error("UPDATE_AGENT_STATE_FAILED"))["reason"] == "agentUnavailable"


async def test_all_phones_of_an_agent_ring_and_one_wins(world: World):
    one = await world.phone("agent1")
    other = await world.phone("agent1")
    one.answers_when_told = other.answers_when_told = False
    desktop = await world.desktop("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    await desktop.offered()
    await desktop.answer()
    first, second = await one.incoming(), await other.incoming()
    await first.ring()
    await second.ring()
    await first.answer()
    await second.ended(by="them")
    await talk(call, first)
    await call.hangup()
    await first.ended(by="them")


async def test_an_agents_own_phone_calls_in_and_is_challenged(world: World):
    """A number of ours that an agent dials is routed inside, to its queue."""
    desktop, phone = await world.agent("agent2")
    caller = await world.phone("agent1")
    call = await caller.call(INBOUND)
    await call.refused(403)  # He is not signed in.
    own = await world.desktop("agent1")
    await own.go("Break")
    caller.log.clear()
    call = await caller.call(INBOUND)
    await call.answered()
    assert len(caller.sent("INVITE")) == 2, "the first INVITE was challenged"
    await desktop.offered()
    await desktop.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await call.hangup()
    await leg.ended(by="them")
