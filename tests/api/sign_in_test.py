"""Who may come in, and as whom."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from typing import Any

import pytest
import websockets

from harness import config
from harness.desktop import Desktop
from harness.rest import Rest
from harness.server import run
from harness.tokens import b64, claims, forge
from harness.world import World


async def test_the_token_of_the_command_line(world: World):
    token = await world.token("agent1")
    head, body, _ = token.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert told["sub"] == "agent1" and told["role"] == "agent" and told["exp"] > time.time()
    assert (await (await world.rest("agent1")).get("/v1/quick-connects")).status == 200
    mode = stat.S_IMODE(os.stat(world.folder / "jwt-secret").st_mode)
    assert mode == 0o600


async def test_no_token_no_entry(world: World):
    rest = await world.rest()
    for path in ("/v1/transfers", "/v1/agents", "/v1/quick-connects", "/v1/queues"):
        answer = await rest.get(path)
        assert answer.status == 401, path
    assert (await rest.message("App", "StateSync")).status == 401
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        await Desktop(world.server.http, "x", "", headers={}).open()
    assert refused.value.status_code == 401


async def test_tokens_that_are_not_good(world: World):
    secret_file = (world.folder / "jwt-secret").read_bytes()
    good = await world.token("agent1")
    head, body, signature = good.split(".")
    bad = {
        "noise": "x.y.z", "empty": "", "without signature": f"{head}.{body}.",
        "alg none": b64(b'{"alg":"none"}') + "." + body + ".",
        "another secret": forge(claims(), b"another secret of thirty-two bytes"),
        "signature changed": f"{head}.{body}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
    }
    for name, token in bad.items():
        assert (await Rest(world.server.http, token).get("/v1/quick-connects")).status == 401, name
    # With the true secret, whatever its form in the file, only good claims pass.
    secret = next((s for s in (secret_file.strip(), secret_file, _unhex(secret_file))
                   if s and forge(json.loads(base64.urlsafe_b64decode(body + "==")), s,
                                  json.loads(base64.urlsafe_b64decode(head + "=="))).split(".")[2]), None)
    assert secret
    for name, changes in {"expired": {"exp": int(time.time()) - 120}, "another issuer": {"iss": "x"},
                          "another audience": {"aud": "x"}, "an unknown role": {"role": "king"}}.items():
        token = forge(claims(**changes), secret)
        assert (await Rest(world.server.http, token).get("/v1/quick-connects")).status == 401, name


def _unhex(data: bytes) -> bytes:
    try:
        return bytes.fromhex(data.decode().strip())
    except ValueError:
        return b""


async def test_password_login_and_logout(world: World):
    rest = await world.rest()
    wrong = await rest.post("/v1/login", {"login": "agent1", "password": "wrong"})
    assert wrong.status == 401 and "set-cookie" not in wrong.headers
    answer = await rest.post("/v1/login", {"login": "agent1", "password": "demo-agent1"})
    assert answer.status == 200 and answer.json() == {"login": "agent1", "role": "agent"}
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite" in cookie
    rest.cookie = cookie.split(";")[0]
    own = f"http://{world.server.http[0]}:{world.server.http[1]}"
    assert (await rest.request("GET", "/v1/quick-connects", headers={"Origin": own})).status == 200
    assert (await rest.request("POST", "/v1/messages",
                               {"channel": "Amazon", "topic": "App", "subtopic": "StateSync", "source": "t"},
                               headers={"Origin": "https://evil.example"})).status == 403
    assert (await rest.request("POST", "/v1/logout", headers={"Origin": own})).status in (200, 204)
    assert (await rest.request("GET", "/v1/quick-connects", headers={"Origin": own})).status == 401


async def signed_in(world: World, login: str) -> tuple[Rest, dict[str, str]]:
    """A browser with the session's cookie, and the header of the server's own page."""
    browser, _ = await world.sign_in(login)
    return browser, world.own_page


async def test_a_session_outlives_the_server_and_a_logout_does_too(world: World):
    stays, own = await signed_in(world, "agent1")
    leaves, _ = await signed_in(world, "agent1")
    boss, _ = await signed_in(world, "supervisor1")
    assert (await leaves.request("POST", "/v1/logout", headers=own)).status == 204
    await world.restart()
    assert (await stays.request("GET", "/v1/quick-connects", headers=own)).status == 200
    assert (await leaves.request("GET", "/v1/quick-connects", headers=own)).status == 401
    assert (await boss.request("GET", "/v1/statistics", headers=own)).status == 200, "with his role"
    desktop = await Desktop(world.server.http, "agent1", "", headers={"Cookie": stays.cookie, **own}).open()
    world.desktops.append(desktop)
    await desktop.publish("App", "StateSync")
    await desktop.expect("App/StateSync")
    assert (await stays.request("POST", "/v1/logout", headers=own)).status == 204
    assert await desktop.closed() == 4401
    world.desktops.remove(desktop)
    await world.restart()
    assert (await stays.request("GET", "/v1/quick-connects", headers=own)).status == 401
    secret = stays.cookie.partition("=")[2]
    files = b"".join(path.read_bytes() for path in world.folder.glob("baton.db*"))
    for found in (secret.encode(), bytes.fromhex(secret)):
        assert found not in files, "the store never had what the client holds"


async def test_a_new_realm_is_said_to_need_the_passwords_again(world: World):
    assert (await world.phone("agent1")).sent("REGISTER")
    world.server.env["BATON_SIP_REALM"] = "other.example"
    await world.restart()
    log = world.folder / "baton.log"
    (line,) = [line for line in log.read_text().splitlines() if "sip.realm" in line]
    assert "'other.example'" in line and "agent1" in line and "baton directory import" in line, line
    phone = await world.phone("agent1", register=False)
    assert (await phone.try_register()).status == 403
    boss = await world.rest("supervisor1", "supervisor")
    assert (await boss.request("PUT", "/v1/directory", config.example_directory())).status == 200
    await phone.register()
    await world.restart()
    assert log.read_text().count("sip.realm") == 1, "no more"


#: Of an account that was something else.
AN_AGENT = {"role": "agent", "routingProfile": "CallSummary"}


def with_agents(world: World, **changes: dict[str, Any]) -> dict[str, Any]:
    """The world's directory with some accounts changed, by login."""
    directory = json.loads((world.folder / "directory.json").read_text())
    accounts = {agent["login"]: agent for agent in directory["agents"]}
    for login, change in changes.items():
        accounts[login].update(change)
    return directory


