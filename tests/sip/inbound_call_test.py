"""A call comes in, waits, is offered, is answered, and both hear each other."""

from __future__ import annotations

import math
import struct
import wave

import pytest

from harness.marks import with_directory
from harness.samples import DIAL_PAD
from harness.world import INBOUND, World
from peer import QUEUE, Address, Uri, talk


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
    passes_what_it_should(leg.invite, call)
    assert "+12025550199" in leg.invite["From"]
    await leg.answered()
    await desktop.call_event("connected", "agent")

    await desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    passes_what_it_should(target.invite, call)
    for private in (leg.call_id, "agent1", str(phone.transport.port)):
        assert private not in "".join(f"{n}: {v}\n" for n, v in target.invite.headers), "no trace of the agent's phone"
    await target.reject(486)
    await desktop.transfer("failed")
    await call.hangup()


def passes_what_it_should(invite, call) -> None:
    assert "+12025550199" in invite["P-Asserted-Identity"]
    assert invite["User-to-User"].startswith("56a390f3d2b7310023a2")
    assert invite["X-Case-Id"] == "4711"
    assert "X-Private" not in invite and "Subject" not in invite
    headers = "".join(f"{n}: {v}\n" for n, v in invite.headers)
    assert "inner" not in headers, "which program the customer's carrier runs is nobody's business"
    assert call.call_id not in headers and str(call.peer.transport.port) not in headers, \
        "no trace of the customer's own signalling"


@pytest.mark.config({"trunk.carrier.caller_id": "", "trunk.carrier.allowed_caller_ids": []})
async def test_a_trunk_that_may_show_no_number_shows_none(world: World):
    talking = await world.talking("agent1", await world.customer("+12025550199"))
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    assert target.invite.from_.uri.user == "anonymous" and "+12025550199" not in target.invite["From"]
    await target.reject(486)
    await talking.customer.hangup()


ANY_CALLER_ID = {"trunk": {"carrier": {"caller_id": "+18005550100", "allowed_caller_ids": ["*"]}}}


@pytest.mark.parametrize("seen", [
    pytest.param("+18005550100", id="its own, where the trunk allows no other"),
    pytest.param("+12025550199", id="the customer's, where it does", marks=pytest.mark.config(ANY_CALLER_ID))])
async def test_the_caller_id_is_one_that_the_trunk_allows(world: World, seen: str):
    talking = await world.talking("agent1", await world.customer("+12025550199"))
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    assert target.invite.from_.uri.user == seen
    await target.reject(486)
    await talking.customer.hangup()


@pytest.fixture
def sound_files(world: World, tmp_path) -> World:
    """A tone for each of the three sounds, in the folder of the configuration file."""
    for name, tone in (("queue", 1000), ("hold", 1300), ("ringback", 1900)):
        with wave.open(str(tmp_path / f"{name}.wav"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * tone * n / 8000)))
                                      for n in range(8000)))
    return world


@pytest.mark.config({"sip.queue_sound": "queue.wav", "sip.hold_sound": "hold.wav", "sip.ringback_sound": "ringback.wav"})
async def test_whoever_waits_hears_the_configured_files(sound_files: World):
    world = sound_files
    customer = await world.customer()
    call = await customer.call(INBOUND, wait=True)
    await call.hears(1000)
    desktop, phone = await world.agent("agent1")
    await desktop.offered()
    await desktop.answer()
    await (await phone.incoming()).answered()
    await desktop.call_event("connected", "agent")
    await desktop.publish("InboundCall", "Hold")
    await call.hears(1300)
    await desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await call.hears(1900)
    await call.hangup()


async def test_a_number_that_is_not_ours_is_not_found(world: World):
    call = await (await world.customer()).call("+18005550199")
    await call.refused(404)


async def test_a_trunk_never_reaches_the_outside(world: World):
    call = await (await world.customer()).call("+12082097345")
    await call.refused(404)
    assert not world.carrier.received("INVITE")


async def test_strangers_and_scans_are_refused_and_counted(world: World):
    stranger = await world.stranger("127.0.0.2")
    call = await stranger.call(INBOUND)
    assert (await call.refused()).status == 403
    assert (await stranger.try_register()).status == 401, "a login that is nobody's is challenged like any other"
    stranger.server_name = "sip.example.com"
    assert (await stranger.try_register()).status == 403, "another's domain"
    uri = Uri("agent1", *world.server.sip["udp"])
    for method, status in (("SUBSCRIBE", 405), ("MESSAGE", 405), ("PUBLISH", 405), ("REFER", 603)):
        scan = stranger.new_request(method, uri, Address(uri))
        assert (await stranger.send_request(scan)).status == status, method
    forger = await world.stranger("127.0.0.3", "agent1")
    call = await forger.call(INBOUND)
    assert (await call.refused()).status == 407, "whoever says he is an agent is challenged"
    figures = await world.metrics()
    assert figures["baton_sip_unknown_peer_total"] == 1 and figures["baton_sip_challenged_total"] == 2
    assert figures["baton_sip_foreign_registers_total"] == 1 and figures["baton_sip_method_refused_total"] == 4


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
