"""The scenarios of examples/sipp do what they say, against the scripted peer."""

from __future__ import annotations

from contextlib import asynccontextmanager

import pytest

from harness.tools import SCENARIOS, Sipp
from peer import Call, Peer
from peer.digest import check
from peer.message import Response
from peer.ports import PORTS


@asynccontextmanager
async def someone(server=("127.0.0.1", 0)):
    peer = await Peer("peer", "peer", server).open()
    try:
        yield peer
        peer.check()
    finally:
        await peer.close()


async def play_the_middle(call: Call) -> None:
    """What a call goes through in the server: new descriptions in every form, OPTIONS, a BYE."""
    assert (await call.reinvite("sendrecv")).status == 200
    assert (await call.update()).status == 200
    assert (await call.reinvite(sdp=False)).status == 200
    assert (await call.send("OPTIONS").result()).status == 200
    await call.hangup()


async def test_the_customer_calls_and_stays(tmp_path):
    async with someone() as peer:
        sipp = await Sipp(tmp_path, SCENARIOS / "customer.xml", "%s:%d" % peer.address, "-s", "+18005550100",
                          "-p", str(PORTS.take()), "-m", "1", "-key", "number", "+12025550181",
                          "-key", "audio_port", "6100").start()
        try:
            call = await peer.incoming()
            assert call.invite.uri.user == "+18005550100" and call.remote.uri.user == "+12025550181"
            assert call.invite.has_sdp and b"m=audio 6100 " in call.invite.body
            await call.ring()
            await call.answer()
            await play_the_middle(call)
            assert await sipp.end() == 0, sipp.evidence()
        finally:
            await sipp.stop()
        own = f"127.0.0.1:{call.media.port}"
        lines = sipp.log().splitlines()
        for what in ("200", "re-INVITE", "UPDATE"):
            assert any(line.startswith(f"SDP {what} from {own} for audio_port 6100") for line in lines), sipp.log()


@pytest.mark.parametrize(("name", "user", "statuses"), [("agent", "agent1", [180, 200]),
                                                        ("carrier", "+12082097345", [100, 180, 200])])
async def test_whoever_is_called_answers(tmp_path, name, user, statuses):
    port = PORTS.take()
    async with someone(("127.0.0.1", port)) as peer:
        sipp = await Sipp(tmp_path, SCENARIOS / f"{name}.xml", "-p", str(port), "-m", "1",
                          "-key", "agent", "agent1", "-key", "audio_port", "6200").start()
        try:
            call = await peer.call(user)
            await call.answered()
            assert [r.status for r in call.client.responses] == statuses
            await play_the_middle(call)
            assert await sipp.end() == 0, sipp.evidence()
        finally:
            await sipp.stop()
        assert f"SDP INVITE from 127.0.0.1:{call.media.port} for audio_port 6200" in sipp.log()


async def test_the_phone_registers(tmp_path):
    async with someone() as peer:
        answered = []

        def registrar(request, transaction):
            if "Authorization" not in request:
                transaction.respond(Response.to_request(request, 401, "r", [
                    ("WWW-Authenticate", 'Digest realm="baton", nonce="n1", qop="auth", algorithm=MD5')]))
                return
            answered.append(check(request["Authorization"], "REGISTER", "demo-agent1"))
            transaction.respond(Response.to_request(request, 200, "r", [("Contact", request["Contact"])]))
        peer.handlers["REGISTER"] = registrar
        port = PORTS.take()
        sipp = await Sipp(tmp_path, SCENARIOS / "register.xml", "%s:%d" % peer.address, "-p", str(port), "-m", "1",
                          "-key", "agent", "agent1", "-au", "agent1", "-ap", "demo-agent1").start()
        try:
            assert await sipp.end() == 0, sipp.evidence()
        finally:
            await sipp.stop()
        assert answered == [True]
        assert peer.received("REGISTER")[0].contact.uri.address == ("127.0.0.1", port)
