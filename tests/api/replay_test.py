"""A desktop that was away gets what it missed, once and in order."""

from __future__ import annotations

import pytest
import websockets

from harness.samples import DIAL_PAD
from harness.world import World


async def test_what_was_missed_comes_without_a_gap(world: World):
    talking = await world.talking("agent1")
    desktop = talking.desktop
    last, epoch = desktop.sequences["agent1"], desktop.epoch
    await desktop.close()
    world.desktops.remove(desktop)
    rest = await world.rest("agent1")
    assert (await rest.message("InboundCall", "BlindTransfer", DIAL_PAD)).status == 202
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.agent.ended(by="them")

    again = await world.desktop("agent1", state=None, query=f"?epoch={epoch}&after={last}")
    await again.transfer("connected")
    numbers = [e["sequence"] for e in again.events if "sequence" in e]
    assert numbers == list(range(last + 1, last + 1 + len(numbers))), "what was missed, in order, without a gap"
    assert again.transfers()[0] == "accepted"
    assert not again.seen("App/StateSync"), "no state sync where the client was caught up"
    await talking.customer.hangup()


@pytest.mark.parametrize("query", ["?epoch=another&after=3", "?epoch={epoch}&after=100000"])
async def test_who_cannot_be_caught_up_gets_the_state_syncs(world: World, query: str):
    talking = await world.talking("agent1")
    other = await world.desktop("agent1", state=None, query=query.format(epoch=talking.desktop.epoch))
    await other.expect("App/StateSync")
    agent = await other.expect("Agent/StateSync")
    assert agent["message"]["agentState"]["name"] == "Busy"
    call = await other.expect("InboundCall/StateSync")
    assert len(call["message"]["calls"]) == 2
    assert call["sequence"] == talking.desktop.sequences["agent1"]
    await talking.desktop.publish("InboundCall", "Hold")
    await other.call_event("hold", "inbound")
    await talking.customer.hangup()


@pytest.mark.config({"http.replay_events": 3})
async def test_what_is_no_longer_kept_is_a_state_sync(world: World):
    talking = await world.talking("agent1")
    other = await world.desktop("agent1", state=None, query=f"?epoch={talking.desktop.epoch}&after=1")
    await other.expect("InboundCall/StateSync")
    await talking.customer.hangup()


async def test_who_says_nothing_of_before_starts_from_now(world: World):
    talking = await world.talking("agent1")
    other = await world.desktop("agent1", state=None)
    await talking.desktop.publish("InboundCall", "Hold")
    await other.call_event("hold", "inbound")
    first = other.events[0]
    assert first["sequence"] > 1 and first["subtopic"] != "StateSync", "what he wants to know he asks for"
    await talking.customer.hangup()


@pytest.mark.parametrize("query", ["?after=3", "?epoch=e&after=x", "?agents=agent1,agent2"])
async def test_a_question_that_makes_no_sense_is_refused(world: World, query: str):
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        await world.desktop("agent1", state=None, query=query)
    assert refused.value.status_code in (400, 403)
