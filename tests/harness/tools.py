"""Programs of others that play a party: sipp and baresip. A missing one is a failure, never a skip."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.config import SOURCE
from harness.server import die_with_parent
from peer.ports import PORTS

if TYPE_CHECKING:
    from harness.world import World

SCENARIOS = SOURCE / "examples" / "sipp"


def tool(name: str, package: str) -> str:
    path = shutil.which(name)
    assert path, f"{name} is missing: apt-get install {package}"
    return path


@functools.cache
def preloadable(source: Path) -> Path:
    """A library for LD_PRELOAD out of that C file; built once a process."""
    folder = tempfile.mkdtemp(prefix="baton-test-")
    atexit.register(shutil.rmtree, folder)
    library = Path(folder) / f"{source.stem}.so"
    subprocess.run([tool("cc", "build-essential"), "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", library, source,
                    "-ldl"], check=True)
    return library


class Sipp:
    """One run of sipp, in a folder for its logs."""

    def __init__(self, folder: Path, scenario: Path, *arguments: str):
        self.folder, self.scenario = folder, scenario
        self.log_path = folder / f"{scenario.stem}-{id(self)}.log"
        self.arguments = arguments
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> Sipp:
        self.output = open(self.log_path.with_suffix(".out"), "wb")  # noqa: SIM115: closed in end().
        self.process = await asyncio.create_subprocess_exec(
            tool("sipp", "sip-tester"), "-sf", str(self.scenario), "-i", "127.0.0.1", "-nostdin",
            "-trace_logs", "-log_file", str(self.log_path), "-trace_err", "-error_file",
            str(self.log_path.with_suffix(".err")), *self.arguments, cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL, stdout=self.output, stderr=asyncio.subprocess.STDOUT,
            preexec_fn=die_with_parent)
        return self

    async def end(self, timeout: float = 30.0) -> int:
        """Waits until it has played its calls; gives back its exit code (0: all went as written)."""
        assert self.process
        try:
            await asyncio.wait_for(self.process.wait(), timeout)
        except asyncio.TimeoutError:
            await self.stop()
            raise AssertionError(f"{self.scenario.name} did not end within {timeout:g} s\n{self.evidence()}") from None
        self.output.close()
        return self.process.returncode or 0

    async def stop(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self.output.close()

    def log(self) -> str:
        return self.log_path.read_text() if self.log_path.exists() else ""

    def evidence(self) -> str:
        error = self.log_path.with_suffix(".err")
        return (error.read_text() if error.exists() else "") + self.log() + \
            self.log_path.with_suffix(".out").read_text(errors="replace")[-3000:]


class SippParties:
    """The demo's three programs: agent1's phone, the carrier in place of the world's, and the customer once he calls."""

    def __init__(self, world: World):
        self.world, self.server = world, "%s:%d" % world.server.sip["udp"]
        self.phone: Sipp
        self.carrier: Sipp
        self.customer: Sipp

    async def run(self, scenario: Path, port: int, *arguments: str) -> Sipp:
        return await Sipp(self.world.folder, scenario, self.server, "-p", str(port), "-m", "1", *arguments).start()

    async def call(self, number: str) -> None:
        """The customer dials that number."""
        self.customer = await self.run(SCENARIOS / "customer.xml", PORTS.take(), "-s", number, "-key", "number",
                                       "+12025550181", "-key", "audio_port", "6100")

    def check_media(self) -> None:
        """The customer and the outside number have each other's descriptions."""
        assert "from 127.0.0.1:6100 for audio_port 6300" in self.carrier.log(), self.carrier.evidence()
        assert "from 127.0.0.1:6300 for audio_port 6100" in self.customer.log(), self.customer.evidence()


@contextlib.asynccontextmanager
async def sipp_parties(world: World, carrier: Path = SCENARIOS / "carrier.xml") -> AsyncIterator[SippParties]:
    """`carrier`: its scenario."""
    parties = SippParties(world)
    phone_port, carrier_port = PORTS.take(), world.carrier.transport.port
    await world.carrier.close()
    agent = ("-key", "agent", "agent1")
    register = await parties.run(SCENARIOS / "register.xml", phone_port, *agent, "-au", "agent1", "-ap", "demo-agent1")
    assert await register.end() == 0, register.evidence()
    try:
        parties.phone = await parties.run(SCENARIOS / "agent.xml", phone_port, *agent, "-key", "audio_port", "6200")
        parties.carrier = await parties.run(carrier, carrier_port, "-key", "audio_port", "6300")
        yield parties
    finally:
        for name in ("phone", "carrier", "customer"):
            if one := getattr(parties, name, None):
                await one.stop()
