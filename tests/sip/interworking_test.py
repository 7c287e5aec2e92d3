"""Programs of others as the parties: sipp as customer, phone and carrier, baresip as a real agent's phone."""

from __future__ import annotations

import asyncio
import json

import pytest

from harness.samples import DIAL_PAD, quick_connect
from harness.server import die_with_parent
from harness.tools import sipp_parties, tool
from harness.world import INBOUND, World
from peer import talk
from peer.ports import PORTS


@pytest.mark.config({"server.drain_seconds": 0})  # Its call is still up when the server is stopped.
async def test_all_parties_are_sipp(world: World):
    """The demo's three programs: customer and outside number get each other's descriptions."""
    async with sipp_parties(world) as parties:
        desktop = await world.desktop("agent1")
        await parties.call(INBOUND)
        await desktop.offered()
        await desktop.answer()
        await desktop.call_event("connected", "agent")
        await desktop.blind_transfer(DIAL_PAD)
        await desktop.transfer("connected")
        assert await parties.phone.end() == 0, parties.phone.evidence()
        boss = await world.rest("supervisor1", "supervisor")
        contact = (await desktop.sync())["calls"]
        assert not contact or contact[0]["status"] == "disconnected"
        assert (await boss.get("/v1/transfers?agent=agent1")).json()["items"][0]["state"] == "connected"
        parties.check_media()
    await world.server.stop()
    world.expect_exit = None


class Baresip:
    """A real phone: baresip, ordered about over its control socket (netstrings of JSON)."""

    def __init__(self, world: World, login: str):
        self.world, self.login = world, login
        self.folder = world.folder / f"baresip-{login}"
        self.port = PORTS.take()
        self.process: asyncio.subprocess.Process | None = None

    async def start(self, tone: int) -> Baresip:
        self.folder.mkdir()
        host, port = self.world.server.sip["udp"]
        rtp = PORTS.take(20, even=True)
        (self.folder / "config").write_text("\n".join([
            "sip_listen 127.0.0.1:0", "module_path /usr/lib/baresip/modules", "net_interface 127.0.0.1",
            f"audio_source ausine,{tone}", "audio_player aufile,/dev/null", "audio_alert aufile,/dev/null",
            f"rtp_ports {rtp}-{rtp + 19}", "call_max_calls 4",
            "ausrc_srate 48000", "ausrc_channels 2", "module g711.so", "module ausine.so", "module aufile.so", "module_tmp account.so",
            "module_app contact.so", "module_app menu.so", "module_app ctrl_tcp.so",
            f"ctrl_tcp_listen 127.0.0.1:{self.port}", ""]))
        (self.folder / "accounts").write_text(
            f"<sip:{self.login}@{host}:{port};transport=udp>;auth_user={self.login};auth_pass=demo-{self.login};"
            "answermode=auto;regint=600;audio_codecs=PCMU/8000/1;ptime=20\n")
        (self.folder / "contacts").write_text("")
        self.log = open(self.folder / "log", "wb")  # noqa: SIM115: closed in stop().
        self.process = await asyncio.create_subprocess_exec(
            tool("baresip", "baresip-core"), "-f", str(self.folder), "-v", "-s", stdin=asyncio.subprocess.DEVNULL,
            stdout=self.log, stderr=asyncio.subprocess.STDOUT, preexec_fn=die_with_parent)
        return self

    async def registered(self) -> None:
        """Waits until the server knows the phone (REST tells it)."""
        boss = await self.world.rest("supervisor1", "supervisor")
        for _ in range(100):  # The phone registers in its own time; nothing tells a supervisor of it yet.
            agents = (await boss.get("/v1/agents")).json()["items"]
            if any(a["login"] == self.login and a.get("phoneReachable") for a in agents):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"baresip did not register:\n{(self.folder / 'log').read_text(errors='replace')}")

    async def command(self, command: str, parameters: str = "") -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        text = json.dumps({"command": command, "params": parameters, "token": "t"}).encode()
        writer.write(str(len(text)).encode() + b":" + text + b",")
        await writer.drain()
        while True:
            size = await asyncio.wait_for(reader.readuntil(b":"), 5)
            answer = json.loads((await reader.readexactly(int(size[:-1]) + 1))[:-1])
            if answer.get("response"):
                assert answer["ok"], answer
                break
        writer.close()

    async def stop(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), 5)
            except asyncio.TimeoutError:
                self.process.kill()
                await self.process.wait()
        self.log.close()
        print((self.folder / "log").read_text(errors="replace"))  # Shown with a failure.


@pytest.mark.seconds(120)
async def test_a_real_phone_takes_a_call_and_hands_it_on_by_message(world: World):
    phone = await Baresip(world, "agent1").start(1000)
    try:
        await phone.registered()
        desktop = await world.desktop("agent1")
        call = await (await world.customer()).call(INBOUND, wait=True)
        await desktop.offered()
        await desktop.answer()
        await desktop.call_event("connected", "agent")
        await call.hears(1000)
        await desktop.blind_transfer(quick_connect("Sasi_Chime"))
        target = await world.carrier.incoming()
        await target.ring()
        await desktop.call_event("ACW", "agent")
        await target.answer()
        await desktop.transfer("connected")
        await talk(call, target)
        await call.hangup()
    finally:
        await phone.stop()


@pytest.mark.seconds(120)
async def test_a_real_phones_transfer_key(world: World):
    phone = await Baresip(world, "agent1").start(1000)
    try:
        await phone.registered()
        desktop = await world.desktop("agent1")
        call = await (await world.customer()).call(INBOUND, wait=True)
        await desktop.offered()
        await desktop.answer()
        await desktop.call_event("connected", "agent")
        await call.hears(1000)
        await phone.command("transfer", f"sip:{DIAL_PAD}@127.0.0.1")
        target = await world.carrier.incoming()
        await target.ring()
        await target.answer()
        await desktop.transfer("connected")
        await talk(call, target)
        await call.hangup()
    finally:
        await phone.stop()


@pytest.mark.seconds(120)
async def test_a_real_phone_hangs_up(world: World):
    phone = await Baresip(world, "agent1").start(1000)
    try:
        await phone.registered()
        desktop = await world.desktop("agent1")
        call = await (await world.customer()).call(INBOUND, wait=True)
        await desktop.offered()
        await desktop.answer()
        await call.hears(1000)
        await phone.command("hangup")
        await call.ended(by="them")
        await desktop.agent_state("AfterCallWork")
    finally:
        await phone.stop()
