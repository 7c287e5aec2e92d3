"""What the configuration says is what counts: keys of [sip] whose value shows on the wire, each away from its default."""

from __future__ import annotations

import pytest

from harness.later import Later
from harness.world import INBOUND, World
from peer import Address, Peer, Uri
from peer.faults import matches


@pytest.mark.config({"sip.registration_max_seconds": 90})
async def test_a_longer_registration_is_shortened(world: World):
    phone = await world.phone("agent1", register=False)
    assert (await phone.register(expires=600)).all("Contact")[0].endswith(";expires=90")
    assert (await phone.register(expires=89)).all("Contact")[0].endswith(";expires=89")


@pytest.mark.config({"sip.nonce_lifetime_seconds": 60})
async def test_how_long_a_nonce_may_be_used(world: World, later: Later):
    phone = await world.phone("agent1")
    challenge = next(m for m in phone.received("401 REGISTER"))["WWW-Authenticate"]

    async def with_the_first_nonce(cseq: int):
        uri = Uri("", phone.server_name)
        request = phone.new_request("REGISTER", uri, Address(phone.aor()), call_id=f"nonce-{cseq}", cseq=cseq)
        request.set("Authorization", phone.credentials.authorize(challenge, "REGISTER", str(uri)))
        return await phone.send_request(request)
    later.set(30)
    assert (await with_the_first_nonce(1)).status == 200
    later.set(61)
    refused = await with_the_first_nonce(2)
    assert refused.status == 401 and "stale=true" in refused["WWW-Authenticate"]


@pytest.mark.config({"sip.restart_checks_per_second": 1})
async def test_calls_are_asked_after_a_restart_at_that_rate(world: World):
    talking = [await world.talking(login) for login in ("agent1", "agent2")]
    await world.restart()
    asked = []
    for call in (call for each in talking for call in (each.customer, each.agent)):
        await call.expect("UPDATE")
        asked += [entry.at for entry in call.peer.log if entry.incoming and matches("UPDATE", entry.message)]
    assert max(asked) - min(asked) > 1.5, "a second between each and the next of four"


@pytest.mark.config({"sip.udp_mtu": 1300, "sip.pass_headers": ["X-Case-Id"]})
async def test_a_larger_request_goes_by_tcp(world: World):
    desktop, phone = await world.agent("agent1")
    by_tcp = Peer("agent1's phone by TCP", "agent1", world.server.sip["tcp"], transport="tcp")
    await by_tcp.open(port=phone.address[1])
    by_tcp.answers_when_told = False
    world.peers.append(by_tcp)
    call = await (await world.customer()).call(INBOUND, headers=[("X-Case-Id", "4" * 1300)])
    await desktop.offered()
    await desktop.answer()
    await (await by_tcp.incoming()).reject()
    assert not phone.received("INVITE")
    await call.hangup()
