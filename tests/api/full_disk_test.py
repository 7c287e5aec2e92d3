"""The disk is full: nothing is acknowledged that is not in the journal, and calls that run go on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.rest import Rest
from harness.samples import DIAL_PAD
from harness.server import Server
from harness.tools import tool
from harness.world import World
from peer import talk


@pytest.fixture
def small_disk(world: World, tmp_path, monkeypatch) -> World:
    library = tmp_path / "full_disk.so"
    subprocess.run([tool("cc", "build-essential"), "-shared", "-fPIC", "-O1", "-o", library,
                    Path(__file__).parent / "full_disk.c", "-ldl"], check=True)
    start = Server.start

    async def start_with_it(self, timeout=60.0):
        self.env.update(LD_PRELOAD=str(library), BATON_TEST_DISK_FULL=str(tmp_path / "full"))
        return await start(self, timeout)
    monkeypatch.setattr(Server, "start", start_with_it)
    return world


async def test_nothing_is_acknowledged_that_is_not_in_the_journal(small_disk: World, tmp_path):
    world = small_disk
    talking = await world.talking("agent1")
    (tmp_path / "full").touch()
    await talking.desktop.blind_transfer(DIAL_PAD)
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "backendUnavailable"
    assert not talking.desktop.transfers() and not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    ready = await Rest(world.metrics_address).get("/readyz")
    assert ready.status == 503 and ready.body
    call = await (await world.customer()).call("+18005550100")
    assert (await call.refused()).status == 503
    await talking.customer.hangup()
    await talking.agent.ended(by="them")
    world.expect_exit = None
    await world.server.kill()
