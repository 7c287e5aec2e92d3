"""The audit: who asked what, from where, the verdict, the outcome; and what must never be in it."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from harness.server import run
from harness.world import World

NUMBER = "+12082097345"


async def audit(world: World, *options: str) -> list[dict]:
    """Everything is written once the server has stopped, and soon while it runs."""
    code, out, err = await run("audit", "export", "--config", str(world.config_path), *options)
    assert code == 0, err
    return [json.loads(line) for line in out.splitlines()]


async def test_a_transfer_from_request_to_outcome(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(NUMBER, id="t-1")
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    connected = await talking.desktop.transfer("connected")
    await talking.desktop.blind_transfer("12", id="t-2")
    await talking.desktop.error("BLIND_TRANSFER_FAILED")
    await talking.desktop.blind_transfer(NUMBER, id="t-3")
    await talking.desktop.error("BLIND_TRANSFER_FAILED")
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = await audit(world)
    request = next(row for row in rows if row.get("id") == "t-1" and row["event"] == "request")
    outcome = next(row for row in rows if row.get("id") == "t-1" and row["event"] == "outcome")
    assert request["caller"] == request["agent"] == "agent1" and request["role"] == "agent"
    assert request["address"] == "127.0.0.1" and request["request"] == "InboundCall/BlindTransfer"
    assert request["target"] == NUMBER and request["result"] == "accepted"
    assert request["transferId"] == outcome["transferId"] == connected["transferId"]
    assert outcome["result"] == "connected" and outcome["target"] == NUMBER
    malformed = next(row for row in rows if row.get("id") == "t-2")
    assert malformed["event"] == "refused" and malformed["reason"] == "invalidDestination"
    late = next(row for row in rows if row.get("id") == "t-3" and row["event"] == "request")
    assert late["result"] == "refused" and late["reason"] == "noActiveCall"
    assert await audit(world, "--login", "agent9") == []
    assert await audit(world, "--to", "2001-01-01T00:00:00Z") == []
    code, _, err = await run("audit", "export", "--config", str(world.config_path), "--from", "yesterday")
    assert code == 2 and "--from" in err


async def test_sign_in_refusals_and_the_directory(world: World):
    rest = await world.rest()
    assert (await rest.post("/v1/login", {"login": "agent1", "password": "wrong"})).status == 401
    assert (await rest.post("/v1/login", {"login": "hunter2-in-the-wrong-field", "password": ""})).status == 401
    answer = await rest.post("/v1/login", {"login": "agent1", "password": "demo-agent1"})
    rest.cookie = answer.headers["set-cookie"].split(";")[0]
    own = "http://%s:%d" % world.server.http
    assert (await rest.post("/v1/logout", headers={"Origin": own})).status == 204
    other = await world.rest("agent2")
    assert (await other.message("InboundCall", "Hold", agent="agent1", id="h-1")).status == 403
    assert (await other.request("PUT", "/v1/directory", {})).status == 403
    service = await world.rest("crm", "service")
    assert (await service.request("PUT", "/v1/directory", {"agents": 1})).status == 422
    assert (await service.message("Agent", "Login", agent="agent1", id="l-1")).status == 202
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = await audit(world)
    logins = [(row.get("caller"), row["result"], row.get("reason")) for row in rows if row["event"] == "login"]
    assert logins == [("agent1", "refused", "wrongPassword"), (None, "refused", "wrongPassword"),
                      ("agent1", "accepted", None)]
    assert [row["caller"] for row in rows if row["event"] == "logout"] == ["agent1"]
    denied = next(row for row in rows if row.get("id") == "h-1")
    assert (denied["event"], denied["caller"], denied["agent"], denied["reason"]) == (
        "refused", "agent2", "agent1", "callNotOwned")
    directory = [(row["event"], row["caller"], row["result"]) for row in rows if row["request"] == "PUT /v1/directory"]
    assert directory == [("refused", "agent2", "refused"), ("directory", "crm", "refused")]
    for_agent = next(row for row in rows if row.get("id") == "l-1" and row["event"] == "request")
    assert for_agent["caller"] == "crm" and for_agent["agent"] == "agent1" and for_agent["role"] == "service"


async def test_no_secret_is_in_the_audit_or_the_log_and_files_are_private(world: World, tmp_path: Path):
    secrets = ["hunter2-in-the-wrong-field", "a-wrong-password", "demo-agent1"]
    talking = await world.talking("agent1")
    rest = await world.rest()
    await rest.post("/v1/login", {"login": "hunter2-in-the-wrong-field", "password": "x"})
    await rest.post("/v1/login", {"login": "agent1", "password": "a-wrong-password"})
    answer = await rest.post("/v1/login", {"login": "agent1", "password": "demo-agent1"})
    secrets.append(re.search("baton_session=([0-9a-f]+)", answer.headers["set-cookie"]).group(1))
    token = await world.token("agent1")
    secrets += token.split(".")[1:]
    agent = await world.rest("agent1")
    secrets.append((await agent.post("/v1/ws-tickets")).json()["ticket"])
    await agent.get(f"/v1/ws?ticket={secrets[-1]}")
    digits = "4111111111111111"
    await agent.message("InboundCall", "SendDTMF", digits)
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    told = json.dumps(await audit(world)) + (world.folder / "baton.log").read_text()
    for secret in [*secrets, digits]:
        assert secret not in told, f"{secret} was told"
    assert "SendDTMF" in told
    for file in world.folder.glob("baton.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, f"{file.name}: {stat.S_IMODE(file.stat().st_mode):o}"
    assert stat.S_IMODE((world.folder / "jwt-secret").stat().st_mode) == 0o600


async def test_a_transfer_by_the_phones_own_key(world: World):
    talking = await world.talking("agent1")
    await talking.agent.refer(NUMBER)
    target = await world.carrier.incoming()
    await target.answer()
    connected = await talking.desktop.transfer("connected")
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = [row for row in await audit(world) if row.get("transferId") == connected["transferId"]]
    assert [(row["event"], row.get("request"), row.get("caller"), row["target"], row["result"]) for row in rows] == [
        ("request", "SIP/REFER", "agent1", NUMBER, "accepted"), ("outcome", None, None, NUMBER, "connected")]


async def test_a_running_server_can_be_asked(world: World):
    await world.agent("agent1")
    async with asyncio.timeout(20):  # Nothing tells when the slow queue was written.
        while not any(row["request"] == "Agent/UpdateState" for row in await audit(world)):
            await asyncio.sleep(0.2)


async def test_an_erased_number_is_not_in_the_audit_either(world: World):
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(NUMBER, id=f"call {NUMBER}")
    target = await world.carrier.incoming()
    await target.reject(486)
    await talking.desktop.transfer("failed")
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    before = await audit(world)
    assert sum(NUMBER in json.dumps(row) for row in before) == 2, "the request and the outcome"
    code, out, err = await run("contacts", "erase", "--config", str(world.config_path), "--number", NUMBER)
    assert code == 0 and "2 lines of the audit" in out, out + err
    after = await audit(world)
    assert len(after) == len(before)
    assert NUMBER[1:] not in json.dumps(after)
    named = [row for row in after if row.get("target") == "erased"]
    assert [row["id"] for row in named] == ["call erased"] * 2
    store = (world.folder / "baton.db").read_bytes()
    assert NUMBER[1:].encode() not in store


@pytest.mark.config({"retention.audit_days": 30})
async def test_old_lines_are_deleted_and_young_ones_stay(world: World):
    await world.agent("agent1")
    world.expect_exit = None
    assert await world.server.stop() == 0
    columns = "event, caller, role, address, agent, request, request_id, contact_id, transfer_id, target, result, reason"
    with sqlite3.connect(world.folder / "baton.db") as store:
        for name, days in (("old", 31), ("young", 29)):
            store.execute(f"INSERT INTO audit(id, at, {columns}) SELECT min(id) - {days}, at - {days} * 86400000, event, "
                          f"'{name}', {columns.split(', ', 2)[2]} FROM audit WHERE id > 0")
    store.close()
    await world.server.start()
    async with asyncio.timeout(30):  # It looks once a second.
        while "old" in [row["caller"] for row in await audit(world)]:
            await asyncio.sleep(0.1)
    assert "young" in [row["caller"] for row in await audit(world)]
    assert await world.server.stop() == 0
