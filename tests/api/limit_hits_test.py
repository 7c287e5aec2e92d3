"""Each limit that refuses somebody is met once, and counted under its key in baton_limit_hits_total."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from harness.bad_disk import bad_disk
from harness.config import SOURCE, example_directory
from harness.planted import plant_transfers
from harness.rest import Rest
from harness.samples import DIAL_PAD
from harness.world import INBOUND, World
from peer.digest import Credentials
from peer.message import Address, Uri

Scene = Callable[[World], Awaitable[None]]
#: By the key: the configuration, and what meets the limit.
SCENES: dict[str, tuple[dict[str, Any], Scene]] = {}


def meets(key: str, **settings: Any) -> Callable[[Scene], Scene]:
    """The scene meets this limit, with the limit and whatever else set so (dots as two underscores)."""
    def register(scene: Scene) -> Scene:
        SCENES[key] = ({name.replace("__", "."): value for name, value in settings.items()}, scene)
        return scene
    return register


# --- HTTP and WebSocket ---------------------------------------------------------------------------------------------

async def ends(reader: asyncio.StreamReader) -> bytes:
    """What the server sent until it closed the connection."""
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), 20)
    return b""


@meets("http.max_connections", http__max_connections=1)
async def one_connection_more(world: World) -> None:
    _, writer = await asyncio.open_connection(*world.server.http)
    rest = await world.rest("agent1")
    await world.until(lambda: rest.get("/v1/queues"), lambda answer: answer.status == 503, "503")
    writer.close()


@meets("http.max_body_bytes", http__max_body_bytes=1024)
async def a_large_body(world: World) -> None:
    rest = await world.rest("agent1")
    assert (await rest.message("App", "StateSync", "x" * 2000)).status == 413


@meets("http.max_head_bytes", http__max_head_bytes=4096)
async def a_large_head(world: World) -> None:
    reader, writer = await asyncio.open_connection(*world.server.http)
    writer.write(b"GET /v1/queues HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: " + b"x" * 4096 + b"\r\n\r\n")
    assert (await ends(reader)).startswith(b"HTTP/1.1 431 ")
    writer.close()


@meets("http.max_frame_bytes", http__max_frame_bytes=1024)
async def a_large_frame(world: World) -> None:
    desktop = await world.desktop("agent1", state=None)
    await desktop.publish("App", "StateSync", "x" * 2000)
    assert await desktop.closed() == 1009


@meets("http.max_messages_per_second", http__max_messages_per_second=3)
async def a_flood_of_messages(world: World) -> None:
    desktop = await world.desktop("agent1", state=None)
    with contextlib.suppress(Exception):  # The server closes in the middle.
        for _ in range(20):
            await desktop.publish("App", "StateSync")
    assert await desktop.closed() == 1008


async def half_sent(world: World, text: bytes) -> None:
    reader, writer = await asyncio.open_connection(*world.server.http)
    writer.write(text)
    await ends(reader)
    writer.close()


@meets("http.idle_timeout_seconds", http__idle_timeout_seconds=1)
async def half_a_head(world: World) -> None:
    await half_sent(world, b"GET /v1/queues HTTP/1.1\r\nHost: x\r\n")


@meets("http.body_timeout_seconds", http__body_timeout_seconds=1)
async def half_a_body(world: World) -> None:
    await half_sent(world, b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                           b"Content-Length: 40\r\n\r\n{")


def deaf_client(world: World) -> socket.socket:
    """A client that does not read what it is sent, and whose kernel takes little for it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(20)  # A time-out fails: nobody ended it.
    client.connect(world.server.http)
    return client


def send_until_refused(client: socket.socket, text: bytes) -> None:
    with client, contextlib.suppress(ConnectionError):
        while True:
            client.sendall(text)


@meets("http.send_timeout_seconds", http__send_timeout_seconds=1, limits__requests_per_second=0)
async def answers_that_are_not_read(world: World) -> None:
    token = await world.token("agent1")
    request = f"GET /v1/quick-connects HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    await asyncio.to_thread(send_until_refused, deaf_client(world), request * 100)


