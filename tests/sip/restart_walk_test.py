"""Killed at every commit of a transfer, the server goes on with it, and the customer is not lost.

Each test walks one kind of transfer, from the request until everybody has hung up: killed at the first commit of the
journal, then at the second, and so on until all is over before it dies. "after" a commit all of it is on the disk and
nothing has come of it; "before" a commit all has come of the one before, and nothing of this one is on the disk.
Each death has a server of its own (World); some run at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import shutil
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
import websockets

from harness.desktop import Desktop
from harness.samples import DIAL_PAD, quick_connect
from harness.tools import Sipp
from harness.world import INBOUND, OUTCOMES, World
from peer import Call, Peer, talk

pytestmark = pytest.mark.seconds(200)

AT_ONCE = 4  # Deaths, of each of the two kinds.
LIMITS = {"transfer.ring_timeout_seconds": 10, "transfer.return_ring_seconds": 10, "transfer.bridge_timeout_ms": 5000,
          "sip.reconnect_seconds": 5}
#: Rings, is joined, and comes back: no transfer of this file may take longer, the restart included.
DEADLINE = 20.0
REQUEST = "transfer-1"


class Customer(Protocol):
    """Who must not be lost."""

    def server_died(self) -> None: ...

    async def close(self) -> None:
        """The test is over, one way or the other."""

    async def hang_up(self, partner: Call, server_is_back: bool) -> None:
        """Once he talks to that one, and has heard from the server if it died."""


class ScriptedCustomer:
    """Hears whom he talks to."""

    def __init__(self, call: Call):
        self.call = call
        self.messages = 0  # That had come in when the server died.

    def server_died(self) -> None:
        self.messages = len(self.call.peer.log)

    async def close(self) -> None:
        """His peer is closed with its world."""

    async def hang_up(self, partner: Call, server_is_back: bool) -> None:
        call = self.call
        await talk(call, partner)
        if server_is_back:
            await call.peer.until(lambda: any(e.incoming and e.message.call_id == call.call_id
                                              for e in call.peer.log[self.messages:]), "a word to the customer", 5)
        await call.hangup()


class SippCustomer:
    """sipp plays walk_customer.xml, which checks that it is heard from again; its log tells where his audio goes."""

    def __init__(self, sipp: Sipp, port: int):
        self.sipp = sipp
        self.address = ("127.0.0.1", port)
        self.hangs_up = False

    @staticmethod
    async def call(world: World) -> SippCustomer:
        port = world.port()
        sipp = Sipp(world.folder, Path(__file__).parent / "walk_customer.xml", "%s:%d" % world.server.sip["udp"],
                    "-s", INBOUND, "-p", str(port), "-m", "1", "-key", "number", "+12025550181", "-key", "audio_port",
                    str(world.port(2)), "-cid_str", "customer")
        return SippCustomer(await sipp.start(), port)

    def _tell(self, method: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(f"{method} sip:customer@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{method}"
                          f"\r\nFrom: <sip:test@127.0.0.1>;tag=1\r\nTo: <sip:customer@127.0.0.1>\r\nCall-ID: customer\r\n"
                          f"CSeq: 1 {method}\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n".encode(), self.address)

    def server_died(self) -> None:
        if not self.hangs_up:
            self._tell("PUBLISH")

    async def close(self) -> None:
        await self.sipp.stop()

    async def hang_up(self, partner: Call, server_is_back: bool) -> None:
        told = f"audio to {partner.media.port}\n"
        await wait_for(lambda: told in self.sipp.log(), "the customer's audio goes to whom he was joined with")
        if server_is_back:
            await wait_for(lambda: "heard again" in self.sipp.log(), "a word to the customer")
        self.hangs_up = True
        self._tell("MESSAGE")
        assert await self.sipp.end() == 0, self.sipp.evidence()


async def wait_for(condition: Callable[[], bool], what: str, timeout: float = DEADLINE) -> None:
    """Looked at every 20 ms, since nothing tells when a file grows."""
    deadline = asyncio.get_running_loop().time() + timeout
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, f"not within {timeout:g} s: {what}"
        await asyncio.sleep(0.02)


@dataclass
class Scene:
    """One transfer, with everybody at its place."""

    world: World
    customer: Customer
    agent: Call  # The transferring agent's phone.
    desktop: Desktop  # His.
    receiver: Desktop | None = None
    phone: Peer | None = None  # The receiver's.
    deaths: int = 0
    answers: list[Any] = field(default_factory=list)  # To the request, by its id.

    async def press(self, desktop: Desktop, subtopic: str, until: Callable[[], Any], data: Any = None) -> Any:
        """Publishes, and again after each loss of the connection, since the first may have been lost with it."""
        pressed = 0

        def over_or_again() -> bool:
            return bool(until()) or desktop.connections > pressed
        while not until():
            pressed = desktop.connections
            with contextlib.suppress(websockets.ConnectionClosed):
                await desktop.publish("InboundCall", subtopic, data)
            await desktop.until(over_or_again, f"what comes of {subtopic}", DEADLINE)

    async def take(self, desktop: Desktop, phone: Peer) -> Call:
        """Answers what is offered: presses until the phone has the call, which picks up by itself."""
        await desktop.offered(DEADLINE)
        calls = len(phone.received("INVITE"))
        answering = asyncio.create_task(self.press(desktop, "Answer", lambda: len(phone.received("INVITE")) > calls))
        call = await phone.incoming(DEADLINE)
        desktop._notify()  # It looks for what came in at the phone.
        await answering
        return await call.answered(DEADLINE)


@dataclass
class Kind:
    """A kind of transfer: what is asked for, and what the others do."""

    data: Any
    play: Callable[[Scene], Awaitable[Call]]  # Gives back whom the customer talks to in the end.
    outcome: str
    receiver: bool = True  # Another agent is at work from the beginning.
    sipp: bool = False  # sipp plays the customer.


async def rings_and_answers(scene: Scene) -> Call:
    call = await scene.world.carrier.incoming(DEADLINE)
    await call.ring()
    await scene.agent.ended(timeout=DEADLINE)
    await call.answer(wait=False)
    return await call.answered(DEADLINE)


async def answers_at_once(scene: Scene) -> Call:
    call = await scene.world.carrier.incoming(DEADLINE)
    await call.answer(wait=False)
    return await call.answered(DEADLINE)


async def receiver_takes(scene: Scene) -> Call:
    assert scene.receiver and scene.phone
    return await scene.take(scene.receiver, scene.phone)


async def refuses_and_agent_takes_back(scene: Scene) -> Call:
    call = await scene.world.carrier.incoming(DEADLINE)
    await call.ring()
    await scene.agent.ended(timeout=DEADLINE)
    await call.reject(486, wait=False)
    return await scene.take(scene.desktop, scene.agent.peer)


async def refuses_and_queue_takes(scene: Scene) -> Call:
    call = await scene.world.carrier.incoming(DEADLINE)
    await call.ring()
    await scene.agent.ended(timeout=DEADLINE)
    await call.reject(486, wait=False)
    await scene.desktop.offered(DEADLINE)
    await scene.press(scene.desktop, "Reject", lambda: "requeued" in scene.desktop.transfers())
    return await receiver_takes(scene)


async def agent_takes_back(scene: Scene) -> Call:
    call = await scene.world.carrier.incoming(DEADLINE)
    await call.ring()
    await scene.agent.ended(timeout=DEADLINE)
    phone = scene.agent.peer
    calls = len(phone.received("INVITE"))
    canceling = asyncio.create_task(scene.press(scene.desktop, "CancelTransfer",
                                                lambda: len(phone.received("INVITE")) > calls))
    back = await phone.incoming(DEADLINE)
    scene.desktop._notify()
    await canceling
    await call.ended(timeout=DEADLINE)
    return await back.answered(DEADLINE)


KINDS = {
    "a number that rings": Kind(DIAL_PAD, rings_and_answers, "connected", receiver=False),
    "a number that rings, for sipp": Kind(DIAL_PAD, rings_and_answers, "connected", receiver=False, sipp=True),
    "an external that answers at once": Kind(quick_connect("Sasi_Chime"), answers_at_once, "connected", receiver=False),
    "a queue": Kind(quick_connect("CallSummary-HVOC-Queue"), receiver_takes, "connected"),
    "an agent": Kind(quick_connect("Agent Two"), receiver_takes, "connected"),
    "a number that is busy, back to the agent": Kind(DIAL_PAD, refuses_and_agent_takes_back, "returned", receiver=False),
    "a number that is busy, on to the queue": Kind(DIAL_PAD, refuses_and_queue_takes, "connected"),
    "a number that rings, taken back": Kind(DIAL_PAD, agent_takes_back, "canceled", receiver=False),
}


async def revive(scene: Scene, data: Any) -> None:
    """The server dies and is started again; whoever asked does not know whether he was heard, and asks by the same id."""
    world = scene.world
    await world.server.died()
    scene.deaths += 1
    scene.customer.server_died()
    world.kill_no_more()
    await world.start_again()
    await ask_again(scene, data)


async def ask_again(scene: Scene, data: Any) -> None:
    rest = await scene.world.rest("agent1")
    scene.answers.append(await rest.message("InboundCall", "BlindTransfer", data, id=REQUEST))


async def play(scene: Scene, kind: Kind) -> None:
    """From the request until everybody has hung up."""
    desktop = scene.desktop
    began = asyncio.get_running_loop().time()
    with contextlib.suppress(websockets.ConnectionClosed):
        await desktop.blind_transfer(kind.data, id=REQUEST)
    partner = await kind.play(scene)
    await desktop.expect("InboundCall/TransferStateChange", lambda m: m["state"] in OUTCOMES, DEADLINE, "the outcome")
    assert asyncio.get_running_loop().time() - began < DEADLINE, "the transfer took longer than its deadlines"
    await scene.customer.hang_up(partner, scene.deaths > 0)
    await partner.ended(timeout=DEADLINE)
    await scene.agent.ended(timeout=DEADLINE)


async def died_at_last(world: World) -> bool:
    """Whether the server died in the last moment. Else it lives on: a commit later than the last that could kill it."""
    rest = await world.rest("agent1")
    try:
        return (await rest.message("InboundCall", "StateSync")).status != 200
    except (OSError, http.client.HTTPException):
        return True


async def check(scene: Scene, kind: Kind) -> None:
    world, desktop = scene.world, scene.desktop
    changes = [e for e in desktop.seen("InboundCall/TransferStateChange") if "sequence" in e]
    outcomes = [e["message"]["state"] for e in changes if e["message"]["state"] in OUTCOMES]
    assert outcomes == [kind.outcome], f"{outcomes}, not {kind.outcome} once"
    await ask_again(scene, kind.data)
    ids = {e["message"]["transferId"] for e in changes}
    assert [(a.status, a.json().get("transferId")) for a in scene.answers] == [(202, *ids)] * len(scene.answers)
    boss = await world.rest("supervisor1", "supervisor")
    stored = (await boss.get("/v1/transfers?agent=agent1")).json()["items"]
    assert [each["transferId"] for each in stored] == [*ids]
    for peer in world.peers:
        assert all(call.state == "ended" for call in peer.calls.values()), f"{peer.name} has a call that is up"
    called = {m.call_id for m in world.carrier.received("INVITE")}
    assert len(called) <= 1, "the number was called twice"
    await world.no_leg_is_left()


async def arrange(world: World, kind: Kind) -> Scene:
    """A customer talks to agent1, and whoever else is wanted is at work."""
    at_work = await world.agent("agent1")
    if kind.sipp:
        customer: Customer = await SippCustomer.call(world)
        await at_work[0].offered()
        await at_work[0].answer()
        agent = await (await at_work[1].incoming()).answered()
        await at_work[0].call_event("connected", "agent")
    else:
        talking = await world.talking(at_work=at_work, heard=False)
        customer, agent = ScriptedCustomer(talking.customer), talking.agent
    scene = Scene(world, customer, agent, at_work[0])
    if kind.receiver:
        scene.receiver, scene.phone = await world.agent("agent2")
    return scene


async def death(store: Path, folder: Path, kind: Kind, when: str, commit: int, forgets: str = "") -> bool:
    """One transfer, killed there. Gives back whether it was over before."""
    shutil.copytree(store, folder)
    world = World(folder, LIMITS, [], World.killable(folder, forgets))
    try:
        async with world:
            scene = await arrange(world, kind)
            for desktop in world.desktops:
                desktop.comes_back = True
                desktop.forget()
            world.kill_at(when, commit)
            revival = asyncio.create_task(revive(scene, kind.data))
            try:
                await play(scene, kind)
                world.kill_no_more()
                if scene.deaths or await died_at_last(world):
                    await revival
            finally:
                revival.cancel()
                await asyncio.gather(revival, return_exceptions=True)
                await scene.customer.close()
            await check(scene, kind)
            return not scene.deaths
    except BaseException as error:
        world.failed = True
        told = "\n\n".join(f"--- {title}\n{text}" for title, text in world.evidence())
        raise AssertionError(f"=== killed {when} commit {commit}: {error}\n{told}") from error


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store of a server that has not seen a call: to import the directory takes half a second."""
    folder = tmp_path_factory.mktemp("store")

    async def make() -> None:
        async with World(folder):
            pass
    asyncio.run(make())
    return folder


