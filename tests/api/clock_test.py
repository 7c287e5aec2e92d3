"""The machine's clock is set back: what is told of times goes by the one that stamps the journal."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import datetime
from functools import partial

from harness.later import Later
from harness.world import INBOUND, World
from peer import Call

HOUR = 3600


async def test_a_clock_that_was_set_back_parts_neither_the_audit_nor_the_figures(world: World, later: Later):
    later.set(HOUR)
    await world.desktop("agent1", "Break")  # So that the journal has a time of then.
    await world.kill()
    later.set(0)
    await world.start_again()
    await one_time_for_all(world)


async def test_a_clock_that_is_set_back_under_a_server_without_work(world: World, later: Later):
    """Nothing comes meanwhile by which the engine would look at the clock."""
    later.set(HOUR)
    waiting = await (await world.customer()).call(INBOUND, wait=True)
    await world.until(world.metrics, somebody_waits, "a customer who waits")
    # His record is the last that follows from his call.
    await world.until(partial(asyncio.to_thread, recorded, world), lambda contacts: contacts == 1, "his record")
    later.set(0)
    waits_are_short(await world.metrics())
    await one_time_for_all(world, waiting)


def somebody_waits(figures: dict[str, float]) -> bool:
    return any(value for name, value in figures.items() if name.startswith("baton_queue_waiting{"))


def recorded(world: World) -> int:
    with closing(sqlite3.connect(world.folder / "baton.db")) as store:
        return store.execute("SELECT count(*) FROM contacts").fetchone()[0]


def waits_are_short(figures: dict[str, float]) -> None:
    waits = [value for name, value in figures.items() if name.startswith("baton_queue_longest_wait_seconds{")]
    assert 0 <= min(waits) and max(waits) < 60, waits


async def one_time_for_all(world: World, waiting: Call | None = None) -> None:
    """Who signs in, waits, is told of it and is in the audit is so by one clock."""
    await world.sign_in("agent2")
    await world.desktop("agent1", "Offline")
    waiting = waiting or await (await world.customer()).call(INBOUND, wait=True)
    figures = await world.until(world.metrics, lambda now: somebody_waits(now) and now["baton_event_lag_seconds_count"],
                                "a customer who waits, and an event that was sent")
    waits_are_short(figures)
    assert 0 <= figures["baton_event_lag_seconds_sum"] < figures["baton_event_lag_seconds_count"] * 5
    await waiting.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    assert "the clock was set back" in world.server.log()
    rows = await world.audit()
    at = {row["event"]: datetime.fromisoformat(row["at"].replace("Z", "+00:00")) for row in rows}
    assert 0 <= (at["request"] - at["login"]).total_seconds() < 60, rows
