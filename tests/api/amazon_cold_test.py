"""Cold transfers by the SDK: the real server, and a bridge that is no browser and says that it has the SDK's client.

What is behind the bridge is a stand-in (harness/amazon_world.py); the SDK itself is in tests/browser/amazon_cold_test.py, and each ending
in src/core/mirror_cold_test.cpp.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.amazon_world import AgentSession, AmazonWorld, Refused
from harness.samples import quick_connect

pytestmark = pytest.mark.config({"amazon": {"cold_transfer": True}})

QUEUE = quick_connect("CallSummary-HVOC-Queue")
NUMBER = "+12082097345"


async def at_work(amazon: AmazonWorld, has_sdk: bool = True):
    session = AgentSession()
    bridge = await amazon.bridge("agent1", session, has_sdk=has_sdk)
    desktop = await amazon.desktop("agent1", state=None)
    contact = await session.talk()
    await desktop.call_event("connected", "inbound")
    return session, bridge, desktop, contact


def wire(session: AgentSession) -> list[str]:
    return [name for name, _ in session.asked]


async def test_a_queue_is_handed_over_in_one_step(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    await desktop.blind_transfer(QUEUE)
    assert (await desktop.transfer("accepted"))["options"]["releaseOn"] == "accepted"
    done = await desktop.transfer("handedOver")
    assert done["custody"] == "back end" and done["backend"]["text"].endswith("handed over by the SDK")
    await desktop.agent_state("AfterCallWork")
    assert wire(session) == ["contactTransfer"]
    assert session.asked[0][1]["endpoint"]["endpointARN"] == QUEUE["endpointARN"]
    assert (await amazon.metrics())["baton_amazon_cold_transfers_total"] == 1
    await desktop.publish("InboundCall", "ClearContact")
    await desktop.agent_state("Available")


async def test_numbers_are_added_as_ever(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    await desktop.blind_transfer(NUMBER)
    await desktop.transfer("dialing")
    assert wire(session) == ["createAdditionalConnection"]


async def test_a_page_without_the_client_adds_and_leaves_and_the_log_says_so_once(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon, has_sdk=False)
    await amazon.bridge("agent1", session, "tab-2")
    await desktop.blind_transfer(QUEUE)
    await desktop.transfer("handedOver")
    assert wire(session) == ["createAdditionalConnection", "destroyConnection"]
    log = (amazon.folder / "baton.log").read_text()
    assert log.count("amazon.cold_transfer is on, but the bridge of agent1 has no client of the SDK") == 1


async def test_a_refusal_leaves_the_customer_with_the_agent(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)

    async def refuse(_: dict[str, Any]) -> None:
        raise Refused("clientTimeout", "Client Timeout", 0)

    session.instead["contactTransfer"] = refuse
    await desktop.blind_transfer(QUEUE)
    assert (await desktop.transfer("outcomeUnknown"))["custody"] == "agent"
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "timeout" and error["msg"] == "Client Timeout" and error["customerLocation"] == "agent"
    assert error["backend"]["error"] == "clientTimeout"
    assert wire(session) == ["contactTransfer"]


async def test_a_restart_in_between_repeats_nothing(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    bridge.deaf = True
    await desktop.blind_transfer(QUEUE)

    async def told() -> list[str]:
        return [one["action"] for one in bridge.commands]

    await amazon.until(told, lambda actions: "coldTransfer" in actions, "the command")
    await amazon.kill()
    await bridge.stop()
    await amazon.start_again()
    again = await amazon.bridge("agent1", session, has_sdk=True)
    error = await desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "timeout" and error["customerLocation"] == "agent"
    assert [one["action"] for one in again.commands if one["action"] not in ("lease", "report", "endpoints")] == []
    assert session.asked == []


@pytest.mark.config({"amazon": {"cold_transfer": False}})
async def test_without_the_configuration_the_client_is_not_used(amazon: AmazonWorld):
    session, bridge, desktop, contact = await at_work(amazon)
    await desktop.blind_transfer(QUEUE)
    await desktop.transfer("handedOver")
    assert wire(session) == ["createAdditionalConnection", "destroyConnection"]
