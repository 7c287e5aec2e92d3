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


async def both_legs(desktop: Desktop, event: str, timeout: float = 20.0) -> tuple[dict, dict]:
    """The event as it is told of the agent's leg and of the customer's."""
    agent = await desktop.call_event(event, "agent", timeout)
    customer = await desktop.call_event(event, "inbound", timeout)
    for call in (agent, customer):
        assert call["event"] == event, "in the published spelling"
        assert call["ResponseFields"]["CallState"] == call["ResponseActual"]["status"]
    assert agent["ResponseActual"]["contactId"] == customer["ResponseActual"]["contactId"]
    assert customer["id"] == customer["ResponseActual"]["contactId"], "the customer's leg has the contact's id"
    return agent, customer


def statuses(*calls: dict) -> set[tuple[str, str | None]]:
    return {(c["ResponseActual"]["status"], c["ResponseActual"].get("previousStatus")) for c in calls}


async def synced(desktop: Desktop) -> list[set[str]]:
    """What the state sync enables, leg by leg: the agent's, then the customer's."""
    calls = (await desktop.sync())["calls"]
    assert [c["type"] for c in calls] in ([], ["agent", "inbound"])
    return [{key for key, value in c["buttonStates"].items() if value} for c in calls]


async def test_offered(world: World):
    desktop, _, customer = await offered(world)
    agent, inbound = await both_legs(desktop, "connecting")
    assert enabled(agent) == {"answer", "reject"} and enabled(inbound) == set()
    assert statuses(agent, inbound) == {("connecting", None)}
    assert agent["ResponseFields"]["MediaProperties"]["queueName"] == "CallSummary-HVOC-Queue"
    assert agent["ResponseFields"]["DN"].strip() == "CallSummary-HVOC-Queue"
    assert agent["ActionsAllowed"] is None and agent["ResponseText"] == "Success"
    assert await synced(desktop) == [{"answer", "reject"}, set()]
    await customer.hangup()


async def test_connected(world: World):
    desktop, phone, customer = await offered(world)
    await both_legs(desktop, "connecting")
    await desktop.answer()
    await (await phone.incoming()).answered()
    agent, inbound = await both_legs(desktop, "connected")
    # The published sample shows consult as well; it is hidden until consultation exists.
    assert enabled(agent) == {"numberpad"} | TRANSFER
    assert enabled(inbound) == {"disconnect", "hold"} | TRANSFER
    assert statuses(agent, inbound) == {("connected", None)}
    assert inbound["ResponseActual"]["phoneNumber"] == customer.peer.user
    assert await synced(desktop) == [{"numberpad"} | TRANSFER, {"disconnect", "hold"} | TRANSFER]
    sync = await desktop.sync()
    assert {"name": "ANI", "value": customer.peer.user} in sync["attributes"]
    assert sync["queueName"] == "CallSummary-HVOC-Queue"
    await customer.hangup()


async def test_held(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.publish("InboundCall", "Hold")
    agent, inbound = await both_legs(talking.desktop, "hold")
    assert enabled(agent) == TRANSFER
    assert enabled(inbound) == {"disconnect", "resume"} | TRANSFER
    assert statuses(agent, inbound) == {("hold", None)}
    assert await synced(talking.desktop) == [TRANSFER, {"disconnect", "resume"} | TRANSFER]
    await talking.customer.hangup()


async def test_transferring(world: World):
    """One transfer at a time: no button but the customer's disconnect is left, and all come back when it failed."""
    talking = await world.talking("agent1")
    talking.desktop.forget()
    await talking.desktop.blind_transfer(DIAL_PAD, options={"releaseOn": "answered"})
    target = await world.carrier.incoming()
    await talking.desktop.transfer("dialing")
    agent, inbound = await both_legs(talking.desktop, "connected")
    assert enabled(agent) == set() and enabled(inbound) == {"disconnect"}
    assert await synced(talking.desktop) == [set(), {"disconnect"}]
    await target.reject(486)
    await talking.desktop.transfer("failed")
    agent, inbound = await both_legs(talking.desktop, "connected")
    assert enabled(agent) == {"numberpad"} | TRANSFER and enabled(inbound) == {"disconnect", "hold"} | TRANSFER
    assert await synced(talking.desktop) == [{"numberpad"} | TRANSFER, {"disconnect", "hold"} | TRANSFER]
    await talking.customer.hangup()


async def test_acw_after_a_transfer(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    agent, inbound = await both_legs(talking.desktop, "ACW")
    assert enabled(agent) == {"clearContact"} and enabled(inbound) == set()
    assert statuses(agent, inbound) == {("disconnected", "connected")}
    assert await synced(talking.desktop) == [{"clearContact"}, set()]
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.customer.hangup()


async def test_acw_and_cleared(world: World):
    talking = await world.talking("agent1")
    await talking.customer.hangup()
    agent, inbound = await both_legs(talking.desktop, "ACW")
    assert enabled(agent) == {"clearContact"} and enabled(inbound) == set()
    assert statuses(agent, inbound) == {("disconnected", "connected")}
    await talking.desktop.publish("InboundCall", "ClearContact")
    agent, inbound = await both_legs(talking.desktop, "Dropped")
    assert enabled(agent) == set() and enabled(inbound) == set()
    assert statuses(agent, inbound) == {("disconnected", "connected")}
    assert await synced(talking.desktop) == []


@pytest.mark.config({"routing.offer_timeout_seconds": 5})
async def test_missed(world: World):
    desktop, _, customer = await offered(world)
    agent, inbound = await both_legs(desktop, "missed", 8)
    assert enabled(agent) == {"clearContact"} and enabled(inbound) == set()
    assert statuses(agent, inbound) == {("disconnected", "connecting")}
    assert await synced(desktop) == [{"clearContact"}, set()]
    await customer.hangup()


async def test_rejected(world: World):
    desktop, _, customer = await offered(world)
    await desktop.call_event("connecting", "agent")
    await desktop.publish("InboundCall", "Reject")
    agent, inbound = await both_legs(desktop, "Rejected")
    assert enabled(agent) == {"clearContact"} and enabled(inbound) == set()
    assert statuses(agent, inbound) == {("disconnected", "connecting")}
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