@pytest.mark.parametrize("name", KINDS)
async def test_to(tmp_path: Path, store: Path, name: str):
    faults: list[str] = []

    async def walk(when: str) -> int:
        """How many commits there were to die at."""
        for first in itertools.count(1, AT_ONCE):
            over = await asyncio.gather(*(death(store, tmp_path / f"{when}-{commit}", KINDS[name], when, commit)
                                          for commit in range(first, first + AT_ONCE)), return_exceptions=True)
            faults.extend(str(each) for each in over if isinstance(each, BaseException))
            if faults or any(over):
                return first + over.index(True) - 1 if True in over else 0
        raise AssertionError
    before, after = await asyncio.gather(walk("before"), walk("after"))
    assert not faults, "\n\n".join(faults)
    print(f"{name}: died before {before} commits and after {after}")
    # Mostly eight or more; a busy machine puts several inputs into one commit.
    assert min(before, after) >= 5, "the transfer and the hanging up have more"


@pytest.mark.parametrize("forgets", ["INSERT INTO leg_log", "INSERT OR REPLACE INTO registrations"])
async def test_a_server_that_forgets_is_found(tmp_path: Path, store: Path, forgets: str):
    """The walk's own power: what a server would do that kept no record of its legs, or of its phones."""
    with pytest.raises(AssertionError, match="killed after commit 2"):
        await death(store, tmp_path / "world", KINDS["a queue"], "after", 2, forgets)
