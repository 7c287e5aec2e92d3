"""The published samples of the blind transfer, word for word, on live calls; and the agent form."""

from __future__ import annotations

import json

from harness.samples import DIAL_PAD, SASI, quick_connect, sample
from harness.world import World
from peer import HOLD, QUEUE, RINGBACK, talk


async def outside(world: World, text: str, number: str) -> None:
    talking = await world.talking("agent1")
    desktop = talking.desktop
    await desktop.send_text(text)
    accepted = await desktop.transfer("accepted")
    assert accepted["custody"] == "agent" and accepted["contactId"] == talking.contact_id
    assert accepted["options"]["onFailure"] == ["return", "originalQueue"]

    target = await world.carrier.incoming()
    assert target.invite.uri.user == number
    await desktop.transfer("dialing")
    await target.ring()
    assert (await desktop.transfer("alerting"))["custody"] == "agent"
    acw = await desktop.call_event("ACW", "agent")
    assert acw["ResponseActual"]["status"] == "disconnected"
    assert [k for k, v in acw["ButtonStates"]["items"].items() if v == "Enable"] == ["clearContact"]
    await desktop.agent_state("AfterCallWork")
    assert (await desktop.transfer("alerting"))["custody"] == "server"
    await talking.agent.ended(by="them")
    await talking.customer.hears(RINGBACK)

    await target.answer()
    connected = await desktop.transfer("connected")
    assert connected["custody"] == "destination" and connected["transferId"] == accepted["transferId"]
    assert connected["connectedTo"] == number and not connected.get("connectedToAgent")
    await talk(talking.customer, target)
    assert target.peers_media == (talking.customer.media.host, talking.customer.media.port)
    assert talking.customer.peers_media == (target.media.host, target.media.port)

    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")
    await talking.customer.hangup()
    await target.ended(by="them")
    await desktop.transfer("completed")
    assert not desktop.seen("Error/ApiError")


async def test_the_dial_pad_sample(world: World):
    await outside(world, json.dumps(sample("blind-transfer-dialpad")), DIAL_PAD)


async def test_the_external_sample(world: World):
    await outside(world, json.dumps(sample("blind-transfer-external")), SASI)


async def test_the_table_spelling_of_the_same_request(world: World):
    """`Channel`, `Blindtransfer`, `Type`, `EndpointARN`, `phonenumber`: what the page's tables print."""
    data = sample("blind-transfer-external")["data"]
    spelling = {"endpointARN": "EndpointARN", "type": "Type", "name": "Name", "phoneNumber": "phonenumber",
                "queue": "Queue"}
    table = {"Channel": "Amazon", "topic": "InboundCall", "subtopic": "Blindtransfer", "source": "ui",
             "data": {spelling.get(key, key): value for key, value in data.items()}}
    await outside(world, json.dumps(table), SASI)


async def test_the_queue_sample(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    desktop = talking.desktop
    await desktop.send_text(json.dumps(sample("blind-transfer-queue")))
    await desktop.transfer("accepted")
    queued = await desktop.transfer("queued")
    assert queued["custody"] == "queue" and queued["position"] == 1
    await desktop.call_event("ACW", "agent")
    await desktop.agent_state("AfterCallWork")
    await talking.agent.ended(by="them")
    await talking.customer.hears(QUEUE)

    offer = await receiver.offered()
    assert offer["ResponseActual"]["contactId"] == talking.contact_id, "a contact keeps its id"
    assert (await desktop.transfer("alerting"))["custody"] == "server"
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    connected = await desktop.transfer("connected")
    assert connected["connectedTo"] == "agent2" and connected["connectedToAgent"] is True
    await receiver.call_event("connected", "agent")
    await talk(talking.customer, leg)
    await leg.hangup()
    await talking.customer.ended(by="them")
    await desktop.transfer("completed")
    await receiver.agent_state("AfterCallWork")


async def test_an_agent_quick_connect(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    desktop = talking.desktop
    await desktop.blind_transfer(quick_connect("Agent Two"), options={"note": "wants a refund",
                                                                      "attributes": {"case": "4711"}})
    await desktop.transfer("accepted")
    await desktop.transfer("alerting")
    offer = await receiver.offered()
    assert offer["CallVariables"]["case"] == "4711"
    assert "wants a refund" in offer["CallVariables"].values()
    await desktop.call_event("ACW", "agent")
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    assert (await desktop.transfer("connected"))["connectedToAgent"] is True
    await talk(talking.customer, leg)
    await talking.customer.hangup()
    await leg.ended(by="them")


async def test_a_transfer_passes_the_customer_on_twice(world: World):
    talking = await world.talking("agent1")
    receiver, phone = await world.agent("agent2")
    await talking.desktop.blind_transfer(quick_connect("Agent Two"))
    await receiver.offered()
    await receiver.answer()
    leg = await phone.incoming()
    await leg.answered()
    await talking.desktop.transfer("connected")
    await receiver.call_event("connected", "agent")
    await talk(talking.customer, leg)
    await receiver.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.answer()
    await receiver.transfer("connected")
    await leg.ended(by="them")
    await talk(talking.customer, target)
    await target.hangup()
    await talking.customer.ended(by="them")


async def test_release_on_accepted_lets_the_agent_go_before_it_rings(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "accepted"})
    await talking.desktop.call_event("ACW", "agent")
    await talking.agent.ended(by="them")
    target = await world.carrier.incoming()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_release_on_answered_keeps_the_agent_until_then(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.transfer("alerting")
    await talk(talking.customer, talking.agent)
    await target.answer(wait=False)
    await talking.agent.ended(by="them")
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()
    await target.ended(by="them")


async def test_a_held_customer_is_transferred(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("InboundCall", "Hold")
    await talking.desktop.call_event("hold", "inbound")
    await talking.customer.hears(HOLD)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talk(talking.customer, target)
    await talking.customer.hangup()


async def test_a_call_that_never_queued_has_no_original_queue(world: World):
    """The queue that such a call is transferred to is not where it came from: the chain passes it over."""
    desktop, phone = await world.agent("agent1")
    receiver, _ = await world.agent("agent2")
    await receiver.go("Break")
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    await (await phone.incoming()).answered()
    called = await world.carrier.incoming()
    await called.answer()
    await desktop.call_event("connected", "agent")
    await desktop.blind_transfer(quick_connect("CallSummary-HVOC-Queue"),
                                 options={"queueTimeoutSeconds": 1, "onFailure": ["originalQueue"]})
    await desktop.transfer("queued")
    failed = await desktop.transfer("failed")
    assert failed["custody"] == "gone" and failed["reason"] == "timeout"
    await called.ended(by="them")


async def test_one_made_call_is_transferred_too(world: World):
    """SetMakeCall lives on the same topic: what the agent dialled may be handed on as well."""
    desktop, phone = await world.agent("agent1")
    receiver, other_phone = await world.agent("agent2")
    await desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    own = await phone.incoming()
    await own.answered()
    called = await world.carrier.incoming()
    assert called.invite.uri.user == DIAL_PAD
    await called.ring()
    await called.answer()
    await desktop.call_event("connected", "agent")
    await talk(own, called)
    await desktop.blind_transfer(quick_connect("Agent Two"))
    await receiver.offered()
    await receiver.answer()
    leg = await other_phone.incoming()
    await leg.answered()
    await desktop.transfer("connected")
    await talk(called, leg)
    await called.hangup()
    await leg.ended(by="them")
