"""The disk is full, read-only or slow: nothing is acknowledged that is not in the journal, and calls that run go on."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest

from harness import config
from harness.bad_disk import bad_disk
from harness.rest import Answer, Rest
from harness.samples import DIAL_PAD, arn
from harness.server import Server, run
from harness.world import INBOUND, World
from peer import talk


@pytest.fixture
def small_disk(world: World, tmp_path, monkeypatch) -> World:
    start = Server.start

    async def start_with_it(self, timeout=60.0):
        self.env.update(bad_disk(tmp_path))
        return await start(self, timeout)
    monkeypatch.setattr(Server, "start", start_with_it)
    return world


async def ready(world: World) -> tuple[int, str]:
    answer = await Rest(world.metrics_address).get("/readyz")
    return answer.status, answer.body.decode()


@pytest.mark.parametrize("fault", ["full", "readonly"])
async def test_nothing_is_acknowledged_that_is_not_in_the_journal(small_disk: World, tmp_path, fault: str):
    world = small_disk
    talking = await world.talking("agent1")
    (tmp_path / "disk").write_text(fault)
    await talking.desktop.blind_transfer(DIAL_PAD)
    error = await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert error["reason"] == "backendUnavailable"
    assert not talking.desktop.transfers() and not world.carrier.received("INVITE")
    await talk(talking.customer, talking.agent)
    status, why = await ready(world)
    assert status == 503 and "the journal cannot be written" in why
    call = await (await world.customer()).call(INBOUND)
    assert (await call.refused()).status == 503
    phone = await world.phone("agent2", register=False)
    for _ in range(2):
        assert (await phone.try_register()).status == 500, "nobody is told that he is registered"
    boss = await world.rest("supervisor1", "supervisor")
    kept = await boss.request("PUT", "/v1/me/preferences", {"theme": "dark"})
    assert kept.status == 503 and kept.json()["reason"] == "backendUnavailable", kept.body
    # What is only read goes on.
    assert (await boss.get("/v1/me/preferences")).json() == {}
    assert (await boss.get("/v1/statistics")).json()["total"]["accepted"] == 0
    await talking.customer.hangup()
    await talking.agent.ended(by="them")
    world.expect_exit = None
    await world.server.kill()


async def version(world: World) -> int:
    code, out, err = await run("directory", "export", "--config", str(world.config_path))
    assert code == 0, err
    with sqlite3.connect(world.folder / "baton.db") as store:
        (newest,) = store.execute("SELECT max(version) FROM directory").fetchone()
    return newest


def with_one_more() -> dict:
    directory = config.example_directory()
    directory["quickConnects"].append({"arn": arn("transfer-destination", 99), "name": "One more", "type": "phone_number",
                                       "phoneNumber": "+12082097346"})
    return directory


async def test_a_full_disk_is_no_fault_of_a_directory(small_disk: World, tmp_path):
    world = small_disk
    boss = await world.rest("supervisor1", "supervisor")
    before = await version(world)
    (tmp_path / "disk").write_text("full")
    answer = await boss.request("PUT", "/v1/directory", with_one_more())
    assert answer.status == 503 and answer.json()["reason"] == "backendUnavailable", answer.body
    world.expect_exit = None
    await world.server.kill()
    assert await version(world) == before


async def test_nothing_is_kept_once_the_journal_has_failed_though_the_disk_is_well_again(small_disk: World, tmp_path):
    world = small_disk
    desktop = await world.desktop("agent1", state=None)
    boss = await world.rest("supervisor1", "supervisor")
    before = await version(world)
    (tmp_path / "disk").write_text("full")
    await desktop.publish("Agent", "Logout")
    while (await ready(world))[0] == 200:  # The answer may be an error of another request's commit.
        await asyncio.sleep(0.02)
    (tmp_path / "disk").unlink()
    answer = await boss.request("PUT", "/v1/directory", with_one_more())
    assert answer.status == 503 and answer.json()["reason"] == "backendUnavailable", answer.body
    assert "until a restart" in answer.json()["msg"]
    kept = await boss.request("PUT", "/v1/me/preferences", {"theme": "dark"})
    assert kept.status == 503 and kept.json()["reason"] == "backendUnavailable", kept.body
    listed = (await boss.get("/v1/quick-connects")).body
    assert b"Sasi_Chime" in listed and b"One more" not in listed
    # A sign-in is good as long as the process, and no longer.
    await world.sign_in("agent2")
    world.expect_exit = None
    await world.server.kill()
    assert await version(world) == before
    with sqlite3.connect(world.folder / "baton.db") as store:
        assert store.execute("SELECT count(*) FROM sessions").fetchone() == (0,)


async def test_a_store_that_cannot_be_read_refuses_a_directory_and_ends_no_call(small_disk: World, tmp_path):
    world = small_disk
    talking = await world.talking("agent1")
    boss = await world.rest("supervisor1", "supervisor")
    before = await version(world)
    (tmp_path / "disk").write_text("unreadable")
    answer = await boss.request("PUT", "/v1/directory", with_one_more())
    assert answer.status == 503 and answer.json()["reason"] == "backendUnavailable", answer.body
    (tmp_path / "disk").unlink()
    await talk(talking.customer, talking.agent)
    assert await version(world) == before
    assert (await boss.request("PUT", "/v1/directory", with_one_more())).status == 200
    await talking.customer.hangup()


@pytest.mark.config({"auth.login_failures": 1})
async def test_a_store_that_cannot_be_read_makes_no_password_wrong(small_disk: World, tmp_path):
    world = small_disk

    async def sign_in() -> Answer:
        return await Rest(world.server.http).post("/v1/login", {"login": "agent1", "password": "demo-agent1"})

    (tmp_path / "disk").write_text("unreadable")
    for _ in range(3):
        answer = await sign_in()
        assert answer.status == 503 and answer.json()["reason"] == "backendUnavailable", answer.body
    (tmp_path / "disk").unlink()
    assert (await sign_in()).status == 200
    world.expect_exit = None
    assert await world.server.stop() == 0
    logins = [(row["result"], row.get("reason")) for row in await world.audit() if row["event"] == "login"]
    assert logins == [("accepted", None)], "and none with a wrong password"


async def test_a_store_that_cannot_be_read_behind_a_directory_does_not_keep_it_out_of_force(small_disk: World, tmp_path):
    world = small_disk
    boss = await world.rest("supervisor1", "supervisor")
    before = await version(world)
    (tmp_path / "disk").write_text("behind")
    answer = await boss.request("PUT", "/v1/directory", with_one_more())
    assert answer.status == 200 and answer.json()["version"] == before + 1, answer.body
    (tmp_path / "disk").unlink()
    assert b"One more" in (await boss.get("/v1/quick-connects")).body
    assert await version(world) == before + 1


async def test_a_session_that_cannot_be_forgotten_is_not_called_ended(small_disk: World, tmp_path):
    world = small_disk
    rest = await world.rest()
    own = {"Origin": "http://%s:%d" % world.server.http}

    async def signed_in() -> str:
        return (await world.sign_in("agent1"))[0].cookie
    cookies = [await signed_in(), await signed_in()]
    (tmp_path / "disk").write_text("full")
    rest.cookie = cookies[0]
    refused = await rest.post("/v1/logout", headers=own)
    assert refused.status == 503 and refused.json()["reason"] == "backendUnavailable", refused.body
    assert refused.headers["set-cookie"].startswith("baton_session=;"), "the browser forgets it all the same"
    assert (await rest.get("/v1/agents", **own)).status == 401
    assert await signed_in() != cookies[0], "who signs in needs no disk"
    (tmp_path / "disk").unlink()
    # Nothing else comes that would write it: the server tries again by itself.
    async with asyncio.timeout(20):
        while "no longer in the store" not in world.server.log():
            await asyncio.sleep(0.05)
    await world.server.kill()
    await world.start_again()
    for cookie, status in zip(cookies, (401, 200)):
        rest.address, rest.cookie = world.server.http, cookie
        own = {"Origin": "http://%s:%d" % world.server.http}
        assert (await rest.get("/v1/agents", **own)).status == status


async def test_a_start_on_a_read_only_disk_says_so(small_disk: World, tmp_path):
    world = small_disk
    assert await world.server.stop() == 0
    world.expect_exit = None
    (tmp_path / "disk").write_text("readonly")
    code, _, err = await run("serve", "--config", str(world.config_path), env=bad_disk(tmp_path))
    assert code == 1
    assert "baton.db" in err and "can be written by this user" in err, err


@pytest.mark.config({"journal.slow_commit_ms": 500})
async def test_a_commit_of_five_seconds_refuses_what_is_new_and_loses_nothing(small_disk: World, tmp_path):
    world = small_disk
    talking = await world.talking("agent1")
    rest = await world.rest("agent1")
    (tmp_path / "disk").write_text("slow")
    await talking.desktop.publish("InboundCall", "Hold")
    while (state := await ready(world))[0] == 200:  # Nothing tells when the commit has become slow.
        await asyncio.sleep(0.02)
    (tmp_path / "disk").unlink()
    assert state[0] == 503 and "the disk is slow" in state[1]
    refused = await rest.message("InboundCall", "BlindTransfer", DIAL_PAD)
    assert refused.status == 503 and "the disk is slow" in refused.body.decode()
    call = await (await world.customer()).call(INBOUND)
    answer = await call.refused()
    assert answer.status == 503 and answer.get("Retry-After")
    await talk(talking.customer, talking.agent)
    # What was taken before the disk was slow is done.
    await talking.desktop.call_event("hold", "inbound", timeout=20)
    assert await ready(world) == (200, "ready\n")
    await talking.desktop.publish("InboundCall", "Resume")
    await talking.desktop.call_event("connected", "inbound")
    await talking.customer.hangup()
