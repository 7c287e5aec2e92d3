"""UDP, TCP and TLS, and mixtures of them."""

from __future__ import annotations

import pytest

from harness.world import World
from peer import talk

TLS = {"sip.listen": ["udp:127.0.0.1:0", "tcp:127.0.0.1:0", "tls:127.0.0.1:0"]}


@pytest.mark.config(TLS)
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_phone_on_a_stream(world: World, transport: str):
    at_work = await world.agent("agent1", transport=transport)
    talking = await world.talking("agent1", at_work=at_work)
    assert talking.agent.invite.via.transport == transport.upper()
    assert (await talking.agent.hold()).status == 200
    assert (await talking.agent.resume()).status == 200
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()
    await talking.agent.ended(by="them")


@pytest.mark.config(TLS)
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_a_customer_on_a_stream(world: World, transport: str):
    customer = await world.customer(transport=transport)
    talking = await world.talking("agent1", customer)
    await talking.agent.hangup()
    await talking.customer.ended(by="them")


async def test_a_phone_whose_connection_broke_is_reached_again_after_it_registered(world: World):
    desktop, phone = await world.agent("agent1", transport="tcp")
    phone.transport.cut()
    await phone.register()
    talking = await world.talking("agent1", at_work=(desktop, phone))
    await talking.customer.hangup()


async def test_a_phone_whose_connection_broke_in_a_call(world: World):
    """Its leg is told to the peer's listening address, or forgotten; the customer's end is not held up."""
    at_work = await world.agent("agent1", transport="tcp")
    talking = await world.talking("agent1", at_work=at_work)
    at_work[1].transport.cut()
    await talking.customer.hangup()
    await talking.desktop.call_event("ACW", "agent")
    talking.agent._end("them")
