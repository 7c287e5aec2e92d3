"""Programs of others that play a party: sipp and baresip. A missing one is a failure, never a skip."""

from __future__ import annotations

import asyncio
import atexit
import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.config import SOURCE
from harness.server import die_with_parent

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
