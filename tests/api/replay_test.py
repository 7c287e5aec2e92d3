"""A desktop that was away gets what it missed, once and in order."""

from __future__ import annotations

import subprocess
import tomllib

import pytest
import websockets

from harness import config
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


async def test_a_backup_that_is_put_back_takes_no_new_event_for_one_that_was_told(world: World):
    """The commands of docs/operations.md: sequences go on from the backup's, under another epoch."""
    store, backup = world.folder / "baton.db", world.folder / "backup.db"
    desktop, _ = await world.agent("agent1")
    subprocess.run(["sqlite3", store, f"VACUUM INTO '{backup}'"], check=True)
    before = desktop.sequences["agent1"]
    await desktop.go("Break")
    await desktop.go("Available")
    last, epoch = desktop.sequences["agent1"], desktop.epoch
    assert last > before
    await desktop.close()
    world.desktops.remove(desktop)
    assert await world.server.stop() == 0
    for each in world.folder.glob("baton.db*"):
        each.rename(each.with_name(f"damaged-{each.name}"))
    subprocess.run(["install", "-m", "600", backup, store], check=True)
    await world.start_again()

    other = await world.desktop("agent1", state=None)
    while other.sequences.get("agent1", 0) < last:
        await other.go("Break")
        await other.go("Available")
    assert other.epoch != epoch
    back = await world.desktop("agent1", state=None, query=f"?epoch={epoch}&after={last}")
    agent = await back.expect("Agent/StateSync")
    assert agent["epoch"] == other.epoch and agent["sequence"] == other.sequences["agent1"]


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


async def test_a_journal_is_replayed_as_it_was_recorded_whatever_back_end_is_configured_since(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD, id="t-1")
    target = await world.carrier.incoming()
    await target.ring()
    accepted = await talking.desktop.transfer("accepted")
    await talking.desktop.call_event("ACW", "agent")
    boss = await world.rest("boss", "supervisor")
    address = f"/v1/transfers/{accepted['transferId']}"
    before = await world.until(lambda: boss.get(address), lambda answer: answer.status == 200, "a record")
    await world.kill()
    for peer in world.peers:
        peer.silent = True  # Nobody speaks SIP any more.
    settings = tomllib.loads(world.config_path.read_text(encoding="utf-8"))
    world.config_path.write_text(config.print_toml(config.merge(settings, {"telephony.backend": "amazon-connect"})),
                                 encoding="utf-8")
    await world.start_again()
    boss.address = world.server.http

    async def outcome() -> dict:
        return (await boss.get(address)).json()
    after = await world.until(outcome, lambda found: found["outcomeAt"] is not None, "an outcome")
    assert after["options"] == before.json()["options"] == accepted["options"]
    assert after["options"]["releaseOn"] == "alerting" and after["options"]["onFailure"] == ["return", "originalQueue"]
    assert after["releasedAt"] == before.json()["releasedAt"] or before.json()["releasedAt"] is None
    steps = (await boss.get(f"{address}/timeline")).json()["items"]
    assert [step["state"] for step in steps][:3] == ["accepted", "dialing", "alerting"]
    agent = await world.rest("agent1")
    again = await agent.message("InboundCall", "BlindTransfer", DIAL_PAD, id="t-1")
    assert (again.status, again.json()["transferId"]) == (202, accepted["transferId"]), "the same id, the same first answer"
    app = (await agent.message("App", "StateSync")).json()
    assert app["message"]["capabilities"]["backend"] == "amazon-connect"
    world.expect_exit = None  # No party is there to say goodbye to.
