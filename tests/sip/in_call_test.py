"""What happens inside a call: hold from either side, mute, digits, PRACK, UPDATE, early media, delayed offers."""

from __future__ import annotations

import pytest

from harness.marks import with_directory
from harness.samples import DIAL_PAD
from harness.world import INBOUND, World
from peer import HOLD, talk


async def test_hold_and_resume_from_the_desktop(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("InboundCall", "Hold")
    held = await talking.desktop.call_event("hold", "inbound")
    assert held["ButtonStates"]["items"]["resume"] == "Enable" and held["ButtonStates"]["items"]["hold"] == "Hide"
    await talking.customer.hears(HOLD)
    await talking.desktop.publish("InboundCall", "Resume")
    resumed = await talking.desktop.call_event("connected", "inbound")
    assert resumed["ButtonStates"]["items"]["hold"] == "Enable"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_hold_and_resume_from_the_phone(world: World):
    talking = await world.talking("agent1")
    assert (await talking.agent.hold()).status == 200
    await talking.desktop.call_event("hold", "inbound")
    assert talking.customer.session.agreed in ("recvonly", "inactive")
    assert (await talking.agent.resume()).status == 200
    await talking.desktop.call_event("connected", "inbound")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_a_resume_by_a_reinvite_without_offer(world: World):
    """RFC 3261, 14.2: our offer is as if the call were new, and the answer in the ACK takes the hold back."""
    talking = await world.talking("agent1")
    assert (await talking.agent.hold()).status == 200
    await talking.desktop.call_event("hold", "inbound")
    assert (await talking.agent.reinvite("sendrecv", sdp=False)).status == 200
    await talking.desktop.call_event("connected", "inbound")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_hold_and_resume_from_the_customer(world: World):
    talking = await world.talking("agent1")
    assert (await talking.customer.hold()).status == 200
    assert talking.agent.session.agreed in ("recvonly", "inactive")
    assert (await talking.customer.resume()).status == 200
    await talk(talking.customer, talking.agent)
    await talking.agent.hangup()


async def test_a_held_customer_hangs_up(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.customer.hangup()
    await talking.agent.ended(by="them")
    await talking.desktop.call_event("ACW", "agent")


async def test_mute_is_a_change_of_direction(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("Agent", "Mute")
    muted = await talking.desktop.expect("Agent/SetAgentState", lambda m: m["data"]["muted"] is True)
    assert muted["message"]["rules"]["ButtonStates"] == {"items": {"mute": "Hide", "unmute": "Enable"}, "count": 2}
    await talking.agent.hears(talking.customer)
    await talking.agent.peer.until(lambda: not talking.agent.session.sends, "the muted direction")
    await talking.desktop.publish("Agent", "Unmute")
    await talking.desktop.expect("Agent/SetAgentState", lambda m: m["data"]["muted"] is False)
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_digits_by_info(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("InboundCall", "SendDTMF", "12#")
    await talking.customer.peer.until(lambda: talking.customer.digits == "12#", "the digits")
    await talking.customer.hangup()


async def test_digits_are_on_no_disk(world: World):
    """They may be a card's number: not in the store with its journal, and not in the log."""
    talking = await world.talking("agent1")
    digits = "4929123456789012"
    await talking.desktop.publish("InboundCall", "SendDTMF", digits, id="the-digits")
    await talking.customer.peer.until(lambda: talking.customer.digits == digits, "the digits")
    files = [path for path in world.folder.rglob("*") if path.is_file() and "baton.db" in path.name or path.suffix == ".log"]
    kept = b"".join(path.read_bytes() for path in files)
    assert b"the-digits" in kept and digits.encode() not in kept
    await talking.customer.hangup()


async def test_digits_to_a_peer_that_has_no_info(world: World):
    customer = await world.customer()
    customer.allow.remove("INFO")
    talking = await world.talking("agent1", customer)
    await talking.desktop.publish("InboundCall", "SendDTMF", "1")
    await talking.desktop.error("SEND_DTMF_FAILED")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_digits_in_the_audio_pass_straight_through(world: World):
    talking = await world.talking("agent1")
    assert "101" in talking.agent.session.remote.audio.formats, "telephone-event is passed on"
    talking.customer.media.send_digit(7)
    await talking.agent.hears(talking.customer)
    assert 7 in talking.agent.media.digits
    await talking.customer.hangup()


async def test_the_customer_updates(world: World):
    talking = await world.talking("agent1")
    response = await talking.customer.update()
    assert response.status == 200
    await talk(talking.customer, talking.agent)
    assert (await talking.customer.update(sdp=False)).status == 200
    await talking.customer.hangup()


async def test_the_customer_updates_while_he_waits(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND, wait=True)
    assert (await call.update()).status == 200
    assert (await call.reinvite()).status == 200
    assert (await call.reinvite(sdp=False)).status == 200
    await call.hangup()


async def test_a_delayed_offer_of_the_customer(world: World):
    customer = await world.customer()
    desktop, phone = await world.agent("agent1")
    call = await customer.call(INBOUND, sdp=False, wait=True)
    await desktop.offered()
    await desktop.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talk(call, leg)
    await call.hangup()


async def test_the_phone_refreshes_its_description(world: World):
    talking = await world.talking("agent1")
    assert (await talking.agent.reinvite(sdp=False)).status == 200
    await talk(talking.customer, talking.agent)
    assert (await talking.agent.update()).status == 200
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.parametrize("status", [180, 183])
async def test_the_target_rings_reliably(world: World, status: int):
    """100rel (RFC 3262): the server PRACKs."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    assert "100rel" in (target.invite.get("Supported") or "")
    await target.ring(status, reliable=True, sdp=status == 183)
    assert world.carrier.received("PRACK")
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_the_target_sends_update_before_it_answers(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring(183, reliable=True, sdp=True)
    assert (await target.update()).status == 200
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


def answered_by_the_agent(directory):
    directory["queues"][0]["answer"] = "on_agent"


@with_directory(answered_by_the_agent)
async def test_a_customer_who_requires_100rel_gets_a_reliable_180(world: World):
    """RFC 3262, 3: his PRACK is answered, and the 180 is not sent again after it."""
    desktop, phone = await world.agent("agent1")
    customer = await world.customer()
    customer.supported = ["100rel"]
    call = await customer.call(INBOUND, headers=[("Require", "100rel")])
    ringing = await call.ringing(180)
    assert "100rel" in ringing["Require"] and int(ringing["RSeq"]) >= 1
    await customer.expect("200 PRACK")
    await desktop.offered()
    await desktop.answer()
    leg = await phone.incoming()
    await call.answered()
    await leg.answered()
    await talk(call, leg)
    assert len(customer.received("180 INVITE", retransmissions=True)) == 1
    await call.hangup()


async def test_an_unknown_extension_is_refused_with_420(world: World):
    call = await (await world.customer()).call(INBOUND, headers=[("Require", "teleportation")])
    assert (await call.refused(420))["Unsupported"] == "teleportation"


async def test_a_description_that_is_none_is_refused(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND, sdp=b"this is no description\r\n")
    assert (await call.refused()).status in (400, 488)


async def test_no_common_codec_is_refused_by_the_source(world: World):
    customer = await world.customer()
    call = await customer.call(INBOUND, sdp=b"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                               b"m=audio 4000 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n")
    await call.refused(488)
