"""What a person's pages keep for him: /v1/me/preferences."""

from __future__ import annotations

import json

import pytest

from harness.schema import check
from harness.server import run
from harness.world import World

PATH = "/v1/me/preferences"


async def test_everybody_has_his_own_and_a_restart_changes_nothing(world: World):
    agent, boss = await world.rest("agent1"), await world.rest("supervisor1", "supervisor")
    assert (await agent.get(PATH)).json() == {}
    kept = {"favourites": ["arn:1"], "theme": "dark", "ratio": 1.5, "name": "Zoë"}
    answer = await agent.request("PUT", PATH, kept)
    assert answer.status == 200 and answer.json() == kept
    check("rest-preferences.json", answer.json())
    assert (await boss.request("PUT", PATH, {"theme": "light"})).status == 200
    assert (await agent.get(PATH)).json() == kept
    await world.restart()
    assert (await agent.get(PATH)).json() == kept
    assert (await boss.get(PATH)).json() == {"theme": "light"}
    assert (await agent.request("PUT", PATH, {"theme": "light"})).json() == {"theme": "light"}
    assert (await agent.get(PATH)).json() == {"theme": "light"}, "it takes the place of the one before"


@pytest.mark.config({"limits.preferences_bytes": 1024})
async def test_as_large_as_the_limit_and_no_larger(world: World):
    rest = await world.rest("agent1")
    text = json.dumps({"x": "y" * 1015}).encode()
    assert len(text) == 1024
    assert (await rest.request("PUT", PATH, text)).status == 200
    refused = await rest.request("PUT", PATH, text + b" ")
    assert refused.status == 413 and "1024 bytes" in refused.json()["msg"]
    check("rest-error.json", refused.json())
    assert (await rest.get(PATH)).body == text


async def test_only_an_object_is_kept(world: World):
    rest = await world.rest("agent1")
    for bad in (b"", b"[]", b'"x"', b"7", b"null", b"{", b'{"a":}', b'{"a":"\xff"}', b"{} {}"):
        refused = await rest.request("PUT", PATH, bad)
        assert refused.status == 400, bad
        check("rest-error.json", refused.json())
        assert "send an object" in refused.json()["msg"], bad
    assert (await rest.get(PATH)).json() == {}


async def test_preferences_with_a_number_are_erased_with_it(world: World):
    agent, other = await world.rest("agent1"), await world.rest("agent2")
    await agent.request("PUT", PATH, {"recent": ["+1 (202) 555-0177"]})
    await other.request("PUT", PATH, {"recent": ["+12025550178"]})
    world.expect_exit = None
    assert await world.server.stop() == 0
    code, out, err = await run("contacts", "erase", "--config", str(world.config_path), "--number", "+12025550177")
    assert code == 0 and "the preferences of 1 login, which had it, are deleted" in out, out + err
    assert b"555-0177" not in b"".join(path.read_bytes() for path in world.folder.glob("baton.db*"))
    await world.server.start()
    assert (await agent.get(PATH)).json() == {}
    assert (await other.get(PATH)).json() == {"recent": ["+12025550178"]}
    assert await world.server.stop() == 0
