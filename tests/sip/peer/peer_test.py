"""The scripted peer against itself: what the other tests stand on."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest

from peer import Address, Peer, Uri, talk
from peer.digest import Credentials, check
from peer.faults import matches
from peer.media import (HOLD, QUEUE, RINGBACK, ULAW, linear_to_ulaw, power_share, tone_frame)
from peer.message import Request, Response, SipSyntaxError, Via, parse, split_stream
from peer.sdp import Sdp, SdpError, Session


@asynccontextmanager
async def pair(transport: str = "udp", tls=None):
    """Two parties that call each other without a server between."""
    callee = Peer("callee", "bob", ("127.0.0.1", 0), transport=transport, tls=tls)
    await callee.open()
    caller = Peer("caller", "alice", callee.address, transport=transport, tls=tls)
    await caller.open()
    callee.server = caller.address
    try:
        yield caller, callee
        caller.check()
        callee.check()
    finally:
        await caller.close()
        await callee.close()


def test_a_message_is_read_as_it_was_printed():
    request = Request("INVITE", "sip:+18005550100@127.0.0.1:5060;user=phone", [
        ("Via", "SIP/2.0/UDP 127.0.0.1:5070;rport;branch=z9hG4bKa"), ("Max-Forwards", "70"),
        ("f", '"Doe, Jane" <sip:jane@example.org>;tag=1'), ("t", "sip:+18005550100@127.0.0.1"),
        ("i", "abc"), ("CSeq", "1 INVITE"), ("c", "application/sdp")], "v=0\r\n")
    read = parse(request.encode())
    assert isinstance(read, Request)
    assert read.uri == request.uri and read.headers[:-1] == request.headers and read.body == b"v=0\r\n"
    assert read.from_.display == "Doe, Jane" and read.from_.tag == "1" and read.to.tag is None
    assert read.via == Via("UDP", "127.0.0.1", 5070, {"rport": None, "branch": "z9hG4bKa"})


@pytest.mark.parametrize("broken", [
    b"INVITE sip:a@b SIP/2.0\r\n\r\n",
    b"INVITE sip:a@b SIP/2.0\nVia: x\r\n\r\n",
    b"SIP/2.0 999 Odd\r\n\r\n",
    b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n",
    b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 4\r\n\r\nabc",
    b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n",
    b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>\r\nTo: <sip:a@b>\r\n"
    b"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n",
])
def test_a_broken_message_is_noticed(broken: bytes):
    with pytest.raises(SipSyntaxError):
        parse(broken)


def test_messages_are_taken_off_a_stream_one_by_one():
    one = Response(200, None, [("Via", "x")], "abc").encode()
    buffer = bytearray(b"\r\n\r\n" + one + one[:20])
    assert split_stream(buffer) == one
    assert split_stream(buffer) is None
    buffer += one[20:]
    assert split_stream(buffer) == one and not buffer


def test_what_a_spec_means():
    invite = Request("INVITE", "sip:a@b", [("To", "<sip:a@b>"), ("CSeq", "1 INVITE")])
    again = Request("INVITE", "sip:a@b", [("To", "<sip:a@b>;tag=1"), ("CSeq", "2 INVITE")])
    ok = Response(200, None, [("CSeq", "1 INVITE")])
    assert matches("INVITE", invite) and matches("re-INVITE", again) and not matches("re-INVITE", invite)
    assert matches(200, ok) and matches("2xx INVITE", ok) and not matches("200 BYE", ok)
    assert not matches("200", invite) and not matches("INVITE", ok)


def test_digest_is_the_one_of_rfc_2617():
    challenge = ('Digest realm="testrealm@host.com", qop="auth,auth-int", '
                 'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"')
    credentials = Credentials("Mufasa", "Circle Of Life")
    answer = credentials.authorize(challenge, "GET", "/dir/index.html")
    assert check(answer, "GET", "Circle Of Life") and not check(answer, "GET", "wrong")
    assert "nc=00000002" in credentials.authorize(challenge, "GET", "/dir/index.html")
    known = ('Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
             'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", '
             'response="6629fae49393a05397450978507c4ef1"')
    assert check(known, "GET", "Circle Of Life")


def test_tones_are_told_apart():
    assert all(abs(ULAW[linear_to_ulaw(s)] - s) <= max(16, abs(s) // 16) for s in range(-32000, 32000, 97))
    one = [ULAW[b] for b in tone_frame(600)] * 8
    other = [ULAW[b] for b in tone_frame(750)] * 8
    both = [a + b for a, b in zip(one, other, strict=True)]
    assert power_share(one, (600,)) > 0.95 and power_share(one, (750,)) < 0.05
    assert power_share(both, (600,)) < 0.6 and power_share(both, (600, 750)) > 0.95
    assert power_share([0] * 1280, (600,)) == 0
    for sound in (RINGBACK, HOLD, QUEUE):
        assert all(power_share(other, moment) < 0.05 for moment in sound)


def test_the_origin_version_must_rise_with_a_change():
    ours, theirs = Session("127.0.0.1", 4000), Session("127.0.0.1", 5000)
    ours.take_answer(theirs.answer(ours.offer()))
    assert ours.sends and theirs.sends
    ours.direction = "sendonly"
    changed = ours.offer()
    assert Sdp.parse(changed).version == 1
    assert b"a=recvonly" in theirs.answer(changed) and not theirs.sends
    with pytest.raises(SdpError, match="raised by one"):
        theirs.answer(changed.replace(b" 1 IN IP4", b" 5 IN IP4").replace(b"a=sendonly", b"a=inactive"))


def test_an_answer_to_a_hold_may_not_send():
    ours, theirs = Session("127.0.0.1", 4000), Session("127.0.0.1", 5000)
    ours.direction = "sendonly"
    ours.offer()
    with pytest.raises(SdpError, match="sendonly"):
        ours.take_answer(theirs.offer())


async def test_a_call_is_heard_held_and_ended():
    async with pair() as (caller, callee):
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.ring()
        await call.ringing()
        await other.answer()
        await call.answered()
        await talk(call, other)
        assert (await call.hold()).status == 200
        other.media.forget()
        assert other.session.agreed == "recvonly" and not other.media.sends
        assert (await call.resume()).status == 200
        await talk(call, other)
        assert (await other.reinvite(sdp=False)).status == 200
        assert (await call.update()).status == 200
        assert (await call.info("5")).status == 200 and other.digits == "5"
        await other.hangup()
        await call.ended(by="them")
        await callee.expect("200 BYE")


@pytest.mark.parametrize("transport", ["tcp"])
async def test_a_call_over_a_stream(transport: str):
    async with pair(transport) as (caller, callee):
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.answer()
        await talk(call, other)
        await call.hangup()
        await other.ended(by="them")


async def test_lost_messages_come_again():
    async with pair() as (caller, callee):
        caller.t1 = callee.t1 = 0.05
        callee.faults.lose_incoming("INVITE", times=2)
        caller.faults.lose_incoming("200 INVITE")
        caller.faults.lose_outgoing("ACK")
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.answer()
        await call.answered()
        assert len(caller.received("200 INVITE", retransmissions=True)) >= 2
        callee.faults.lose_outgoing("200 BYE")
        await call.hangup()
        await other.ended(by="them")


async def test_a_held_ack_keeps_the_200_coming():
    async with pair() as (caller, callee):
        callee.t1 = 0.05
        held = caller.faults.hold_back("ACK")
        call = await caller.call("bob")
        other = await callee.incoming()
        answering = asyncio.create_task(other.answer())
        await caller.until(lambda: len(caller.received("200 INVITE", retransmissions=True)) >= 3, "three 200s")
        assert other.state == "answered"
        held.release()
        await answering
        assert call.state == other.state == "confirmed"
        await call.hangup()


async def test_cancel_crosses_the_200():
    async with pair() as (caller, callee):
        held = callee.faults.hold_back("200 INVITE")
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.ring()
        await call.ringing()
        await other.answer(wait=False)
        await call.cancel()
        await caller.expect("200 CANCEL")
        held.release()
        await other.ended(by="them")
        assert call.final.status == 200


async def test_a_cancelled_call_is_refused_with_487():
    async with pair() as (caller, callee):
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.ring()
        await call.hangup()
        await call.refused(487)
        await other.ended(by="them")


async def test_forks_are_told_by_their_tags():
    async with pair() as (caller, callee):
        call = await caller.call("bob")
        one = await callee.incoming()
        two = one.fork()
        await one.ring()
        await two.ring()
        await two.answer(wait=False)
        await one.answer(wait=False)
        await call.answered()
        await one.ended(by="them")
        assert len(call.forks) == 1 and two.state == "confirmed"
        await call.hangup()
        await two.ended(by="them")


async def test_reliable_ringing_and_early_audio():
    async with pair() as (caller, callee):
        caller.supported = ["100rel"]
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.ring(183, sdp=True, reliable=True)
        await call.hears(other)
        await other.answer()
        await talk(call, other)
        await call.hangup()


async def test_glare_is_refused_with_491():
    async with pair() as (caller, callee):
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.answer()
        held = [peer.faults.hold_back("re-INVITE") for peer in (caller, callee)]
        tries = [asyncio.create_task(c.reinvite("sendonly")) for c in (call, other)]
        for peer in (caller, callee):
            await peer.until(lambda peer=peer: any("held" in e.note for e in peer.log), "the re-INVITE")
        for one in held:
            one.release()
        assert [(await one).status for one in tries] == [491, 491]
        await call.hangup()


async def test_a_delayed_offer_is_answered_in_the_ack():
    async with pair() as (caller, callee):
        call = await caller.call("bob", sdp=False)
        other = await callee.incoming()
        await other.answer()
        assert callee.received("ACK")[0].has_sdp
        await talk(call, other)
        await other.hangup()


async def test_refer_and_what_the_notify_tells():
    async with pair() as (caller, callee):
        call = await caller.call("bob")
        other = await callee.incoming()
        other.refer_status = 202
        await other.answer()
        assert (await call.refer("+12082097345")).status == 202
        other.send("NOTIFY", [("Event", "refer"), ("Subscription-State", "terminated;reason=noresource"),
                              ("Content-Type", "message/sipfrag")], b"SIP/2.0 200 OK\r\n")
        await call.told(200)
        assert call.refer_over
        await call.hangup()


async def test_notify_talk_picks_up():
    async with pair() as (caller, callee):
        callee.understands_talk = True
        call = await caller.call("bob")
        other = await callee.incoming()
        await other.ring()
        await call.ringing()
        assert (await call.send("NOTIFY", [("Event", "talk"), ("Subscription-State", "active")]).result()).status == 200
        await call.answered()
        await call.hangup()


async def test_expect_no_is_bounded_by_an_event():
    async with pair() as (caller, callee):
        call = await caller.call("bob")
        other = await callee.incoming()
        await callee.expect_no("BYE", until=other.answer())
        with pytest.raises(AssertionError, match="BYE"):
            await callee.expect_no("BYE", until=asyncio.gather(call.hangup(), other.ended()))


async def test_requests_outside_a_call():
    async with pair() as (caller, callee):
        assert (await caller.options("bob")).status == 200
        callee.replies["REGISTER"] = 403
        assert (await caller.try_register()).status == 403
        stray = caller.new_request("BYE", Uri("bob", *callee.address), Address(Uri("bob", "x")).tagged("none"))
        assert (await caller.send_request(stray)).status == 481
