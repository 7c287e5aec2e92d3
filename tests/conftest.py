"""Runs coroutine tests, each in an event loop of its own and with a time limit, and offers the fixtures."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

sys.dont_write_bytecode = True

from harness.amazon_world import AmazonWorld  # noqa: E402: after the switch above.
from harness.browser import Browser, Chromium  # noqa: E402: after the switch above.
from harness.desk import Told  # noqa: E402: after the switch above.
from harness.later import Later  # noqa: E402: after the switch above.
from harness.sanitizer import patience, reporting_to, reports  # noqa: E402: after the switch above.
from harness.tools import preloadable  # noqa: E402: after the switch above.
from harness.world import World  # noqa: E402: after the switch above.


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A coroutine function is run to its end; fixtures that are asynchronous contexts are open meanwhile."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    marker = pyfuncitem.get_closest_marker("seconds")
    limit = (marker.args[0] if marker else 60) * patience()
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def run() -> None:
        async with AsyncExitStack() as stack:
            opened = {name: await stack.enter_async_context(value) if hasattr(value, "__aenter__") else value
                      for name, value in arguments.items()}
            try:
                await asyncio.wait_for(pyfuncitem.obj(**opened), limit)
            except BaseException:
                for value in arguments.values():
                    if hasattr(value, "failed"):
                        value.failed = True
                raise

    try:
        asyncio.run(run())
    except asyncio.TimeoutError:
        pytest.fail(f"took longer than {limit:g} s")
    finally:
        for value in arguments.values():
            for title, text in getattr(value, "evidence", list)():
                pyfuncitem.add_report_section("call", title, text)
    return True


@pytest.fixture(autouse=True)
def no_race(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Under the thread sanitizer (preset tsan) a race in any process that the test started fails it."""
    if os.environ.get("BATON_TEST_SANITIZER") != "thread":
        yield
        return
    folder = tmp_path_factory.mktemp("tsan")
    monkeypatch.setenv("TSAN_OPTIONS", reporting_to(folder, os.environ.get("TSAN_OPTIONS", "")))
    monkeypatch.setenv("LD_PRELOAD", str(preloadable(Path(__file__).parent / "harness" / "quick_passwords.c")))
    yield
    if found := reports(folder):
        pytest.fail("the thread sanitizer found:\n" + "\n".join(found), pytrace=False)


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path) -> World:
    """A running Baton of its own, with the example's configuration and directory, and everybody around it."""
    overrides: dict = {}
    for marker in reversed(list(request.node.iter_markers("config"))):
        overrides.update(marker.args[0])
    changes = [marker.args[0] for marker in request.node.iter_markers("directory")]
    return World(tmp_path, overrides, changes)


@pytest.fixture
def later(world: World, tmp_path) -> Later:
    """The wall clock of the world's server, which the test sets forward."""
    clock = Later(tmp_path)
    world.environment.update(clock.environment)
    return clock


@pytest.fixture
def amazon(request: pytest.FixtureRequest, tmp_path) -> AmazonWorld:
    """The same for calls at Amazon Connect: nothing of SIP, and the agents' sessions are the test's."""
    overrides: dict = {}
    for marker in reversed(list(request.node.iter_markers("config"))):
        overrides.update(marker.args[0])
    return AmazonWorld(tmp_path, overrides)


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Told:
    """Tells what a test has measured, in milliseconds, also where it passes."""
    def tell(what: str, milliseconds: int) -> None:
        with capsys.disabled():
            print(f"measured: {what}: {milliseconds} ms")
    return tell


@pytest.fixture(scope="session")
def chromium() -> Iterator[Chromium]:
    """Debian's Chromium, for all tests of the run."""
    program = Chromium()
    yield program
    program.end()


@pytest.fixture
def browser(chromium: Chromium, tmp_path) -> Browser:
    """The test's profiles in it. A failure leaves a picture of each page in the test's folder."""
    return Browser(chromium, tmp_path)
