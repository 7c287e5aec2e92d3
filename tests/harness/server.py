"""The server's process."""

from __future__ import annotations

import asyncio
import ctypes
import os
import re
import resource
import signal
from pathlib import Path

from harness.config import SOURCE


def binary() -> str:
    """The program under test: BATON_BINARY, else the release build's."""
    path = os.environ.get("BATON_BINARY") or str(SOURCE / "build" / "release" / "baton")
    assert os.access(path, os.X_OK), f"{path} is missing; build it first (make build), or set BATON_BINARY"
    return path


def die_with_parent() -> None:
    """In the child: no server outlives a test that was killed (prctl PR_SET_PDEATHSIG), and none leaves a core file."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


async def run(*arguments: str, env: dict[str, str] | None = None, stdin: bytes | None = None,
              timeout: float = 20.0) -> tuple[int, str, str]:
    """Runs the program to its end: exit code, standard output, standard error."""
    process = await asyncio.create_subprocess_exec(
        binary(), *arguments, env={**os.environ, **(env or {})},
        stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, preexec_fn=die_with_parent)
    try:
        out, err = await asyncio.wait_for(process.communicate(stdin), timeout)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise AssertionError(f"baton {' '.join(arguments)} did not end within {timeout:g} s") from None
    return process.returncode or 0, out.decode(), err.decode()


class Server:
    """`baton serve` on loopback, with free ports."""

    def __init__(self, config: Path, log: Path, env: dict[str, str] | None = None):
        self.config, self.log_path = config, log
        self.env = env or {}
        self.process: asyncio.subprocess.Process | None = None
        self.http = ("", 0)
        self.sip: dict[str, tuple[str, int]] = {}  # By transport.
        self.lines: list[str] = []
        self._reader: asyncio.Task | None = None
        self._log_file = None

    async def start(self, timeout: float = 60.0) -> Server:
        """Comes back when the server has said `ready`."""
        self._log_file = open(self.log_path, "ab")  # noqa: SIM115: open as long as the process.
        self.process = await asyncio.create_subprocess_exec(
            binary(), "serve", "--config", str(self.config), env={**os.environ, **self.env},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=self._log_file,
            preexec_fn=die_with_parent)
        try:
            await asyncio.wait_for(self._until_ready(), timeout)
        except asyncio.TimeoutError:
            await self.kill()
            raise AssertionError(f"the server was not ready within {timeout:g} s; {self.log()}") from None
        self._reader = asyncio.create_task(self._drain())
        return self

    async def _until_ready(self) -> None:
        assert self.process and self.process.stdout
        while line := await self.process.stdout.readline():
            text = line.decode().rstrip("\n")
            self.lines.append(text)
            if text.startswith("ready "):
                fields = dict(part.split("=", 1) for part in text.split()[1:])
                self.http = self._address(fields["http"])
                for one in filter(None, fields.get("sip", "").split(",")):
                    transport, address = one.split(":", 1)
                    self.sip[transport] = self._address(address)
                return
        await self.process.wait()
        raise AssertionError(f"the server ended with {self.process.returncode} before it was ready: {self.log()}")

    @staticmethod
    def _address(text: str) -> tuple[str, int]:
        match = re.fullmatch(r"(?:\w+://)?\[?([^\]]+?)\]?:(\d+)/?", text)
        assert match, f"not an address: {text!r}"
        return match.group(1), int(match.group(2))

    async def _drain(self) -> None:
        assert self.process and self.process.stdout
        while line := await self.process.stdout.readline():
            self.lines.append(line.decode().rstrip("\n"))

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def log(self) -> str:
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return "\n".join(self.lines + text.splitlines()[-200:])

    async def stop(self, timeout: float = 30.0) -> int:
        """SIGTERM, and the exit code; an ordered stop ends with 0."""
        assert self.process
        if self.alive:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), timeout)
            except asyncio.TimeoutError:
                await self.kill()
                raise AssertionError(f"the server did not stop within {timeout:g} s of SIGTERM") from None
        await self._close()
        return self.process.returncode or 0

    async def end_by(self, one: signal.Signals) -> None:
        """SIGABRT, which a failed assertion of a library raises, or SIGKILL."""
        assert self.process
        self.process.send_signal(one)
        code = await self.process.wait()
        assert code == -one, f"{one.name} ended the server with {code}"
        await self._close()

    async def died(self) -> None:
        """Waits until SIGKILL, which nobody here sent, has ended it."""
        assert self.process
        code = await self.process.wait()
        assert code == -signal.SIGKILL, f"the server ended with {code}: {self.log()}"
        await self._close()

    async def kill(self) -> None:
        if self.process and self.alive:
            self.process.kill()
            await self.process.wait()
        await self._close()

    async def _close(self) -> None:
        if self._reader:
            await self._reader
            self._reader = None
        if self._log_file:
            self._log_file.close()
            self._log_file = None
