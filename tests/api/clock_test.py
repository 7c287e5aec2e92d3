"""The machine's clock is set back: what is told of times goes by the one that stamps the journal."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from harness.rest import Rest
from harness.server import run
from harness.tools import preloadable
from harness.world import INBOUND, World

HARNESS = Path(__file__).parents[1] / "harness"


@pytest.fixture
def set_back(world: World, tmp_path: Path) -> World:
    """A server whose clock is an hour ahead until the file `ahead` of the test's folder goes."""
    (tmp_path / "ahead").touch()
    world.environment = {"LD_PRELOAD": str(preloadable(HARNESS / "clock_ahead.c")),
                         "BATON_TEST_CLOCK": str(tmp_path / "ahead")}
    if first := os.environ.get("LD_PRELOAD"):
        world.environment["LD_PRELOAD"] += f":{first}"
    return world


async def test_a_clock_that_was_set_back_parts_neither_the_audit_nor_the_figures(set_back: World, tmp_path):
    world = set_back
    await world.kill()
    (tmp_path / "ahead").unlink()
    await world.start_again()
    signed_in = await Rest(world.server.http).post("/v1/login", {"login": "agent2", "password": "demo-agent2"})
    assert signed_in.status == 200
    await world.desktop("agent1", "Offline")
    waiting = await (await world.customer()).call(INBOUND, wait=True)
    figures = await world.until(world.metrics, lambda now: any(
        value for name, value in now.items() if name.startswith("baton_queue_waiting{")), "a customer who waits")
    waits = [value for name, value in figures.items() if name.startswith("baton_queue_longest_wait_seconds{")]
    assert 0 <= min(waits) and max(waits) < 60, waits
    assert figures["baton_event_lag_seconds_count"] > 0
    assert 0 <= figures["baton_event_lag_seconds_sum"] < figures["baton_event_lag_seconds_count"] * 5
    await waiting.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    assert "the clock was set back" in world.server.log()
    code, out, err = await run("audit", "export", "--config", str(world.config_path))
    assert code == 0, err
    rows = [json.loads(line) for line in out.splitlines()]
    at = {row["event"]: datetime.fromisoformat(row["at"].replace("Z", "+00:00")) for row in rows}
    assert 0 <= (at["request"] - at["login"]).total_seconds() < 60, rows
