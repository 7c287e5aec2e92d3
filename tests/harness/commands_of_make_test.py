"""What `make` and continuous integration promise: `make run` on a copy of the tree with ports of its own, and what they call."""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import shlex
import shutil
import signal
from pathlib import Path

import pytest

from harness.config import SOURCE
from harness.server import binary, die_with_parent
from peer.ports import PORTS

pytestmark = pytest.mark.seconds(120)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """The top of the source tree, where nothing is to be installed or built."""
    for folder in ("scripts", "build/release"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(SOURCE / "Makefile", tmp_path)
    shutil.copy(SOURCE / "scripts" / "run-demo", tmp_path / "scripts")
    shutil.copytree(SOURCE / "examples", tmp_path / "examples")
    for nothing in ("install-packages", "build"):
        script(tmp_path / "scripts" / nothing, "exit 0")
    (tmp_path / "build" / "release" / "baton").symlink_to(binary())
    return tmp_path


def script(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def demo_is(tree: Path, text: str) -> None:
    """The real server, but a demonstration that does only this."""
    script(tree / "build" / "release" / "baton", f'if [ "$1" = demo ]; then {text}; fi\nexec {shlex.quote(binary())} "$@"')


@pytest.fixture
def ports() -> dict[str, str]:
    sound = PORTS.take(4, even=True)
    return {"BATON_HTTP_LISTEN": f"127.0.0.1:{PORTS.take()}", "BATON_HTTP_METRICS_LISTEN": "127.0.0.1:0",
            "BATON_SIP_LISTEN": f"udp:127.0.0.1:{PORTS.take()}", "BATON_TRUNK_CARRIER_ADDRESS": f"127.0.0.1:{PORTS.take()}",
            "BATON_SIP_MEDIA_PORT_MIN": str(sound), "BATON_SIP_MEDIA_PORT_MAX": str(sound + 3)}


async def start(tree: Path, *command: str, env: dict[str, str]) -> asyncio.subprocess.Process:
    """As from a terminal: also where this test runs below a make, which would hand its own settings down."""
    above = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS", "ONCE", "TARGET", "SECONDS"}
    inherited = {name: value for name, value in os.environ.items() if name not in above}
    return await asyncio.create_subprocess_exec(
        *command, cwd=tree, env={**inherited, **env}, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, preexec_fn=die_with_parent, start_new_session=True)


async def end(process: asyncio.subprocess.Process) -> tuple[int, str]:
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 100)
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode or 0, out.decode()


async def listens(address: str) -> bool:
    try:
        _, writer = await asyncio.open_connection(*address.split(":"))
    except OSError:
        return False
    writer.close()
    return True


async def test_make_run_once_shows_three_transfers_and_ends(tree: Path, ports: dict[str, str]):
    """The first line comes before anything is installed or built, so within a second."""
    seen = tree / "seen"
    script(tree / "scripts" / "install-packages", f"until [ -e {shlex.quote(str(seen))} ]; do sleep 0.01; done")
    process = await start(tree, "make", "run", "ONCE=1", env=ports)
    assert (await asyncio.wait_for(process.stdout.readline(), 30)).startswith(b"Baton")
    seen.touch()
    code, out = await end(process)
    assert code == 0, out
    assert out.count("have each other's media description") == 3, out
    assert not await listens(ports["BATON_HTTP_LISTEN"]), "the server is still there"


async def test_make_run_fails_where_a_transfer_did_not_end_as_it_should(tree: Path, ports: dict[str, str]):
    demo_is(tree, "exit 1")
    for once in ("ONCE=1", "ONCE=0"):
        code, out = await end(await start(tree, "make", "run", once, env=ports))
        assert code != 0 and "stays up" not in out, out
        assert not await listens(ports["BATON_HTTP_LISTEN"]), "the server is still there"


async def test_make_run_stays_up_until_ctrl_c(tree: Path, ports: dict[str, str]):
    demo_is(tree, "exit 0")
    process = await start(tree, "make", "run", env=ports)
    shown = ""
    while "Ctrl-C ends it" not in shown:
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line, shown
        shown += line.decode()
    assert await listens(ports["BATON_HTTP_LISTEN"])
    code, out = await end(await start(tree, "make", "run", env=ports))
    assert code != 0 and "Another `make run` is up" in out, "a second one would take the store away from under the first"
    assert await listens(ports["BATON_HTTP_LISTEN"]), "the first one is not disturbed"
    os.killpg(process.pid, signal.SIGINT)
    await end(process)
    assert not await listens(ports["BATON_HTTP_LISTEN"])
    with open(tree / "build" / "run.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_make_run_tells_why_the_server_does_not_start(tree: Path, ports: dict[str, str]):
    code, out = await end(await start(tree, "make", "run", "ONCE=1", env={**ports, "BATON_TRANSFER_PARK_TIMEOUT_MS": "-1"}))
    assert code != 0 and "Baton did not start" in out and "BATON_TRANSFER_PARK_TIMEOUT_MS: It is -1; allowed" in out, out


async def test_make_help_lists_the_commands(tree: Path):
    code, out = await end(await start(tree, "make", "help", env={}))
    assert code == 0
    listed = dict(re.findall(r"^  make (\w+) +(\S.*)$", out, re.MULTILINE))
    assert listed.keys() >= {"run", "test", "bench", "lint", "format", "fuzz", "sanitize", "package", "help", "soak", "simulate"}


async def test_continuous_integration_runs_lint_sanitizers_and_tests_and_fails_with_them(tmp_path: Path):
    (tmp_path / ".ci").mkdir()
    shutil.copy(SOURCE / ".ci" / "run", tmp_path / ".ci")
    tools = tmp_path / "bin"
    tools.mkdir()
    script(tools / "make", 'echo "called: make $*"; [ "$1" != "$FAILS" ]')
    path = {"PATH": f"{tools}:{os.environ['PATH']}"}
    code, out = await end(await start(tmp_path, ".ci/run", env={**path, "FAILS": "none"}))
    called = re.findall("^called: (.*)$", out, re.MULTILINE)
    assert code == 0 and called == ["make lint", "make sanitize", "make test"], out
    for fails in ("lint", "sanitize", "test"):
        code, out = await end(await start(tmp_path, ".ci/run", env={**path, "FAILS": fails}))
        assert code != 0, f"{fails} fails, and CI does not"
