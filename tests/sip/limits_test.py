"""SIP towards the outside: certificates that are renewed, addresses that guess passwords, messages that are too much."""

from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from harness import tls
from harness.world import INBOUND, World
from peer.digest import Credentials

TLS = {"sip.listen": ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "tls:127.0.0.1:0"]}


def shown_certificate(world: World) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(world.server.sip["tls"], timeout=10) as plain, context.wrap_socket(plain) as secure:
        return secure.getpeercert(binary_form=True) or b""


async def until_shown(world: World, wanted: bytes) -> None:
    """Nothing tells when the file was looked at; it is once a second."""
    async with asyncio.timeout(15):
        while await asyncio.to_thread(shown_certificate, world) != wanted:
            await asyncio.sleep(0.05)


def certificate_in(world: World) -> bytes:
    return ssl.PEM_cert_to_DER_cert((world.folder / "tls" / "cert.pem").read_text())


@pytest.mark.config(TLS)
async def test_a_renewed_certificate_is_taken_without_a_restart(world: World):
    at_work = await world.agent("agent1", transport="tls")
    talking = await world.talking("agent1", at_work=at_work)
    first = await asyncio.to_thread(shown_certificate, world)
    assert first == certificate_in(world)
    tls.make_certificate(world.folder / "tls")
    assert first != certificate_in(world)
    await until_shown(world, certificate_in(world))
    # The phone's connection is the one from before, and goes on.
    assert (await talking.agent.hold()).status == 200
    assert (await talking.agent.resume()).status == 200
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


@pytest.mark.config(TLS)
async def test_a_bad_certificate_leaves_the_old_one_in_use(world: World):
    first = await asyncio.to_thread(shown_certificate, world)
    file = world.folder / "tls" / "agent.pem"
    good = file.read_text()
    file.write_text("nothing\n")
    async with asyncio.timeout(15):
        while f"the certificate in use stays: {file} has no certificate" not in world.server.log():
            await asyncio.sleep(0.05)
    assert await asyncio.to_thread(shown_certificate, world) == first
    # The next change is tried again.
    tls.make_certificate(world.folder / "tls")
    assert file.read_text() != good
    await until_shown(world, certificate_in(world))


@pytest.mark.config({"sip.auth_failures": 3})
async def test_an_address_that_guesses_passwords_is_refused_for_a_while(world: World):
    guesser = await world.stranger("127.0.0.7", "agent1")
    guessed = refusals = 0
    while True:
        guesser.credentials = Credentials("agent1", f"hunter{guessed}")
        response = await guesser.try_register()
        if response.status == 503:
            refusals += 1
            # The first refusals may be over before the right password is tried, this one surely is not.
            if int(response["Retry-After"]) > 2:
                break
            await asyncio.sleep(int(response["Retry-After"]))
        else:
            assert response.status == 403 and guessed < 10, response
            guessed += 1
    assert guessed >= 3
    guesser.credentials = Credentials("agent1", "demo-agent1")
    assert (await guesser.try_register()).status == 503
    assert (await world.metrics())['baton_limit_hits_total{limit="sip.auth_failures"}'] == refusals + 1
    assert "hunter" not in world.server.log()
    # The agent's own phone is elsewhere, and a call goes on as if nothing were.
    talking = await world.talking("agent1")
    await talking.customer.hangup()


@pytest.mark.config({"sip.max_headers": 40})
async def test_a_call_outlives_a_request_with_too_many_header_fields(world: World):
    talking = await world.talking("agent1")
    many = [("X-Many", str(number)) for number in range(40)]
    assert (await talking.customer.info("5", headers=many)).status == 400
    assert (await talking.customer.info("5", headers=many[:5])).status == 200
    assert (await world.metrics())['baton_limit_hits_total{limit="sip.max_headers"}'] == 1
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


@pytest.mark.config({"sip.max_dialogs": 2})
async def test_one_leg_more_than_allowed_is_refused_and_counted(world: World):
    talking = await world.talking("agent1")
    late = await world.customer()
    call = await late.call(INBOUND)
    await call.refused(503)
    assert (await world.metrics())['baton_limit_hits_total{limit="sip.max_dialogs"}'] >= 1
    await talking.customer.hangup()
