"""A directory that comes into a running server: what it may hold up, and what is refused."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from harness import config
from harness.rest import Rest
from harness.samples import second_queue
from harness.server import Server, run
from harness.tools import preloadable
from harness.world import World
from peer.ports import PORTS

HARNESS = Path(__file__).parents[1] / "harness"


def at(world: World) -> dict[str, str]:
    return {"BATON_HTTP_LISTEN": "%s:%d" % world.server.http}


@pytest.fixture
def slow_hashes(world: World, tmp_path: Path) -> World:
    """A server that takes half a second for each password while the file `hashes` of the test's folder exists."""
    world.environment = {"LD_PRELOAD": str(preloadable(HARNESS / "slow_passwords.c")),
                         "BATON_TEST_HASHES": str(tmp_path / "hashes")}
    if first := os.environ.get("LD_PRELOAD"):
        world.environment["LD_PRELOAD"] += f":{first}"
    return world


def hundreds() -> bytes:
    """A directory whose passwords would take five minutes."""
    directory = config.example_directory()
    directory["agents"] += [{"login": f"new{number}", "name": f"New {number}", "routingProfile":
                             directory["routingProfiles"][0]["name"], "password": f"password-{number}"}
                            for number in range(600)]
    return json.dumps(directory).encode()


async def test_an_import_that_hashes_for_minutes_holds_up_neither_reads_nor_the_hand_over(slow_hashes: World, tmp_path):
    world = slow_hashes
    boss = await world.rest("supervisor1", "supervisor")
    export = ["directory", "export", "--config", str(world.config_path)]
    before = await run(*export)
    path = tmp_path / "hundreds.json"
    path.write_bytes(hundreds())
    hashes = tmp_path / "hashes"
    hashes.touch()
    importing = asyncio.create_task(
        run("directory", "import", "--config", str(world.config_path), str(path), env=at(world), timeout=50))
    while not hashes.stat().st_size:  # Nothing else tells that they have begun.
        await asyncio.sleep(0.02)
    # By the worker that opens and closes the queues, too.
    for resource in ("/v1/me/preferences", "/v1/transfers"):
        answer = await boss.get(resource)
        assert answer.status == 200, answer.body
    assert hashes.stat().st_size < 600 and not importing.done()
    world.expect_exit = None
    world.server.process.send_signal(signal.SIGUSR1)
    assert await asyncio.wait_for(world.server.process.wait(), 10) == 75, "it stops at once"
    code, out, err = await importing
    assert code == 1 and "may still come into force" in err and "not running" not in out, out + err
    assert await run(*export) == before


async def test_an_import_that_a_stop_finds_at_its_last_hash_does_not_come_into_force(slow_hashes: World, tmp_path):
    # As one without new passwords: nothing that it still does would notice the stop.
    world = slow_hashes
    export = ["directory", "export", "--config", str(world.config_path)]
    before = await run(*export)
    directory = config.example_directory()
    directory["queues"][0]["maxWaiting"] = 7
    for agent in directory["agents"]:
        agent.pop("password", None)
    directory["agents"][0]["password"] = "slow-password"
    path = tmp_path / "one.json"
    path.write_text(json.dumps(directory))
    hashes = tmp_path / "hashes"
    hashes.touch()
    importing = asyncio.create_task(
        run("directory", "import", "--config", str(world.config_path), str(path), env=at(world), timeout=50))
    while not hashes.stat().st_size:  # Nothing else tells that it has begun.
        await asyncio.sleep(0.02)
    world.expect_exit = None
    world.server.process.send_signal(signal.SIGUSR1)
    assert await asyncio.wait_for(world.server.process.wait(), 20) == 75
    code, out, err = await importing
    assert code == 1 and "may still come into force" in err, out + err
    assert hashes.stat().st_size == 1
    assert await run(*export) == before


@pytest.mark.config({"transfer.last_resort_queue": "Billing"})
async def test_a_last_resort_that_is_not_in_the_directory_is_told(world: World, tmp_path):
    """At the start, and by an import that would take it away: until then nobody would notice what the chain ends in."""
    warning = "transfer.last_resort_queue is 'Billing', but the directory has no queue with that name or ARN"
    assert warning in world.server.log()
    path = tmp_path / "directory.json"
    importing = ["directory", "import", "--config", str(world.config_path), str(path)]
    without, directory = config.example_directory(), config.example_directory()
    second_queue()(directory)
    path.write_text(json.dumps(directory))
    code, out, err = await run(*importing, env=at(world))
    assert code == 0, out + err
    assert world.server.log().count(warning) == 1
    path.write_text(json.dumps(without))
    code, out, err = await run(*importing, env=at(world))
    assert code == 1 and "/queues: has no queue 'Billing' any more, which transfer.last_resort_queue names" in err, out + err
    boss = await world.rest("supervisor1", "supervisor")
    assert "Billing" in [queue["name"] for queue in (await boss.get("/v1/queues")).json()["items"]]


