"""What the configuration says is what counts: keys whose value shows in messages, in REST or in what is kept, each away from its default."""

from __future__ import annotations

import json
import re

import pytest
import websockets

from harness.desktop import Desktop
from harness.later import Later
from harness.rest import Rest
from harness.samples import DIAL_PAD
from harness.tokens import claims, forge
from harness.world import World

SNAPSHOTS = "baton_snapshots_total"
HOUR = 3600
#: For a desktop that asks as fast as it is answered.
UNLIMITED = {"limits.requests_per_second": 0, "http.max_messages_per_second": 100_000}


async def changes(desktop: Desktop, count: int) -> None:
    """So many changes of state, one after another: inputs, each with an event."""
    for number in range(count):
        code = ("Lunch", "Break")[number % 2]
        await desktop.go(code)


async def snapshots(world: World) -> float:
    return (await world.metrics())[SNAPSHOTS]


async def a_snapshot_comes(world: World, number: int = 1) -> None:
    await world.until(lambda: snapshots(world), lambda found: found >= number, f"{number} snapshots")


@pytest.mark.config({"journal.snapshot_inputs": 100, **UNLIMITED})
async def test_a_snapshot_after_so_many_inputs(world: World):
    desktop = await world.desktop("agent1", "Break")
    assert await snapshots(world) == 0
    await changes(desktop, 100)
    await a_snapshot_comes(world)


@pytest.mark.config({"journal.snapshot_bytes": 65536, **UNLIMITED})
async def test_a_snapshot_after_so_many_bytes(world: World):
    rest = await world.rest("agent1")
    assert await snapshots(world) == 0
    for _ in range(34):  # Each is refused, since there is no call, and in the journal all the same.
        answer = await rest.message("InboundCall", "BlindTransfer", DIAL_PAD, options={"note": "n" * 2000})
        assert answer.status == 409
    await a_snapshot_comes(world)


@pytest.mark.config({"journal.snapshot_hours": 1})
async def test_a_snapshot_once_the_oldest_input_is_so_old(world: World, later: Later):
    desktop = await world.desktop("agent1", "Break")
    later.set(HOUR - 60)
    await desktop.go("Lunch")
    assert await snapshots(world) == 0
    later.set(HOUR + 1)
    await desktop.go("Break")
    await a_snapshot_comes(world)


@pytest.mark.config({"journal.kept_event_bytes": 65536, "journal.snapshot_inputs": 100, **UNLIMITED,
                     "http.replay_bytes": 1 << 20})
async def test_the_events_beside_a_snapshot_take_so_many_bytes(world: World):
    desktop = await world.desktop("agent1", "Break")
    first = desktop.sequences["agent1"]
    for number in range(1, 6):
        told = len(desktop.events)
        await changes(desktop, 100)
        await a_snapshot_comes(world, number)
    assert 3 * sum(len(json.dumps(event)) for event in desktop.events[told:]) > 65536, "those of the first are too many"
    again = await world.desktop("agent1", state=None, query=f"?epoch={desktop.epoch}&after={first}")
    await again.agent_state("Break")
    assert not again.seen("Agent/StateSync"), "before a restart, all that http.replay_bytes lets"
    await again.close()
    world.desktops.remove(again)
    await world.restart()
    after = await world.desktop("agent1", state=None, query=f"?epoch={desktop.epoch}&after={first}")
    await after.expect("Agent/StateSync")


@pytest.mark.config({"http.replay_bytes": 0})
async def test_the_events_kept_for_an_agent_take_so_many_bytes(world: World):
    desktop = await world.desktop("agent1", "Break")
    after = desktop.sequences["agent1"] - 1
    again = await world.desktop("agent1", state=None, query=f"?epoch={desktop.epoch}&after={after}")
    await again.expect("Agent/StateSync")


@pytest.mark.parametrize("durability, outlives", [("process", True), ("power", False)])
async def test_what_commits_wait_for(world: World, durability: str, outlives: bool):
    world.server.env.update(World.killable(world.folder))
    world.environment = world.server.env
    world.server.env["BATON_JOURNAL_DURABILITY"] = durability
    await world.restart()
    desktop = await world.desktop("agent1", "Break")
    world.kill_at("after", 1)  # The next sync of the log kills it: with "process" there is none.
    if outlives:
        await changes(desktop, 3)
        world.kill_no_more()
        return
    await desktop.publish("Agent", "UpdateState", {"label": "Lunch", "code": "Lunch", "type": "not_routable"})
    await world.server.died()
    world.expect_exit = None


@pytest.mark.config({"auth.jwt_issuer": "desk", "auth.jwt_audience": "calls"})
async def test_what_a_token_must_carry(world: World):
    assert (await (await world.rest("agent1")).get("/v1/quick-connects")).status == 200, "those of `baton token` do"
    secret = (world.folder / "jwt-secret").read_bytes().strip()

    async def status(**told: str) -> int:
        token = forge(claims(**told), secret)
        return (await Rest(world.server.http, token).get("/v1/quick-connects")).status
    assert await status(iss="desk", aud="calls") == 200
    assert await status(iss="baton", aud="calls") == 401
    assert await status(iss="desk", aud="baton") == 401
    with pytest.raises(websockets.InvalidStatusCode):
        await Desktop(world.server.http, "agent1", forge(claims(), secret)).open()


@pytest.mark.config({"auth.session_hours": 1})
async def test_how_long_a_password_sign_in_lasts(world: World, later: Later):
    rest, answer = await world.sign_in("agent1")
    assert re.search(r"Max-Age=(\d+)", answer.headers["set-cookie"])[1] == str(HOUR), "what the browser is told"
    own = world.own_page
    later.set(HOUR - 60)
    assert (await rest.request("GET", "/v1/quick-connects", headers=own)).status == 200
    later.set(HOUR + 1)
    assert (await rest.request("GET", "/v1/quick-connects", headers=own)).status == 401


@pytest.mark.parametrize("per", ["login_failures", "login_failures_per_address"])
@pytest.mark.config({"auth.login_max_delay_seconds": 60, "auth.login_failures": 100, "auth.login_failures_per_address": 10000})
async def test_what_the_wait_after_wrong_passwords_grows_to(world: World, later: Later, per: str):
    world.server.env[f"BATON_AUTH_{per.upper()}"] = "1"
    await world.restart()
    rest = await world.rest()
    wrong = {"login": "agent1", "password": "wrong"}
    for failure in range(8):  # The last one would double the wait to 128 seconds.
        later.set(61 * failure)
        assert (await rest.post("/v1/login", wrong)).status == 401
    refused = await rest.post("/v1/login", wrong)
    assert refused.status == 429 and 40 < int(refused.headers["retry-after"]) <= 60
