"""Names in received messages do not stop the loop, however slow the name server is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from harness.samples import DIAL_PAD
from harness.server import Server
from harness.tools import preloadable
from harness.world import INBOUND, World
from peer import Address, Uri, talk


@pytest.fixture
def slow_names(world: World, monkeypatch) -> World:
    library = preloadable(Path(__file__).parent / "slow_resolver.c")
    start = Server.start

    async def start_with_it(self, timeout=60.0):
        self.env["LD_PRELOAD"] = str(library)
        return await start(self, timeout)
    monkeypatch.setattr(Server, "start", start_with_it)
    return world


async def test_names_in_every_place(slow_names: World):
    world = slow_names
    talking = await world.talking("agent1")
    joker = await world.customer()
    joker.takes_strays = True
    nobody = "+18005550199"  # No call comes of the INVITEs, which nobody would acknowledge.
    name = "no-such-host.example.com"
    flow = joker.transport.flow(world.server.sip["udp"])
    for method in ("OPTIONS", "INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "REFER"):
        for place in ("Via", "Contact", "Route", "Record-Route", "uri", "From", "maddr"):
            uri = Uri(nobody, name if place == "uri" else "127.0.0.1", world.server.sip["udp"][1])
            request = joker.new_request(method, uri, Address(Uri(nobody, name)))
            if place == "Via":
                request.set("Via", request["Via"].replace(f"127.0.0.1:{joker.transport.port}", f"{name}:5060"))
            elif place == "maddr":
                request.set("Via", request["Via"] + f";maddr={name}")
            elif place == "From":
                request.set("From", Address(Uri("x", name)).tagged("1"))
            else:
                request.set(place, f"<sip:x@{name};lr>")
            flow.send(request.encode())
    loop = asyncio.get_running_loop()
    began = loop.time()
    probe = await world.peer("probe", "+15550000002")
    assert (await probe.options()).status == 200
    assert loop.time() - began < 2, "the loop stood still over a name"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def answers_at_once(world: World) -> None:
    probe = await world.peer("probe", "+15550000003")
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert (await probe.options()).status == 200
    assert loop.time() - began < 2, "the loop stood still over a name"


async def test_a_carrier_whose_contact_is_a_name(slow_names: World):
    """In-dialog requests go where its messages came from, or the leg ends; the customer is not lost."""
    world = slow_names
    talking = await world.talking("agent1")
    world.carrier.contact_host = "no-such-host.example.com"
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer(wait=False)
    await answers_at_once(world)
    await talking.desktop.until(lambda: {"connected", "returning", "failed"} & set(talking.desktop.transfers()),
                                "what becomes of it")
    await answers_at_once(world)
    await talking.customer.hangup()
    target._end("them")


async def test_a_customer_whose_contact_is_a_name(slow_names: World):
    world = slow_names
    customer = await world.customer()
    customer.contact_host = "no-such-host.example.com"
    call = await customer.call(INBOUND)
    await customer.until(lambda: call.final, "the answer")
    await answers_at_once(world)
    if call.state == "confirmed":
        await call.hangup()
