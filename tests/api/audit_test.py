"""The audit: who asked what, from where, the verdict, the outcome; and what must never be in it."""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import re
import sqlite3
import stat
from pathlib import Path

import pytest

from harness import config
from harness.samples import quick_connect
from harness.server import run
from harness.world import INBOUND, Conversation, World
from peer import Address, Uri
from peer.digest import Credentials

NUMBER = "+12082097345"


async def connected_by(world: World, request_id: str) -> tuple[Conversation, dict]:
    """A call that such a request handed on to NUMBER, and what was told of that."""
    talking = await world.talking("agent1")
    await talking.desktop.blind_transfer(NUMBER, id=request_id)
    target = await world.carrier.incoming()
    await target.ring()
    await target.answer()
    return talking, await talking.desktop.transfer("connected")


async def test_a_transfer_from_request_to_outcome(world: World):
    talking, connected = await connected_by(world, "t-1")
    await talking.desktop.blind_transfer("12", id="t-2")
    await talking.desktop.error("BLIND_TRANSFER_FAILED")
    await talking.desktop.blind_transfer(NUMBER, id="t-3")
    await talking.desktop.error("BLIND_TRANSFER_FAILED")
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = await world.audit()
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
    assert await world.audit("--login", "agent9") == []
    assert await world.audit("--to", "2001-01-01T00:00:00Z") == []
    code, _, err = await run("audit", "export", "--config", str(world.config_path), "--from", "yesterday")
    assert code == 2 and "--from" in err


async def test_sign_in_refusals_and_the_directory(world: World):
    rest = await world.rest()
    assert (await rest.post("/v1/login", {"login": "agent1", "password": "wrong"})).status == 401
    assert (await rest.post("/v1/login", {"login": "supervisor1", "password": "wrong"})).status == 401
    assert (await rest.post("/v1/login", {"login": "hunter2-in-the-wrong-field", "password": ""})).status == 401
    browser, _ = await world.sign_in("agent1")
    assert (await browser.post("/v1/logout", headers=world.own_page)).status == 204
    other = await world.rest("agent2")
    assert (await other.message("InboundCall", "Hold", agent="agent1", id="h-1")).status == 403
    assert (await other.request("PUT", "/v1/directory", {})).status == 403
    service = await world.rest("crm", "service")
    assert (await service.request("PUT", "/v1/directory", {"agents": 1})).status == 422
    assert (await service.message("Agent", "Login", agent="agent1", id="l-1")).status == 202
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = await world.audit()
    logins = [(row.get("caller"), row.get("role"), row["result"], row.get("reason")) for row in rows if row["event"] == "login"]
    assert logins == [("agent1", "agent", "refused", "wrongPassword"), ("supervisor1", "supervisor", "refused", "wrongPassword"),
                      (None, None, "refused", "wrongPassword"), ("agent1", "agent", "accepted", None)]
    assert [row["caller"] for row in rows if row["event"] == "logout"] == ["agent1"]
    denied = next(row for row in rows if row.get("id") == "h-1")
    assert (denied["event"], denied["caller"], denied["agent"], denied["reason"]) == (
        "refused", "agent2", "agent1", "callNotOwned")
    directory = [(row["event"], row["caller"], row["result"]) for row in rows if row["request"] == "PUT /v1/directory"]
    assert directory == [("refused", "agent2", "refused"), ("directory", "crm", "refused")]
    for_agent = next(row for row in rows if row.get("id") == "l-1" and row["event"] == "request")
    assert for_agent["caller"] == "crm" and for_agent["agent"] == "agent1" and for_agent["role"] == "service"


@pytest.mark.config({"auth.max_sessions_per_login": 1})
async def test_each_end_of_a_sign_in_is_told(world: World):
    """When somebody who had the password was out can be shown, whatever put him out."""
    for login in ("agent1", "agent1", "agent2"):
        await world.sign_in(login)
    directory = config.example_directory()
    agents = {agent["login"]: agent for agent in directory["agents"]}
    agents["agent1"]["password"] = "another-password"
    agents["agent2"]["enabled"] = False
    service = await world.rest("crm", "service")
    assert (await service.request("PUT", "/v1/directory", directory)).status == 200
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = [row for row in await world.audit() if row["event"] in ("login", "logout") and not row.get("request", "").startswith("SIP/")]
    ends = [(row["caller"], row["role"], row["result"], row.get("reason")) for row in rows if row["event"] == "logout"]
    assert ends[0] == ("agent1", "agent", "accepted", "tooManySessions")
    assert sorted(ends[1:]) == [("agent1", "agent", "accepted", "disabled"), ("agent2", "agent", "accepted", "disabled")]
    assert len(rows) == 6, "three that came, three that went"


