"""The call event and the state sync, a test a row: each situation, the agent's and the customer's leg."""

from __future__ import annotations

import pytest

from harness.desktop import Desktop
from harness.samples import DIAL_PAD
from harness.world import INBOUND, World

KEYS = ["answer", "reject", "disconnect", "hold", "resume", "clearContact", "consult", "numberpad", "swap", "transfer",
        "conference"]


def enabled(call: dict) -> set[str]:
    """What the event enables; both forms of the buttons must agree, and the published keys be complete."""
    states = call["ButtonStates"]
    assert states["count"] == len(KEYS) and set(KEYS) <= set(states["items"])
    assert set(states["items"].values()) <= {"Enable", "Hide"}
    booleans = call["ResponseActual"]["buttonStates"]
    assert {k for k, v in booleans.items() if v} == {k for k, v in states["items"].items() if v == "Enable"}
    actual = call["ResponseActual"]
    assert call["id"] == actual["connectionId"] and call["CallType"] == actual["type"]
    assert (actual["phoneNumber"] is None) == (actual["type"] == "agent")
    return {key for key, value in states["items"].items() if value == "Enable"}


TRANSFER = {"transfer", "blindTransfer"}


async def offered(world: World) -> tuple[Desktop, object, object]:
    desktop, phone = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    return desktop, phone, call


async def test_offered(world: World):
    desktop, _, customer = await offered(world)
    call = await desktop.call_event("connecting", "agent")
    assert enabled(call) == {"answer", "reject"}
    assert call["ResponseFields"]["MediaProperties"]["queueName"] == "CallSummary-HVOC-Queue"
    assert call["ResponseFields"]["DN"].strip() == "CallSummary-HVOC-Queue"
    assert call["ActionsAllowed"] is None and call["ResponseText"] == "Success"
    calls = (await desktop.sync())["calls"]
    assert calls[0]["status"] == "connecting" and calls[0]["buttonStates"]["answer"] is True
    await customer.hangup()


async def test_connected(world: World):
    talking = await world.talking("agent1")
    events = [e["message"]["call"] for e in talking.desktop.seen("InboundCall/InboundCallStateChange")]
    agent = next(c for c in events if c["event"] == "connected" and c["CallType"] == "agent")
    inbound = next(c for c in events if c["event"] == "connected" and c["CallType"] == "inbound")
    # The published sample shows consult as well; it is hidden until consultation exists.
    assert enabled(agent) == {"numberpad"} | TRANSFER
    assert enabled(inbound) == {"disconnect", "hold"} | TRANSFER
    assert inbound["ResponseActual"]["phoneNumber"] == talking.customer.peer.user
    sync = await talking.desktop.sync()
    assert [c["type"] for c in sync["calls"]] == ["agent", "inbound"]
    assert {"name": "ANI", "value": talking.customer.peer.user} in sync["attributes"]
    assert sync["queueName"] == "CallSummary-HVOC-Queue"
    await talking.customer.hangup()


async def test_held(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("InboundCall", "Hold")
    call = await talking.desktop.call_event("hold", "inbound")
    assert enabled(call) == {"disconnect", "resume"} | TRANSFER
    assert call["ResponseActual"]["status"] == "hold"
    await talking.customer.hangup()


async def test_transferring(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await talking.desktop.transfer("dialing")
    sync = await talking.desktop.sync()
    for leg in sync["calls"]:
        assert not leg["buttonStates"]["transfer"] and not leg["buttonStates"]["blindTransfer"], "one at a time"
    await target.reject(486)
    await talking.desktop.transfer("failed")
    sync = await talking.desktop.sync()
    assert all(leg["buttonStates"]["transfer"] for leg in sync["calls"])
    await talking.customer.hangup()


async def test_acw_and_cleared(world: World):
    talking = await world.talking("agent1")
    await talking.customer.hangup()
    call = await talking.desktop.call_event("ACW", "agent")
    assert enabled(call) == {"clearContact"} and call["ResponseActual"]["status"] == "disconnected"
    await talking.desktop.publish("InboundCall", "ClearContact")
    cleared = await talking.desktop.call_event("Dropped", "agent")
    assert enabled(cleared) == set()
    assert (await talking.desktop.sync())["calls"] == []


@pytest.mark.config({"routing.offer_timeout_seconds": 5})
async def test_missed(world: World):
    desktop, _, customer = await offered(world)
    call = await desktop.call_event("missed", "agent", timeout=8)
    assert enabled(call) == {"clearContact"} and call["ResponseActual"]["status"] == "disconnected"
    await customer.hangup()


async def test_rejected(world: World):
    desktop, _, customer = await offered(world)
    await desktop.call_event("connecting", "agent")
    await desktop.publish("InboundCall", "Reject")
    call = await desktop.call_event("Rejected", "agent")
    assert enabled(call) == {"clearContact"}
    await customer.hangup()


async def test_a_contact_keeps_its_id_and_legs_get_new_ones(world: World):
    talking = await world.talking("agent1")
    first = (await talking.desktop.sync())["calls"][0]["connectionId"]
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.desktop.call_event("ACW", "agent")
    await target.reject(486)
    offer = await talking.desktop.offered()
    again = await talking.desktop.offered() if offer["id"] == first else offer
    assert again["ResponseActual"]["contactId"] == talking.contact_id and again["id"] != first
    await talking.customer.hangup()
