"""The commands that the documents show do what they are shown for: they run against a server with people around it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from harness.config import SOURCE
from harness.documents import PAGES, Block, blocks, label, of_kind
from harness.samples import MESSAGES
from harness.server import binary, die_with_parent
from harness.world import INBOUND, World

RUN = [page for page in PAGES if any(b.info == "sh run" for b in blocks(page))]
#: What a block may hold that is only looked at: builds and test runs, of which this is a part, and what needs another machine
#: or an installed package.
NOT_HERE = re.compile(r"(make|ctest|scripts/\S+|systemctl|cp|mkdir|mv|install|chmod|bench/run|/usr/bin/python3 -m pytest"
                      r"|baton directory import-amazon-connect) ")
GOES_ON = re.compile(r"\bbaton (serve|watch)\b")
#: Reads commands, each ended by a zero byte, and runs them in one shell, which so keeps its variables.
SHELL = """
set -uo pipefail
while IFS= read -r -d '' command; do
  status=0
  eval "$command" <&3 >"$OUT" 2>"$ERR" || status=$?
  echo "$status"
done
"""


def commands(text: str) -> list[tuple[str, str]]:
    """Each command, and the comment lines behind it without their `# `: what it is said to print."""
    found: list[tuple[str, str]] = []
    command = ""
    for line in text.splitlines():
        if not command and line.startswith("# ") and found:
            found[-1] = (found[-1][0], found[-1][1] + line.removeprefix("# ") + "\n")
            continue
        command += line + "\n"
        whole = subprocess.run(["bash", "-n"], input=command, text=True, capture_output=True, check=False)
        if whole.returncode == 0 and not line.endswith("\\"):
            if command.strip():
                found.append((command, ""))
            command = ""
    assert not command, f"a command without an end: {command}"
    return found


class Reader:
    """Who reads a page and types what it says, beside a server whose agent1 always has the call that the command needs."""

    def __init__(self, world: World, folder: Path):
        self.world, self.folder = world, folder
        self.desktop = self.phone = None
        self.shell: asyncio.subprocess.Process

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Reader]:
        """In a folder that looks like the top of the source tree, with the test's own configuration as the example's."""
        (self.folder / "examples").mkdir()
        shutil.copy(self.world.config_path, self.folder / "examples" / "baton.toml")
        shutil.copy(self.world.folder / "directory.json", self.folder / "examples" / "directory.json")
        shutil.copy(MESSAGES / "blind-transfer-external.json", self.folder / "message.json")
        release = self.folder / "build" / "release"
        release.mkdir(parents=True)
        (release / "baton").symlink_to(binary())
        (release / "tests").symlink_to(SOURCE / "build" / "release" / "tests")
        tools = self.folder / "bin"
        tools.mkdir()
        (tools / "baton").symlink_to(binary())
        curl = tools / "curl"  # A refusal fails the command, too.
        curl.write_text(f'#!/bin/sh\nexec {shlex.quote(shutil.which("curl") or "curl")} --fail-with-body "$@"\n')
        curl.chmod(0o755)
        self.shell = await asyncio.create_subprocess_exec(
            "bash", "-c", f"exec 3</dev/null; {SHELL}", cwd=self.folder, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, preexec_fn=die_with_parent, start_new_session=True,
            env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "OUT": str(self.folder / "out"),
                 "ERR": str(self.folder / "err"), "TMPDIR": str(self.folder)})
        self.world.carrier.on_call = self.take_the_call
        self.world.carrier.untaken_calls = True
        try:
            yield self
        finally:
            os.killpg(self.shell.pid, signal.SIGKILL)
            await self.shell.wait()

    @staticmethod
    async def take_the_call(call) -> None:
        await call.ring()
        await call.answer()

    def printed(self, name: str) -> str:
        path = self.folder / name
        return path.read_text(errors="replace") if path.exists() else ""

    async def free(self) -> None:
        """Agent1 may be offered a call: after another one he closes that first."""
        if self.desktop is None:
            self.desktop, self.phone = await self.world.agent("agent1")
            return
        self.desktop.forget()
        await self.desktop.publish("InboundCall", "ClearContact")
        await self.desktop.agent_state("Available")

    async def talking(self):
        """A new customer, with agent1."""
        await self.free()
        return await self.world.talking("agent1", at_work=(self.desktop, self.phone))

    async def run(self, block: Block, command: str, shown: str) -> None:
        if re.search(r"--subtopic Answer\b", command):
            await self._answers(block, command)
        elif re.search(r"--transfer\b|BlindTransfer|message\.json", command):
            talking = await self.talking()
            await self._to_its_end(block, command)
            await self.desktop.transfer("connected")
            await talking.customer.hangup()
        elif GOES_ON.search(command):
            await self._until_stopped(block, command)
        else:
            await self._to_its_end(block, command)
        if shown:
            said, printed = json.loads(shown), json.loads(self.printed("out"))
            assert said.keys() == printed.keys(), f"{block}: said to print {said}, prints {printed}"

    async def _answers(self, block: Block, command: str) -> None:
        await self.free()
        self.desktop.forget()
        call = await (await self.world.customer()).call(INBOUND)
        await self.desktop.offered()
        await self._to_its_end(block, command)
        await (await self.phone.incoming()).answered()
        await self.desktop.call_event("connected", "agent")
        await call.hangup()
        await self.desktop.agent_state("AfterCallWork")

    async def _until_stopped(self, block: Block, command: str) -> None:
        """What goes on until Ctrl-C: it is stopped once it has shown something."""
        serves = "baton serve" in command
        if serves:  # Beside ours, so on other ports and with a store of its own.
            command = ("(export BATON_HTTP_LISTEN=127.0.0.1:0 BATON_HTTP_METRICS_LISTEN=127.0.0.1:0 BATON_SIP_LISTEN=udp:127.0.0.1:0;"
                       f" export BATON_STORE_PATH={shlex.quote(str(self.folder / 'other.db'))}; exec {command.strip()})")
        # What the command before printed is there until the shell begins this one, and would be taken for its own.
        for name in ("out", "err"):
            (self.folder / name).unlink(missing_ok=True)
        ending = asyncio.create_task(self._status(command))
        if not serves:
            await self._until(block, "err", "-- following", ending)
            talking = await self.talking()
            await self.desktop.blind_transfer("+12082097345")
            await self.desktop.transfer("connected")
            await talking.customer.hangup()
        await self._until(block, "out", "ready http=" if serves else "connected", ending)
        subprocess.run(["pkill", "-INT", "-P", str(self.shell.pid), "-x", "baton"], check=True)
        status = await asyncio.wait_for(ending, 20)
        assert status == (0 if serves else 130), f"{block}: ends with {status}\n{self.printed('err')}"

    async def _until(self, block: Block, name: str, text: str, ending: asyncio.Task[int]) -> None:
        """Read anew every 20 ms, since nothing tells when a file grows."""
        for _ in range(1000):
            if text in self.printed(name):
                return
            assert not ending.done(), f"{block}: ended with {ending.result()}: {self.printed('out')}{self.printed('err')}"
            await asyncio.sleep(0.02)
        raise AssertionError(f"{block}: does not print {text!r}: {self.printed('out')}{self.printed('err')}")

    async def _to_its_end(self, block: Block, command: str) -> None:
        status = await asyncio.wait_for(self._status(command), 60)
        assert status == 0, f"{block}: {command}ends with {status}\n{self.printed('out')}{self.printed('err')}"

    async def _status(self, command: str) -> int:
        command = command.replace("127.0.0.1:8080", "%s:%d" % self.world.server.http)
        command = command.replace("/etc/baton/baton.toml", "examples/baton.toml")
        command = command.replace("/var/lib/baton/", f"{shlex.quote(str(self.world.folder))}/")
        self.shell.stdin.write(command.encode() + b"\0")
        line = await self.shell.stdout.readline()
        assert line, f"the shell ended in: {command}\n{self.printed('err')}"
        return int(line)


@pytest.mark.parametrize("page", RUN, ids=label)
@pytest.mark.seconds(180)
async def test_the_commands_of_a_page_run(page: Path, world: World, tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    async with Reader(world, folder).at_work() as reader:
        for block in blocks(page):
            if block.info == "sh run":
                for command, shown in commands(block.text):
                    await reader.run(block, command, shown)


@pytest.mark.parametrize("block", of_kind("sh"), ids=label)
def test_what_is_not_run_cannot_be_run_here(block: Block):
    odd = [command for command, _ in commands(block.text) if not NOT_HERE.match(command)]
    assert not odd, f"{block}: runs in a test, so fence it as `sh run`: {odd}"
