"""`baton demo`, the heart of `make run`: three transfers on live sipp calls, judged by the peers' own logs."""

from __future__ import annotations

import re
import shutil

import pytest

from harness.server import run
from harness.tools import SCENARIOS
from harness.world import World
from peer.ports import PORTS

pytestmark = [pytest.mark.seconds(120),
              pytest.mark.config({"sip.listen": [f"udp:127.0.0.1:{PORTS.take()}"]})]


async def play(world: World, scenarios) -> tuple[int, str, str]:
    await world.carrier.close()  # The demonstration plays the outside world itself, at the same address.
    played = await run("demo", "--config", str(world.config_path), "--url", "http://%s:%d" % world.server.http,
                       "--logs", str(world.folder / "peers"), "--scenarios", str(scenarios), timeout=100)
    await world.server.stop()
    world.expect_exit = None
    return played


async def test_three_transfers_are_shown(world: World):
    code, out, err = await play(world, SCENARIOS)
    assert code == 0, out + err
    for act, words in (("dial pad", "+12082097345"), ("external quick connect", "Sasi_Chime"),
                       ("queue", "CallSummary-HVOC-Queue")):
        assert re.search(rf"^\d/3  {act}: .*{re.escape(words)}", out, re.MULTILINE), out
    assert out.count("the destination has the customer") == 3
    assert out.count("have each other's media description") == 3
    for shown in ("INVITE", "BYE", "connected", "AfterCallWork", " ms"):
        assert shown in out, f"the timeline does not show {shown}: {out}"


async def test_it_fails_where_the_logs_do_not_show_that_they_heard_each_other(world: World, tmp_path):
    """All transfers connect, but the carrier's scenario keeps no note of the description that it was given."""
    scenarios = tmp_path / "scenarios"
    shutil.copytree(SCENARIOS, scenarios)
    carrier = (scenarios / "carrier.xml").read_text()
    silent = carrier.replace("SDP ", "nothing ")
    assert silent != carrier
    (scenarios / "carrier.xml").write_text(silent)
    code, out, err = await play(world, scenarios)
    assert code == 1, out + err
    assert out.count("the destination has the customer") == 3, "the server's own events are not enough"
    assert out.count("do not have each other's media description") == 2, "the two calls to the outside"