async def import_by_command(world: World, directory: dict[str, Any]) -> str:
    """Into the running server, or into the store of one that does not run; what the command said."""
    path = world.folder / "changed.json"
    path.write_text(json.dumps(directory))
    code, out, err = await run("directory", "import", "--config", str(world.config_path), str(path))
    assert code == 0, out + err
    return out


async def test_a_new_password_or_role_ends_the_sessions_of_the_old_one_at_once(world: World):
    browsers = {login: await signed_in(world, login) for login in ("agent1", "agent2", "agent3", "supervisor1")}
    sockets = {}
    for login, (rest, own) in browsers.items():
        ticket = (await rest.request("POST", "/v1/ws-tickets", headers=own)).json()["ticket"]
        sockets[login] = await Desktop(world.server.http, login, "", headers={},
                                       protocols=["baton.v1", f"baton.ticket.{ticket}"]).open()
    program = await world.desktop("agent1", state=None)  # By a token, which no password has made.

    async def status(login: str) -> int:
        rest, own = browsers[login]
        return (await rest.request("GET", "/v1/quick-connects", headers=own)).status

    boss = await world.rest("supervisor1", "supervisor")
    directory = with_agents(world, agent1={"password": "another-password"})
    assert (await boss.request("PUT", "/v1/directory", directory)).status == 200
    assert await status("agent1") == 401, "as soon as the import is answered"
    assert await sockets["agent1"].closed() == 4401
    assert "running server" in await import_by_command(
        world, with_agents(world, agent1={"password": "another-password"}, agent2={"password": "one-more-password"},
                           supervisor1=AN_AGENT))
    for login in ("agent2", "supervisor1"):
        assert await status(login) == 401
        assert await sockets[login].closed() == 4401
    await program.publish("App", "StateSync")
    await program.expect("App/StateSync")
    await sockets["agent3"].publish("App", "StateSync")
    await sockets["agent3"].expect("App/StateSync")
    rest, own = browsers["agent1"]
    assert (await rest.post("/v1/login", {"login": "agent1", "password": "demo-agent1"})).status == 401
    again = await rest.post("/v1/login", {"login": "agent1", "password": "another-password"})
    assert again.status == 200
    old = rest.cookie
    rest.cookie = again.headers["set-cookie"].split(";")[0]
    await sockets["agent3"].close()
    await world.restart()
    assert [await status(login) for login in browsers] == [200, 401, 200, 401]
    rest.cookie = old
    assert await status("agent1") == 401