async def import_changed(world: World, removed: str = "") -> None:
    """Without a server: agent1 has another password and agent2 is disabled. Then one starts and stops."""
    directory = config.example_directory()
    agents = {agent["login"]: agent for agent in directory["agents"]}
    agents["agent1"]["password"] = "another-password"
    agents["agent2"]["enabled"] = False
    directory["agents"] = [agent for agent in directory["agents"] if agent["login"] != removed]
    changed = world.folder / "changed.json"
    changed.write_text(json.dumps(directory))
    code, _, err = await run("directory", "import", str(changed), "--config", str(world.config_path))
    assert code == 0, err
    await world.start_again()
    assert await world.server.stop() == 0


async def test_an_import_without_a_server_tells_the_sign_ins_that_it_ends(world: World):
    """The next start finds no session of a login with another password, so that it cannot tell of its end."""
    for login in ("agent1", "agent1", "agent2", "agent3"):
        await world.sign_in(login)
    world.expect_exit = None
    assert await world.server.stop() == 0
    with sqlite3.connect(world.folder / "baton.db") as store:
        store.execute("UPDATE sessions SET expires_at = 1 WHERE digest = (SELECT digest FROM sessions WHERE login = 'agent1' LIMIT 1)")
    store.close()
    await import_changed(world)
    ends = [row for row in await world.audit() if row["event"] == "logout"]
    assert sorted((row["caller"], row["role"], row["result"], row["reason"]) for row in ends) == [
        ("agent1", "agent", "accepted", "disabled"), ("agent1", "agent", "accepted", "expired"),
        ("agent2", "agent", "accepted", "disabled")], "agent3 stays signed in"


async def test_an_import_without_a_server_tells_the_phones_that_it_ends(world: World):
    """As a running server would: the next start finds no registration of whoever may have none any more."""
    logins = ["agent1", "agent2", "agent3", "supervisor1"]
    for login in [*logins, "agent1"]:
        await world.phone(login)
    world.expect_exit = None
    assert await world.server.stop() == 0
    await import_changed(world, removed="supervisor1")
    ends = [row for row in await world.audit() if row.get("request") == "SIP/REGISTER" and row["event"] == "logout"]
    assert [(row["caller"], row.get("role"), row["agent"], row["address"], row["result"], row["reason"]) for row in ends] == [
        ("agent1", "agent", "agent1", "127.0.0.1", "accepted", "disabled"),
        ("agent2", "agent", "agent2", "127.0.0.1", "accepted", "disabled"),
        ("supervisor1", None, "supervisor1", "127.0.0.1", "accepted", "disabled")], "one for both of agent1; agent3's stays"


async def test_a_registration_that_ran_out_while_no_server_ran_is_told(world: World):
    """Once for all phones of an address, and not where one of them is still there."""
    for login in ("agent1", "agent1", "agent2", "agent2", "agent3"):
        await world.phone(login)
    world.expect_exit = None
    assert await world.server.stop() == 0
    with sqlite3.connect(world.folder / "baton.db") as store:
        store.execute("UPDATE registrations SET expires_at = 1 WHERE login = 'agent1' OR contact ="
                      " (SELECT contact FROM registrations WHERE login = 'agent2' LIMIT 1)")
    store.close()
    for _ in range(2):
        await world.start_again()
        assert await world.server.stop() == 0
        ends = [row for row in await world.audit() if row.get("request") == "SIP/REGISTER" and row["event"] == "logout"]
        assert [(row["caller"], row["role"], row["agent"], row["address"], row["result"], row["reason"]) for row in ends] == [
            ("agent1", "agent", "agent1", "127.0.0.1", "accepted", "expired")], "and once for all starts"


