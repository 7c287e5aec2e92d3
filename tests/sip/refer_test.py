"""The transfer key of the agent's own phone: REFER runs the same transfer, with the NOTIFYs the phone expects."""

from __future__ import annotations

import pytest

from harness.samples import DIAL_PAD, SASI
from harness.world import World
from peer import Call, talk


async def refused_refer(call: Call, target: str) -> None:
    """Refused at once, or taken and then told to have failed: both are ways that a phone understands."""
    response = await call.refer(target)
    if response.status == 202:
        await call.peer.until(lambda: call.refer_over, "the last NOTIFY")
        assert call.sipfrags[-1] >= 400
    else:
        assert 400 <= response.status < 700, response.summary()


async def test_to_a_number(world: World):
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(DIAL_PAD)).status == 202
    target = await world.carrier.incoming()
    assert target.invite.uri.user == DIAL_PAD
    await talking.agent.told(100)
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
    await target.ended(by="them")


async def test_the_final_notify_tells_the_outcome(world: World):
    """Refused before the release: the phone still has the customer, and hears why."""
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(DIAL_PAD)).status == 202
    target = await world.carrier.incoming()
    await target.reject(486)
    await talking.agent.told(486)
    assert talking.agent.refer_over
    assert (await talking.desktop.transfer("failed"))["reason"] == "busy"
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


@pytest.mark.parametrize("name", ["Sasi_Chime"])
async def test_to_the_name_of_a_quick_connect(world: World, name: str):
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(name)).status == 202
    target = await world.carrier.incoming()
    assert target.invite.uri.user == SASI
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


async def test_to_an_agents_login(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    assert (await talking.agent.refer("agent2")).status == 202
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, leg)
    await talking.customer.hangup()


async def test_a_phone_that_hangs_up_right_after_the_202(world: World):
    """Many do: that is a release, not the end of the customer's call."""
    talking = await world.talking("agent1")
    assert (await talking.agent.refer(DIAL_PAD)).status == 202
    await talking.agent.hangup()
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_to_nobody_is_refused(world: World):
    talking = await world.talking("agent1")
    await refused_refer(talking.agent, "nobody-at-all")
    await talk(talking.customer, talking.agent)
    assert not talking.desktop.transfers()
    await talking.customer.hangup()


async def test_with_replaces_is_not_implemented(world: World):
    talking = await world.talking("agent1")
    response = await talking.agent.refer("agent2", replaces="abc%40host%3Bto-tag%3D1%3Bfrom-tag%3D2")
    assert response.status == 501
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_from_a_customer_is_declined(world: World):
    talking = await world.talking("agent1")
    assert (await talking.customer.refer(DIAL_PAD)).status == 603
    assert not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    await talking.customer.hangup()


async def test_outside_a_call_is_declined(world: World):
    from peer import Address, Uri
    phone = await world.phone("agent1")
    uri = Uri("agent1", *world.server.sip["udp"])
    request = phone.new_request("REFER", uri, Address(uri), headers=[("Refer-To", f"<sip:{DIAL_PAD}@127.0.0.1>")])
    response = await phone.send_request(request)
    assert response.status >= 400
    assert not world.carrier.received("INVITE")


async def test_while_a_transfer_runs_is_refused(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await refused_refer(talking.agent, SASI)
    await target.answer(wait=False)
    await talking.desktop.transfer("connected")
    assert len(world.carrier.received("INVITE")) == 1
    await talking.customer.hangup()