async def test_a_session_ends_with_what_it_stood_for_while_no_server_ran(world: World):
    """An account that was disabled, and one that is no supervisor any more."""
    rest, own = await signed_in(world, "agent1")
    other, _ = await signed_in(world, "agent2")
    former, _ = await signed_in(world, "supervisor1")
    assert (await former.request("GET", "/v1/statistics", headers=own)).status == 200
    await world.kill()
    directory = with_agents(world, agent1={"enabled": False}, supervisor1=AN_AGENT)
    assert "was not running" in await import_by_command(world, directory)
    await world.start_again()
    for ended in (rest, former):
        assert (await ended.request("GET", "/v1/quick-connects", headers=own)).status == 401
        assert (await ended.request("POST", "/v1/ws-tickets", headers=own)).status == 401
    assert (await other.request("GET", "/v1/quick-connects", headers=own)).status == 200
    anew, _ = await signed_in(world, "supervisor1")
    assert (await anew.request("GET", "/v1/quick-connects", headers=own)).status == 200
    assert (await anew.request("GET", "/v1/statistics", headers=own)).status == 403, "he is an agent now"
    service = await world.rest("crm", "service")
    directory = with_agents(world)
    assert (await service.request("PUT", "/v1/directory", directory)).status == 200
    for ended in (rest, former):
        assert (await ended.request("GET", "/v1/quick-connects", headers=own)).status == 401, "it ended for good"


async def test_a_ticket_opens_one_socket_once(world: World):
    rest = await world.rest("agent1")
    ticket = (await rest.post("/v1/ws-tickets")).json()["ticket"]
    protocols = ["baton.v1", f"baton.ticket.{ticket}"]
    desktop = await Desktop(world.server.http, "agent1", "", headers={}, protocols=protocols).open()
    world.desktops.append(desktop)
    await desktop.publish("App", "StateSync")
    await desktop.expect("App/StateSync")
    with pytest.raises(websockets.InvalidStatusCode):
        await Desktop(world.server.http, "agent1", "", headers={}, protocols=protocols).open()


async def test_a_socket_without_the_subprotocol_is_refused(world: World):
    token = await world.token("agent1")
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        await Desktop(world.server.http, "agent1", token, protocols=["chat"]).open()
    assert refused.value.status_code == 400


async def test_a_socket_closes_when_its_session_ends(world: World):
    rest = await world.rest()
    answer = await rest.post("/v1/login", {"login": "agent1", "password": "demo-agent1"})
    rest.cookie = answer.headers["set-cookie"].split(";")[0]
    own = f"http://{world.server.http[0]}:{world.server.http[1]}"
    desktop = await Desktop(world.server.http, "agent1", "",
                            headers={"Cookie": rest.cookie, "Origin": own}).open()
    world.desktops.append(desktop)
    await desktop.publish("App", "StateSync")
    await desktop.expect("App/StateSync")
    await rest.request("POST", "/v1/logout", headers={"Origin": own})
    assert await desktop.closed() == 4401


async def test_what_each_role_may_read(world: World):
    agent, boss = await world.rest("agent1"), await world.rest("supervisor1", "supervisor")
    assert (await boss.get("/v1/agents")).status == 200
    assert len((await boss.get("/v1/agents")).json()["items"]) >= 4
    mine = await agent.get("/v1/agents")
    assert mine.status == 403 or [a["login"] for a in mine.json()["items"]] == ["agent1"] or mine.status == 200
    assert (await agent.get("/v1/quick-connects")).status == 200
    with pytest.raises(websockets.InvalidStatusCode) as refused:
        await world.desktop("agent1", state=None, query="?agents=agent2")
    assert refused.value.status_code == 403


async def test_a_disabled_agent_is_put_out(world: World):
    desktop = await world.desktop("agent2", state=None)
    boss = await world.rest("supervisor1", "supervisor")
    directory = json.loads((world.folder / "directory.json").read_text())
    next(a for a in directory["agents"] if a["login"] == "agent2")["enabled"] = False
    assert (await boss.request("PUT", "/v1/directory", directory)).status == 200
    assert await desktop.closed(timeout=20) == 4401