@pytest.mark.config({"log.level": "debug", "log.format": "json"})
async def test_no_secret_is_in_the_audit_or_the_log_and_files_are_private(world: World, tmp_path: Path):
    secrets = ["hunter2-in-the-wrong-field", "a-wrong-password", "demo-agent1"]
    talking = await world.talking("agent1")
    guesser = await world.stranger("127.0.0.7", "agent1")
    guesser.credentials = Credentials("agent1", "a-wrong-sip-password")
    secrets.append("a-wrong-sip-password")
    assert (await guesser.try_register()).status == 403
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
    await talking.customer.expect("INFO")  # Some of them are on their way at least.
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    told = json.dumps(await world.audit()) + (world.folder / "baton.log").read_text()
    for secret in [*secrets, digits]:
        assert secret not in told, f"{secret} was told"
    assert "SendDTMF" in told
    for file in world.folder.glob("baton.db*"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, f"{file.name}: {stat.S_IMODE(file.stat().st_mode):o}"
    assert stat.S_IMODE((world.folder / "jwt-secret").stat().st_mode) == 0o600


@pytest.mark.config({"http.replay_seconds": 0})
async def test_what_waited_when_the_process_died_is_written_by_the_next(world: World):
    talking, connected = await connected_by(world, "t-1")
    await world.restart()
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = [row for row in await world.audit() if row.get("id") == "t-1"]
    assert [row["event"] for row in rows] == ["request", "outcome"]
    assert rows[1]["transferId"] == connected["transferId"] and rows[1]["result"] == "connected"


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
    rows = [row for row in await world.audit() if row.get("transferId") == connected["transferId"]]
    assert [(row["event"], row.get("request"), row.get("caller"), row["target"], row["result"]) for row in rows] == [
        ("request", "SIP/REFER", "agent1", NUMBER, "accepted"), ("outcome", None, None, NUMBER, "connected")]


async def test_a_refused_transfer_by_the_phones_own_key(world: World):
    talking = await world.talking("agent1")
    await talking.agent.refer("+19005550100")
    await talking.desktop.error("BLIND_TRANSFER_FAILED")
    assert (await talking.agent.refer("nobody")).status >= 400
    assert (await talking.agent.refer("agent2", replaces="a-call")).status == 501
    for _ in range(3):  # Nobody can fill the disk with them.
        assert (await talking.customer.refer(NUMBER)).status == 603
    await talking.customer.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = [row for row in await world.audit() if row.get("request") == "SIP/REFER"]
    assert {row["result"] for row in rows} == {"refused"}
    assert {row["contactId"] for row in rows} == {talking.contact_id}
    assert [(row.get("caller"), row.get("role"), row["target"], row["reason"]) for row in rows] == [
        ("agent1", "agent", "+19005550100", "premiumRateBlocked"),
        ("agent1", "agent", "nobody", "destinationNotFound"),
        ("agent1", "agent", "agent2", "notSupported"),
        (None, None, NUMBER, "callNotOwned")], "the customer's is told once"


async def test_a_stranger_who_asks_for_a_transfer(world: World):
    """A REFER outside any call: one line an hour for each network, by nobody, since who sent it was not proved."""
    for host, target in [("127.0.0.7", NUMBER), ("127.0.0.8", "agent2")]:
        stranger = await world.stranger(host, "agent1")
        uri = Uri("agent1", *world.server.sip["udp"])
        for _ in range(5):
            request = stranger.new_request("REFER", uri, Address(uri), headers=[("Refer-To", f"<sip:{target}@127.0.0.1>")])
            assert (await stranger.send_request(request)).status == 603
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = [row for row in await world.audit() if row.get("request") == "SIP/REFER"]
    assert [(row["event"], row.get("caller"), row["address"], row["target"], row["result"], row["reason"]) for row in rows] == [
        ("request", None, "127.0.0.7", NUMBER, "refused", "callNotOwned"),
        ("request", None, "127.0.0.8", "agent2", "refused", "callNotOwned")]


@pytest.mark.config({"sip.auth_failures": 2, "sip.max_contacts_per_agent": 1})
async def test_phones_that_sign_in_and_those_that_may_not(world: World):
    phone = await world.phone("agent1")
    for _ in range(5):
        await phone.register()  # As every few minutes: nothing new.
    second = await world.phone("agent1", register=False)
    assert (await second.try_register()).status == 403
    await phone.register(expires=0)
    guesser = await world.stranger("127.0.0.7", "agent2")
    guesser.credentials = Credentials("agent2", "wrong")
    while (await guesser.try_register()).status != 503:  # The waits are in whole seconds.
        pass
    for _ in range(5):
        await guesser.try_register()
    other = await world.stranger("127.0.0.8", "secret-in-the-wrong-field")
    other.credentials = Credentials("secret-in-the-wrong-field", "wrong")
    assert (await other.try_register()).status == 403
    directory = config.example_directory()
    await world.phone("supervisor1")
    next(a for a in directory["agents"] if a["login"] == "supervisor1")["enabled"] = False
    service = await world.rest("crm", "service")
    assert (await service.request("PUT", "/v1/directory", directory)).status == 200
    world.expect_exit = None
    assert await world.server.stop() == 0
    rows = [row for row in await world.audit() if row.get("request") == "SIP/REGISTER"]
    told = [(row["event"], row.get("caller"), row["address"], row["result"], row.get("reason")) for row in rows]
    assert told[:3] == [("login", "agent1", "127.0.0.1", "accepted", None),
                        ("login", "agent1", "127.0.0.1", "refused", "tooManyPhones"),
                        ("logout", "agent1", "127.0.0.1", "accepted", None)]
    assert told[3:5] == [("login", "agent2", "127.0.0.7", "refused", "wrongPassword")] * 2
    throttled = [row for row in told if row[4] == "throttled"]
    assert throttled and throttled[0][:3] == ("login", "agent2", "127.0.0.7")
    assert len(throttled) <= 4, "one a wait, not one a try"
    assert told[-3:] == [("login", None, "127.0.0.8", "refused", "wrongPassword"),
                         ("login", "supervisor1", "127.0.0.1", "accepted", None),
                         ("logout", "supervisor1", "127.0.0.1", "accepted", "disabled")]
    assert [row.get("role") for row in rows[-3:]] == [None, "supervisor", "supervisor"]
    assert {row["role"] for row in rows[:-3]} == {"agent"}
    assert "secret-in-the-wrong-field" not in json.dumps(rows)


async def test_what_is_done_on_the_machine_itself(world: World):
    world.expect_exit = None
    assert await world.server.stop() == 0
    code, _, err = await run("directory", "import", str(world.folder / "directory.json"), "--config",
                             str(world.config_path))
    assert code == 0, err
    code, _, err = await run("contacts", "erase", "--number", NUMBER, "--config", str(world.config_path))
    assert code == 0, err
    rows = (await world.audit())[-2:]
    assert [(row["event"], row["role"], row["request"], row["result"]) for row in rows] == [
        ("directory", "machine", "baton directory import", "accepted"),
        ("erase", "machine", "baton contacts erase", "accepted")]
    user = os.environ.get("SUDO_USER") if os.geteuid() == 0 else None
    assert {row["caller"] for row in rows} == {user or pwd.getpwuid(os.geteuid()).pw_name}
    assert NUMBER[1:] not in json.dumps(rows), "what is erased does not stand in the line that says so"


async def test_a_running_server_can_be_asked(world: World):
    await world.agent("agent1")
    async with asyncio.timeout(20):  # Nothing tells when the slow queue was written.
        while not any(row["request"] == "Agent/UpdateState" for row in await world.audit()):
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
    before = await world.audit()
    assert sum(NUMBER in json.dumps(row) for row in before) == 2, "the request and the outcome"
    code, out, err = await run("contacts", "erase", "--config", str(world.config_path), "--number", NUMBER)
    assert code == 0 and "2 lines of the audit" in out, out + err
    after = await world.audit()
    assert len(after) == len(before) + 1 and after[-1]["event"] == "erase"
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
        while "old" in [row["caller"] for row in await world.audit()]:
            await asyncio.sleep(0.1)
    assert "young" in [row["caller"] for row in await world.audit()]
    assert await world.server.stop() == 0


async def test_who_moved_a_waiting_customer(world: World):
    desktop, _ = await world.agent("agent1")
    call = await (await world.customer()).call(INBOUND, wait=True)
    contact = (await desktop.offered())["ResponseActual"]["contactId"]
    await desktop.publish("InboundCall", "Reject")
    await desktop.call_event("Rejected", "agent")
    data = {"contactId": contact, "destination": quick_connect("CallSummary-HVOC-Queue")}
    boss, agent = await world.rest("boss", "supervisor"), await world.rest("agent1")
    assert (await boss.message("InboundCall", "MoveContact", data, id="m-1")).status == 202
    assert (await agent.message("InboundCall", "MoveContact", data, id="m-2")).status == 403
    await call.hangup()
    await world.no_leg_is_left()
    world.expect_exit = None
    assert await world.server.stop() == 0
    moves = {row["id"]: row for row in await world.audit() if row["request"] == "InboundCall/MoveContact"}
    assert set(moves) == {"m-1", "m-2"}
    told = moves["m-1"]
    assert (told["caller"], told["role"], told["result"]) == ("boss", "supervisor", "accepted")
    assert (told["contactId"], told["target"]) == (contact, "CallSummary-HVOC-Queue")
    assert told["address"] == "127.0.0.1"
    assert (moves["m-2"]["caller"], moves["m-2"]["result"], moves["m-2"]["reason"]) == ("agent1", "refused", "callNotOwned")