def upgrade(world: World, token: str) -> socket.socket:
    """A WebSocket of which the test sees every byte."""
    client = deaf_client(world)
    client.sendall(f"GET /v1/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
                   f"Sec-WebSocket-Protocol: baton.v1\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += client.recv(1)
    assert head.startswith(b"HTTP/1.1 101 "), head
    return client


def frame(text: bytes) -> bytes:
    """A text frame, masked with zeros (RFC 6455, section 5.2)."""
    assert len(text) < 126
    return bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text


@meets("http.max_send_queue_bytes", http__max_send_queue_bytes=65536, http__max_messages_per_second=100000,
       limits__requests_per_second=0)
async def a_slow_reader(world: World) -> None:
    client = await asyncio.to_thread(upgrade, world, await world.token("agent1"))
    ask = json.dumps({"channel": "Amazon", "topic": "App", "subtopic": "StateSync", "source": "t"})
    await asyncio.to_thread(send_until_refused, client, frame(ask.encode()) * 100)


def read_until_closed(client: socket.socket) -> None:
    with client:
        while client.recv(4096):
            pass


@meets("http.idle_ping_seconds", http__idle_ping_seconds=1)
async def a_ping_without_an_answer(world: World) -> None:
    client = await asyncio.to_thread(upgrade, world, await world.token("agent1"))
    await asyncio.to_thread(read_until_closed, client)


# --- Signing in, and how much a caller may ask ---------------------------------------------------------------------

async def guess(world: World, login: Callable[[int], str]) -> None:
    """Waits are in whole seconds, so that the clock may let one or two through."""
    rest = await world.rest()
    for number in range(20):
        answer = await rest.post("/v1/login", {"login": login(number), "password": "wrong"})
        if answer.status == 429:
            return
    raise AssertionError("nothing was throttled")


async def oldest_is_out(world: World, *logins: str) -> None:
    """Each signs in; then the first one's session has ended."""
    browsers = [(await world.sign_in(login))[0] for login in logins]
    assert [(await each.get("/v1/queues", **world.own_page)).status for each in browsers] == [401] + [200] * (len(logins) - 1)


@meets("auth.max_sessions", auth__max_sessions=1)
async def a_session_too_many(world: World) -> None:
    await oldest_is_out(world, "agent1", "agent2")


@meets("auth.max_sessions_per_login", auth__max_sessions_per_login=1)
async def a_session_of_a_login_too_many(world: World) -> None:
    await oldest_is_out(world, "agent1", "agent1")


# A sign-in that is under way counts as a failure until its password was found right. Where it takes several rushes, the
# sessions of those before are still there.
@meets("auth.max_waiting_logins", auth__max_waiting_logins=1, auth__login_failures=100,
       auth__login_failures_per_address=1000, auth__max_sessions_per_login=10_000)
async def a_sign_in_too_many(world: World) -> None:
    rest = await world.rest()

    async def rush() -> list[int]:
        answers = await asyncio.gather(*(rest.post("/v1/login", {"login": "agent1", "password": "demo-agent1"})
                                         for _ in range(20)))
        return [answer.status for answer in answers]
    # How many come while one is looked at, is the machine's affair.
    statuses = await world.until(rush, lambda statuses: 429 in statuses, "a sign-in is refused")
    assert set(statuses) == {200, 429}


@meets("auth.login_failures", auth__login_failures=1)
async def a_login_that_is_guessed(world: World) -> None:
    await guess(world, lambda _: "agent1")


@meets("auth.login_failures_per_address", auth__login_failures=100, auth__login_failures_per_address=1)
async def an_address_that_guesses(world: World) -> None:
    await guess(world, lambda number: f"agent{number}")


async def ask_until_refused(world: World, login: str, role: str | None) -> None:
    rest = await world.rest(login, role)
    answers = await asyncio.gather(*(rest.get("/v1/queues") for _ in range(12)))
    assert 429 in [answer.status for answer in answers]


@meets("limits.requests_per_second", limits__requests_per_second=1)
async def an_agent_who_asks_too_much(world: World) -> None:
    await ask_until_refused(world, "agent1", None)


@meets("limits.service_requests_per_second", limits__service_requests_per_second=1)
async def a_service_that_asks_too_much(world: World) -> None:
    await ask_until_refused(world, "crm", "service")


@meets("limits.preferences_bytes", limits__preferences_bytes=1024)
async def large_preferences(world: World) -> None:
    rest = await world.rest("agent1")
    assert (await rest.request("PUT", "/v1/me/preferences", b"x" * 1025)).status == 413


@meets("limits.statistics_transfers", limits__statistics_transfers=1)
async def a_transfer_too_many(world: World) -> None:
    await plant_transfers(world, 2)
    boss = await world.rest("supervisor1", "supervisor")
    assert (await boss.get("/v1/statistics")).status == 400


# Reading so many takes some tenth of a second.
@meets("limits.statistics_ms", limits__statistics_ms=1)
async def a_count_that_takes_too_long(world: World) -> None:
    await plant_transfers(world, 10_000)
    boss = await world.rest("supervisor1", "supervisor")
    refused = await boss.get("/v1/statistics")
    assert refused.status == 400 and "longer than 1 ms" in refused.json()["msg"]


# While a commit waits for the disk, so does what is read after it.
@meets("limits.slow_reads", limits__slow_reads=1, journal__slow_commit_ms=60000)
async def statistics_at_once(world: World) -> None:
    desktop = await world.desktop("agent1", "Offline")
    first, second = [await world.rest("supervisor1", "supervisor") for _ in range(2)]
    async with slow_disk(world):
        await desktop.publish("Agent", "SetNotReady", {"ReasonCodeId": "Break"})
        asked = [asyncio.create_task(each.get("/v1/statistics")) for each in (first, second)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200, 503]
    refused = next(answer for answer in answers if answer.status == 503).json()
    assert refused["reason"] == "backendUnavailable" and "1 statistics" in refused["msg"]
    assert (await first.get("/v1/statistics")).status == 200


# The first waits for the disk with its commit.
@meets("limits.imports", limits__imports=1, journal__slow_commit_ms=60000)
async def directories_at_once(world: World) -> None:
    first, second = [await world.rest("supervisor1", "supervisor") for _ in range(2)]
    directory = example_directory()
    async with slow_disk(world):
        asked = [asyncio.create_task(each.request("PUT", "/v1/directory", directory)) for each in (first, second)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [200, 503]
    refused = next(answer for answer in answers if answer.status == 503).json()
    assert refused["reason"] == "backendUnavailable" and "1 directories" in refused["msg"]
    assert (await first.request("PUT", "/v1/directory", directory)).status == 200


# --- SIP ------------------------------------------------------------------------------------------------------------

async def second_call_refused(world: World, status: int) -> None:
    first = await (await world.customer()).call(INBOUND, wait=True)
    second = await (await world.customer()).call(INBOUND)
    await second.refused(status)
    await first.hangup()


@meets("sip.max_dialogs", sip__max_dialogs=2)
async def a_leg_too_many(world: World) -> None:
    talking = await world.talking("agent1", heard=False)
    call = await (await world.customer()).call(INBOUND)
    await call.refused(503)
    await talking.customer.hangup()


@meets("sip.max_transactions", sip__max_transactions=10)
async def a_transaction_too_many(world: World) -> None:
    """Each REGISTER leaves one behind for half a minute, in case its answer was lost."""
    phone = await world.phone("agent1")
    for _ in range(10):
        await phone.register()
    call = await (await world.customer()).call(INBOUND)
    await call.refused(503)


async def options_with(world: World, headers: list[tuple[str, str]], status: int) -> None:
    peer = await world.customer()
    uri = Uri("", *peer.server)
    answer = await peer.send_request(peer.new_request("OPTIONS", uri, Address(uri), headers=headers))
    assert answer.status == status


@meets("sip.max_headers", sip__max_headers=40)
async def a_header_too_many(world: World) -> None:
    await options_with(world, [("X-Many", str(number)) for number in range(40)], 400)


@meets("sip.max_message_bytes", sip__max_message_bytes=4096)
async def a_message_too_large(world: World) -> None:
    await options_with(world, [("X-Long", "x" * 4096)], 413)


@meets("sip.auth_failures", sip__auth_failures=1)
async def an_address_that_guesses_sip_passwords(world: World) -> None:
    guesser = await world.stranger("127.0.0.7", "agent1")
    for number in range(20):
        guesser.credentials = Credentials("agent1", f"wrong{number}")
        if (await guesser.try_register()).status == 503:
            return
    raise AssertionError("nothing was throttled")


@meets("sip.max_contacts_per_agent", sip__max_contacts_per_agent=1)
async def a_phone_too_many(world: World) -> None:
    await world.phone("agent1")
    second = await world.phone("agent1", register=False)
    assert (await second.try_register()).status == 403


@meets("trunk.carrier.max_calls", trunk__carrier__max_calls=1)
async def a_call_too_many_for_the_trunk(world: World) -> None:
    """The customer's own call fills it."""
    talking = await world.talking("agent1", heard=False)
    await talking.desktop.blind_transfer(DIAL_PAD)
    assert (await talking.desktop.error("BLIND_TRANSFER_FAILED"))["reason"] == "carrierUnavailable"
    await talking.customer.hangup()


# --- Calls and transfers --------------------------------------------------------------------------------------------

@meets("limits.max_contacts", limits__max_contacts=1)
async def a_contact_too_many(world: World) -> None:
    await second_call_refused(world, 503)


@meets("queues.maxWaiting")
async def a_customer_too_many_in_the_queue(world: World) -> None:
    await second_call_refused(world, 486)


async def dial_until_refused(world: World) -> None:
    """A minute, or a day, may turn between any two dials, so that one more is let through."""
    talking = await world.talking("agent1", heard=False)
    desktop = talking.desktop
    for number in range(4):
        await desktop.blind_transfer(DIAL_PAD, id=f"t-{number}")
        told = await desktop.until(
            lambda i=f"t-{number}": next((e for e in desktop.events if e.get("id") == i and (
                e["topic"] == "Error" or e["message"].get("state") == "dialing")), None), "dialled or refused")
        if told["topic"] == "Error":
            assert told["data"]["reason"] == "rateLimited"
            await talking.customer.hangup()
            return
        await (await world.carrier.incoming()).reject(486)
        await desktop.transfer("failed")
        desktop.forget()
    raise AssertionError("it may dial on and on")


for limit in ("max_per_agent_per_minute", "max_per_agent_per_day", "max_per_number_per_minute", "max_per_number_per_day"):
    meets(f"dialing.{limit}", **{f"dialing__{limit}": 1})(dial_until_refused)


# --- The journal ----------------------------------------------------------------------------------------------------

@contextlib.asynccontextmanager
async def slow_disk(world: World):
    """The first commit inside takes five seconds."""
    world.server.env.update(bad_disk(world.folder))
    await world.restart()
    disk: Path = world.folder / "disk"
    disk.write_text("slow")
    yield
    disk.unlink(missing_ok=True)


# However many come before the first commit, its batch leaves more than may wait.
@meets("journal.max_queue", journal__max_queue=100, journal__max_batch=10, journal__slow_commit_ms=60000,
       limits__requests_per_second=0)
async def an_input_too_many(world: World) -> None:
    desktop = await world.desktop("agent1", "Offline")
    async with slow_disk(world):
        for _ in range(150):
            await desktop.publish("InboundCall", "ClearContact", id=secrets.token_hex(8))
        error = await desktop.expect("Error/ApiError", lambda data: data["reason"] == "backendUnavailable")
        assert "inputs wait" in error["data"]["msg"]


# What comes while the first commit takes its time is one batch, and each input of it changes the agent's state. However
# many had come before that commit, it or the batch behind it has more than may wait.
@meets("http.max_waiting_events", http__max_waiting_events=100, http__max_messages_per_second=100000,
       journal__slow_commit_ms=60000, limits__requests_per_second=0)
async def an_event_too_many(world: World) -> None:
    desktop = await world.desktop("agent1", "Offline")
    async with slow_disk(world):
        for number in range(400):
            await desktop.publish("Agent", "SetNotReady", {"ReasonCodeId": ("Break", "Lunch")[number % 2]})
        assert await desktop.closed() == 1013


@meets("journal.slow_commit_ms", journal__slow_commit_ms=100)
async def a_slow_commit(world: World) -> None:
    desktop = await world.desktop("agent1", "Offline")
    async with slow_disk(world):
        await desktop.publish("Agent", "SetNotReady", {"ReasonCodeId": "Break"})
        rest, inside = await world.rest("agent2"), Rest(world.metrics_address)
        await world.until(lambda: inside.get("/readyz"), lambda answer: answer.status == 503, "a slow commit")
        assert (await rest.message("InboundCall", "ClearContact")).status == 503


# --- All of them ----------------------------------------------------------------------------------------------------

async def hits(world: World) -> dict[str, float]:
    figures = await world.metrics()
    return {match[1]: value for name, value in figures.items()
            if (match := re.fullmatch(r'baton_limit_hits_total\{limit="([^"]+)"\}', name))}


def one_waits(directory: dict[str, Any]) -> None:
    for queue in directory["queues"]:
        queue["maxWaiting"] = 1


@pytest.mark.parametrize("key", [
    pytest.param(key, marks=[pytest.mark.config(settings)]
                 + ([pytest.mark.directory.with_args(one_waits)] if key == "queues.maxWaiting" else []))
    for key, (settings, _) in SCENES.items()])
async def test_a_hit_is_counted(world: World, key: str):
    before = await hits(world)
    assert before[key] == 0, "it counts from 0, so that a rate sees the first"
    await SCENES[key][1](world)
    # The connection that the server ended may be counted just after its end.
    found = await world.until(lambda: hits(world), lambda now: now[key] > 0, f"{key} above 0")
    others = {name for name, value in found.items() if value and name != key}
    assert not others, f"{others} were counted, too"


async def test_every_limit_is_met_here_and_told_in_the_documents(world: World):
    counted = set(await hits(world))
    assert counted == set(SCENES)
    page = (SOURCE / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.partition("## Overload")[2].partition("\n\n`baton_limit_hits_total")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    told = {key.replace("<name>", "carrier") for row in rows for key in re.findall(r"`([\w.<>]+)`", row)}
    assert told == counted
