"""SIGTERM lets calls end first, and SIGUSR1 leaves them to the next process."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3

import pytest

from harness.rest import Rest
from harness.samples import DIAL_PAD
from harness.server import Server, run
from harness.world import INBOUND, World
from peer import talk


async def draining(world: World) -> None:
    """SIGTERM, and what /readyz then says."""
    world.expect_exit = None
    world.server.process.send_signal(signal.SIGTERM)
    ready = Rest(world.metrics_address)
    while (answer := await ready.get("/readyz")).status == 200:  # Nothing tells when the signal has arrived.
        await asyncio.sleep(0.02)
    assert answer.status == 503 and "draining: no new calls are taken" in answer.body.decode()


async def ended(world: World) -> int:
    return await asyncio.wait_for(world.server.process.wait(), 20)


async def test_running_calls_go_on_and_new_ones_are_refused(world: World):
    talking = await world.talking("agent1")
    await draining(world)
    call = await (await world.customer()).call(INBOUND)
    answer = await call.refused()
    assert answer.status == 503 and int(answer.get("Retry-After")) > 0
    await talk(talking.customer, talking.agent)
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    await talking.desktop.transfer("connected")
    await talking.desktop.publish("InboundCall", "SetMakeCall", DIAL_PAD)
    error = await talking.desktop.error("MAKE_CALL_FAILED")
    assert error["reason"] == "backendUnavailable"
    assert world.server.alive
    await talking.customer.hangup()
    await target.ended(by="them")
    assert await ended(world) == 0, "it ends with the last call"


async def test_without_a_call_it_ends_at_once(world: World):
    await world.agent("agent1")
    world.expect_exit = None
    world.server.process.send_signal(signal.SIGTERM)
    assert await ended(world) == 0


@pytest.mark.config({"server.drain_seconds": 1})
async def test_after_the_time_the_calls_are_ended(world: World):
    talking = await world.talking("agent1")
    await draining(world)
    await talking.customer.ended(by="them")
    await talking.agent.ended(by="them")
    assert await ended(world) == 0


@pytest.mark.config({"server.drain_seconds": 1})
async def test_a_transfer_that_is_ended_was_not_abandoned(world: World):
    """Nobody hung up: the server did. Neither of its parties is called back by it, and the record says so."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(DIAL_PAD)
    target = await world.carrier.incoming()
    await target.ring()
    await talking.agent.ended(by="them")
    await draining(world)
    await talking.customer.ended(by="them")
    assert await ended(world) == 0
    assert len(talking.agent.peer.received("INVITE")) == 1, "his phone is not rung while the server stops"
    code, out, err = await run("audit", "export", "--config", str(world.config_path))
    assert code == 0, err
    outcomes = [row for row in map(json.loads, out.splitlines()) if row["event"] == "outcome"]
    assert [(row["result"], row["reason"]) for row in outcomes] == [("failed", "backendUnavailable")]


@pytest.mark.config({"server.drain_seconds": 3600})
@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
async def test_a_second_signal_ends_the_calls(world: World, second: signal.Signals):
    talking = await world.talking("agent1")
    await draining(world)
    world.server.process.send_signal(second)
    await talking.customer.ended(by="them")
    await talking.agent.ended(by="them")
    assert await ended(world) == 0


async def test_sigusr1_leaves_the_calls_and_a_snapshot(world: World):
    talking = await world.talking("agent1")
    desktop = talking.desktop
    last, epoch = desktop.sequences["agent1"], desktop.epoch
    world.expect_exit = None
    world.server.process.send_signal(signal.SIGUSR1)
    assert await ended(world) == 75, "which the service manager starts again"
    assert not talking.customer.peer.received("BYE") and not talking.agent.peer.received("BYE")
    await desktop.close()
    world.desktops.remove(desktop)
    with sqlite3.connect(world.folder / "baton.db") as store:
        (rows,) = store.execute("SELECT count(*) FROM journal").fetchone()
        (snapshots,) = store.execute("SELECT count(*) FROM snapshots").fetchone()
    assert (rows, snapshots) == (0, 1), "the next version need not read this one's inputs"

    await world.server._close()
    world.server = await Server(world.config_path, world.folder / "baton.log").start()
    again = await world.desktop("agent1", state=None, query=f"?epoch={epoch}&after={last - 1}")
    await again.until(lambda: again.sequences, "what was missed")
    assert again.epoch == epoch and again.events[0]["sequence"] == last, "the kept events came with the snapshot"
    await again.close()
    world.desktops.remove(again)
    for peer in world.peers:
        peer.silent = True
    await world.server.kill()