async def test_who_has_no_password_is_named_by_a_running_server_as_by_none(world: World, tmp_path):
    directory = config.example_directory()
    directory["agents"].append({"login": "new1", "name": "New", "routingProfile": directory["routingProfiles"][0]["name"]})
    path = tmp_path / "new.json"
    path.write_text(json.dumps(directory))
    importing = ["directory", "import", "--config", str(world.config_path), str(path)]
    code, out, err = await run(*importing, env=at(world))
    assert code == 0 and "the running server took it: version 2" in out, out + err
    note = "new1 has no password and can neither sign in nor register a phone"
    assert note in err and "agent1 has no" not in err, err
    world.expect_exit = None
    assert await world.server.stop() == 0
    code, out, err = await run(*importing, env=at(world))
    assert code == 0 and "the server was not running" in out and note in err, out + err


@pytest.mark.parametrize("body", ["hello", "{}", '{"version": "2"}'])
async def test_another_program_at_the_servers_port_is_not_taken_for_it(world: World, body: str):
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answers, "127.0.0.1", 0) as other:
        here = {"BATON_HTTP_LISTEN": "%s:%d" % other.sockets[0].getsockname()}
        code, out, err = await run("directory", "import", "--config", str(world.config_path), str(config.EXAMPLE_DIRECTORY), env=here)
    assert code == 1 and not out and f'no Baton, and took no directory: HTTP 200 "{body}"' in err, out + err


async def test_a_server_that_starts_does_not_wait_for_an_imports_hashes(tmp_path):
    """As in the gap of a hand-over: what finds no server must not keep the next one from its store."""
    settings = config.merge(config.example(), {
        "store.path": str(tmp_path / "baton.db"), "http.listen": f"127.0.0.1:{PORTS.take()}",
        "http.metrics_listen": "127.0.0.1:0", "auth.jwt_secret_file": str(tmp_path / "jwt-secret"),
        "store.initial_directory": "", "sip.listen": ["udp:127.0.0.1:0"]})
    file = tmp_path / "baton.toml"
    file.write_text(config.print_toml(settings))
    hashes = tmp_path / "hashes"
    hashes.touch()
    slow = {"LD_PRELOAD": ":".join(filter(None, (os.environ.get("LD_PRELOAD"),
                                                 str(preloadable(HARNESS / "slow_passwords.c"))))),
            "BATON_TEST_HASHES": str(hashes)}
    importing = asyncio.create_task(
        run("directory", "import", "--config", str(file), str(config.EXAMPLE_DIRECTORY), env=slow, timeout=50))
    while not hashes.stat().st_size:  # Nothing else tells that they have begun.
        await asyncio.sleep(0.02)
    server = await Server(file, tmp_path / "baton.log").start()
    try:
        assert not importing.done()
        code, out, err = await importing
        assert code == 0 and "the running server took it: version 1" in out, out + err
    finally:
        assert await server.stop() == 0


async def test_the_examples_passwords_do_not_come_in_by_an_import_outside_loopback(tmp_path):
    settings = config.merge(config.example(), {
        "store.path": str(tmp_path / "baton.db"), "http.listen": "0.0.0.0:0", "http.metrics_listen": "127.0.0.1:0",
        "auth.jwt_secret_file": str(tmp_path / "jwt-secret"), "store.initial_directory": "",
        "sip.listen": ["udp:127.0.0.1:0"]})
    file = tmp_path / "baton.toml"
    file.write_text(config.print_toml(settings))
    server = await Server(file, tmp_path / "baton.log").start()
    try:
        code, token, err = await run("token", "--config", str(file), "--role", "supervisor", "--agent", "boss")
        assert code == 0, err
        boss = Rest(("127.0.0.1", server.http[1]), token.strip())
        directory = config.example_directory()
        refused = await boss.request("PUT", "/v1/directory", directory)
        assert refused.status == 422, refused.body
        faults = refused.json()["faults"]
        with_password = [f"/agents/{i}/password" for i, agent in enumerate(directory["agents"]) if "password" in agent]
        assert [fault["place"] for fault in faults] == with_password
        assert all("which everybody knows" in fault["msg"] for fault in faults)
        assert b"agent1" not in (await boss.get("/v1/agents")).body
        for agent in directory["agents"]:
            agent["password"] = f"another-{agent['login']}"
        taken = await boss.request("PUT", "/v1/directory", directory)
        assert taken.status == 200, taken.body
    finally:
        assert await server.stop() == 0
    await (await server.start()).stop()
